"""Rakuten: stock by variant, back orders with quantity 0, sale windows, another item's data, and the APIs' answers."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

import pytest

from tests.watchers.shops.making import answer, html, look, script
from watchers.model import Availability as A
from watchers.model import Cause, Condition, Reading
from watchers.shops import shop_of

URL = "https://item.rakuten.co.jp/lampya/desk-01/"
SINGLE: dict[str, Any] = {
    "shop": {"shopName": "ランプ屋　本店", "taxRate": 0.1},
    "api": {"data": {"itemInfoSku": {
        "itemId": 10000001, "manageNumber": "desk-01", "title": "卓上ランプ<br>LED", "sellType": "NORMAL", "sku": [],
        "shipping": {"postageIncluded": True}, "features": {"displayNormalCartButton": True},
        "purchaseInfo": {
            "purchaseBySellType": {"purchaseCondition": "enabled", "normalPurchase": {"price": {"minPrice": 4980.0}}},
            "newPurchaseSku": {"deliveryMessage": "3日以内に発送", "quantity": 5},
            "variantMappedInventories": [{"sku": "normal-inventory", "quantity": 5}], "sku": [],
        },
        "pointCampaignInfo": [{"pointCampaign": {"pointRate": 5}}],
    }}},
}  # fmt: skip


def info(data: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = data["api"]["data"]["itemInfoSku"]
    return found


def single(**changes: Any) -> dict[str, Any]:
    data = copy.deepcopy(SINGLE)
    info(data).update(changes)
    return data


def stock(left: int | None, **changes: Any) -> dict[str, Any]:
    data = single(**changes)
    info(data)["purchaseInfo"]["variantMappedInventories"][0]["quantity"] = left
    info(data)["purchaseInfo"]["newPurchaseSku"]["quantity"] = left
    return data


def variants(*rows: tuple[str, int | None, dict[str, Any]]) -> dict[str, Any]:
    """An item with sizes: name, quantity, and what else the variant carries."""
    data = single()
    item = info(data)
    item["sku"] = [
        {"variantId": f"v{n}", "selectorValues": ["黒", name], "taxIncludedPrice": 3000 + n, "hidden": False, **more}
        for n, (name, _, more) in enumerate(rows)
    ]
    item["purchaseInfo"]["variantMappedInventories"] = [
        {"sku": f"v{n}", "quantity": left} for n, (_, left, _) in enumerate(rows)
    ]
    return data


def page(data: dict[str, Any], markup: str = "") -> str:
    return html(markup + '<div id="item-page-app"></div>' + script("item-page-app-data", data))


def seen(data: dict[str, Any], *, url: str = URL, markup: str = "", **more: Any) -> Reading:
    return look(page(data, markup), url, **more)


def test_a_single_item_in_stock() -> None:
    """Price with tax, postage, points of the shop, seller, pieces left and delivery words come from the page's data."""
    reading = seen(single())
    offer = reading.offers[0]
    assert reading.availability is A.IN_STOCK
    assert (offer.price, offer.currency, offer.shipping, offer.points) == (4980, "JPY", Decimal(0), 226)
    assert (offer.seller, offer.quantity, offer.condition) == ("ランプ屋　本店", 5, Condition.NEW)
    assert (reading.title, offer.available_on) == ("卓上ランプ LED", "3日以内に発送")
    assert "rakuten:lampya/desk-01" in reading.identity.ids


def test_the_page_is_read_in_euc_jp() -> None:
    """The mall's pages are EUC-JP by their header."""
    body = page(single()).replace('<meta charset="utf-8">', "").encode("euc-jp")
    reading = look(body, URL, headers={"content-type": "text/html; charset=EUC-JP"})
    assert (reading.availability, reading.offers[0].seller) == (A.IN_STOCK, "ランプ屋　本店")


@pytest.mark.parametrize(("data", "state"), [
    (stock(0), A.OUT_OF_STOCK),
    (stock(0, backOrderDeliveryDateId=1000), A.BACKORDER),
    (stock(0, backOrderDeliveryDateId=None), A.OUT_OF_STOCK),
    (stock(None), A.UNKNOWN),
    (stock(None, unlimitedInventoryFlag=True), A.IN_STOCK),
    (stock(3, sellType="PRE_ORDER"), A.PREORDER),
    (stock(3, sellType="SUBSCRIPTION"), A.UNKNOWN),
    (stock(3, features={"displayNormalCartButton": False, "displaySubscriptionCartButton": True}), A.UNKNOWN),
    (stock(3, hideItem=True), A.UNKNOWN),
])  # fmt: skip
def test_what_the_stock_means(data: dict[str, Any], state: A) -> None:
    """Shops that order from the maker keep 0 for ever; only a delivery date for back orders makes that an order."""
    assert seen(data).availability is state


