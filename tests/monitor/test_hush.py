"""D11: mutes always end, are recorded, and close with a digest, in a real service and across its restarts."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.hush import Hush
from monitor.model import DeliveryState, Kind
from monitor.mutes import Mute, MuteKind, Refused, set_notice
from monitor.service import Service
from monitor.settings import Settings
from monitor.storage import Storage, StoreError, reading
from tests.monitor.running import looks, quick_backoff, running, seconds, settings, watch
from tests.receivers import Act, JsonReceiver
from tests.shop import Reply, Shop, product_page

__all__ = ["quick_backoff"]

SOLD_OUT = Reply(product_page(state="out_of_stock"))
IN_STOCK = Reply(product_page(state="in_stock", price=49800))


def chosen(folder: Path, shop: Shop, hooks: dict[str, str], count: int = 2) -> Settings:
    for number in range(count):
        shop.set(f"/item/{number}", SOLD_OUT)
    return settings(folder, [watch(f"Thing {n}", shop.url(f"/item/{n}")) for n in range(count)], hooks)


async def until(done: Callable[[], bool], within: float = 10.0) -> None:
    async with asyncio.timeout(within):
        while not done():
            await asyncio.sleep(0.01)


async def flip(service: Service, shop: Shop, *numbers: int) -> None:
    """Bring things back and wait until the service has recorded that."""
    alerts = service.stats.alerts
    for number in numbers:
        shop.set(f"/item/{number}", IN_STOCK)
    await until(lambda: service.stats.alerts >= alerts + len(numbers))


async def kinds(path: Path) -> list[Kind]:
    """Give what the history says, oldest first."""
    async with await reading(path) as storage:
        return [one.kind for one in reversed(await storage.history())]


async def test_what_happens_in_a_mute_comes_as_one_digest_on_each_channel(tmp_path: Path) -> None:
    """Two restocks under --all: silence, then one message a channel that names both and says that the mute is over."""
    async with Shop() as shop, JsonReceiver() as one, JsonReceiver() as two:
        plan = chosen(tmp_path, shop, {"one": one.url(), "two": two.url()})
        async with running(plan) as service:
            await looks(service, 6)
            began = service.clock.monotonic()
            set_ = await service.hush.mute(None, seconds(3.0))
            await flip(service, shop, 0, 1)
            await asyncio.sleep(0.4)
            assert not one.received + two.received
            assert service.snapshot().pending == 0, "what is muted waits for nobody"
            assert service.outbox.held == 4
            rows = await service.storage.deliveries()
            assert {row.state for row in rows} == {DeliveryState.PENDING}
            assert {row.due_at for row in rows} == {set_.until}
            for hook in (one, two):
                await hook.wait_for(1)
            assert service.clock.monotonic() - began > 2.9
            await asyncio.sleep(0.5)
        for hook in (one, two):
            (digest,) = hook.received
            assert "Thing 0" in digest.body
            assert "Thing 1" in digest.body
            assert "The mute is over" in digest.body
        rows = await _rows(plan)
        assert {row.state for row in rows} == {DeliveryState.DONE}
        assert await kinds(plan.database) == [Kind.MUTED, Kind.RESTOCK, Kind.RESTOCK, Kind.UNMUTED]


async def _rows(plan: Settings) -> list:  # type: ignore[type-arg]
    async with await reading(plan.database) as storage:
        return await storage.deliveries()


async def test_another_watch_rings_through_a_mute(tmp_path: Path) -> None:
    """Only the muted one is held; unmuting it early tells at once, and the next news rings as ever."""
    async with (
        Shop() as shop,
        JsonReceiver() as hook,
        running(chosen(tmp_path, shop, {"hook": hook.url()})) as service,
    ):
        await looks(service, 6)
        await service.hush.mute("Thing 0", timedelta(hours=1))
        await flip(service, shop, 0)
        await flip(service, shop, 1)
        await hook.wait_for(1)
        assert "Thing 1" in hook.received[0].title
        assert "Thing 0" not in hook.received[0].title + hook.received[0].body
        assert [one.watch for one in await service.hush.unmute("Thing 0")] == ["Thing 0"]
        await hook.wait_for(2)
        assert "Thing 0" in hook.received[1].body
        assert "The mute is over: Thing 0" in hook.received[1].body
        assert await service.hush.unmute("Thing 0") == (), "a second time there is nothing to end"
        shop.set("/item/0", SOLD_OUT)
        await looks(service, 12)
        await flip(service, shop, 0)
        await hook.wait_for(3)
        assert hook.received[2].title.startswith("In stock: Thing 0")


async def test_a_mute_with_no_news_says_so_when_it_is_over(tmp_path: Path) -> None:
    """It always closes with a message, so that somebody knows that silence means nothing again."""
    async with Shop() as shop, JsonReceiver() as hook:
        async with running(chosen(tmp_path, shop, {"hook": hook.url()})) as service:
            await service.hush.mute("Thing 1", seconds(1.0))
            await hook.wait_for(1)
            await asyncio.sleep(0.3)
        (told,) = hook.received
        assert told.title == "The mute is over: Thing 1"
        assert "News held back meanwhile: 0" in told.body


async def test_a_mute_catches_what_a_channel_has_not_taken_yet(tmp_path: Path) -> None:
    """A delivery that is being retried when the mute is set waits for its end, and comes once."""
    async with Shop() as shop, JsonReceiver(usual=Act(500)) as hook:
        async with running(chosen(tmp_path, shop, {"hook": hook.url()})) as service:
            await looks(service, 6)
            await flip(service, shop, 0)
            await hook.wait_for(1)
            await service.hush.mute("Thing 0", seconds(1.5))
            await asyncio.sleep(0.2)  # a send that was under way may still arrive
            tried = len(hook.received)
            hook.usual = Act()
            await asyncio.sleep(0.8)
            assert len(hook.received) == tried
            await hook.wait_for(1, accepted=True)
            await asyncio.sleep(0.4)
        assert len(hook.accepted) == 1
        assert "Thing 0" in hook.accepted[0].body


async def test_a_mute_outlives_a_restart(tmp_path: Path) -> None:
    """Set in one process, it holds in the next, and ends there at the same time."""
    async with Shop() as shop, JsonReceiver() as hook:
        plan = chosen(tmp_path, shop, {"hook": hook.url()})
        async with running(plan) as service:
            await looks(service, 6)
            set_ = await service.hush.mute("Thing 0", seconds(3.0))
            await flip(service, shop, 0)
        async with running(plan) as service:
            await looks(service, 6)
            assert [(one.watch, one.until) for one in service.hush.standing] == [("Thing 0", set_.until)]
            assert not hook.received
            await hook.wait_for(1)
            assert service.clock.now() >= set_.until
            await asyncio.sleep(0.4)
        assert len(hook.received) == 1
        assert "Thing 0" in hook.received[0].body
        assert service.hush.standing == ()


async def test_a_mute_that_ended_while_nothing_ran_is_closed_at_the_start(tmp_path: Path) -> None:
    """Its digest comes then, once, however many starts follow."""
    async with Shop() as shop, JsonReceiver() as hook:
        plan = chosen(tmp_path, shop, {"hook": hook.url()})
        async with running(plan) as service:
            await looks(service, 6)
            await service.hush.mute("Thing 0", seconds(1.2))
            await flip(service, shop, 0)
        await asyncio.sleep(1.3)
        assert not hook.received
        for _ in range(2):
            async with running(plan) as service:
                await hook.wait_for(1)
                await looks(service, 6)
        (digest,) = hook.received
        assert "Thing 0" in digest.body
        assert "The mute is over" in digest.body


async def test_of_two_mutes_the_longer_holds_and_one_digest_closes_both(tmp_path: Path) -> None:
    """A watch's own mute ends silently inside --all; --all ends and tells everything."""
    async with Shop() as shop, JsonReceiver() as hook:
        plan = chosen(tmp_path, shop, {"hook": hook.url()})
        async with running(plan) as service:
            await looks(service, 6)
            await service.hush.mute("Thing 0", timedelta(hours=1))
            await service.hush.mute(None, timedelta(hours=1))
            await flip(service, shop, 0, 1)
            await service.hush.mute("Thing 0", seconds(0.2))
            await until(lambda: len(service.hush.standing) == 1)
            await asyncio.sleep(0.3)
            assert not hook.received
            await service.hush.mute(None, seconds(0.2))
            await hook.wait_for(1)
            await asyncio.sleep(0.4)
        (digest,) = hook.received
        assert digest.body.count("Thing 0") == digest.body.count("Thing 1") == 1
        assert digest.body.count("The mute is over") == 1
        assert (await kinds(plan.database)).count(Kind.UNMUTED) == 2, "both are recorded"


