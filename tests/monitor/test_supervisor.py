"""The supervisor's news of a sight regained says how things stand there now."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from monitor.model import Alert, Answer, Belief, Kind, Watch, Wish
from monitor.rows import AlarmRow
from monitor.schedule import Key, Schedule, Slot
from monitor.settings import Settings
from monitor.supervisor import Supervisor
from tests.fakes import FakeClock
from watchers.model import Availability, Cause, Listing, Offer

OFFER = Offer(Availability.IN_STOCK, Decimal(49980), "JPY")


@pytest.mark.parametrize("names", [("A",), ("A", "B", "C")])
async def test_what_it_is_now(names: tuple[str, ...]) -> None:
    """One page gives its state; a whole shop gives the places where the wish is met."""
    clock, schedule, told = FakeClock(), Schedule(), list[Alert]()
    schedule.lane("shop.example", 1.0, 2)
    slots: dict[Key, Slot] = {}
    beliefs: dict[Key, Belief] = {}
    for name in names:
        url = f"https://shop.example/{name}"
        slot = Slot(Watch(name, Wish(), (Listing(url),)), Listing(url), "shop.example", 0.0, seen_once=True)
        slots[slot.key] = slot
        schedule.add(slot)
        beliefs[slot.key] = Belief(name, url, answer=Answer.NO, availability=Availability.OUT_OF_STOCK)
    last = (names[-1], f"https://shop.example/{names[-1]}")
    beliefs[last] = replace(beliefs[last], answer=Answer.YES, availability=Availability.IN_STOCK, offer=OFFER)

    async def announce(alert: Alert, watches: Sequence[str], **stored: Any) -> None:
        told.append(alert)

    async def clear(scope: str) -> None:
        raise AssertionError(f"{scope} is told, not dropped")

    supervisor = Supervisor(slots, schedule, beliefs, clock, announce, clear)
    supervisor.restore(
        [
            AlarmRow(
                "host:shop.example|dns",
                Cause.DNS,
                clock.now(),
                clock.now(),
                None,
                {"members": [list(k) for k in slots]},
            )
        ]
    )
    await supervisor.compare(Settings(Path("c.toml"), Path("r.db")))
    (alert,) = told
    assert alert.kind is Kind.SEES_AGAIN
    if len(names) == 1:
        assert (alert.after, alert.others) == (Availability.IN_STOCK, ())
    else:
        assert alert.after is None
        assert [(place.url, place.offer) for place in alert.others] == [("https://shop.example/C", OFFER)]
