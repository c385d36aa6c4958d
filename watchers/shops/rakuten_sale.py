"""Whether a shop of Rakuten Ichiba sells an item now, whatever its stock is: its sale window, its own word, its markup."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime

from watchers.model import Availability, Offer
from watchers.page import Page
from watchers.shops.island import dig, text

_AVAILABILITY = b'itemprop="availability"'
_MOST_TAGS = 20  # of one page; more are rails


def not_sold_now(info: Mapping[str, object], page: Page, offers: list[Offer]) -> Availability | str | None:
    """Say what keeps the shop from selling whatever its stock is: its window, its own word, a missing cart button."""
    if not any(offer.availability.is_orderable for offer in offers):
        return None
    now = _served_at(page)
    start, end = _moment(info, "start"), _moment(info, "end")
    if now and start and now < start:
        return Availability.COMING_SOON
    if now and end and now > end:
        return Availability.OUT_OF_STOCK
    said = text(info, "purchaseInfo", "purchaseBySellType", "purchaseCondition")
    if said not in (None, "enabled"):
        low = said.lower().replace("_", "-")
        if "sold" in low:
            return Availability.OUT_OF_STOCK
        if "before" in low or "not-yet" in low or "coming" in low:
            return Availability.COMING_SOON
        if "after" in low or "end" in low.split("-") or "expired" in low:
            return Availability.OUT_OF_STOCK
        return f'the shop sets the state of sale to "{said}", which is not known'
    if dig(info, "hideItem") is True or dig(info, "draftItem") is True:
        return "the shop hides this item"
    if dig(info, "features", "displayNormalCartButton") is False:
        return "the shop shows no button for a single order, perhaps only a subscription"
    return None


def _moment(info: Mapping[str, object], which: str) -> datetime | None:
    for place in (("salePeriod", which), ("purchaseInfo", "salePeriod", which), (f"{which}Time",), ("period", which)):
        said = text(info, *place)
        try:
            moment = datetime.fromisoformat(said) if said else None
        except ValueError:
            continue
        if moment and moment.tzinfo:
            return moment
    return None


def _served_at(page: Page) -> datetime | None:
    """When the shop sent the page, by its own clock."""
    try:
        sent = parsedate_to_datetime(page.headers.get("date", ""))
    except (ValueError, TypeError):
        return None
    return sent if sent.tzinfo else None


def denied(page: Page, offers: list[Offer]) -> bool:
    """True for an item without variants that has pieces left while every availability in the markup refuses."""
    if len(offers) != 1 or offers[0].availability is not Availability.IN_STOCK:
        return False
    said: list[bytes] = []
    at = page.body.find(_AVAILABILITY)
    while at >= 0 and len(said) < _MOST_TAGS:
        start, end = page.body.rfind(b"<", max(0, at - 200), at), page.body.find(b">", at, at + 300)
        if start >= 0 and end >= 0:
            said.append(page.body[start:end].lower())
        at = page.body.find(_AVAILABILITY, at + 1)
    return bool(said) and all(b"outofstock" in one or b"soldout" in one for one in said)