async def test_muting_again_moves_the_end(tmp_path: Path) -> None:
    """The newest word counts, longer or shorter; there is one mute, not two."""
    async with (
        Shop() as shop,
        JsonReceiver() as hook,
        running(chosen(tmp_path, shop, {"hook": hook.url()})) as service,
    ):
        await service.hush.mute("Thing 0", timedelta(hours=2))
        again = await service.hush.mute("Thing 0", seconds(1.0))
        assert service.hush.standing == (again,)
        assert await service.storage.mutes() == [again]
        await hook.wait_for(1)
        assert service.hush.standing == ()


async def test_a_reload_that_removes_a_muted_watch_ends_its_mute(tmp_path: Path) -> None:
    """What it held is told, not lost."""
    async with Shop() as shop, JsonReceiver() as hook:
        plan = chosen(tmp_path, shop, {"hook": hook.url()})
        async with running(plan) as service:
            await looks(service, 6)
            await service.hush.mute("Thing 0", timedelta(hours=1))
            await flip(service, shop, 0)
            await service.apply(replace(plan, watches=plan.watches[1:]))
            await hook.wait_for(1)
            assert "Thing 0" in hook.received[0].body
            assert "The mute is over" in hook.received[0].body
            await asyncio.sleep(0.3)
            assert (len(hook.received), service.hush.standing) == (1, ())
        async with await reading(plan.database) as storage:
            assert (await storage.history("Thing 0"))[0].detail == "its watch was removed"


