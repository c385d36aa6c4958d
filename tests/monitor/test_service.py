"""The main job, end to end: a real shop flips, real channels ring, once, and nothing else does."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from pathlib import Path

import pytest
import structlog

from monitor.model import Answer, DeliveryState, Kind, Transition
from monitor.settings import BlindSettings
from monitor.storage import reading
from tests.monitor.running import QUICK, looks, quick_backoff, running, seconds, settings, watch
from tests.receivers import JsonReceiver, MailReceiver, NtfyReceiver
from tests.shop import Reply, Shop, product_page, soft_404_page, wall_page
from watchers.model import Rule, RuleKind, Rules

__all__ = ["quick_backoff"]

_TAG = re.compile(r"\[([a-z0-9]{6})\]")  # an event's id, as messages carry it

SOLD_OUT = product_page(state="out_of_stock")
IN_STOCK = product_page(state="in_stock", price=49800)


async def test_each_flip_arrives_exactly_once_on_each_channel(tmp_path: Path) -> None:
    """Three flips, three channels: nine messages, with price, ceiling and link."""
    async with Shop() as shop, JsonReceiver() as hook, NtfyReceiver() as phone, MailReceiver() as mail:
        shop.set("/item/1", Reply(SOLD_OUT, encoding="gzip"))
        url = shop.url("/item/1")
        wishes = [watch("Star projector", url, max_price=52000)]
        channels = {"hook": hook.url(), "phone": phone.url(), "mail": mail.url()}
        async with running(settings(tmp_path, wishes, channels)) as service:
            for flip in (1, 2, 3):
                await looks(service, 5)
                shop.set("/item/1", Reply(IN_STOCK, encoding="br"))
                for receiver in (hook, phone, mail):
                    await receiver.wait_for(flip)
                await looks(service, 5)
                shop.set("/item/1", Reply(SOLD_OUT, encoding="zstd"))
            await looks(service, 5)
        for receiver in (hook, phone, mail):
            assert len(receiver.received) == 3
            assert all("49,800" in one.title + one.body for one in receiver.received)
        assert {one.headers["X-Click"] for one in phone.received} == {url}
        assert {one.headers["X-Priority"] for one in phone.received} == {"max"}
        assert len({one.body.rsplit("[", 1)[1] for one in hook.received}) == 3, "each event has its own tag"


@pytest.mark.usefixtures("quick_backoff")
@pytest.mark.parametrize("before, after", [(SOLD_OUT, IN_STOCK), (IN_STOCK, SOLD_OUT), (SOLD_OUT, SOLD_OUT)])
async def test_faults_between_two_looks_invent_nothing_and_lose_nothing(
    tmp_path: Path, before: bytes, after: bytes
) -> None:
    """Walls, 503s, cut pages, soft 404s and a redirect home change no belief; the next honest look counts."""
    faults = [
        Reply(wall_page()),
        Reply(wall_page(), status=403),
        Reply(b"busy", status=503, headers={"Retry-After": "0"}),
        Reply(IN_STOCK, cut_at=len(IN_STOCK) // 2),
        Reply(IN_STOCK, encoding="gzip", cut_at=900, framing="chunked"),
        Reply(IN_STOCK[: len(IN_STOCK) // 2], framing="close"),
        Reply(soft_404_page()),
        Reply(redirect="/"),
        Reply(b"", status=500),
    ]
    async with Shop() as shop, JsonReceiver() as hook:
        shop.set("/item/1", Reply(before))
        wishes = [watch("Star projector", shop.url("/item/1"))]
        async with running(settings(tmp_path, wishes, {"hook": hook.url()})) as service:
            await looks(service, 6)
            began = before is IN_STOCK
            if began:
                await hook.wait_for(1)
            for fault in faults:
                shop.set("/item/1", fault)
                await looks(service, 3)
                assert len(hook.received) == began, fault
                shop.set("/item/1", Reply(before))
                await looks(service, 2)
            shop.set("/item/1", faults[0])
            await looks(service, 2)
            shop.set("/item/1", Reply(after))
            await looks(service, 6)
            expected = began + (before is SOLD_OUT and after is IN_STOCK)
            if expected:
                await hook.wait_for(expected)
            await asyncio.sleep(0.3)
            assert len(hook.received) == expected
            belief = service.beliefs["Star projector", shop.url("/item/1")]
            assert belief.answer is (Answer.YES if after is IN_STOCK else Answer.NO)


async def test_the_first_look_is_a_note_and_several_are_one_digest(tmp_path: Path) -> None:
    """What is in stock at the start is gathered into one message of normal urgency."""
    async with Shop() as shop, JsonReceiver() as hook:
        for number in range(4):
            shop.set(f"/item/{number}", Reply(product_page(f"Thing {number}", "in_stock", lang="en")))
        wishes = [watch(f"Thing {number}", shop.url(f"/item/{number}")) for number in range(4)]
        async with running(settings(tmp_path, wishes, {"hook": hook.url()})) as service:
            await hook.wait_for(1)
            await looks(service, 12)
        assert len(hook.received) == 1
        assert all(f"Thing {number}" in hook.received[0].body for number in range(4))


async def test_too_dear_is_no_news_until_the_price_falls(tmp_path: Path) -> None:
    """In stock above the ceiling is silence; the fall below it rings."""
    async with Shop() as shop, JsonReceiver() as hook:
        shop.set("/item/1", Reply(product_page(price=60000)))
        wishes = [watch("Star projector", shop.url("/item/1"), max_price=52000)]
        async with running(settings(tmp_path, wishes, {"hook": hook.url()})) as service:
            await looks(service, 6)
            assert not hook.received
            shop.set("/item/1", Reply(product_page(price=52000)))
            await hook.wait_for(1)


async def test_a_restart_neither_repeats_nor_forgets(tmp_path: Path) -> None:
    """A belief outlives the process: what was told is not told again, what changed meanwhile is."""
    async with Shop() as shop, JsonReceiver() as hook:
        shop.set("/item/1", Reply(SOLD_OUT))
        shop.set("/item/2", Reply(SOLD_OUT))
        wishes = [watch("One", shop.url("/item/1")), watch("Two", shop.url("/item/2"))]
        chosen = settings(tmp_path, wishes, {"hook": hook.url()})
        async with running(chosen) as service:
            await looks(service, 4)
            shop.set("/item/1", Reply(IN_STOCK))
            await hook.wait_for(1)
        shop.set("/item/2", Reply(IN_STOCK))
        async with running(chosen) as service:
            await hook.wait_for(2)
            await looks(service, 8)
        assert len(hook.received) == 2
        assert "One" in hook.received[0].title
        assert "Two" in hook.received[1].title


async def test_an_undelivered_alert_goes_out_after_a_restart(tmp_path: Path) -> None:
    """A channel that was down keeps its delivery owed across the process."""
    async with Shop() as shop:
        async with JsonReceiver() as hook:
            url, port = hook.url(), hook.port
        shop.set("/item/1", Reply(SOLD_OUT))
        chosen = settings(tmp_path, [watch("One", shop.url("/item/1"))], {"hook": url})
        async with running(chosen) as service:
            await looks(service, 3)
            shop.set("/item/1", Reply(IN_STOCK))
            await looks(service, 6)
        later = JsonReceiver()
        later.port = port
        async with later, running(chosen):
            await later.wait_for(1)
            await asyncio.sleep(0.3)
        assert len(later.received) == 1
        storage = await reading(chosen.database)
        try:
            states = {one.state for one in await storage.deliveries()}
        finally:
            await storage.close()
        assert states == {DeliveryState.DONE}


async def test_a_watch_that_goes_blind_is_told_once_and_once_more_when_it_sees(tmp_path: Path) -> None:
    """B1, B2: walls on three watches of one host are one alarm with its cause, and one recovery."""
    async with Shop() as shop, JsonReceiver() as hook:
        wishes = []
        for number in range(3):
            shop.set(f"/item/{number}", Reply(SOLD_OUT))
            wishes.append(watch(f"Thing {number}", shop.url(f"/item/{number}")))
        blind = BlindSettings(after=seconds(0.8), intervals=3.0)
        async with running(settings(tmp_path, wishes, {"hook": hook.url()}, blind=blind)) as service:
            await looks(service, 9)
            for number in range(3):
                shop.set(f"/item/{number}", Reply(wall_page()))
            await hook.wait_for(1)
            await asyncio.sleep(1.0)
            assert len(hook.received) == 1, [one.title for one in hook.received]
            assert service.snapshot().blind == 3
            for number in range(3):
                shop.set(f"/item/{number}", Reply(SOLD_OUT))
            await hook.wait_for(2)
            await asyncio.sleep(0.6)
        assert len(hook.received) == 2
        text = hook.received[0].title + hook.received[0].body
        assert "127.0.0.1" in text
        assert all(f"Thing {number}" in text for number in range(3))


async def test_a_broken_reader_blinds_one_watch_and_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An exception in a watcher is a look without a verdict; the other watches go on."""
    import watchers.observe

    honest = watchers.observe.read

    def breaks(page: object, listing: object, known: object) -> object:
        if "broken" in listing.url:  # type: ignore[attr-defined]
            raise RuntimeError("a reader's bug")
        return honest(page, listing, known)  # type: ignore[arg-type]

    monkeypatch.setattr(watchers.observe, "read", breaks)
    async with Shop() as shop, JsonReceiver() as hook:
        shop.set("/broken", Reply(IN_STOCK))
        shop.set("/item/1", Reply(SOLD_OUT))
        wishes = [watch("Broken", shop.url("/broken")), watch("Fine", shop.url("/item/1"))]
        blind = BlindSettings(after=seconds(0.6))
        async with running(settings(tmp_path, wishes, {"hook": hook.url()}, blind=blind)) as service:
            await hook.wait_for(1)
            assert "Broken" in hook.received[0].title + hook.received[0].body
            await looks(service, 3)
            shop.set("/item/1", Reply(IN_STOCK))
            await hook.wait_for(2)
            assert "Fine" in hook.received[1].title


