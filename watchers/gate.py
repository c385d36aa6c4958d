"""One gate a host: how soon the next look may start, and how long a host that said no is left alone.

A gate holds no clock. Every call is given `now`, monotonic seconds, so that hours pass at once in a test.
"""

from __future__ import annotations

BACK_OFF_FIRST = 30.0
BACK_OFF_CAP = 900.0
_SLACK = 0.05  # lateness of the event loop that may be caught up, so that a full lane keeps its rate


class Gate:
    """The budget of one host: a rate, so many at a time, and a back-off that ends by itself."""

    __slots__ = ("_closed_until", "_next", "_refusals", "busy", "concurrency", "rate")

    def __init__(self, rate: float = 1.0, concurrency: int = 2) -> None:
        self.rate = rate
        self.concurrency = concurrency
        self.busy = 0
        self._next = 0.0
        self._closed_until = 0.0
        self._refusals = 0

    def free_at(self, *, confirming: bool = False) -> float | None:
        """Give the earliest moment for the next look; None while every place is taken.

        A confirming look may borrow one token: it starts one spacing earlier, and the look after it pays.
        """
        if self.busy >= self.concurrency:
            return None
        ready = self._next - (1.0 / self.rate if confirming else 0.0)
        return max(ready, self._closed_until)

    def adopt(self, rate: float, concurrency: int) -> None:
        """Go on with other manners; a faster rate holds from the next look on."""
        if rate > self.rate:
            self._next -= 1.0 / self.rate - 1.0 / rate
        self.rate, self.concurrency = rate, concurrency

    def start(self, now: float) -> None:
        """Take a place and a token."""
        spacing = 1.0 / self.rate
        self.busy += 1
        self._next = max(self._next, now - min(_SLACK, spacing)) + spacing

    def finish(self) -> None:
        """Give the place back."""
        self.busy -= 1

    def push_back(self, now: float, retry_after: float | None = None) -> float:
        """Close after a refusal, longer each time, or as long as the host asked; give the seconds."""
        wait = min(BACK_OFF_CAP, BACK_OFF_FIRST * 2.0 ** min(self._refusals, 10))
        if now >= self._closed_until:  # answers to looks already under way are the same refusal
            self._refusals += 1
        wait = min(BACK_OFF_CAP, max(wait, retry_after or 0.0))
        self._closed_until = max(self._closed_until, now + wait)
        return self._closed_until - now

    def relax(self) -> None:
        """Forget past refusals after a good answer."""
        self._refusals = 0

    def closed_for(self, now: float) -> float:
        """Give the seconds this host is still left alone; 0 when it is open."""
        return max(0.0, self._closed_until - now)
