"""Mercari and Rakuma: the button decides; data that outlives the sale, another thing's data and auctions never make a yes."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.watchers.shops.making import answer, html, look
from watchers.model import Availability as A
from watchers.model import Condition
from watchers.shops import shop_of

URL = "https://jp.mercari.com/item/m12345678901"
SHOPS = "https://jp.mercari.com/shops/product/2JUr6k9sRTwJ3Pji2Dxxxx"
BUY = '<div data-testid="checkout-button" name="purchase"><button type="button">購入手続きへ</button></div>'


def data(state: str, product: str = "m12345678901") -> str:
    said = {
        "@type": "Product",
        "productID": product,
        "name": "卓上ランプ",
        "offers": {"availability": f"https://schema.org/{state}", "price": 4500, "priceCurrency": "JPY"},
    }
    return f'<script type="application/ld+json">{json.dumps({"@graph": [said]})}</script>'


def page(button: str, ld: str = "") -> str:
    return html(
        f'{ld}<div data-testid="name"><h1>卓上ランプ</h1></div><div data-testid="price"><span>¥</span><span>4,500</span></div>'
        f'<div data-testid="checkout-button-container">{button}</div><span data-testid="商品の状態">やや傷や汚れあり</span>'
        '<span data-testid="配送料の負担">送料込み(出品者負担)</span>'
        '<a href="/user/profile/1" data-location="item_details:seller_info" aria-label="らんぷ, 27件のレビュー">x</a>'
    )


def test_a_thing_on_sale() -> None:
    """Price, postage, condition and seller as the page shows them."""
    reading = look(page(BUY, data("InStock")), URL)
    offer = reading.offers[0]
    assert reading.availability is A.IN_STOCK
    assert (offer.price, offer.shipping, offer.condition, offer.seller) == (4500, Decimal(0), Condition.USED, "らんぷ")
    assert (reading.title, "mercari:m12345678901" in reading.identity.ids) == ("卓上ランプ", True)


@pytest.mark.parametrize(("button", "ld", "state"), [
    (BUY.replace('name="purchase"', 'name="disabled"').replace("購入手続きへ", "売り切れました"), data("SoldOut"), A.OUT_OF_STOCK),
    (BUY.replace("購入手続きへ", "売り切れました"), data("InStock"), A.OUT_OF_STOCK),
    (BUY, data("SoldOut"), None),
    (BUY, data("InStock", "m99999999999"), None),
    (BUY.replace('name="purchase"', 'name="disabled"'), "", None),
    (BUY.replace("<button ", "<button disabled "), "", None),
    (f"<div hidden>{BUY}</div>", "", None),
    (f'<template>{BUY}</template>', "", None),
    (BUY.replace("購入手続きへ", "入札する"), "", None),
    ("", "", None),
])  # fmt: skip
def test_only_a_button_that_can_be_used_is_a_yes(button: str, ld: str, state: A | None) -> None:
    """Sold, disabled, hidden, of another thing, an auction's, or against the page's data: never a yes."""
    reading = look(page(button, ld), URL)
    assert reading.availability is state if state else not reading.availability.is_orderable


def test_a_page_that_is_not_drawn_yet_says_nothing() -> None:
    """Its dictionary of words holds both 売り切れました and 購入手続きへ."""
    words = '<script>self.__next_f.push([1,"checkout-button 購入手続きへ 売り切れました"])</script><meta name="product:price:amount" content="4500">'
    assert look(html(words), URL).availability is A.UNKNOWN


def test_mercari_shops_say_how_many_are_left() -> None:
    """A shop's product has its own button and a count beside it."""
    body = html(
        '<h1>卓上ランプ</h1><div data-testid="product-price">¥4,500</div><section><div>在庫残り3点<div data-testid="variant-purchase-button"><button>購入手続きへ</button></div></div></section>'
    )
    reading = look(body, SHOPS)
    assert (reading.availability, reading.offers[0].quantity, reading.offers[0].price) == (A.IN_STOCK, 3, 4500)


