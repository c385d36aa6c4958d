"""kill -9 in the middle of it: nothing lost, nothing invented (D1 to D3, S7)."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import sys
from collections import Counter
from pathlib import Path
from random import Random

from monitor.model import Kind
from monitor.storage import reading
from tests.receivers import JsonReceiver, MailReceiver, NtfyReceiver
from tests.shop import Reply, Shop, product_page

ROUNDS = 10
SOLD_OUT = Reply(product_page(state="out_of_stock"))
IN_STOCK = Reply(product_page(state="in_stock"))
TAG = re.compile(r"\[([a-z2-9]{6})\]")


def write_config(folder: Path, shop: Shop, channels: dict[str, str]) -> Path:
    """Write a file whose hours are fractions of a second."""
    named = "\n".join(f'[channels.{name}]\nurl = "{url}"' for name, url in channels.items())
    config = folder / "config.toml"
    config.write_text(
        f"""
[monitor]
language = "en"
interval = "200ms"
min_interval = "100ms"
[fetch]
allow = ["127.0.0.1/32:{shop.port}"]
[hosts."127.0.0.1"]
rate = "200/s"
concurrency = 8
[confirm]
again_after = "100ms"
rearm_after = "0s"
flap_changes = 100
no_looks = 2
[retry]
delays = ["200ms"]
burst = 100
[blind]
after = "1h"
{named}
[[watch]]
name = "Star projector"
listings = ["{shop.url("/item/1")}"]
""",
        "utf-8",
    )
    return config


@contextlib.asynccontextmanager
async def service(config: Path):  # type: ignore[no-untyped-def]
    """Run `restock run` as a user would."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "monitor", "run", "--config", str(config)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])},
    )
    assert child.stderr is not None
    drain = asyncio.create_task(child.stderr.read())
    try:
        yield child
    finally:
        with contextlib.suppress(ProcessLookupError):
            child.send_signal(signal.SIGKILL)
        await child.wait()
        drain.cancel()


async def looked(shop: Shop, count: int) -> None:
    """Wait for so many further looks."""
    until = shop.hits() + count
    async with asyncio.timeout(30):
        while shop.hits() < until:
            await asyncio.sleep(0.01)


async def test_ten_kills_lose_nothing(tmp_path: Path) -> None:
    """The product comes back, the service is killed at a random moment; every alert arrives, a repeat says so."""
    random = Random(20261125)
    async with Shop() as shop, JsonReceiver() as hook, NtfyReceiver() as phone, MailReceiver() as mail:
        receivers = {"hook": hook, "phone": phone, "mail": mail}
        config = write_config(tmp_path, shop, {name: receiver.url() for name, receiver in receivers.items()})
        shop.set("/item/1", SOLD_OUT)
        for _ in range(ROUNDS):
            async with service(config):
                await looked(shop, 4)  # what the last kill cut short is found, or sent, now
                await asyncio.sleep(0.4)
                shop.set("/item/1", SOLD_OUT)
                await looked(shop, 6)
                shop.set("/item/1", IN_STOCK)
                await asyncio.sleep(random.uniform(0.0, 0.7))
        async with service(config):
            await looked(shop, 4)
            await asyncio.sleep(1.5)
    storage = await reading(tmp_path / "restock.db")
    try:
        transitions = await storage.history(limit=1000)
        owed = [one for one in await storage.deliveries(limit=1000) if one.settled_at is None]
    finally:
        await storage.close()
    restocks = [one.event_id for one in transitions if one.kind in (Kind.RESTOCK, Kind.BACK_AGAIN)]
    assert len(restocks) == ROUNDS, [(one.kind, one.event_id) for one in transitions]
    assert not owed
    for name, receiver in receivers.items():
        arrived = Counter(tag for one in receiver.accepted for tag in TAG.findall(one.body))
        for event in restocks:
            assert 1 <= arrived[event] <= 2, (name, event, arrived[event])
            again = [one for one in receiver.accepted if event in one.body][1:]
            assert all("(repeat)" in one.title + one.body for one in again)
