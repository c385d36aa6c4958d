"""What one channel still owes, and what goes next.

A product's news stays in order: whatever is owed about one watch goes together, oldest first, in one message. So the
products may be ordered freely, and after an outage are: still in stock first, newest first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from monitor.model import Alert, Delivery

Standing = Callable[[Alert], bool | None]
Hold = Callable[[Alert], bool]  # True while a mute holds this back
_RANK = {True: 0, None: 1, False: 2}


@dataclass(slots=True, eq=False)
class Owed:
    """A delivery that waits; seconds of the monotonic clock."""

    delivery: Delivery
    due: float
    born: float
    seq: int = 0
    fell_back: bool = False  # another channel was asked to tell it too
    doubtful: int = 0  # sends in a row that may have arrived


@dataclass(slots=True)
class Unit:
    """Everything owed about one product, oldest first."""

    owed: list[Owed] = field(default_factory=list)

    @property
    def due(self) -> float:
        return min(owed.due for owed in self.owed)

    @property
    def gathers(self) -> bool:
        """True when it holds only notes that wait to be told together."""
        return all(owed.delivery.alert.gather for owed in self.owed)


class ChannelQueue:
    """The deliveries one channel owes."""

    def __init__(self, hold: Hold = lambda _alert: False) -> None:
        self._hold = hold
        self._owed: dict[int, Owed] = {}  # by sequence
        self._ids: set[int] = set()
        self._seq = 0

    def __len__(self) -> int:
        return len(self._owed)

    def __iter__(self) -> Iterator[Owed]:
        return iter(tuple(self._owed.values()))

    def add(self, delivery: Delivery, due: float, born: float) -> bool:
        """Take a delivery in; False when it is owed already."""
        if delivery.id in self._ids:
            return False
        if delivery.id:
            self._ids.add(delivery.id)
        self._seq += 1
        self._owed[self._seq] = Owed(delivery, due, born, self._seq)
        return True

    def holds(self, owed: Owed) -> bool:
        """True while this is still owed."""
        return self._owed.get(owed.seq) is owed

    def drop(self, gone: Iterable[Owed]) -> None:
        """Owe these no more."""
        for owed in gone:
            self._owed.pop(owed.seq, None)
            self._ids.discard(owed.delivery.id)

    def rename(self, ids: Mapping[int, int]) -> None:
        """Know deliveries that were held in memory by the ids they are stored under now."""
        for owed in self._owed.values():
            if (id_ := ids.get(owed.delivery.id)) is not None:
                self._ids.discard(owed.delivery.id)
                self._ids.add(id_)
                owed.delivery = replace(owed.delivery, id=id_)

    def free(self) -> Iterator[Owed]:
        """Give what no mute holds back."""
        return (owed for owed in tuple(self._owed.values()) if not self._hold(owed.delivery.alert))

    def next_due(self) -> float | None:
        """Give when the earliest becomes due; None when nothing is owed but what a mute holds back."""
        return min((owed.due for owed in self.free()), default=None)

    def all_due(self, now: float) -> None:
        """Make everything that waits for a retry due now: the channel works again."""
        for owed in self._owed.values():
            if owed.delivery.attempts:
                owed.due = min(owed.due, now)

    def take(self, now: float, standing: Standing, *, single: bool) -> Sequence[Unit]:
        """Give what goes next, best first, without dropping it: one product, or with `single` off all that is due.

        Notes that gather go together as soon as one of them is due.
        """
        units = self._units()
        ready = [unit for unit in units if unit.due <= now]
        if any(unit.gathers for unit in ready):
            ready += [unit for unit in units if unit.gathers and unit.due > now]
        ready.sort(key=lambda unit: _rank(unit, standing))
        if not single or len(ready) < 2:
            return ready
        return [unit for unit in ready if unit.gathers] if ready[0].gathers else ready[:1]

    def _units(self) -> list[Unit]:
        units: dict[str, Unit] = {}
        for owed in sorted(self.free(), key=lambda owed: (owed.delivery.created_at, owed.seq)):
            alert = owed.delivery.alert
            units.setdefault(f"watch {alert.watch}" if alert.watch else f"event {alert.event_id}", Unit()).owed.append(
                owed
            )
        return list(units.values())


def _rank(unit: Unit, standing: Standing) -> tuple[int, float, int]:
    newest = unit.owed[-1]
    return _RANK[standing(newest.delivery.alert)], -newest.delivery.created_at.timestamp(), newest.seq
