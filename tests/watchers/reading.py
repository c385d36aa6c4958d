"""Small pages of our own for the reading tests, and short ways to read them."""

from pathlib import Path

from watchers.model import Listing, Reading
from watchers.page import Page
from watchers.reading import read

PAGES = Path(__file__).parents[1] / "pages"
URL = "https://shop.example/p/thing"
KETTLE = "https://kettle.example/products/blue-kettle"


def saved(name: str) -> bytes:
    """The bytes of one of our pages, in the charset that it declares."""
    body = (PAGES / f"{name}.html").read_bytes()
    return body.decode().encode("euc-jp") if b'charset="euc-jp"' in body[:200] else body


def address(name: str) -> str:
    return KETTLE if name.startswith("shopify") else URL


def look(body: bytes | str, url: str = URL, **answer: object) -> Reading:
    """Read a page as if it had come from its address."""
    raw = body.encode() if isinstance(body, str) else body
    return read(Page(url, raw, **answer), Listing(url))  # type: ignore[arg-type]


def product(inside: str, *, title: str = "Desk Lamp", head: str = "", after: str = "", lang: str = "en") -> str:
    """A lean product page around what a test is about."""
    return (
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title>{head}</head>'
        f'<body><main><div class="product"><h1>{title}</h1>{inside}</div>{after}</main></body></html>'
    )


def offer_data(state: str, *, title: str = "Desk Lamp", price: str = "20") -> str:
    """A JSON-LD block that names one offer."""
    return (
        (
            '<script type="application/ld+json">{"@context":"https://schema.org","@type":"Product","name":"%1","offers":'
            '{"@type":"Offer","availability":"https://schema.org/%2","price":"%3","priceCurrency":"EUR"}}</script>'
        )
        .replace("%1", title)
        .replace("%2", state)
        .replace("%3", price)
    )