async def test_a_new_configuration_keeps_what_did_not_change(tmp_path: Path) -> None:
    """Belief and schedule of untouched listings go on; an added one is looked at, a removed one is not."""
    async with Shop() as shop, JsonReceiver() as hook:
        for number in range(3):
            shop.set(f"/item/{number}", Reply(SOLD_OUT))
        first = [watch(f"Thing {number}", shop.url(f"/item/{number}")) for number in range(2)]
        chosen = settings(tmp_path, first, {"hook": hook.url()})
        async with running(chosen) as service:
            await looks(service, 6)
            kept = service.slots["Thing 0", shop.url("/item/0")]
            since = service.beliefs[kept.key].since
            changed = [first[0], watch("Thing 2", shop.url("/item/2"))]
            await service.apply(settings(tmp_path, changed, {"hook": hook.url()}))
            before = shop.hits("/item/1")
            await looks(service, 6)
            assert service.slots[kept.key] is kept
            assert service.beliefs[kept.key].since == since
            assert shop.hits("/item/1") - before <= 1, "at most the look that was under way"
            assert shop.hits("/item/2") > 0
            shop.set("/item/2", Reply(IN_STOCK))
            await hook.wait_for(1)


async def test_an_edited_wish_is_a_digest_not_a_ring(tmp_path: Path) -> None:
    """Raising the ceiling over a price that stands is told quietly."""
    async with Shop() as shop, JsonReceiver() as hook:
        shop.set("/item/1", Reply(product_page(price=60000)))
        url = shop.url("/item/1")
        chosen = settings(tmp_path, [watch("One", url, max_price=50000)], {"hook": hook.url()})
        async with running(chosen) as service:
            await looks(service, 4)
            await service.apply(settings(tmp_path, [watch("One", url, max_price=65000)], {"hook": hook.url()}))
            await hook.wait_for(1)
        storage = await reading(chosen.database)
        try:
            kinds = [one.kind for one in await storage.history()]
        finally:
            await storage.close()
        assert Kind.RESTOCK not in kinds


