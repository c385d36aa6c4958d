"""One thread that does a channel's blocking sends, and is left behind when one of them never ends.

Threads of our own, not a pool's: a pool would make the process wait for a hanging send at its exit.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")
_Job = tuple[Callable[[], Any], asyncio.AbstractEventLoop, "asyncio.Future[Any]"]


class Courier:
    """Runs one job at a time in a thread; a job past its deadline keeps that thread, and the next gets a new one."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._hand: _Hand | None = None
        self._left: list[_Hand] = []

    @property
    def stuck(self) -> int:
        """How many threads still hang in a send that was given up."""
        self._left = [hand for hand in self._left if hand.is_alive()]
        return len(self._left)

    async def do(self, job: Callable[[], T], deadline: float, late: Callable[[T], None] | None = None) -> T:
        """Run a job; seconds. Raises TimeoutError at the deadline; `late` gets a result that comes after it."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        if self._hand is None:
            self._hand = _Hand(f"send:{self._name}")
        self._hand.jobs.put((job, loop, future))
        try:
            await asyncio.wait({future}, timeout=deadline)
        finally:
            if not future.done():
                self._leave(future, late)
        if not future.done():
            raise TimeoutError
        return future.result()

    def close(self) -> None:
        """Let the thread end when it is idle."""
        if self._hand is not None:
            self._hand.jobs.put(None)
            self._hand = None

    def _leave(self, future: asyncio.Future[T], late: Callable[[T], None] | None) -> None:
        def came(answer: asyncio.Future[T]) -> None:
            if not answer.cancelled() and answer.exception() is None and late is not None:
                late(answer.result())

        future.add_done_callback(came)
        if self._hand is not None:
            self._hand.jobs.put(None)
            self._left.append(self._hand)
            self._hand = None


class _Hand(threading.Thread):
    def __init__(self, name: str) -> None:
        super().__init__(name=name, daemon=True)
        self.jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self.start()

    def run(self) -> None:
        while (job := self.jobs.get()) is not None:
            work, loop, future = job
            try:
                result, error = work(), None
            except Exception as raised:  # handed to whoever awaits it
                result, error = None, raised
            with contextlib.suppress(RuntimeError):  # the loop is gone: nobody waits any more
                loop.call_soon_threadsafe(_hand_over, future, result, error)
            del job, work, future, result, error


def _hand_over(future: asyncio.Future[Any], result: Any, error: Exception | None) -> None:
    if future.done():
        return
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(result)
