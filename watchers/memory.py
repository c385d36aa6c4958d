"""What the last look at a listing left behind, so that an unchanged page is not read again.

Kept small, because ten thousand listings keep one each: hashes and the short result, never the page.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from watchers.model import Reading, Validators

_LEAD = 96  # bytes that find the block again in a changed page


@dataclass(slots=True)
class Memory:
    """The result of the last full reading and the marks of the bytes it rested on."""

    reading: Reading
    validators: Validators
    read_at: float  # monotonic seconds of the last full reading
    fetched_at: float  # monotonic seconds of the last full fetch
    length: int
    mark: int
    lead: bytes
    block_length: int
    block_mark: int
    final_url: str

    @classmethod
    def of(cls, reading: Reading, body: bytes, validators: Validators, now: float, final_url: str) -> Memory:
        """Remember a conclusive reading of `body`."""
        lead, length, mark = b"", 0, 0
        if reading.block is not None:
            begin, end = reading.block
            lead, length = body[begin : begin + _LEAD], end - begin
            mark = zlib.crc32(memoryview(body)[begin:end])
        return cls(reading, validators, now, now, len(body), zlib.crc32(body), lead, length, mark, final_url)

    def same_body(self, body: bytes) -> bool:
        """True when the whole page is what it was: reading is a pure function of it."""
        return len(body) == self.length and zlib.crc32(body) == self.mark

    def same_no(self, body: bytes) -> bool:
        """True when a "no" may be repeated: its whole block still stands in the page, once, byte for byte."""
        if not self.block_length:
            return False
        begin = body.find(self.lead)
        if begin < 0 or body.find(self.lead, begin + 1) >= 0:
            return False
        block = memoryview(body)[begin : begin + self.block_length]
        return len(block) == self.block_length and zlib.crc32(block) == self.block_mark
