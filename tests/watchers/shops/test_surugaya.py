"""Suruga-ya: grades with their own price and count, time sales, branches behind links, and its ways of saying sold out."""

from __future__ import annotations

import json

import pytest

from tests.watchers.shops.making import html, look
from watchers.model import Availability as A
from watchers.model import Condition, Reading
from watchers.shops import shop_of

URL = "https://www.suruga-ya.jp/product/detail/123456789"
CART = '<div id="cart"><form class="cart add-cart" method="post" action="https://www.suruga-ya.jp/cargo/add"><button type="button" class="btn_buy btn cart1">カートに入れる</button></form></div>'


def grade(name: str, price: str, left: int, *, was: str = "", checked: bool = True) -> str:
    data = json.dumps({"zaiko": str(left + 1), "baika": "9999", "price_sale": "1"}).replace('"', "&quot;")
    old = f'<span class="text-price-detail price-old">{was}円</span>' if was else ""
    return (
        f'<div class="item-price"><div><input type="radio" name="grade" value="1" {"checked" if checked else ""} data-zaiko="{data}">'
        f'<label data-label="{name}&nbsp;">{name}&nbsp;{old}<span class="text-price-detail price-buy">{price}円 (税込)</span>'
        f'<span class="tag_product"><span>在庫数：{left}</span></span></label></div></div>'
    )


def seen(*grades: str, cart: str = CART, more: str = "", ld: str = "", url: str = URL, **rest: object) -> Reading:
    body = f'<h1 id="item_title">卓上ランプ</h1><div class="price_group">{"".join(grades)}</div>{more}{cart}{ld}'
    return look(html(body), url, **rest)  # type: ignore[arg-type]


def test_a_single_used_grade_with_a_time_sale() -> None:
    """What the visitor pays now, how many are left, and that it is used; a single grade is no variant."""
    reading = seen(grade("中古", "2,800", 1, was="3,750"))
    offer = reading.offers[0]
    assert reading.availability is A.IN_STOCK
    assert (offer.price, offer.quantity, offer.condition, offer.seller, offer.variant) == (
        2800,
        1,
        Condition.USED,
        "駿河屋",
        None,
    )


def test_new_and_used_have_their_own_prices() -> None:
    """The chosen grade first, the others as variants."""
    reading = seen(grade("中古", "2,800", 1, checked=False), grade("新品", "5,480", 3))
    assert [(o.price, o.condition, o.variant, o.quantity) for o in reading.offers] == [
        (5480, Condition.NEW, "新品", 3),
        (2800, Condition.USED, "中古", 1),
    ]
    assert seen(grade("中古", "2,800", 0), grade("新品", "5,480", 3), variant="中古").availability is A.OUT_OF_STOCK


def test_another_shop_of_the_market_is_not_the_shop_itself() -> None:
    """The cart form names the shop that sells by its number; its name stands elsewhere."""
    cart = CART.replace("<button", '<input type="hidden" name="tenpo_cd" value="400123"><button')
    assert seen(grade("中古", "2,800", 1), cart=cart).offers[0].seller is None
    assert seen(grade("中古", "2,800", 1), cart=cart.replace("400123", "")).offers[0].seller == "駿河屋"


def test_branches_behind_links_count_when_the_data_sells_them() -> None:
    """A further grade needs the page's data to name an offer in stock at an amount that its link shows."""
    ld = '<script type="application/ld+json">' + json.dumps([{"@type": "Product", "offers": [
        {"price": "2800", "availability": "https://schema.org/InStock"}, {"price": "1990", "availability": "https://schema.org/InStock"},
        {"price": "990", "availability": "https://schema.org/OutOfStock"}]}]) + "</script>"  # fmt: skip
    links = "".join(
        f'<a class="branch-info" href="/product/detail/123456789?branch_number={n}">中古 箱{n}<br><span>{price}円 (税込)</span></a>'
        for n, price in (("0003", "1,990"), ("0004", "990"), ("0005", "1,234"), ("x", "1,990"))
    )
    reading = seen(grade("中古", "2,800", 1), more=links, ld=ld)
    assert [(o.price, o.order_url) for o in reading.offers] == [(2800, None), (1990, f"{URL}?branch_number=0003")]


@pytest.mark.parametrize(("cart", "state"), [
    ('<div id="cart"><p class="mgnB5 out-of-stock-text">申し訳ございません。品切れ中です。</p></div>', A.OUT_OF_STOCK),
    ('<div id="cart"><a class="waitbtn">入荷待ち登録</a></div>', A.OUT_OF_STOCK),
    (CART.replace("カートに入れる", "予約する"), A.PREORDER),
    (CART.replace("<button ", "<button disabled "), None),
    (CART.replace('id="cart"', 'id="cart" style="display:none"'), None),
    (CART + '<p class="out-of-stock-text">品切れ中です。</p>', None),
])  # fmt: skip
def test_the_cart_form_decides(cart: str, state: A | None) -> None:
    """Sold out, a reservation, or a button that cannot be used: never a yes without one that can."""
    reading = seen(*((grade("中古", "2,800", 1),) if state is not A.OUT_OF_STOCK else ()), cart=cart)
    assert reading.availability is state if state else not reading.availability.is_orderable


def test_the_list_of_other_shops_is_another_page() -> None:
    """Its offers are not the shop's own; the reader leaves it to the generic path."""
    other = URL.replace("detail", "other")
    shop = shop_of(other)
    assert shop is not None
    assert shop.product(other) == shop.product(URL) == "surugaya:123456789"
    assert (
        seen(grade("中古", "2,800", 1), url=other).evidence[:1] == ()
        or seen(grade("中古", "2,800", 1), url=other).evidence[0].source != "shop"
    )
