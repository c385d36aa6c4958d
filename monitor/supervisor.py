"""The supervisor: apart from the looks, it compares each listing's newest conclusive look with the clock."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Protocol

import structlog

from monitor.clock import Clock
from monitor.health import Alarm, Sight, allowed_silence, supervise
from monitor.model import Alert, Answer, Belief, Kind, Place
from monitor.rows import AlarmRow
from monitor.schedule import FROZEN_S, Key, Schedule, Slot
from monitor.settings import Settings
from notifiers.message import Urgency
from watchers.model import Cause

log = structlog.get_logger("restock.supervisor")


class Announce(Protocol):
    """Tells the service's own news; what an alarm leaves in the database goes into the same commit."""

    async def __call__(self, alert: Alert, watches: Sequence[str], **stored: Any) -> None: ...


class Supervisor:
    """Tells when watches see nothing, once, and once more when they see again."""

    def __init__(
        self,
        slots: Mapping[Key, Slot],
        schedule: Schedule,
        beliefs: Mapping[Key, Belief],
        clock: Clock,
        announce: Announce,
        clear: Callable[[str], Awaitable[None]],
    ) -> None:
        self._slots = slots
        self._schedule = schedule
        self._beliefs = beliefs
        self._clock = clock
        self._announce = announce
        self._clear = clear
        self._standing: Mapping[str, Alarm] = {}
        self._carried: set[Key] = set()  # blind at the last stop, and not yet seeing

    @property
    def standing(self) -> Mapping[str, Alarm]:
        """The alarms that stand, by scope."""
        return self._standing

    @property
    def blind(self) -> int:
        """How many listings an alarm stands for."""
        return len({key for alarm in self._standing.values() for key in alarm.members if key in self._slots})

    def restore(self, rows: Iterable[AlarmRow]) -> None:
        """Take over the alarms that stood at the last stop, so that a restart does not repeat them."""
        now, wall = self._clock.monotonic(), self._clock.now()
        self._standing = {
            row.scope: Alarm(
                row.scope,
                Cause(row.cause),
                frozenset((watch, url) for watch, url in row.data.get("members", ())),
                now - max(timedelta(0), wall - (row.reminded_at or row.told_at)).total_seconds(),
                str(row.data.get("detail", "")),
            )
            for row in rows
        }
        # A listing under a standing alarm is still blind until it sees: it gets no new grace.
        self._carried = {key for alarm in self._standing.values() for key in alarm.members}

    async def run(self, stopping: asyncio.Event, settings: Callable[[], Settings]) -> None:
        """Compare with the clock, every few seconds, until asked to stop."""
        while True:
            every = min(5.0, max(0.2, settings().blind.after.total_seconds() / 10))
            began = self._clock.monotonic()
            if await self._clock.pause(every, stopping):
                return
            self._forgive(self._clock.monotonic() - began - every)
            await self.compare(settings())

    def _forgive(self, frozen: float) -> None:
        """Count no time in which nobody could look, since this process stood still: a machine that slept, a SIGSTOP."""
        if frozen > FROZEN_S:
            for slot in self._slots.values():
                slot.seen_at += frozen
            log.warning("service.stood_still", seconds=round(frozen, 1))

    async def compare(self, settings: Settings) -> None:
        """Raise, remind of and clear alarms as the clock asks now."""
        now = self._clock.monotonic()
        verdict = supervise(self._sights(settings), self._standing, now, settings.blind)
        self._standing = verdict.standing
        for alarm in verdict.raised:
            row = AlarmRow(
                alarm.scope,
                alarm.cause,
                self._clock.now(),
                self._clock.now(),
                None,
                {"members": sorted(alarm.members), "detail": alarm.detail},
            )
            await self._tell(alarm, Kind.BLIND, raises=row)
        for alarm in verdict.reminded:
            await self._tell(alarm, Kind.BLIND, reminds=alarm.scope)
        for alarm in verdict.cleared:
            await self._tell(alarm, Kind.SEES_AGAIN, clears=alarm.scope)
        for alarm in verdict.dropped:
            await self._clear(alarm.scope)

    def _sights(self, settings: Settings) -> Iterator[Sight]:
        """Give the listings that may matter: silent for half the time at least, or under an alarm that stands."""
        now = self._clock.monotonic()
        alarmed = {key for alarm in self._standing.values() for key in alarm.members}
        silent = now - settings.blind.after.total_seconds() / 2
        for key, slot in self._slots.items():
            if slot.seen_at > silent and key not in alarmed:
                continue  # nearly all of them, nearly always
            lane = self._schedule.lanes[slot.host]
            belief = self._beliefs.get(key)
            allowed = allowed_silence(
                slot.listing.interval.total_seconds(), lane.slots / lane.gate.rate, settings.blind
            )
            seen_at = slot.seen_at
            if key in self._carried:
                if slot.seen_once:
                    self._carried.discard(key)
                else:
                    seen_at = now - allowed - 1.0
            yield Sight(
                key,
                slot.host,
                seen_at,
                allowed,
                belief.last_cause if belief is not None else None,
                belief.last_detail if belief is not None else "",
            )

    async def _tell(self, alarm: Alarm, kind: Kind, **stored: AlarmRow | str) -> None:
        watches = tuple(sorted({watch for watch, _ in alarm.members}))
        single = next(iter(alarm.members)) if len(alarm.members) == 1 else None
        # What it is now that it can be seen: the person has not heard of this stock for a while.
        known = [self._beliefs[key] for key in sorted(alarm.members) if key in self._beliefs]
        known = known if kind is Kind.SEES_AGAIN else []
        await self._announce(
            Alert(
                event_id="",
                kind=kind,
                urgency=Urgency.NORMAL,
                at=self._clock.now(),
                watch=single[0] if single else None,
                url=single[1] if single else next(iter(sorted(url for _, url in alarm.members))),
                cause=alarm.cause,
                detail=alarm.detail,
                count=len(watches),
                subjects=watches,
                after=known[0].availability if single and known else None,
                others=tuple(Place(b.url, b.offer) for b in known if b.answer is Answer.YES and b.offer and not single),
            ),
            watches,
            **stored,
        )
