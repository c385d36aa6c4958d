"""Every stored delivery reaches its channel and is settled, over real Apprise, a real database and local receivers."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor import backoff
from monitor.model import Delivery, DeliveryState, Kind
from monitor.storage import Storage
from notifiers.channel import Channel, make_channel
from notifiers.message import Message
from tests.monitor.telling import REFUSED, Puppet, alert, plain, record, retry, telling
from tests.receivers import CUT, HANG, LOGIN, TOO_MANY, Act, JsonReceiver, MailReceiver, NtfyReceiver, bodies


async def test_each_news_arrives_exactly_once_on_each_channel(tmp_path: Path) -> None:
    """JSON, ntfy and mail each get every restock once, and every delivery ends as done."""
    async with JsonReceiver() as hook, NtfyReceiver() as phone, MailReceiver() as mail:
        channels = [
            make_channel("hook", hook.url(), False),
            make_channel("phone", phone.url(), True),
            make_channel("mail", mail.url(), False),
        ]
        async with telling(tmp_path, channels) as rig:
            news = [alert(f"任天堂 Switch {number}") for number in range(3)]
            for one in news:
                await rig.tell(one, "hook", "phone", "mail")
            await rig.until_idle()
            wanted = [f"{one.watch} [{one.event_id}]" for one in news]
            assert sorted(bodies(phone.received)) == sorted(wanted)
            for receiver in (hook, mail):  # these carry the link in their text
                assert sorted(body.splitlines()[0] for body in bodies(receiver.received)) == sorted(wanted)
            rows = await rig.rows()
            assert len(rows) == 9
            assert {row.state for row in rows.values()} == {DeliveryState.DONE}
            assert all(row.attempts == 1 and not row.repeat for row in rows.values())
    sent = rig.named("delivery.sent")
    assert {(one["event_id"], one["channel"]) for one in sent} == set(rows)
    assert all(one["watch"] and one["attempt"] == 1 for one in sent)


async def test_a_delivery_is_sending_before_the_send_and_done_only_after(tmp_path: Path) -> None:
    """What the database says while a message is under way, and after it was accepted (D2)."""
    async with JsonReceiver(Act(delay=0.3)) as hook, telling(tmp_path, [make_channel("hook", hook.url(), True)]) as rig:
        news = alert("deck")
        await rig.tell(news, "hook")
        await rig.until(lambda: not hook.acts)  # the receiver has read it, and takes its time
        assert (await rig.rows())[news.event_id, "hook"].state is DeliveryState.SENDING
        await rig.until_idle()
        assert (await rig.rows())[news.event_id, "hook"].state is DeliveryState.DONE


@pytest.mark.parametrize(
    ("act", "cause", "repeat"),
    [
        (Act(500), "answered 500", False),
        (TOO_MANY, "answered 429", False),
        (LOGIN, "redirect", False),
        (CUT, "cut before an answer", True),
    ],
    ids=["500", "429", "login page", "cut"],
)
async def test_what_was_not_accepted_is_sent_again(tmp_path: Path, act: Act, cause: str, repeat: bool) -> None:
    """A refusal is tried again as it was; only where it may have arrived is it marked as a repeat (D3, D5, D6)."""
    async with JsonReceiver(act) as hook, telling(tmp_path, [make_channel("hook", hook.url(), True)]) as rig:
        news = alert("deck")
        await rig.tell(news, "hook")
        await rig.until_idle()
        assert len(hook.received) == 2
        assert len(hook.accepted) == 1
        assert ("(repeat)" in hook.accepted[0].body) is repeat
        assert news.event_id in hook.received[0].body
        assert news.event_id in hook.accepted[0].body
        row = (await rig.rows())[news.event_id, "hook"]
        assert (row.state, row.attempts, row.repeat) == (DeliveryState.DONE, 2, repeat)
    (told,) = rig.named("delivery.retry")
    assert cause in str(told["cause"])


async def test_a_time_out_is_a_repeat(tmp_path: Path) -> None:
    """A server that reads the message and never answers: told again, marked, under the same event id (D3, D4)."""
    settings = retry(deadline=timedelta(seconds=0.3))
    async with (
        NtfyReceiver(HANG) as phone,
        telling(tmp_path, [make_channel("phone", phone.url(), True)], settings) as rig,
    ):
        news = alert("deck")
        await rig.tell(news, "phone")
        await rig.until_idle()
        assert "(repeat)" not in phone.received[0].body
        assert "(repeat)" in phone.received[1].body
        assert news.event_id in phone.received[1].body
        assert len(phone.received) == 2


async def test_a_dripping_answer_ends_at_the_deadline(tmp_path: Path) -> None:
    """A server that drips its answer outlives every time-out of the library, not ours (D4)."""
    settings = retry(deadline=timedelta(seconds=0.4))
    async with (
        JsonReceiver(Act(drip=0.05)) as hook,
        telling(tmp_path, [make_channel("hook", hook.url(), True)], settings) as rig,
    ):
        await rig.tell(alert("deck"), "hook")
        began = time.monotonic()
        await rig.until_idle(5.0)
        assert time.monotonic() - began < 2.0
        assert len(hook.accepted) == 1


async def test_nothing_listens_then_it_does(tmp_path: Path) -> None:
    """A channel that is down for a while gets everything once it is back."""
    hook = JsonReceiver()
    async with hook:
        pass
    async with telling(tmp_path, [make_channel("hook", hook.url(), True)]) as rig:
        news = [alert("deck"), alert("switch")]
        for one in news:
            await rig.tell(one, "hook")
        await rig.until(lambda: len(rig.named("delivery.retry")) >= 4)
        assert not hook.received
        async with hook:
            await rig.until_idle()
            assert len(hook.received) == 2
            assert not any("(repeat)" in one.body for one in hook.received)
    assert "connection refused" in str(rig.named("delivery.retry")[0]["cause"])


async def test_a_killed_process_tells_it_again_and_says_so(tmp_path: Path) -> None:
    """Rows left at `sending` by a crash go out at the next start, once, marked; pending ones unmarked (D2, D3)."""
    path = tmp_path / "restock.db"
    storage = await Storage.open(path)
    was_sending, was_pending = alert("deck"), alert("switch")
    (first,) = await record(storage, was_sending, ["hook"])
    await record(storage, was_pending, ["hook"])
    await storage.sending([first.id], datetime.now(UTC))
    await storage.close()  # a crash: nobody settled anything

    async with JsonReceiver() as hook:
        for _ in range(2):  # the second start owes nothing
            async with telling(tmp_path, [make_channel("hook", hook.url(), True)]) as rig:
                await rig.until_idle()
        told = {one.body.partition("[")[2][:6]: one.body for one in hook.received}
        assert len(hook.received) == 2
        assert "(repeat)" in told[was_sending.event_id]
        assert "(repeat)" not in told[was_pending.event_id]


async def test_sending_begins_on_the_next_step_of_the_loop(tmp_path: Path) -> None:
    """From the offer to the message in the receiver's hands takes milliseconds: nothing polls."""
    async with JsonReceiver() as hook, telling(tmp_path, [make_channel("hook", hook.url(), True)]) as rig:
        await rig.tell(alert("warm"), "hook")
        await rig.until_idle()
        taken = []
        for number in range(8):
            made = await record(rig.storage, alert(f"deck {number}"), ["hook"])
            began = time.monotonic()
            rig.outbox.offer(made)
            await rig.until_idle()
            taken.append(hook.received[-1].at - began)
        assert sorted(taken)[3] < 0.05


