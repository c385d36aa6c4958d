"""When a delivery is tried again: the promised delays, over hours that pass at once (D6)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.backoff import Refusals, delay, doubtful_delay, longest_delay
from monitor.model import DeliveryState
from monitor.settings import RetrySettings
from notifiers.message import Message, Outcome
from tests.fakes import FakeClock
from tests.monitor.telling import REFUSED, Puppet, alert, record, telling

PROMISED = [1, 2, 5, 10, 20, 30, 60, 60, 60]


class Timed(Puppet):
    """Notes when it was asked."""

    def __init__(self, name: str, clock: FakeClock) -> None:
        super().__init__(name, usual=REFUSED)
        self.clock = clock
        self.asked: list[float] = []

    def send(self, message: Message) -> Outcome:
        self.asked.append(self.clock.monotonic())
        return super().send(message)


@given(st.floats(0.0, 1.0))
def test_delays_are_the_promised_ones_within_a_fifth(chance: float) -> None:
    """1, 2, 5, 10, 20, 30 and then 60 s, each ± 20 %."""
    for attempts, seconds in enumerate(PROMISED, start=1):
        assert delay(attempts, RetrySettings(), lambda: chance) == pytest.approx(seconds, rel=0.2001)
    assert longest_delay(RetrySettings()) == pytest.approx(72)


async def test_a_day_of_refusals(tmp_path: Path) -> None:
    """A delivery is tried at the promised times for 24 h, is stored as pending between, and is dead after."""
    clock = FakeClock(auto=False)
    phone = Timed("phone", clock)
    async with telling(tmp_path, [phone], RetrySettings(), clock=clock) as rig:
        (made,) = await record(rig.storage, alert("deck", clock.now()), ["phone"])
        rig.outbox.offer([made])
        for count in range(1, 10):
            await rig.until(lambda count=count: len(rig.named("delivery.retry")) == count)  # type: ignore[misc]
            await asyncio.sleep(0)
            (row,) = (await rig.rows()).values()
            wait = (row.due_at - clock.now()).total_seconds()
            assert row.state is DeliveryState.PENDING
            assert row.attempts == count
            assert wait == pytest.approx(PROMISED[count - 1], rel=0.21)
            clock.advance(wait - 0.01)
            await asyncio.sleep(0.02)
            assert len(phone.asked) == count, "tried before its time"
            clock.advance(0.02)
        await rig.until(lambda: len(phone.asked) == 10)
        clock.advance(24 * 3600)
        await rig.until_idle()
        (row,) = (await rig.rows()).values()
        assert row.state is DeliveryState.DEAD
        assert row.last_error == REFUSED.detail
        assert rig.named("notice.untold")  # there is no other channel to tell
    gaps = [later - earlier for earlier, later in zip(phone.asked, phone.asked[1:], strict=False)]
    assert gaps[:9] == pytest.approx(PROMISED, rel=0.25)


def test_pauses_double_up_to_a_quarter_of_an_hour() -> None:
    """Different messages refused in a row: 30 s, doubling, 15 min at most; an acceptance starts over."""
    refusals = Refusals(RetrySettings())
    assert [refusals.refused(n, 0.0) for n in range(4)] == [0.0] * 4
    assert [refusals.refused(4, 0.0) for _ in range(7)] == [30, 60, 120, 240, 480, 900, 900]
    assert refusals.accepted()
    assert not refusals.accepted()
    assert [refusals.refused("same", 0.0) for _ in range(50)] == [0.0] * 50


async def test_a_delay_survives_a_restart(tmp_path: Path) -> None:
    """Attempts and due time are stored: a restart neither hurries nor forgets."""
    settings = RetrySettings(delays=(timedelta(seconds=0.6),), jitter=0)
    first, second = Puppet("phone", usual=REFUSED), Puppet("phone")
    async with telling(tmp_path, [first], settings) as rig:
        await rig.tell(alert("deck"), "phone")
        await rig.until(lambda: bool(rig.named("delivery.retry")))
    async with telling(tmp_path, [second], settings) as rig:
        await asyncio.sleep(0.15)
        assert not second.messages
        await rig.until_idle()
        (row,) = (await rig.rows()).values()
        assert row.attempts == 2
        assert "(repeat)" not in second.accepted[0].body


def test_a_send_that_may_have_arrived_is_repeated_ever_more_rarely() -> None:
    """Whoever answers late must not be rung again and again: once soon, then after 30 s, 60 s, ... 15 min (D3)."""
    settings = RetrySettings()
    waits = [doubtful_delay(1.0, doubtful, settings) for doubtful in range(1, 9)]
    assert waits == [1.0, 30.0, 60.0, 120.0, 240.0, 480.0, 900.0, 900.0]
    assert doubtful_delay(60.0, 2, settings) == 60.0, "an ordinary delay is never made shorter"
