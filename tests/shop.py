"""A scriptable shop on loopback that can do to a client whatever the web does: the truth, lies, cuts, drips and bombs.

    async with Shop() as shop:
        shop.set("/item/1", Reply(product_page(state="in_stock"), encoding="gzip", etag='"v1"'))
        shop.set("/item/2", lambda n: Reply(wall_page(), status=403) if n == 1 else Reply(product_page()))
        ... shop.url("/item/1"), shop.hits("/item/1"), shop.requests[-1].headers["user-agent"]

It speaks raw asyncio, not a web framework, so that every byte on the wire is ours.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import ssl
import time
import zlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from types import TracebackType
from typing import Literal, Self

import brotli
from backports import zstd

from tests.goods import STATES, product_page, soft_404_page, top_page, wall_page

__all__ = ["STATES", "Reply", "Request", "Shop", "product_page", "soft_404_page", "top_page", "wall_page"]

CODECS: Mapping[str, Callable[[bytes], bytes]] = {
    "gzip": lambda body: gzip.compress(body, 6, mtime=0),
    "deflate": lambda body: zlib.compress(body, 6),
    "br": lambda body: brotli.compress(body, quality=4),
    "zstd": lambda body: zstd.compress(body),
}


@dataclass(frozen=True)
class Reply:
    """One answer of the shop."""

    body: bytes | str = b""  # before `encoding`
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)  # added to ours, and winning over them
    content_type: str | None = "text/html; charset=utf-8"
    encoding: str | None = None  # gzip, deflate, br or zstd: applied to the body and named in the headers
    framing: Literal["length", "chunked", "close"] = "length"
    cut_at: int | None = None  # send so many bytes of the encoded body, then close
    abort: bool = False  # with cut_at: close by reset
    delay: float = 0.0  # seconds before the first byte
    drip: tuple[int, float] | None = None  # (bytes, seconds): the body goes out so many bytes a pause
    redirect: str | None = None  # target: a 302 unless `status` is another 3xx
    etag: str | None = None  # as it stands in the header, quotes included; answers 304 to a matching If-None-Match
    last_modified: str | None = None  # answers 304 to an equal If-Modified-Since
    raw: bytes | None = None  # the whole answer, head included, written as it is; then the connection closes

    @cached_property
    def coded(self) -> bytes:
        """The body as it goes over the wire, before chunking."""
        body = self.body.encode() if isinstance(self.body, str) else self.body
        return CODECS[self.encoding](body) if self.encoding else body

    @cached_property
    def head(self) -> bytes:
        """Status line and headers."""
        status = 302 if self.redirect is not None and self.status == 200 else self.status
        lines: dict[str, str] = {}
        if self.content_type:
            lines["Content-Type"] = self.content_type
        if self.encoding:
            lines["Content-Encoding"] = self.encoding
        if self.framing == "length":
            lines["Content-Length"] = str(len(self.coded))
        elif self.framing == "chunked":
            lines["Transfer-Encoding"] = "chunked"
        if self.closes:
            lines["Connection"] = "close"
        if self.redirect is not None:
            lines["Location"] = self.redirect
        lines |= self._validators | dict(self.headers)
        return _head(status, lines)

    @cached_property
    def unchanged(self) -> bytes:
        """The 304 that stands for this answer."""
        return _head(304, self._validators | dict(self.headers))

    @cached_property
    def payload(self) -> bytes:
        """The framed body, whole."""
        if self.framing != "chunked":
            return self.coded
        size = max(1, -(-len(self.coded) // 4))  # four chunks, so that chunk borders fall inside the body
        pieces = [self.coded[i : i + size] for i in range(0, len(self.coded), size)]
        return b"".join(b"%x\r\n%b\r\n" % (len(p), p) for p in pieces) + b"0\r\n\r\n"

    @property
    def closes(self) -> bool:
        """Whether the connection ends with this answer."""
        return self.framing == "close" or self.cut_at is not None or self.raw is not None

    @property
    def _validators(self) -> dict[str, str]:
        pairs = {"ETag": self.etag, "Last-Modified": self.last_modified}
        return {name: value for name, value in pairs.items() if value is not None}


@dataclass(frozen=True)
class Request:
    """One request as the shop saw it."""

    method: str
    path: str  # without the query
    target: str  # as asked, query included
    headers: Mapping[str, str]  # lower-case names
    at: float  # time.monotonic()


Script = Reply | Callable[[int], Reply]


class Shop:
    """A shop on a free loopback port; use it as an async context manager."""

    def __init__(self, *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> None:
        self.host, self.port, self.tls = host, 0, tls
        self.requests: list[Request] = []
        self.connections = 0  # ever accepted
        self.keep_requests = True  # False: only count them (for long benchmarks)
        self._scripts: dict[str, Script] = {}
        self._hits: Counter[str] = Counter()
        self._broken: list[Exception] = []
        self._open: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    def url(self, path: str = "/", *, host: str | None = None) -> str:
        """Return the address of a path, under another name of this host if given."""
        return f"{'https' if self.tls else 'http'}://{host or self.host}:{self.port}{path}"

    def set(self, path: str, reply: Script) -> None:
        """Script a path: one reply for ever, or a function from the count of requests to it (1, 2, ...) to a reply."""
        self._scripts[path] = reply

    def hits(self, path: str | None = None) -> int:
        """Count the requests to a path (query ignored), or to all."""
        return self._hits[path] if path is not None else self._hits.total()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, self.host, 0, ssl=self.tls, backlog=1024)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
        await self._server.wait_closed()
        if self._broken and error is None:
            raise self._broken[0]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        self.connections += 1
        try:
            while await self._answer(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client left, or the shop closes
        except Exception as error:  # a script of the test is broken: the test must hear of it
            self._broken.append(error)
        finally:
            self._open.discard(task)
            with contextlib.suppress(OSError):
                writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; return whether the connection lives on."""
        request = _parse(await reader.readuntil(b"\r\n\r\n"))
        if length := int(request.headers.get("content-length", 0)):
            await reader.readexactly(length)
        self._hits[request.path] += 1
        if self.keep_requests:
            self.requests.append(request)
        script = self._scripts.get(request.path, _NOT_FOUND)
        reply = script if isinstance(script, Reply) else script(self._hits[request.path])
        if reply.delay:
            await asyncio.sleep(reply.delay)
        if reply.raw is not None:
            await _write(writer, reply.raw, reply.drip)
            return False
        if _is_unchanged(reply, request):
            writer.write(reply.unchanged)
            return True
        body = b"" if request.method == "HEAD" else reply.payload
        if reply.cut_at is not None:
            body = body[: reply.cut_at]
        if reply.drip is None:
            writer.write(reply.head + body)
            await writer.drain()
        else:
            writer.write(reply.head)
            await _write(writer, body, reply.drip)
        if reply.abort:
            await asyncio.sleep(0.02)  # let what was sent leave first
            writer.transport.abort()
        return not reply.closes and request.headers.get("connection", "").lower() != "close"


