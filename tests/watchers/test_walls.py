"""A wall is its marker and no product: neither the word nor the size decides alone (T4)."""

import pytest

from tests.watchers.reading import URL, look, product, saved
from watchers.model import Availability, Cause
from watchers.page import Page
from watchers.walls import find_wall

WALLS = {
    "cloudflare": "<title>Just a moment...</title><script>window._cf_chl_opt={};</script>",
    "datadome": "<p>Please enable JS and disable any ad blocker</p><script src='https://ct.captcha-delivery.com/c.js'></script>",
    "perimeterx": "<title>Access to this page has been denied</title><div id='px-captcha'></div>",
    "kasada": "<script>window.KPSDK={};</script>",
    "akamai": "Access Denied. Reference #18.2f3a1b2c.1700000000.1a2b3c",
    "akamai stub": "Reference&#32;#18.2f3a1b2c.1700000000.1a2b",
    "imperva": "<iframe src='/_Incapsula_Resource?x=1'></iframe>Request unsuccessful.",
    "queue": "<title>Queue-it</title><p>You are now in line</p>",
    "queue ja": "<title>お知らせ</title><p>ただいまアクセスが集中しております</p>",
    "denied ja": "<p>お客様のアクセスを遮断しました</p>",
    "robot en": "<form action='/errors/validateCaptcha'><p>Type the characters you see in this image:</p></form>",
    "robot ja": "<p>画像に表示されている文字を入力してください</p>",
    "continue de": "<p>Klicke auf die Schaltfläche unten, um mit dem Einkauf fortzufahren</p>",
    "continue fr": "<p>Cliquez sur le bouton ci-dessous pour continuer</p>",
    "consent": "<title>Before you continue</title><form>",
}


@pytest.mark.parametrize("name", WALLS)
def test_every_wall_blocks_whatever_its_status(name: str) -> None:
    """A challenge answered with 200 is no more a page than one answered with 403."""
    page = f"<html><head></head><body>{WALLS[name]}</body></html>"
    if name == "akamai stub":
        page = "Reference #18.2f3a1b2c.1700000000.1a2b"
    for status in (200, 202, 403, 503):
        reading = look(page, status=status)
        assert reading.availability is Availability.BLOCKED
        assert reading.cause is Cause.BLOCKED and reading.detail


@pytest.mark.parametrize("name", ["cloudflare", "datadome", "perimeterx", "kasada", "imperva", "queue", "robot en"])
def test_a_wall_of_shop_size_still_blocks(name: str) -> None:
    """Walls can be 200 KB: script markers and titles count at any size."""
    page = f"<html><head>{WALLS[name]}</head><body>{'<p>padding</p>' * 20_000}</body></html>"
    assert find_wall(Page(URL, page.encode())) is not None


def test_a_sentence_somewhere_on_a_large_page_is_no_wall() -> None:
    """What a wall says in words, an article or a help page may say as well."""
    page = f"<html><head><title>Help</title></head><body>{'<p>padding</p>' * 20_000}アクセスが集中</body></html>"
    assert find_wall(Page(URL, page.encode())) is None


@pytest.mark.parametrize("name", WALLS)
def test_its_words_on_a_healthy_page_are_no_wall(name: str) -> None:
    """One healthy page in four carries such a marker: beside a product it means nothing."""
    page = product(f"<p>$20.00</p><form action='/cart/add'><button>Add to cart</button></form><div>{WALLS[name]}</div>")
    assert find_wall(Page(URL, page.encode())) is None
    assert look(page).availability is Availability.IN_STOCK


def test_our_own_shop_pages_are_no_walls() -> None:
    """None of the saved pages of ours, sold out or not, is taken for a wall."""
    for name in ("shopify-in", "shopify-sold-out", "woocommerce-out", "marketplace-unavailable", "shell", "login"):
        assert find_wall(Page(URL, saved(name))) is None, name


@pytest.mark.parametrize(("status", "availability", "cause"), [
    (404, Availability.GONE, Cause.HTTP), (410, Availability.GONE, Cause.HTTP),
    (403, Availability.BLOCKED, Cause.BLOCKED), (429, Availability.BLOCKED, Cause.BLOCKED),
    (503, Availability.BLOCKED, Cause.BLOCKED), (500, Availability.UNKNOWN, Cause.HTTP),
])  # fmt: skip
def test_an_error_status_settles_nothing(status: int, availability: Availability, cause: Cause) -> None:
    """Whatever an error page shows, it is no verdict."""
    reading = look(saved("shopify-in"), "https://kettle.example/products/blue-kettle", status=status)
    assert (reading.availability, reading.cause) == (availability, cause)
