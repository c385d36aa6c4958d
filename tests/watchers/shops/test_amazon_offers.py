"""Amazon's list of all offers: what the buy box leaves out, each offer by seller, condition, price and shipping."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.watchers.shops.amazon_pages import ASIN, OFFER_ID, SELLER, listed_offer, offer_list
from watchers.model import Availability, Cause, Condition, Listing, Reading
from watchers.page import Page
from watchers.reading import read

LIST = f"https://www.amazon.co.jp/gp/product/ajax/aodAjaxMain/?asin={ASIN}&pc=dp&experienceId=aodAjaxMain"
FEATURED = listed_offer("新品", "￥4,980", "Amazon.co.jp", fee="無料")
USED = listed_offer("中古品 - 非常に良い", "￥3,100", "湯沸かし商店", fee="￥350")
OUTLET = listed_offer("中古品 - ほぼ新品", "￥3,980", "Amazonアウトレット", fee="無料")


def look(body: bytes, url: str = LIST) -> Reading:
    return read(Page(url, body), Listing(url))


def test_every_offer_of_the_list() -> None:
    """The featured offer first, then the others as listed, each with its terms and a link that orders it."""
    seen = look(offer_list(FEATURED, USED, OUTLET))
    assert seen.availability is Availability.IN_STOCK
    assert [(o.seller, o.condition, o.price, o.shipping) for o in seen.offers] == [
        ("Amazon.co.jp", Condition.NEW, Decimal(4980), Decimal(0)),
        ("湯沸かし商店", Condition.USED, Decimal(3100), Decimal(350)),
        ("Amazonアウトレット", Condition.USED, Decimal(3980), Decimal(0)),
    ]
    assert all(o.order_url and f"OfferListingId.1={OFFER_ID}" in o.order_url for o in seen.offers)


def test_offers_that_cannot_be_put_in_the_cart_are_left_out() -> None:
    """An offer without a button, and one of another product, are no offers."""
    mute = listed_offer("新品", "￥100", "見るだけ", cart_button=False)
    other = listed_offer("新品", "￥200", "よその商品", asin="B0OTHER001")
    assert [o.seller for o in look(offer_list(FEATURED, mute, other)).offers] == ["Amazon.co.jp"]


def test_a_list_without_offers_is_a_no() -> None:
    """The list itself says that it has none: that is something present, not an absence."""
    assert look(offer_list(count=0)).availability is Availability.OUT_OF_STOCK


@pytest.mark.parametrize("body", [b'<div id="aod-container"></div>', b"<div></div>", offer_list(count=3)])
def test_a_list_that_says_nothing_is_no_verdict(body: bytes) -> None:
    """Offers counted but not listed, or nothing at all: cannot tell."""
    assert not look(body).availability.is_verdict


def test_a_list_cut_within_an_offer_is_no_verdict() -> None:
    """The last offer must be closed before any of them is believed."""
    body = offer_list(FEATURED, USED)
    cut = body.index("湯沸かし商店".encode())
    assert look(body[:cut]).cause is Cause.TRUNCATED


def test_a_sellers_list_is_about_that_seller() -> None:
    """With a seller in the address only that seller's offers count, where the page names sellers by id or as Amazon."""
    own = LIST + "&m=AN1VRQENFRJN5"
    assert [o.seller for o in look(offer_list(FEATURED, USED), own).offers] == ["Amazon.co.jp"]
    assert look(offer_list(FEATURED), LIST + f"&m={SELLER}").availability is not Availability.IN_STOCK
