"""What a process that runs for months does beside its work: memory given back, history let go, the database backed up."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import datetime

import structlog

from monitor.clock import Clock
from monitor.model import Kind
from monitor.settings import Settings
from monitor.storage import Storage, StoreError
from monitor.upkeep import give_back, settle_in

log = structlog.get_logger("restock.storage")

_DAY_S = 86_400.0
_SETTLE_S = 10.0  # the first looks are waited for; nothing here is
_ROUND_S = 30.0
_JUMP_S = 3600.0  # a clock that was set by so much is not trusted with what to forget


class Keeper:
    """Keeps a long-lived service small and its memory safe; every fault is logged and tried again."""

    def __init__(self, storage: Storage, clock: Clock, tell: Callable[[Kind, str, int], Awaitable[None]]) -> None:
        self._storage = storage
        self._clock = clock
        self._tell = tell
        self._told_unsound = False
        self._pruned_at = clock.monotonic() - _DAY_S + 60.0
        self._backed_up_at: float | None = None
        self._seen = (clock.now(), clock.monotonic())

    async def run(self, stopping: asyncio.Event, settings: Callable[[], Settings]) -> None:
        """Do what is due, every half minute, until asked to stop."""
        pause = _SETTLE_S
        while not await self._clock.pause(min(pause, settings().backup_every.total_seconds()), stopping):
            if pause == _SETTLE_S:
                pause = _ROUND_S
                settle_in()
            await asyncio.to_thread(give_back)
            await self._mind_the_place()
            await self.tend(settings())

    async def tend(self, settings: Settings) -> None:
        """Back up and forget what is due by now."""
        now, wall = self._clock.monotonic(), self._clock.now()
        if self._jumped(wall, now):
            self._pruned_at = now
            log.warning("clock.jumped", remedy="old history is kept for another day; check this machine's clock")
        every = settings.backup_every.total_seconds()
        if self._backed_up_at is None:  # a restart does not begin the hour anew
            newest = await asyncio.to_thread(self._storage.newest_backup)
            age = every if newest is None else (wall - newest).total_seconds()
            self._backed_up_at = now - (age if age >= 0 else every)
        if now - self._backed_up_at >= every:
            self._backed_up_at = now
            await self._back_up(wall)
        if now - self._pruned_at >= _DAY_S:
            self._pruned_at = now
            await self._prune(settings)

    async def _mind_the_place(self) -> None:
        """Notice that the database file was deleted or replaced, also while nothing is written."""
        with contextlib.suppress(StoreError):  # the next write says so
            await self._storage.meta("clean_stop")
        if (done := self._storage.take_put_back()) is not None:
            log.warning("storage.put_back", why=done)
            await self._tell(Kind.STORAGE_BACK, done, 0)

    def _jumped(self, wall: datetime, now: float) -> bool:
        before, self._seen = self._seen, (wall, now)
        return abs((wall - before[0]).total_seconds() - (now - before[1])) > _JUMP_S

    async def _back_up(self, wall: datetime) -> None:
        try:
            copy = await self._storage.back_up(wall)
        except StoreError as error:
            log.error("backup.failed", why=str(error))
            return
        if copy.problem is None:
            self._told_unsound = False
            log.info("backup.made", file=copy.path.name, bytes=copy.size)
            return
        log.error("backup.unsound", why=copy.problem)
        if not self._told_unsound:  # what was copied is damaged, so what is in use is
            self._told_unsound = True
            await self._tell(Kind.STORAGE_DOWN, copy.problem, 0)

    async def _prune(self, settings: Settings) -> None:
        try:
            removed = await self._storage.prune(self._clock.now() - settings.retention)
        except StoreError as error:
            log.error("storage.failed", during="prune", why=str(error))
        else:
            log.info("history.pruned", rows=removed)
