"""What a mute holds back is owed and not late: no retry, no fallback and no giving up counts its time (D6, D7, D11)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.clock import SystemClock
from monitor.model import Alert, Delivery, DeliveryState
from tests.monitor.telling import REFUSED, Puppet, alert, delivery, retry, telling


class Muted:
    """Holds the news of some watches back."""

    def __init__(self, *names: str) -> None:
        self.names = set(names)

    def __call__(self, one: Alert) -> bool:
        return one.watch in self.names


def released(*names: str) -> Callable[[Delivery], Delivery | None]:
    """Let go of these as the end of a mute does."""

    def release(one: Delivery) -> Delivery | None:
        if one.alert.watch not in names:
            return None
        return replace(one, alert=replace(one.alert, gather=True, held_until=datetime.now(UTC)))

    return release


async def test_what_is_held_waits_and_what_is_let_go_is_one_message(tmp_path: Path) -> None:
    """Two watches held, one not; then both in one digest, oldest first within a watch, and done."""
    phone, hold = Puppet("phone"), Muted("a", "b")
    async with telling(tmp_path, [phone], hold=hold) as rig:
        for name in ("a", "b"):
            await rig.tell(alert(name), "phone")
        await rig.tell(alert("c", datetime.now(UTC) - timedelta(seconds=9)), "phone")  # older: it would come last
        await rig.until(lambda: len(phone.accepted) == 1)
        await asyncio.sleep(0.1)
        assert [message.body.partition(" ")[0] for message in phone.accepted] == ["c"]
        assert (rig.outbox.pending, rig.outbox.held) == (0, 2)
        (state,) = rig.outbox.states()
        assert (state.pending, state.held) == (0, 2)
        assert rig.outbox.oldest_pending() is None
        assert len(rig.outbox.owed()) == 2
        hold.names.clear()
        rig.outbox.let_go(released("a", "b"))
        await rig.until_idle()
        assert len(phone.accepted) == 2
        assert sorted(line[0] for line in phone.accepted[1].body.splitlines()) == ["a", "b"]


async def test_a_retry_that_falls_into_a_mute_waits_for_its_end(tmp_path: Path) -> None:
    """A send that fails after the mute began is not tried again before the mute is over."""
    phone, hold = Puppet("phone", usual=REFUSED), Muted()
    async with telling(tmp_path, [phone], hold=hold) as rig:
        await rig.tell(alert("a"), "phone")
        await rig.until(lambda: len(phone.messages) >= 1)
        hold.names.add("a")
        await asyncio.sleep(0.05)
        tried = len(phone.messages)
        await asyncio.sleep(0.6)
        assert len(phone.messages) == tried
        phone.usual = Puppet("x").usual
        hold.names.clear()
        rig.outbox.let_go(released("a"))
        await rig.until_idle()
        assert len(phone.accepted) == 1


async def test_the_fallback_is_not_told_what_is_muted(tmp_path: Path) -> None:
    """It gets what the channel does not take after the mute, counted from its end."""
    phone, mail, hold = Puppet("phone", usual=REFUSED), Puppet("mail"), Muted("a")
    settings = retry(fallback="mail", fallback_after=timedelta(seconds=0.3), pause_after=100)
    async with telling(tmp_path, [phone, mail], settings, hold=hold) as rig:
        await rig.tell(alert("a"), "phone")
        await asyncio.sleep(0.7)
        assert not phone.messages
        assert not mail.messages
        hold.names.clear()
        rig.outbox.let_go(released("a"))
        began = asyncio.get_running_loop().time()
        await rig.until(lambda: len(mail.accepted) == 1)
        assert asyncio.get_running_loop().time() - began > 0.25


async def test_patience_with_a_channel_begins_at_the_end_of_the_mute(tmp_path: Path) -> None:
    """News older than the giving-up time has all of it from then on, also in the next process: held is not refused."""
    settings = retry(give_up_after=timedelta(hours=1))
    now = datetime.now(UTC)
    old = alert("a", now - timedelta(hours=5))
    async with telling(tmp_path, [Puppet("phone")], settings, hold=Muted("a")) as rig:
        for held_until, spent in ((now, 0), (None, 3000)):  # the last ten minutes are left to whatever a start takes up
            news = replace(old, held_until=held_until)
            rig.outbox.offer([delivery("phone", news, created_at=old.at, due_at=now)])
            *_, owed = rig.outbox._workers["phone"].queue
            assert SystemClock().monotonic() - owed.born == pytest.approx(spent, abs=5)


async def test_what_is_dropped_is_owed_no_more(tmp_path: Path) -> None:
    """The end of a snooze takes news out; the rest stays."""
    phone, hold = Puppet("phone"), Muted("a", "b")
    async with telling(tmp_path, [phone], hold=hold) as rig:
        await rig.tell(alert("a"), "phone")
        await rig.tell(alert("b"), "phone")
        rig.outbox.let_go(released("b"), lambda one: one.alert.watch == "a")
        assert [one.alert.watch for one in rig.outbox.owed()] == ["b"]
        assert {row.state for row in (await rig.rows()).values()} == {DeliveryState.PENDING}
        hold.names.clear()
        rig.outbox.let_go(released("b"))
        await rig.until(lambda: len(phone.accepted) == 1)
        assert phone.accepted[0].body.startswith("b ")
