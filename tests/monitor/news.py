"""Small makers of beliefs, changes and alerts for the tests of storage."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from monitor.model import Alert, Answer, Belief, Change, Kind, Transition
from notifiers.message import Urgency
from watchers.model import Availability, Offer

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
URL = "https://shop.example/item/1"


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def offer(price: int | None = 49980) -> Offer:
    return Offer(Availability.IN_STOCK, None if price is None else Decimal(price), "JPY", seller="店")


def yes(
    seconds: float, *, since: float | None = None, price: int | None = 49980, watch: str = "w", url: str = URL
) -> Belief:
    """A belief in stock, last looked at and (unless told) true since `seconds`."""
    began = at(seconds if since is None else since)
    return Belief(
        watch, url, answer=Answer.YES, availability=Availability.IN_STOCK, offer=offer(price),
        since=began, last_conclusive=at(seconds), last_yes=at(seconds),
    )  # fmt: skip


def no(seconds: float, *, since: float | None = None, watch: str = "w", url: str = URL) -> Belief:
    began = at(seconds if since is None else since)
    return Belief(
        watch, url, answer=Answer.NO, availability=Availability.OUT_OF_STOCK, since=began,
        last_conclusive=at(seconds), no_first_at=began,
    )  # fmt: skip


def alert(event_id: str, seconds: float = 0, kind: Kind = Kind.RESTOCK, watch: str = "w", url: str = URL) -> Alert:
    return Alert(event_id, kind, Urgency.URGENT, at(seconds), watch, url, title="テスト", offer=offer())


def change(
    event_id: str,
    seconds: float = 0,
    *,
    channels: tuple[str, ...] = ("phone", "mail"),
    watch: str = "w",
    url: str = URL,
) -> Change:
    """A restock: belief, transition and an alert for two channels."""
    belief = yes(seconds, watch=watch, url=url)
    transition = Transition(
        event_id, Kind.RESTOCK, watch, url, at(seconds), since=belief.since, before=Availability.OUT_OF_STOCK,
        after=Availability.IN_STOCK, offer=belief.offer, title="テスト",
    )  # fmt: skip
    return Change(belief, transition, alert(event_id, seconds, watch=watch, url=url), channels)
