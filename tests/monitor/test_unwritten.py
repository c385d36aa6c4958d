"""A database that takes nothing costs no alert: it goes out from memory, and is written once it can be (S4)."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from monitor.clock import SystemClock
from monitor.ledger import Ledger, Mark
from monitor.model import Answer, Change, DeliveryState, Kind
from monitor.service import Service
from monitor.storage import Storage, StoreError, reading
from monitor.unwritten import Unwritten
from tests.monitor.news import NOW, alert, at, change, no
from tests.monitor.running import looks, running, seconds, settings, watch
from tests.receivers import Act, JsonReceiver
from tests.shop import Reply, Shop, product_page

SOLD_OUT = Reply(product_page(state="out_of_stock"))
IN_STOCK = Reply(product_page(state="in_stock"))


class Memory:
    """Stands where the outbox does, and says of each delivery what the test says."""

    def __init__(self) -> None:
        self.said: dict[int, Mark] = {}
        self.adopted: dict[int, int] = {}
        self.forgotten: set[int] = set()

    def marks(self, ids):  # type: ignore[no-untyped-def]
        return {id_: self.said[id_] for id_ in ids if id_ in self.said}

    def adopt(self, ids, written):  # type: ignore[no-untyped-def]
        self.adopted |= ids

    def forget(self, ids):  # type: ignore[no-untyped-def]
        self.forgotten |= ids


async def pragma(storage: Storage, words: str) -> None:
    await storage._thread.run(lambda conn: conn.execute(f"PRAGMA {words}").fetchall())


async def full(storage: Storage) -> None:
    """Let SQLite find no page more, as on a full disk; shows that the fault is really there."""
    pages = await storage._thread.run(lambda conn: conn.execute("PRAGMA page_count").fetchone()[0])
    await pragma(storage, f"max_page_count={pages}")
    with pytest.raises(StoreError, match="the disk is full"):
        await storage._thread.run(lambda conn: conn.execute("INSERT INTO meta VALUES ('x', ?)", ("x" * 100_000,)))


async def roomy(storage: Storage) -> None:
    await pragma(storage, "max_page_count=1000000")


async def unwritable(storage: Storage) -> None:
    """Let every write be refused, as on a disk that was mounted read-only; shows that the fault is really there."""
    await pragma(storage, "query_only=1")
    with pytest.raises(StoreError, match="may not be written"):
        await storage.set_meta("x", "y")


async def writable(storage: Storage) -> None:
    await pragma(storage, "query_only=0")


@contextlib.asynccontextmanager
async def front(path: Path, **options: float) -> AsyncIterator[tuple[Storage, Unwritten, Memory]]:
    async with await Storage.open(path / "restock.db") as storage:
        unwritten, memory = Unwritten(storage, SystemClock(), **options), Memory()  # type: ignore[arg-type]
        unwritten.memory = memory
        yield storage, unwritten, memory


@contextlib.contextmanager
def holding(database: Path) -> Iterator[None]:
    """Let another program hold the write lock; shows that a third one is refused."""
    with contextlib.closing(sqlite3.connect(database, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        with contextlib.closing(sqlite3.connect(database, timeout=0)) as third, pytest.raises(sqlite3.OperationalError):
            third.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


# --- the front by itself ---


async def test_nothing_is_different_while_the_database_works(tmp_path: Path) -> None:
    """S4: a healthy database is written through, under real ids."""
    async with front(tmp_path) as (storage, unwritten, _):
        made = await unwritten.record([change("aaaaaa")], NOW)
        assert [one.id for one in made] == [1, 2]
        assert unwritten.held == 0
        assert len(await storage.owed()) == 2


async def test_held_news_is_written_with_what_became_of_it(tmp_path: Path) -> None:
    """S4: what was accepted meanwhile is written as done, what was on its way as sent perhaps, the rest as owed."""
    async with front(tmp_path) as (storage, unwritten, memory):
        await unwritable(storage)
        first = await unwritten.record([change("aaaaaa", channels=("a", "b", "c"))], NOW)
        assert [one.id for one in first] == [-1, -2, -3]
        own = await unwritten.announce(replace(alert("bbbbbb"), kind=Kind.BLIND), ["a"], NOW)
        assert unwritten.fault is not None
        memory.said = {-1: Mark(DeliveryState.DONE, 1), -2: Mark(DeliveryState.SENDING, 0)}
        assert not await unwritten.flush()
        assert unwritten.held == 2
        await writable(storage)
        assert await unwritten.flush()
        assert (unwritten.fault, unwritten.held) == (None, 0)
        assert memory.adopted.keys() == {-1, -2, -3, own[0].id}
        states = {(one.event_id, one.channel): one.state for one in await storage.deliveries()}
        assert states == {
            ("aaaaaa", "a"): DeliveryState.DONE,
            ("aaaaaa", "b"): DeliveryState.SENDING,
            ("aaaaaa", "c"): DeliveryState.PENDING,
            ("bbbbbb", "a"): DeliveryState.PENDING,
        }
        owed = {one.channel: one.repeat for one in await storage.owed() if one.event_id == "aaaaaa"}
        assert owed == {"b": True, "c": False}
        assert (await storage.beliefs())["w", change("x").belief.url].answer is Answer.YES


async def test_a_commit_that_comes_too_late_is_not_written_twice(tmp_path: Path) -> None:
    """S4: a slow disk holds no alert up; the commit that came after all and the held copy are one event."""
    async with front(tmp_path, patience=0.1) as (storage, unwritten, memory):
        slow = threading.Event()
        storage._thread._jobs.put(
            _job(storage, lambda _: slow.wait(10))  # the disk takes its time: everything behind it waits
        )
        began = time.monotonic()
        made = await unwritten.record([change("aaaaaa")], NOW)
        assert time.monotonic() - began < 1.0
        assert [one.id for one in made] == [-1, -2]
        assert unwritten.fault is not None
        assert "no commit within" in unwritten.fault
        memory.said = {-1: Mark(DeliveryState.DONE, 1), -2: Mark(DeliveryState.DONE, 1)}
        slow.set()
        assert await unwritten.flush()
        assert [one.state for one in await storage.deliveries()] == [DeliveryState.DONE] * 2
        assert len(await storage.history()) == 1


def _job(storage: Storage, work):  # type: ignore[no-untyped-def]
    from monitor.db_thread import _Job

    return _Job(work, asyncio.get_running_loop().create_future())


async def test_no_more_than_the_cap_is_held(tmp_path: Path) -> None:
    """S4: past the cap the oldest news is let go aloud, and no belief with it; agreeing beliefs count once a listing."""
    async with front(tmp_path, most=10) as (storage, unwritten, memory):
        await unwritable(storage)
        for number in range(25):
            await unwritten.record([change(f"e{number}", number, url=f"https://shop.example/{number}")], NOW)
            await unwritten.record([Change(no(number, url="https://shop.example/same"))], NOW)
        assert unwritten.lost == 15
        assert memory.forgotten == set(range(-30, 0))
        assert unwritten.held == 10 + 15 + 1
        await writable(storage)
        assert await unwritten.flush()
        assert {one.event_id for one in await storage.history()} == {f"e{number}" for number in range(15, 25)}
        beliefs = await storage.beliefs()
        assert len(beliefs) == 26
        assert beliefs["w", "https://shop.example/same"].last_conclusive == at(24)


async def test_one_change_that_cannot_be_written_keeps_no_other_back(tmp_path: Path) -> None:
    """S4: a bug of ours in one held change costs that change alone."""
    async with front(tmp_path) as (storage, unwritten, _):
        await unwritable(storage)
        for name in ("aaaaaa", "bbbbbb", "cccccc"):
            await unwritten.record([change(name, url=f"https://shop.example/{name}")], NOW)
        number = list(unwritten._held)[1]
        broken = replace(unwritten._held[number].what.belief, since=NOW.replace(tzinfo=None))
        unwritten._held[number] = replace(unwritten._held[number], what=Change(broken))
        await writable(storage)
        assert await unwritten.flush()
        assert {one.event_id for one in await storage.history()} == {"aaaaaa", "cccccc"}


# --- the whole service ---


def quick(service: Service) -> None:
    front_ = service.unwritten
    front_.retry, front_.tell_after, front_.probe, front_.patience = 0.1, 0.4, 0.2, 0.5


@pytest.mark.parametrize("break_, mend", [(full, roomy), (unwritable, writable)], ids=["full", "read-only"])
async def test_a_disk_that_takes_nothing_costs_no_alert(tmp_path: Path, break_, mend) -> None:  # type: ignore[no-untyped-def]
    """S4: looks and alerts go on from memory, one alarm, one all-clear; a restart then repeats nothing."""
    async with Shop() as shop, JsonReceiver() as hook:
        shop.set("/item/1", SOLD_OUT)
        chosen = settings(tmp_path, [watch("One", shop.url("/item/1"))], {"hook": hook.url()})
        async with running(chosen) as service:
            quick(service)
            await looks(service, 3)
            await break_(service.storage)
            if break_ is full:  # a file with room inside takes small news even then: let nothing fit
                await pragma(service.storage, "query_only=1")
            shop.set("/item/1", IN_STOCK)
            await hook.wait_for(2)
            titles = [one.title for one in hook.received]
            assert sum("In stock: One" in title for title in titles) == 1, titles
            assert titles.count("The database cannot be written") == 1
            before = service.stats.looks
            await looks(service, 5)
            assert service.stats.looks > before
            assert service.unwritten.fault is not None
            await writable(service.storage)
            await mend(service.storage)
            await hook.wait_for(3)
            assert hook.received[2].title == "The database can be written again"
            await asyncio.sleep(0.3)
            assert service.unwritten.held == 0
        async with running(chosen) as service:
            await looks(service, 5)
            shop.set("/item/1", SOLD_OUT)
            await looks(service, 5)
        assert Counter(one.title for one in hook.received).most_common(1)[0][1] == 1, "each was told once"
        async with await reading(chosen.database) as look:
            kinds = [one.kind for one in await look.history()]
            assert {Kind.RESTOCK, Kind.STORAGE_DOWN, Kind.STORAGE_BACK} <= set(kinds)
            assert {one.state for one in await look.deliveries()} == {DeliveryState.DONE}


async def test_a_program_that_holds_the_database_delays_no_alert(tmp_path: Path) -> None:
    """S4: while a foreign writer holds its lock, news is told within a second and written afterwards."""
    async with Shop() as shop, JsonReceiver() as hook:
        shop.set("/item/1", SOLD_OUT)
        chosen = settings(tmp_path, [watch("One", shop.url("/item/1"))], {"hook": hook.url()})
        async with running(chosen) as service:
            quick(service)
            await looks(service, 3)
            with holding(chosen.database):
                began = time.monotonic()
                shop.set("/item/1", IN_STOCK)
                await hook.wait_for(1)
                assert time.monotonic() - began < 4.0
                assert service.unwritten.held
            async with asyncio.timeout(12):
                while service.unwritten.fault:
                    await asyncio.sleep(0.05)
        async with await reading(chosen.database) as look:
            (restock,) = [one for one in await look.history() if one.kind is Kind.RESTOCK]
            assert [one.state for one in await look.deliveries() if one.event_id == restock.event_id] == [
                DeliveryState.DONE
            ]


async def test_what_no_channel_took_is_owed_after_the_disk_came_back(tmp_path: Path) -> None:
    """S4: news held while its channel refused is written as owed, and a restart tells it."""
    async with Shop() as shop, JsonReceiver(usual=Act(status=500)) as hook:
        shop.set("/item/1", SOLD_OUT)
        slow_retry = replace(settings(tmp_path, [], {}).retry, delays=(seconds(3),))
        chosen = settings(tmp_path, [watch("One", shop.url("/item/1"))], {"hook": hook.url()}, retry=slow_retry)
        async with running(chosen) as service:
            quick(service)
            service.unwritten.tell_after = 60
            await looks(service, 3)
            await unwritable(service.storage)
            shop.set("/item/1", IN_STOCK)
            await hook.wait_for(1)
            await writable(service.storage)
            async with asyncio.timeout(5):
                while service.unwritten.fault:
                    await asyncio.sleep(0.05)
            (owed,) = [one for one in await service.storage.deliveries() if one.alert.kind is Kind.RESTOCK]
            assert owed.state is DeliveryState.PENDING
        hook.usual = Act()
        async with running(chosen):
            async with asyncio.timeout(20):
                while not hook.accepted:
                    await asyncio.sleep(0.05)
        assert owed.event_id in hook.accepted[0].body


@pytest.mark.parametrize("fate", ["deleted", "replaced", "journal deleted"])
async def test_a_database_file_taken_away_is_put_back(tmp_path: Path, fate: str) -> None:
    """S4: what is written after the file was deleted or replaced is in the file that stands there at the end."""
    async with Shop() as shop, JsonReceiver() as hook:
        shop.set("/item/1", SOLD_OUT)
        chosen = settings(tmp_path, [watch("One", shop.url("/item/1"))], {"hook": hook.url()})
        async with running(chosen) as service:
            await looks(service, 3)
            place = chosen.database
            if fate == "deleted":
                place.unlink()
            elif fate == "replaced":
                (tmp_path / "letter").write_bytes(b"a letter to my aunt" * 100)
                (tmp_path / "letter").replace(place)
            else:
                place.with_name("restock.db-wal").unlink()
            shop.set("/item/1", IN_STOCK)
            await hook.wait_for(1)
            await looks(service, 3)
            await service._keeper._mind_the_place()
            await hook.wait_for(2)
            assert "put back whole" in hook.received[1].body
        async with await reading(place) as look:
            assert Kind.RESTOCK in {one.kind for one in await look.history()}
        kept = [one for one in tmp_path.iterdir() if "damaged" in one.name]  # noqa: ASYNC240
        assert [one.read_bytes()[:8] for one in kept] == ([b"a letter"] if fate == "replaced" else [])
        async with running(chosen) as service:
            await looks(service, 4)
        assert len(hook.received) == 2


async def test_what_a_channel_takes_after_the_disk_came_back_is_known_to_be_told(tmp_path: Path) -> None:
    """S4, D3: held, written as owed, then accepted by the same process: done under its stored id, and not told again."""
    async with Shop() as shop, JsonReceiver(usual=Act(status=500)) as hook:
        shop.set("/item/1", SOLD_OUT)
        slow_retry = replace(settings(tmp_path, [], {}).retry, delays=(seconds(1.5),))
        chosen = settings(tmp_path, [watch("One", shop.url("/item/1"))], {"hook": hook.url()}, retry=slow_retry)
        async with running(chosen) as service:
            quick(service)
            service.unwritten.tell_after = 60
            await looks(service, 3)
            await unwritable(service.storage)
            shop.set("/item/1", IN_STOCK)
            await hook.wait_for(1)
            await writable(service.storage)
            async with asyncio.timeout(5):
                while service.unwritten.fault:
                    await asyncio.sleep(0.05)
            assert not hook.accepted
            hook.usual = Act()
            await hook.wait_for(1, accepted=True)
            await asyncio.sleep(0.2)
            assert {one.state for one in await service.storage.deliveries()} == {DeliveryState.DONE}
        async with running(chosen) as service:
            await looks(service, 5)
            await asyncio.sleep(0.3)
        assert len(hook.accepted) == 1


async def test_what_happens_while_held_news_is_being_written_is_not_forgotten(tmp_path: Path) -> None:
    """S4: a word on a delivery that came after the written one was taken is written next, under the stored id."""
    async with await Storage.open(tmp_path / "restock.db") as storage:
        made = await storage.record([change("aaaaaa", channels=("a", "b"))], NOW)
        ledger = Ledger(storage, SystemClock(), lambda *_, **__: None)
        held = [replace(one, id=-one.id) for one in made]
        await ledger.sending(held)
        written = ledger.marks([-1, -2])
        assert {one.state for one in written.values()} == {DeliveryState.SENDING}
        await ledger.mark([(held[0], Mark(DeliveryState.DONE, 1))])  # while the commit is under way
        ledger.adopt({-1: 1, -2: 2}, written)
        assert ledger.behind == 1
        assert await ledger.flush()
        assert {one.id: one.state for one in await storage.deliveries()} == {
            1: DeliveryState.DONE,
            2: DeliveryState.PENDING,
        }