@pytest.mark.parametrize(("said", "state"), [
    ("enabled", A.IN_STOCK), ("sold-out", A.OUT_OF_STOCK), ("beforeSalePeriod", A.COMING_SOON), ("after-sale-period", A.OUT_OF_STOCK), ("paused", A.UNKNOWN),
])  # fmt: skip
def test_the_shops_own_word_stands_above_its_stock(said: str, state: A) -> None:
    """Pieces left are not sold while the shop says so; a word that is not known is no verdict and names itself."""
    data = single()
    info(data)["purchaseInfo"]["purchaseBySellType"]["purchaseCondition"] = said
    reading = seen(data)
    assert reading.availability is state
    assert state is not A.UNKNOWN or said in reading.detail


@pytest.mark.parametrize(("start", "end", "state"), [
    ("2027-01-10T10:00:00+09:00", "2027-01-12T10:00:00+09:00", A.COMING_SOON),
    ("2027-01-01T10:00:00+09:00", "2027-01-12T10:00:00+09:00", A.IN_STOCK),
    ("2027-01-01T10:00:00+09:00", "2027-01-02T10:00:00+09:00", A.OUT_OF_STOCK),
    (None, None, A.IN_STOCK),
])  # fmt: skip
def test_the_sale_window_counts_by_the_shops_own_clock(start: str | None, end: str | None, state: A) -> None:
    """Before it 販売期間前, after it 販売期間外."""
    data = single(salePeriod={"start": start, "end": end})
    reading = seen(data, headers={"content-type": "text/html", "date": "Tue, 05 Jan 2027 03:00:00 GMT"})
    assert reading.availability is state


def test_each_variant_has_its_own_stock_and_price() -> None:
    """One variant left makes the item one that can be had; the others keep their own state."""
    reading = seen(
        variants(("S", 0, {}), ("M", 2, {}), ("L", 0, {"backOrderDeliveryDateId": 7}), ("XL", 9, {"hidden": True}))
    )
    assert [(o.variant, o.availability, o.price, o.quantity) for o in reading.offers] == [
        ("黒 / M", A.IN_STOCK, 3001, 2),
        ("黒 / L", A.BACKORDER, 3002, None),
        ("黒 / S", A.OUT_OF_STOCK, 3000, None),
    ]


@pytest.mark.parametrize(("wanted", "state"), [("M", A.IN_STOCK), ("黒 / S", A.OUT_OF_STOCK), ("白", A.UNKNOWN)])
def test_a_named_variant_counts_alone(wanted: str, state: A) -> None:
    """The listing's variant decides; one that the page does not name is no verdict."""
    assert seen(variants(("S", 0, {}), ("M", 2, {})), variant=wanted).availability is state


def test_a_variant_named_by_the_address_counts_alone() -> None:
    """?variantId= is a listing of that variant."""
    assert seen(variants(("S", 0, {}), ("M", 2, {})), url=f"{URL}?variantId=v0").availability is A.OUT_OF_STOCK


def test_a_variant_whose_stock_is_missing_keeps_the_page_from_a_no() -> None:
    """Sold out in all that is told, and something is not told: no verdict."""
    assert seen(variants(("S", 0, {}), ("M", None, {}))).availability is A.UNKNOWN


def test_the_one_variant_left_of_many_is_found() -> None:
    """However many are sold out before it; what is kept of them is limited."""
    reading = seen(variants(*[(f"s{n}", 0, {}) for n in range(400)], ("last", 1, {})))
    assert (reading.availability, reading.offers[0].variant, len(reading.offers)) == (A.IN_STOCK, "黒 / last", 200)


def test_inventories_by_the_shops_own_number_are_found() -> None:
    """Some shops' inventories go by their own sku number instead of the variant's."""
    data = variants(("S", 0, {"merchantDefinedSkuId": "own-s"}))
    info(data)["purchaseInfo"]["variantMappedInventories"] = [{"sku": "own-s", "quantity": 4}]
    assert seen(data).availability is A.IN_STOCK


def test_another_items_data_is_no_verdict() -> None:
    """The data of another item on this address is the wrong product, not news."""
    reading = seen(single(), url="https://item.rakuten.co.jp/lampya/desk-02/")
    assert (reading.availability, reading.cause) == (A.UNKNOWN, Cause.IDENTITY)
    assert seen(single(), url="https://item.rakuten.co.jp/lampya/10000001/").availability is A.IN_STOCK


