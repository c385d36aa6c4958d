"""The SQL of news: what one change writes.

Each function runs inside a transaction that its caller owns, and may run twice: nothing here keeps state.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from monitor import records, rows
from monitor.model import Alert, Belief, Change, Delivery, DeliveryState, Transition
from monitor.records import Settlement, read_deliveries
from monitor.rows import AlarmRow, stamp, unstamp

NewId = Callable[[], str]
_ID_TRIES = 50  # six characters of 34 make 1.5 thousand million ids; so many clashes in a row are no accident


@dataclass(frozen=True, slots=True)
class News:
    """The service's own news, and what it leaves of an alarm: all of it in one commit."""

    alert: Alert
    channels: tuple[str, ...]
    due_at: datetime | None = None  # None means now
    raises: AlarmRow | None = None
    reminds: str | None = None  # a scope
    clears: str | None = None  # a scope


@dataclass(frozen=True, slots=True)
class Late:
    """What was decided while the database took nothing; its deliveries went out under ids below 0."""

    what: Change | News
    at: datetime
    deliveries: tuple[Delivery, ...] = ()


def write_late(
    conn: sqlite3.Connection, late: Iterable[Late], marks: Mapping[int, Settlement], new_id: NewId
) -> dict[int, int]:
    """Write what was held in memory and what became of it meanwhile; give the stored id of each delivery.

    What an earlier try wrote after all, since its commit came too late to be waited for, is not written twice.
    """
    ids: dict[int, int] = {}
    for one in late:
        if isinstance(one.what, Change):
            made = write_change(conn, one.what, one.at, new_id)
        else:
            made = write_own_news(conn, one.what, one.at, new_id)
        if not one.deliveries:
            continue
        event_id = made[0].event_id if made else one.deliveries[0].event_id
        stored = dict(conn.execute("SELECT channel, id FROM deliveries WHERE event_id = ?", (event_id,)))
        for delivery in one.deliveries:
            ids[delivery.id] = stored[delivery.channel]
            if mark := marks.get(delivery.id):
                records.settle(conn, [ids[delivery.id]], mark)
    return ids


def write_own_news(conn: sqlite3.Connection, news: News, now: datetime, new_id: NewId) -> list[Delivery]:
    """Write the service's own news with the alarm it raises, reminds of or clears."""
    if news.raises is not None:
        records.write_alarm(conn, news.raises)
    if news.reminds is not None:
        records.stamp_reminder(conn, news.reminds, now)
    if news.clears is not None:
        records.delete_alarm(conn, news.clears)
    return write_news(conn, None, news.alert, news.channels, now, news.due_at or now, new_id)


def write_change(conn: sqlite3.Connection, change: Change, now: datetime, new_id: NewId) -> list[Delivery]:
    """Write one change whole: belief, spell, transition and deliveries; give the deliveries to be made."""
    write_belief(conn, change.belief, now)
    turn_spell(conn, change.belief, now)
    if change.transition is None and change.alert is None:
        return []
    return write_news(conn, change.transition, change.alert, change.channels, now, change.due_at or now, new_id)


def write_news(
    conn: sqlite3.Connection,
    transition: Transition | None,
    alert: Alert | None,
    channels: Sequence[str],
    now: datetime,
    due_at: datetime,
    new_id: NewId,
) -> list[Delivery]:
    """Write a transition and one delivery for each channel; an event id that is empty or taken is replaced in both.

    News that is already stored under its id, whole, is not stored again: its pending deliveries are given back.
    """
    if transition is None:
        assert alert is not None, "news is a transition, an alert or both"
        transition = _as_transition(alert)
    told = alert is not None and bool(channels)
    event_id, fresh = _write_transition(conn, transition, told, new_id)
    if not fresh:
        return read_deliveries(conn, "WHERE event_id = ? AND state = 'pending' ORDER BY id", (event_id,))
    if alert is None:
        return []
    if alert.event_id != event_id:
        alert = replace(alert, event_id=event_id)
    text, created, due = rows.dump(alert), stamp(now), stamp(due_at)
    made = []
    for channel in dict.fromkeys(channels):
        row = (event_id, channel, DeliveryState.PENDING.value, text, created, due)
        cursor = conn.execute(
            "INSERT INTO deliveries (event_id, channel, state, alert, created_at, due_at) VALUES (?, ?, ?, ?, ?, ?)",
            row,
        )
        made.append(Delivery(cursor.lastrowid or 0, event_id, channel, DeliveryState.PENDING, alert, now, due_at))
    return made


