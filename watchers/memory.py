"""What the last look at a listing left behind, so that an unchanged page is not read again.

Kept small, because ten thousand listings keep one each: checksums and the short result, never the page.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from watchers.model import Reading, Validators

try:
    from isal.isal_zlib import crc32  # five times as fast, where it exists
except ImportError:
    from zlib import crc32

_LEAD = 64  # bytes that find a stretch again in a changed page
_NEAR = 2_048  # how far a stretch may move before the whole page is searched for it
_DATA = b"ld+json"  # a page that gains or loses structured data is another page
# Markup that may hide what it holds; more or less of it before a stretch, and the stretch may no longer be seen.
_VEILS = (b"hidden", b"display:none", b"display: none", b"<template", b"<!--", b"<noscript", b"<dialog")

Stretch = tuple[int, int, int, bytes]  # where it began, its length, its checksum, its first bytes


@dataclass(slots=True)
class Memory:
    """The result of the last full reading and the marks of the bytes it rested on."""

    reading: Reading
    validators: Validators
    read_at: float  # monotonic seconds of the last full reading
    final_url: str
    length: int
    mark: int
    stretches: tuple[Stretch, ...]
    telltales: tuple[int, ...]  # pieces of structured data in the page, of each veil before the last stretch

    @classmethod
    def of(cls, reading: Reading, body: bytes, validators: Validators, now: float, final_url: str) -> Memory:
        """Remember a conclusive reading of `body`."""
        stretches = tuple(_stretch(body, begin, end) for begin, end in reading.spans)
        lean = replace(reading, spans=())
        telltales = _count(body, max(begin for begin, *_ in stretches)) if stretches else ()
        return cls(lean, validators, now, final_url, len(body), crc32(body), stretches, telltales)

    def same_body(self, body: bytes) -> bool:
        """True when the whole page is what it was: reading is a pure function of it."""
        return len(body) == self.length and crc32(body) == self.mark

    def same_no(self, body: bytes) -> bool:
        """True when a "no" may be repeated: every stretch it rested on stands in the page, byte for byte."""
        if not self.stretches:
            return False
        moved, last = len(body) - self.length, 0
        for stretch in self.stretches:
            at = _stands(body, stretch, moved)
            if at is None:
                return False
            last = max(last, at)
        return _count(body, last) == self.telltales


def _count(body: bytes, end: int) -> tuple[int, ...]:
    return body.count(_DATA), *(body.count(veil, 0, end) for veil in _VEILS)


def _stretch(body: bytes, begin: int, end: int) -> Stretch:
    return begin, end - begin, crc32(memoryview(body)[begin:end]), body[begin : begin + min(_LEAD, end - begin)]


def _stands(body: bytes, stretch: Stretch, moved: int) -> int | None:
    begin, length, mark, lead = stretch
    for at in _places(body, begin, moved, lead):
        if at >= 0 and crc32(memoryview(body)[at : at + length]) == mark:
            return at
    return None


def _places(body: bytes, begin: int, moved: int, lead: bytes) -> Iterable[int]:
    """Yield where a stretch may stand now: where it stood, near it, anywhere."""
    for at in (begin, begin + moved):
        if body.startswith(lead, max(0, at)):
            yield max(0, at)
    yield body.find(lead, max(0, begin - _NEAR), begin + _NEAR)
    yield body.find(lead)
