"""kakaku.com: the shops of the comparison table as offers, by the table's headings; AmiAmi's item answers."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.watchers.shops.making import answer, html, look
from watchers.model import Availability as A
from watchers.shops import shop_of

URL = "https://kakaku.com/item/K0001234567/"
HEADS = "<tr><th>順位</th><th>価格（差額）</th><th>送料</th><th>在庫・発送の目安</th><th>地域</th><th>ショップ/評価</th><th>ショップサイト</th></tr>"


def row(price: str, postage: str, stock: str, shop: str) -> str:
    return (
        f"<tr><td>1位</td><td><p>¥{price}</p><p>¥640相当</p></td><td>{postage}</td><td>{stock}</td><td>大阪</td>"
        f'<td><a href="/shop/1/">{shop}</a><table><tr><td>評価</td></tr></table></td><td><a href="https://c.kakaku.com/x">売り場へ</a></td></tr>'
    )


def page(*rows: str, heads: str = HEADS) -> str:
    return html(f"<h2>卓上ランプ</h2><table>{heads}{''.join(rows)}</table>")


def test_each_shop_is_an_offer() -> None:
    """The cheapest that has it first; free and named postage; shops that must be asked are left out."""
    reading = look(page(
        row("4,980", "無料", "問合せ", "聞くショップ"), row("5,480", "無料", "有", "ランプ屋"), row("5,500", "¥550", "1～3営業日", "灯り屋"), row("5,600", "無料～", "取寄", "取寄屋"),
    ), URL)  # fmt: skip
    assert reading.availability is A.IN_STOCK
    assert [(o.seller, o.price, o.shipping, o.availability) for o in reading.offers] == [
        ("ランプ屋", 5480, Decimal(0), A.IN_STOCK),
        ("灯り屋", 5500, Decimal(550), A.IN_STOCK),
        ("取寄屋", 5600, None, A.BACKORDER),
    ]


@pytest.mark.parametrize(
    ("stock", "state"),
    [
        ("有", A.IN_STOCK),
        ("取寄", A.BACKORDER),
        ("予約", A.PREORDER),
        ("無", A.OUT_OF_STOCK),
        ("問合せ", A.UNKNOWN),
        ("-", A.UNKNOWN),
    ],
)
def test_the_words_of_the_stock_column(stock: str, state: A) -> None:
    """Known words only; what is not known is no verdict."""
    assert look(page(row("5,480", "無料", stock, "ランプ屋")), URL).availability is state


@pytest.mark.parametrize("body", [
    page(row("5,480", "無料", "有", "ランプ屋"), heads=HEADS.replace("在庫・発送の目安", "メモ")),
    page(row("5,480", "無料", "有", "ランプ屋")).replace("<table><tr><th>順位", "<table hidden><tr><th>順位"),
    page(row("5,480", "無料", "有", "")),
    page(row("お問い合わせ", "無料", "有", "ランプ屋").replace("¥640相当", "")),
])  # fmt: skip
def test_without_headings_shop_or_price_nothing_is_read(body: str) -> None:
    """A table of something else, a hidden one, a row without a shop or a price."""
    assert not look(body, URL).availability.is_orderable


AMIAMI = "https://www.amiami.jp/top/detail/detail?gcode=FIGURE-123456"


@pytest.mark.parametrize(
    ("cart", "closed", "state"),
    [(9, 0, A.IN_STOCK), (8, 0, A.PREORDER), (7, 0, A.BACKORDER), (8, 1, A.OUT_OF_STOCK), (3, 0, A.UNKNOWN)],
)
def test_the_item_answers_of_amiami(cart: int, closed: int, state: A) -> None:
    """The kinds of cart that are known, and the end of orders; another item's answer is no verdict."""
    item = {
        "gcode": "FIGURE-123456",
        "gname": "卓上ランプ",
        "c_price_taxed": 15400,
        "cart_type": cart,
        "order_closed_flg": closed,
    }
    reading = answer({"RSuccess": True, "item": item}, AMIAMI)
    assert reading.availability is state
    assert not state.is_verdict or reading.offers[0].price == 15400
    assert not answer({"item": {**item, "gcode": "FIGURE-999999"}}, AMIAMI).availability.is_verdict


@pytest.mark.parametrize(
    ("url", "product"),
    [
        (URL, "kakaku:K0001234567"),
        (f"{URL}spec/", "kakaku:K0001234567"),
        ("https://kakaku.com/pc/", None),
        (AMIAMI, "amiami:FIGURE-123456"),
        ("https://www.amiami.jp/top/search/list?s_keywords=x", None),
    ],
)
def test_addresses(url: str, product: str | None) -> None:
    """The id that an address names, or that it names none."""
    shop = shop_of(url)
    assert shop is not None
    assert shop.product(url) == product
