"""Yahoo! Auctions: whether a thing can be had now at a fixed price (即決).

An auction that only takes bids has no price at which it can be had, so it is not in stock, however open it is; its evidence
says so. Closed, cancelled and past their end is sold out. From the page's own state (public implementations of 2026), and
from the price box of the older pages (one page of 2025).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from watchers.model import Availability, Cause, Listing, Offer
from watchers.money import best_price
from watchers.page import Page
from watchers.shops.dom import shown, usable, words
from watchers.shops.island import island, price, record, text, whole
from watchers.shops.shop import Told, belongs, host_of
from watchers.shops.verdict import YEN, cannot_tell, condition, tell

_PATH = re.compile(r"/(?:jp/)?auction/(?P<id>[a-z]?[0-9]{6,14})(?![0-9])")
_BIDS_ONLY = "入札のみ（即決価格なし）"


class YahooAuctions:
    """Pages of single auctions."""

    name = "Yahoo!オークション"
    hosts = ("auctions.yahoo.co.jp",)
    basis = "real pages"

    def product(self, url: str) -> str | None:
        """Return "yauc:x123…" for an auction's address."""
        found = _PATH.search(urlsplit(url).path) if belongs(host_of(url), self.hosts) else None
        return f"yauc:{found['id']}" if found else None

    def read(self, page: Page, listing: Listing) -> Told | None:
        """Say whether the auction can be ended now at its fixed price."""
        product = self.product(page.url) or self.product(listing.url)
        if product is None or page.is_json:
            return None
        data = island(page, "__NEXT_DATA__")
        item = record(data, "props", "pageProps", "initialState", "item", "detail", "item")
        if text(item, "status"):
            return self._by_state(page, item, listing, product)
        return self._by_box(page, listing, product) if b"Price__" in page.body else None

    def _by_state(self, page: Page, item: Mapping[str, object], listing: Listing, product: str) -> Told | None:
        own = text(item, "auctionId")
        if own and product != f"yauc:{own.lower()}":
            return cannot_tell(
                f"the page's data is about auction {own}, its address names another", cause=Cause.IDENTITY
            )
        status = (text(item, "status") or "").lower()
        fixed = price(item, "taxinBidorbuy") or price(item, "bidorbuy") or price(item, "bidOrBuyPrice")
        if status in ("closed", "cancelled", "canceled") or _over(page, item):
            state, said = Availability.OUT_OF_STOCK, status if status != "open" else "終了日時を過ぎています"
        elif status != "open":
            state, said = Availability.UNKNOWN, status
        else:
            state = Availability.IN_STOCK if fixed else Availability.OUT_OF_STOCK
            said = f"{status}, 即決 {fixed}円" if fixed else f"{status}, {_BIDS_ONLY}"
        taxed = price(item, "taxinBidorbuy") is not None or not whole(item, "taxRate")
        offer = Offer(
            state,
            (fixed if state.is_orderable else None) or price(item, "taxinPrice") or price(item, "price"),
            YEN,
            tax_excluded=state.is_orderable and not taxed,
            shipping=Decimal(0) if text(item, "chargeForShipping") in ("seller", "free") else None,
            seller=text(item, "seller", "displayName") or text(item, "seller", "aucUserId"),
            condition=condition(text(item, "conditionName")),
            quantity=whole(item, "availableQuantity") if state.is_orderable else None,
        )
        image = text(item, "img", 0, "image")
        title = text(item, "title")
        return tell(page, [offer], listing, where="item.status", words=said, title=title, image=image, ids=[product])

    def _by_box(self, page: Page, listing: Listing, product: str) -> Told | None:
        """Read the price box of the older pages: a title and an amount for each way to buy, and its button."""
        closed = next((n for n in page.dom.css("#closedHeader, #closedNotice")[:4] if shown(n)), None)
        fixed, current = _amounts(page)
        if closed is not None:
            state, said = Availability.OUT_OF_STOCK, words(closed)[:100] or "closed"
        elif fixed is not None and any(usable(button) for button in page.dom.css(".Button--buynow")[:10]):
            state, said = Availability.IN_STOCK, f"即決 {fixed}円, 今すぐ落札"
        elif fixed is None and current is not None and any(usable(b) for b in page.dom.css(".Button--bid")[:10]):
            state, said = Availability.OUT_OF_STOCK, _BIDS_ONLY
        elif fixed is not None and page.dom.css_first(".Button--buynow") is not None:
            return cannot_tell("the page names a fixed price (即決), yet its button cannot be used")
        else:
            return None
        postage = words(page.dom.css_first(".Price__postageValue"))
        offer = Offer(
            state,
            fixed if fixed is not None else current,
            YEN,
            shipping=Decimal(0) if "無料" in postage or "出品者負担" in postage else None,
            seller=words(page.dom.css_first(".Seller__name a")) or None,
            condition=condition(_row(page, "状態")),
        )
        title = words(page.dom.css_first("h1")) or None
        return tell(page, [offer], listing, where=".Price", words=said, title=title, ids=[product])


def _over(page: Page, item: Mapping[str, object]) -> bool:
    """True when the shop sent the page after the auction's end; a page kept in some cache still says "open"."""
    try:
        sent, end = (
            parsedate_to_datetime(page.headers.get("date", "")),
            datetime.fromisoformat(text(item, "endTime") or ""),
        )
        return sent > end
    except (ValueError, TypeError):
        return False


def _amounts(page: Page) -> tuple[Decimal | None, Decimal | None]:
    """The fixed price and the current bid, with tax, of the boxes that are shown."""
    found: dict[str, Decimal] = {}
    for title in page.dom.css(".Price__title")[:8]:
        value = title.parent.css_first(".Price__value") if title.parent is not None and shown(title) else None
        money = best_price(words(value), hint_currency=YEN) if value is not None else None
        if money:
            found[words(title)] = money.amount
    return found.get("即決"), found.get("現在")


def _row(page: Page, label: str) -> str | None:
    for head in page.dom.css("th.Section__tableHead")[:40]:
        if label in words(head) and head.parent is not None:
            return words(head.parent.css_first("td"))
    return None