async def test_blindness_of_a_muted_watch_waits_too(tmp_path: Path) -> None:
    """The alarm and its end come with the digest."""
    from monitor.settings import BlindSettings

    async with Shop() as shop, JsonReceiver() as hook:
        plan = replace(
            chosen(tmp_path, shop, {"hook": hook.url()}, 1), blind=BlindSettings(after=seconds(0.6), intervals=1.0)
        )
        async with running(plan) as service:
            await looks(service, 3)
            await service.hush.mute(None, timedelta(hours=1))
            shop.set("/item/0", Reply(b"", status=500))
            await until(lambda: service.snapshot().blind == 1)
            await asyncio.sleep(0.3)
            assert not hook.received
            await service.hush.unmute(None)
            await hook.wait_for(1)
            assert "Cannot see the stock: Thing 0" in hook.received[0].body


async def test_a_snooze_ends_with_one_message_if_it_is_still_in_stock(tmp_path: Path) -> None:
    """Other places that come meanwhile are silent; at the end one message names them all."""
    async with Shop() as shop, JsonReceiver() as hook:
        for number in range(2):
            shop.set(f"/item/{number}", SOLD_OUT)
        both = watch("Thing", shop.url("/item/0"), shop.url("/item/1"))
        plan = settings(tmp_path, [both], {"hook": hook.url()})
        async with running(plan) as service:
            await looks(service, 6)
            with pytest.raises(Refused, match="nothing to snooze"):
                await service.hush.snooze("Thing", seconds(1.0))
            await flip(service, shop, 0)
            await hook.wait_for(1)
            await service.hush.snooze("Thing", seconds(1.5))
            await flip(service, shop, 1)
            await asyncio.sleep(0.4)
            assert len(hook.received) == 1
            await hook.wait_for(2)
            await asyncio.sleep(0.4)
        assert len(hook.received) == 2
        assert hook.received[1].title.startswith("Still in stock: Thing")
        assert shop.url("/item/1") in hook.received[1].body
        rows = await _rows(plan)
        assert [row.state for row in rows if row.alert.kind is Kind.ALSO] == [DeliveryState.DEAD]
        assert [row.last_error for row in rows if row.alert.kind is Kind.ALSO] == ["snoozed: its time was over"]
        assert await kinds(plan.database) == [
            Kind.RESTOCK, Kind.SNOOZED, Kind.RESTOCK, Kind.SNOOZE_OVER, Kind.STILL,
        ]  # fmt: skip


async def test_a_snooze_of_what_sold_out_says_nothing(tmp_path: Path) -> None:
    """There is nothing to be reminded of; the end is recorded."""
    async with Shop() as shop, JsonReceiver() as hook:
        plan = chosen(tmp_path, shop, {"hook": hook.url()}, 1)
        async with running(plan) as service:
            await looks(service, 6)
            await flip(service, shop, 0)
            await hook.wait_for(1)
            await service.hush.snooze("Thing 0", seconds(1.2))
            shop.set("/item/0", SOLD_OUT)
            await until(lambda: service.hush.standing == ())
            await asyncio.sleep(0.4)
        assert len(hook.received) == 1
        assert (await kinds(plan.database))[-1] is Kind.SNOOZE_OVER


