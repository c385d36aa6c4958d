"""Time as the service sees it: one seam, so that a test can let hours pass at once."""

from __future__ import annotations

import asyncio
import contextlib
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Wall time for people, monotonic time for intervals, and the only sleep in the service."""

    def now(self) -> datetime:
        """Give the wall time, aware UTC."""
        ...

    def monotonic(self) -> float:
        """Give seconds that never jump."""
        ...

    async def pause(self, seconds: float, wake: asyncio.Event | None = None) -> bool:
        """Sleep; True when `wake` was set before the time was up."""
        ...


class SystemClock:
    """The real clock."""

    def now(self) -> datetime:
        """Give the wall time, aware UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Give seconds that never jump."""
        return time.monotonic()

    async def pause(self, seconds: float, wake: asyncio.Event | None = None) -> bool:
        """Sleep; True when `wake` was set before the time was up."""
        if wake is None:
            await asyncio.sleep(max(0.0, seconds))
            return False
        # Not `wait_for`: before Python 3.12 it swallows a cancellation that comes in the very step in which `wake` was set.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, seconds)):
                await wake.wait()
        return wake.is_set()
