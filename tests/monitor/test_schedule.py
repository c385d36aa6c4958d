"""Looks start on time, in order of deadline, and never beyond a host's budget."""

from collections import Counter
from datetime import UTC, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model import HotWindow, Watch, Wish
from monitor.schedule import Schedule, Slot, interval_at, next_due
from watchers.model import Listing

TOKYO = ZoneInfo("Asia/Tokyo")


def slot(host: str, name: str = "a", due: float = 0.0) -> Slot:
    listing = Listing(f"https://{host}/{name}", timedelta(seconds=3))
    return Slot(Watch(name, Wish(), (listing,)), listing, host, due)


def simulate(
    schedule: Schedule, seconds: float, interval: float, *, look: float = 0.05, workers: int = 64
) -> list[tuple[float, Slot]]:
    """Play the service's loop against a clock that jumps: every look takes `look` seconds."""
    now, done, running = 0.0, [], list[tuple[float, Slot]]()
    random = Random(7)
    while now < seconds:
        while len(running) < workers and (ready := schedule.pop(now)) is not None:
            done.append((now, ready))
            running.append((now + look, ready))
        upcoming = [at for at in (schedule.next_at(),) if at is not None and len(running) < workers]
        upcoming += [at for at, _ in running]
        if not upcoming:
            break
        now = max(now + 1e-6, min(upcoming))
        for at, over in [entry for entry in running if entry[0] <= now]:
            running.remove((at, over))
            schedule.finished(over)
            over.looks += 1
            schedule.put(over, next_due(over, now, interval, 0.1, random))
    return done


def test_a_thousand_listings_on_one_host_keep_their_interval() -> None:
    """With its rate raised, one host serves a thousand listings every 3 s."""
    schedule = Schedule()
    schedule.lane("one.example", 400.0, 40)
    for number in range(1000):
        schedule.add(slot("one.example", str(number)))
    looks = Counter(s.watch.name for _, s in simulate(schedule, 60.0, 3.0))
    assert len(looks) == 1000
    assert min(looks.values()) >= 19
    assert sum(looks.values()) / 1000 == pytest.approx(60 / 3.0, rel=0.05)


def test_a_thousand_hosts_run_side_by_side() -> None:
    """Each host has a lane of its own: none waits for another."""
    schedule = Schedule()
    for number in range(1000):
        schedule.lane(f"h{number}.example", 1.0, 2)
        schedule.add(slot(f"h{number}.example"))
    looks = Counter(s.host for _, s in simulate(schedule, 30.0, 3.0, workers=1000))
    assert set(looks) == {f"h{number}.example" for number in range(1000)}
    assert min(looks.values()) >= 9


def test_a_full_lane_is_fair_and_keeps_the_budget() -> None:
    """Fifty listings every 3 s at 1 request/s: the host sees 1/s, and each listing its turn."""
    schedule = Schedule()
    schedule.lane("busy.example", 1.0, 2)
    for number in range(50):
        schedule.add(slot("busy.example", str(number)))
    done = simulate(schedule, 500.0, 3.0)
    assert len(done) <= 502
    looks = Counter(s.watch.name for _, s in done)
    assert len(looks) == 50
    assert max(looks.values()) - min(looks.values()) <= 8


def test_confirming_looks_go_first() -> None:
    """A confirming look passes the queue of its host, at its own moment."""
    schedule = Schedule()
    schedule.lane("shop.example", 1.0, 2)
    queue = [slot("shop.example", str(number)) for number in range(5)]
    for waiting in queue:
        schedule.add(waiting)
    first = schedule.pop(0.0)
    assert first is not None
    schedule.finished(first)
    schedule.put(first, 0.7, confirming=True)
    assert schedule.pop(0.69) is None
    again = schedule.pop(0.7)
    assert again is first
    schedule.finished(again)
    assert schedule.pop(1.0) is None, "the borrowed token is paid back"
    assert schedule.pop(2.0) is not None


