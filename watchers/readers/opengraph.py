"""Open Graph product tags: the thinnest structured data, read from the bytes of the head."""

from __future__ import annotations

from dataclasses import replace

from watchers.currencies import iso
from watchers.model import Availability, Offer
from watchers.money import parse_number
from watchers.page import Page
from watchers.readers.terms import Term, availability_of, condition_of

_AVAILABILITY = ("product:availability", "og:availability")
_AMOUNT = ("product:sale_price:amount", "product:price:amount", "og:price:amount")


def read(page: Page) -> Term | None:
    """The one offer that the head's meta tags describe, or None when they name neither a state nor a price."""
    head = page.head
    if not head.mentions(b"availability", b"price:amount"):
        return None
    state, words, where = None, "", "meta"
    for name in _AVAILABILITY:
        content = head.meta(name)
        if content:
            state, words = availability_of(content)
            where = f"meta[{name}]"
            break
    offer = Offer(state or Availability.UNKNOWN, condition=condition_of(head.meta("product:condition")))
    for name in _AMOUNT:
        content = head.meta(name)
        currency = iso(head.meta(name.replace("amount", "currency")))
        amount = parse_number(content, currency) if content else None
        if amount:
            offer = replace(offer, price=amount, currency=currency)
            break
    if not words and offer.price is None:
        return None
    return Term(offer, words, where)