@pytest.mark.parametrize(("status", "state"), [
    ("on_sale", A.IN_STOCK), ("ITEM_STATUS_ON_SALE", A.IN_STOCK), ("trading", A.OUT_OF_STOCK), ("sold_out", A.OUT_OF_STOCK), ("stop", A.OUT_OF_STOCK),
    ("ITEM_STATUS_TRADING", A.OUT_OF_STOCK), ("admin_cancel_x", A.UNKNOWN),
])  # fmt: skip
def test_the_item_endpoint(status: str, state: A) -> None:
    """The states of one thing, in both spellings; others are no verdict."""
    item = {
        "id": "m12345678901",
        "name": "卓上ランプ",
        "price": "4500",
        "status": status,
        "seller": {"name": "らんぷ"},
        "item_condition": {"name": "新品、未使用"},
        "shipping_payer": {"code": "seller"},
    }
    reading = answer({"result": "OK", "data": item}, URL)
    assert reading.availability is state
    if state is A.IN_STOCK:
        offer = reading.offers[0]
        assert (offer.price, offer.shipping, offer.condition, offer.seller) == (4500, 0, Condition.NEW, "らんぷ")
        assert answer({"data": {**item, "auction_info": {"id": "a1"}}}, URL).availability is A.OUT_OF_STOCK
        assert answer({"data": {**item, "id": "m999"}}, URL).availability is A.UNKNOWN


def test_a_deleted_thing_is_gone() -> None:
    """The endpoint names it with an error of its own."""
    assert answer({"result": "error", "errors": [{"code": "InvisibleItemException"}]}, URL).availability is A.GONE


@pytest.mark.parametrize(("variant", "state"), [(None, A.IN_STOCK), ("黒", A.OUT_OF_STOCK), ("白", A.IN_STOCK)])
def test_the_variants_of_a_shops_product(variant: str | None, state: A) -> None:
    """Pieces left by variant."""
    product: dict[str, Any] = {
        "displayName": "卓上ランプ",
        "price": "4500",
        "productDetail": {
            "shop": {"displayName": "ランプ屋"},
            "variants": [{"displayName": "黒", "quantity": "0"}, {"displayName": "白", "quantity": "2"}],
        },
    }
    assert answer(product, SHOPS, variant=variant).availability is state


RAKUMA = "https://item.fril.jp/0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(("slot", "state"), [
    ('<a class="btn_buy" href="/buy">購入に進む</a>', A.IN_STOCK), ('<span class="type-modal__contents--button--sold">SOLD OUT</span>', A.OUT_OF_STOCK),
    ('<a class="btn_buy" href="/buy" aria-disabled="true">購入に進む</a>', None), ('<div hidden><a class="btn_buy" href="/buy">購入に進む</a></div>', None),
])  # fmt: skip
def test_rakuma_by_its_button_not_by_its_data(slot: str, state: A | None) -> None:
    """The page's JSON-LD stays InStock after the sale."""
    body = html(f'<h1 class="item__name">卓上ランプ</h1><span class="item__price">¥2,500</span>{slot}{data("InStock")}')
    reading = look(body, RAKUMA)
    assert reading.availability is state if state else not reading.availability.is_orderable
    if state is A.IN_STOCK:
        assert (reading.offers[0].price, reading.offers[0].seller) == (2500, None)


@pytest.mark.parametrize(("url", "product"), [
    (URL, "mercari:m12345678901"), (f"{URL}?source=x", "mercari:m12345678901"), ("https://api.mercari.jp/items/get?id=m12345678901", "mercari:m12345678901"),
    (SHOPS, "mercari-shops:2JUr6k9sRTwJ3Pji2Dxxxx"), ("https://jp.mercari.com/search?keyword=x", None), (RAKUMA, "rakuma:0123456789abcdef0123456789abcdef"),
])  # fmt: skip
def test_addresses(url: str, product: str | None) -> None:
    """The id that an address names, or that it names none."""
    shop = shop_of(url)
    assert shop is not None
    assert shop.product(url) == product
