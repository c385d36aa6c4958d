"""Chance, kept out of the pure core: the short names of events."""

from __future__ import annotations

import secrets

ALPHABET = "abcdefghijklmnopqrstuvwxyz23456789"  # no 0 and 1: they are read as o and l
LENGTH = 6


def new_event_id() -> str:
    """Give six characters of a-z and 2-9 that nobody can foresee; the database refuses the rare double."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
