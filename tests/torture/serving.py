"""The service as its users run it: a process of its own, on a written configuration, with its log kept."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.model import Delivery, Transition
from monitor.storage import reading
from tests.goods import product_page
from tests.shop import Reply, Shop

ROOT = Path(__file__).parents[2]
SOLD_OUT = Reply(product_page(state="out_of_stock"))
IN_STOCK = Reply(product_page(state="in_stock"))


def write_config(
    folder: Path,
    shop: Shop,
    channels: Mapping[str, str],
    watches: Sequence[str],
    *,
    interval: str = "100ms",
    retry: str = 'delays = ["200ms"]\nburst = 1000',
    confirm: str = 'again_after = "100ms"\nrearm_after = "0s"\nflap_changes = 100\nno_looks = 2\ngather = "0s"',
    rate: str = "1000/s",
    chosen: Mapping[str, Sequence[str]] | None = None,
) -> Path:
    """Write a configuration: one watch a name, at /item/NAME of the shop; `chosen` names the channels of a watch."""
    named = "\n".join(f'[channels.{name}]\nurl = "{url}"' for name, url in channels.items())
    listed = "\n".join(
        f'[[watch]]\nname = "{name}"\nlistings = ["{shop.url(f"/item/{name}")}"]\n'
        + (f"channels = {json.dumps(list(chosen[name]))}\n" if chosen else "")
        for name in watches
    )
    config = folder / "config.toml"
    config.write_text(
        f"""
[monitor]
language = "en"
interval = "{interval}"
min_interval = "100ms"
[fetch]
allow = ["127.0.0.1/32:{shop.port}"]
[hosts."127.0.0.1"]
rate = "{rate}"
concurrency = 16
[confirm]
{confirm}
[retry]
{retry}
[blind]
after = "1h"
{named}
{listed}
""",
        "utf-8",
    )
    return config


@dataclass
class Child:
    """A running service."""

    process: asyncio.subprocess.Process
    began: float  # monotonic seconds

    def kill(self) -> None:
        """Send SIGKILL; nothing in the process gets to know."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGKILL)

    def age(self) -> float:
        """Give the seconds since its start, without those it was ready to run while others held every CPU (Linux)."""
        wall, waited = time.monotonic() - self.began, 0.0
        with contextlib.suppress(OSError, ValueError, IndexError):
            waited = int(Path(f"/proc/{self.process.pid}/schedstat").read_text("ascii").split()[1]) / 1e9
        return wall - waited


@contextlib.asynccontextmanager
async def service(
    config: Path, *command: str, stop: int = signal.SIGKILL, env: Mapping[str, str] | None = None
) -> AsyncIterator[Child]:
    """Run `restock run` (or another command line of this Python) until the end of the block."""
    log = config.with_name("service.log")
    began = time.monotonic()
    with log.open("w") as kept:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, *(command or ("-m", "monitor")), "run", "--config", str(config)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=kept,
            cwd=config.parent,
            env={**os.environ, "PYTHONPATH": str(ROOT), **(env or {})},
        )
    child = Child(process, began)
    try:
        yield child
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(stop)
        await process.wait()


async def until(condition: Any, seconds: float, what: str = "it", *, every: float = 0.01) -> None:
    """Wait until a function gives true (awaited if need be), asked every so many seconds; TimeoutError otherwise."""
    began = time.monotonic()
    while True:
        answer = condition()
        if await answer if asyncio.iscoroutine(answer) else answer:
            return
        if time.monotonic() - began > seconds:
            raise TimeoutError(f"{what} did not come within {seconds:g} s")
        await asyncio.sleep(every)


async def looked(shop: Shop, path: str, count: int, seconds: float = 30.0) -> None:
    """Wait for so many further looks at a path."""
    target = shop.hits(path) + count
    await until(lambda: shop.hits(path) >= target, seconds, f"look {count} at {path}")


async def stored(folder: Path) -> tuple[list[Transition], list[Delivery]]:
    """Read what the database holds, beside a running service or after it."""
    storage = await reading(folder / "restock.db")
    try:
        return await storage.history(limit=10_000), await storage.deliveries(limit=100_000)
    finally:
        await storage.close()


def share(values: Iterable[float], part: float) -> float:
    """Give the value that this part of all values does not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, int(part * len(ordered) + 0.999999) - 1))]
