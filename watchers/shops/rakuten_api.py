"""Answers of Rakuten's search APIs, Ichiba and Books: the item that a listing's address names, among those they list.

Fields as the API documentation of 2026-07 gives them. Versions differ in whether an item is wrapped in {"Item": …}.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from urllib.parse import urlsplit

from watchers.model import Availability, Condition, Listing, Offer
from watchers.page import Page
from watchers.shops.island import price, record, records, text, whole
from watchers.shops.shop import Told
from watchers.shops.verdict import YEN, cannot_tell, goods, tell

# Books: 1 to 3 ship within days, 4 is ordered from the maker, 5 not yet released; 6 must be asked for.
BOOKS = {
    "1": Availability.IN_STOCK,
    "2": Availability.IN_STOCK,
    "3": Availability.IN_STOCK,
    "4": Availability.BACKORDER,
    "5": Availability.PREORDER,
}
ICHIBA = {"0": Availability.OUT_OF_STOCK, "1": Availability.IN_STOCK}


def read_answer(
    page: Page, listing: Listing, states: Mapping[str, Availability], shop: str, product: str | None
) -> Told | None:
    """Read the listing's item in an API answer; None where the answer is not one of these APIs'.

    `shop` names the seller where items name none; `product` is the reader's id of the listing ("rakuten:shop/item").
    """
    items = [record(one, "Item") or one for key in ("Items", "items") for one in records(page.json, key)]
    items = [one for one in items if "itemUrl" in one and "availability" in one]
    if not items:
        return None
    path = urlsplit(listing.url).path.strip("/")
    mine = [one for one in items if path and urlsplit(text(one, "itemUrl") or "").path.strip("/") == path]
    if not mine and len(items) > 1:
        return cannot_tell("the answer lists several items, none of them at the listing's address")
    item = (mine or items)[0]
    said = text(item, "availability") or ""
    offer = Offer(
        states.get(said, Availability.UNKNOWN),
        price(item, "itemPrice"),
        YEN,
        tax_excluded=text(item, "taxFlag") == "1",
        shipping=_shipping(item, books=states is BOOKS),
        points=_points(item),
        seller=text(item, "shopName") or shop,
        condition=goods(text(item, "itemName") or text(item, "title"), Condition.NEW if states is BOOKS else None),
        available_on=text(item, "salesDate") if said == "5" else None,
    )
    return tell(
        page,
        [offer],
        listing,
        where="availability",
        words=f"availability {said}",
        title=text(item, "title") or text(item, "itemName"),
        image=text(item, "largeImageUrl") or text(item, "mediumImageUrls", 0, "imageUrl"),
        ids=[product],
    )


def _shipping(item: Mapping[str, object], *, books: bool) -> Decimal | None:
    """The flag means one thing in Ichiba (0: included) and another in Books (1, 2: free)."""
    flag = text(item, "postageFlag")
    return Decimal(0) if flag in (("1", "2") if books else ("0",)) else None


def _points(item: Mapping[str, object]) -> int | None:
    rate, amount = whole(item, "pointRate"), price(item, "itemPrice")
    return (
        int(amount / Decimal("1.1")) * rate // 100 if rate and amount else None
    )  # a percentage of the price without tax
