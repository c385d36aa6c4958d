"""How each figure is measured: the real service, in this process, against a local shop in another."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import aiohttp

from monitor.model import Watch, Wish
from monitor.service import Service
from monitor.settings import ChannelSettings, ConfirmSettings, HostSettings, Secret, Settings
from monitor.storage import Storage
from watchers.model import Limits, Listing


@dataclass(frozen=True, slots=True)
class Shop:
    """The local shop's address."""

    port: int

    def url(self, path: str) -> str:
        """Give the address of a path."""
        return f"http://127.0.0.1:{self.port}{path}"


@contextlib.contextmanager
def local_shop():  # type: ignore[no-untyped-def]
    """Run the shop in a process of its own."""
    child = subprocess.Popen(
        [sys.executable, "-m", "bench.shop"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    try:
        yield Shop(int(child.stdout.readline()))
    finally:
        child.kill()
        child.wait()


def settings(
    folder: Path, urls: Sequence[str], interval: float, channels: Sequence[str] = ("console://",), **more: object
) -> Settings:
    """Make settings for so many listings, with every host's rate out of the way."""
    listings = [Listing(url, timedelta(seconds=interval)) for url in urls]
    named = {f"c{n}": ChannelSettings(f"c{n}", Secret(url)) for n, url in enumerate(channels)}
    ports = sorted({int(url.split(":")[2].split("/")[0]) for url in urls})
    base = Settings(
        path=folder / "config.toml",
        database=folder / "restock.db",
        language="en",
        channels=named,
        hosts={"127.0.0.1": HostSettings(rate=100_000.0, concurrency=64)},
        watches=tuple(Watch(f"w{n}", Wish(), (each,), tuple(named)) for n, each in enumerate(listings)),
        fetch=Limits(allow=tuple(f"127.0.0.1/32:{port}" for port in ports)),
    )
    return replace(base, **more)  # type: ignore[arg-type]


@contextlib.asynccontextmanager
async def running(chosen: Settings) -> AsyncIterator[Service]:
    """Run the service with these settings."""
    storage = await Storage.open(chosen.database)
    service = Service(chosen, storage)
    stopping = asyncio.Event()
    task = asyncio.create_task(service.run(stopping, reload=False))
    try:
        yield service
    finally:
        stopping.set()
        await task
        await storage.close()


async def product_cpu(shop: Shop, path: str, listings: int, interval: float, seconds: float) -> float:
    """Give CPU seconds a check, the whole product counted."""
    with tempfile.TemporaryDirectory() as folder:
        query = "?block" if path.endswith("?block") else ""
        stem = path.removesuffix("?block")
        urls = [shop.url(f"{stem}/{number}{query}") for number in range(listings)]
        async with running(settings(Path(folder), urls, interval)) as service:
            until = time.monotonic() + 45
            while service.snapshot().looks < 2 * listings and time.monotonic() < until:
                await asyncio.sleep(0.05)
            looks, cpu = service.snapshot().looks, time.process_time()
            await asyncio.sleep(seconds)
            while service.snapshot().looks == looks:
                await asyncio.sleep(0.05)
            return (time.process_time() - cpu) / (service.snapshot().looks - looks)


async def bare_cpu(shop: Shop, path: str, seconds: float, headers: dict[str, str] | None = None) -> float:
    """Give CPU seconds a GET of the bare loop: aiohttp's defaults, `read()`, nothing else."""
    count, until = 0, time.monotonic() + seconds
    async with aiohttp.ClientSession(headers=headers) as session:
        cpu = time.process_time()

        async def fetch() -> None:
            nonlocal count
            while time.monotonic() < until:
                async with session.get(shop.url(path)) as answer:
                    await answer.read()
                count += 1

        await asyncio.gather(*(fetch() for _ in range(4)))
        return (time.process_time() - cpu) / max(1, count)


async def ratio(
    shop: Shop, path: str, listings: int, interval: float, seconds: float, rounds: int
) -> tuple[float, float, float]:
    """Give (bare/product, product ms, bare ms) of CPU a check: medians of interleaved rounds."""
    ours, theirs = [], []
    headers = {"If-None-Match": '"one"'} if path.startswith("/304") else None
    for _ in range(rounds):
        ours.append(await product_cpu(shop, path, listings, interval, seconds))
        theirs.append(await bare_cpu(shop, path, seconds, headers))
    product, bare = statistics.median(ours), statistics.median(theirs)
    return bare / product, product * 1000, bare * 1000


async def kept_interval(shop: Shop, listings: int, interval: float, seconds: float) -> float:
    """Give real interval / asked interval."""
    with tempfile.TemporaryDirectory() as folder:
        urls = [shop.url(f"/304/{number}") for number in range(listings)]
        async with running(settings(Path(folder), urls, interval)) as service:
            while service.snapshot().looks < listings:
                await asyncio.sleep(0.05)
            looks, began = service.snapshot().looks, time.monotonic()
            await asyncio.sleep(seconds)
            rate = (service.snapshot().looks - looks) / (time.monotonic() - began)
            return listings / rate / interval


class Sink:
    """A receiver of `json://` messages: good, or hanging for ever."""

    def __init__(self, *, hang: bool = False) -> None:
        self.hang, self.times = hang, list[float]()
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self) -> str:
        """Listen; give the Apprise URL."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return f"json://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/in"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            await reader.readexactly(length)
            if self.hang:
                await asyncio.sleep(3600)
            self.times.append(time.monotonic())
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
            await writer.drain()
        writer.close()

    async def stop(self) -> None:
        """Stop listening."""
        for task in self._connections:
            task.cancel()
        self._server.close()


async def alert_latency(shop: Shop, flips: int, hanging: int = 0, good: int = 1) -> list[float]:
    """Give seconds from the end of the deciding fetch to the newest good channel's acceptance, one a flip."""
    sinks = [Sink() for _ in range(good)] + [Sink(hang=True) for _ in range(hanging)]
    urls = [await sink.start() for sink in sinks]
    latencies = []
    for _ in range(flips):
        with tempfile.TemporaryDirectory() as folder:
            chosen = settings(
                Path(folder),
                [shop.url("/flip/1")],
                0.1,
                urls,
                confirm=ConfirmSettings(looks=1, rearm_after=timedelta(0)),
            )
            chosen = replace(chosen, retry=replace(chosen.retry, deadline=timedelta(seconds=2)))
            async with running(chosen) as service:
                while service.snapshot().looks < 5:
                    await asyncio.sleep(0.02)
                await asyncio.sleep(0.7)  # let the warm-up end
                for sink in sinks:
                    sink.times.clear()
                async with aiohttp.ClientSession() as session, session.get(shop.url("/flip")) as answer:
                    await answer.read()
                until = time.monotonic() + 5
                while time.monotonic() < until and not all(sink.times for sink in sinks[:good]):
                    await asyncio.sleep(0.01)
                read = service.stats.deciding_byte
                if read is not None and all(sink.times for sink in sinks[:good]):
                    latencies.append(max(sink.times[0] for sink in sinks[:good]) - read)
            async with aiohttp.ClientSession() as session, session.get(shop.url("/flip")) as answer:
                await answer.read()
    for sink in sinks:
        await sink.stop()
    return latencies


_SETTLES_WITHIN, _STILL = 90.0, 5  # seconds; readings, 5 s apart, that must agree


def memory_mb() -> float:
    """Give the resident memory of this process now, MB."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def memory(shop: Shop, listings: int) -> float:
    """Give MB resident once every listing was looked at twice and memory stands still: start-up leaves holes behind that
    the service gives back to the system at its upkeep, not at once."""
    with tempfile.TemporaryDirectory() as folder:
        urls = [shop.url(f"/30/{number}") for number in range(listings)]
        async with running(settings(Path(folder), urls, listings / 400)) as service:
            while service.snapshot().looks < 2 * listings:
                await asyncio.sleep(0.05)
            readings = [memory_mb()]
            until = time.monotonic() + _SETTLES_WITHIN
            while time.monotonic() < until:
                await asyncio.sleep(5)
                readings.append(memory_mb())
                if len(readings) > _STILL and max(readings[-_STILL:]) - min(readings[-_STILL:]) < 0.5:
                    break
            return min(readings)
