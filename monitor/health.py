"""Blindness is an alarm: which listings see nothing, for how long, and what one person should be told about it.

Pure: the supervisor task in `service` gives the times and carries out what comes back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from monitor.schedule import Key
from monitor.settings import BlindSettings
from watchers.model import Cause


@dataclass(frozen=True, slots=True)
class Sight:
    """What one listing has seen lately; times in monotonic seconds."""

    key: Key
    host: str
    seen_at: float  # newest conclusive look, or when watching began
    allowed: float  # seconds without one before it is an alarm
    cause: Cause | None  # of the newest look, None when that one was conclusive
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm that stands: one listing, or a host with several watches that share a cause."""

    scope: str  # "watch:NAME|URL" or "host:HOST|CAUSE"
    cause: Cause
    members: frozenset[Key]
    told_at: float  # monotonic seconds
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to tell and how the alarms stand afterwards."""

    raised: tuple[Alarm, ...] = ()
    reminded: tuple[Alarm, ...] = ()
    cleared: tuple[Alarm, ...] = ()
    dropped: tuple[Alarm, ...] = ()  # nobody watches there any more: ended without a word
    standing: Mapping[str, Alarm] = field(default_factory=dict)


def allowed_silence(interval: float, reachable: float, settings: BlindSettings) -> float:
    """Give the seconds a listing may go without a conclusive look."""
    return max(settings.after.total_seconds(), settings.intervals * max(interval, reachable))


def supervise(sights: Iterable[Sight], standing: Mapping[str, Alarm], now: float, settings: BlindSettings) -> Verdict:
    """Compare every listing's newest conclusive look with the clock.

    One alarm a host when several watches there share a cause, a reminder now and then, one recovery notice.
    """
    everything = {sight.key: sight for sight in sights}
    blind = {key: sight for key, sight in everything.items() if now - sight.seen_at > sight.allowed}
    after: dict[str, Alarm] = {}
    reminded: list[Alarm] = []
    cleared: list[Alarm] = []
    dropped: list[Alarm] = []
    for scope, alarm in standing.items():
        members = frozenset(key for key in alarm.members if key in blind)
        if not members:
            (cleared if any(key in everything for key in alarm.members) else dropped).append(alarm)
            continue
        # Who sees again leaves: blind anew, or for another reason, it is told of anew.
        kept = Alarm(scope, alarm.cause, members, alarm.told_at, alarm.detail)
        if now - alarm.told_at >= settings.remind_every.total_seconds():
            kept = Alarm(scope, kept.cause, kept.members, now, kept.detail)
            reminded.append(kept)
        after[scope] = kept
    raised = _raise_new(everything, blind, after, now, settings)
    return Verdict(tuple(raised), tuple(reminded), tuple(cleared), tuple(dropped), after)


def _raise_new(
    everything: Mapping[Key, Sight],
    blind: Mapping[Key, Sight],
    after: dict[str, Alarm],
    now: float,
    settings: BlindSettings,
) -> list[Alarm]:
    covered = {key for alarm in after.values() for key in alarm.members}
    groups: dict[tuple[str, Cause], list[Sight]] = defaultdict(list)
    for key, sight in blind.items():
        if key not in covered:
            groups[(sight.host, sight.cause or Cause.NOT_RUNNING)].append(sight)
    raised: list[Alarm] = []
    for (host, cause), fresh in groups.items():
        scope = f"host:{host}|{cause}"
        # Others on this host that fail the same way and have been silent for half their time will follow: one alarm.
        sharing = [
            sight
            for sight in everything.values()
            if sight.host == host and sight.cause is cause and now - sight.seen_at > sight.allowed / 2
        ]
        sharing += [sight for sight in fresh if sight not in sharing]
        if scope in after:
            alarm = after[scope]
            if now - alarm.told_at >= settings.after.total_seconds():  # those who joined since, in one message
                members = alarm.members | {sight.key for sight in fresh}
                raised.append(Alarm(scope, cause, members, now, fresh[0].detail))
        elif len({sight.key[0] for sight in sharing}) >= settings.host_watches:
            members = frozenset(sight.key for sight in sharing)
            raised.append(Alarm(scope, cause, members, now, fresh[0].detail))
        else:
            raised += [Alarm(f"watch:{s.key[0]}|{s.key[1]}", cause, frozenset({s.key}), now, s.detail) for s in fresh]
    after.update((alarm.scope, alarm) for alarm in raised)
    return raised
