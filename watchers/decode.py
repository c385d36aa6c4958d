"""Bodies unpacked within limits: bytes on the wire and bytes unpacked are both counted as they pass (reliability.md, F1)."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from types import ModuleType
from typing import Any, Protocol

import brotli
from backports import zstd

from watchers.faults import FetchError
from watchers.model import Cause, Limits

gunzip: ModuleType
try:
    from isal import isal_zlib  # half of zlib's time or less

    gunzip = isal_zlib
except ImportError:  # no wheel for this processor
    gunzip = zlib

ACCEPTED = "gzip, zstd, br, deflate"  # as the request names them; gzip first, for isal unpacks it fastest
FREE = 1024 * 1024  # unpacked bytes before the ratio counts: short pages of repeats are honest
MEMBERS = 1000  # of one gzip or zstd body: each costs time even when it holds nothing
STEP = 16 * 1024  # behind the first member input is taken in steps, so that no member copies a long rest
BATCH = 512 * 1024  # wire bytes unpacked at once: most pages are one batch, so nothing is copied twice
_WINDOW: dict[int, int] = {
    zstd.DecompressionParameter.window_log_max: 23
}  # 8 MiB, the most a web server may use: RFC 9659
_DAMAGED: tuple[type[Exception], ...] = (zlib.error, gunzip.error, brotli.error, zstd.ZstdError, EOFError)


class _Overflow(Exception):
    """More came out than there was room for."""


class _TooManyParts(Exception):
    """The body is cut into more members or frames than any honest one."""


class _Codec(Protocol):
    """Unpacks one content coding."""

    def unpack(self, data: bytes, room: int) -> bytes:
        """Return what `data` unpacks to; _Overflow beyond `room` bytes, one of _DAMAGED for nonsense."""

    @property
    def whole(self) -> bool:
        """Whether the end of the stream was seen."""


class _Members:
    """Gzip and Zstandard: one stream, or several one after another."""

    def __init__(self, begin: Callable[[], Any], magic: bytes = b"") -> None:
        self._begin = begin
        self._magic = magic  # what does not begin so behind a member is padding, ignored as browsers do
        self._member = begin()
        self._members = 1
        self._rest = b""  # too short to tell a member from padding
        self._padding = False

    def unpack(self, data: bytes, room: int) -> bytes:
        pieces: list[bytes] = []
        if not self._member.eof:
            piece: bytes = self._member.decompress(data, room + 1)
            if len(piece) > room:
                raise _Overflow
            data = self._member.unused_data if self._member.eof else b""
            if not data:
                return piece
            pieces.append(piece)
            room -= len(piece)
        for start in range(0, len(data), STEP):
            room -= self._more(data[start : start + STEP], pieces, room)
        return b"".join(pieces)

    def _more(self, data: bytes, pieces: list[bytes], room: int) -> int:
        """Unpack what follows a member's end into `pieces` and return its length; a loop, since members may be many."""
        before = room
        while data and not self._padding:
            if self._member.eof:
                data = self._rest + data
                self._rest = b""
                if not data.startswith(self._magic):
                    if self._magic.startswith(data):
                        self._rest = data
                        break
                    self._padding = True
                    break
                self._members += 1
                if self._members > MEMBERS:
                    raise _TooManyParts
                self._member = self._begin()
            piece: bytes = self._member.decompress(data, room + 1)
            if len(piece) > room:
                raise _Overflow
            room -= len(piece)
            pieces.append(piece)
            data = self._member.unused_data if self._member.eof else b""
        return before - room

    @property
    def whole(self) -> bool:
        return bool(self._member.eof) and not self._rest


def _gzip() -> _Members:
    return _Members(lambda: gunzip.decompressobj(31), b"\x1f\x8b")


def _zstd() -> _Members:
    return _Members(lambda: zstd.ZstdDecompressor(options=_WINDOW))


class _Deflate:
    """Deflate as the standard has it (in a zlib wrapper) and as some servers send it (bare)."""

    def __init__(self) -> None:
        self._head = b""
        self._stream: Any = None

    def unpack(self, data: bytes, room: int) -> bytes:
        if self._stream is None:
            self._head += data
            if len(self._head) < 2:
                return b""
            data = self._head
            wrapped = data[0] & 0x0F == 8 and int.from_bytes(data[:2]) % 31 == 0  # RFC 1950, section 2.2
            self._stream = gunzip.decompressobj(15 if wrapped else -15)
        if self._stream.eof:
            return b""
        piece: bytes = self._stream.decompress(data, room + 1)
        if len(piece) > room:
            raise _Overflow
        return piece

    @property
    def whole(self) -> bool:
        return self._stream is not None and bool(self._stream.eof)