def test_a_removed_slot_is_never_looked_at() -> None:
    """A listing taken out of the file is left alone, even when its look was due."""
    schedule = Schedule()
    schedule.lane("shop.example", 10.0, 2)
    gone = slot("shop.example")
    schedule.add(gone)
    schedule.remove(gone)
    assert schedule.pop(100.0) is None
    assert schedule.next_at() is None


def test_a_closed_gate_holds_its_lane_only() -> None:
    """While one host is left alone, others are looked at."""
    schedule = Schedule()
    for host in ("closed.example", "open.example"):
        schedule.lane(host, 1.0, 2)
        schedule.add(slot(host))
    schedule.lanes["closed.example"].gate.push_back(0.0)
    schedule.refresh("closed.example")
    first = schedule.pop(1.0)
    assert first is not None
    assert first.host == "open.example"
    assert schedule.pop(1.0) is None
    late = schedule.pop(31.0)
    assert late is not None
    assert late.host == "closed.example"


@given(late=st.floats(0, 100_000), seed=st.integers(0, 999))
def test_the_next_look_is_never_far_off(late: float, seed: int) -> None:
    """However late a look was, the next comes within one interval; overdue ones spread out."""
    beating = slot("a.example", due=1000.0)
    beating.looks = 2
    due = next_due(beating, 1000.0 + late, 30.0, 0.1, Random(seed))
    assert due <= 1000.0 + late + 33.0
    assert due >= 1000.0 + 27.0


def test_first_looks_do_not_set_one_beat_for_all() -> None:
    """A thousand listings start together and are spread over the interval from their second look on."""
    starting = slot("a.example", due=0.0)
    starting.looks = 1
    dues = [next_due(starting, 0.1, 30.0, 0.1, Random(seed)) for seed in range(200)]
    assert max(dues) - min(dues) > 25.0
    assert max(dues) <= 30.1


def test_after_a_freeze_overdue_looks_spread_out() -> None:
    """A laptop that slept an hour does not look at everything at once."""
    dues = [next_due(slot("a.example", due=0.0), 3600.0, 30.0, 0.1, Random(seed)) for seed in range(200)]
    assert max(dues) - min(dues) > 25.0


def test_a_hot_window_tightens_the_interval() -> None:
    """At ten on a weekday the window's pace holds; before it, the next look is at its opening."""
    hot = (HotWindow(time(10, 0), timedelta(minutes=10), timedelta(seconds=2), frozenset(range(5))),)
    half = timedelta(seconds=30)
    inside = datetime(2026, 11, 25, 10, 5, tzinfo=TOKYO)
    assert interval_at(inside, half, hot)[0] == timedelta(seconds=2)
    before = datetime(2026, 11, 25, 9, 59, 50, tzinfo=TOKYO)
    assert interval_at(before, half, hot) == (half, timedelta(seconds=10))
    assert interval_at(inside + timedelta(minutes=5), half, hot)[0] == half, "the end is outside"
    sunday = datetime(2026, 11, 29, 10, 5, tzinfo=TOKYO)
    assert interval_at(sunday, half, hot)[0] == half


def test_a_hot_window_may_cross_midnight() -> None:
    """A window that opened yesterday still holds."""
    hot = (HotWindow(time(23, 55), timedelta(minutes=10), timedelta(seconds=2)),)
    assert interval_at(datetime(2026, 11, 25, 0, 3, tzinfo=TOKYO), timedelta(seconds=30), hot)[0] == timedelta(
        seconds=2
    )


def test_times_compare_across_zones() -> None:
    """The moment given is a moment: UTC input in the user's zone counts the same."""
    hot = (HotWindow(time(10, 0), timedelta(minutes=10), timedelta(seconds=2)),)
    moment = datetime(2026, 11, 25, 1, 5, tzinfo=UTC).astimezone(TOKYO)
    assert interval_at(moment, timedelta(seconds=30), hot)[0] == timedelta(seconds=2)
