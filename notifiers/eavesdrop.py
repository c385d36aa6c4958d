"""What Apprise says while one thread sends: heard by us, and by nobody else.

Its lines carry web-hook paths, topics and whole payloads. In a sending thread they go to the listener and stop there,
whatever the level of any logger; other threads see its warnings as before.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_MOST_LINES = 50
_here = threading.local()


class _Hush(logging.Filter):
    """Stands on the logger itself, so no handler and no parent sees what it stops."""

    def filter(self, record: logging.LogRecord) -> bool:
        lines: list[tuple[int, str]] | None = getattr(_here, "lines", None)
        if lines is None:
            return record.levelno >= logging.WARNING
        if len(lines) < _MOST_LINES:
            lines.append((record.levelno, record.getMessage()))
        return False


_hush = _Hush()


def install() -> None:
    """Set the filter, once; libraries below Apprise print addresses too and are kept quiet."""
    logger = logging.getLogger("apprise")
    if _hush not in logger.filters:
        logger.addFilter(_hush)
    for name in ("urllib3", "urllib3.connectionpool", "requests"):
        logging.getLogger(name).setLevel(logging.ERROR)


@contextmanager
def listening() -> Iterator[list[tuple[int, str]]]:
    """Give the list into which this thread's lines fall while the block runs."""
    install()
    logging.getLogger("apprise").setLevel(logging.DEBUG)  # the reason of a failure is told at DEBUG only
    before = getattr(_here, "lines", None)
    lines: list[tuple[int, str]] = []
    _here.lines = lines
    try:
        yield lines
    finally:
        _here.lines = before
