"""Ready or not, and why (B4, B5)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from monitor.readiness import Vitals, reasons, share_looked_at
from monitor.schedule import Schedule, Slot
from tests.monitor.running import looks, running, settings, watch
from tests.receivers import JsonReceiver
from tests.shop import Reply, Shop, product_page

WELL = Vitals(lag=0.1, share=1.0, fault=None, oldest_pending=0.0, channels=2, healthy=1)


def test_a_service_that_does_its_work_is_ready() -> None:
    """B4: nothing to say."""
    assert reasons(WELL) == ()
    assert reasons(replace(WELL, channels=0, healthy=0)) == ()


@pytest.mark.parametrize(
    "ill, word",
    [
        (replace(WELL, lag=1.0), "behind"),
        (replace(WELL, share=0.89), "89%"),
        (replace(WELL, fault="the disk is full"), "the disk is full"),
        (replace(WELL, oldest_pending=301.0), "waited"),
        (replace(WELL, healthy=0), "no channel"),
    ],
)
def test_each_condition_has_its_reason(ill: Vitals, word: str) -> None:
    """B4, B5: lag, looks, commit, pending, channels, each by itself."""
    (reason,) = reasons(ill)
    assert word in reason


def test_only_listings_whose_turn_came_count() -> None:
    """B4: a listing under way, or of a host that asked to be left alone, is not late."""
    schedule = Schedule()
    slots = []
    for number in range(4):
        host = f"shop{number}.example"
        chosen = watch("W", f"https://{host}/")
        schedule.lane(host, 1.0, 2)
        slots.append(Slot(chosen, chosen.listings[0], host, 100.0))
        schedule.add(slots[-1])
    assert share_looked_at(slots, schedule, 105.0) == 1.0
    assert share_looked_at(slots, schedule, 200.0) == 0.0
    slots[0].running = True
    assert share_looked_at(slots, schedule, 200.0) == 0.25
    schedule.lanes[slots[1].host].gate.push_back(199.0, None)
    assert share_looked_at(slots, schedule, 200.0) == pytest.approx(1 / 3)


async def test_a_running_service_says_how_it_is(tmp_path: Path) -> None:
    """B4: asked of the real thing: ready, and not while the database takes nothing."""
    async with Shop() as shop, JsonReceiver() as hook:
        shop.set("/item/1", Reply(product_page(state="out_of_stock")))
        chosen = settings(tmp_path, [watch("One", shop.url("/item/1"))], {"hook": hook.url()})
        async with running(chosen) as service:
            await looks(service, 3)
            assert reasons(service.vitals()) == ()
            service.unwritten.fault = "the disk is full"
            assert len(reasons(service.vitals())) == 1
            service.unwritten.fault = None
