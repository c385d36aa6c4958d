"""What the last look at a listing left behind, so that an unchanged page is not read again.

Kept small, because ten thousand listings keep one each: checksums and the short result, never the page.

A "no" is repeated while every stretch it rested on stands in the page, byte for byte, or, read alone, still says the same
no (see `readers/slices.py`): amounts, tokens and counters in a product block change at every look. Both rest on what
`readers/span.py` says: while a refusal stands there no other change can make a yes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from watchers.model import Reading, Validators
from watchers.page import Page
from watchers.readers.slices import MOST_BYTES, data_mark, idle_mark, said_in

try:
    from isal.isal_zlib import crc32  # five times as fast, where it exists
except ImportError:
    from zlib import crc32

_LEAD = 64  # bytes that find a stretch again in a changed page
_NEAR = 2_048  # how far a stretch may move before the whole page is searched for it
_DATA = b"ld+json"  # a page that gains or loses structured data is another page
_CLOSES, _OPENING = b"</script", 300  # around the content of a script; bytes its opening tag may have
# Markup that may hide what it holds; more or less of it before a stretch, and the stretch may no longer be seen.
_VEILS = (b"hidden", b"display:none", b"display: none", b"<template", b"<!--", b"<noscript", b"<dialog")


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a page that a "no" rested on: where it stood, how to find it again, and what it said."""

    begin: int
    length: int
    mark: int  # checksum of its bytes
    lead: bytes  # its first bytes, and its last: between them it may change
    tail: bytes
    is_data: bool  # the content of a script element with structured data
    idle: int  # a mark that amounts of money do not change
    said: int | None  # what it says of stock, read alone; None where that is no plain no

    @classmethod
    def of(cls, body: bytes, begin: int, end: int, encoding: str) -> Stretch:
        """Remember the bytes from `begin` to `end`."""
        part = body[begin:end]
        is_data = _DATA in body[max(0, begin - _OPENING) : begin].rpartition(b"<")[2] and body.startswith(_CLOSES, end)
        said = data_mark(part) if is_data else said_in(part, encoding)
        tail = b"" if is_data else part[-_LEAD:]
        idle = 0 if is_data else idle_mark(part)
        return cls(begin, end - begin, crc32(part), part[:_LEAD], tail, is_data, idle, said)

    def stands(self, body: bytes, moved: int) -> int | None:
        """Return where the very same bytes stand, None where they do not."""
        for at in self._places(body, moved):
            if crc32(memoryview(body)[at : at + self.length]) == self.mark:
                return at
        return None

    def still_says(self, body: bytes, moved: int, encoding: str) -> int | None:
        """Return where a changed stretch stands that says of stock what this one did, None where none does."""
        if self.said is None:
            return None
        at = next(iter(self._places(body, moved)), None)
        if at is None:
            return None
        if self.is_data:
            end = body.find(_CLOSES, at)
            return at if end >= 0 and data_mark(body[at:end]) == self.said else None
        end = body.find(self.tail, at, at + self.length + MOST_BYTES)
        if end < 0:
            return None
        part = body[at : end + len(self.tail)]
        if encoding == "utf-8" and idle_mark(part) == self.idle:
            return at
        return at if said_in(part, encoding) == self.said else None

    def _places(self, body: bytes, moved: int) -> Iterable[int]:
        """Yield where it may stand now, each place once: where it stood, near it, anywhere."""
        tried: set[int] = {-1}
        for at in self._candidates(body, moved):
            if at not in tried:
                tried.add(at)
                yield at

    def _candidates(self, body: bytes, moved: int) -> Iterable[int]:
        for at in (self.begin, self.begin + moved):
            if body.startswith(self.lead, max(0, at)):
                yield max(0, at)
        yield body.find(self.lead, max(0, self.begin - _NEAR), self.begin + _NEAR)
        yield body.find(self.lead)


@dataclass(slots=True)
class Memory:
    """The result of the last full reading and the marks of the bytes it rested on."""

    reading: Reading
    validators: Validators
    read_at: float  # monotonic seconds of the last full reading
    final_url: str
    length: int
    mark: int
    encoding: str
    stretches: tuple[Stretch, ...]
    telltales: tuple[int, ...]  # pieces of structured data in the page, of each veil before the last stretch

    @classmethod
    def of(cls, reading: Reading, page: Page, validators: Validators, now: float) -> Memory:
        """Remember a conclusive reading of a page."""
        body, encoding = page.body, page.encoding
        stretches = tuple(Stretch.of(body, begin, end, encoding) for begin, end in reading.spans)
        lean = replace(reading, spans=())
        telltales = _count(body, max(one.begin for one in stretches)) if stretches else ()
        return cls(lean, validators, now, page.url, len(body), crc32(body), encoding, stretches, telltales)

    def same_body(self, body: bytes) -> bool:
        """True when the whole page is what it was: reading is a pure function of it."""
        return len(body) == self.length and crc32(body) == self.mark

    def same_no(self, body: bytes) -> bool:
        """True when a "no" may be repeated: every stretch it rested on stands in the page, or says what it said."""
        if not self.stretches:
            return False
        moved, last = len(body) - self.length, 0
        for stretch in self.stretches:
            at = stretch.stands(body, moved)
            if at is None:
                at = stretch.still_says(body, moved, self.encoding)
            if at is None:
                return False
            last = max(last, at)
        return _count(body, last) == self.telltales


def _count(body: bytes, end: int) -> tuple[int, ...]:
    return body.count(_DATA), *(body.count(veil, 0, end) for veil in _VEILS)
