"""Being asked to stop while still starting: light enough to be set up before the service is imported."""

from __future__ import annotations

import os
import signal
from types import FrameType

from monitor.commands.faults import Exit

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def listen_early() -> None:
    """From now on a signal ends the process with exit code 0; the running service takes the signals over."""
    for number in SIGNALS:
        signal.signal(number, _leave)


def listen_late() -> None:
    """From now on, everything being closed, a signal ends what is left of the process at once, with exit code 0."""
    for number in SIGNALS:
        signal.signal(number, lambda *_: os._exit(Exit.OK))


def _leave(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(Exit.OK)
