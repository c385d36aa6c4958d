"""A sign of life for the outside: a heartbeat that is sent only while all is well.

The conditions are those of `readiness.py` (B4). Whoever watches from outside hears silence when the service cannot do its
work, whatever the reason: that is the point of a heartbeat.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from urllib.parse import urlsplit

import structlog

from monitor.clock import Clock
from monitor.settings import Settings
from watchers.fetch import Fetcher, FetchError

log = structlog.get_logger("restock.pulse")


class Heartbeat:
    """Asks an outside address, now and then, while the service is ready; says nothing while it is not."""

    def __init__(self, settings: Callable[[], Settings], reasons: Callable[[], tuple[str, ...]], clock: Clock) -> None:
        self._settings = settings
        self._reasons = reasons
        self._clock = clock
        self._held: tuple[str, ...] = ()
        self._failing = False
        self.sent = 0

    async def run(self, stopping: asyncio.Event) -> None:
        """Beat until asked to stop. The address is guarded like a shop's, and stands in no log."""
        while True:
            if (secret := self._settings().heartbeat) is not None:
                await self._beat(secret.reveal())
            if await self._clock.pause(self._settings().heartbeat_every.total_seconds(), stopping):
                return

    async def _beat(self, url: str) -> None:
        reasons = self._reasons()
        if reasons != self._held:
            (log.warning if reasons else log.info)(
                "heartbeat.held" if reasons else "heartbeat.resumed", reasons=list(reasons)
            )
            self._held = reasons
        if reasons:
            return
        fetcher = Fetcher(self._settings().fetch)
        try:
            answer = await fetcher.get(url, fresh=True)
            problem = f"HTTP {answer.status}" if answer.status >= 400 else ""
        except FetchError as fault:
            problem = f"{fault.cause}"
        finally:
            await fetcher.close()
        if problem and not self._failing:
            host = urlsplit(url).hostname
            log.warning(
                "heartbeat.failed",
                host=host,
                cause=problem,
                todo="check monitor.heartbeat, and allow of [fetch] if the address is private",
            )
        self._failing = bool(problem)
        self.sent += not problem
