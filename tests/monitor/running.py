"""Run the real service in a test, quick settings and all."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from monitor.model import Watch, Wish
from monitor.service import Service
from monitor.settings import ChannelSettings, ConfirmSettings, HostSettings, RetrySettings, Secret, Settings
from monitor.storage import Storage
from watchers.model import Limits, Listing


def seconds(value: float) -> timedelta:
    return timedelta(seconds=value)


QUICK = ConfirmSettings(
    again_after=seconds(0.1),
    retry_after=seconds(0.2),
    give_up_after=seconds(2),
    no_spread=seconds(1),
    rearm_after=seconds(0),
    gather=seconds(0.2),
    flap_changes=10_000,
)


def settings(folder: Path, watches: Sequence[Watch], channels: Mapping[str, str], **more: Any) -> Settings:
    """Make settings whose hours are fractions of a second, for shops on loopback."""
    base = Settings(
        path=folder / "config.toml",
        database=folder / "restock.db",
        language="en",
        timezone="Asia/Tokyo",
        channels={name: ChannelSettings(name, Secret(url), urgent=True) for name, url in channels.items()},
        hosts={"127.0.0.1": HostSettings(rate=1000.0, concurrency=16)},
        watches=tuple(replace(watch, channels=watch.channels or tuple(channels)) for watch in watches),
        fetch=Limits(allow=tuple(f"127.0.0.1/32:{port}" for port in ports(watches))),
        confirm=QUICK,
        retry=RetrySettings(delays=(seconds(0.2),), pause=seconds(0.3), burst=1000),
    )
    return replace(base, **more)


def ports(watches: Sequence[Watch]) -> set[int]:
    return {
        int(listing.url.split(":")[2].split("/")[0])
        for watch in watches
        for listing in watch.listings
        if listing.url.count(":") > 1
    }


def watch(name: str, *urls: str, interval: float = 0.1, max_price: int | None = None, **wish: Any) -> Watch:
    """Wish for something at these places."""
    ceiling = None if max_price is None else Decimal(max_price)
    return Watch(name, Wish(max_price=ceiling, **wish), tuple(Listing(url, seconds(interval)) for url in urls))


@contextlib.asynccontextmanager
async def running(chosen: Settings, *, reload: bool = False) -> AsyncIterator[Service]:
    """Run the service; end it in good order."""
    storage = await Storage.open(chosen.database)
    service = Service(chosen, storage)
    stopping = asyncio.Event()
    task = asyncio.create_task(service.run(stopping, reload=reload))
    try:
        yield service
    finally:
        stopping.set()
        async with asyncio.timeout(12):
            await task
        await storage.close()


async def looks(service: Service, count: int, within: float = 10.0) -> None:
    """Wait for so many further looks."""
    until = service.stats.looks + count
    async with asyncio.timeout(within):
        while service.stats.looks < until:
            await asyncio.sleep(0.01)


@pytest.fixture
def quick_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave a host that refused alone for tenths of a second instead of half a minute."""
    monkeypatch.setattr("watchers.gate.BACK_OFF_FIRST", 0.2)
    monkeypatch.setattr("monitor.looking.BACK_OFF_FIRST", 0.2)
