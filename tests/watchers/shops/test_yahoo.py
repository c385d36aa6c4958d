"""Yahoo! Shopping's tables of stock, Yahoo! Auctions' fixed price, the Flea Market's open and sold."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.watchers.shops.making import answer, html, look, script
from watchers.model import Availability as A
from watchers.model import Cause, Condition, Reading
from watchers.shops import shop_of

STORE = "https://store.shopping.yahoo.co.jp/lampya/desk-01.html"
AUCTION = "https://auctions.yahoo.co.jp/jp/auction/x1234567890"
FLEA = "https://paypayfleamarket.yahoo.co.jp/item/z123456789"
BUTTON = "<h1>卓上ランプ</h1><p>4,980円</p><button>カートに入れる</button>"


def store(item: dict[str, Any], *, markup: str = BUTTON, path: tuple[str, ...] = ("item",), **more: Any) -> Reading:
    data: Any = {"name": "卓上ランプ", "applicablePrice": 4980, "taxExcludedApplicablePrice": 4527, **item}
    for key in reversed(path):
        data = {key: data}
    props = {**data, "seller": {"id": "lampya", "name": "ランプ屋 Yahoo!店"}}
    return look(html(markup + script("__NEXT_DATA__", {"props": {"pageProps": props}})), STORE, **more)


@pytest.mark.parametrize(("stock", "state", "left"), [
    ({"isSoldOut": False, "quantity": 3}, A.IN_STOCK, 3), ({"isSoldOut": True, "quantity": 0}, A.OUT_OF_STOCK, None), ({"quantity": 0}, A.OUT_OF_STOCK, None),
    ({"isSoldOut": True, "quantity": 3}, A.OUT_OF_STOCK, None), ({"isAvailable": True}, A.IN_STOCK, None), ({"isAvailable": False}, A.OUT_OF_STOCK, None),
    ({"isSoldOut": None}, A.UNKNOWN, None), ({}, A.UNKNOWN, None),
])  # fmt: skip
def test_the_stock_of_a_single_item(stock: dict[str, Any], state: A, left: int | None) -> None:
    """Sold out wins over a number; without either nothing is said. The price is the one with tax."""
    reading = store({"stock": stock})
    assert reading.availability is state
    if state.is_verdict:
        offer = reading.offers[0]
        assert (offer.price, offer.quantity, offer.seller) == (4980, left, "ランプ屋 Yahoo!店")


@pytest.mark.parametrize("path", [("sp", "item"), ("initialState", "item"), ("item",)])
def test_the_item_is_found_where_the_versions_keep_it(path: tuple[str, ...]) -> None:
    """Three places of the same page data."""
    assert store({"stock": {"quantity": 1}}, path=path).availability is A.IN_STOCK


def choice(name: str, left: int | None = None, **more: Any) -> dict[str, Any]:
    return {"choiceName": name, **({"stock": {"quantity": left}} if left is not None else {}), **more}


TWO = {"stockTableTwoAxis": {"firstOption": {"choiceList": [
    choice("黒", secondOption={"choiceList": [choice("M", 0), choice("L", 2, price={"applicablePrice": 5280, "immediatePrice": 4990})]}),
    choice("白", secondOption={"choiceList": [choice("M", 0), choice("L", 0)]}),
]}}}  # fmt: skip
ONE = {"stockTableOneAxis": {"firstOption": {"choiceList": [choice("M", 0), choice("L", 4)]}}}
SINGLES = {"individualItemList": [
    {"optionList": [{"name": "色", "choiceName": "黒"}], "price": None, "stock": {"isAvailable": False}},
    {"optionList": [{"name": "色", "choiceName": "白"}], "price": {"applicablePrice": 5100, "immediatePrice": 4800}, "stock": {"isAvailable": True}},
]}  # fmt: skip


@pytest.mark.parametrize(("item", "variant", "state", "price"), [
    (TWO, None, A.IN_STOCK, 5280), (TWO, "黒 / L", A.IN_STOCK, 5280), (TWO, "L / 黒", A.IN_STOCK, 5280), (TWO, "白", A.OUT_OF_STOCK, 4980), (TWO, "XL", A.UNKNOWN, None),
    (ONE, None, A.IN_STOCK, 4980), (ONE, "M", A.OUT_OF_STOCK, 4980), (SINGLES, None, A.IN_STOCK, 5100), (SINGLES, "黒", A.OUT_OF_STOCK, 4980),
    ({"stockTableOneAxis": {"firstOption": {"choiceList": [choice("M", 0), choice("L", 0)]}}}, None, A.OUT_OF_STOCK, 4980),
])  # fmt: skip
def test_tables_of_one_and_two_axes(item: dict[str, Any], variant: str | None, state: A, price: int | None) -> None:
    """Each cell is a variant with its own stock and price, by the names that lead to it, in any order."""
    reading = store(item, variant=variant)
    assert reading.availability is state
    assert price is None or reading.offers[0].price == price


def test_an_axis_with_nothing_to_choose_names_no_variant() -> None:
    """A dash stands for a choice that there is not."""
    table = {
        "stockTableTwoAxis": {
            "firstOption": {"choiceList": [choice("―", secondOption={"choiceList": [choice("L", 1)]})]}
        }
    }
    assert store(table).offers[0].variant == "L"


def test_a_preorder_and_used_goods() -> None:
    """What the data says of the kind of order and of the goods."""
    assert store({"stock": {"quantity": 1}, "isPreOrder": True}).availability is A.PREORDER
    assert store({"stock": {"quantity": 1}, "isUsed": True}).offers[0].condition is Condition.USED


def test_another_items_data_is_no_verdict() -> None:
    """The page of another item at this address."""
    reading = store({"stock": {"quantity": 1}, "sellerManagedItemId": "desk-02"})
    assert (reading.availability, reading.cause) == (A.UNKNOWN, Cause.IDENTITY)
    assert store({"stock": {"quantity": 1}, "sellerManagedItemId": "DESK-01"}).availability is A.IN_STOCK


@pytest.mark.parametrize(
    "button",
    ["<button disabled>カートに入れる</button>", "<button>売り切れ</button>", "<button>再入荷のお知らせ</button>"],
)
def test_a_refusal_in_sight_stands_against_the_data(button: str) -> None:
    """A page whose buttons all refuse is not in stock, whatever its data says."""
    markup = BUTTON.replace("<button>カートに入れる</button>", button)
    assert not store({"stock": {"quantity": 9}}, markup=markup).availability.is_orderable


@pytest.mark.parametrize(
    ("stock", "state"), [(True, A.IN_STOCK), (False, A.OUT_OF_STOCK), (None, A.UNKNOWN), ("yes", A.UNKNOWN)]
)
def test_the_search_answer(stock: object, state: A) -> None:
    """inStock of the item at the listing's address."""
    hit = {
        "name": "卓上ランプ",
        "url": STORE,
        "inStock": stock,
        "price": 4980,
        "shipping": {"code": 2},
        "point": {"amount": 45},
        "seller": {"name": "ランプ屋"},
    }
    reading = answer(
        {"hits": [{**hit, "url": "https://store.shopping.yahoo.co.jp/x/y.html", "inStock": True}, hit]}, STORE
    )
    assert reading.availability is state
    if state.is_verdict:
        offer = reading.offers[0]
        assert (offer.price, offer.shipping, offer.points, offer.seller) == (4980, 0, 45, "ランプ屋")


