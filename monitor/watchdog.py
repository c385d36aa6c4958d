"""A thread that watches the loop: a loop that stands still is shown in the log, one that stays so ends the process.

Everything that is owed stands in the database, so an end that makes the supervisor start it anew loses nothing; a loop
that never turns again loses everything.
"""

from __future__ import annotations

import asyncio
import faulthandler
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable

import structlog

log = structlog.get_logger("restock.watchdog")

STALL_S = 5.0  # of standing still: the loop's stack is logged
END_S = 60.0  # the process ends
EXIT_CODE = 70  # as `Exit.INTERNAL`
_BEATS = 10  # a stall of `stall` seconds


class Watchdog:
    """Watches the loop it is started on, from a thread of its own; seconds of running, not of being stopped.

    A process that was frozen and goes on (SIGSTOP, a machine that slept) has not stalled: time counts only while this
    thread itself gets its turns. Code that never lets any other thread run cannot be seen from here; while it burns the
    processor, the kernel's timer ends the process with every stack on stderr.
    """

    def __init__(
        self, stall: float = STALL_S, end: float = END_S, *, leave: Callable[[int], object] = os._exit
    ) -> None:
        self.lag = 0.0  # seconds the loop came late to its newest turn
        self.stalls = 0  # that were logged
        self._stall, self._end, self._leave = stall, end, leave
        self._every = min(0.5, stall / _BEATS)
        self._beaten = threading.Event()
        self._over = threading.Event()
        self._loop_thread = 0
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def start(self) -> None:
        """Watch the running loop, from its own thread."""
        self._loop_thread = threading.get_ident()
        self._due = time.monotonic()
        _end_when_nothing_runs(self._end)
        self._beat()
        self._thread.start()

    def stop(self) -> None:
        """Watch no more; harmless when repeated."""
        if self._timer is not None:
            self._timer.cancel()
        self._over.set()
        _end_when_nothing_runs(0.0)

    def _beat(self) -> None:
        now = time.monotonic()
        self.lag = max(0.0, now - self._due)
        self._beaten.set()
        _end_when_nothing_runs(self._end)
        self._due = now + self._every
        self._timer = asyncio.get_running_loop().call_later(self._every, self._beat)

    def _watch(self) -> None:
        still, told = 0.0, False
        before = time.monotonic()
        while not self._over.wait(self._every):
            now = time.monotonic()
            passed, before = now - before, now
            if self._beaten.is_set():
                if told:
                    log.warning("loop.turns", after_s=round(still, 1))
                self._beaten.clear()
                still, told = 0.0, False
                continue
            still += min(passed, 2 * self._every)  # more than that: this thread stood still as well
            self.lag = max(self.lag, still)
            if still >= self._stall and not told:
                told = True
                self.stalls += 1
                log.error("loop.stalled", seconds=round(still, 1), stack=self._stack())
            if still >= self._end:
                log.critical("loop.dead", seconds=round(still, 1), stack=self._stack(), exit=EXIT_CODE)
                self._leave(EXIT_CODE)
                return

    def _stack(self) -> str:
        frame = sys._current_frames().get(self._loop_thread)
        return "".join(traceback.format_stack(frame)) if frame is not None else ""


def prepare() -> None:
    """Have every thread's stack written when the kernel's timer ends the process; call it once, in the main thread."""
    if hasattr(signal, "SIGVTALRM"):
        signal.signal(signal.SIGVTALRM, signal.SIG_DFL)
        faulthandler.register(signal.SIGVTALRM, all_threads=True, chain=True)


def _end_when_nothing_runs(seconds: float) -> None:
    """Let the kernel end the process after so much processor time without another call of this; 0 for never."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_VIRTUAL, 1.5 * seconds)