_NOT_FOUND = Reply(b"<!DOCTYPE html><html><title>Not found</title><h1>Not found</h1></html>\n", status=404)


async def _write(writer: asyncio.StreamWriter, data: bytes, drip: tuple[int, float] | None) -> None:
    if drip is None:
        writer.write(data)
        await writer.drain()
        return
    size, pause = drip
    for start in range(0, len(data), size):
        writer.write(data[start : start + size])
        await writer.drain()
        await asyncio.sleep(pause)


def _head(status: int, headers: Mapping[str, str]) -> bytes:
    reason = HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "Odd"
    lines = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()  # as UTF-8: servers do send that, whatever the standard says


def _parse(head: bytes) -> Request:
    first, *rest = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    pairs = (line.split(":", 1) for line in rest if line)
    return Request(method, target.partition("?")[0], target, {n.lower(): v.strip() for n, v in pairs}, time.monotonic())


def _is_unchanged(reply: Reply, request: Request) -> bool:
    if reply.status != 200:
        return False
    asked = request.headers.get("if-none-match")
    if asked is not None:  # it outranks the date, as the standard says
        return reply.etag is not None and reply.etag in [tag.strip() for tag in asked.split(",")]
    since = request.headers.get("if-modified-since")
    return since is not None and since == reply.last_modified
