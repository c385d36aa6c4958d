"""What a watch's listings mean together: one thing wanted rings once, wherever it comes back first.

The place told first *leads*. While it stands, places that come later are quiet, unless theirs is cheaper; when it is
gone, the next one rings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType

from monitor.model import Alert, Answer, Belief, Kind, Place, Rates, Transition, Watch
from monitor.wishes import cost_key, effective_price
from notifiers.message import Urgency
from watchers.model import Availability, Offer

URGENCY: Mapping[Kind, Urgency] = MappingProxyType(
    {
        Kind.RESTOCK: Urgency.URGENT,
        Kind.ALSO: Urgency.QUIET,
        Kind.BACK_AGAIN: Urgency.NORMAL,
        Kind.ALREADY: Urgency.NORMAL,
        Kind.STILL: Urgency.QUIET,
        Kind.SOLD_OUT: Urgency.QUIET,
        Kind.OTHER_STATE: Urgency.QUIET,
        Kind.NO_PRICE: Urgency.QUIET,
        Kind.HIDDEN: Urgency.QUIET,
        Kind.UNCONFIRMED: Urgency.NORMAL,
        Kind.FLAPPING: Urgency.QUIET,
        Kind.GONE: Urgency.NORMAL,
        Kind.BLIND: Urgency.NORMAL,
        Kind.SEES_AGAIN: Urgency.QUIET,
        Kind.DEAD_LETTER: Urgency.NORMAL,
        Kind.CHANNEL_GONE: Urgency.NORMAL,
        Kind.CHANNEL_DOWN: Urgency.NORMAL,
        Kind.CONFIG_REFUSED: Urgency.NORMAL,
        Kind.CONFIG_HELD: Urgency.NORMAL,
        Kind.STARTED: Urgency.QUIET,
        Kind.STORAGE_DOWN: Urgency.NORMAL,
        Kind.STORAGE_BACK: Urgency.QUIET,
        Kind.RESTORED: Urgency.NORMAL,
        Kind.MUTED: Urgency.QUIET,
        Kind.UNMUTED: Urgency.QUIET,
        Kind.SNOOZED: Urgency.QUIET,
        Kind.SNOOZE_OVER: Urgency.QUIET,
        Kind.PAGE_CHANGED: Urgency.QUIET,
        Kind.CONTROL_WRONG: Urgency.NORMAL,
        Kind.CONTROL_RIGHT: Urgency.QUIET,
        Kind.SUMMARY: Urgency.QUIET,
        Kind.TEST: Urgency.NORMAL,
    }
)
UNTOLD = frozenset({Kind.SOLD_OUT})
GATHERED = frozenset({Kind.ALREADY, Kind.STILL, Kind.OTHER_STATE, Kind.NO_PRICE, Kind.HIDDEN})
_LEADING = frozenset({Kind.RESTOCK, Kind.ALREADY, Kind.STILL, Kind.BACK_AGAIN})


def episode(
    transition: Transition,
    belief: Belief,
    watch: Watch,
    beliefs: Mapping[str, Belief],
    rates: Rates | None = None,
    stale_after: timedelta = timedelta(hours=6),
) -> Alert | None:
    """Say what a listing's transition means for its watch; None where nobody is to be told.

    `belief` is the one after the transition; `beliefs` are those of the watch's listings by URL, this one's included or
    not. The other places are listed best effective price first; one that nobody could look at for `stale_after` counts
    as gone, for a blind place may not hush the others.
    """
    if transition.silent or transition.kind in UNTOLD:
        return None
    rates = rates or Rates()
    others = [
        beliefs[listing.url]
        for listing in watch.listings
        if listing.url != transition.url
        and listing.url in beliefs
        and beliefs[listing.url].answer is Answer.YES
        and not _is_stale(beliefs[listing.url], transition, stale_after)
    ]
    places = [Place(other.url, _offer_of(other)) for other in others]
    places.sort(key=lambda place: cost_key(place.offer, watch.wish.currency, rates))
    kind, urgency, cheaper = transition.kind, URGENCY[transition.kind], False
    if any(other.leads for other in others):
        if kind is Kind.RESTOCK:
            cheaper = _is_cheaper(belief, [place.offer for place in places], watch, rates)
            kind = Kind.RESTOCK if cheaper else Kind.ALSO
            urgency = URGENCY[kind]
        elif kind is Kind.BACK_AGAIN:
            urgency = Urgency.QUIET
    return Alert(
        event_id=transition.event_id,
        kind=kind,
        urgency=urgency,
        at=transition.at,
        watch=watch.name,
        url=transition.url,
        title=transition.title,
        offer=transition.offer,
        since=transition.since,
        before=transition.before,
        after=transition.after,
        max_price=watch.wish.max_price,
        currency=watch.wish.currency,
        others=tuple(places),
        cause=transition.cause,
        detail=transition.detail,
        cheaper=cheaper,
        gather=kind in GATHERED,
    )


def mark(belief: Belief, alert: Alert | None) -> Belief:
    """Note on the belief whether its listing leads its watch from here on; to be stored with it."""
    if alert is None or belief.answer is not Answer.YES or alert.kind not in _LEADING:
        return belief
    return replace(belief, leads=True)


def _is_stale(belief: Belief, transition: Transition, stale_after: timedelta) -> bool:
    return belief.last_yes is not None and transition.at - belief.last_yes > stale_after


def _offer_of(belief: Belief) -> Offer:
    return belief.offer or Offer(belief.availability or Availability.IN_STOCK)


def _is_cheaper(belief: Belief, others: list[Offer], watch: Watch, rates: Rates) -> bool:
    """True when this place is known to cost less than every other that is in stock now."""
    mine = effective_price(_offer_of(belief), watch.wish.currency, rates)
    theirs = [effective_price(offer, watch.wish.currency, rates) for offer in others]
    return mine is not None and all(price is not None and mine < price for price in theirs)
