"""Yahoo! Flea Market (formerly PayPay Flea Market): one thing, open or sold; the price holds the postage.

From captured pages of 2026 and public implementations: the item in the page's own state, the same in the answer of
/api/item/v2/items/{id}; on the page the buy button must not be hidden or disabled either.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from urllib.parse import urlsplit

from watchers.model import Availability, Cause, Condition, Listing, Offer
from watchers.page import Page
from watchers.shops.dom import usable
from watchers.shops.island import island, price, record, text
from watchers.shops.shop import Told, belongs, host_of
from watchers.shops.verdict import YEN, cannot_tell, condition, tell

_STATES = {
    "OPEN": Availability.IN_STOCK,
    "SOLD": Availability.OUT_OF_STOCK,
    "TRADING": Availability.OUT_OF_STOCK,
    "CLOSED": Availability.OUT_OF_STOCK,
    "CLOSE": Availability.OUT_OF_STOCK,
    "CANCELED": Availability.OUT_OF_STOCK,
    "CANCELLED": Availability.OUT_OF_STOCK,
}
_PATH = re.compile(r"/(?:item|items)/(?P<id>[a-z][0-9]{6,14})(?![0-9])")


class YahooFleaMarket:
    """Items and the answers of the item endpoint."""

    name = "Yahoo!フリマ"
    hosts = ("paypayfleamarket.yahoo.co.jp",)
    basis = "real pages"

    def product(self, url: str) -> str | None:
        """Return "yflea:z…" for an item's address."""
        found = _PATH.search(urlsplit(url).path) if belongs(host_of(url), self.hosts) else None
        return f"yflea:{found['id']}" if found else None

    def read(self, page: Page, listing: Listing) -> Told | None:
        """Say what the item's status says."""
        if page.is_json:
            item = record(page.json, "item") or record({"item": page.json}, "item")
        else:
            item = record(island(page, "__NEXT_DATA__"), "props", "initialState", "itemsState", "items", "item")
        status = text(item, "status") or text(item, "itemStatus")
        own = text(item, "id")
        if status is None or own is None:
            return None
        product = self.product(page.url) or self.product(listing.url)
        if product and product != f"yflea:{own.lower()}":
            return cannot_tell(f"the page's data is about item {own}, its address names another", cause=Cause.IDENTITY)
        offer = _offer(item, _STATES.get(status.upper(), Availability.UNKNOWN))
        if offer.availability.is_orderable:
            if item.get("isPurchased") is True or item.get("noPriceItem") is True:
                return cannot_tell("the item is open, yet already bought or without a price", title=text(item, "title"))
            buttons = [] if page.is_json else page.dom.css("#item_buy_button")
            if buttons and not any(usable(button) for button in buttons):
                return cannot_tell("the item is open, yet its buy button cannot be used", title=text(item, "title"))
        image = text(item, "images", 0, "url")
        title = text(item, "title")
        return tell(page, [offer], listing, where="item.status", words=status, title=title, image=image, ids=[product])


def _offer(item: Mapping[str, object], state: Availability) -> Offer:
    key = text(item, "condition", "key") or text(item, "condition") or ""
    goods = Condition.NEW if key.lower() == "new" else Condition.USED if key.lower().startswith("used") else None
    return Offer(
        state,
        price(item, "price"),
        YEN,
        shipping=Decimal(0),
        seller=text(item, "seller", "nickname") or text(item, "seller", "name"),
        condition=goods or condition(text(item, "condition", "text")),
        available_on=text(item, "deliverySchedule", "text") if state.is_orderable else None,
    )
