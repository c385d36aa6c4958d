"""Keeping a process that runs for months small: memory that was freed goes back to the system."""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Callable
from functools import cache


def settle_in() -> None:
    """Take what was loaded at the start out of the collector's rounds; it lives as long as the process."""
    gc.collect()
    gc.freeze()


def give_back() -> None:
    """Return freed memory to the system, where the C library keeps it (glibc does: half of a busy start's peak).

    Takes milliseconds; call it in a thread.
    """
    trim = _trim()
    if trim is not None:
        trim(0)


@cache
def _trim() -> Callable[[int], int] | None:
    if not sys.platform.startswith("linux"):
        return None
    try:
        found: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):  # another C library than glibc
        return None
    return found