def auction(item: dict[str, Any], **more: Any) -> Reading:
    known = {"auctionId": "x1234567890", "title": "卓上ランプ", "status": "open", "price": 1200, "taxinPrice": 1200, "bids": 3, "conditionName": "目立った傷や汚れなし", "chargeForShipping": "winner", "seller": {"aucUserId": "lamp_u"}, "endTime": "2027-01-10T21:00:00+09:00"}  # fmt: skip
    page = {"initialState": {"item": {"detail": {"item": {**known, **item}}}}}
    return look(html("<h1>卓上ランプ</h1>" + script("__NEXT_DATA__", {"props": {"pageProps": page}})), AUCTION, **more)


@pytest.mark.parametrize(("item", "state", "price"), [
    ({"bidorbuy": 3000, "taxinBidorbuy": 3300, "taxRate": 10}, A.IN_STOCK, 3300), ({"bidorbuy": 3000}, A.IN_STOCK, 3000), ({"bidorbuy": 0}, A.OUT_OF_STOCK, 1200),
    ({}, A.OUT_OF_STOCK, 1200), ({"status": "closed", "bidorbuy": 3000}, A.OUT_OF_STOCK, 1200), ({"status": "cancelled"}, A.OUT_OF_STOCK, 1200),
    ({"status": "paused", "bidorbuy": 3000}, A.UNKNOWN, None),
])  # fmt: skip
def test_an_auction_is_in_stock_at_a_fixed_price_only(item: dict[str, Any], state: A, price: int | None) -> None:
    """即決 can be had now; bids alone name no price at which it can, and say so; what has ended is sold out."""
    reading = auction(item)
    assert reading.availability is state
    if state.is_verdict:
        assert (reading.offers[0].price, reading.offers[0].condition) == (price, Condition.USED)
    if item == {}:
        assert "入札のみ" in reading.evidence[0].words


def test_a_price_without_tax_is_marked() -> None:
    """A shop's fixed price without the one with tax counts 10 % more for the wish."""
    assert auction({"bidorbuy": 3000, "taxRate": 10}).offers[0].tax_excluded
    assert not auction({"bidorbuy": 3000}).offers[0].tax_excluded


def test_an_auction_past_its_end_is_over_although_a_cache_says_open() -> None:
    """The shop's clock, against the end it names."""
    late = {"content-type": "text/html", "date": "Sun, 10 Jan 2027 13:00:00 GMT"}
    assert auction({"bidorbuy": 3000}, headers=late).availability is A.OUT_OF_STOCK
    early = {"content-type": "text/html", "date": "Sun, 10 Jan 2027 11:00:00 GMT"}
    assert auction({"bidorbuy": 3000}, headers=early).availability is A.IN_STOCK


