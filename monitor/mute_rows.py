"""The SQL of mutes: one that begins and one that ends, each with everything it moves, in one transaction.

Each function runs inside a transaction that its caller owns, and may run twice: nothing here keeps state.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from monitor import rows
from monitor.model import Alert, Delivery
from monitor.mutes import Mute, MuteKind, held_until
from monitor.records import read_deliveries
from monitor.rows import stamp, unstamp
from monitor.statements import NewId, write_news


@dataclass(frozen=True, slots=True)
class Ending:
    """Mutes that are over, and what that means for the news they held back."""

    mutes: tuple[Mute, ...]
    why: str
    released: tuple[Delivery, ...] = ()  # as they go out now
    dropped: tuple[int, ...] = ()  # ids of deliveries that a snooze made needless
    drop_reason: str = ""
    news: tuple[tuple[Alert, tuple[str, ...]], ...] = ()  # with its channels; without any it is only recorded


def read_mutes(conn: sqlite3.Connection) -> list[Mute]:
    """Read the mutes that are not over, oldest first."""
    found = conn.execute("SELECT watch, kind, began, until, id FROM mutes WHERE ended IS NULL ORDER BY began, id")
    return [
        Mute(watch, MuteKind(kind), unstamp(began), unstamp(until), id_) for watch, kind, began, until, id_ in found
    ]


def open_mute(conn: sqlite3.Connection, mute: Mute, standing: Iterable[Mute], notice: Alert, new_id: NewId) -> Mute:
    """Write a mute in place of one of its kind that stands, its place in the history, and when what it holds is due."""
    old = conn.execute(
        "SELECT id FROM mutes WHERE watch = ? AND kind = ? AND ended IS NULL", (mute.watch, mute.kind.value)
    ).fetchone()
    if old is not None:
        mute = replace(mute, id=old[0])
        conn.execute(
            "UPDATE mutes SET began = ?, until = ? WHERE id = ?", (stamp(mute.began), stamp(mute.until), mute.id)
        )
    else:
        cursor = conn.execute(
            "INSERT INTO mutes (watch, kind, began, until) VALUES (?, ?, ?, ?)",
            (mute.watch, mute.kind.value, stamp(mute.began), stamp(mute.until)),
        )
        mute = replace(mute, id=cursor.lastrowid or 0)
    write_news(conn, None, notice, (), mute.began, mute.began, new_id)
    mutes = [*standing, mute]
    for delivery in read_deliveries(conn, "WHERE state = 'pending' ORDER BY id"):
        if (until := held_until(mutes, delivery.alert)) is not None:
            conn.execute("UPDATE deliveries SET due_at = ? WHERE id = ?", (stamp(until), delivery.id))
    return mute


def end_mutes(conn: sqlite3.Connection, ending: Ending, now: datetime, new_id: NewId) -> list[Delivery]:
    """Write that mutes are over and what becomes of what they held; give the deliveries of the news about it."""
    conn.executemany(
        "UPDATE mutes SET ended = ?, why = ? WHERE id = ?",
        [(stamp(now), ending.why, mute.id) for mute in ending.mutes],
    )
    conn.executemany(
        "UPDATE deliveries SET alert = ?, due_at = ? WHERE id = ? AND state = 'pending'",
        [(rows.dump(one.alert), stamp(one.due_at), one.id) for one in ending.released],
    )
    conn.executemany(
        "UPDATE deliveries SET state = 'dead', settled_at = ?, last_error = ? WHERE id = ? AND state = 'pending'",
        [(stamp(now), ending.drop_reason, id_) for id_ in ending.dropped],
    )
    return [
        made for alert, channels in ending.news for made in write_news(conn, None, alert, channels, now, now, new_id)
    ]


def cut_short(conn: sqlite3.Connection, ids: Sequence[int], now: datetime) -> None:
    """Let mutes end now; the next start of the service tells what they held back."""
    conn.executemany("UPDATE mutes SET until = min(until, ?) WHERE id = ?", [(stamp(now), id_) for id_ in ids])
