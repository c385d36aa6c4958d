"""A thousand hosts with one listing each run as smoothly as one host with a thousand: real addresses, real sockets.

Every 127.x.y.z is an address of its own, so each listing has its own host, lane, gate and kept-alive connection.
"""

from __future__ import annotations

import asyncio
import resource
from pathlib import Path

import pytest

from monitor.model import Kind
from monitor.storage import reading
from tests.monitor.running import looks, running, settings, watch
from tests.receivers import JsonReceiver
from tests.shop import Reply, Shop, product_page
from watchers.model import Limits

INTERVAL = 5.0  # seconds, the smallest that a person may ask for
SOLD_OUT, IN_STOCK = product_page(state="out_of_stock"), product_page(state="in_stock", price=49800)


@pytest.mark.torture
@pytest.mark.timeout(300)
async def test_a_thousand_hosts_with_one_listing_each(tmp_path: Path) -> None:
    """B1, S6: each of 1,000 hosts is looked at every 5 s with little lag, and one that comes back rings."""
    count = 1000
    files, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most < 3 * count:
        pytest.skip(f"this machine allows {most} open files; both ends of {count} connections need more")
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, max(files, 8 * count)), most))
    async with Shop(host="0.0.0.0") as shop, JsonReceiver() as hook:
        shop.set("/item/1", Reply(SOLD_OUT))
        shop.set("/item/2", Reply(SOLD_OUT))
        wishes = [
            watch(
                f"Thing {n}",
                shop.url("/item/2" if n == 500 else "/item/1", host=f"127.1.{n // 250}.{n % 250 + 1}"),
                interval=INTERVAL,
            )
            for n in range(count)
        ]
        limits = Limits(allow=(f"127.0.0.0/8:{shop.port}",))
        chosen = settings(tmp_path, wishes, {"hook": hook.url()}, hosts={}, fetch=limits)
        async with running(chosen) as service:
            await looks(service, 2 * count, within=60)
            before = service.stats.looks
            began = asyncio.get_running_loop().time()
            await looks(service, 4 * count, within=60)
            took = asyncio.get_running_loop().time() - began
            done = service.stats.looks - before
            assert took / (done / count) == pytest.approx(INTERVAL, rel=0.2)
            assert service.stats.lag(0.95) < 1.0
            assert service.stats.conclusive == service.stats.looks
            shop.set("/item/2", Reply(IN_STOCK))
            await hook.wait_for(1, seconds=20)
        storage = await reading(chosen.database)
        try:
            told = [one.watch for one in await storage.history() if one.kind is Kind.RESTOCK]
        finally:
            await storage.close()
    assert told == ["Thing 500"]
    assert shop.connections >= count
