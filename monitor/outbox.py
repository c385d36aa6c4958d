"""The outbox: every delivery that is owed reaches its channel, at least once, or is given up aloud.

Each channel has a worker, a queue and a thread of its own, so none waits for another. Deliveries are stored before they
come here; here they are sent, and marked.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from monitor.channel_queue import Hold, Standing
from monitor.channel_worker import ChannelWorker, Drop, Release, Render
from monitor.clock import Clock
from monitor.ids import new_event_id
from monitor.ledger import Events, Ledger, Mark, Store
from monitor.model import Alert, Delivery, DeliveryState, Kind
from monitor.settings import RetrySettings
from monitor.store_errors import StoreError
from notifiers.channel import Channel
from notifiers.message import Urgency

_GRACE_S = 8.0  # for sends in flight when the service stops
_REWRITE_EVERY_S = 5.0  # while the database fails
_FELL_BACK = "fell_back"  # where storage remembers which events the fallback channel was given
_REMEMBERED = 200
_OWN_NEWS = frozenset({Kind.DEAD_LETTER, Kind.CHANNEL_DOWN, Kind.CHANNEL_GONE})  # never told about themselves


@dataclass(frozen=True, slots=True)
class ChannelState:
    """How one channel is doing; for a status line and for health."""

    name: str
    healthy: bool
    pending: int
    sent: int
    paused_s: float
    last_error: str
    held: int = 0  # deliveries that a mute holds back


class Outbox:
    """Sends what is owed on every channel and settles each delivery."""

    def __init__(
        self,
        storage: Store,
        channels: Mapping[str, Channel],
        settings: RetrySettings,
        clock: Clock,
        render: Render,
        events: Events,
        *,
        standing: Standing | None = None,
        hold: Hold | None = None,
    ) -> None:
        self._storage = storage
        self._settings = settings
        self._clock = clock
        self._render = render
        self._events = events
        self._standing = standing or (lambda _alert: None)
        self._hold = hold or (lambda _alert: False)
        self._ledger = Ledger(storage, clock, events)
        self._workers: dict[str, ChannelWorker] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._leaving: dict[asyncio.Task[None], ChannelWorker] = {}  # of removed channels, with a send in flight
        self._group: asyncio.TaskGroup | None = None
        self._orphans: list[Delivery] = []
        self._leaving_us = 0  # orphans whose end is being written and told
        self._mind = asyncio.Event()
        self._closing = False
        self._fell_back: list[str] | None = None
        for channel in channels.values():
            self._workers[channel.name] = self._worker(channel)

    @property
    def channels(self) -> Mapping[str, Channel]:
        """Give the channels by name."""
        return {name: worker.channel for name, worker in self._workers.items()}

    @property
    def pending(self) -> int:
        """How many deliveries no channel has accepted yet, without those that a mute holds back."""
        free = sum(1 for worker in self._all_workers() for _ in worker.queue.free())
        return free + len(self._orphans) + self._leaving_us

    @property
    def held(self) -> int:
        """How many deliveries a mute holds back."""
        return sum(len(worker.queue) - sum(1 for _ in worker.queue.free()) for worker in self._all_workers())

    def oldest_pending(self) -> datetime | None:
        """Give when the oldest delivery still owed was made, muted ones apart; None when nothing is owed."""
        owed = (
            max(owed.delivery.created_at, owed.delivery.alert.held_until or owed.delivery.created_at)
            for worker in self._all_workers()
            for owed in worker.queue.free()
        )
        return min(owed, default=None)

    def healthy(self, name: str) -> bool:
        """True while the channel takes messages, as far as known; an unknown name is not healthy."""
        worker = self._workers.get(name)
        return worker is not None and worker.healthy()

    def states(self) -> tuple[ChannelState, ...]:
        """Say how each channel is doing."""
        return tuple(
            ChannelState(
                name,
                worker.healthy(),
                pending := sum(1 for _ in worker.queue.free()),
                worker.sent,
                worker.paused_for(),
                worker.last_error,
                len(worker.queue) - pending,
            )
            for name, worker in self._workers.items()
        )

    def offer(self, deliveries: Iterable[Delivery]) -> None:
        """Owe these; call it on the loop, right after they were committed. Known ones are owed once."""
        for delivery in deliveries:
            if delivery.state in (DeliveryState.DONE, DeliveryState.DEAD):
                continue
            worker = self._workers.get(delivery.channel)
            if worker is None:
                self._orphans.append(delivery)
            else:
                worker.offer(delivery)
        self._mind.set()

    # --- what the database could not take yet; see `unwritten.py` ---

    def marks(self, ids: Iterable[int]) -> dict[int, Mark]:
        """Give what became so far of deliveries held in memory."""
        return self._ledger.marks(ids)

    def adopt(self, ids: Mapping[int, int], written: Mapping[int, Mark]) -> None:
        """Know deliveries held in memory by the ids they are stored under now; `written` is what was stored of them."""
        self._ledger.adopt(ids, written)
        for worker in self._all_workers():
            worker.queue.rename(ids)
        self._orphans = [replace(one, id=ids.get(one.id, one.id)) for one in self._orphans]
        self._mind.set()

    def forget(self, ids: Collection[int]) -> None:
        """Owe these no more: more was held in memory than it may hold."""
        self._ledger.forget(ids)
        for worker in self._all_workers():
            worker.queue.drop([owed for owed in worker.queue if owed.delivery.id in ids])

    def owed(self) -> list[Delivery]:
        """Give everything that is owed, muted or not."""
        return [owed.delivery for worker in self._all_workers() for owed in worker.queue]

    def let_go(self, release: Release, drop: Drop = lambda _delivery: False) -> None:
        """Begin to send what a mute held back, in its new form, and owe no more what is dropped."""
        for worker in self._workers.values():
            worker.let_go(release, drop)
        self._mind.set()

    async def give_up(self, deliveries: Iterable[Delivery], why: str) -> None:
        """Write that these will not be sent, now or as soon as the database can take it."""
        dead = DeliveryState.DEAD
        await self._ledger.mark([(one, Mark(dead, one.attempts, error=why)) for one in deliveries if one.id])

    async def run(self, stopping: asyncio.Event) -> None:
        """Send until `stopping` is set, then let the sends in flight end, 8 s at most."""
        self._closing = False
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                for worker in self._workers.values():
                    self._start(worker)
                minding = group.create_task(self._run_minding(), name="outbox:minding")
                await stopping.wait()
                await self.drain(_GRACE_S)
                minding.cancel()
        finally:
            self._group = None

    async def drain(self, seconds: float) -> None:
        """Begin no further send, wait so long for those in flight, and write what is known. Free when already done."""
        self._closing = True
        for worker in self._workers.values():
            worker.stop()
        tasks = {task for task in (*self._tasks.values(), *self._leaving) if not task.done()}
        if tasks:
            _, left = await asyncio.wait(tasks, timeout=seconds)
            for task in left:
                task.cancel()  # stays "sending": the next start tells it again, marked as a repeat
            if left:
                await asyncio.wait(left)
        if self._ledger.behind:
            await self._ledger.flush()

    async def replace_channels(self, channels: Mapping[str, Channel], settings: RetrySettings | None = None) -> None:
        """Carry new channels in: known names keep what they owe, what removed ones owe is given up aloud."""
        self._settings = settings or self._settings
        for channel in channels.values():
            if worker := self._workers.get(channel.name):
                worker.adopt(channel, self._settings)
            else:
                self._workers[channel.name] = worker = self._worker(channel)
                if self._group is not None and not self._closing:
                    self._start(worker)
        kept = {channel.name for channel in channels.values()}
        for name in [name for name in self._workers if name not in kept]:
            worker = self._workers.pop(name)
            worker.stop()
            if (task := self._tasks.pop(name, None)) is None:
                self._orphans.extend(owed.delivery for owed in worker.queue)
            else:
                # The send in flight may yet be accepted; only what is still owed after it is given up.
                self._leaving[task] = worker
                task.add_done_callback(self._left)
        await self._give_up_orphans()

    def _all_workers(self) -> Iterable[ChannelWorker]:
        return (*self._workers.values(), *self._leaving.values())

    def _left(self, task: asyncio.Task[None]) -> None:
        worker = self._leaving.pop(task)
        self._orphans.extend(owed.delivery for owed in worker.queue)
        self._mind.set()

    def _worker(self, channel: Channel) -> ChannelWorker:
        return ChannelWorker(
            channel,
            self._settings,
            self._clock,
            self._ledger,
            self._render,
            self._standing,
            self._events,
            self._notice,
            self._hold,
        )

    def _start(self, worker: ChannelWorker) -> None:
        assert self._group is not None, "workers run inside run()"
        self._tasks[worker.name] = self._group.create_task(worker.run(), name=f"outbox:{worker.name}")

    # --- apart from the channels ---

    async def _run_minding(self) -> None:
        """Give up what no channel owes, write what the database refused, and hand late deliveries to the fallback."""
        while not self._closing:
            self._mind.clear()
            await self._give_up_orphans()
            wait = await self._fall_back()
            if self._ledger.behind and not await self._ledger.flush():
                wait = min(wait or _REWRITE_EVERY_S, _REWRITE_EVERY_S)
            if wait is None:
                await self._mind.wait()
            else:
                await self._clock.pause(wait, self._mind)

    async def _give_up_orphans(self) -> None:
        orphans, self._orphans = self._orphans, []
        self._leaving_us += len(orphans)
        try:
            await self._bury(orphans)
        finally:
            self._leaving_us -= len(orphans)

    async def _bury(self, orphans: Sequence[Delivery]) -> None:
        by_channel: dict[str, list[Delivery]] = {}
        for delivery in orphans:
            if worker := self._workers.get(delivery.channel):  # it came back meanwhile
                worker.offer(delivery)
                continue
            by_channel.setdefault(delivery.channel, []).append(delivery)
        detail = "the channel is no longer in the configuration"
        for name, gone in by_channel.items():
            await self._ledger.mark(
                [(delivery, Mark(DeliveryState.DEAD, delivery.attempts, error=detail)) for delivery in gone]
            )
            for delivery in gone:
                self._events(
                    "delivery.dead",
                    event_id=delivery.event_id,
                    watch=delivery.alert.watch,
                    channel=name,
                    attempt=delivery.attempts,
                    cause=detail,
                )
            await self._notice(Kind.CHANNEL_GONE, name, gone, "")

    async def _fall_back(self) -> float | None:
        """Give the fallback channel what another has not accepted in time, once; seconds until the next such moment."""
        fallback = self._workers.get(self._settings.fallback or "")
        if fallback is None:
            return None
        now, patience = self._clock.monotonic(), self._settings.fallback_after.total_seconds()
        soonest: float | None = None
        for worker in list(self._workers.values()):
            if worker is fallback:
                continue
            for owed in worker.queue.free():
                if owed.fell_back or owed.delivery.alert.kind in _OWN_NEWS:
                    continue
                left = max(owed.born, owed.due if not owed.delivery.attempts else 0.0) + patience - now
                if left > 0:
                    soonest = left if soonest is None else min(soonest, left)
                    continue
                owed.fell_back = True
                if await self._first_time(owed.delivery, fallback):
                    # Not stored: the delivery it stands in for still is, so nothing is lost with it.
                    copy = replace(owed.delivery, id=0, channel=fallback.name, attempts=0, due_at=self._clock.now())
                    fallback.offer(copy)
                    self._events(
                        "delivery.fallback",
                        event_id=copy.event_id,
                        watch=copy.alert.watch,
                        channel=fallback.name,
                        instead_of=worker.name,
                        cause=owed.delivery.last_error or "not accepted yet",
                    )
        return soonest

    async def _first_time(self, delivery: Delivery, fallback: ChannelWorker) -> bool:
        """True when the fallback channel neither was given this event before nor owes it itself."""
        if self._fell_back is None:
            self._fell_back = []
            with contextlib.suppress(StoreError):
                self._fell_back = (await self._storage.meta(_FELL_BACK) or "").split()
        if delivery.event_id in self._fell_back:
            return False
        if any(owed.delivery.event_id == delivery.event_id for owed in fallback.queue):
            return False
        self._fell_back = [*self._fell_back, delivery.event_id][-_REMEMBERED:]
        with contextlib.suppress(StoreError):
            await self._storage.set_meta(_FELL_BACK, " ".join(self._fell_back))
        return True

    async def _notice(self, kind: Kind, channel: str, about: Sequence[Delivery], detail: str) -> None:
        """Tell on another channel, a healthy one if there is any, what became of this one."""
        if all(delivery.alert.kind in _OWN_NEWS for delivery in about):
            return
        others = [worker for worker in self._workers.values() if worker.name != channel]
        others.sort(key=lambda worker: (not worker.healthy(), worker.name != self._settings.fallback))
        if not others:
            self._events("notice.untold", kind=kind.value, channel=channel, cause="there is no other channel")
            return
        alert = Alert(
            new_event_id(),
            kind,
            Urgency.NORMAL,
            self._clock.now(),
            detail=detail,
            count=len(about),
            subjects=(channel,),
        )
        try:
            self.offer(await self._storage.announce(alert, [others[0].name], alert.at))
        except StoreError as error:
            self._events("storage.failed", during="announce", why=str(error))
            self.offer([Delivery(0, alert.event_id, others[0].name, DeliveryState.PENDING, alert, alert.at, alert.at)])