async def test_edited_rules_are_one_digest_and_no_storm(tmp_path: Path) -> None:
    """T6: four pages that the new rule finds in stock are told in one message, and none of them rings."""
    async with Shop() as shop, JsonReceiver() as hook:
        wishes = []
        for number in range(4):
            shop.set(f"/item/{number}", Reply(SOLD_OUT))
            wishes.append(watch(f"Deck {number}", shop.url(f"/item/{number}")))
        channels = {"hook": hook.url()}
        patient = replace(QUICK, gather=seconds(1.5))  # even a busy machine looks at four pages within it
        chosen = settings(tmp_path, wishes, channels, confirm=patient)
        async with running(chosen) as service:
            await looks(service, 20)
            assert not hook.received
            rules = Rules(in_stock_when=(Rule(RuleKind.CSS, "h1"),))
            ruled = [replace(one, listings=(replace(one.listings[0], rules=rules),)) for one in wishes]
            await service.apply(settings(tmp_path, ruled, channels, confirm=patient))
            await hook.wait_for(1)
            await looks(service, 20)
        assert len(hook.received) == 1, [one.body for one in hook.received]
        assert all(one.name in hook.received[0].title + hook.received[0].body for one in wishes)
        assert Kind.RESTOCK not in [one.kind for one in await _history(chosen.database)]


