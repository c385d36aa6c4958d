"""No watch goes quiet unnoticed, and nobody is told the same thing twice (B1, B2)."""

from dataclasses import replace
from datetime import timedelta

from monitor.health import Alarm, Sight, allowed_silence, supervise
from monitor.settings import BlindSettings
from watchers.model import Cause

SETTINGS = BlindSettings()


def sight(name: str, host: str = "a.example", *, silent: float = 400.0, cause: Cause | None = Cause.BLOCKED) -> Sight:
    return Sight((name, f"https://{host}/{name}"), host, 1000.0 - silent, 300.0, cause, "why")


def test_silence_is_allowed_for_five_minutes_or_three_intervals() -> None:
    """The longer of five minutes and three times the asked or reachable interval."""
    assert allowed_silence(30.0, 1.0, SETTINGS) == 300.0
    assert allowed_silence(600.0, 1.0, SETTINGS) == 1800.0
    assert allowed_silence(30.0, 500.0, SETTINGS) == 1500.0


def test_a_blind_listing_is_told_once_with_its_cause() -> None:
    """The second comparison says nothing more."""
    first = supervise([sight("deck")], {}, 1000.0, SETTINGS)
    assert [(alarm.cause, alarm.detail) for alarm in first.raised] == [(Cause.BLOCKED, "why")]
    second = supervise([sight("deck")], first.standing, 1001.0, SETTINGS)
    assert not second.raised
    assert not second.reminded
    assert second.standing == first.standing


def test_a_listing_nobody_looks_at_is_an_alarm_too() -> None:
    """No look at all, though the last one was conclusive: the watch is not running."""
    verdict = supervise([sight("deck", cause=None)], {}, 1000.0, SETTINGS)
    assert [alarm.cause for alarm in verdict.raised] == [Cause.NOT_RUNNING]


def test_seeing_within_the_time_is_no_alarm() -> None:
    """Being blocked for less than the time allowed is nothing to wake anybody for."""
    assert not supervise([sight("deck", silent=299.0)], {}, 1000.0, SETTINGS).raised


def test_three_watches_on_one_host_are_one_alarm() -> None:
    """They share a cause: one alarm names all, even those whose time is not quite up."""
    sights = [sight("a"), sight("b", silent=200.0), sight("c", silent=160.0), sight("d", "other.example", silent=10.0)]
    verdict = supervise(sights, {}, 1000.0, SETTINGS)
    assert len(verdict.raised) == 1
    assert {name for name, _ in verdict.raised[0].members} == {"a", "b", "c"}
    later = [replace(s, seen_at=500.0) for s in sights[:3]]
    assert not supervise(later, verdict.standing, 1200.0, SETTINGS).raised


def test_two_causes_on_one_host_are_two_stories() -> None:
    """Watches that fail differently are not lumped together."""
    sights = [sight("a"), sight("b", cause=Cause.TIMEOUT), sight("c", cause=Cause.IDENTITY)]
    assert len(supervise(sights, {}, 1000.0, SETTINGS).raised) == 3


def test_recovery_is_told_once() -> None:
    """One notice when the last member sees again."""
    raised = supervise([sight("a"), sight("b"), sight("c")], {}, 1000.0, SETTINGS)
    half = [sight("a", silent=1.0, cause=None), sight("b"), sight("c")]
    between = supervise(half, raised.standing, 1000.0, SETTINGS)
    assert not between.cleared
    seeing = [sight(name, silent=1.0, cause=None) for name in "abc"]
    after = supervise(seeing, between.standing, 1000.0, SETTINGS)
    assert [alarm.scope for alarm in after.cleared] == [raised.raised[0].scope]
    assert not after.standing
    assert not supervise(seeing, after.standing, 1000.0, SETTINGS).cleared


def test_a_reminder_comes_after_six_hours() -> None:
    """Still blind is said again, not every minute."""
    raised = supervise([sight("a")], {}, 1000.0, SETTINGS)
    still = Sight(("a", "https://a.example/a"), "a.example", 0.0, 300.0, Cause.BLOCKED)
    soon = supervise([still], raised.standing, 1000.0 + 6 * 3600 - 1, SETTINGS)
    assert not soon.reminded
    late = supervise([still], soon.standing, 1000.0 + 6 * 3600, SETTINGS)
    assert len(late.reminded) == 1
    assert not supervise([still], late.standing, 1000.0 + 6 * 3600 + 60, SETTINGS).reminded


def test_who_recovers_and_goes_blind_again_is_told_again() -> None:
    """A member that saw again leaves the alarm: blind for another reason, it is news."""
    raised = supervise([sight("a"), sight("b"), sight("c")], {}, 1000.0, SETTINGS)
    seeing = supervise([sight("a", silent=1.0, cause=None), sight("b"), sight("c")], raised.standing, 1001.0, SETTINGS)
    assert {name for alarm in seeing.standing.values() for name, _ in alarm.members} == {"b", "c"}
    anew = Sight(("a", "https://a.example/a"), "a.example", 1001.0, 300.0, Cause.DNS)
    later = [replace(s, seen_at=600.0) for s in (sight("b"), sight("c"))]
    again = supervise([anew, *later], seeing.standing, 1400.0, SETTINGS)
    assert [(alarm.cause, alarm.scope) for alarm in again.raised] == [(Cause.DNS, "watch:a|https://a.example/a")]


def test_late_members_of_a_host_alarm_are_named_in_one_message() -> None:
    """Watches that go blind after the alarm are told of, together, and at most once in the time allowed."""
    raised = supervise([sight("a"), sight("b"), sight("c")], {}, 1000.0, SETTINGS)
    crowd = [Sight((n, f"https://a.example/{n}"), "a.example", 600.0, 300.0, Cause.BLOCKED) for n in "abcde"]
    soon = supervise(crowd, raised.standing, 1100.0, SETTINGS)
    assert not soon.raised
    later = supervise(crowd, soon.standing, 1300.0, SETTINGS)
    assert [{name for name, _ in alarm.members} for alarm in later.raised] == [set("abcde")]
    assert not supervise(crowd, later.standing, 1301.0, SETTINGS).raised


def test_a_removed_watch_ends_its_alarm_without_a_word() -> None:
    """Nobody is told that a watch they deleted sees again."""
    alarm = Alarm("watch:x|https://a.example/x", Cause.DNS, frozenset({("x", "https://a.example/x")}), 0.0)
    verdict = supervise([], {alarm.scope: alarm}, 1000.0, SETTINGS)
    assert not verdict.cleared
    assert not verdict.standing
    assert verdict.dropped == (alarm,), "so that its row goes too, and nothing is told when the watch comes back"


def test_settings_shrink_an_hour_into_a_minute() -> None:
    """Every delay is settable."""
    quick = BlindSettings(after=timedelta(seconds=2))
    assert allowed_silence(0.1, 0.1, quick) == 2.0
