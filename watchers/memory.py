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

Stretch = tuple[int, int, int, bytes]  # where it began, its length, its checksum, its first bytes


@dataclass(slots=True)
class Memory:
    """The result of the last full reading and the marks of the bytes it rested on."""

    reading: Reading
    validators: Validators
    fetched_at: float  # monotonic seconds of the last full fetch
    final_url: str
    length: int
    mark: int
    stretches: tuple[Stretch, ...]
    data_blocks: int

    @classmethod
    def of(cls, reading: Reading, body: bytes, validators: Validators, now: float, final_url: str) -> Memory:
        """Remember a conclusive reading of `body`."""
        stretches = tuple(_stretch(body, begin, end) for begin, end in reading.spans)
        lean = replace(reading, spans=())
        mark, blocks = crc32(body), body.count(_DATA) if stretches else 0
        return cls(lean, validators, now, final_url, len(body), mark, stretches, blocks)

    def same_body(self, body: bytes) -> bool:
        """True when the whole page is what it was: reading is a pure function of it."""
        return len(body) == self.length and crc32(body) == self.mark

    def same_no(self, body: bytes) -> bool:
        """True when a "no" may be repeated: every stretch it rested on stands in the page, byte for byte."""
        if not self.stretches:
            return False
        moved = len(body) - self.length
        return (
            all(_stands(body, stretch, moved) for stretch in self.stretches) and body.count(_DATA) == self.data_blocks
        )


def _stretch(body: bytes, begin: int, end: int) -> Stretch:
    return begin, end - begin, crc32(memoryview(body)[begin:end]), body[begin : begin + min(_LEAD, end - begin)]


def _stands(body: bytes, stretch: Stretch, moved: int) -> bool:
    begin, length, mark, lead = stretch
    return any(crc32(memoryview(body)[at : at + length]) == mark for at in _places(body, begin, moved, lead) if at >= 0)


def _places(body: bytes, begin: int, moved: int, lead: bytes) -> Iterable[int]:
    """Yield where a stretch may stand now: where it stood, near it, anywhere."""
    for at in (begin, begin + moved):
        if body.startswith(lead, max(0, at)):
            yield max(0, at)
    yield body.find(lead, max(0, begin - _NEAR), begin + _NEAR)
    yield body.find(lead)
