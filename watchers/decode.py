"""Bodies unpacked within limits: bytes on the wire and bytes unpacked are both counted as they pass (reliability.md, F1)."""

from __future__ import annotations

import zlib
from typing import Protocol

import brotli
from backports import zstd

from watchers.faults import FetchError
from watchers.model import Cause, Limits

try:
    from isal import isal_zlib as gunzip  # a third of zlib's time
except ImportError:  # no wheel for this processor
    gunzip = zlib

ACCEPTED = "gzip, zstd, br, deflate"  # as the request names them; gzip first, for isal unpacks it fastest
FREE = 1024 * 1024  # unpacked bytes before the ratio counts: short pages of repeats are honest
MEMBERS = 1000  # of one gzip or zstd body: each costs time even when it holds nothing
STEP = 64 * 1024  # input is taken in steps so that no member copies a long rest
_WINDOW = {zstd.DecompressionParameter.window_log_max: 23}  # 8 MiB, the most a web server may use: RFC 9659
_DAMAGED = (zlib.error, gunzip.error, brotli.error, zstd.ZstdError, EOFError)


class _Overflow(Exception):
    """More came out than there was room for."""


class _Codec(Protocol):
    """Unpacks one content coding."""

    def unpack(self, data: bytes, room: int) -> bytes:
        """Return what `data` unpacks to; _Overflow beyond `room` bytes, one of _DAMAGED for nonsense."""

    @property
    def whole(self) -> bool:
        """Whether the end of the stream was seen."""


class _Gzip:
    """Gzip, of one member or several; padding behind the last member is ignored, as browsers do."""

    def __init__(self) -> None:
        self._member = gunzip.decompressobj(31)
        self._members = 1
        self._rest = b""  # a byte that may begin another member
        self._padding = False

    def unpack(self, data: bytes, room: int) -> bytes:
        if self._padding:
            return b""
        if self._member.eof:
            data = self._rest + data
            return self._next(data, room)
        piece: bytes = self._member.decompress(data, room + 1)
        if len(piece) > room:
            raise _Overflow
        if self._member.eof and self._member.unused_data:
            piece += self._next(self._member.unused_data, room - len(piece))
        return piece

    def _next(self, data: bytes, room: int) -> bytes:
        """Unpack the members that begin with `data`; a loop, since there may be many."""
        pieces: list[bytes] = []
        while data:
            self._rest = b""
            if data == b"\x1f":
                self._rest = data
                break
            if data[:2] != b"\x1f\x8b":
                self._padding = True
                break
            self._members += 1
            if self._members > MEMBERS:
                raise _Overflow
            self._member = gunzip.decompressobj(31)
            piece: bytes = self._member.decompress(data, room + 1)
            if len(piece) > room:
                raise _Overflow
            room -= len(piece)
            pieces.append(piece)
            data = self._member.unused_data if self._member.eof else b""
        return b"".join(pieces)

    @property
    def whole(self) -> bool:
        return bool(self._member.eof) and not self._rest


class _Deflate:
    """Deflate as the standard has it (in a zlib wrapper) and as some servers send it (bare)."""

    def __init__(self) -> None:
        self._head = b""
        self._stream: zlib._Decompress | None = None

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


class _Zstd:
    """Zstandard, of one frame or several."""

    def __init__(self) -> None:
        self._frame = zstd.ZstdDecompressor(options=_WINDOW)
        self._frames = 1

    def unpack(self, data: bytes, room: int) -> bytes:
        pieces: list[bytes] = []
        while True:
            if self._frame.eof:
                if not data:
                    break
                self._frames += 1
                if self._frames > MEMBERS:
                    raise _Overflow
                self._frame = zstd.ZstdDecompressor(options=_WINDOW)
            piece = self._frame.decompress(data, max_length=room + 1)
            if len(piece) > room:
                raise _Overflow
            room -= len(piece)
            pieces.append(piece)
            if not self._frame.eof:
                break
            data = self._frame.unused_data
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    @property
    def whole(self) -> bool:
        return self._frame.eof


_CODECS: dict[str, type[_Codec]] = {
    "gzip": _Gzip,
    "x-gzip": _Gzip,
    "deflate": _Deflate,
    "br": _Brotli,
    "zstd": _Zstd,
}


class Body:
    """One answer's body while it arrives: unpacked, counted on both sides, and known to be whole or not.

    Raises FetchError: `too_big` past a limit, `http` for an unknown coding or nonsense, `truncated` for an early end.
    """

    __slots__ = ("_codec", "_coding", "_limits", "_parts", "size", "wire")

    def __init__(self, coding: str, limits: Limits) -> None:
        self._limits = limits
        self._parts: list[bytes] = []
        self._coding = coding.strip().lower()
        self.wire = 0  # bytes as sent
        self.size = 0  # bytes unpacked
        self._codec: _Codec | None = None
        if self._coding and self._coding != "identity":
            kind = _CODECS.get(self._coding)
            if kind is None:
                raise FetchError(Cause.HTTP, f'the page is packed as "{self._coding[:40]}", which we cannot unpack')
            self._codec = kind()

    def feed(self, data: bytes) -> None:
        """Take the next bytes off the wire."""
        limits = self._limits
        self.wire += len(data)
        if self.wire > limits.max_wire:
            raise FetchError(Cause.TOO_BIG, f"the page is larger than {_mib(limits.max_wire)} on the wire")
        if self._codec is None:
            self._keep(data, limits.max_body)
            return
        by_ratio = max(FREE, int(limits.max_ratio * self.wire))
        if len(data) <= STEP:
            self._keep(self._unpack(self._codec, data, by_ratio), by_ratio)
            return
        for start in range(0, len(data), STEP):
            self._keep(self._unpack(self._codec, data[start : start + STEP], by_ratio), by_ratio)

    def finish(self) -> bytes:
        """Return the whole body; FetchError(truncated) when its coding has not come to its end."""
        if self._codec is not None and self.wire and not self._codec.whole:
            raise FetchError(Cause.TRUNCATED, f"the {self._coding} data of the page breaks off before its end")
        return self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)

    def _unpack(self, codec: _Codec, data: bytes, by_ratio: int) -> bytes:
        room = min(self._limits.max_body, by_ratio) - self.size
        try:
            return codec.unpack(data, room)
        except _Overflow:
            raise self._too_big(by_ratio) from None
        except _DAMAGED:
            raise FetchError(Cause.HTTP, f"the page says it is packed as {self._coding}, but it is not") from None

    def _keep(self, piece: bytes, limit: int) -> None:
        self.size += len(piece)
        if self.size > min(limit, self._limits.max_body):
            raise self._too_big(limit)
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
