"""F1 to F5 under pressure: shops that drip, flood, hang, lie about their address or their certificate."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from statistics import median

import pytest

from monitor.settings import HostSettings
from tests.monitor.running import running, settings, watch
from tests.receivers import JsonReceiver
from tests.shop import Reply, Shop, product_page
from tests.torture.conftest import Tally

Trials = Callable[[int, int], int]
SOLD_OUT = product_page(state="out_of_stock")
IN_STOCK = product_page(state="in_stock", price=49800)


@contextlib.asynccontextmanager
async def shops(count: int) -> AsyncIterator[list[Shop]]:
    """Open so many shops, each on a port and so a host of its own."""
    async with contextlib.AsyncExitStack() as stack:
        yield [await stack.enter_async_context(Shop()) for _ in range(count)]


async def measured(folder: Path, count: int, listings: int, rounds: int) -> tuple[list[float], list[float]]:
    """Run quick watches beside so many dripping hosts; give the lags of their looks (s) and from flip to message (s)."""
    quick = 10
    async with shops(count) as slow, Shop() as shop, JsonReceiver() as hook:
        for each in slow:
            for number in range(listings):
                each.set(f"/{number}", Reply(SOLD_OUT, drip=(20, 0.1)))
        wishes = [watch(f"Quick {n}", shop.url(f"/{n}"), interval=0.5) for n in range(quick)]
        wishes += [
            watch(f"Slow {each.port} {n}", each.url(f"/{n}"), interval=0.5) for each in slow for n in range(listings)
        ]
        for number in range(quick):
            shop.set(f"/{number}", Reply(SOLD_OUT))
        manners = {f"127.0.0.1:{each.port}": HostSettings(rate=1000.0, concurrency=2) for each in slow}
        chosen = settings(folder, wishes, {"hook": hook.url()})
        chosen = replace(
            chosen, hosts={**chosen.hosts, **manners}, fetch=replace(chosen.fetch, total=4.0), concurrency=64
        )
        told: list[float] = []
        async with running(chosen) as service:
            async with asyncio.timeout(60):
                while any(shop.hits(f"/{number}") < 2 for number in range(quick)):
                    await asyncio.sleep(0.05)  # the first looks are spread over an interval
            for turn in range(rounds):
                before = len(hook.received)
                started = len(shop.requests)
                loop = asyncio.get_running_loop()
                state = IN_STOCK if turn % 2 == 0 else SOLD_OUT
                began = loop.time()
                for number in range(quick):
                    shop.set(f"/{number}", Reply(state))
                if state is IN_STOCK:
                    await hook.wait_for(before + quick, seconds=60)
                    told += [one.at - began for one in hook.received[before:]]
                await asyncio.sleep(2.0)
                assert len(shop.requests) > started
            assert service is not None
        gaps: list[float] = []
        for number in range(quick):
            at = [request.at for request in shop.requests if request.path == f"/{number}"]
            gaps += [later - earlier for earlier, later in itertools.pairwise(at)]
        return gaps, told


async def test_dripping_hosts_do_not_use_up_the_places_of_others(tmp_path: Path) -> None:
    """F5: with 40 hosts that drip on two looks each, more than there are places, other watches are told in their time."""
    gaps, told = await measured(tmp_path, 40, 2, 1)
    assert max(told) < 2.5, "a place is given up after a second"
    assert median(gaps) < 0.75


@pytest.mark.torture
async def test_fifty_dripping_hosts_cost_others_little(tmp_path: Path, tally: Tally) -> None:
    """F5: 50 dripping hosts, two looks each, cost other watches less than 10 % of the time from flip to message."""
    alone = tmp_path / "alone"
    beside = tmp_path / "beside"
    alone.mkdir()
    beside.mkdir()
    gaps_alone, told_alone = await measured(alone, 0, 0, 11)
    gaps_beside, told_beside = await measured(beside, 50, 2, 11)
    tally.note("F5 50 dripping hosts", f"median {median(told_alone):.3f} -> {median(told_beside):.3f} s")
    tally.trial(
        "F5 50 dripping hosts",
        ok=median(told_beside) < 1.1 * median(told_alone) + 0.02 and median(gaps_beside) < 1.1 * median(gaps_alone),
        latency=max(told_beside),
        why=(median(told_alone), median(told_beside), median(gaps_alone), median(gaps_beside)),
    )
