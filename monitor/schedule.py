"""When to look at what: one lane a host, one timer heap over all lanes, no clock of its own.

Every call is given `now`, monotonic seconds. Looking at the next moment costs the same for ten listings and ten thousand.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from random import Random

from monitor.model import HotWindow, Watch
from watchers.gate import Gate
from watchers.model import Listing

Key = tuple[str, str]  # watch name, listing URL
FROZEN_S = 2.0  # a timer that comes later than this: the process stood still, or the machine slept
_SPREAD_S = 10.0  # over which what became overdue meanwhile is looked at, or one interval if that is shorter


@dataclass(slots=True, eq=False)
class Slot:
    """One listing of one watch, and when it is looked at next."""

    watch: Watch
    listing: Listing
    host: str
    due: float  # the deadline this look was asked for
    confirming: bool = False
    running: bool = False
    removed: bool = False
    not_before: float = 0.0  # a listing that was refused is left alone until then
    seen_at: float = 0.0  # newest conclusive look, or when watching began
    looks: int = 0
    entry: int = 0  # its newest entry in its lane's heaps; older ones are stale
    seen_once: bool = False  # a conclusive look was made since the start

    @property
    def key(self) -> Key:
        """Name this slot as beliefs do."""
        return (self.watch.name, self.listing.url)


_Entry = tuple[float, int, Slot]


@dataclass(slots=True, eq=False)
class Lane:
    """The listings of one host in order of deadline, behind its gate."""

    host: str
    gate: Gate
    regular: list[_Entry] = field(default_factory=list)
    confirming: list[_Entry] = field(default_factory=list)
    slots: int = 0
    turn: int = 0  # the lane's newest entry in the schedule's heap; older ones are stale
    refused: set[str] = field(default_factory=set)  # listings that answered 403 since the last good answer
    slow: bool = False  # the newest look here made us wait

    def ready(self) -> tuple[float, bool] | None:
        """Give when the next look may start and whether it is a confirming one."""
        best: tuple[float, bool] | None = None
        for heap, confirming in ((self.confirming, True), (self.regular, False)):
            while heap and (heap[0][2].removed or heap[0][1] != heap[0][2].entry):
                heapq.heappop(heap)
            if not heap:
                continue
            free = self.gate.free_at(confirming=confirming)
            if free is None:
                return None
            at = max(free, heap[0][0])
            if best is None or at < best[0]:
                best = (at, confirming)
        return best


class Schedule:
    """Gives the next slot to look at, never more of one host than its gate allows."""

    def __init__(self) -> None:
        self.lanes: dict[str, Lane] = {}
        self._heap: list[tuple[float, int, Lane]] = []
        self._turns = count(1)
        self._order = count(1)

    def lane(self, host: str, rate: float, concurrency: int) -> Lane:
        """Give the lane of a host, with these manners from now on."""
        lane = self.lanes.get(host)
        if lane is None:
            lane = self.lanes[host] = Lane(host, Gate(rate, concurrency))
        lane.gate.adopt(rate, concurrency)
        return lane

    def add(self, slot: Slot) -> None:
        """Put a slot on its host's lane, which must exist."""
        lane = self.lanes[slot.host]
        lane.slots += 1
        self._push(lane, slot)

    def remove(self, slot: Slot) -> None:
        """Never look at this slot again."""
        slot.removed = True
        self.lanes[slot.host].slots -= 1

    def put(self, slot: Slot, due: float, *, confirming: bool = False) -> None:
        """Ask for the next look at a slot."""
        if slot.removed:
            return
        slot.due, slot.confirming = max(due, slot.not_before), confirming
        self._push(self.lanes[slot.host], slot)

    def pop(self, now: float) -> Slot | None:
        """Start the look that is due most urgently; None when nothing may start yet."""
        while self._heap and self._heap[0][0] <= now:
            _, turn, lane = heapq.heappop(self._heap)
            if turn != lane.turn:
                continue
            ready = lane.ready()
            if ready is None:
                continue  # `finished` or `put` brings the lane back
            at, confirming = ready
            if at > now:
                self._enter(lane, at)
                continue
            _, _, slot = heapq.heappop(lane.confirming if confirming else lane.regular)
            slot.running, slot.entry = True, 0
            lane.gate.start(now)
            self._refresh(lane)
            return slot
        return None

    def spread(self, now: float, random: Random) -> None:
        """Let what became overdue while the process stood still come one after another, confirming looks at once."""
        for lane in self.lanes.values():
            overdue = [slot for due, _, slot in lane.regular if due == slot.due <= now and not slot.removed]
            for slot in overdue:
                window = min(_SPREAD_S, slot.listing.interval.total_seconds())
                self.put(slot, now + window * random.random())

    def finished(self, slot: Slot) -> None:
        """Give the place at the host's gate back."""
        slot.running = False
        lane = self.lanes[slot.host]
        lane.gate.finish()
        self._refresh(lane)

    def next_at(self) -> float | None:
        """Give the moment at which `pop` is worth calling again; None when only `put` or `finished` can help."""
        while self._heap and self._heap[0][1] != self._heap[0][2].turn:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def refresh(self, host: str) -> None:
        """Consider a lane again after its gate changed."""
        self._refresh(self.lanes[host])

    def _push(self, lane: Lane, slot: Slot) -> None:
        slot.entry = next(self._order)
        heapq.heappush(lane.confirming if slot.confirming else lane.regular, (slot.due, slot.entry, slot))
        self._refresh(lane)

    def _refresh(self, lane: Lane) -> None:
        ready = lane.ready()
        if ready is None:
            lane.turn = 0
        else:
            self._enter(lane, ready[0])

    def _enter(self, lane: Lane, at: float) -> None:
        lane.turn = next(self._turns)
        heapq.heappush(self._heap, (at, lane.turn, lane))


def next_due(slot: Slot, now: float, interval: float, jitter: float, random: Random) -> float:
    """Choose the next deadline, monotonic seconds: on the beat, ±jitter, and spread out after a freeze.

    A look that is late by less than one interval keeps its beat; after the first look and after a longer silence (a
    laptop that slept, a full lane) a new beat starts at a random place, so that looks do not come all at once.
    """
    beat = interval * (1.0 + jitter * (2.0 * random.random() - 1.0))
    due = slot.due + beat
    if due <= now - interval or slot.looks <= 1:
        return now + interval * random.random()
    return due


def interval_at(local: datetime, interval: timedelta, hot: tuple[HotWindow, ...]) -> tuple[timedelta, timedelta | None]:
    """Give the interval that holds now and the time until the next hot window opens.

    `local` is an aware time in the user's zone. Inside several windows the tightest counts.
    """
    opens: timedelta | None = None
    held = interval
    for window in hot:
        for day in (-1, 0, 1):
            date = local.date() + timedelta(days=day)
            if date.weekday() not in window.days:
                continue
            start = datetime.combine(date, window.at, tzinfo=local.tzinfo)
            until = start - local
            if timedelta(0) < until and (opens is None or until < opens):
                opens = until
            if until <= timedelta(0) < until + window.length:
                held = min(held, window.every)
    return held, opens
