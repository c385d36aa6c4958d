"""What these shops send instead of a page reads as blocked or as no verdict, never as news of stock."""

import pytest

from tests.watchers.shops.making import answer, html, look
from watchers.model import Availability as A

RAKUTEN = "https://item.rakuten.co.jp/lampya/desk-01/"
YODOBASHI = "https://www.yodobashi.com/product/100000001000000001/"
BUSY = "<h1>アクセスが集中しております</h1><p>ただいまアクセスが集中し、つながりにくい状態です。しばらくしてから再度アクセスしてください。</p>"


@pytest.mark.parametrize(("url", "body", "status"), [
    (RAKUTEN, "Reference #18.2f3a1b2c.1790000000.1a2b3c4d5", 200),
    (RAKUTEN, html(BUSY, title="【楽天市場】アクセス集中"), 200), (RAKUTEN, html(BUSY, title="【楽天市場】アクセス集中"), 503), (RAKUTEN, html(BUSY), 403),
    (YODOBASHI, html("<h1>アクセスを遮断しました</h1><p>お客様の環境からのアクセスを遮断しました。</p>", title="ヨドバシ.com"), 200),
    ("https://www.biccamera.com/bc/item/1234567/", "<html><head><title>Access Denied</title></head><body>You don't have permission to access this page. https://errors.edgesuite.net/18.x</body></html>", 200),
    ("https://www.suruga-ya.jp/product/detail/123456789", '<html><head><title>Just a moment...</title></head><body><script>window._cf_chl_opt={}</script></body></html>', 403),
    ("https://www.amiami.jp/top/detail/detail?gcode=X-1", '<html><head><title>Just a moment...</title></head><body></body></html>', 200),
])  # fmt: skip
def test_their_walls_read_as_blocked(url: str, body: str, status: int) -> None:
    """Akamai's stub of some 43 bytes with HTTP 200, crowded pages, Yodobashi's and Cloudflare's walls."""
    assert look(body, url, status=status).availability is A.BLOCKED


@pytest.mark.parametrize("url", [
    RAKUTEN, YODOBASHI, "https://store.shopping.yahoo.co.jp/lampya/desk-01.html", "https://auctions.yahoo.co.jp/jp/auction/x1234567890", "https://jp.mercari.com/item/m12345678901",
    "https://paypayfleamarket.yahoo.co.jp/item/z123456789", "https://item.fril.jp/0123456789abcdef0123456789abcdef", "https://www.suruga-ya.jp/product/detail/123456789",
    "https://kakaku.com/item/K0001234567/", "https://www.amiami.jp/top/detail/detail?gcode=X-1", "https://books.rakuten.co.jp/rb/12345678/",
])  # fmt: skip
@pytest.mark.parametrize("body", [
    "", html(""), html("<h1>お探しの商品は見つかりませんでした</h1>"), html("<script>" + "x" * 5_000 + "</script>"),
    html("<p>item-page-app-data __NEXT_DATA__ checkout-button js_buyBoxMain btn_buy Price__ item_title purchaseBox</p>"),
    html('<script id="__NEXT_DATA__">{"props": []}</script><script id="item-page-app-data">[null]</script>'),
])  # fmt: skip
def test_a_page_without_the_shops_block_is_no_verdict(url: str, body: str) -> None:
    """Empty, of another layout, or only naming what the readers look for."""
    assert not look(body, url).availability.is_verdict


@pytest.mark.parametrize("url", [RAKUTEN, "https://books.rakuten.co.jp/rb/12345678/", "https://jp.mercari.com/item/m12345678901", "https://store.shopping.yahoo.co.jp/lampya/desk-01.html", "https://paypayfleamarket.yahoo.co.jp/item/z123456789", "https://www.amiami.jp/top/detail/detail?gcode=X-1"])  # fmt: skip
@pytest.mark.parametrize(
    "data",
    [
        {},
        [],
        {"error": "wrong_parameter"},
        {"Items": [None]},
        {"hits": [1]},
        {"data": []},
        {"item": None},
        {"status": "ok", "id": 7},
    ],
)
def test_data_of_another_shape_is_no_verdict(url: str, data: object) -> None:
    """Errors, empty answers and other fields."""
    assert not answer(data, url).availability.is_verdict
