"""The service: owns every task, carries a new configuration in, and ends in good order."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from monitor.backup import NOTE
from monitor.changes import compare
from monitor.clock import Clock, SystemClock
from monitor.control import Control
from monitor.control_watches import ControlWatches
from monitor.episode import URGENCY
from monitor.health import Alarm
from monitor.hush import Hush
from monitor.ids import new_event_id
from monitor.keeping import Keeper
from monitor.looking import Looker, Stats
from monitor.messages import render
from monitor.model import Alert, Answer, Belief, Delivery, Kind
from monitor.outbox import Outbox
from monitor.pulse import Heartbeat
from monitor.readiness import Vitals, reasons, share_looked_at
from monitor.redact import clean, remember_all
from monitor.reloading import Reloading
from monitor.report import ServiceControls
from monitor.roster import Roster
from monitor.schedule import Key, Schedule, Slot
from monitor.settings import Settings
from monitor.storage import Storage, StoreError
from monitor.summary import Summary
from monitor.supervisor import Supervisor
from monitor.unwritten import Unwritten
from monitor.watchdog import Watchdog
from notifiers.channel import Channel, make_channel, warm_up
from notifiers.message import Message, Urgency

log = structlog.get_logger("restock.service")
_LOOK_S = 1.0  # between two looks at the settings for a page to serve
_SUMMARY = "summary_told"  # the day whose summary was told, by its date


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
        self.watchdog: Watchdog | None = None
        self.unwritten = Unwritten(storage, self.clock)
        self._looker = Looker(
            settings, self.schedule, self.unwritten, self.beliefs, self.clock, random or Random(), self._offer
        )
        self.roster = Roster(self.slots, self.beliefs, self.schedule, self._looker, self.clock)
        self.hush = Hush(storage, self.clock, lambda: self.settings, self.beliefs, self._seen_once)
        self._looker.due = self.hush.due
        self._outbox = self.hush.outbox = Outbox(
            self.unwritten,
            {name: self._channel(name, settings) for name in settings.channels},
            settings.retry,
            self.clock,
            self._render,
            self._event,
            standing=self.standing,
            hold=self.hush.holds,
        )
        self.unwritten.memory = self._outbox
        self._supervisor = Supervisor(
            self.slots, self.schedule, self.beliefs, self.clock, self._announce, self._clear_alarm
        )
        self._control_watches = ControlWatches(self._announce, self.clock.now, self._clear_alarm)
        self._looker.news = lambda alert, watch: self._announce(alert, [watch])
        self._looker.control = lambda watch, seen, orderable: self._control_watches.saw(
            watch, seen, orderable=orderable
        )
        self.heartbeat = Heartbeat(lambda: self.settings, self.reasons, self.clock)
        self._summary = Summary(
            lambda: self.settings,
            self._tell_summary,
            self.clock,
            lambda: storage.meta(_SUMMARY),
            lambda day: storage.set_meta(_SUMMARY, day),
        )
        self._keeper = Keeper(storage, self.clock, self._storage_news)
        self.reloading = Reloading(lambda: self.settings, self.apply, self._announce, self.clock)
        self.started_at = self.clock.now()
        self._control = Control(lambda: self.storage.path, ServiceControls(self))

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
        self._supervisor.restore(self._control_watches.restore(await self.storage.alarms()))
        await self.hush.load()
        await self.roster.carry_in(self.settings, stored)
        self._outbox.offer(owed)
        ended_well = False
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._looker.run(stopping), name="looking")
                group.create_task(self._looker.stamp(stopping), name="stamping")
                group.create_task(self._supervisor.run(stopping, lambda: self.settings), name="supervisor")
                group.create_task(self._tell(stopping, ready, len(owed), clean != "no"), name="outbox")
                group.create_task(self.unwritten.run(stopping, self._storage_news), name="unwritten")
                group.create_task(self._keeper.run(stopping, lambda: self.settings), name="keeping")
                group.create_task(self.hush.run(stopping), name="mutes")
                group.create_task(self._control.run(stopping), name="control")
                group.create_task(self.heartbeat.run(stopping), name="heartbeat")
                group.create_task(self._serve_health(stopping), name="health")
                group.create_task(self._summary.run(stopping), name="summary")
                if reload:
                    group.create_task(self.reloading.run(stopping), name="reload")
            ended_well = True
        finally:
            await self._stop(warming, ended_well or _refused(ready))

    async def _tell(self, stopping: asyncio.Event, ready: asyncio.Future[Any] | None, owed: int, clean: bool) -> None:
        if ready is not None:
            await ready
        log.info("service.started", watches=len(self.settings.watches), listings=len(self.slots), owed=owed)
        await self._say_if_restored()
        if not clean:
            await self._announce(Alert("", Kind.STARTED, Urgency.QUIET, self.clock.now()), ())
        await self._outbox.run(stopping)

    async def _say_if_restored(self) -> None:
        """Tell, once, that a backup took the database's place; killed in between, the same news is told, not more."""
        text = await self.storage.meta(NOTE)
        if not text:
            return
        note = json.loads(text)
        at = datetime.fromisoformat(note["at"])
        alert = Alert(note["event_id"], Kind.RESTORED, URGENCY[Kind.RESTORED], at, detail=note["why"])
        await self._announce(alert, ())
        await self.storage.set_meta(NOTE, "")

    async def _stop(self, warming: asyncio.Task[None], ended_well: bool) -> None:
        with contextlib.suppress(Exception):
            await warming
        await self._outbox.drain(8.0)
        await self.unwritten.close()
        await self.roster.close()
        if ended_well:  # a bug of ours is no clean stop: the next start says so
            with contextlib.suppress(StoreError):
                await self.storage.set_meta("clean_stop", "yes")
        log.info("service.stopped")

    async def apply(self, new: Settings) -> None:
        """Carry a new configuration in: unchanged listings keep belief and schedule, unchanged channels what they owe."""
        old = self.settings
        change = compare(old, new)
        remember_all(new)
        channels = {
            name: self._outbox.channels[name]
            if old.channels.get(name) == new.channels[name]
            else self._channel(name, new)
            for name in new.channels
        }
        try:  # first whatever may fail: nothing is carried in by halves
            stored = await self.storage.beliefs()
        except StoreError as error:
            log.error("storage.failed", during="reload", why=str(error))
            stored = {}  # an added listing is then seen for the first time: one quiet note more, nothing lost
        await self.roster.carry_in(new, stored)
        self.settings = new
        await self._control_watches.forget(watch.name for watch in new.watches if watch.control)
        await self._outbox.replace_channels(channels, new.retry)
        log.info("config.loaded", watches=len(new.watches), listings=len(self.slots), changed=len(change.changed))
        if (asked := new.database.resolve()) != self.storage.path:
            log.warning(
                "config.restart_needed",
                keys=["monitor.database"],
                why=f"stop the service and run it again: until then {self.storage.path} stays in use, not {asked}",
            )
        if self.on_loaded is not None:
            self.on_loaded(new)

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

    def _seen_once(self, key: Key) -> bool:
        slot = self.slots.get(key)
        return slot is not None and slot.seen_once

    def _offer(self, deliveries: Sequence[Delivery]) -> None:
        self.last_alert = self.clock.now()
        self.hush.heard(deliveries)
        self._outbox.offer(deliveries)
        if self.on_alert is not None and (loud := [one for one in deliveries if not self.hush.holds(one.alert)]):
            self.on_alert(loud)

    async def _announce(self, alert: Alert, watches: Sequence[str], **stored: Any) -> None:
        """Tell the service's own news on the channels of the watches concerned; of none in particular: on all."""
        chosen = {name for watch in self.settings.watches if watch.name in watches for name in watch.channels}
        channels = sorted(chosen or self.settings.channels)
        named = tuple(clean(name) for name in alert.subjects)
        event_id = alert.event_id or new_event_id()
        alert = replace(alert, event_id=event_id, detail=clean(alert.detail), subjects=named)
        log.warning(
            "notice",
            event_id=alert.event_id,
            kind=alert.kind,
            channels=channels,
            cause=alert.cause,
            detail=alert.detail,
        )
        due = self.hush.due(alert)
        self._outbox.offer(await self.unwritten.announce(alert, channels, self.clock.now(), due, **stored))

    async def _clear_alarm(self, scope: str) -> None:
        try:
            await self.storage.clear_alarm(scope)
        except StoreError as error:
            log.error("storage.failed", during="alarm", why=str(error))

    async def _storage_news(self, kind: Kind, why: str, lost: int) -> None:
        await self._announce(Alert("", kind, URGENCY[kind], self.clock.now(), detail=why, count=lost), ())

    def _event(self, name: str, **fields: object) -> None:
        level = log.info if name == "delivery.sent" else log.warning
        level(name, **fields)

    def sights(self) -> Sequence[tuple[Alarm, Key, datetime]]:
        """Give every listing that an alarm stands for, with the time of its newest conclusive look."""
        now, wall = self.clock.monotonic(), self.clock.now()
        return [
            (alarm, key, wall - timedelta(seconds=now - self.slots[key].seen_at))
            for alarm in self._supervisor.standing.values()
            for key in sorted(alarm.members)
            if key in self.slots
        ]

    @property
    def outbox(self) -> Outbox:
        """What is owed, and how each channel is doing."""
        return self._outbox

    @property
    def stats(self) -> Stats:
        """What the looking task has done so far."""
        return self._looker.stats

    def vitals(self) -> Vitals:
        """Give what decides whether the service is ready; see `readiness.reasons`."""
        oldest = self._outbox.oldest_pending()
        states = self._outbox.states()
        return Vitals(
            lag=self.watchdog.lag if self.watchdog is not None else 0.0,
            share=share_looked_at(self.slots.values(), self.schedule, self.clock.monotonic()),
            fault=self.unwritten.fault,
            oldest_pending=0.0 if oldest is None else max(0.0, (self.clock.now() - oldest).total_seconds()),
            channels=len(states),
            healthy=sum(state.healthy for state in states),
        )

    def reasons(self) -> tuple[str, ...]:
        """Give why the service is not ready now, one line each; nothing when it is."""
        return reasons(self.vitals())

    async def _serve_health(self, stopping: asyncio.Event) -> None:
        """Serve the health pages once somebody asks for them; without that no web server is loaded."""
        while self.settings.health is None:
            if await self.clock.pause(_LOOK_S, stopping):
                return
        from monitor.health_pages import HealthPages

        await HealthPages(lambda: self.settings, self.reasons, self.clock).run(stopping)

    async def _tell_summary(self) -> None:
        """Say, quietly, that the service lives, what is in stock and what it cannot see."""
        names = [watch.name for watch in self.settings.watches if not watch.control]
        there = {key[0] for key, belief in self.beliefs.items() if belief.answer is Answer.YES}
        blind = {key[0] for _, key, _ in self.sights()}
        kind = Kind.SUMMARY
        alert = Alert(
            "",
            kind,
            URGENCY[kind],
            self.clock.now(),
            detail="\n".join(name for name in names if name in blind),
            count=len(names),
            subjects=tuple(name for name in names if name in there),
        )
        await self._announce(alert, ())

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


def _refused(ready: asyncio.Future[Any] | None) -> bool:
    """True when the configuration was refused after the start: the user's word, no crash of ours."""
    return ready is not None and ready.done() and not ready.cancelled() and ready.exception() is not None


async def _warm(ready: asyncio.Future[Any] | None) -> None:
    """Load what sending needs; after the channels were judged, which loads most of it in another thread."""
    if ready is not None:
        await asyncio.wait({ready})
    await asyncio.to_thread(warm_up)