async def test_given_up_after_a_day_and_told_elsewhere(tmp_path: Path) -> None:
    """Past its time a delivery is dead, in the database and in a notice on another channel (D6)."""
    dead, alive = Puppet("phone", usual=REFUSED), Puppet("mail")
    settings = retry(give_up_after=timedelta(seconds=0.3), pause_after=100)
    async with telling(tmp_path, [dead, alive], settings) as rig:
        news = alert("deck")
        await rig.tell(news, "phone")
        await rig.until_idle()
        row = (await rig.rows())[news.event_id, "phone"]
        assert row.state is DeliveryState.DEAD
        assert row.last_error == REFUSED.detail
        assert row.attempts == len(dead.messages) > 1
        history = await rig.storage.history()
    (notice,) = [one for one in history if one.kind is Kind.DEAD_LETTER]
    assert notice.event_id in alive.told
    (event,) = rig.named("delivery.dead")
    assert (event["event_id"], event["channel"], event["watch"]) == (news.event_id, "phone", "deck")


async def test_a_removed_channel_gives_up_aloud(tmp_path: Path) -> None:
    """What a removed channel owed is dead, with a notice on one that stays; the others go on (S9)."""
    going, staying = Puppet("phone", usual=REFUSED), Puppet("mail")
    async with telling(tmp_path, [going, staying], retry(delays=(timedelta(seconds=30),))) as rig:
        lost = alert("deck")
        await rig.tell(lost, "phone")
        await rig.until(lambda: len(going.messages) == 1)
        await rig.outbox.replace_channels({"mail": staying})
        await rig.until_idle()
        assert (await rig.rows())[lost.event_id, "phone"].state is DeliveryState.DEAD
        assert Kind.CHANNEL_GONE in {one.kind for one in await rig.storage.history()}
        assert len(staying.accepted) == 1
        after = alert("switch")
        await rig.tell(after, "mail")
        await rig.until_idle()
        assert after.event_id in staying.told


