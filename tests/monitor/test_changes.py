"""What a new configuration changes is told exactly; an edit that changes no question keeps every belief."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.changes import Reloaded, compare, fingerprint, must_hold, vanished
from monitor.model import HotWindow, Watch, Wish
from monitor.settings import ChannelSettings, HostSettings, Secret, Settings
from watchers.model import Availability, Condition, Listing, Rule, RuleKind, Rules

DECK = Listing("https://shop.example/deck")


def watch(name: str = "Deck", *urls: str, **more: object) -> Watch:
    listings = tuple(Listing(url) for url in urls) or (DECK,)
    return replace(Watch(name, Wish(), listings, ("a",)), **more)  # type: ignore[arg-type]


def settings(*watches: Watch, **more: object) -> Settings:
    channels = {"a": ChannelSettings("a", Secret("console://"))}
    return replace(Settings(Path("c"), Path("d"), channels=channels, watches=watches), **more)  # type: ignore[arg-type]


WISHES: list[Callable[[Wish], Wish]] = [
    lambda w: replace(w, accept=frozenset({Availability.IN_STOCK})),
    lambda w: replace(w, max_price=Decimal(1)),
    lambda w: replace(w, max_price=Decimal(1), currency="USD"),
    lambda w: replace(w, sellers=("x",)),
    lambda w: replace(w, condition=frozenset({Condition.NEW})),
    lambda w: replace(w, variant="red"),
    lambda w: replace(w, quantity=2),
]


def test_another_question_has_another_mark() -> None:
    """Every part of a wish, the URL, the variant and the rules count; no two of these edits look alike."""
    marks = {fingerprint(watch(), DECK)}
    marks |= {fingerprint(replace(watch(), wish=edit(Wish())), DECK) for edit in WISHES}
    marks |= {
        fingerprint(watch(), replace(DECK, url="https://shop.example/other")),
        fingerprint(watch(), replace(DECK, variant="red")),
    }
    rule = Rule(RuleKind.CSS, ".x")
    ruled = [Rules(in_stock_when=(rule,)), Rules(sold_out_when=(rule,)), Rules(price_at=(rule,))]
    ruled.append(Rules(in_stock_when=(replace(rule, kind=RuleKind.TEXT),)))
    ruled.append(Rules(in_stock_when=(Rule(RuleKind.JMES, ".x", "#data"),)))
    marks |= {fingerprint(watch(), replace(DECK, rules=rules)) for rules in ruled}
    assert len(marks) == len(WISHES) + 3 + len(ruled)
    assert len(WISHES) == len(fields(Wish))


def test_the_same_question_has_the_same_mark() -> None:
    """Interval, channels, hot windows, certificates, the order of words and the name are no part of the question."""
    mark = fingerprint(watch(), DECK)
    hot = (HotWindow(time(10), timedelta(minutes=1), timedelta(seconds=2)),)
    assert (
        fingerprint(
            watch("Other", channels=("b",), hot=hot), replace(DECK, interval=timedelta(days=1), tls_verify=False)
        )
        == mark
    )
    one = replace(watch(), wish=Wish(sellers=("x", "y"), max_price=Decimal("52000")))
    two = replace(watch(), wish=Wish(sellers=("y", "x"), max_price=Decimal("52000.00")))
    assert fingerprint(one, DECK) == fingerprint(two, DECK)
    assert fingerprint(replace(watch(), wish=Wish(currency="USD")), DECK) == mark


def test_the_mark_outlives_the_process() -> None:
    """It is stored beside beliefs, so hash seeds must not change it."""
    code = (
        "from monitor.changes import fingerprint; from monitor.model import *; from watchers.model import *;"
        "print(fingerprint(Watch('Deck', Wish(), ()), Listing('https://shop.example/deck')))"
    )
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
            cwd=Path(__file__).parents[2],
        )
        assert done.stdout.strip() == fingerprint(watch(), DECK)


def test_nothing_changed() -> None:
    """Saving the same file again changes nothing."""
    change = compare(settings(watch()), settings(watch()))
    assert change == Reloaded(kept=(("Deck", DECK.url),))
    assert change.nothing


def test_each_listing_is_told_once() -> None:
    """Added, removed, changed and kept are all listings there are."""
    old = settings(watch("A", "1", "2"), watch("B", "1"), watch("C", "3"))
    new = settings(
        watch("A", "2", "4"),
        watch("B", "1", wish=Wish(quantity=2)),
        replace(watch("C", "3"), channels=("b",)),
        watch("D", "3"),
    )
    change = compare(old, new)
    assert change == Reloaded(
        added=(("A", "4"), ("D", "3")),
        removed=(("A", "1"),),
        changed=(("B", "1"),),
        kept=(("A", "2"), ("C", "3")),
        retimed=(("C", "3"),),
    )
    assert not change.nothing


def test_what_is_kept_may_be_looked_at_otherwise() -> None:
    """A new interval or hot window keeps the belief and is told."""
    hot = (HotWindow(time(10), timedelta(minutes=1), timedelta(seconds=2)),)
    for other in (
        watch(hot=hot),
        watch(listings=(replace(DECK, interval=timedelta(1)),)),
        watch(listings=(replace(DECK, tls_verify=False),)),
    ):
        change = compare(settings(watch()), settings(other))
        assert change.kept == change.retimed == (("Deck", DECK.url),)


def test_channels_hosts_and_the_rest() -> None:
    """Whatever else changed is named."""
    channel = ChannelSettings("a", Secret("console://"))
    old = settings(
        channels={"a": channel, "b": channel, "c": channel}, hosts={"x": HostSettings(), "y": HostSettings()}
    )
    new = settings(
        channels={"a": channel, "b": replace(channel, url=Secret("ntfys://t")), "d": channel},
        hosts={"x": HostSettings(2.0), "z": HostSettings()},
        language="en",
        database=Path("other"),
    )
    assert compare(old, new) == Reloaded(
        channels_added=("d",),
        channels_removed=("c",),
        channels_changed=("b",),
        hosts_changed=("x", "y", "z"),
        settings_changed=("language",),
        needs_restart=("monitor.database",),
    )


NUMBERS = st.sets(st.integers(0, 9))


def numbered(numbers: set[int]) -> Settings:
    return settings(*(watch(f"w{n}", f"https://x/{n}") for n in sorted(numbers)))


@given(NUMBERS, NUMBERS)
@example({0, 1, 2, 3, 4, 5}, {0, 1, 2})
@example({0, 1, 2, 3, 4, 5, 6}, {0, 1, 2, 3})
@example({0, 1, 2}, set())
@example({0, 1}, set())
def test_a_save_is_held_when_three_and_half_of_all_vanish(old: set[int], new: set[int]) -> None:
    """Exactly then, and with exactly their names."""
    gone = old - new
    expected = tuple(f"w{n}" for n in sorted(gone)) if len(gone) >= 3 and 2 * len(gone) >= len(old) else ()
    assert must_hold(numbered(old), numbered(new)) == expected
    assert vanished(numbered(old), numbered(new)) == tuple(f"w{n}" for n in sorted(gone))


def test_a_second_save_is_meant() -> None:
    """One that loses the same or more is let through; one that loses less is a file still growing."""
    old = numbered(set(range(6)))
    held = must_hold(old, numbered({0}))
    assert len(held) == 5
    assert must_hold(old, numbered({0}), held) == ()
    assert must_hold(old, numbered(set()), held) == ()
    assert must_hold(old, numbered({0, 1}), held) == ("w2", "w3", "w4", "w5")
    assert must_hold(old, numbered({0, 1, 2, 3}), held) == ()


@pytest.mark.parametrize("renamed", [3, 6])
def test_a_new_name_is_no_loss(renamed: int) -> None:
    """A watch whose page is still watched did not vanish."""
    old = numbered(set(range(6)))
    new = settings(*(replace(w, name=w.name + "!") if n < renamed else w for n, w in enumerate(old.watches)))
    assert must_hold(old, new) == ()
