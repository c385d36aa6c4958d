"""Being asked to stop while still starting: light enough to be set up before the service is imported."""

from __future__ import annotations

import signal
from types import FrameType

from monitor.commands.faults import Exit

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def listen_early() -> None:
    """From now on a signal ends the process with exit code 0; the running service takes the signals over."""
    for number in SIGNALS:
        signal.signal(number, _leave)


def _leave(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(Exit.OK)
