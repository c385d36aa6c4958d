"""What the database could not take yet: kept in memory, told all the same, and written once it can be.

The looks and the outbox write through this front. While the database works it adds nothing; when a write fails, or its
commit does not come in time, the change is held here with its deliveries, which go out at once. Whatever was held is
written, with what became of it, as soon as a write works again.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Protocol, TypeVar

import structlog

from monitor.clock import Clock
from monitor.ledger import Mark
from monitor.model import Alert, Change, Delivery, DeliveryState, Kind
from monitor.records import Settlement
from monitor.rows import AlarmRow
from monitor.schedule import Key
from monitor.statements import Late, News
from monitor.storage import Storage
from monitor.store_errors import StoreError, refuse

log = structlog.get_logger("restock.storage")

T = TypeVar("T")
MOST = 10_000  # pieces of news kept in memory
PATIENCE_S = 3.0  # for a commit; an alert is not to wait longer for a slow disk or a program that holds the file
RETRY_S = 2.0  # between two tries to write
TELL_AFTER_S = 6.0  # of failing: a moment's trouble wakes nobody
PROBE_S = 15.0  # without a write of our own: a full disk is to be told even while there is no news
_BATCH = 200  # held changes in one commit
_PROBE = "written_at"


class Memory(Protocol):
    """The part of the outbox that knows deliveries held in memory."""

    def marks(self, ids: Sequence[int]) -> Mapping[int, Mark]: ...

    def adopt(self, ids: Mapping[int, int], written: Mapping[int, Mark]) -> None: ...

    def forget(self, ids: Collection[int]) -> None: ...


class Unwritten:
    """The way to the database that never loses an alert to it; `record` and `announce` raise no StoreError."""

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        *,
        most: int = MOST,
        patience: float = PATIENCE_S,
        retry: float = RETRY_S,
        tell_after: float = TELL_AFTER_S,
        probe: float = PROBE_S,
    ) -> None:
        self.memory: Memory | None = None  # the outbox, which is made after this
        self.fault: str | None = None  # why the database takes nothing now, in one line
        self.lost = 0  # pieces of news dropped since the trouble began, because too many were held
        self._storage = storage
        self._clock = clock
        self.most, self.patience, self.retry, self.tell_after, self.probe = (
            most,
            patience,
            retry,
            tell_after,
            probe,
        )
        self._held: dict[int, Late] = {}  # oldest first
        self._plain: dict[Key, int] = {}  # held changes that are no news: only the newest of a listing counts
        self._number = 0
        self._delivery = 0
        self._since = 0.0
        self._told = False
        self._failing = asyncio.Event()
        self._flushing: asyncio.Task[bool] | None = None

    @property
    def held(self) -> int:
        """How many changes wait for the database."""
        return len(self._held)

    # --- writing ---

    async def record(self, changes: Sequence[Change], now: datetime) -> list[Delivery]:
        """Store changes as `Storage.record` does, or hold them; give the deliveries to be made either way."""
        made = await self._try(self._storage.record(changes, now)) if self.fault is None else None
        return made if made is not None else [one for change in changes for one in self._hold(change, now)]

    async def announce(
        self,
        alert: Alert,
        channels: Sequence[str],
        now: datetime,
        due_at: datetime | None = None,
        *,
        raises: AlarmRow | None = None,
        reminds: str | None = None,
        clears: str | None = None,
    ) -> list[Delivery]:
        """Store the service's own news as `Storage.announce` does, or hold it; give its deliveries either way."""
        if self.fault is None:
            write = self._storage.announce(alert, channels, now, due_at, raises=raises, reminds=reminds, clears=clears)
            if (made := await self._try(write)) is not None:
                return made
        return self._hold(News(alert, tuple(channels), due_at, raises, reminds, clears), now)

    async def sending(self, ids: Sequence[int], now: datetime) -> None:
        """As in Storage; StoreError at once while the database takes nothing."""
        await self._or_raise(self._storage.sending, ids, now)

    async def settle(
        self,
        ids: Sequence[int],
        state: DeliveryState,
        *,
        now: datetime,
        due_at: datetime | None = None,
        attempts: int | None = None,
        error: str = "",
        repeat: bool | None = None,
    ) -> None:
        """As in Storage; StoreError at once while the database takes nothing."""

        async def write() -> None:
            await self._storage.settle(
                ids, state, now=now, due_at=due_at, attempts=attempts, error=error, repeat=repeat
            )

        await self._or_raise(write)

    async def seen(self, stamps: Sequence[tuple[str, str, datetime]]) -> None:
        """As in Storage; StoreError at once while the database takes nothing."""
        await self._or_raise(self._storage.seen, stamps)

    async def meta(self, key: str) -> str | None:
        """As in Storage; StoreError at once while the database takes nothing."""
        return await self._or_raise(self._storage.meta, key)

    async def set_meta(self, key: str, value: str) -> None:
        """As in Storage; StoreError at once while the database takes nothing."""
        await self._or_raise(self._storage.set_meta, key, value)

    async def _or_raise(self, write: Callable[..., Awaitable[T]], *given: object) -> T:
        if self.fault is None:
            done = await self._try(_boxed(write(*given)))
            if done is not None:
                return done[0]
        raise StoreError(self.fault or "the database takes nothing")

    async def _try(self, write: Awaitable[T]) -> T | None:
        """Wait for a write, not for ever; None when it failed or may yet fail. It goes on behind our back then."""
        job = asyncio.ensure_future(write)
        job.add_done_callback(_look_away)
        done, _ = await asyncio.wait({job}, timeout=self.patience)
        if not done:
            self._fail(str(refuse(self._storage.path, f"no commit within {self.patience:g} s", "check the disk")))
            return None
        try:
            return job.result()
        except StoreError as error:
            self._fail(str(error))
            return None

    def _fail(self, why: str) -> None:
        if self.fault is None:
            self._since = self._clock.monotonic()
            self._failing.set()
            log.error("storage.failed", why=why, remedy="looking and telling go on from memory")
        self.fault = why

    # --- holding ---

    def _hold(self, what: Change | News, now: datetime) -> list[Delivery]:
        self._number += 1
        made: list[Delivery] = []
        if what.alert is not None:
            for channel in dict.fromkeys(what.channels):
                self._delivery -= 1
                made.append(
                    Delivery(
                        self._delivery,
                        what.alert.event_id,
                        channel,
                        DeliveryState.PENDING,
                        what.alert,
                        now,
                        what.due_at or now,
                    )
                )
        if isinstance(what, Change):
            key = (what.belief.watch, what.belief.url)
            if (older := self._plain.pop(key, None)) is not None:
                del self._held[older]
            if what.transition is None and what.alert is None:
                self._plain[key] = self._number
        self._held[self._number] = Late(what, now, tuple(made))
        if len(self._held) - len(self._plain) > self.most:
            self._drop_oldest()
        return made

    def _drop_oldest(self) -> None:
        plain = set(self._plain.values())
        number = next(number for number in self._held if number not in plain)
        gone = self._held.pop(number)
        if isinstance(gone.what, Change):  # what is believed is kept all the same, under the place of the old news
            key = (gone.what.belief.watch, gone.what.belief.url)
            newer = any(
                isinstance(one.what, Change) and (one.what.belief.watch, one.what.belief.url) == key
                for one in self._held.values()
            )
            if not newer:
                self._held = {number: Late(Change(gone.what.belief), gone.at), **self._held}
                self._plain[key] = number
        self.lost += 1
        if self.memory is not None:
            self.memory.forget({delivery.id for delivery in gone.deliveries})
        log.error("news.dropped", cause=f"more than {self.most:,} wait for the database", kind=_kind(gone.what))

    # --- writing what was held ---

    async def run(self, stopping: asyncio.Event, tell: Callable[[Kind, str, int], Awaitable[None]]) -> None:
        """While the database takes nothing, try again and again; `tell` of lasting trouble, once, and of its end."""
        while not stopping.is_set():
            if not self._failing.is_set():
                if await _any({self._failing, stopping}, self.probe):
                    continue
                with contextlib.suppress(StoreError):
                    await self.set_meta(_PROBE, self._clock.now().isoformat())
                continue
            if await self._clock.pause(self.retry, stopping):
                break
            if self._flushing is None or self._flushing.done():
                self._flushing = asyncio.create_task(self.flush(), name="unwritten:flush")
            await asyncio.wait({self._flushing}, timeout=self.retry)
            if self.fault is None:
                if self._told:
                    self._told = False
                    await tell(Kind.STORAGE_BACK, "", self.lost)
                self.lost = 0
            elif not self._told and self._clock.monotonic() - self._since >= self.tell_after:
                self._told = True
                await tell(Kind.STORAGE_DOWN, self.fault, 0)

    async def close(self, seconds: float = 2.0) -> None:
        """Try once more to write what is held; what cannot be written is said so."""
        if self.fault is None:
            return
        if self._flushing is None or self._flushing.done():
            self._flushing = asyncio.create_task(self.flush(), name="unwritten:flush")
        await asyncio.wait({self._flushing}, timeout=seconds)
        if self._held:
            untold = [one.event_id for late in self._held.values() for one in late.deliveries]
            log.error("storage.unwritten", changes=len(self._held), events=sorted(set(untold)), why=self.fault)

    async def flush(self) -> bool:
        """Write everything that is held; True once the database works again."""
        if self.fault is None:
            return True
        size = _BATCH
        try:
            while self._held:
                batch = dict(islice(self._held.items(), size))
                try:
                    await self._write(batch)
                except StoreError:
                    raise
                except Exception as error:  # a bug in one change must not keep all others from being written
                    if len(batch) > 1:
                        size = 1
                        continue
                    log.error("storage.refused", why=f"{type(error).__name__}: {error}", exc_info=True)
                    self._release(batch)
                    size = _BATCH
            await self._storage.set_meta(_PROBE, self._clock.now().isoformat())
        except StoreError as error:
            self._fail(str(error))
            return False
        if self._held:  # came while the last write was under way: the next round takes it
            return False
        self.fault = None
        self._failing.clear()
        log.info("storage.recovered", after_s=round(self._clock.monotonic() - self._since, 1))
        return True

    async def _write(self, batch: Mapping[int, Late]) -> None:
        ids = [delivery.id for late in batch.values() for delivery in late.deliveries]
        marks = dict(self.memory.marks(ids)) if self.memory is not None else {}
        now = self._clock.now()
        stored = await self._storage.record_late(
            list(batch.values()),
            {
                id_: Settlement(mark.state, now, mark.due_at, mark.attempts, mark.error, mark.repeat)
                for id_, mark in marks.items()
            },
        )
        self._release(batch)
        if self.memory is not None:
            self.memory.adopt(stored, marks)

    def _release(self, batch: Mapping[int, Late]) -> None:
        for number, late in batch.items():
            if self._held.get(number) is late:
                del self._held[number]
                if isinstance(late.what, Change):
                    key = (late.what.belief.watch, late.what.belief.url)
                    if self._plain.get(key) == number:
                        del self._plain[key]


def _kind(what: Change | News) -> str:
    alert = what.alert
    if alert is not None:
        return alert.kind.value
    return what.transition.kind.value if isinstance(what, Change) and what.transition else ""


async def _boxed(write: Awaitable[T]) -> tuple[T]:
    return (await write,)


def _look_away(job: asyncio.Future[T]) -> None:
    """Take notice of an error that nobody waits for any more."""
    if not job.cancelled():
        job.exception()


async def _any(events: Collection[asyncio.Event], seconds: float) -> bool:
    """Wait for one of several events; False when the time was up before."""
    waits = {asyncio.ensure_future(event.wait()) for event in events}
    try:
        done, _ = await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
    return bool(done)