def test_another_auctions_data_is_no_verdict() -> None:
    """The data of another auction at this address."""
    assert auction({"auctionId": "x999999999", "bidorbuy": 3000}).cause is Cause.IDENTITY


def box(title: str, amount: str, button: str, before: str = "") -> str:
    return html(
        f'<h1>卓上ランプ</h1>{before}<div class="Price"><dl class="Price__body"><div class="Price__row"><dt class="Price__title">{title}</dt>'
        f'<dd class="Price__value">{amount}</dd></div></dl>{button}</div><p class="Seller__name"><a href="/seller/u">ランプ商会</a></p>'
    )


BUY = '<a class="Button Button--buynow" href="#dummy">今すぐ落札</a>'


@pytest.mark.parametrize(("page", "state"), [
    (box("即決", "3,100円（税 0 円）", BUY), A.IN_STOCK),
    (box("現在", "1,200円（税 0 円）", '<a class="Button Button--bid" href="#dummy">入札する</a>'), A.OUT_OF_STOCK),
    (box("即決", "3,100円", BUY, '<div id="closedHeader">このオークションは終了しています</div>'), A.OUT_OF_STOCK),
    (box("即決", "3,100円", BUY.replace("<a ", '<a aria-disabled="true" ')), None),
    (box("即決", "3,100円", f"<div hidden>{BUY}</div>"), None),
])  # fmt: skip
def test_the_price_box_of_the_older_pages(page: str, state: A | None) -> None:
    """A title, an amount and a button that can be used; a button that cannot be used is no yes."""
    reading = look(page, AUCTION)
    assert reading.availability is state if state else not reading.availability.is_orderable
    if state is A.IN_STOCK:
        assert (reading.offers[0].price, reading.offers[0].seller) == (3100, "ランプ商会")


FLEA_ITEM = {"id": "z123456789", "title": "卓上ランプ", "price": 2500, "status": "OPEN", "condition": {"key": "used20", "text": "目立った傷や汚れなし"}, "seller": {"nickname": "らんぷ"}, "deliverySchedule": {"text": "1〜2日で発送"}}  # fmt: skip


def flea(item: dict[str, Any], button: str = '<a id="item_buy_button" href="/order">購入手続きへ</a>') -> Reading:
    state = {"itemsState": {"items": {"item": {**FLEA_ITEM, **item}}}}
    return look(
        html("<h1>卓上ランプ</h1>" + button + script("__NEXT_DATA__", {"props": {"initialState": state}})), FLEA
    )


@pytest.mark.parametrize(("item", "state"), [
    ({}, A.IN_STOCK), ({"status": "SOLD"}, A.OUT_OF_STOCK), ({"status": "TRADING"}, A.OUT_OF_STOCK), ({"status": "NEWSTATE"}, A.UNKNOWN),
    ({"isPurchased": True}, A.UNKNOWN), ({"noPriceItem": True}, A.UNKNOWN), ({"id": "z987654321"}, A.UNKNOWN),
])  # fmt: skip
def test_a_thing_of_the_flea_market(item: dict[str, Any], state: A) -> None:
    """Open or sold by its status; the price holds the postage; another thing's data is no verdict."""
    reading = flea(item)
    assert reading.availability is state
    if state is A.IN_STOCK:
        offer = reading.offers[0]
        assert (offer.price, offer.shipping, offer.seller, offer.condition) == (
            2500,
            Decimal(0),
            "らんぷ",
            Condition.USED,
        )
    via_api = answer({**FLEA_ITEM, **item}, FLEA)
    assert via_api.availability is state


@pytest.mark.parametrize("button", [
    '<a id="item_buy_button" aria-disabled="true">購入手続きへ</a>', '<div hidden><a id="item_buy_button">購入手続きへ</a></div>',
    '<button id="item_buy_button" disabled>購入手続きへ</button>',
])  # fmt: skip
def test_a_buy_button_that_cannot_be_used_is_no_yes(button: str) -> None:
    """The state says open, the page does not let anyone buy."""
    assert not flea({}, button).availability.is_orderable


@pytest.mark.parametrize(("url", "product"), [
    (STORE, "yshop:lampya/desk-01"), ("https://store.shopping.yahoo.co.jp/lampya/", None), (AUCTION, "yauc:x1234567890"),
    ("https://page.auctions.yahoo.co.jp/jp/auction/v1160000000", "yauc:v1160000000"), ("https://auctions.yahoo.co.jp/search/search?p=x", None),
    (FLEA, "yflea:z123456789"), ("https://paypayfleamarket.yahoo.co.jp/search/x", None),
])  # fmt: skip
def test_addresses(url: str, product: str | None) -> None:
    """The id that an address names, or that it names none."""
    shop = shop_of(url)
    assert shop is not None
    assert shop.product(url) == product
