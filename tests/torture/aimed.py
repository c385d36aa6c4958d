"""A web hook that speaks raw HTTP and calls back at each step of a message, so that a kill can be aimed at it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Self

STEPS = ("connect", "headers", "body", "before reply", "after reply")


class AimedHook:
    """Takes what `json://` sends; `aim` is called once, at the step named, for a message after `arm`."""

    def __init__(self) -> None:
        self.port = 0
        self.texts: list[str] = []  # title and body of all that was read whole
        self.reached: list[str] = []  # the steps at which `aim` was called
        self._step = ""
        self._aim: Callable[[], None] = lambda: None

    def url(self) -> str:
        """Give the channel's URL."""
        return f"json://127.0.0.1:{self.port}/hook"

    def arm(self, step: str, aim: Callable[[], None]) -> None:
        """Call `aim` when the next message reaches this step."""
        self._step, self._aim = step, aim

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._take, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    def _at(self, step: str) -> bool:
        if step != self._step:
            return False
        self._step = ""
        self.reached.append(step)
        self._aim()
        return True

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            self._at("connect")
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            self._at("headers")
            length = int(head.partition("content-length:")[2].partition("\r\n")[0])
            raw = json.loads(await reader.readexactly(length))
            self.texts.append(f"{raw['title']}\n{raw['message']}")
            self._at("body")
            await asyncio.sleep(0.01)  # the next step is a moment later
            self._at("before reply")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
            await writer.drain()
            self._at("after reply")
        with contextlib.suppress(OSError):
            writer.close()
