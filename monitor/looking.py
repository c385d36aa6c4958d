"""The looking task: takes the next due listing, looks, decides, records, and hands what must be told to the outbox."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from operator import attrgetter
from random import Random
from zoneinfo import ZoneInfo

import structlog

from monitor.clock import Clock
from monitor.decide import confirm_in, decide
from monitor.episode import URGENCY, episode, mark
from monitor.ids import new_event_id
from monitor.model import Alert, Belief, Change, Delivery, Kind, Rates
from monitor.schedule import FROZEN_S, Key, Lane, Schedule, Slot, interval_at, next_due
from monitor.settings import Settings
from monitor.store_errors import StoreError
from monitor.unwritten import Unwritten
from watchers import Observer
from watchers.gate import BACK_OFF_CAP, BACK_OFF_FIRST
from watchers.model import Availability, Cause, Identity, Manners, Observation

log = structlog.get_logger("restock.look")

_HOST_REFUSALS = frozenset({429, 503})
_PATIENCE = 1.0  # seconds that a look may hold a place others wait for; then it only waits for its shop
_ASIDE = 3  # times `concurrency`: looks that may wait for slow shops beside those that hold a place


@dataclass(slots=True)
class Stats:
    """What the looking task has done so far, for the status line and the promises."""

    looks: int = 0
    conclusive: int = 0
    not_modified: int = 0
    repeated: int = 0
    alerts: int = 0
    deciding_byte: float | None = None  # monotonic: when the page that led to the newest alert had arrived
    lags: deque[float] = field(default_factory=lambda: deque(maxlen=1024))  # seconds, due to started

    def lag(self, share: float = 0.95) -> float:
        """Give the lag that this share of recent looks did not exceed, seconds."""
        lags = sorted(self.lags)
        return lags[min(len(lags) - 1, int(share * len(lags)))] if lags else 0.0


class Looker:
    """Looks at every listing on time and folds what it sees into what is believed."""

    def __init__(
        self,
        settings: Settings,
        schedule: Schedule,
        storage: Unwritten,
        beliefs: dict[Key, Belief],
        clock: Clock,
        random: Random,
        tell: Callable[[list[Delivery]], None],
    ) -> None:
        self.settings = settings
        self.schedule = schedule
        self.beliefs = beliefs
        self.stats = Stats()
        self.manners: dict[str, Manners] = {}
        self.observer: Observer
        self.wake = asyncio.Event()
        self.due: Callable[[Alert], datetime | None] = lambda _alert: None  # when a mute lets an alert out
        self.control: Callable[[str, Observation, bool], Awaitable[None]] | None = None  # hears of control watches
        self.news: Callable[[Alert, str], Awaitable[None]] | None = None  # hears of pages that changed
        self._storage = storage
        self._clock = clock
        self._random = random
        self._tell = tell
        self._looks: set[asyncio.Task[None]] = set()  # under way, all of them
        self._placed: dict[asyncio.Task[None], float] = {}  # those that hold a place, and since when, oldest first
        self._refusals: dict[Key, int] = {}
        self._crashes: set[tuple[Key, type[Exception]]] = set()
        self._stamps: dict[Key, datetime] = {}

    async def run(self, stopping: asyncio.Event) -> None:
        """Look until asked to stop; looks under way get a moment to end."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._wake_to_stop(stopping))
            while not stopping.is_set():
                self.wake.clear()
                wait = self._start_due(group)
                until = self._clock.monotonic() + wait
                await self._clock.pause(wait, self.wake)
                if self._clock.monotonic() - until > FROZEN_S:
                    self.schedule.spread(self._clock.monotonic(), self._random)
            await self._clock.pause(0.5 if self._looks else 0.0)
            for look in self._looks:
                look.cancel()
        await self.flush()

    async def _wake_to_stop(self, stopping: asyncio.Event) -> None:
        await stopping.wait()
        self.wake.set()

    def _start_due(self, group: asyncio.TaskGroup) -> float:
        """Start every look that may start now; give the seconds until the next one may."""
        now = self._clock.monotonic()
        while self._places(now) > 0:
            slot = self.schedule.pop(now)
            if slot is None:
                at = self.schedule.next_at()
                return 60.0 if at is None else max(0.0, at - now)
            self.stats.lags.append(now - slot.due)
            look = group.create_task(self._look(slot))
            self._looks.add(look)
            look.add_done_callback(self._ended)
            if not self.schedule.lanes[slot.host].slow or not self._room_aside:
                self._placed[look] = now
        if not self._placed or not self._room_aside:
            return 60.0  # a look that ends wakes us
        return max(0.01, next(iter(self._placed.values())) + _PATIENCE - now)

    def _places(self, now: float) -> int:
        """Give how many looks may start: a slow shop's own looks do not keep others waiting (F5)."""
        most = self.settings.concurrency
        while len(self._placed) >= most and self._room_aside:
            oldest, since = next(iter(self._placed.items()))
            if now - since < _PATIENCE:
                break
            del self._placed[oldest]
        return most - len(self._placed)

    @property
    def _room_aside(self) -> bool:
        return len(self._looks) - len(self._placed) < _ASIDE * self.settings.concurrency

    def _ended(self, look: asyncio.Task[None]) -> None:
        """Give its place back before the looking task is woken, whatever order the loop calls things in."""
        self._looks.discard(look)
        self._placed.pop(look, None)
        self.wake.set()

    async def _look(self, slot: Slot) -> None:
        asked = self.beliefs[slot.key].fingerprint
        try:
            seen = await self._observe(slot)
        finally:
            self.schedule.finished(slot)
            self.wake.set()
        slot.looks += 1
        if slot.removed:
            return
        now = self._clock.monotonic()
        self._mind_the_host(slot, seen, now)
        if self.beliefs[slot.key].fingerprint != asked:
            self.schedule.put(slot, now)  # the question was edited meanwhile: what was seen answers another one
            return
        belief = await self._settle(slot, seen, now - seen.cost.read_s)
        self._plan(slot, belief, now)

    async def _observe(self, slot: Slot) -> Observation:
        """Look; a watcher that breaks is a look without a verdict, not the end of the service."""
        belief = self.beliefs.get(slot.key)
        known = Identity(belief.title, belief.identity_ids) if belief is not None else None
        try:
            return await self.observer.observe(
                slot.listing, manners=self.manners[slot.host], fresh=slot.confirming, known=known
            )
        except Exception as error:
            first = (slot.key, type(error)) not in self._crashes  # a bug is told whole once, not at every look
            self._crashes.add((slot.key, type(error)))
            log.error(
                "look.crashed",
                watch=slot.watch.name,
                url=slot.listing.url,
                cause=f"{type(error).__name__}: {error}",
                exc_info=first,
            )
            return Observation(
                url=slot.listing.url,
                at=self._clock.now(),
                availability=Availability.UNKNOWN,
                cause=Cause.NOT_RUNNING,
                detail=f"the reader broke on this page ({type(error).__name__}); please report it with the page",
            )

    def _mind_the_host(self, slot: Slot, seen: Observation, now: float) -> None:
        """Count the look, and leave a host or a listing that refused us alone for a while."""
        stats, lane = self.stats, self.schedule.lanes[slot.host]
        lane.slow = seen.cost.fetch_s > _PATIENCE
        stats.looks += 1
        stats.not_modified += seen.cost.not_modified
        stats.repeated += seen.cost.repeated
        if seen.availability.is_verdict or seen.availability is Availability.GONE:
            stats.conclusive += 1
            slot.seen_at, slot.seen_once = now, True
            lane.gate.relax()
            if lane.refused:
                lane.refused.discard(slot.listing.url)
            self._refusals.pop(slot.key, None)
        elif seen.status in _HOST_REFUSALS:
            self._push_back(lane, seen, now)
        elif seen.status == 403:
            lane.refused.add(slot.listing.url)
            if len(lane.refused) >= 2:
                self._push_back(lane, seen, now)
            times = self._refusals.get(slot.key, 0)
            self._refusals[slot.key] = times + 1
            slot.not_before = now + min(BACK_OFF_CAP, BACK_OFF_FIRST * 2.0 ** min(times, 10))

    def _push_back(self, lane: Lane, seen: Observation, now: float) -> None:
        wait = lane.gate.push_back(now, seen.retry_after)
        self.schedule.refresh(lane.host)
        log.warning("host.backoff", host=lane.host, status=seen.status, seconds=round(wait, 1))

    async def _settle(self, slot: Slot, seen: Observation, arrived: float) -> Belief:
        """Fold one observation into the belief; store and tell what it changed."""
        settings, watch = self.settings, slot.watch
        now = self._clock.now()
        before = self.beliefs[slot.key]
        rates = Rates(settings.rates)
        after, transition = decide(before, seen, watch.wish, now, settings.confirm, rates, slot.listing.interval)
        alert = None
        if watch.control and self.control is not None:
            # Whether it is in stock, not whether it is cheap enough: the goods are known to be there, not what they cost.
            await self.control(watch.name, seen, seen.availability in watch.wish.accept)
        if transition is not None and watch.control:
            transition = replace(transition, event_id=new_event_id(), silent=True)
        elif transition is not None:
            transition = replace(transition, event_id=new_event_id())
            alert = episode(transition, after, watch, self._of_watch(slot), rates, settings.confirm.quiet_after)
            after = mark(after, alert)
        self.beliefs[slot.key] = after  # before any commit, so that two listings of one watch do not both ring
        if (lost := before.kinds - after.kinds) and self.news is not None:
            left = [str(one.source) for one in seen.evidence]
            await self.news(page_changed(watch.name, seen, lost, left), watch.name)
        log.debug("look.done", watch=watch.name, url=seen.url, state=seen.availability, cause=seen.cause)
        if transition is None and not worth_storing(before, after):
            if seen.availability.is_verdict and after.leaning is None:  # a look that leans away agrees with nothing
                self._stamps[slot.key] = now
            return after
        due = None
        if alert is not None:
            due = self.due(alert) or (now + settings.confirm.gather if alert.gather else None)
        change = Change(after, transition, alert, watch.channels if alert else (), due)
        deliveries = await self._storage.record([change], now)
        if transition is not None:
            log.info(
                "transition",
                event_id=transition.event_id,
                watch=watch.name,
                url=seen.url,
                kind=transition.kind,
                state=seen.availability,
                told=alert is not None,
            )
        if deliveries:
            self.stats.alerts += 1
            self.stats.deciding_byte = arrived
            self._tell(deliveries)
        return after

    def _of_watch(self, slot: Slot) -> Mapping[str, Belief]:
        name = slot.watch.name
        return {
            listing.url: belief
            for listing in slot.watch.listings
            if (belief := self.beliefs.get((name, listing.url))) is not None
        }

    def _plan(self, slot: Slot, belief: Belief, now: float) -> None:
        """Choose the next look: the confirming one where a change of mind waits, else the next beat."""
        settings = self.settings
        again = confirm_in(belief, self._clock.now(), settings.confirm)
        if again is not None:
            self.schedule.put(slot, now + again, confirming=True)
            return
        interval, opens = self.interval_of(slot)
        due = next_due(slot, now, interval, settings.jitter, self._random)
        if opens is not None:
            due = min(due, now + opens)
        self.schedule.put(slot, due)

    def interval_of(self, slot: Slot) -> tuple[float, float | None]:
        """Give the interval that holds for a slot now, and the wait until a hot window opens; seconds."""
        plain = slot.listing.interval
        if not slot.watch.hot:
            return plain.total_seconds(), None
        local = self._clock.now().astimezone(ZoneInfo(self.settings.timezone))
        interval, opens = interval_at(local, plain, slot.watch.hot)
        return interval.total_seconds(), None if opens is None else opens.total_seconds()

    def hasten(self, slot: Slot, now: float) -> None:
        """Bring the next look forward where the interval became shorter, or a hot window is open."""
        soonest = max(now + self.interval_of(slot)[0], slot.not_before)
        if not slot.running and not slot.confirming and slot.due > soonest:
            self.schedule.put(slot, soonest)

    def forget(self, slot: Slot) -> None:
        """Drop what is remembered of a listing that is no longer watched."""
        self._refusals.pop(slot.key, None)
        self._stamps.pop(slot.key, None)
        self._crashes = {crash for crash in self._crashes if crash[0] != slot.key}
        self.schedule.lanes[slot.host].refused.discard(slot.listing.url)
        self.observer.forget(slot.listing)

    async def flush(self) -> None:
        """Write, in one go, when each unchanged listing was last seen so."""
        stamps, self._stamps = self._stamps, {}
        if not stamps:
            return
        try:
            await self._storage.seen([(watch, url, at) for (watch, url), at in stamps.items()])
        except StoreError as error:
            self._stamps = stamps | self._stamps
            log.error("storage.failed", why=str(error))

    async def stamp(self, stopping: asyncio.Event, every: timedelta = timedelta(minutes=1)) -> None:
        """Flush now and then, so that a restart knows how long nobody looked."""
        while not await self._clock.pause(every.total_seconds(), stopping):
            await self.flush()


def worth_storing(before: Belief, after: Belief) -> bool:
    """True when something that must survive a restart changed; the times of agreeing looks are stamped in groups."""
    return _kept(before) != _kept(after) or _price(before) != _price(after)


_kept = attrgetter(
    "fingerprint", "answer", "availability", "since", "no_first_at", "rang_at", "told", "edited", "title",
    "identity_ids", "leads", "hushed", "kinds",
)  # fmt: skip


def page_changed(watch: str, seen: Observation, lost: frozenset[str], left: Sequence[str]) -> Alert:
    """Word as data that a page no longer carries what told the truth before, and what it is read by now."""
    detail = f"{', '.join(sorted(lost))} → {', '.join(dict.fromkeys(left))}"
    return Alert("", Kind.PAGE_CHANGED, URGENCY[Kind.PAGE_CHANGED], seen.at, watch, seen.url, seen.title, detail=detail)


def _price(belief: Belief) -> tuple[object, ...]:
    offer = belief.offer
    return () if offer is None else (offer.price, offer.currency, offer.seller)
