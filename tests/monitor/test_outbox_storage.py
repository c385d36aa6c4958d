"""A failing database costs a log line and at most one duplicate, never an alert (S4)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from monitor.model import DeliveryState, Kind
from monitor.storage import Storage
from monitor.store_errors import StoreError
from tests.monitor.telling import REFUSED, Puppet, alert, delivery, record, retry, telling


class Failing:
    """A real storage whose named methods fail while the disk is full."""

    def __init__(self, storage: Storage, *methods: str) -> None:
        self._storage = storage
        self._methods = methods
        self.full = False
        self.refused = 0

    def __getattr__(self, name: str) -> Any:
        real: Callable[..., Awaitable[Any]] = getattr(self._storage, name)
        if name not in self._methods:
            return real

        async def guarded(*args: Any, **kwargs: Any) -> Any:
            if self.full:
                self.refused += 1
                raise StoreError("database restock.db: the disk is full; free some space")
            return await real(*args, **kwargs)

        return guarded


async def test_alerts_go_out_while_nothing_can_be_marked(tmp_path: Path) -> None:
    """With a full disk the message is sent once, not again and again, and marked when space returns."""
    storage = Failing(await Storage.open(tmp_path / "restock.db"), "sending", "settle")
    phone = Puppet("phone")
    async with telling(tmp_path, [phone], storage=storage) as rig:
        first, second = alert("deck"), alert("switch")
        made = [*await record(rig.storage, first, ["phone"]), *await record(rig.storage, second, ["phone"])]
        storage.full = True
        rig.outbox.offer(made[:1])
        await rig.until(lambda: phone.told == [first.event_id] and rig.outbox.pending == 0)
        assert (await rig.rows())[first.event_id, "phone"].state is DeliveryState.PENDING
        storage.full = False
        rig.outbox.offer(made[1:])
        await rig.until_idle()
        assert phone.told == [first.event_id, second.event_id]
    assert {one["during"] for one in rig.named("storage.failed")} == {"sending", "settle"}


async def test_a_mark_that_failed_is_written_without_further_news(tmp_path: Path) -> None:
    """Nothing else needs to happen: the ledger is brought up to date by itself, or at the latest at the stop."""
    storage = Failing(await Storage.open(tmp_path / "restock.db"), "settle")
    phone = Puppet("phone")
    news = alert("deck")
    async with telling(tmp_path, [phone], storage=storage) as rig:
        storage.full = True
        await rig.tell(news, "phone")
        await rig.until(lambda: storage.refused > 0)
        storage.full = False
        rig.stopping.set()
        assert rig.running is not None
        await rig.running
        assert (await rig.rows())[news.event_id, "phone"].state is DeliveryState.DONE


async def test_what_was_never_stored_is_told_all_the_same(tmp_path: Path) -> None:
    """An alert that could not be recorded goes out from memory, with its retries."""
    phone = Puppet("phone", REFUSED)
    async with telling(tmp_path, [phone]) as rig:
        news = alert("deck")
        rig.outbox.offer([delivery("phone", news)])
        await rig.until(lambda: phone.told == [news.event_id])
        assert len(phone.messages) == 2
        assert not await rig.rows()


async def test_a_notice_goes_out_though_it_cannot_be_stored(tmp_path: Path) -> None:
    """The dead letter of one channel reaches another while the database fails."""
    storage = Failing(await Storage.open(tmp_path / "restock.db"), "settle", "announce")
    dead, alive = Puppet("phone", usual=REFUSED), Puppet("mail")
    settings = retry(give_up_after=timedelta(0), pause_after=100)
    async with telling(tmp_path, [dead, alive], settings, storage=storage) as rig:
        made = await record(rig.storage, alert("deck"), ["phone"])
        storage.full = True
        rig.outbox.offer(made)
        await rig.until(lambda: len(alive.accepted) == 1)
        assert Kind.DEAD_LETTER.value in alive.accepted[0].body
        storage.full = False


async def test_the_fallback_is_not_told_again_after_a_restart(tmp_path: Path) -> None:
    """Which events the fallback channel was given survives the process (D7)."""
    settings = retry(fallback="mail", fallback_after=timedelta(seconds=0.05), pause_after=100)
    told: list[str] = []
    for _ in range(2):
        down, other = Puppet("phone", usual=REFUSED), Puppet("mail")
        async with telling(tmp_path, [down, other], settings) as rig:
            if not told:
                await rig.tell(alert("deck"), "phone")
            await rig.until(lambda down=down: len(down.messages) >= 4)  # type: ignore[misc]
        told += other.told
    assert len(told) == 1
