"""The service: owns every task, carries a new configuration in, and ends in good order."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from monitor.changes import compare, fingerprint
from monitor.clock import Clock, SystemClock
from monitor.config import ConfigError
from monitor.demo import DemoShop
from monitor.ids import new_event_id
from monitor.looking import Looker, Stats
from monitor.manners import host_settings, manners_for
from monitor.messages import render
from monitor.model import Alert, Answer, Belief, Delivery, Kind
from monitor.outbox import Outbox
from monitor.redact import remember_all
from monitor.reload import Held, follow
from monitor.schedule import Key, Schedule, Slot
from monitor.settings import Settings
from monitor.storage import Storage, StoreError
from monitor.supervisor import Supervisor
from monitor.upkeep import give_back, settle_in
from monitor.values import host_of
from notifiers.channel import Channel, make_channel, warm_up
from notifiers.message import Message, Urgency
from watchers.model import Listing
from watchers.observe import Observer

log = structlog.get_logger("restock.service")

_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the service is doing right now, for a status line."""

    watches: int
    listings: int
    in_stock: int
    blind: int
    looks: int
    next_in: float | None  # seconds
    lag: float  # seconds, 95 % of recent looks
    backing_off: Mapping[str, float]  # host: seconds still closed
    pending: int  # deliveries not yet accepted
    alerts: int
    last_alert: datetime | None = None


