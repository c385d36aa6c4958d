"""The one thread that owns the connection; requests that meet while it works share one commit.

A sync to disk costs as much for a hundred transitions as for one, so whatever waits when the thread becomes free is
done in one transaction. Each caller hears the result after that commit. Nobody waits for others to join.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlite_utils import Database

from monitor.store_errors import StoreError, explain, primary_code

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]
_GROUP = 1000  # requests in one transaction at most
_TIDY_AFTER = 300  # rows written; tidying waits for a moment in which nobody waits
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)  # each try has already waited its full time
_Outcome = tuple[asyncio.Future[Any], Any, BaseException | None]


@dataclass(frozen=True, slots=True)
class _Job:
    work: Work[Any]
    future: asyncio.Future[Any]


def _as_it_is(db: Database) -> tuple[Database, str | None]:
    return db, None


class DatabaseThread:
    """Runs work on a database in the order it came, each piece in a transaction; StoreError when it cannot be used.

    A piece of work may run twice: when one of a group fails, the group is undone and each is done by itself.
    A caller that is cancelled takes back the wait, not the work.
    """

    def __init__(
        self,
        path: Path,
        connect: Callable[[], Database],
        disconnect: Callable[[Database], None],
        tidy: Callable[[Database], None] = lambda _: None,
        keep_place: Callable[[Path], Callable[[Database], tuple[Database, str | None]]] = lambda _: _as_it_is,
    ) -> None:
        self.path = path
        self.put_back: str | None = None  # what was done when its file was deleted or replaced; for whoever tells it
        self.fault: str | None = None  # why the newest write failed; None once one has worked again
        self._connect = connect
        self._disconnect = disconnect
        self._tidy = tidy
        self._keep_place = keep_place
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._opened: asyncio.Future[None] = self._loop.create_future()
        self._closed: asyncio.Future[None] = self._loop.create_future()
        self._closing = False
        self._thread = threading.Thread(target=self._main, name="database", daemon=True)

    async def start(self) -> None:
        """Open the database; raises what `connect` raises."""
        self._thread.start()
        try:
            await asyncio.shield(self._opened)
        except asyncio.CancelledError:
            await self.close()  # it may have opened all the same: leave neither a thread nor a lock behind
            self._opened.exception()
            raise

    async def run(self, work: Work[T]) -> T:
        """Do work in a transaction; returns after its commit."""
        if self._closing:
            raise StoreError(f"database {self.path}: already closed")
        future: asyncio.Future[T] = self._loop.create_future()
        self._jobs.put(_Job(work, future))
        return await future

    async def close(self) -> None:
        """Finish what was asked, then disconnect; harmless when repeated."""
        if not self._closing:
            self._closing = True
            self._jobs.put(None)
        await asyncio.shield(self._closed)
        self._thread.join()

    def _main(self) -> None:
        try:
            db = self._connect()
        except BaseException as error:
            self._closing = True
            self._tell((self._opened, None, self._worded(error)), (self._closed, None, None))
            return
        self._tell((self._opened, None, None))
        keep, more, tidied = self._keep_place(self.path), True, 0
        while more:
            jobs, more = self._next_group()
            if jobs:
                try:
                    db, put_back = keep(db)
                except Exception as error:
                    self.fault = str(self._worded(error))
                    self._tell(*((job.future, None, self._worded(error)) for job in jobs))
                    continue
                self.put_back = put_back or self.put_back
                self._do(db, jobs)
            if db.conn.total_changes - tidied > _TIDY_AFTER and self._jobs.empty():
                with contextlib.suppress(sqlite3.Error):  # nothing is lost: the next commit or the next tidying does it
                    self._tidy(db)
                tidied = db.conn.total_changes
        try:
            self._disconnect(db)
        finally:
            self._tell((self._closed, None, None))

    def _next_group(self) -> tuple[list[_Job], bool]:
        """Wait for one job, take what else is there; False once the end was asked for."""
        jobs: list[_Job] = []
        with contextlib.suppress(queue.Empty):
            while len(jobs) < _GROUP:
                job = self._jobs.get(block=not jobs)
                if job is None:
                    return jobs, False
                jobs.append(job)
        return jobs, True

    def _do(self, db: Database, jobs: list[_Job]) -> None:
        changes = db.conn.total_changes
        try:
            if db.conn.in_transaction:
                db.rollback()  # an undo that failed earlier: work inside it would never be committed
            with db.atomic():
                results = [job.work(db.conn) for job in jobs]
        except Exception as error:
            if len(jobs) > 1 and primary_code(error) not in _BUSY:
                for job in jobs:
                    self._do(db, [job])
                return
            if isinstance(error, sqlite3.Error):
                self.fault = str(self._worded(error))
            self._tell(*((job.future, None, self._worded(error)) for job in jobs))
        else:
            if db.conn.total_changes != changes:
                self.fault = None
            self._tell(*((job.future, result, None) for job, result in zip(jobs, results, strict=True)))

    def _worded(self, error: BaseException) -> BaseException:
        worded = explain(self.path, error)
        if worded is not error:
            worded.__cause__ = error
        return worded

    def _tell(self, *outcomes: _Outcome) -> None:
        def settle() -> None:
            for future, result, error in outcomes:
                if future.done():  # its caller was cancelled
                    continue
                if error is None:
                    future.set_result(result)
                else:
                    future.set_exception(error)

        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(settle)
