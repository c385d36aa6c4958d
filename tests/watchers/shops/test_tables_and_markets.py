"""MonotaRO's rows, BOOTH's variations, SNKRDUNK's listings by size; and the seller of shops read by the generic path."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.watchers.shops.making import answer, html, look
from watchers.model import Availability as A
from watchers.model import Cause, Condition, Reading
from watchers.shops import shop_of

MONOTARO = "https://www.monotaro.com/g/01234567/"
BASKET = '<button type="submit" data-js="check_add_basket">バスケットに入れる</button>'


def row(code: str, price: str, label: str) -> str:
    return (
        f'<tr data-js="item_info"><td>{code}</td><td>1パック</td><td data-js="g_price_tax_exclude">￥1</td>'
        f'<td data-js="g_price_tax_include">￥{price} <span>（税込）</span></td>'
        f'<td data-js="pd_list_shipping"><span class="Label">{label}</span> 1年間返品保証</td></tr>'
    )


def table(*rows: str, basket: str = BASKET) -> Reading:
    return look(html(f'<h1>卓上ランプ</h1><form action="/b">{basket}<table>{"".join(rows)}</table></form>'), MONOTARO)


def test_each_row_is_a_variant() -> None:
    """What ships first, with its price with tax; rows that are missing or given up keep their state."""
    reading = table(row("111", "1,309", "欠品中"), row("222", "142", "当日出荷"), row("333", "7,359", "取扱い終了"))
    assert [(o.variant, o.price, o.availability) for o in reading.offers] == [
        ("222 / 1パック", 142, A.IN_STOCK),
        ("111 / 1パック", 1309, A.OUT_OF_STOCK),
        ("333 / 1パック", 7359, A.DISCONTINUED),
    ]
    assert (reading.offers[0].seller, reading.offers[0].condition) == ("モノタロウ", Condition.NEW)


@pytest.mark.parametrize(("label", "state"), [
    ("当日出荷", A.IN_STOCK), ("翌日出荷", A.IN_STOCK), ("5日以内出荷", A.IN_STOCK), ("3営業日以内に出荷", A.IN_STOCK), ("欠品中", A.OUT_OF_STOCK), ("取扱い終了", A.DISCONTINUED),
    ("受注生産", A.MADE_TO_ORDER), ("メーカー取り寄せ", A.BACKORDER), ("新登場", A.UNKNOWN),
])  # fmt: skip
def test_the_labels_of_a_single_row(label: str, state: A) -> None:
    """A single row is the product itself; a label that is not known is no verdict."""
    reading = table(row("111", "142", label))
    assert reading.availability is state
    assert not state.is_verdict or reading.offers[0].variant is None


@pytest.mark.parametrize("basket", ["", BASKET.replace("<button ", "<button disabled "), f"<div hidden>{BASKET}</div>"])
def test_rows_without_a_basket_that_can_be_used_are_no_yes(basket: str) -> None:
    """The one button orders every row."""
    assert not table(row("111", "142", "当日出荷"), basket=basket).availability.is_orderable


BOOTH = "https://booth.pm/ja/items/1234567.json"


@pytest.mark.parametrize(("row", "item", "state"), [
    ({}, {}, A.IN_STOCK), ({"is_empty_stock": True}, {}, A.OUT_OF_STOCK), ({}, {"is_sold_out": True}, A.OUT_OF_STOCK), ({}, {"is_end_of_sale": True}, A.DISCONTINUED),
    ({"status": "something_new"}, {}, A.UNKNOWN), ({"is_waiting_on_arrival": True}, {}, A.BACKORDER),
])  # fmt: skip
def test_the_variations_of_booth(row: dict[str, Any], item: dict[str, Any], state: A) -> None:
    """The status that is known adds to the cart; every other is no verdict."""
    one = {
        "id": 1,
        "name": None,
        "price": 1500,
        "status": "addable_to_cart",
        "is_empty_stock": False,
        "small_stock": 2,
        **row,
    }
    data = {
        "id": 1234567,
        "name": "ランプの本",
        "shop": {"name": "ランプ堂"},
        "is_sold_out": False,
        "is_end_of_sale": False,
        "variations": [one],
        **item,
    }
    reading = answer(data, BOOTH)
    assert reading.availability is state
    if state is A.IN_STOCK:
        assert (reading.offers[0].price, reading.offers[0].seller, reading.offers[0].quantity) == (1500, "ランプ堂", 2)
    assert not answer({**data, "id": 7}, BOOTH).availability.is_verdict


SNKRDUNK = "https://snkrdunk.com/products/AB1234-001"


def market(
    *listings: tuple[str, int],
    sku: str = "AB1234-001",
    link: str = '<a href="/buy/AB1234-001/size/" class="product-size-select">サイズ</a>',
) -> Reading:
    offers = [
        {"@type": "Offer", "availability": "http://schema.org/InStock", "price": price, "description": size}
        for size, price in listings
    ]
    data = {
        "@type": "Product",
        "sku": sku,
        "name": "ランプ柄スニーカー",
        "offers": {"@type": "AggregateOffer", "offerCount": len(offers), "offers": offers},
    }
    return look(
        html(f'<script type="application/ld+json">{json.dumps(data)}</script><h1>ランプ柄スニーカー</h1>{link}'),
        SNKRDUNK,
    )


def test_the_cheapest_listing_of_each_size() -> None:
    """Joke prices lose to the cheapest; sizes are variants."""
    reading = market(("27", 9_999_999), ("27", 30_000), ("24", 29_000), ("28", 45_000))
    assert [(o.variant, o.price) for o in reading.offers] == [("24", 29_000), ("27", 30_000), ("28", 45_000)]
    assert reading.availability is A.IN_STOCK


def test_no_listing_no_link_or_another_product_is_no_yes() -> None:
    """Nothing to buy is sold out; without the way to buy there is no yes; other data is no verdict."""
    assert market().availability is A.OUT_OF_STOCK
    assert not market(("27", 30_000), link="").availability.is_orderable
    assert market(("27", 30_000), sku="ZZ9999-001").cause is Cause.IDENTITY


def test_a_shop_that_sells_alone_is_the_seller_where_its_page_names_none() -> None:
    """Of a shop known by its addresses only the generic path's offers get the seller and the condition."""
    page = html("<h1>卓上ランプ</h1><p>4,980円（税込）</p><p>在庫あり</p><button>カートに入れる</button>")
    known = look(page, "https://www.ksdenki.com/shop/g/g4900000000001/").offers[0]
    assert (known.seller, known.condition) == ("ケーズデンキ", Condition.NEW)
    other = look(page, "https://shop.example/p/1").offers[0]
    assert (other.seller, other.condition) == (None, None)


@pytest.mark.parametrize(
    ("url", "product"),
    [
        (MONOTARO, "monotaro:01234567"),
        (BOOTH, "booth:1234567"),
        ("https://booth.pm/ja/browse/x", None),
        (SNKRDUNK, "snkrdunk:ab1234-001"),
        ("https://snkrdunk.com/brands/x", None),
    ],
)
def test_addresses(url: str, product: str | None) -> None:
    """The id that an address names, or that it names none."""
    shop = shop_of(url)
    assert shop is not None
    assert shop.product(url) == product
