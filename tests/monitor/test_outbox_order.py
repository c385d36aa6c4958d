"""What goes first, what goes together, and what is never overtaken (D8, D9, D10)."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor import backoff
from monitor.backoff import Burst
from monitor.channel_queue import ChannelQueue
from monitor.model import Alert, Belief, Change, Delivery, DeliveryState, Kind
from notifiers.message import Message, Urgency
from tests.monitor.telling import ACCEPTED, REFUSED, Puppet, alert, delivery, record, retry, telling

T0 = datetime(2026, 11, 25, 3, tzinfo=UTC)


def unknown(_alert: Alert) -> bool | None:
    return None


async def test_older_news_never_follows_newer_news_of_a_product(tmp_path: Path) -> None:
    """The first news fails, the second arrives meanwhile: they are told in the order they happened."""
    phone = Puppet("phone", REFUSED)
    async with telling(tmp_path, [phone], retry(delays=(timedelta(seconds=30),))) as rig:
        now = datetime.now(UTC)
        old, new = alert("deck", now - timedelta(seconds=1)), alert("deck", now)
        await rig.tell(old, "phone")
        await rig.until(lambda: len(phone.messages) == 1)
        await rig.tell(new, "phone")
        await rig.until_idle(2.0)
        assert phone.told == [old.event_id, new.event_id]


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 100), st.booleans()), max_size=30),
    st.lists(st.tuples(st.booleans(), st.integers(0, 9), st.booleans()), max_size=60),
)
@settings(max_examples=200, deadline=None)
def test_no_order_of_failures_turns_a_product_s_news_round(
    news: list[tuple[int, int, bool]], steps: list[tuple[bool, int, bool]]
) -> None:
    """Whatever is due, refused, postponed or in stock: per product, accepted news only ever gets newer."""
    queue = ChannelQueue()
    told: dict[str, datetime] = {}
    coming = sorted(news, key=lambda one: one[1])
    for now, (accepted, wait, single) in enumerate(steps):
        for watch, second, standing in [coming.pop(0)] if coming else []:
            at = T0 + timedelta(seconds=second)
            queue.add(delivery("phone", alert(f"w{watch}", at, gather=standing)), now + wait % 3, now)
        units = queue.take(now, lambda one: one.watch == "w1", single=single)
        batch = [owed for unit in units for owed in unit.owed]
        if accepted:
            for owed in batch:
                name = owed.delivery.alert.watch or ""
                assert owed.delivery.created_at >= told.get(name, T0)
                told[name] = owed.delivery.created_at
            queue.drop(batch)
        else:
            for owed in batch:
                owed.due = now + wait


async def test_after_an_outage_what_is_in_stock_comes_first_and_newest_first(tmp_path: Path) -> None:
    """Six news waited for a channel; those still in stock lead, the newest of them first (D8)."""
    phone = Puppet("phone")
    in_stock = {"w1", "w3", "w4"}
    now = datetime.now(UTC)
    news = [alert(f"w{number}", now - timedelta(minutes=60 - number)) for number in range(6)]
    async with telling(
        tmp_path, [phone], retry(burst=20), standing=lambda one: one.watch in in_stock, owed=False
    ) as rig:
        made = [one for each in news for one in await record(rig.storage, each, ["phone"])]
        rig.outbox.offer(made)
        await rig.until_idle()
    watches = [message.title for message in phone.accepted]
    assert watches == ["w4", "w3", "w1", "w5", "w2", "w0"]


@pytest.fixture
def short_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the wait for a digest to fill, so that tests need not sit it out."""
    monkeypatch.setattr(backoff, "_DIGEST_GAP_S", 0.3)


@pytest.mark.usefixtures("short_gap")
async def test_a_storm_becomes_a_burst_and_then_digests(tmp_path: Path) -> None:
    """500 transitions at once: ten single messages, then digests that name every product; none is lost (D9)."""
    phone = Puppet("phone")
    async with telling(tmp_path, [phone], owed=False) as rig:
        began = time.monotonic()
        news = [alert(f"商品{number:03}") for number in range(500)]
        changes = [Change(Belief(one.watch or "", one.url or ""), None, one, ("phone",)) for one in news]
        rig.outbox.offer(await rig.storage.record(changes, datetime.now(UTC)))
        await rig.until(lambda: bool(phone.accepted))
        assert time.monotonic() - began < 3.0
        await rig.until_idle(30.0)
        assert time.monotonic() - began < 30.0
    assert sorted(phone.told) == sorted(one.event_id for one in news)
    sizes = [len(message.tags) for message in phone.accepted]
    assert sizes[:10] == [1] * 10
    assert all(size > 1 for size in sizes[10:-1])
    assert all(len(message.title) + len(message.body) <= phone.max_chars for message in phone.accepted)


