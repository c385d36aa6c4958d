"""Amazon's addresses: the product and the seller they name in every form, and the link that orders."""

from __future__ import annotations

import pytest

from watchers.shops import SHOPS, shop_of
from watchers.shops.amazon import AMAZON
from watchers.shops.amazon_address import marketplace_of, order_link, seller_of


@pytest.mark.parametrize(
    "url",
    [
        "https://www.amazon.co.jp/dp/B0KETTLE01",
        "https://www.amazon.co.jp/-/en/dp/B0KETTLE01/ref=sr_1_1?keywords=x",
        "https://www.amazon.co.jp/%E9%9B%BB%E6%B0%97-K100/dp/B0KETTLE01?th=1&psc=1",
        "https://www.amazon.co.jp/gp/product/B0KETTLE01",
        "https://www.amazon.co.jp/gp/aw/d/b0kettle01/",
        "https://amazon.co.jp/o/ASIN/B0KETTLE01/tag-22",
        "https://www.amazon.co.jp/exec/obidos/ASIN/B0KETTLE01",
        "https://www.amazon.co.jp/gp/offer-listing/B0KETTLE01",
        "https://www.amazon.co.jp/dp/product/B0KETTLE01",
        "https://www.amazon.co.jp/gp/product/ajax/aodAjaxMain/?asin=B0KETTLE01&pc=dp",
    ],
)
def test_every_form_names_the_same_product(url: str) -> None:
    """One id, whatever the form."""
    assert AMAZON.product(url) == "asin:B0KETTLE01"


@pytest.mark.parametrize(
    "url",
    [
        "https://www.amazon.co.jp/",
        "https://www.amazon.co.jp/s?k=B0KETTLE01",
        "https://www.amazon.co.jp/dp/",
        "https://www.amazon.co.jp/stores/page/ABCDEFGHIJ",
        "https://example.com/dp/B0KETTLE01",
        "https://notamazon.com/dp/B0KETTLE01",
        "https://[broken/dp/B0KETTLE01",
    ],
)
def test_what_names_no_product(url: str) -> None:
    """Searches, shop fronts and other hosts have no id."""
    assert AMAZON.product(url) is None


def test_marketplaces_are_whole_hosts() -> None:
    """amazon.com.mx is not amazon.com, and each has its money."""
    assert shop_of("https://www.amazon.com.mx/dp/B0KETTLE01") is AMAZON and AMAZON in SHOPS
    found = [
        marketplace_of(f"https://www.{host}/") for host in ("amazon.com.mx", "amazon.com", "amazon.co.uk", "amazon.de")
    ]
    assert [(m.host, m.currency) for m in found if m] == [
        ("amazon.com.mx", "MXN"),
        ("amazon.com", "USD"),
        ("amazon.co.uk", "GBP"),
        ("amazon.de", "EUR"),
    ]
    assert shop_of("https://amazon.com.example.org/dp/B0KETTLE01") is None


def test_the_seller_an_address_asks_for() -> None:
    """?m= and ?smid= name a seller; what is no seller id is ignored."""
    base = "https://www.amazon.co.jp/dp/B0KETTLE01"
    assert seller_of(f"{base}?m=AN1VRQENFRJN5") == seller_of(f"{base}?smid=an1vrqenfrjn5&psc=1") == "AN1VRQENFRJN5"
    assert seller_of(base) is seller_of(f"{base}?m=x") is None


def test_an_order_link_holds_only_checked_ids() -> None:
    """Text of a page never gets into a link: an offer id that is none is left out."""
    page = "https://www.amazon.de/dp/B0KETTLE01"
    plain = "https://www.amazon.de/gp/aws/cart/add.html?ASIN.1=B0KETTLE01&Quantity.1=1"
    assert order_link(page, "B0KETTLE01") == plain
    assert order_link(page, "B0KETTLE01", "abc&Quantity.1=99") == plain
    assert (
        order_link(page, "B0KETTLE01", "a1B2%2Fc3%2Bd4e5F6g7H8i9J0%3D")
        == f"{plain}&OfferListingId.1=a1B2%2Fc3%2Bd4e5F6g7H8i9J0%3D"
    )