async def test_removing_a_channel_waits_for_nobody(tmp_path: Path) -> None:
    """A removed channel that hangs delays no reload; its message counts if it is accepted after all."""
    async with JsonReceiver(Act(delay=0.4)) as hook:
        staying = Puppet("mail")
        async with telling(tmp_path, [make_channel("hook", hook.url(), True), staying]) as rig:
            news = alert("deck")
            await rig.tell(news, "hook")
            await rig.until(lambda: not hook.acts)
            began = time.monotonic()
            await rig.outbox.replace_channels({"mail": staying})
            assert time.monotonic() - began < 0.2
            assert rig.outbox.pending == 1
            await rig.until_idle()
            assert (await rig.rows())[news.event_id, "hook"].state is DeliveryState.DONE
            assert not staying.accepted


async def test_a_channel_written_anew_gets_what_the_old_one_owed(tmp_path: Path) -> None:
    """A corrected URL is tried at once, without waiting for the old one's delays."""
    wrong, right = Puppet("phone", usual=REFUSED), Puppet("phone")
    async with telling(tmp_path, [wrong], retry(delays=(timedelta(seconds=60),))) as rig:
        news = alert("deck")
        await rig.tell(news, "phone")
        await rig.until(lambda: len(wrong.messages) == 1)
        await rig.outbox.replace_channels({"phone": right})
        await rig.until_idle(2.0)
        assert right.told == [news.event_id]


async def test_a_refusal_of_the_old_url_is_no_word_on_the_new_one(tmp_path: Path) -> None:
    """A URL corrected while the old one is being tried: what that try brings delays nothing."""
    async with JsonReceiver(Act(status=500, delay=0.5)) as wrong, JsonReceiver() as right:
        old, new = (make_channel("phone", hook.url(), True) for hook in (wrong, right))
        async with telling(tmp_path, [old], retry(delays=(timedelta(seconds=60),))) as rig:
            news = alert("deck")
            await rig.tell(news, "phone")
            await rig.until(lambda: not wrong.acts)
            await rig.outbox.replace_channels({"phone": new})
            await right.wait_for(1, accepted=True)
            await rig.until_idle()
            assert (await rig.rows())[news.event_id, "phone"].state is DeliveryState.DONE


