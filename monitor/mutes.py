"""Mutes and snoozes: whose news waits, until when, and what becomes of it. Pure.

A mute holds back the news of a watch, or of all watches, and tells it as one digest at its end. A snooze is about what is
in stock now: it silences the rest of that episode and says, at its end, whether it still is. Both always end by
themselves, and news of the service itself is never held back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from monitor.model import Alert, Answer, Belief, Delivery, Kind, Place, Watch, Wish
from monitor.values import duration, nearest, show_duration
from notifiers.message import Urgency
from watchers.model import Availability, Offer

ALL = ""  # stands for every watch; no watch is called so
SHORTEST = timedelta(seconds=1)
_SIGHT = frozenset({Kind.BLIND, Kind.SEES_AGAIN})
_EPISODE = frozenset(
    {Kind.RESTOCK, Kind.ALSO, Kind.BACK_AGAIN, Kind.ALREADY, Kind.STILL, Kind.FLAPPING, Kind.UNCONFIRMED}
)


class Refused(Exception):
    """What was asked cannot be done; the text is one line for a person, with what to do about it."""


class MuteKind(StrEnum):
    """How news is held back."""

    MUTE = "mute"
    SNOOZE = "snooze"


@dataclass(frozen=True, slots=True)
class Mute:
    """News of one watch, or with ALL of every watch, is held back until then."""

    watch: str
    kind: MuteKind
    began: datetime
    until: datetime
    id: int = 0  # 0 until stored


def held_until(mutes: Iterable[Mute], alert: Alert) -> datetime | None:
    """Give when the last of the mutes that hold this alert back ends; None when it may go out now."""
    names = about(alert)
    if not names:
        return None
    latest: datetime | None = None
    missing = set(names)
    for mute in mutes:
        if not (snoozes(mute, alert) if mute.kind is MuteKind.SNOOZE else mute.watch in (ALL, *names)):
            continue
        missing -= missing if mute.watch == ALL else {mute.watch}
        latest = mute.until if latest is None else max(latest, mute.until)
    return None if missing else latest


def about(alert: Alert) -> tuple[str, ...]:
    """Name the watches an alert is about; none for news of the service itself."""
    if alert.watch is not None:
        return (alert.watch,)
    return alert.subjects if alert.kind in _SIGHT else ()


def snoozes(snooze: Mute, alert: Alert) -> bool:
    """True when an alert belongs to the episode that was snoozed: stock news, unless it begins a new episode."""
    return alert.watch == snooze.watch and alert.kind in _EPISODE and not begins_anew(snooze, alert)


def begins_anew(snooze: Mute, alert: Alert) -> bool:
    """True when a watch rings again and nothing of it was in stock meanwhile: what was snoozed is over."""
    return alert.watch == snooze.watch and alert.kind is Kind.RESTOCK and not alert.others and alert.at > snooze.began


def covers(mutes: Iterable[Mute], watch: str) -> bool:
    """True when one of these mutes holds back everything about a watch."""
    return any(mute.kind is MuteKind.MUTE and mute.watch in (ALL, watch) for mute in mutes)


def length_of(words: str, longest: timedelta) -> timedelta:
    """Read how long to be silent; Refused for what is no duration, no time at all, or too long."""
    try:
        length = duration(words)
    except ValueError as fault:
        raise Refused(f'"{words}": {fault}; a mute always ends, after {show_duration(longest)} at most') from None
    if length < SHORTEST:
        raise Refused(f'"{words}": expected at least {show_duration(SHORTEST)}')
    if length > longest:
        raise Refused(
            f'"{words}": expected at most {show_duration(longest)} (monitor.longest_mute); a mute always ends'
        )
    return length


def named(watches: Sequence[Watch], name: str, also: Collection[str] = ()) -> str:
    """Give the name back if there is a watch of exactly this name; Refused with the nearest spelling."""
    names = [watch.name for watch in watches]
    if name in names or (name and name in also):
        return name
    guess = nearest(name, names)
    listed = ", ".join(f'"{each}"' for each in names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
    raise Refused(f'no watch is called "{name}"{guess or (f"; there are: {listed}" if names else "; there are none")}')


def in_stock(beliefs: Mapping[tuple[str, str], Belief], watch: str) -> list[Belief]:
    """Give the beliefs of a watch whose wish is met now, the leading place first."""
    met = [belief for (name, _), belief in beliefs.items() if name == watch and belief.answer is Answer.YES]
    return sorted(met, key=lambda belief: (not belief.leads, belief.url))


def set_notice(mute: Mute) -> Alert:
    """Give what the history says of a mute that begins."""
    kind = Kind.MUTED if mute.kind is MuteKind.MUTE else Kind.SNOOZED
    return Alert(
        "",
        kind,
        Urgency.QUIET,
        mute.began,
        mute.watch or None,
        detail=f"until {mute.until:%Y-%m-%d %H:%M:%S} UTC",
        subjects=(mute.watch,) if mute.watch else (),
    )


def end_notice(mute: Mute, at: datetime, held: int, why: str) -> Alert:
    """Give what is said of a mute that ends; it joins the digest of what was held back."""
    return Alert(
        "",
        Kind.UNMUTED if mute.kind is MuteKind.MUTE else Kind.SNOOZE_OVER,
        Urgency.QUIET,
        at,
        mute.watch or None,
        detail=why,
        count=held,
        subjects=(mute.watch,) if mute.watch else (),
        gather=True,
    )


def still(places: Sequence[Belief], wish: Wish, at: datetime) -> Alert:
    """Give what is said of a watch that is still in stock when its snooze ends; the leading place first."""
    first, *others = places
    return Alert(
        "",
        Kind.STILL,
        Urgency.NORMAL,
        at,
        first.watch,
        first.url,
        title=first.title,
        offer=first.offer,
        since=first.since,
        after=first.availability,
        max_price=wish.max_price,
        currency=wish.currency,
        others=tuple(Place(one.url, one.offer or Offer(Availability.IN_STOCK)) for one in others),
    )


def events(deliveries: Iterable[Delivery]) -> int:
    """Count the pieces of news among deliveries; one on three channels is one."""
    return len({delivery.event_id for delivery in deliveries})
