"""The control socket: lines of JSON in, lines of JSON out, for the owner of the service alone.

Every request has a limit of size and of time, and there are only so many at once, so that nobody can hold the service up.
A socket that cannot be made costs the commands that need it, never the service.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import struct
import sys
from collections.abc import Callable
from pathlib import Path

import structlog

from monitor import control_path
from monitor.control_requests import LIMIT, Answer, Controls, answer

log = structlog.get_logger("restock.control")

_MOST = 16  # callers at once
_PATIENCE_S = 10.0  # for a request to arrive whole, and for its answer to be taken
_WORK_S = 30.0  # for a request to be done


class Control:
    """Serves the control socket of one database."""

    def __init__(self, database: Callable[[], Path], controls: Controls) -> None:
        self._database = database
        self._controls = controls
        self._calls: set[asyncio.Task[None]] = set()

    async def run(self, stopping: asyncio.Event) -> None:
        """Answer until asked to stop; then the socket is gone."""
        try:
            place = control_path.claim(self._database())
        except (OSError, AttributeError) as error:  # AttributeError: a system without such sockets
            log.warning("control.unavailable", cause=str(error))
            await stopping.wait()
            return
        try:
            async with asyncio.TaskGroup() as group:

                def called(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                    call = group.create_task(self._call(reader, writer), name="control:call")
                    self._calls.add(call)
                    call.add_done_callback(self._calls.discard)

                server = await asyncio.start_unix_server(called, sock=place.socket, limit=LIMIT, backlog=_MOST)
                log.debug("control.listening", path=str(place.path))
                await stopping.wait()
                server.close()
                for call in tuple(self._calls):
                    call.cancel()
        finally:
            control_path.release(place)

    async def _call(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if len(self._calls) > _MOST:
                await _say(writer, {"ok": False, "error": f"more than {_MOST} callers at once; try again"})
            elif not _may(writer):
                await _say(writer, {"ok": False, "error": "only the owner of the service may ask"})
            else:
                await self._converse(reader, writer)
        except (OSError, TimeoutError):
            return  # who does not send or take its line in time is left
        finally:
            writer.close()
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(1.0):
                    await writer.wait_closed()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                async with asyncio.timeout(_PATIENCE_S):
                    line = await reader.readuntil(b"\n")
            except asyncio.IncompleteReadError as cut:
                if cut.partial:
                    await _say(writer, {"ok": False, "error": "the request has no end of line"})
                return
            except asyncio.LimitOverrunError:
                await _say(writer, {"ok": False, "error": f"the request is longer than {LIMIT:,} bytes"})
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(1.0):
                        await _swallow(reader)
                return
            try:
                async with asyncio.timeout(_WORK_S):
                    reply = await answer(line, self._controls)
            except TimeoutError:
                reply = {"ok": False, "error": f"not done within {_WORK_S:g} s; see the log"}
            await _say(writer, reply)


async def _swallow(reader: asyncio.StreamReader) -> None:
    """Read some of what is too much: a caller that is still sending when the line is cut would miss the answer."""
    for _ in range(64):
        if not await reader.read(LIMIT):
            return


async def _say(writer: asyncio.StreamWriter, reply: Answer) -> None:
    writer.write(json.dumps(reply, ensure_ascii=True).encode() + b"\n")
    async with asyncio.timeout(_PATIENCE_S):
        await writer.drain()


def _may(writer: asyncio.StreamWriter) -> bool:
    """True for the same user and for root; the rights of the socket say the same, where a system minds them."""
    if not sys.platform.startswith("linux"):
        return True
    peer = writer.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, user, _ = struct.unpack("3i", peer)
    return user in (0, os.geteuid())
