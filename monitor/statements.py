"""The SQL of the hot path: what one change writes, and what a start reads.

Each function runs inside a transaction that its caller owns, and may run twice: nothing here keeps state.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from monitor import rows
from monitor.model import Alert, Answer, Belief, Change, Delivery, DeliveryState, Transition
from monitor.rows import stamp, unstamp

NewId = Callable[[], str]
_ID_TRIES = 50  # six characters of 34 make 1.5 thousand million ids; so many clashes in a row are no accident


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
    """Write a transition and one delivery for each channel; a taken event id is replaced in both.

    News that is already stored under its id, whole, is not stored again: its pending deliveries are given back.
    """
    if transition is None:
        assert alert is not None, "news is a transition, an alert or both"
        transition = _as_transition(alert)
    told = alert is not None and bool(channels)
    event_id, fresh = _write_transition(conn, transition, told, new_id)
    if not fresh:
        return _owed_for(conn, event_id)
    if alert is None:
        return []
    alert = replace(alert, event_id=event_id)
    text, created, due = rows.dump(alert), stamp(now), stamp(due_at)
    made = []
    for channel in dict.fromkeys(channels):
        row = (event_id, channel, DeliveryState.PENDING.value, text, created, due)
        cursor = conn.execute(
            "INSERT INTO deliveries (event_id, channel, state, alert, created_at, due_at) VALUES (?, ?, ?, ?, ?, ?)", row
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


def read_beliefs(conn: sqlite3.Connection) -> dict[tuple[str, str], Belief]:
    """Read every belief, as recent as its open spell: looks that changed nothing are known only there."""
    beliefs = {}
    for watch, url, state, last_seen in conn.execute(
        "SELECT b.watch, b.url, b.state, s.last_seen FROM beliefs b"
        " LEFT JOIN spells s ON s.watch = b.watch AND s.url = b.url AND s.ended IS NULL"
    ):
        belief = rows.load(Belief, state, f"belief of {watch} at {url}")
        if last_seen is not None:
            seen = unstamp(last_seen)
            newest = max(belief.last_conclusive or seen, seen)
            yes = max(belief.last_yes or seen, seen) if belief.answer is Answer.YES else belief.last_yes
            belief = replace(belief, last_conclusive=newest, last_yes=yes)
        beliefs[watch, url] = belief
    return beliefs


def stamp_seen(conn: sqlite3.Connection, stamps: Iterable[tuple[str, str, datetime]]) -> None:
    """Note when open spells were last seen to hold; never earlier than already noted."""
    conn.executemany(
        "UPDATE spells SET last_seen = max(last_seen, ?) WHERE watch = ? AND url = ? AND ended IS NULL",
        [(stamp(at), watch, url) for watch, url, at in stamps],
    )


def read_owed(conn: sqlite3.Connection, not_after: datetime | None) -> list[Delivery]:
    """Take up what an earlier run left: what it was sending may have arrived, so it is marked as a repeat."""
    conn.execute("UPDATE deliveries SET state = 'pending', repeat = 1 WHERE state = 'sending'")
    if not_after is not None:
        latest = stamp(not_after)
        conn.execute("UPDATE deliveries SET due_at = ? WHERE state = 'pending' AND due_at > ?", (latest, latest))
    return read_deliveries(conn, "WHERE state = 'pending' ORDER BY created_at, id")


def settle(
    conn: sqlite3.Connection,
    ids: Iterable[int],
    state: DeliveryState,
    now: datetime,
    due_at: datetime | None,
    attempts: int | None,
    error: str,
    repeat: bool | None,
) -> None:
    """Write what became of deliveries; one that was accepted stays so whatever is said later."""
    over = state in (DeliveryState.DONE, DeliveryState.DEAD)
    values = (
        state.value,
        stamp(now) if over else None,
        None if due_at is None else stamp(due_at),
        attempts,
        None if repeat is None else int(repeat),
        rows.whole(error) or None,
    )
    conn.executemany(
        "UPDATE deliveries SET state = ?, settled_at = ?, due_at = coalesce(?, due_at), attempts = coalesce(?, attempts),"
        " repeat = coalesce(?, repeat), last_error = coalesce(?, last_error) WHERE id = ? AND state <> 'done'",
        [(*values, id_) for id_ in ids],
    )


def read_deliveries(conn: sqlite3.Connection, tail: str, values: Sequence[object] = ()) -> list[Delivery]:
    """Read deliveries; `tail` is the rest of the statement, ours, never from outside."""
    return [rows.delivery(row) for row in conn.execute(f"SELECT {rows.DELIVERY_COLUMNS} FROM deliveries {tail}", values)]


def _owed_for(conn: sqlite3.Connection, event_id: str) -> list[Delivery]:
    return read_deliveries(conn, "WHERE event_id = ? AND state = 'pending' ORDER BY id", (event_id,))


def _write_transition(conn: sqlite3.Connection, new: Transition, told: bool, new_id: NewId) -> tuple[str, bool]:
    """Give the id it is stored under, and False when this very transition was stored before."""
    for _ in range(_ID_TRIES):
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
        new = replace(new, event_id=new_id())
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
