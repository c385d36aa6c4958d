"""Follows the configuration while the service runs: saved means in force, all of it or nothing.

The folder is watched, not the file: an editor that saves by renaming would leave a watched file behind. A glance at the
files now and then catches what no notice tells of: network folders, links, a folder that was replaced.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from monitor.changes import Reloaded, compare, fingerprint, must_hold, vanished
from monitor.config import load, references
from monitor.problems import ConfigError, Problem
from monitor.settings import Settings

__all__ = ["Held", "Reloaded", "compare", "fingerprint", "follow", "must_hold", "vanished"]

Stamp = tuple[tuple[str, int, int, int] | None, ...]
GLANCE = 2.0  # seconds between two looks without a notice
GIVE_UP = 5.0  # a file that is away for so many settling times is announced


@dataclass(frozen=True, slots=True)
class Held:
    """A configuration that would end many watches at once, waiting for a second save."""

    settings: Settings
    vanished: tuple[str, ...]  # names of the watches that would end
    of: int  # watches there are now


@dataclass
class _Follower:
    path: Path
    current: Settings
    on_change: Callable[[Settings], Awaitable[None]]
    on_refused: Callable[[ConfigError], Awaitable[None]]
    on_held: Callable[[Held], Awaitable[None]]
    stopping: asyncio.Event
    settle: float
    confirmed: asyncio.Event
    asked: asyncio.Event
    env: Mapping[str, str] | None
    glance: float
    files: tuple[Path, ...] = ()
    held: tuple[str, ...] | None = None
    body: bytes = b""  # of the file in force
    cut: bytes | None = None  # of a file refused because it looked cut off

    async def run(self) -> None:
        self.files = await asyncio.to_thread(references, self.path, env=self.env)
        seen = self.stamp()
        self.body = await asyncio.to_thread(self.read)
        if not await asyncio.to_thread(self.is_current):
            seen, self.body = (), b""  # saved between the start of the service and this
        async with _noticed(self.path.absolute().parent) as noticed:
            while not self.stopping.is_set():
                if self.confirmed.is_set() or self.asked.is_set() or self.stamp() != seen:
                    seen = await self.reload(seen)
                else:
                    await self.wait(noticed)

    def is_current(self) -> bool:
        """Tell whether the file still says what the service was started with."""
        try:
            return load(self.path, env=self.env, check_channels=False) == self.current
        except ConfigError:
            return False

    def read(self) -> bytes:
        """Give the bytes of the file, none when it cannot be read."""
        try:
            return self.path.read_bytes()
        except OSError:
            return b""

    def refuse_cut(self, body: bytes) -> ConfigError | None:
        """Refuse, the first time, a file that is the old one ended within a line: a number cut short is a number still."""
        cut = body and not body.endswith(b"\n") and len(body) < len(self.body.rstrip()) and self.body.startswith(body)
        if not cut or body == self.cut:
            return None
        self.cut = body
        words = "ends within a line that went on before, as if cut off: save the whole file, or this one once more"
        return ConfigError([Problem(self.path, body.count(b"\n") + 1, "", words)])

    async def wait(self, noticed: asyncio.Event) -> None:
        """Wait for a notice, a command, the end or the next glance."""
        waits = [asyncio.ensure_future(event.wait()) for event in (noticed, self.confirmed, self.asked, self.stopping)]
        try:
            await asyncio.wait(waits, timeout=self.glance, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits:
                each.cancel()
            await asyncio.gather(*waits, return_exceptions=True)
        noticed.clear()

    def stamp(self) -> Stamp:
        """Give what tells two states of the files apart; None for a file that is not there."""
        stamps: list[tuple[str, int, int, int] | None] = []
        for file in self.files:
            try:
                stat = file.stat()
                stamps.append((str(file), stat.st_mtime_ns, stat.st_size, stat.st_ino))
            except OSError:
                stamps.append(None)
        return tuple(stamps)

    async def settled(self) -> Stamp | None:
        """Give the stamp once it stood still for the settling time; None when the service stops first."""
        loop = asyncio.get_running_loop()
        stamp, since, began = self.stamp(), loop.time(), loop.time()
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.01, self.settle / 10)):
                    await self.stopping.wait()
                return None
            if (newer := self.stamp()) != stamp:
                stamp, since = newer, loop.time()
            away = stamp[0] is None and loop.time() - began < self.settle * GIVE_UP
            if not away and loop.time() - since >= self.settle:
                return stamp

    async def reload(self, seen: Stamp) -> Stamp:
        """Load what was saved and hand it on; give the stamp it was loaded at, so that later saves are noticed."""
        yes, asked = self.confirmed.is_set(), self.asked.is_set()
        stamp = await self.settled()
        if stamp is None:
            return seen
        saved = stamp != seen
        if not (saved or yes or asked):  # touched and put back, as by an editor that writes aside first
            return seen
        if (files := await asyncio.to_thread(references, self.path, env=self.env)) != self.files:
            self.files = files  # what it points to now is followed too, even if it cannot be used yet
            stamp = self.stamp()
        settings, refused = None, None
        body = await asyncio.to_thread(self.read)
        try:
            settings = await asyncio.to_thread(load, self.path, env=self.env)
        except ConfigError as error:
            refused = error
        if self.stamp() != stamp:
            return seen  # written again meanwhile: judge only what stands still
        if yes:
            self.confirmed.clear()
        if asked:
            self.asked.clear()
        if refused is None and not (yes or asked):
            refused = self.refuse_cut(body)
        if refused is not None:
            await self.on_refused(refused)
        elif settings is not None:
            await self.offer(settings, yes, saved, body)
        return stamp

    async def offer(self, settings: Settings, yes: bool, saved: bool, body: bytes) -> None:
        """Put good settings in force, or hold them when they would end most watches; only a save can be a second save."""
        gone = () if yes else must_hold(self.current, settings, self.held if saved else None)
        if gone:
            self.held = gone
            await self.on_held(Held(settings, gone, len(self.current.watches)))
        else:
            self.held, self.current, self.body, self.cut = None, settings, body, None
            await self.on_change(settings)


async def follow(
    path: Path,
    loaded: Settings,
    on_change: Callable[[Settings], Awaitable[None]],
    on_refused: Callable[[ConfigError], Awaitable[None]],
    on_held: Callable[[Held], Awaitable[None]],
    stopping: asyncio.Event,
    settle: float = 1.0,
    *,
    confirmed: asyncio.Event | None = None,
    asked: asyncio.Event | None = None,
    env: Mapping[str, str] | None = None,
    glance: float = GLANCE,
) -> None:
    """Call back whenever the file, its `.env` or its secret files were saved, until `stopping` is set.

    A file is read once it was unchanged for `settle` seconds. Setting `asked` reloads a file that was not saved too;
    setting `confirmed` does so as well, and holds nothing.
    Callbacks are awaited one at a time; what they raise ends this.
    """
    confirmed, asked = confirmed or asyncio.Event(), asked or asyncio.Event()
    await _Follower(path, loaded, on_change, on_refused, on_held, stopping, settle, confirmed, asked, env, glance).run()


@contextlib.asynccontextmanager
async def _noticed(folder: Path) -> AsyncIterator[asyncio.Event]:
    """Give an event that is set when something in the folder changes; where no notices come, it never is."""
    noticed, done = asyncio.Event(), asyncio.Event()
    task = asyncio.create_task(_notices(folder, noticed, done), name="config-notices")
    try:
        yield noticed
    finally:
        done.set()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _notices(folder: Path, noticed: asyncio.Event, done: asyncio.Event) -> None:
    try:
        import watchfiles

        async for _ in watchfiles.awatch(
            folder, watch_filter=_matters, recursive=False, debounce=50, step=20, rust_timeout=500, stop_event=done
        ):
            noticed.set()
    except (ImportError, OSError, RuntimeError):
        return  # no notices on this system (too many watches, a strange file system): the glance has to do


def _matters(_: object, name: str) -> bool:
    """Pass over the database beside the file, which changes with every piece of news."""
    return not name.endswith((".db", ".db-wal", ".db-shm", ".db-journal", ".lock"))
