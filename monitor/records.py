"""The SQL of everything but news: what a start reads, what becomes of deliveries, looking back, and forgetting.

Each function runs inside a transaction that its caller owns, and may run twice: nothing here keeps state.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from monitor import rows
from monitor.model import Answer, Belief, Delivery, DeliveryState, Spell, Transition
from monitor.rows import AlarmRow, stamp, unstamp

_SOME = 500  # rows that one commit forgets
_PAGES = 500  # free pages that one commit gives back to the disk
PRUNING = tuple(
    f"DELETE FROM {table} WHERE rowid IN (SELECT rowid FROM {table} WHERE {condition} LIMIT {_SOME})"
    for table, condition in (
        ("deliveries", "settled_at < :before"),  # what is not done or dead has no such time
        (
            "transitions",
            "at < :before AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.event_id = transitions.event_id)",
        ),
        ("spells", "ended < :before"),
        ("mutes", "ended < :before"),
    )
)


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of a delivery; None and "" leave what is stored."""

    state: DeliveryState
    now: datetime
    due_at: datetime | None = None
    attempts: int | None = None
    error: str = ""
    repeat: bool | None = None


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


def mark_sending(conn: sqlite3.Connection, ids: Iterable[int], now: datetime) -> None:
    """Note that a send is about to start, so that a crash in it is known to have an unknown end."""
    conn.executemany(
        "UPDATE deliveries SET state = 'sending', tried_at = ? WHERE id = ? AND state = 'pending'",
        [(stamp(now), id_) for id_ in ids],
    )


def settle(conn: sqlite3.Connection, ids: Iterable[int], given: Settlement) -> None:
    """Write what became of deliveries; one that was accepted stays so whatever is said later."""
    over = given.state in (DeliveryState.DONE, DeliveryState.DEAD)
    values = (
        given.state.value,
        stamp(given.now) if over else None,
        None if given.due_at is None else stamp(given.due_at),
        given.attempts,
        None if given.repeat is None else int(given.repeat),
        rows.whole(given.error) or None,
    )
    conn.executemany(
        "UPDATE deliveries SET state = ?, settled_at = ?, due_at = coalesce(?, due_at),"
        " attempts = coalesce(?, attempts), repeat = coalesce(?, repeat), last_error = coalesce(?, last_error)"
        " WHERE id = ? AND state <> 'done'",
        [(*values, id_) for id_ in ids],
    )


def read_deliveries(conn: sqlite3.Connection, tail: str, values: Sequence[object] = ()) -> list[Delivery]:
    """Read deliveries; `tail` is the rest of the statement, always text of ours."""
    found = conn.execute(f"SELECT {rows.DELIVERY_COLUMNS} FROM deliveries {tail}", tuple(values))
    return [rows.delivery(row) for row in found]


def read_history(conn: sqlite3.Connection, watch: str | None, limit: int) -> list[Transition]:
    """Read transitions, newest first, of one watch or of all."""
    of_watch = " WHERE watch = :watch" if watch is not None else ""
    found = conn.execute(
        f"SELECT event_id, data FROM transitions{of_watch} ORDER BY at DESC, rowid DESC LIMIT :limit",
        {"watch": watch, "limit": limit},
    )
    return [rows.transition(row) for row in found]


def read_spells(conn: sqlite3.Connection, watch: str, url: str | None, limit: int) -> list[Spell]:
    """Read the spells of a watch, or of one of its listings, newest first."""
    of_url = " AND url = :url" if url is not None else ""
    found = conn.execute(
        f"SELECT {rows.SPELL_COLUMNS} FROM spells WHERE watch = :watch{of_url} ORDER BY began DESC, id DESC LIMIT :limit",
        {"watch": watch, "url": url, "limit": limit},
    )
    return [rows.spell(row) for row in found]


def read_everything(conn: sqlite3.Connection) -> dict[str, Any]:
    """Read all transitions and deliveries as JSON-ready values, oldest first."""
    transitions = conn.execute("SELECT event_id, data, told FROM transitions ORDER BY at, rowid")
    return {
        "transitions": [rows.to_json(rows.transition(row[:2])) | {"told": bool(row[2])} for row in transitions],
        "deliveries": [rows.to_json(delivery) for delivery in read_deliveries(conn, "ORDER BY id")],
    }


def prune_some(conn: sqlite3.Connection, statement: str, before: datetime) -> int:
    """Delete some of what a statement of PRUNING finds; give how many, 0 when none is left."""
    return conn.execute(statement, {"before": stamp(before)}).rowcount


def give_back_pages(conn: sqlite3.Connection) -> int:
    """Let the file shrink by some of what was forgotten; give how many free pages are left."""
    conn.execute(f"PRAGMA incremental_vacuum({_PAGES})").fetchall()
    return int(conn.execute("PRAGMA freelist_count").fetchone()[0])


def read_alarms(conn: sqlite3.Connection) -> list[AlarmRow]:
    """Read the alarms that stand, oldest first."""
    return [rows.alarm(row) for row in conn.execute(f"SELECT {rows.ALARM_COLUMNS} FROM alarms ORDER BY since, scope")]


def write_alarm(conn: sqlite3.Connection, alarm: AlarmRow) -> None:
    """Store an alarm in place of one of the same scope."""
    reminded = None if alarm.reminded_at is None else stamp(alarm.reminded_at)
    conn.execute(
        f"INSERT OR REPLACE INTO alarms ({rows.ALARM_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)",
        (alarm.scope, alarm.cause, stamp(alarm.since), stamp(alarm.told_at), reminded, rows.pack(alarm.data)),
    )


def stamp_reminder(conn: sqlite3.Connection, scope: str, now: datetime) -> None:
    """Note when an alarm was told again."""
    conn.execute("UPDATE alarms SET reminded_at = ? WHERE scope = ?", (stamp(now), scope))


def delete_alarm(conn: sqlite3.Connection, scope: str) -> None:
    """Forget an alarm that is over."""
    conn.execute("DELETE FROM alarms WHERE scope = ?", (scope,))
