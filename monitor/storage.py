"""What the service remembers: beliefs, spells, transitions and deliveries, in one SQLite file.

A method that writes returns after the commit; everything it wrote is then safe from a kill and a power cut, or it
raised StoreError and nothing of it was written. Callers that meet share one commit. Objects of the model go in and out.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlite_utils import Database

from monitor import backup, dbfile, mute_rows, records, statements
from monitor.db_thread import DatabaseThread
from monitor.ids import new_event_id
from monitor.lock import Lock
from monitor.model import Alert, Belief, Change, Delivery, DeliveryState, Spell, Transition
from monitor.mute_rows import Ending
from monitor.mutes import Mute
from monitor.records import Settlement
from monitor.rows import AlarmRow
from monitor.statements import Late, NewId, News
from monitor.store_errors import AlreadyRunning, StoreError

__all__ = ["AlarmRow", "AlreadyRunning", "Storage", "StoreError", "reading"]


class Storage:
    """The memory of one service; every method raises StoreError when the database cannot be used as it stands."""

    def __init__(self, thread: DatabaseThread, new_id: NewId = new_event_id) -> None:
        self._thread = thread
        self._new_id = new_id

    @classmethod
    async def open(cls, path: Path, *, new_id: NewId = new_event_id) -> Self:
        """Take the database for this process alone, making it or bringing it up to date where needed.

        AlreadyRunning when another process has it; StoreError when it is damaged, foreign, newer or not writable.
        """
        lock = Lock(path)

        def connect() -> Database:
            lock.acquire()
            try:
                return dbfile.open_to_write(lock.database)
            except BaseException:
                lock.release()
                raise

        def disconnect(db: Database) -> None:
            try:
                dbfile.close(db)
            finally:
                lock.release()

        def keep_place(path: Path) -> Callable[[Database], tuple[Database, str | None]]:
            return dbfile.Place(path).keep

        thread = DatabaseThread(lock.database, connect, disconnect, dbfile.tidy, keep_place)
        await thread.start()
        return cls(thread, new_id)

    async def close(self) -> None:
        """Finish what was asked, fold the journal into the file, give up the lock; harmless when repeated."""
        await self._thread.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def path(self) -> Path:
        """The database file."""
        return self._thread.path

    @property
    def fault(self) -> str | None:
        """Why the newest write failed, in one line; None once one has worked again."""
        return self._thread.fault

    # --- listings ---

    async def beliefs(self) -> dict[tuple[str, str], Belief]:
        """Give every belief by watch and URL, its last conclusive look as recent as the stamps of `seen`."""
        return await self._thread.run(records.read_beliefs)

    async def record(self, changes: Sequence[Change], now: datetime) -> list[Delivery]:
        """Store beliefs, spells, transitions and one delivery for each channel, all of it or none of it.

        Gives the deliveries with their ids; an event id that is empty or taken has been replaced in them.
        """

        def work(conn: sqlite3.Connection) -> list[Delivery]:
            return [made for change in changes for made in statements.write_change(conn, change, now, self._new_id)]

        return await self._thread.run(work)

    async def seen(self, stamps: Sequence[tuple[str, str, datetime]]) -> None:
        """Note for (watch, url, at) that the open spell still held; for looks that changed nothing."""
        await self._thread.run(partial(records.stamp_seen, stamps=tuple(stamps)))

    # --- deliveries ---

    async def announce(
        self,
        alert: Alert,
        channels: Sequence[str],
        now: datetime,
        due_at: datetime | None = None,
        *,
        raises: AlarmRow | None = None,
        reminds: str | None = None,
        clears: str | None = None,
    ) -> list[Delivery]:
        """Store the service's own news as a transition with one delivery for each channel.

        The alarm it raises, reminds of or clears, by scope, is written in the same commit.
        """

        news = News(alert, tuple(channels), due_at, raises, reminds, clears)
        return await self._thread.run(partial(statements.write_own_news, news=news, now=now, new_id=self._new_id))

    async def record_late(self, late: Sequence[Late], marks: Mapping[int, Settlement]) -> dict[int, int]:
        """Store in one commit what was held in memory while the database took nothing, as far as it got.

        Gives the stored id of each delivery by the one it went out under. Harmless when repeated.
        """
        work = partial(statements.write_late, late=tuple(late), marks=dict(marks), new_id=self._new_id)
        return await self._thread.run(work)

    async def owed(self, not_after: datetime | None = None) -> list[Delivery]:
        """Take up, at a start, what is still to be sent, oldest first; what was under way is marked as a repeat.

        With `not_after`, no due time stays later than that: a clock that jumped delays nothing.
        """
        return await self._thread.run(partial(records.read_owed, not_after=not_after))

    async def sending(self, ids: Collection[int], now: datetime) -> None:
        """Note, before a send starts, that these deliveries may arrive from now on."""
        await self._thread.run(partial(records.mark_sending, ids=tuple(ids), now=now))

    async def settle(
        self,
        ids: Collection[int],
        state: DeliveryState,
        *,
        now: datetime,
        due_at: datetime | None = None,
        attempts: int | None = None,
        error: str = "",
        repeat: bool | None = None,
    ) -> None:
        """Note what became of deliveries: done, dead, or pending again; what is left out stays as it was.

        A delivery that was done stays done.
        """
        given = records.Settlement(state, now, due_at, attempts, error, repeat)
        await self._thread.run(partial(records.settle, ids=tuple(ids), given=given))

    # --- looking back ---

    async def history(self, watch: str | None = None, limit: int = 100) -> list[Transition]:
        """Give transitions, newest first, of one watch or of all."""
        return await self._thread.run(partial(records.read_history, watch=watch, limit=limit))

    async def deliveries(self, limit: int = 100) -> list[Delivery]:
        """Give deliveries, newest first."""
        return await self._thread.run(
            partial(records.read_deliveries, tail="ORDER BY id DESC LIMIT ?", values=(limit,))
        )

    async def spells(self, watch: str, url: str | None = None, limit: int = 1000) -> list[Spell]:
        """Give the stretches of unchanged belief and price of a watch, newest first."""
        return await self._thread.run(partial(records.read_spells, watch=watch, url=url, limit=limit))

    async def export(self) -> dict[str, Any]:
        """Give all transitions and deliveries, JSON-ready, oldest first; channels by name, so no secret is in it."""
        return await self._thread.run(records.read_everything)

    async def prune(self, before: datetime) -> int:
        """Forget older transitions, settled deliveries and ended spells; give how many rows went.

        What is still to be delivered is kept whatever its age, and so is the transition it belongs to. Works in
        small commits, so that news never waits behind it.
        """
        gone = 0
        for statement in records.PRUNING:
            while count := await self._thread.run(partial(records.prune_some, statement=statement, before=before)):
                gone += count
        while gone and await self._thread.run(records.give_back_pages):
            pass
        return gone

    # --- its own safety ---

    async def back_up(self, at: datetime, keep: int = backup.KEPT) -> backup.Copy:
        """Copy the database beside it, check the copy whole, keep the newest few; holds no commit up."""
        return await asyncio.to_thread(backup.make, self.path, at, dbfile.connect_to_read, keep)

    def newest_backup(self) -> datetime | None:
        """Give when the newest backup was made; None when there is none."""
        return backup.newest(self.path)

    def take_put_back(self) -> str | None:
        """Give, once, what was done since the last question because the file was deleted or replaced while in use."""
        done, self._thread.put_back = self._thread.put_back, None
        return done

    # --- mutes ---

    async def mutes(self) -> list[Mute]:
        """Give the mutes that are not over, oldest first."""
        return await self._thread.run(mute_rows.read_mutes)

    async def open_mute(self, mute: Mute, standing: Sequence[Mute], notice: Alert) -> Mute:
        """Store a mute beside the standing ones, with its place in the history; what it holds becomes due at its end."""
        return await self._thread.run(
            partial(mute_rows.open_mute, mute=mute, standing=tuple(standing), notice=notice, new_id=self._new_id)
        )

    async def end_mutes(self, ending: Ending, now: datetime) -> list[Delivery]:
        """Store that mutes are over with all that follows; gives the deliveries of the news about it."""
        return await self._thread.run(partial(mute_rows.end_mutes, ending=ending, now=now, new_id=self._new_id))

    async def cut_short(self, mutes: Sequence[Mute], now: datetime) -> None:
        """Let mutes end now; what they held back is told by the next start."""
        await self._thread.run(partial(mute_rows.cut_short, ids=[mute.id for mute in mutes], now=now))

    # --- small things ---

    async def meta(self, key: str) -> str | None:
        """Give a remembered value."""

        def work(conn: sqlite3.Connection) -> str | None:
            row = conn.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
            return None if row is None else str(row[0])

        return await self._thread.run(work)

    async def set_meta(self, key: str, value: str) -> None:
        """Remember a value."""

        def work(conn: sqlite3.Connection) -> None:
            conn.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (key, value))

        await self._thread.run(work)

    async def alarms(self) -> list[AlarmRow]:
        """Give the alarms that stand, oldest first."""
        return await self._thread.run(records.read_alarms)

    async def raise_alarm(
        self,
        scope: str,
        cause: str,
        since: datetime,
        data: Mapping[str, Any] | None = None,
        *,
        told_at: datetime | None = None,
    ) -> None:
        """Note that an alarm stands and was told (at `since` unless said otherwise); one of that scope is replaced."""
        alarm = AlarmRow(scope, str(cause), since, told_at or since, None, dict(data or {}))
        await self._thread.run(partial(records.write_alarm, alarm=alarm))

    async def remind(self, scope: str, now: datetime) -> None:
        """Note that an alarm was told again."""
        await self._thread.run(partial(records.stamp_reminder, scope=scope, now=now))

    async def clear_alarm(self, scope: str) -> None:
        """Note that an alarm is over; harmless when none stands."""
        await self._thread.run(partial(records.delete_alarm, scope=scope))


async def reading(path: Path) -> Storage:
    """Open a database that cannot be changed through this, beside a running service or without one."""
    thread = DatabaseThread(path, partial(dbfile.open_to_read, path), Database.close)
    await thread.start()
    return Storage(thread)
