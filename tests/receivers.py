"""Real places for messages to arrive, on this machine: a JSON web hook, an ntfy server, a mail server.

Each is an async context manager, keeps what arrived in `received`, and can be told to misbehave: `acts` are played once
each, in order; then `usual` holds.
"""

from __future__ import annotations

import asyncio
import email
import email.policy
import json
import time
import warnings
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from typing import Any, Self

from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope, Session

from notifiers.channel import warm_up

with (
    warnings.catch_warnings()
):  # Apprise 2.2 imports imghdr, which Python 3.11 deprecates; loaded once, it stays loaded
    warnings.simplefilter("ignore", DeprecationWarning)
    warm_up()


@dataclass(frozen=True)
class Act:
    """How one message is met; seconds."""

    status: int = 200
    delay: float = 0.0
    hang: bool = False  # read the message, never answer
    drip: float = 0.0  # answer one byte in so many seconds, for ever
    cut: bool = False  # read the message, then close without an answer
    headers: dict[str, str] = field(default_factory=dict)
    body: str = "{}"


OK = Act()
HANG = Act(hang=True)
CUT = Act(cut=True)
LOGIN = Act(302, headers={"Location": "/login"}, body="")
TOO_MANY = Act(429, headers={"Retry-After": "60"})


@dataclass(frozen=True)
class Received:
    """One message as it arrived."""

    title: str
    body: str
    at: float  # monotonic seconds, when it was read
    accepted: bool  # answered with a success
    path: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    raw: dict[str, Any] = field(default_factory=dict)


class _Receiver:
    def __init__(self, *acts: Act, usual: Act = OK) -> None:
        self.acts = deque(acts)
        self.usual = usual
        self.received: list[Received] = []
        self.port = 0
        self._news = asyncio.Condition()

    @property
    def accepted(self) -> list[Received]:
        """Give what was answered with a success."""
        return [one for one in self.received if one.accepted]

    async def wait_for(self, count: int, *, accepted: bool = False, seconds: float = 10.0) -> list[Received]:
        """Wait until so many messages arrived; TimeoutError otherwise."""

        def found() -> list[Received]:
            return self.accepted if accepted else self.received

        async with asyncio.timeout(seconds), self._news:
            await self._news.wait_for(lambda: len(found()) >= count)
        return found()

    def _act(self) -> Act:
        return self.acts.popleft() if self.acts else self.usual

    async def _keep(self, one: Received) -> None:
        self.received.append(one)
        await self._tell()

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()


class _HttpReceiver(_Receiver):
    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/login", self._login)
        app.router.add_route("*", "/{path:.*}", self._take)
        self._runner = web.AppRunner(app, shutdown_timeout=0.05, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    def parse(self, request: web.Request, text: str) -> Received:
        raise NotImplementedError

    async def _login(self, request: web.Request) -> web.Response:
        return web.Response(text="<form>please log in</form>", content_type="text/html")

    async def _take(self, request: web.Request) -> web.StreamResponse:
        text = await request.text()
        act = self._act()
        good = 200 <= act.status < 300 and not (act.hang or act.cut or act.drip)
        if act.delay:
            await asyncio.sleep(act.delay)
        await self._keep(replace(self.parse(request, text), accepted=good, headers=dict(request.headers)))
        if act.hang:
            await asyncio.Event().wait()
        if act.cut:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if act.drip:
            answer = web.StreamResponse(headers={"Content-Length": "1000000"})
            await answer.prepare(request)
            while True:
                await answer.write(b" ")
                await asyncio.sleep(act.drip)
        return web.Response(
            status=act.status,
            text=act.body,
            headers={"Content-Type": "application/json", **act.headers},
        )


class JsonReceiver(_HttpReceiver):
    """What `json://` talks to."""

    def url(self, path: str = "/hook") -> str:
        """Give the channel's URL."""
        return f"json://127.0.0.1:{self.port}{path}"

    def parse(self, request: web.Request, text: str) -> Received:
        raw = json.loads(text)
        return Received(raw.get("title", ""), raw.get("message", ""), time.monotonic(), False, request.path, raw=raw)


class NtfyReceiver(_HttpReceiver):
    """What `ntfy://` talks to; headers are kept, since priority and click target travel there."""

    def url(self, topic: str = "restock") -> str:
        """Give the channel's URL."""
        return f"ntfy://127.0.0.1:{self.port}/{topic}"

    def parse(self, request: web.Request, text: str) -> Received:
        raw = json.loads(text)
        return Received(raw.get("title", ""), raw.get("message", ""), time.monotonic(), False, raw["topic"], raw=raw)


class MailReceiver(_Receiver):
    """What `mailto://` talks to; an act's status 200 is 250, others are said as they are."""

    def url(self, to: str = "me@example.com") -> str:
        """Give the channel's URL."""
        return f"mailto://127.0.0.1:{self.port}?mode=insecure&from=restock@example.com&to={to}"

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._open: set[asyncio.Transport] = set()

        def protocol() -> SMTP:
            return SMTP(self, hostname="localhost", loop=loop, enable_SMTPUTF8=True)

        self._server = await loop.create_server(protocol, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        act = self._act()
        content = envelope.content
        message = email.message_from_bytes(
            content if isinstance(content, bytes) else (content or "").encode(), policy=email.policy.default
        )
        assert isinstance(message, EmailMessage)
        part = message.get_body(("plain",))
        text = part.get_content() if part is not None else ""
        good = act.status == 200 and not (act.hang or act.cut)
        await asyncio.sleep(act.delay)
        await self._keep(
            Received(
                str(message["Subject"]),
                text,
                time.monotonic(),
                good,
                ",".join(envelope.rcpt_tos),
                {name: str(value) for name, value in message.items()},
            )
        )
        if act.hang:
            await asyncio.sleep(30)
        if act.cut:
            assert server.transport is not None
            server.transport.abort()
        return "250 OK" if act.status == 200 else f"{act.status} not now"


def bodies(received: Iterable[Received]) -> list[str]:
    """Give the texts, for comparing."""
    return [one.body.strip() for one in received]
