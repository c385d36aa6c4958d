"""What became of deliveries, written to storage; while storage fails, kept in memory and written later."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from monitor.clock import Clock
from monitor.model import Alert, Delivery, DeliveryState
from monitor.store_errors import StoreError

Events = Callable[..., None]


class Store(Protocol):
    """The part of storage that deliveries need."""

    async def sending(self, ids: Sequence[int], now: datetime) -> None: ...

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
    ) -> None: ...

    async def announce(
        self, alert: Alert, channels: Sequence[str], now: datetime, due_at: datetime | None = None
    ) -> list[Delivery]: ...

    async def meta(self, key: str) -> str | None: ...

    async def set_meta(self, key: str, value: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Mark:
    """The newest word on one delivery."""

    state: DeliveryState
    attempts: int
    due_at: datetime | None = None
    error: str = ""
    repeat: bool | None = None


class Ledger:
    """Marks deliveries; a failing database costs a log line, never an alert."""

    def __init__(self, store: Store, clock: Clock, events: Events) -> None:
        self._store = store
        self._clock = clock
        self._events = events
        self._unwritten: dict[int, Mark] = {}
        self._unstored: dict[int, Mark] = {}  # of deliveries held in memory, whose ids lie below 0

    @property
    def behind(self) -> int:
        """How many marks wait for the database."""
        return len(self._unwritten)

    async def sending(self, deliveries: Sequence[Delivery]) -> None:
        """Commit that a send begins; what was never stored has nothing to mark."""
        ids = [delivery.id for delivery in deliveries if delivery.id > 0]
        self._unstored |= {d.id: Mark(DeliveryState.SENDING, d.attempts) for d in deliveries if d.id < 0}
        if not ids:
            return
        try:
            await self._store.sending(ids, self._clock.now())
        except StoreError as error:
            # Sending goes on: an alert told twice is better than one not told.
            self._events("storage.failed", during="sending", why=str(error))

    async def mark(self, marks: Sequence[tuple[Delivery, Mark]]) -> None:
        """Write what became of deliveries, or keep it until the database works again."""
        self._unwritten |= {delivery.id: mark for delivery, mark in marks if delivery.id > 0}
        self._unstored |= {delivery.id: mark for delivery, mark in marks if delivery.id < 0}
        await self.flush()

    def marks(self, ids: Iterable[int]) -> dict[int, Mark]:
        """Give the newest word on deliveries held in memory, as far as there is one."""
        return {id_: self._unstored[id_] for id_ in ids if id_ in self._unstored}

    def adopt(self, ids: Mapping[int, int], written: Mapping[int, Mark]) -> None:
        """Know deliveries by their stored ids; what was said after `written` was taken is still to be written."""
        for held, stored in ids.items():
            mark = self._unstored.pop(held, None)
            if mark is not None and mark is not written.get(held):
                self._unwritten[stored] = mark

    def forget(self, ids: Iterable[int]) -> None:
        """Keep no word on deliveries held in memory that will never be stored."""
        for id_ in ids:
            self._unstored.pop(id_, None)

    async def flush(self) -> bool:
        """Write what waits; True when nothing is left."""
        todo = dict(self._unwritten)
        alike: dict[Mark, list[int]] = {}
        for id_, mark in todo.items():
            alike.setdefault(mark, []).append(id_)
        for mark, ids in alike.items():
            try:
                await self._store.settle(
                    ids,
                    mark.state,
                    now=self._clock.now(),
                    due_at=mark.due_at,
                    attempts=mark.attempts,
                    error=mark.error,
                    repeat=mark.repeat,
                )
            except StoreError as error:
                self._events("storage.failed", during="settle", why=str(error))
                return False
            for id_ in ids:
                if self._unwritten.get(id_) is mark:
                    del self._unwritten[id_]
        return not self._unwritten
