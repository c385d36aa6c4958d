"""How the user's own rules become a reading: they stand above all other evidence, and below every doubt about the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from watchers.model import Availability, Cause, Evidence, Identity, Listing, Offer, Reading, Rules
from watchers.page import Page
from watchers.readers.rules import price_of, settle
from watchers.readers.selecting import RuleFault
from watchers.readers.structured import Structured
from watchers.shops import Told

_FIRST = frozenset({Cause.IDENTITY, Cause.BLOCKED, Cause.HTTP})  # a shop's own word about the page itself
_TAIL = 64 * 1024  # bytes in which a page's end tag is looked for
_HEAD = 4 * 1024  # bytes in which a page shows that it is one, and no part of one
_SHARED = (
    "price", "currency", "price_high", "tax_excluded", "shipping", "points", "seller", "condition", "quantity",
    "variant", "order_url", "available_on",
)  # fmt: skip
_AMOUNT = frozenset({"price", "currency", "price_high", "tax_excluded"})


def by_rules(page: Page, listing: Listing, told: Told | None, found: Structured) -> Reading | None:
    """Return what the listing's rules settle, with what the page's data adds; None leaves the page to the other readers."""
    if listing.rules is None or (told is not None and told.cause in _FIRST):
        return None
    ruled = settle(listing.rules, page)
    if ruled is None:
        return None
    data = told.offers if told and told.offers else found.offers
    offer = _one(ruled.availability, data)
    if offer.variant is None:  # the user wrote the rule for the variant that the listing names
        offer = replace(offer, variant=listing.variant)
    title = (told.title if told else None) or found.title
    return Reading(
        ruled.availability,
        offers=(offer,) if ruled.availability.is_verdict else (),
        evidence=(*ruled.evidence, *(told.evidence if told else ()), *found.evidence),
        cause=ruled.cause,
        detail=ruled.detail,
        title=title,
        image=(told.image if told else None) or found.image,
        identity=Identity(title or found.identity.title, found.identity.ids | (told.ids if told else frozenset())),
    )


def _one(state: Availability, offers: Sequence[Offer]) -> Offer:
    """Make one offer of what all offers of a page agree on: which of them a rule speaks of is not known."""
    if not offers:
        return Offer(state)
    shared = {name: getattr(offers[0], name) for name in _SHARED if len({getattr(o, name) for o in offers}) == 1}
    if not shared.keys() >= _AMOUNT:  # the price of one offer in the money of another would be a wrong price
        shared = {name: value for name, value in shared.items() if name not in _AMOUNT}
    return Offer(state, **shared)


def looks_cut(page: Page) -> bool:
    """True for a page that begins as a whole one and never shows its end; a part of a page needs none."""
    if page.is_json:
        return False
    tail = page.body[-_TAIL:].lower()
    head = page.body[:_HEAD].lower()
    begun = any(mark in head for mark in (b"<!doctype", b"<html", b"<head", b"<body"))
    return begun and b"</html" not in tail and b"</body" not in tail


def finished(reading: Reading, page: Page, rules: Rules) -> Reading:
    """Put the price that the rules find into a reading, whoever made it.

    A "no" is not repeated from its own bytes alone where rules look at the whole page. A yes whose price rule cannot be
    asked is no verdict.
    """
    reading = replace(reading, spans=())
    if not rules.price_at or not reading.availability.is_verdict:
        return reading
    offer = _one(reading.availability, reading.offers)
    try:
        found = price_of(rules, page, offer.currency)
    except RuleFault as fault:
        if not reading.availability.is_orderable:
            return reading
        return replace(reading, availability=Availability.UNKNOWN, offers=(), cause=Cause.RULE_ERROR, detail=str(fault))
    if found is None:
        return reading
    money = found.money
    offer = replace(
        offer,
        price=money.amount if money else None,
        price_high=money.high if money else None,
        currency=(money.currency if money else None) or offer.currency,
        tax_excluded=money is not None and money.tax_included is False,
    )
    evidence = _after_the_first(reading.evidence, replace(found.evidence, says=reading.availability))
    return replace(reading, offers=(offer,), evidence=evidence)


def _after_the_first(evidence: Sequence[Evidence], price: Evidence) -> tuple[Evidence, ...]:
    return (*evidence[:1], price, *evidence[1:])