async def test_two_places_of_one_watch_ring_once(tmp_path: Path) -> None:
    """Both come back at the same moment: one ring, and the other place in it or in a quiet note, as it falls."""
    async with Shop() as shop, NtfyReceiver() as phone:
        for number in range(2):
            shop.set(f"/item/{number}", Reply(SOLD_OUT))
        wishes = [watch("Deck", shop.url("/item/0"), shop.url("/item/1"))]
        async with running(settings(tmp_path, wishes, {"phone": phone.url()})) as service:
            await looks(service, 6)
            for number in range(2):
                shop.set(f"/item/{number}", Reply(IN_STOCK))
            told = await _told(phone, 2)
        history = await _history(tmp_path / "restock.db")
        assert [one.kind for one in history].count(Kind.RESTOCK) == 2
        assert told == {one.event_id for one in history if one.kind is Kind.RESTOCK}
        assert sorted(one.headers["X-Priority"] for one in phone.received) in (["max"], ["low", "max"])


async def _told(phone: NtfyReceiver, count: int) -> set[str]:
    """Wait until so many events are named by their tags, in however many messages."""
    while len(tags := {tag for one in phone.accepted for tag in _TAG.findall(one.body)}) < count:
        await phone.wait_for(len(phone.received) + 1)
    return tags


async def _history(database: Path) -> list[Transition]:
    storage = await reading(database)
    try:
        return await storage.history()
    finally:
        await storage.close()


async def test_an_unchanged_page_is_not_read_again(tmp_path: Path) -> None:
    """A 304 and an unchanged block repeat the last no; the shop's yes is still seen at once."""
    async with Shop() as shop, JsonReceiver() as hook:
        shop.set("/item/1", Reply(SOLD_OUT, etag='"one"'))
        shop.set("/item/2", lambda n: Reply(product_page(state="out_of_stock", nonce=f"n{n}")))
        wishes = [watch("One", shop.url("/item/1")), watch("Two", shop.url("/item/2"))]
        async with running(settings(tmp_path, wishes, {"hook": hook.url()})) as service:
            await looks(service, 12)
            assert service.stats.not_modified >= 3
            assert service.stats.repeated - service.stats.not_modified >= 3
            shop.set("/item/1", Reply(IN_STOCK, etag='"two"'))
            shop.set("/item/2", lambda n: Reply(product_page(state="in_stock", nonce=f"n{n}")))
            await hook.wait_for(2)


async def test_stopping_is_quick_and_clean(tmp_path: Path) -> None:
    """A hanging shop and a hanging channel hold nobody up for long."""
    from tests.receivers import HANG

    async with Shop() as shop, JsonReceiver(usual=HANG) as hook:
        shop.set("/item/1", Reply(SOLD_OUT))
        shop.set("/item/2", Reply(SOLD_OUT, delay=15))
        wishes = [watch("One", shop.url("/item/1")), watch("Two", shop.url("/item/2"))]
        chosen = settings(tmp_path, wishes, {"hook": hook.url()})
        chosen = replace(chosen, retry=replace(chosen.retry, deadline=seconds(1)))
        async with running(chosen) as service:
            await looks(service, 3)
            shop.set("/item/1", Reply(IN_STOCK))
            await hook.wait_for(1)


async def test_being_asked_to_stop_waits_for_no_look(tmp_path: Path) -> None:
    """S7: with nothing to look at for a minute, or nothing at all, the service ends at once and in good order."""
    async with Shop() as shop:
        shop.set("/item/1", Reply(SOLD_OUT))
        for wishes in ([], [watch("One", shop.url("/item/1"), interval=60.0)]):
            chosen = settings(tmp_path, wishes, {})
            async with running(chosen) as service:
                while service.stats.looks < len(wishes):
                    await asyncio.sleep(0.01)
                await asyncio.sleep(0.1)
                began = asyncio.get_running_loop().time()
            assert asyncio.get_running_loop().time() - began < 2.0
            storage = await reading(chosen.database)
            try:
                assert await storage.meta("clean_stop") == "yes"
            finally:
                await storage.close()


async def test_another_database_is_named_for_as_long_as_it_is_not_in_use(tmp_path: Path) -> None:
    """What needs a new start is compared with what runs, not with the last save, and says what to do."""
    chosen = settings(tmp_path, [], {"t": "console://"})
    other = replace(chosen, database=tmp_path / "other.db")
    async with running(chosen) as service:
        with structlog.testing.capture_logs() as logged:
            for new in (other, replace(other, language="ja"), chosen):
                await service.apply(new)
    told = [event for event in logged if event["event"] == "config.restart_needed"]
    assert len(told) == 2
    assert str(tmp_path / "other.db") in told[1]["why"] and "run it again" in told[1]["why"]