def test_microdata_that_denies_the_stock_keeps_it_from_a_yes() -> None:
    """Two answers of one page that contradict each other are no verdict."""
    denied = '<div itemscope itemtype="http://schema.org/Offer"><meta itemprop="availability" content="http://schema.org/SoldOut"></div>'
    assert seen(single(), markup=denied).availability is A.UNKNOWN
    assert seen(single(), markup=denied.replace("SoldOut", "InStock")).availability is A.IN_STOCK


def test_a_page_without_the_data_is_read_as_any_other() -> None:
    """The generic path reads the words that the page shows."""
    bare = "<h1>卓上ランプ</h1><p>4,980円 (税込)</p><p>売り切れました</p>"
    assert look(html(bare), URL).availability is A.OUT_OF_STOCK
    assert look(page(single()).replace("item-page-app-data", "something-else"), URL).availability is A.UNKNOWN


@pytest.mark.parametrize("cut", range(0, 100, 7))
def test_no_cut_page_is_a_yes(cut: int) -> None:
    """Wherever the page ends before its end tag, nothing can be ordered there."""
    whole = page(single()).encode()
    body = whole[: len(whole) * cut // 100]
    assert not look(body, URL).availability.is_orderable
    assert not look(body, URL, framed=False).availability.is_orderable


def item(**more: Any) -> dict[str, Any]:
    known = {
        "itemName": "卓上ランプ",
        "itemUrl": URL,
        "itemPrice": 4980,
        "shopName": "ランプ屋",
        "availability": 1,
        "taxFlag": 0,
        "postageFlag": 0,
        "pointRate": 2,
    }
    return {**known, **more}


@pytest.mark.parametrize("shape", [
    lambda one: {"Items": [{"Item": one}]}, lambda one: {"Items": [one]}, lambda one: {"items": [item(itemUrl="https://item.rakuten.co.jp/x/y/"), one]},
])  # fmt: skip
def test_the_search_answer_is_read_in_its_versions(shape: Any) -> None:
    """Wrapped or flat, alone or among others: the item at the listing's address."""
    reading = answer(shape(item()), URL)
    offer = reading.offers[0]
    assert (reading.availability, offer.price, offer.shipping, offer.points, offer.seller) == (
        A.IN_STOCK,
        4980,
        0,
        90,
        "ランプ屋",
    )
    assert answer(shape(item(availability=0)), URL).availability is A.OUT_OF_STOCK


def test_an_answer_without_the_listings_item_is_no_verdict() -> None:
    """Several items, none of them at the address; or no item at all."""
    others = {"Items": [item(itemUrl=f"https://item.rakuten.co.jp/x/{n}/") for n in range(2)]}
    assert answer(others, URL).availability is A.UNKNOWN
    assert answer({"Items": []}, URL).availability is A.UNKNOWN


BOOK = "https://books.rakuten.co.jp/rb/12345678/"


@pytest.mark.parametrize(("code", "state"), [
    ("1", A.IN_STOCK), ("2", A.IN_STOCK), ("3", A.IN_STOCK), ("4", A.BACKORDER), ("5", A.PREORDER), ("6", A.UNKNOWN), ("0", A.UNKNOWN),
])  # fmt: skip
def test_the_codes_of_the_books_api(code: str, state: A) -> None:
    """Shipped within days, from the maker, not yet released; what must be asked for is no verdict."""
    book = {
        "title": "ランプの本",
        "itemUrl": BOOK,
        "itemPrice": 1980,
        "availability": code,
        "postageFlag": 2,
        "salesDate": "2027年02月14日",
    }
    reading = answer({"Items": [{"Item": book}]}, BOOK)
    assert reading.availability is state
    if state.is_verdict:
        assert (reading.offers[0].price, reading.offers[0].shipping, reading.offers[0].seller) == (
            1980,
            0,
            "楽天ブックス",
        )


def test_addresses() -> None:
    """An item has two parts in its path; lists, searches and other hosts name no product."""
    shop = shop_of(URL)
    assert shop is not None
    assert shop.product("https://item.rakuten.co.jp/Lampya/Desk-01/?s-id=x") == "rakuten:lampya/desk-01"
    assert shop.product("https://item.rakuten.co.jp/lampya/c/0000/") is None
    assert shop.product("https://www.rakuten.co.jp/lampya/desk-01/") is None
