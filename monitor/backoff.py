"""When to try again: a delivery by its attempts, a channel by its refusals, a crowd of news by its rate."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from monitor.settings import RetrySettings

_WINDOW_S = 60.0  # in which `burst` single messages are let through
_DIGEST_GAP_S = 3.0  # between two digests, so that each has something to hold


def delay(attempts: int, settings: RetrySettings, chance: Callable[[], float]) -> float:
    """Give the seconds until the next try after so many failed ones; `chance` gives 0 to 1."""
    base = settings.delays[min(max(attempts, 1), len(settings.delays)) - 1].total_seconds()
    return base * (1.0 + settings.jitter * (2.0 * chance() - 1.0))


def doubtful_delay(wait: float, doubtful: int, settings: RetrySettings) -> float:
    """Stretch a delay after sends that may have arrived: whoever answers late is not rung again and again.

    The first repeat comes after the ordinary delay; then the wait doubles from the pause of a channel up to its cap.
    """
    if doubtful < 2:
        return wait
    stretched = settings.pause.total_seconds() * 2.0 ** min(doubtful - 2, 20)
    return max(wait, min(stretched, settings.pause_cap.total_seconds()))


def longest_delay(settings: RetrySettings) -> float:
    """Give the seconds that no stored due time may lie ahead, whatever the clock did meanwhile."""
    return max(pause.total_seconds() for pause in settings.delays) * (1.0 + settings.jitter)


class Refusals:
    """Pauses a channel that refuses one message after another; seconds of the monotonic clock.

    One message that fails for ever keeps to its own delays: only different ones, refused in a row, blame the channel.
    """

    def __init__(self, settings: RetrySettings) -> None:
        self._settings = settings
        self._refused: set[Hashable] = set()
        self._pause = 0.0
        self.in_row = 0
        self.until = 0.0

    def refused(self, message: Hashable, now: float) -> float:
        """Count a failed send of a message; give the seconds of the pause it starts, 0 for none."""
        self._refused.add(message)
        self.in_row += 1
        if len(self._refused) < self._settings.pause_after:
            return 0.0
        cap = self._settings.pause_cap.total_seconds()
        self._pause = min(self._pause * 2 or self._settings.pause.total_seconds(), cap)
        self.until = now + self._pause
        return self._pause

    def accepted(self) -> bool:
        """Forget all refusals; True when there were any."""
        recovering = self.in_row > 0
        self._refused.clear()
        self._pause, self.in_row, self.until = 0.0, 0, 0.0
        return recovering


class Burst:
    """Lets a burst of single messages through, then asks for digests; seconds of the monotonic clock."""

    def __init__(self, size: int) -> None:
        self._size = max(1, size)
        self._tokens = float(self._size)
        self._at = 0.0
        self._last = float("-inf")

    def single(self, now: float) -> bool:
        """True while the next message may hold one piece of news alone."""
        self._fill(now)
        return self._tokens >= 1.0

    def ready_at(self, now: float) -> float:
        """Give when the next message may go: at once, or after the gap that lets a digest fill."""
        return now if self.single(now) else self._last + _DIGEST_GAP_S

    def sent(self, now: float, *, more: bool = False) -> None:
        """Count an accepted message; `more` says that the rest of the same digest follows at once."""
        self._fill(now)
        self._tokens = max(0.0, self._tokens - 1.0)
        self._last = float("-inf") if more else now

    def _fill(self, now: float) -> None:
        self._tokens = min(float(self._size), self._tokens + max(0.0, now - self._at) * self._size / _WINDOW_S)
        self._at = now