def write_belief(conn: sqlite3.Connection, belief: Belief, now: datetime) -> None:
    """Store what is believed of a listing, without what dies with a restart."""
    conn.execute(
        "INSERT INTO beliefs (watch, url, state, answer, availability, since, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (watch, url) DO UPDATE SET state = excluded.state, answer = excluded.answer,"
        " availability = excluded.availability, since = excluded.since, updated_at = excluded.updated_at",
        (
            belief.watch,
            belief.url,
            rows.dump(belief.settled()),
            belief.answer and belief.answer.value,
            belief.availability and belief.availability.value,
            belief.since and stamp(belief.since),
            stamp(now),
        ),
    )


def turn_spell(conn: sqlite3.Connection, belief: Belief, now: datetime) -> None:
    """Extend the open spell, or end it and begin the next where answer, availability or price became another."""
    key = (belief.watch, belief.url)
    open_ = conn.execute(
        "SELECT id, answer, availability, price, currency, last_seen FROM spells"
        " WHERE watch = ? AND url = ? AND ended IS NULL",
        key,
    ).fetchone()
    seen = belief.last_conclusive or now
    if belief.answer is None or belief.availability is None:  # asked anew: the old spell ends where it was last true
        if open_:
            conn.execute("UPDATE spells SET ended = last_seen WHERE id = ?", open_[:1])
        return
    price, currency = (belief.offer.price, belief.offer.currency) if belief.offer else (None, None)
    began = seen
    if open_:
        id_, answer, availability, old_price, old_currency, last_seen = open_
        same_state = (answer, availability) == (belief.answer.value, belief.availability.value)
        if same_state and _decimal(old_price) == price and old_currency == currency:
            conn.execute("UPDATE spells SET last_seen = max(last_seen, ?) WHERE id = ?", (stamp(seen), id_))
            return
        began = max(seen if same_state else belief.since or seen, unstamp(last_seen))  # spells never overlap
        conn.execute("UPDATE spells SET ended = ? WHERE id = ?", (stamp(began), id_))
    else:
        began = belief.since or seen
    conn.execute(
        "INSERT INTO spells (watch, url, answer, availability, price, currency, began, last_seen)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *key,
            belief.answer.value,
            belief.availability.value,
            None if price is None else str(price),
            currency,
            stamp(began),
            stamp(max(began, seen)),
        ),
    )


def _write_transition(conn: sqlite3.Connection, new: Transition, told: bool, new_id: NewId) -> tuple[str, bool]:
    """Give the id it is stored under, and False when this very transition was stored before."""
    for _ in range(_ID_TRIES):
        if not new.event_id:
            new = replace(new, event_id=new_id())
        data = rows.dump(new)
        row = (new.event_id, new.kind.value, new.watch, new.url, stamp(new.at), data, int(told))
        cursor = conn.execute(
            "INSERT INTO transitions (event_id, kind, watch, url, at, data, told) VALUES (?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (event_id) DO NOTHING",
            row,
        )
        if cursor.rowcount == 1:
            return new.event_id, True
        (stored,) = conn.execute("SELECT data FROM transitions WHERE event_id = ?", (new.event_id,)).fetchone()
        if stored == data:
            return new.event_id, False
        new = replace(new, event_id="")
    raise RuntimeError(f"no free event id in {_ID_TRIES} tries")


def _as_transition(alert: Alert) -> Transition:
    return Transition(
        event_id=alert.event_id,
        kind=alert.kind,
        watch=alert.watch or "",
        url=alert.url or "",
        at=alert.at,
        since=alert.since,
        before=alert.before,
        after=alert.after,
        offer=alert.offer,
        title=alert.title,
        cause=alert.cause,
        detail=alert.detail,
    )


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
