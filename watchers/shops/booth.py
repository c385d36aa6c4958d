"""BOOTH: the variants of an item from its data at /items/{id}.json; pages are read by the generic path, which knows them.

From one answer of 2023: each variation has a status, its own price in yen, and flags for an empty stock.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from watchers.model import Availability, Cause, Listing, Offer
from watchers.page import Page
from watchers.shops.island import dig, price, records, text, whole
from watchers.shops.shop import Told, belongs, host_of
from watchers.shops.verdict import YEN, cannot_tell, tell

_PATH = re.compile(r"/items/(?P<id>[0-9]{3,12})(?![0-9])")


class Booth:
    """Items of every shop of the mall."""

    name = "BOOTH"
    hosts = ("booth.pm",)
    basis = "real pages"

    def product(self, url: str) -> str | None:
        """Return "booth:123" for an item's address."""
        found = _PATH.search(urlsplit(url).path) if belongs(host_of(url), self.hosts) else None
        return f"booth:{found['id']}" if found else None

    def read(self, page: Page, listing: Listing) -> Told | None:
        """Read an item's data; a page is left to the generic path."""
        rows = records(page.json, "variations") if page.is_json else []
        own = text(page.json, "id")
        if not rows or own is None:
            return None
        product = self.product(listing.url)
        if product and product != f"booth:{own}":
            return cannot_tell(
                f"the answer is about item {own}, the listing's address names another", cause=Cause.IDENTITY
            )
        seller = text(page.json, "shop", "name")
        offers = [
            Offer(
                _state(row, page.json),
                price(row, "price"),
                YEN,
                seller=seller,
                quantity=whole(row, "small_stock"),
                variant=text(row, "name"),
                available_on=text(page.json, "shipping_info"),
            )
            for row in rows
        ]
        said = {offer.availability: text(row, "status") or "" for offer, row in zip(offers, rows, strict=True)}
        image = text(page.json, "images", 0, "original")
        title = text(page.json, "name")
        return tell(
            page, offers, listing, where="variations.status", words=said, title=title, image=image, ids=[product]
        )


def _state(row: Mapping[str, object], item: object) -> Availability:
    if dig(item, "is_end_of_sale") is True:
        return Availability.DISCONTINUED
    if dig(item, "is_sold_out") is True or dig(row, "is_empty_stock") is True:
        return Availability.OUT_OF_STOCK
    if text(row, "status") != "addable_to_cart":
        return Availability.UNKNOWN
    return Availability.BACKORDER if dig(row, "is_waiting_on_arrival") is True else Availability.IN_STOCK
