"""The daily summary: one quiet message that says the service lives, what is in stock, and what it could not see (B5)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

import structlog

from monitor.clock import Clock
from monitor.settings import Settings
from monitor.store_errors import StoreError

log = structlog.get_logger("restock.summary")

_LOOK_S = 30.0  # between two looks at the clock; a clock that is set, and a zone that is edited, are noticed by then
_MOST_LATE = timedelta(hours=1)  # a summary missed by more, since nothing ran, waits for the next day


class Summary:
    """Tells one summary a day, at the time the settings name; none without one."""

    def __init__(
        self,
        settings: Callable[[], Settings],
        tell: Callable[[], Awaitable[None]],
        clock: Clock,
        told: Callable[[], Awaitable[str | None]],
        remember: Callable[[str], Awaitable[None]],
    ) -> None:
        self._settings = settings
        self._tell = tell
        self._clock = clock
        self._told = told
        self._remember = remember
        self._day = ""  # of the newest summary this process told

    async def run(self, stopping: asyncio.Event) -> None:
        """Look at the clock until asked to stop. A restart tells no second summary on one day."""
        while True:
            await self.look()
            if await self._clock.pause(_LOOK_S, stopping):
                return

    async def look(self) -> None:
        """Tell the summary if its time has come and this day's was not told."""
        settings = self._settings()
        if settings.summary is None:
            return
        now = self._clock.now()
        due = due_at(settings.summary, now, ZoneInfo(settings.timezone))
        if not due <= now < due + _MOST_LATE:
            return
        day = due.date().isoformat()
        if self._day == day:
            return
        try:
            if await self._told() == day:
                self._day = day
                return
            await self._remember(day)
        except StoreError as error:  # then a restart may tell it once more
            log.error("storage.failed", during="summary", why=str(error))
        self._day = day
        await self._tell()


def due_at(at: time, now: datetime, zone: tzinfo) -> datetime:
    """Give the newest moment, not after `now`, at which a summary is due; `at` is a time of day in the zone."""
    local = now.astimezone(zone)
    due = local.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
    return due if due <= local else due - timedelta(days=1)