async def test_a_new_restock_rings_through_a_snooze_and_ends_it(tmp_path: Path) -> None:
    """Sold out and back is another chance."""
    async with Shop() as shop, JsonReceiver() as hook:
        plan = chosen(tmp_path, shop, {"hook": hook.url()}, 1)
        async with running(plan) as service:
            await looks(service, 6)
            await flip(service, shop, 0)
            await hook.wait_for(1)
            await service.hush.snooze("Thing 0", timedelta(hours=1))
            shop.set("/item/0", SOLD_OUT)
            await looks(service, 8)
            await flip(service, shop, 0)
            await hook.wait_for(2)
            assert hook.received[1].title.startswith("In stock: Thing 0")
            await until(lambda: service.hush.standing == ())
            await asyncio.sleep(0.3)
            assert len(hook.received) == 2


@pytest.mark.usefixtures("quick_backoff")
async def test_a_snooze_that_ended_while_nothing_ran_invents_nothing(tmp_path: Path) -> None:
    """What was in stock before the stop is not told before somebody looked again; here it has sold out."""
    async with Shop() as shop, JsonReceiver() as hook:
        plan = chosen(tmp_path, shop, {"hook": hook.url()}, 1)
        async with running(plan) as service:
            await looks(service, 6)
            await flip(service, shop, 0)
            await hook.wait_for(1)
            await service.hush.snooze("Thing 0", seconds(1.0))
        shop.set("/item/0", Reply(b"", status=500))
        await asyncio.sleep(1.1)
        async with running(plan) as service:
            await asyncio.sleep(1.0)
            assert len(service.hush.standing) == 1, "nobody has seen it yet"
            shop.set("/item/0", SOLD_OUT)
            await until(lambda: service.hush.standing == ())
            await asyncio.sleep(0.3)
        assert len(hook.received) == 1


async def test_news_goes_out_even_when_the_end_cannot_be_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk keeps nobody's restock back; the mute is over all the same, and a new one can be set later."""
    async with (
        Shop() as shop,
        JsonReceiver() as hook,
        running(chosen(tmp_path, shop, {"hook": hook.url()})) as service,
    ):
        await looks(service, 6)
        await service.hush.mute("Thing 0", seconds(1.0))
        await flip(service, shop, 0)

        async def full(*_: object) -> None:
            raise StoreError("the disk is full; free some space")

        with monkeypatch.context() as broken:
            broken.setattr(Storage, "end_mutes", full)
            await hook.wait_for(1)
        assert "Thing 0" in hook.received[0].body
        again = await service.hush.mute("Thing 0", timedelta(hours=1))
        assert await service.storage.mutes() == [again]


async def test_an_end_that_could_not_be_stored_is_stored_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mute's end and what a snooze silenced are written when the disk has room again, and no start repeats them."""
    async with Shop() as shop, JsonReceiver() as hook:
        for number in range(2):
            shop.set(f"/item/{number}", SOLD_OUT)
        both = watch("Thing", shop.url("/item/0"), shop.url("/item/1"))
        plan = settings(tmp_path, [both], {"hook": hook.url()})
        async with running(plan) as service:
            await looks(service, 6)
            await flip(service, shop, 0)
            await hook.wait_for(1)
            await service.hush.mute("Thing", timedelta(hours=1))
            await service.hush.snooze("Thing", seconds(1.0))
            await flip(service, shop, 1)
            real = Storage.end_mutes

            async def full(*_: object) -> None:
                raise StoreError("the disk is full; free some space")

            with monkeypatch.context() as broken:
                broken.setattr(Storage, "end_mutes", full)
                await until(lambda: len(service.hush.standing) == 1)
                assert len(await service.storage.mutes()) == 2
            assert Storage.end_mutes is real
            await until(lambda: not service.hush._late)
            assert [one.kind.value for one in await service.storage.mutes()] == ["mute"]
            rows = await service.storage.deliveries()
            assert [row.state for row in rows if row.alert.kind is Kind.ALSO] == [DeliveryState.DEAD]
        assert len(hook.received) == 1