@pytest.mark.usefixtures("short_gap")
async def test_a_digest_is_done_only_when_it_was_accepted(tmp_path: Path) -> None:
    """A refused digest leaves every delivery in it pending, and all of them arrive later."""
    phone = Puppet("phone", ACCEPTED, REFUSED)
    async with telling(tmp_path, [phone], retry(burst=1, delays=(timedelta(seconds=1),))) as rig:
        await rig.tell(alert("first"), "phone")
        await rig.until_idle()
        made = [one for n in range(5) for one in await record(rig.storage, alert(f"w{n}"), ["phone"])]
        rig.outbox.offer(made)
        await rig.until(lambda: len(phone.messages) == 2)
        await rig.until(lambda: bool(rig.named("delivery.retry")))
        states = {row.state for row in (await rig.rows()).values() if row.alert.watch != "first"}
        assert states == {DeliveryState.PENDING}
        await rig.until_idle()
        assert sorted(phone.told[1:]) == sorted(one.event_id for one in made)


async def test_first_looks_are_gathered_into_one_message(tmp_path: Path) -> None:
    """Quiet notes that gather wait for their time and then go together; a ring does not wait for them."""
    phone = Puppet("phone")
    async with telling(tmp_path, [phone]) as rig:
        later = datetime.now(UTC) + timedelta(seconds=0.5)
        notes = [alert(f"w{n}", kind=Kind.ALREADY, urgency=Urgency.QUIET, gather=True) for n in range(4)]
        for number, note in enumerate(notes):
            due_at = later + timedelta(seconds=number * 0.2)
            rig.outbox.offer(await record(rig.storage, note, ["phone"], due_at=due_at))
        ring = alert("deck")
        await rig.tell(ring, "phone")
        await rig.until(lambda: bool(phone.accepted))
        assert phone.told == [ring.event_id]
        await rig.until_idle()
        assert [len(message.tags) for message in phone.accepted] == [1, 4]


async def test_a_message_too_long_is_split_and_goes_on_where_it_broke_off(tmp_path: Path) -> None:
    """Pieces that were accepted are not told again when a later one is refused; no line is lost."""
    lines = [f"line {number:02} of a long story" for number in range(20)]

    def render(_deliveries: object, _channel: object) -> Message:
        return Message("news", "\n".join(lines))

    phone = Puppet("phone", ACCEPTED, REFUSED)
    phone.max_chars = 200
    async with telling(tmp_path, [phone], render=render) as rig:
        await rig.tell(alert("deck"), "phone")
        await rig.until_idle()
    got = "\n".join(message.body for message in phone.accepted).split("\n")
    assert got == lines
    assert all(len(message.title) + len(message.body) + 2 <= 200 for message in phone.accepted)


async def test_stored_due_times_are_clamped(tmp_path: Path) -> None:
    """A clock that was set back a day holds nothing back for a day (S6)."""
    phone = Puppet("phone")
    async with telling(tmp_path, [phone], owed=False) as rig:
        future = datetime.now(UTC) + timedelta(days=1)
        rig.outbox.offer(await record(rig.storage, alert("deck"), ["phone"], due_at=future))
        await rig.until_idle(2.0)


async def test_the_same_delivery_offered_twice_is_told_once(tmp_path: Path) -> None:
    """A start reads what is owed while the service offers it: it is one debt."""
    phone = Puppet("phone")
    async with telling(tmp_path, [phone], owed=False) as rig:
        made = await record(rig.storage, alert("deck"), ["phone"])
        rig.outbox.offer(made)
        rig.outbox.offer(await rig.storage.owed())
        await rig.until_idle()
        await asyncio.sleep(0.05)
        assert len(phone.messages) == 1


def test_the_burst_fills_up_again_with_time() -> None:
    """Ten at once, then one in six seconds alone, the rest together."""
    burst = Burst(10)
    for _ in range(10):
        assert burst.single(0.0)
        burst.sent(0.0)
    assert not burst.single(0.0)
    assert burst.ready_at(0.0) == 3.0
    assert burst.single(6.1)
    burst.sent(6.1)
    assert not burst.single(6.2)
    assert sum(1 for _ in range(20) if burst.single(1000.0) and burst.sent(1000.0) is None) == 10


def test_a_queue_owes_each_delivery_once() -> None:
    """The same stored delivery is not owed twice; two that were never stored are two."""
    queue = ChannelQueue()
    stored = Delivery(7, "k7f3q2", "phone", DeliveryState.PENDING, alert("deck"), T0, T0)
    assert queue.add(stored, 0.0, 0.0)
    assert not queue.add(stored, 0.0, 0.0)
    assert queue.add(delivery("phone", alert("deck")), 0.0, 0.0)
    assert queue.add(delivery("phone", alert("deck")), 0.0, 0.0)
    assert len(queue) == 3
    assert queue.take(0.0, unknown, single=True)[0].owed[0].delivery is stored