class Service:
    """One long-lived process: looking, deciding, remembering and telling, until asked to stop."""

    def __init__(
        self, settings: Settings, storage: Storage, clock: Clock | None = None, random: Random | None = None
    ) -> None:
        self.settings = settings
        self.clock = clock or SystemClock()
        self.storage = storage
        self.schedule = Schedule()
        self.beliefs: dict[Key, Belief] = {}
        self.slots: dict[Key, Slot] = {}
        self.last_alert: datetime | None = None
        self.on_alert: Callable[[Sequence[Delivery]], None] | None = None
        self.on_loaded: Callable[[Settings], None] | None = None
        self._demo: DemoShop | None = None
        self._looker = Looker(
            settings, self.schedule, storage, self.beliefs, self.clock, random or Random(), self._offer
        )
        self._outbox = Outbox(
            storage,
            {name: self._channel(name, settings) for name in settings.channels},
            settings.retry,
            self.clock,
            self._render,
            self._event,
            standing=self.standing,
        )
        self._supervisor = Supervisor(self.slots, self.schedule, self.beliefs, self.clock, self._announce)
        self._closing: list[Observer] = []

    async def run(
        self, stopping: asyncio.Event, *, reload: bool = True, ready: asyncio.Future[Any] | None = None
    ) -> None:
        """Run until `stopping` is set. Raises StoreError when the database cannot be read at the start.

        Looking begins at once, telling when `ready` is done; what that raises ends the service.
        """
        clean = await self.storage.meta("clean_stop")
        stored = await self.storage.beliefs()
        owed = await self.storage.owed()
        await self.storage.set_meta("clean_stop", "no")
        warming = asyncio.create_task(_warm(ready), name="warm-up")
        self._supervisor.restore(await self.storage.alarms())
        await self._start_looking(stored)
        self._outbox.offer(owed)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._looker.run(stopping), name="looking")
                group.create_task(self._looker.stamp(stopping), name="stamping")
                group.create_task(self._supervisor.run(stopping, lambda: self.settings), name="supervisor")
                group.create_task(self._tell(stopping, ready, len(owed), clean != "no"), name="outbox")
                group.create_task(self._tidy(stopping), name="tidying")
                if reload:
                    group.create_task(
                        follow(self.settings.path, self.settings, self.apply, self._refused, self._held, stopping),
                        name="reload",
                    )
        finally:
            await self._stop(warming)

    async def _tell(self, stopping: asyncio.Event, ready: asyncio.Future[Any] | None, owed: int, clean: bool) -> None:
        if ready is not None:
            await ready
        log.info("service.started", watches=len(self.settings.watches), listings=len(self.slots), owed=owed)
        if not clean:
            await self._announce(Alert("", Kind.STARTED, Urgency.QUIET, self.clock.now()), ())
        await self._outbox.run(stopping)

    async def _tidy(self, stopping: asyncio.Event) -> None:
        """Give memory back now and then, and once a day let go of history older than the retention."""
        settled, pruned_at = False, self.clock.monotonic() - _DAY + 60.0  # not while the first looks are waited for
        while not await self.clock.pause(10.0 if not settled else 30.0, stopping):
            if not settled:
                settled = True
                settle_in()
            await asyncio.to_thread(give_back)
            if self.clock.monotonic() - pruned_at < _DAY:
                continue
            pruned_at = self.clock.monotonic()
            try:
                removed = await self.storage.prune(self.clock.now() - self.settings.retention)
            except StoreError as error:
                log.error("storage.failed", why=str(error))
            else:
                log.info("history.pruned", rows=removed)

    async def _stop(self, warming: asyncio.Task[None]) -> None:
        with contextlib.suppress(Exception):
            await warming
        await self._outbox.drain(8.0)
        for observer in (*self._closing, self._looker.observer):
            await observer.close()
        if self._demo is not None:
            await self._demo.stop()
        with contextlib.suppress(StoreError):
            await self.storage.set_meta("clean_stop", "yes")
        log.info("service.stopped")

    async def _start_looking(self, stored: Mapping[Key, Belief]) -> None:
        await self._ready_demo(self.settings)
        self._looker.observer = self._new_observer(self.settings)
        self._mind_manners(self.settings)
        for watch in self.settings.watches:
            for listing in watch.listings:
                key = (watch.name, listing.url)
                mark = fingerprint(watch, listing)
                belief = stored.get(key) or Belief(watch.name, listing.url, fingerprint=mark)
                self.beliefs[key] = edited(belief, mark)
                self._add(Slot(watch, listing, host_of(listing.url), self.clock.monotonic()))

    def _add(self, slot: Slot) -> None:
        slot.seen_at = self.clock.monotonic()
        self.slots[slot.key] = slot
        self.schedule.add(slot)

    # --- a new configuration ---

    async def apply(self, new: Settings) -> None:
        """Carry a new configuration in: unchanged listings keep belief and schedule."""
        old = self.settings
        change = compare(old, new)
        remember_all(new)
        channels = {
            name: self._outbox.channels[name]
            if old.channels.get(name) == new.channels[name]
            else self._channel(name, new)
            for name in new.channels
        }
        await self._ready_demo(new)
        if new.fetch != old.fetch or new.full_every != old.full_every:
            self._closing.append(self._looker.observer)
            self._looker.observer = self._new_observer(new)
        self.settings = self._looker.settings = new
        self._mind_manners(new)
        wanted = {(watch.name, listing.url): (watch, listing) for watch in new.watches for listing in watch.listings}
        for key in [key for key in self.slots if key not in wanted]:
            self.schedule.remove(self.slots.pop(key))
            self.beliefs.pop(key, None)
        now = self.clock.monotonic()
        stored = await self.storage.beliefs() if wanted.keys() - self.slots.keys() else {}
        for key, (watch, listing) in wanted.items():
            mark = fingerprint(watch, listing)
            slot = self.slots.get(key)
            if slot is None:
                belief = stored.get(key) or Belief(watch.name, listing.url, fingerprint=mark)
                self.beliefs[key] = edited(belief, mark)
                self._add(Slot(watch, listing, host_of(listing.url), now))
                continue
            if mark != self.beliefs[key].fingerprint:
                self.beliefs[key] = edited(self.beliefs[key], mark)
                self._looker.observer.forget(listing)
            self._adopt(slot, listing, now)
            slot.watch, slot.listing = watch, listing
        await self._outbox.replace_channels(channels, new.retry)
        self._looker.wake.set()
        log.info("config.loaded", watches=len(new.watches), listings=len(self.slots), changed=len(change.changed))
        if (asked := new.database.resolve()) != self.storage.path:
            log.warning(
                "config.restart_needed",
                keys=["monitor.database"],
                why=f"stop the service and run it again: until then {self.storage.path} stays in use, not {asked}",
            )
        if self.on_loaded is not None:
            self.on_loaded(new)

    def _adopt(self, slot: Slot, listing: Listing, now: float) -> None:
        """Bring the next look forward where the interval became shorter."""
        soonest = now + listing.interval.total_seconds()
        if not slot.running and not slot.confirming and slot.due > soonest:
            self.schedule.put(slot, soonest)

    async def _refused(self, error: ConfigError) -> None:
        problems = tuple(map(str, error.problems)) or (str(error),)
        log.error("config.refused", problems=list(problems))
        await self._announce(
            Alert(
                "",
                Kind.CONFIG_REFUSED,
                Urgency.NORMAL,
                self.clock.now(),
                detail=problems[0],
                count=len(problems),
                subjects=problems[:20],
            ),
            (),
        )

    async def _held(self, held: Held) -> None:
        log.warning("config.held", missing=list(held.vanished))
        await self._announce(
            Alert(
                "",
                Kind.CONFIG_HELD,
                Urgency.NORMAL,
                self.clock.now(),
                count=len(held.vanished),
                subjects=tuple(held.vanished),
            ),
            (),
        )

    async def _ready_demo(self, settings: Settings) -> None:
        wants = any(listing.url.startswith("demo:") for watch in settings.watches for listing in watch.listings)
        if wants and self._demo is None:
            self._demo = DemoShop()
            await self._demo.start()

    def _new_observer(self, settings: Settings) -> Observer:
        demo = self._demo
        return Observer(
            settings.fetch,
            exempt=() if demo is None else (demo.address,),
            resolve=self._resolve,
            full_every=settings.full_every.total_seconds(),
        )

    def _resolve(self, url: str) -> str:
        if url.startswith("demo:") and self._demo is not None:
            return self._demo.resolve(url)
        return url

    def _mind_manners(self, settings: Settings) -> None:
        for watch in settings.watches:
            for listing in watch.listings:
                host = host_of(listing.url)
                chosen = host_settings(settings, host)
                self.schedule.lane(host, chosen.rate, chosen.concurrency)
                self._looker.manners[host] = manners_for(settings, host)

    # --- telling ---

    def _channel(self, name: str, settings: Settings) -> Channel:
        channel = settings.channels[name]
        return make_channel(name, channel.url.reveal(), channel.urgent)

    def _render(self, deliveries: Sequence[Delivery], channel: Channel) -> Message:
        settings = self.settings
        chosen = settings.channels.get(channel.name)
        return render(
            deliveries,
            language=(chosen.language if chosen else None) or settings.language,
            zone=ZoneInfo(settings.timezone),
            now=self.clock.now(),
            standing=self.standing,
            late_after=settings.retry.late_after,
        )

    def standing(self, alert: Alert) -> bool | None:
        """True while the offer an alert speaks of is still believed in; None when nobody can say."""
        belief = self.beliefs.get((alert.watch or "", alert.url or ""))
        return None if belief is None or belief.answer is None else belief.answer is Answer.YES

    def _offer(self, deliveries: Sequence[Delivery]) -> None:
        self.last_alert = self.clock.now()
        self._outbox.offer(deliveries)
        if self.on_alert is not None:
            self.on_alert(deliveries)

    async def _announce(self, alert: Alert, watches: Sequence[str], **stored: Any) -> None:
        """Tell the service's own news on the channels of the watches concerned; of none in particular: on all."""
        chosen = {name for watch in self.settings.watches if watch.name in watches for name in watch.channels}
        channels = sorted(chosen or self.settings.channels)
        alert = replace(alert, event_id=new_event_id())
        log.warning(
            "notice",
            event_id=alert.event_id,
            kind=alert.kind,
            channels=channels,
            cause=alert.cause,
            detail=alert.detail,
        )
        try:
            self._outbox.offer(await self.storage.announce(alert, channels, self.clock.now(), **stored))
        except StoreError as error:
            log.error("storage.failed", why=str(error))

    def _event(self, name: str, **fields: object) -> None:
        level = log.info if name == "delivery.sent" else log.warning
        level(name, **fields)

    @property
    def stats(self) -> Stats:
        """What the looking task has done so far."""
        return self._looker.stats

    def snapshot(self) -> Snapshot:
        """Give what a status line shows."""
        now = time.monotonic() if isinstance(self.clock, SystemClock) else self.clock.monotonic()
        at = self.schedule.next_at()
        return Snapshot(
            watches=len(self.settings.watches),
            listings=len(self.slots),
            in_stock=sum(belief.answer is Answer.YES for belief in self.beliefs.values()),
            blind=self._supervisor.blind,
            looks=self._looker.stats.looks,
            next_in=None if at is None else max(0.0, at - now),
            lag=self._looker.stats.lag(),
            backing_off={
                host: wait for host, lane in self.schedule.lanes.items() if (wait := lane.gate.closed_for(now)) > 0
            },
            pending=self._outbox.pending,
            alerts=self._looker.stats.alerts,
            last_alert=self.last_alert,
        )


async def _warm(ready: asyncio.Future[Any] | None) -> None:
    """Load what sending needs; after the channels were judged, which loads most of it in another thread."""
    if ready is not None:
        await asyncio.wait({ready})
    await asyncio.to_thread(warm_up)


def edited(belief: Belief, mark: str) -> Belief:
    """Note on a belief that the question was edited since it was formed."""
    if belief.fingerprint == mark:
        return belief
    return replace(belief.settled(), fingerprint=mark, edited=True)
