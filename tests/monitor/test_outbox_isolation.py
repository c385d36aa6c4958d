"""Channels are independent: what one does, the others never notice (D4)."""

from __future__ import annotations

import asyncio
import statistics
import threading
import time
from datetime import timedelta
from pathlib import Path

from monitor.model import DeliveryState, Kind
from monitor.storage import Storage
from notifiers.channel import make_channel
from notifiers.message import Message, Outcome
from tests.monitor.telling import ACCEPTED, REFUSED, Puppet, alert, record, retry, telling
from tests.receivers import HANG, JsonReceiver, NtfyReceiver


class Stuck(Puppet):
    """A channel whose sends hang, all of them, until the test lets go."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.let_go = threading.Event()

    def send(self, message: Message) -> Outcome:
        self.messages.append(message)
        self.let_go.wait(20)
        self.accepted.append(message)
        return ACCEPTED


async def test_one_hanging_channel_of_three_delays_nobody(tmp_path: Path) -> None:
    """Over real Apprise: a server that never answers, and two that do."""
    async with JsonReceiver() as hook, NtfyReceiver() as phone, JsonReceiver(usual=HANG) as hanging:
        channels = [
            make_channel("hook", hook.url(), False),
            make_channel("phone", phone.url(), True),
            make_channel("hanging", hanging.url(), False),
        ]
        async with telling(tmp_path, channels, retry(deadline=timedelta(seconds=0.5))) as rig:
            await rig.tell(alert("first"), "hook", "phone", "hanging")
            await hanging.wait_for(1)
            began = time.monotonic()
            await rig.tell(alert("deck"), "hook", "phone", "hanging")
            await phone.wait_for(2)
            await hook.wait_for(2)
            assert time.monotonic() - began < 0.3
            assert not hanging.accepted
            await rig.outbox.drain(0.1)


async def test_ten_hanging_channels_cost_the_good_ones_milliseconds(tmp_path: Path) -> None:
    """The time from offer to arrival, beside ten servers that hang, against the same without them."""
    async with JsonReceiver() as hook, JsonReceiver(usual=HANG) as hanging:
        good = make_channel("good", hook.url(), True)
        bad = [make_channel(f"bad {number}", hanging.url(f"/{number}"), True) for number in range(10)]

        async def median(folder: str, names: list[str]) -> float:
            (tmp_path / folder).mkdir()
            taken = []
            async with telling(tmp_path / folder, [good, *bad], retry(deadline=timedelta(seconds=5), burst=50)) as rig:
                await rig.tell(alert("warm"), *names)
                await rig.until(lambda: any(one.title == "warm" for one in hook.received))
                for number in range(7):
                    made = await record(rig.storage, alert(f"{folder} {number}"), names)
                    before, began = len(hook.received), time.monotonic()
                    rig.outbox.offer(made)
                    await hook.wait_for(before + 1)
                    taken.append(hook.received[-1].at - began)
                    await rig.until(lambda: rig.outbox.channels["good"] is good and not _owes(rig, "good"))
                await rig.outbox.drain(0.1)
            hook.received.clear()
            return statistics.median(taken)

        alone = await median("alone", ["good"])
        beside = await median("beside", ["good", *(channel.name for channel in bad)])
        assert beside - alone < 0.15


def _owes(rig: object, name: str) -> bool:
    states = {state.name: state for state in rig.outbox.states()}  # type: ignore[attr-defined]
    return bool(states[name].pending)


async def test_a_stuck_thread_is_replaced_and_told_elsewhere(tmp_path: Path) -> None:
    """Past the deadline the next try has a new thread; the trouble is told, once, on another channel."""
    stuck, other = Stuck("phone"), Puppet("mail")
    settings = retry(deadline=timedelta(seconds=0.1), pause=timedelta(seconds=0.05), pause_cap=timedelta(seconds=0.1))
    async with telling(tmp_path, [stuck, other], settings) as rig:
        await rig.tell(alert("deck"), "phone")
        await rig.until(lambda: len(stuck.messages) == 2)
        assert not rig.outbox.healthy("phone")
        assert rig.outbox.healthy("mail")
        await rig.until(lambda: len(other.accepted) == 1)
        assert [one.kind for one in await rig.storage.history()][:1] == [Kind.CHANNEL_DOWN]
        await rig.until(lambda: len(rig.named("delivery.retry")) >= 5)
        # A channel may not eat threads without end: past three, sends are not even begun.
        assert len(stuck.messages) == 3
        hanging = [thread for thread in threading.enumerate() if thread.name == "send:phone"]
        assert len(hanging) <= 4
        assert all(thread.daemon for thread in hanging), "a hanging send may not keep the process from ending"
        assert len(other.accepted) == 1
        stuck.let_go.set()
        await rig.until_idle()


async def test_an_answer_after_the_deadline_still_counts(tmp_path: Path) -> None:
    """A send that was given up and then accepted is done; it is not told a second time."""
    slow = Stuck("phone")
    settings = retry(deadline=timedelta(seconds=0.1), delays=(timedelta(seconds=30),))
    async with telling(tmp_path, [slow], settings) as rig:
        news = alert("deck")
        await rig.tell(news, "phone")
        await rig.until(lambda: bool(rig.named("delivery.retry")))
        slow.let_go.set()
        await rig.until_idle(2.0)
        assert len(slow.messages) == 1
        assert (await rig.rows())[news.event_id, "phone"].state is DeliveryState.DONE


async def test_sends_never_use_the_loop_s_own_threads(tmp_path: Path) -> None:
    """Names of hosts are looked up in the default executor: sends must leave it alone."""
    seen: list[str] = []

    class Nosy(Puppet):
        def send(self, message: Message) -> Outcome:
            seen.append(threading.current_thread().name)
            return super().send(message)

    async with telling(tmp_path, [Nosy("phone"), Nosy("mail")]) as rig:
        await rig.tell(alert("deck"), "phone", "mail")
        await rig.until_idle()
    assert sorted(seen) == ["send:mail", "send:phone"]


async def test_a_channel_that_refuses_everything_is_paused_and_resumes_alone(tmp_path: Path) -> None:
    """Different news refused in a row pause the channel, longer each time; one acceptance frees all (D6)."""
    down, other = Puppet("phone", *[REFUSED] * 4), Puppet("mail")
    settings = retry(
        pause_after=3,
        pause=timedelta(seconds=0.2),
        pause_cap=timedelta(seconds=1),
        burst=20,
        delays=(timedelta(seconds=60),),  # only the acceptance of another can free what was refused
    )
    async with telling(tmp_path, [down, other], settings) as rig:
        for number in range(6):
            await rig.tell(alert(f"deck {number}"), "phone")
        await rig.until(lambda: bool(rig.named("channel.paused")))
        assert not rig.outbox.healthy("phone")
        before = len(down.messages)
        await asyncio.sleep(0.1)
        assert len(down.messages) == before
        await rig.until_idle()
        assert [one["seconds"] for one in rig.named("channel.paused")] == [0.2, 0.4]
        assert len(set(down.told)) == len(down.told) == 6
        assert rig.outbox.healthy("phone")
        assert Kind.CHANNEL_DOWN in {one.kind for one in await rig.storage.history()}


async def test_one_delivery_that_fails_for_ever_pauses_nobody(tmp_path: Path) -> None:
    """A single message that is never accepted keeps its own delays and lets the others through."""

    class Picky(Puppet):
        def send(self, message: Message) -> Outcome:
            self.usual = REFUSED if "cursed" in message.body else ACCEPTED
            return super().send(message)

    picky = Picky("phone")
    async with telling(tmp_path, [picky], retry(pause_after=3)) as rig:
        await rig.tell(alert("cursed"), "phone")
        await rig.until(lambda: len(rig.named("delivery.retry")) >= 4)
        good = alert("deck")
        await rig.tell(good, "phone")
        await rig.until(lambda: good.event_id in picky.told, 1.0)
        assert not rig.named("channel.paused")


async def test_a_channel_that_raises_is_a_channel_that_refuses(tmp_path: Path) -> None:
    """A plug-in's own exception costs a retry, and none of its words are repeated."""

    class Broken(Puppet):
        def send(self, message: Message) -> Outcome:
            if not self.messages:
                self.messages.append(message)
                raise RuntimeError("https://hooks.example/s3cret")
            return super().send(message)

    async with telling(tmp_path, [Broken("phone")]) as rig:
        await rig.tell(alert("deck"), "phone")
        await rig.until_idle()
        assert "s3cret" not in str(rig.events)
        assert "RuntimeError" in str(rig.named("delivery.retry"))


async def test_hanging_threads_do_not_outlive_their_use(tmp_path: Path) -> None:
    """After a stop no idle sending thread is left behind."""
    storage = await Storage.open(tmp_path / "restock.db")
    async with telling(tmp_path, [Puppet("only one")], storage=storage) as rig:
        await rig.tell(alert("deck"), "only one")
        await rig.until_idle()
    await asyncio.sleep(0.05)
    assert not [thread for thread in threading.enumerate() if thread.name == "send:only one"]
