"""What Apprise says while one thread sends: heard by us, and by nobody else.

Its lines carry web-hook paths, topics and whole payloads. In a sending thread they go to the listener and stop there,
whatever the level of any logger; of other threads only warnings pass, as before.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_MOST_LINES = 50
_QUIET = ("urllib3", "urllib3.connectionpool", "requests")  # below Apprise; they print addresses too
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


class _Level:
    """Keeps Apprise at DEBUG while any thread listens: only there does it tell why a send failed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners = 0
        self._before = logging.NOTSET

    def lower(self, logger: logging.Logger) -> None:
        with self._lock:
            if self._listeners == 0:
                self._before = logger.level
            self._listeners += 1
            logger.setLevel(logging.DEBUG)

    def restore(self, logger: logging.Logger) -> None:
        with self._lock:
            self._listeners -= 1
            if self._listeners == 0:
                logger.setLevel(max(self._before, logging.WARNING))


_hush = _Hush()
_level = _Level()


def install() -> None:
    """Set the filter, and quieten the libraries below Apprise; calling it again is free."""
    logger = logging.getLogger("apprise")
    if _hush not in logger.filters:
        logger.addFilter(_hush)
    for name in _QUIET:
        if logging.getLogger(name).level < logging.ERROR:
            logging.getLogger(name).setLevel(logging.ERROR)


@contextmanager
def listening() -> Iterator[list[tuple[int, str]]]:
    """Give the list into which this thread's lines fall, as (level, text), while the block runs."""
    install()
    logger = logging.getLogger("apprise")
    before = getattr(_here, "lines", None)
    lines: list[tuple[int, str]] = []
    _here.lines = lines
    _level.lower(logger)
    try:
        yield lines
    finally:
        _level.restore(logger)
        _here.lines = before
