"""SNKRDUNK: the market's open listings by size, from the page's JSON-LD, where a link leads on to buying.

From one page of 2026: the market lists each listing of a person as an offer, its size in the description; the buy area
itself is drawn by script. No listing at all is sold out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from watchers.model import Availability, Cause, Listing, Offer
from watchers.page import Page
from watchers.shops.dom import usable
from watchers.shops.island import price, records, text, whole
from watchers.shops.shop import Told, belongs, host_of
from watchers.shops.verdict import YEN, cannot_tell, tell

_PATH = re.compile(r"/products/(?P<id>[0-9A-Za-z][0-9A-Za-z_-]{2,60})(?:/|\Z)")
_MOST_LISTINGS = 5_000


class Snkrdunk:
    """Pages of one model with all its sizes."""

    name = "スニダン"
    hosts = ("snkrdunk.com",)
    basis = "real pages"

    def product(self, url: str) -> str | None:
        """Return "snkrdunk:ab1234-001" for a product's address."""
        found = _PATH.search(urlsplit(url).path) if belongs(host_of(url), self.hosts) else None
        return f"snkrdunk:{found['id'].lower()}" if found else None

    def read(self, page: Page, listing: Listing) -> Told | None:
        """Say which sizes can be bought and what the cheapest listing of each asks."""
        product = self.product(page.url) or self.product(listing.url)
        if page.is_json or product is None:
            return None
        node = next(
            (value for block in page.json_ld for value in block.values if text(value, "@type") == "Product"), None
        )
        if text(node, "offers", "@type") != "AggregateOffer" or not isinstance(node, Mapping):
            return None
        own = text(node, "sku") or text(node, "productID") or ""
        if own and product != f"snkrdunk:{own.lower()}":
            return cannot_tell(f"the page's data is about {own}, its address names another", cause=Cause.IDENTITY)
        count, title = whole(node, "offers", "offerCount"), text(node, "name")
        offers = _cheapest(node)
        if count == 0 and not offers:
            none = [Offer(Availability.OUT_OF_STOCK)]
            return tell(page, none, listing, where="offerCount", words="offerCount 0", title=title, ids=[product])
        if not offers or not any(usable(link) for link in page.dom.css("a.product-size-select")[:5]):
            return None
        said = f"{count} listings, from {offers[0].price} yen"
        # The data is the last thing on the page, which shows no end tag: where the one is whole, the other is.
        return tell(
            page, offers, listing, where="ld+json offers", words=said, title=title, ids=[product], at_the_end=True
        )


def _cheapest(node: Mapping[str, object]) -> list[Offer]:
    """The cheapest listing of each size, the cheapest of all first."""
    best: dict[str, Offer] = {}
    for one in records(node, "offers", "offers", most=_MOST_LISTINGS):
        asked, size = price(one, "price"), text(one, "description") or ""
        if asked is None or not (text(one, "availability") or "").lower().endswith("instock"):
            continue
        known = best.get(size)
        if known is None or known.price is None or asked < known.price:
            best[size] = Offer(Availability.IN_STOCK, asked, YEN, variant=size or None)
    return sorted(best.values(), key=lambda offer: offer.price or 0)