async def test_stopping_lets_a_send_finish_and_begins_no_other(tmp_path: Path) -> None:
    """The message in flight is settled; what waits stays pending for the next start (S7)."""
    async with JsonReceiver(Act(delay=0.3)) as hook:
        async with telling(tmp_path, [make_channel("hook", hook.url(), True)], retry(burst=1)) as rig:
            first, second = alert("deck"), alert("switch")
            await rig.tell(first, "hook")
            await rig.until(lambda: not hook.acts)
            await rig.tell(second, "hook")
            rig.stopping.set()
            assert rig.running is not None
            await rig.running
            rows = await rig.rows()
        assert rows[first.event_id, "hook"].state is DeliveryState.DONE
        assert rows[second.event_id, "hook"].state is DeliveryState.PENDING
        assert len(hook.received) == 1


async def test_stopping_does_not_wait_for_a_hanging_channel(tmp_path: Path) -> None:
    """A drain ends in time, and what hung is told again by the next start."""
    async with JsonReceiver(HANG) as hook:
        async with telling(
            tmp_path, [make_channel("hook", hook.url(), True)], retry(deadline=timedelta(seconds=30))
        ) as rig:
            news = alert("deck")
            await rig.tell(news, "hook")
            await hook.wait_for(1)
            began = time.monotonic()
            await rig.outbox.drain(0.2)
            assert time.monotonic() - began < 1.0
            assert (await rig.rows())[news.event_id, "hook"].state is DeliveryState.SENDING
        async with telling(tmp_path, [make_channel("hook", hook.url(), True)]) as rig:
            await rig.until_idle()
        assert "(repeat)" in hook.accepted[0].body


async def test_the_fallback_channel_gets_what_another_did_not_take_in_time(tmp_path: Path) -> None:
    """After the wait the fallback tells the same event, once, and the first channel is still tried (D7)."""
    down, other = Puppet("phone", *[REFUSED] * 8), Puppet("mail")
    settings = retry(fallback="mail", fallback_after=timedelta(seconds=0.2), pause_after=100)
    async with telling(tmp_path, [down, other], settings) as rig:
        news = alert("deck")
        await rig.tell(news, "phone")
        await rig.until_idle()
        assert down.told == [news.event_id]
        assert other.told == [news.event_id]
        quick = alert("switch")
        await rig.tell(quick, "phone")
        await rig.until_idle()
        await asyncio.sleep(0.3)
        assert quick.event_id not in other.told


async def test_a_message_that_cannot_be_worded_stops_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake in our own words is logged, and the rest is told, though they were due in one digest."""
    monkeypatch.setattr(backoff, "_DIGEST_GAP_S", 0.1)
    channel = Puppet("phone")

    def render(deliveries: Sequence[Delivery], _channel: Channel) -> Message:
        if any(one.alert.watch == "cursed" for one in deliveries):
            raise KeyError("no words")
        return plain(deliveries, _channel)

    async with telling(tmp_path, [channel], retry(burst=1), render=render) as rig:
        await rig.tell(alert("first"), "phone")
        await rig.until_idle()
        good, cursed = alert("deck"), alert("cursed")
        both = [one for each in (good, cursed) for one in await record(rig.storage, each, ["phone"])]
        rig.outbox.offer(both)
        await rig.until(lambda: good.event_id in channel.told and bool(rig.named("delivery.unwordable")))
        assert rig.named("delivery.unwordable")[0]["watch"] == "cursed"
        assert rig.outbox.pending == 1


async def test_no_event_shows_a_channel_s_url(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Canaries in user, password, topic and query are in no event, stored error or log record at DEBUG (P4)."""
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="apprise")
    async with NtfyReceiver(Act(403), CUT, LOGIN) as phone:
        url = f"ntfy://u-c4n4ry:p-c4n4ry@127.0.0.1:{phone.port}/t-c4n4ry?email=c4n4ry%40example.com"
        async with telling(tmp_path, [make_channel("phone", url, True)]) as rig:
            await rig.tell(alert("deck"), "phone")
            await rig.until_idle()
            kept = f"{rig.events} {await rig.storage.export()}"
            assert len(rig.named("delivery.retry")) == 3
    assert phone.received[0].path == "t-c4n4ry"
    said = " ".join(record.getMessage() for record in caplog.records)
    assert "c4n4ry" not in kept + said
