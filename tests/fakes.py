"""Fakes that let time pass at once; everything else in the suite is real."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta


class FakeClock:
    """A clock that moves only when told, or jumps to the next sleeper with `auto`."""

    def __init__(self, start: datetime = datetime(2026, 11, 25, 3, 0, tzinfo=UTC), *, auto: bool = True) -> None:
        self.start = start
        self.elapsed = 0.0
        self.auto = auto

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.elapsed)

    def monotonic(self) -> float:
        return self.elapsed

    def advance(self, seconds: float) -> None:
        self.elapsed += seconds

    async def pause(self, seconds: float, wake: asyncio.Event | None = None) -> bool:
        until = self.elapsed + max(0.0, seconds)
        if self.auto:
            await asyncio.sleep(0)
            if wake is not None and wake.is_set():
                return True
            self.elapsed = max(self.elapsed, until)
            return False
        while self.elapsed < until and not (wake is not None and wake.is_set()):
            await asyncio.sleep(0)
        return wake is not None and wake.is_set()
