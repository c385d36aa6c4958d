"""Mutes while the service runs: they are set, hold news back, and end by themselves with one digest for each channel.

The outbox asks `holds` whenever it looks for what to send, so nothing is moved about while a mute stands; what is held
stays owed in the database and in its channel's queue.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from monitor import mutes as rules
from monitor.clock import Clock
from monitor.ids import new_event_id
from monitor.model import Alert, Belief, Delivery, DeliveryState
from monitor.mute_rows import Ending
from monitor.mutes import ALL, Mute, MuteKind
from monitor.outbox import Outbox
from monitor.schedule import Key
from monitor.settings import Settings
from monitor.storage import Storage, StoreError

log = structlog.get_logger("restock.mute")

_TICK_S = 0.5  # a mute may end so much later than asked
BY_ITSELF, ASKED, GONE, RANG = "its time was over", "it was ended", "its watch was removed", "the watch rang anew"


class Hush:
    """The mutes that stand; every method that changes them raises Refused or StoreError and then changed nothing."""

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        settings: Callable[[], Settings],
        beliefs: Mapping[Key, Belief],
        seen: Callable[[Key], bool],
    ) -> None:
        self.outbox: Outbox  # given by whoever builds both
        self._storage = storage
        self._clock = clock
        self._settings = settings
        self._beliefs = beliefs
        self._seen = seen  # whether a listing was seen since the start
        self._mutes: tuple[Mute, ...] = ()
        self._ends: dict[int, float] = {}  # monotonic seconds, by id: a clock that jumps moves no end
        self._over: list[Mute] = []  # snoozes whose watch rang anew
        self._late: list[Ending] = []  # of mutes that are over, which the database does not know yet
        self._changing = asyncio.Lock()

    @property
    def standing(self) -> tuple[Mute, ...]:
        """Give the mutes that are not over."""
        return self._mutes

    def holds(self, alert: Alert) -> bool:
        """True while a mute holds this alert back."""
        return bool(self._mutes) and rules.held_until(self._mutes, alert) is not None

    def due(self, alert: Alert) -> datetime | None:
        """Give when an alert made now may go out; None for at once."""
        return rules.held_until(self._mutes, alert) if self._mutes else None

    def heard(self, deliveries: Iterable[Delivery]) -> None:
        """Note new news: a watch that rings anew ends its snooze."""
        for mute in self._mutes:
            if mute.kind is MuteKind.SNOOZE and any(rules.begins_anew(mute, one.alert) for one in deliveries):
                self._over.append(mute)

    # --- what people ask for ---

    async def mute(self, name: str | None, length: timedelta) -> Mute:
        """Hold the news of a watch back for so long, or with None that of all watches."""
        watch = ALL if name is None else rules.named(self._settings().watches, name)
        return await self._set(watch, MuteKind.MUTE, length)

    async def snooze(self, name: str, length: timedelta) -> Mute:
        """Silence what is in stock now for so long; Refused when nothing is."""
        watch = rules.named(self._settings().watches, name)
        if not rules.in_stock(self._beliefs, watch):
            raise rules.Refused(
                f'"{watch}" is not in stock now, so there is nothing to snooze; to hear nothing of it: restock mute'
            )
        return await self._set(watch, MuteKind.SNOOZE, length)

    async def unmute(self, name: str | None) -> tuple[Mute, ...]:
        """End the mute and the snooze of a watch, or with None all of them, and tell at once what they held back."""
        async with self._changing:
            if name is not None:
                rules.named(self._settings().watches, name, {mute.watch for mute in self._mutes})
            over = tuple(mute for mute in self._mutes if name is None or mute.watch == name)
            await self._end(over, ASKED, strict=True)
            return over

    async def _set(self, watch: str, kind: MuteKind, length: timedelta) -> Mute:
        async with self._changing:
            now = self._clock.now()
            old = next((mute for mute in self._mutes if (mute.watch, mute.kind) == (watch, kind)), None)
            mute = Mute(watch, kind, now, now + length)
            others = tuple(each for each in self._mutes if each is not old)
            mute = await self._storage.open_mute(mute, others, rules.set_notice(mute))
            self._late = [
                one for one in self._late if mute.id not in {each.id for each in one.mutes}
            ]  # it has that row
            self._mutes = (*others, mute)
            self._ends[mute.id] = self._clock.monotonic() + length.total_seconds()
            log.info("mute.set", watch=watch or None, kind=kind.value, until=mute.until.isoformat())
            return mute

    # --- what happens by itself ---

    async def load(self) -> None:
        """Take up the mutes of an earlier run."""
        self._mutes = tuple(await self._storage.mutes())
        now, wall = self._clock.monotonic(), self._clock.now()
        for mute in self._mutes:
            left = min(mute.until - wall, mute.until - mute.began)  # a clock set back makes no mute longer
            self._ends[mute.id] = now + left.total_seconds()

    async def run(self, stopping: asyncio.Event) -> None:
        """End each mute when its time has come."""
        while True:
            soonest = min((self._ends[mute.id] for mute in self._mutes), default=None)
            wait = _TICK_S if soonest is None else min(_TICK_S, max(0.02, soonest - self._clock.monotonic()))
            if await self._clock.pause(wait, stopping):
                return
            await self.tick()

    async def tick(self) -> None:
        """End what is over now: by time, because its watch left the configuration, or because it rang anew."""
        if not self._mutes and not self._late:
            return
        async with self._changing:
            await self._write_late()
            watches = {watch.name for watch in self._settings().watches}
            await self._end([mute for mute in self._mutes if mute.watch not in {*watches, ALL}], GONE)
            await self._end([mute for mute in self._over if mute in self._mutes], RANG)
            self._over.clear()
            now = self._clock.monotonic()
            await self._end(
                [mute for mute in self._mutes if self._ends[mute.id] <= now and self._may_end(mute)], BY_ITSELF
            )

    async def _write_late(self) -> None:
        """Write the ends that the database could not take, as soon as it can."""
        while self._late:
            try:
                await self._storage.end_mutes(self._late[0], self._clock.now())
            except StoreError:
                return
            self._late.pop(0)

    def _may_end(self, mute: Mute) -> bool:
        """A reminder waits for a look since the start and for a change of mind; a page that stays unseen holds nothing up."""
        if mute.kind is not MuteKind.SNOOZE or all(map(self._sure, rules.in_stock(self._beliefs, mute.watch))):
            return True
        patience = self._settings().blind.after.total_seconds()
        return self._clock.monotonic() > self._ends[mute.id] + patience

    def _sure(self, belief: Belief) -> bool:
        """True when a look of this run agrees with the belief, and none has begun to doubt it."""
        return self._seen((belief.watch, belief.url)) and belief.leaning is None and belief.gone is None

    async def _end(self, over: Sequence[Mute], why: str, *, strict: bool = False) -> None:
        """End these together. While storage fails, what is held goes out all the same, unless `strict`."""
        if not over:
            return
        now = self._clock.now()
        after = tuple(mute for mute in self._mutes if mute not in over)
        snoozes = [mute for mute in over if mute.kind is MuteKind.SNOOZE]

        def drop(delivery: Delivery) -> bool:
            return any(rules.snoozes(snooze, delivery.alert) for snooze in snoozes)

        def release(delivery: Delivery) -> Delivery | None:
            held = rules.held_until(before, delivery.alert) is not None
            if not held or rules.held_until(after, delivery.alert) is not None:
                return None
            return replace(delivery, alert=replace(delivery.alert, gather=True, held_until=now), due_at=now)

        before = self._mutes
        owed = self.outbox.owed()
        needless = [one for one in owed if drop(one)]
        dropped = {one.id for one in needless}  # what comes while this is stored goes out
        released = tuple(fresh for one in owed if not drop(one) and (fresh := release(one)) is not None)
        news = self._news(over, after, released, now, why)
        ending = Ending(tuple(over), why, released, tuple(sorted(dropped - {0})), f"snoozed: {why}", news)
        try:
            made = await self._storage.end_mutes(ending, now)
        except StoreError as error:
            if strict:
                raise
            log.error("storage.failed", during="unmute", why=str(error))
            made = [_unstored(alert, channel) for alert, channels in news for channel in channels]
            self._late.append(Ending(tuple(over), why, news=tuple((alert, ()) for alert, _ in news)))
        else:
            needless = [one for one in needless if one.id < 0]  # held in memory: the database learns of both at once
        self._mutes = after
        for mute in over:
            self._ends.pop(mute.id, None)
            log.info("mute.over", watch=mute.watch or None, kind=mute.kind.value, cause=why, held=len(released))
        self.outbox.let_go(release, lambda one: drop(one) and one.id in dropped)
        self.outbox.offer(made)  # on the same step of the loop, so that it goes with what was let go
        await self.outbox.give_up(needless, ending.drop_reason)

    def _news(
        self, over: Sequence[Mute], after: Sequence[Mute], released: Sequence[Delivery], now: datetime, why: str
    ) -> tuple[tuple[Alert, tuple[str, ...]], ...]:
        """Give what is said of mutes that end, each with its channels; what is still muted says nothing of itself."""
        told: list[tuple[Alert, tuple[str, ...]]] = []
        for mute in over:
            mine = [one for one in released if mute.watch == ALL or mute.watch in rules.about(one.alert)]
            channels = self._channels(mute.watch, mine)
            if mute.kind is MuteKind.MUTE:
                silent = mute.watch != ALL and (rules.covers(after, mute.watch) or rules.covers(_all(over), mute.watch))
                told.append((rules.end_notice(mute, now, rules.events(mine), why), () if silent else channels))
                continue
            told.append((rules.end_notice(mute, now, 0, why), ()))
            if why in (BY_ITSELF, ASKED):
                told += [(alert, channels) for alert in self._reminder(mute.watch, now)]
        return tuple(told)

    def _reminder(self, watch: str, now: datetime) -> list[Alert]:
        """Give what is said of a snoozed watch that is still in stock; nothing where nobody has seen that it is."""
        places = [one for one in rules.in_stock(self._beliefs, watch) if self._sure(one)]
        wish = next((each.wish for each in self._settings().watches if each.name == watch), None)
        if not places or wish is None:
            return []
        return [rules.still(places, wish, now)]

    def _channels(self, watch: str, held: Sequence[Delivery]) -> tuple[str, ...]:
        settings = self._settings()
        if watch == ALL:
            return tuple(settings.channels)
        configured = [each.channels for each in settings.watches if each.name == watch]
        return configured[0] if configured else tuple(dict.fromkeys(one.channel for one in held))


def _all(mutes: Iterable[Mute]) -> list[Mute]:
    return [mute for mute in mutes if mute.watch == ALL]


def _unstored(alert: Alert, channel: str) -> Delivery:
    alert = replace(alert, event_id=alert.event_id or new_event_id())
    return Delivery(0, alert.event_id, channel, DeliveryState.PENDING, alert, alert.at, alert.at)