async def test_a_clock_set_back_makes_no_mute_longer(tmp_path: Path) -> None:
    """After a restart with yesterday's clock, a mute of a second lasts a second."""
    async with Shop() as shop, JsonReceiver() as hook:
        plan = chosen(tmp_path, shop, {"hook": hook.url()}, 1)
        async with running(plan) as service:
            await service.hush.mute("Thing 0", seconds(1.0))
        async with await Storage.open(plan.database) as storage:

            class Yesterday:
                def now(self):  # type: ignore[no-untyped-def]
                    return service.clock.now() - timedelta(days=1)

                def monotonic(self) -> float:
                    return 100.0

            hush = Hush(storage, Yesterday(), lambda: plan, {}, lambda _key: True)  # type: ignore[arg-type]
            await hush.load()
            assert list(hush._ends.values()) == [101.0]


async def test_a_mute_set_and_ended_where_nothing_runs(tmp_path: Path) -> None:
    """Written into the database of a stopped service, a mute holds what was owed already; cut short, it ends at the start."""
    async with Shop() as shop:
        async with JsonReceiver() as hook:
            url, port = hook.url(), hook.port
        plan = chosen(tmp_path, shop, {"hook": url})
        async with running(plan) as service:
            await looks(service, 6)
            await flip(service, shop, 0)
            now = service.clock.now()
        async with await Storage.open(plan.database) as storage:
            new = Mute("Thing 0", MuteKind.MUTE, now, now + timedelta(hours=1))
            made = await storage.open_mute(new, (), set_notice(new))
            (row,) = await storage.deliveries()
            assert (row.state, row.due_at) == (DeliveryState.PENDING, new.until)
        later = JsonReceiver()
        later.port = port
        async with later:
            async with running(plan) as service:
                await looks(service, 6)
                assert not later.received
            async with await Storage.open(plan.database) as storage:
                await storage.cut_short([made], service.clock.now())
            async with running(plan):
                await later.wait_for(1)
                await asyncio.sleep(0.3)
        (digest,) = later.received
        assert "Thing 0" in digest.body
        assert "The mute is over" in digest.body


async def test_the_terminal_bell_is_muted_too(tmp_path: Path) -> None:
    """Who listens for alerts hears of none that is held back."""
    async with (
        Shop() as shop,
        JsonReceiver() as hook,
        running(chosen(tmp_path, shop, {"hook": hook.url()})) as service,
    ):
        heard: list[str | None] = []
        service.on_alert = lambda deliveries: heard.extend(one.alert.watch for one in deliveries)
        await looks(service, 6)
        await service.hush.mute("Thing 0", timedelta(hours=1))
        await flip(service, shop, 0)
        await flip(service, shop, 1)
        assert heard == ["Thing 1"]


async def test_old_mutes_are_forgotten_with_old_history(tmp_path: Path) -> None:
    """The table stays small; one that stands is kept."""
    async with Shop() as shop, JsonReceiver() as hook:
        plan = chosen(tmp_path, shop, {"hook": hook.url()})
        async with running(plan) as service:
            await service.hush.mute("Thing 0", timedelta(hours=1))
            await service.hush.unmute("Thing 0")
            stands = await service.hush.mute("Thing 1", timedelta(hours=1))
            await service.storage.prune(service.clock.now() + timedelta(days=1))
            assert await service.storage.mutes() == [stands]
        with closing(sqlite3.connect(plan.database)) as conn:
            assert conn.execute("SELECT count(*) FROM mutes").fetchone() == (1,)


async def test_a_digest_that_was_not_taken_is_still_a_digest_after_a_restart(tmp_path: Path) -> None:
    """Released and refused, then the process ends: the next one tells all of it in one message."""
    async with Shop() as shop, JsonReceiver(usual=Act(500)) as hook:
        plan = chosen(tmp_path, shop, {"hook": hook.url()})
        async with running(plan) as service:
            await looks(service, 6)
            await service.hush.mute(None, timedelta(hours=1))
            await flip(service, shop, 0, 1)
            await service.hush.unmute(None)
            await hook.wait_for(1)
        hook.usual = Act()
        async with running(plan):
            await hook.wait_for(1, accepted=True)
            await asyncio.sleep(0.5)
        (digest,) = hook.accepted
        assert all(words in digest.body for words in ("Thing 0", "Thing 1", "The mute is over"))
