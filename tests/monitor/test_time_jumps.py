"""A clock that is set by hours or years, and a process that stood still: nothing is delayed, nothing is invented (S6)."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from random import Random

import pytest

from monitor.clock import SystemClock
from monitor.health import Alarm
from monitor.model import Alert, Belief, DeliveryState, Kind
from monitor.schedule import FROZEN_S, Schedule, Slot
from monitor.settings import BlindSettings
from monitor.storage import Storage
from monitor.supervisor import Supervisor
from tests.monitor.news import NOW, change
from tests.monitor.running import looks, running, seconds, settings, watch
from tests.receivers import Act, JsonReceiver
from tests.shop import Reply, Shop, product_page

SOLD_OUT = Reply(product_page(state="out_of_stock"))
IN_STOCK = Reply(product_page(state="in_stock"))
HOUR, DAY, DECADE = timedelta(hours=1), timedelta(days=1), timedelta(days=3652)
JUMPS = [HOUR, -HOUR, DAY, -DAY, DECADE, -DECADE]


class Wall(datetime):
    """The wall clock of this machine, as somebody set it."""

    ahead = timedelta(0)

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return datetime.now(tz) + cls.ahead


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> type[Wall]:
    """Let the service and its watchers read a clock that the test sets."""
    monkeypatch.setattr(Wall, "ahead", timedelta(0))
    monkeypatch.setattr("monitor.clock.datetime", Wall)
    monkeypatch.setattr("watchers.observe.datetime", Wall)
    return Wall


@pytest.mark.parametrize("jump", JUMPS, ids=str)
async def test_a_jump_of_the_clock_delays_no_alert_and_invents_none(
    tmp_path: Path, wall: type[Wall], jump: timedelta
) -> None:
    """S6: in stock, sold out and back again over a jump: each change is told once, in time, and no blindness."""
    async with Shop() as shop, JsonReceiver() as hook:
        for number in range(3):
            shop.set(f"/item/{number}", SOLD_OUT)
        wishes = [watch(f"Thing {number}", shop.url(f"/item/{number}")) for number in range(3)]
        chosen = settings(tmp_path, wishes, {"hook": hook.url()}, blind=BlindSettings(after=seconds(2)))
        async with running(chosen) as service:
            await looks(service, 9)
            wall.ahead = jump
            before = SystemClock().now()
            await looks(service, 30)
            assert not hook.received, "a jump alone is no news"
            shop.set("/item/1", IN_STOCK)
            await hook.wait_for(1, seconds=3.0)
            shop.set("/item/1", SOLD_OUT)
            await looks(service, 30)
            wall.ahead = timedelta(0)
            await looks(service, 30)
            shop.set("/item/2", IN_STOCK)
            await hook.wait_for(2, seconds=3.0)
            await asyncio.sleep(2.5)  # longer than blindness takes
            assert abs((SystemClock().now() - before) + jump) < timedelta(minutes=1), "the clock was really set"
        kinds = Counter(one.title.partition(":")[0] for one in hook.received)
        assert len(hook.received) == 2, kinds
        assert all("Thing" in one.title for one in hook.received)


@pytest.mark.parametrize("jump", JUMPS, ids=str)
async def test_a_jump_between_a_look_and_its_confirmation(tmp_path: Path, wall: type[Wall], jump: timedelta) -> None:
    """S6: the candidate survives or starts over; the alert comes within seconds either way, once."""
    async with Shop() as shop, JsonReceiver() as hook:
        chosen = settings(tmp_path, [watch("One", shop.url("/item/1"))], {"hook": hook.url()})

        def script(number: int) -> Reply:
            if number == 6:  # right after the first look that saw it
                wall.ahead = jump
            return SOLD_OUT if number < 5 else IN_STOCK

        shop.set("/item/1", script)
        async with running(chosen):
            await hook.wait_for(1)
            await asyncio.sleep(1.0)
        assert len(hook.received) == 1
        assert "One" in hook.received[0].title


@pytest.mark.parametrize("jump", JUMPS, ids=str)
async def test_stored_due_times_delay_nothing(tmp_path: Path, wall: type[Wall], jump: timedelta) -> None:
    """S6: what waits for a retry over a jump and a restart is tried within the longest back-off, and never given up for it."""
    async with JsonReceiver(usual=Act(status=500)) as hook:
        chosen = settings(tmp_path, [], {"hook": hook.url()})
        chosen = replace(chosen, retry=replace(chosen.retry, delays=(seconds(1.5),), give_up_after=timedelta(hours=24)))
        async with await Storage.open(chosen.database) as storage:
            now = SystemClock().now()
            await storage.record([change("aaaaaa", channels=("hook",))], now)
        async with running(chosen):
            await hook.wait_for(1)
            wall.ahead = jump  # before the retry is due: it is taken up at the next start
        async with running(chosen) as service:
            await hook.wait_for(2, seconds=4.0)
            hook.usual = Act()
            await hook.wait_for(1, accepted=True, seconds=5.0)
            await asyncio.sleep(0.2)
            (row,) = [one for one in await service.storage.deliveries() if one.event_id == "aaaaaa"]
            assert row.state is DeliveryState.DONE


async def test_old_history_is_not_forgotten_on_the_word_of_a_clock_that_jumped(
    tmp_path: Path, wall: type[Wall]
) -> None:
    """S6, S5: ten years ahead all at once: what would be forgotten is kept for another day."""
    chosen = settings(tmp_path, [], {})
    async with running(chosen) as service:
        await service.storage.record([change("aaaaaa", channels=())], NOW)
        keeper = service._keeper
        wall.ahead = DECADE
        keeper._pruned_at -= 2 * 86_400
        await keeper.tend(chosen)
        assert len(await service.storage.history()) == 1
        keeper._pruned_at -= 2 * 86_400  # a day later the clock still says so: then it is so
        await keeper.tend(chosen)
        assert not await service.storage.history()


# --- standing still ---


class Frozen(SystemClock):
    """A clock whose next pause is followed by a time in which nothing ran."""

    def __init__(self, frozen: float) -> None:
        self.ahead = 0.0
        self.frozen = frozen

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead

    async def pause(self, seconds: float, wake: asyncio.Event | None = None) -> bool:
        self.ahead += seconds + self.frozen
        await asyncio.sleep(0.001)
        return wake is not None and wake.is_set()


@pytest.mark.parametrize("frozen, alarms", [(0.0, 1), (3600.0, 0)])
async def test_time_in_which_nobody_could_look_is_not_blindness(tmp_path: Path, frozen: float, alarms: int) -> None:
    """S6, B1: an hour of standing still raises no alarm; the same silence while running does."""
    clock = Frozen(frozen)
    told: list[Alert] = []

    async def announce(alert: Alert, watches: object, **stored: object) -> None:
        told.append(alert)

    async def clear(scope: str) -> None:
        raise AssertionError("no alarm stood")

    chosen = watch("One", "https://shop.example/")
    schedule = Schedule()
    schedule.lane("shop.example", 1.0, 2)
    slot = Slot(chosen, chosen.listings[0], "shop.example", clock.monotonic(), seen_at=clock.monotonic())
    schedule.add(slot)
    supervisor = Supervisor({slot.key: slot}, schedule, {slot.key: Belief(*slot.key)}, clock, announce, clear)
    stopping = asyncio.Event()
    task = asyncio.create_task(supervisor.run(stopping, lambda: settings(tmp_path, [chosen], {})))
    rounds = 100 if not frozen else 20  # 500 s of running, or 100 s and 20 hours
    began = clock.ahead
    while clock.ahead - began < rounds * (5.0 + frozen):
        await asyncio.sleep(0)
    stopping.set()
    await task
    assert [one.kind for one in told] == [Kind.BLIND] * alarms
    assert not told or isinstance(supervisor._standing.popitem()[1], Alarm)  # type: ignore[attr-defined]


def test_what_became_overdue_is_spread_out() -> None:
    """S6: a thousand overdue listings come over the next seconds, not at once; confirming looks do not wait."""
    schedule, slots = Schedule(), []
    for number in range(1000):
        host = f"shop{number}.example"
        chosen = watch("W", f"https://{host}/", interval=30.0)
        schedule.lane(host, 10.0, 2)
        slots.append(Slot(chosen, chosen.listings[0], host, 50.0 if number % 2 else 500.0))
        schedule.add(slots[-1])
    schedule.put(slots[1], 60.0, confirming=True)
    schedule.spread(200.0, Random(1))
    dues = sorted(slot.due for slot in slots[3::2])
    assert all(200.0 <= due <= 210.0 for due in dues)
    assert dues[len(dues) // 2] == pytest.approx(205.0, abs=1.0)
    assert max(Counter(int(10 * due) for due in dues).values()) < 20
    assert {slot.due for slot in slots[::2]} == {500.0}, "what is not due yet keeps its beat"
    assert schedule.pop(200.0) is slots[1]
    assert schedule.pop(200.0) is None


async def test_a_frozen_service_goes_on_in_good_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """S6: in the running service a timer that comes minutes late spreads what is overdue and raises nothing."""
    spread: list[float] = []
    real = Schedule.spread
    monkeypatch.setattr(Schedule, "spread", lambda self, now, random: (spread.append(now), real(self, now, random)))
    async with Shop() as shop, JsonReceiver() as hook:
        shop.set("/item/1", SOLD_OUT)
        chosen = settings(
            tmp_path, [watch("One", shop.url("/item/1"))], {"hook": hook.url()}, blind=BlindSettings(after=seconds(3))
        )
        async with running(chosen) as service:
            await looks(service, 3)
            clock = service.clock
            real_monotonic = SystemClock.monotonic
            monkeypatch.setattr(SystemClock, "monotonic", lambda self: real_monotonic(self) + 600.0)
            assert clock.monotonic() - real_monotonic(clock) > FROZEN_S  # type: ignore[arg-type]
            await looks(service, 10)
            assert len(spread) == 1
            shop.set("/item/1", IN_STOCK)
            await hook.wait_for(1)
            await asyncio.sleep(1.0)
            assert len(hook.received) == 1