class _Brotli:
    """Brotli, RFC 7932."""

    def __init__(self) -> None:
        self._stream = brotli.Decompressor()

    def unpack(self, data: bytes, room: int) -> bytes:
        pieces: list[bytes] = []
        while True:
            piece = self._stream.process(data, output_buffer_limit=room + 1)  # may run over by a buffer's length
            room -= len(piece)
            if room < 0:
                raise _Overflow
            pieces.append(piece)
            data = b""
            if self._stream.is_finished() or self._stream.can_accept_more_data():
                return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    @property
    def whole(self) -> bool:
        return bool(self._stream.is_finished())


_CODECS: dict[str, Callable[[], _Codec]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _Deflate,
    "br": _Brotli,
    "zstd": _zstd,
}


class Body:
    """One answer's body while it arrives: unpacked, counted on both sides, and known to be whole or not.

    Raises FetchError: `too_big` past a limit, `http` for an unknown coding or nonsense, `truncated` for an early end.
    """

    __slots__ = ("_codec", "_coding", "_limits", "_parts", "_waiting", "_waits", "size", "wire")

    def __init__(self, coding: str, limits: Limits) -> None:
        self._limits = limits
        self._parts: list[bytes] = []  # unpacked
        self._waiting: list[bytes] = []  # as sent, to be unpacked in one go
        self._waits = 0  # bytes of it
        self.wire = 0  # bytes as sent
        self.size = 0  # bytes unpacked
        self._codec: _Codec | None = None
        self._coding = coding.strip().lower()
        if self._coding and self._coding != "identity":
            kind = _CODECS.get(self._coding)
            if kind is None:
                raise FetchError(Cause.HTTP, f'the page is packed as "{self._coding[:40]}", which we cannot unpack')
            self._codec = kind()

    def feed(self, data: bytes) -> None:
        """Take the next bytes off the wire."""
        self.wire += len(data)
        if self.wire > self._limits.max_wire:
            raise FetchError(Cause.TOO_BIG, f"the page is larger than {_mib(self._limits.max_wire)} on the wire")
        if self._codec is None:
            self._keep(data)
            return
        self._waiting.append(data)
        self._waits += len(data)
        if self._waits >= BATCH:
            self._unpack(self._codec)

    def finish(self) -> bytes:
        """Return the whole body; FetchError(truncated) when its coding has not come to its end."""
        if self._codec is not None and self.wire:
            self._unpack(self._codec)
            if not self._codec.whole:
                raise FetchError(Cause.TRUNCATED, f"the {self._coding} data of the page breaks off before its end")
        return self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)

    def _unpack(self, codec: _Codec) -> None:
        """Unpack what waits, into what room the limits leave."""
        waiting, self._waiting, self._waits = self._waiting, [], 0
        data = waiting[0] if len(waiting) == 1 else b"".join(waiting)
        by_ratio = max(FREE, int(self._limits.max_ratio * self.wire))
        try:
            self._keep(codec.unpack(data, min(self._limits.max_body, by_ratio) - self.size))
        except _Overflow:
            raise self._too_big(by_ratio) from None
        except _TooManyParts:
            raise FetchError(Cause.TOO_BIG, f"the page is packed in more than {MEMBERS:,} parts") from None
        except _DAMAGED:
            raise FetchError(Cause.HTTP, f"the page says it is packed as {self._coding}, but it is not") from None

    def _keep(self, piece: bytes) -> None:
        self.size += len(piece)
        if self.size > self._limits.max_body:
            raise self._too_big(self._limits.max_body)
        if piece:
            self._parts.append(piece)

    def _too_big(self, by_ratio: int) -> FetchError:
        limits = self._limits
        if self._codec is not None and by_ratio < limits.max_body:
            return FetchError(
                Cause.TOO_BIG, f"the page unpacks to more than {limits.max_ratio:g} times its size on the wire"
            )
        return FetchError(Cause.TOO_BIG, f"the page is larger than {_mib(limits.max_body)} unpacked")


def _mib(size: int) -> str:
    return f"{size / 1024 / 1024:.3g} MiB"
