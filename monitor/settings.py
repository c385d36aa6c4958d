"""The settings of a running service, as frozen data that nobody checks again.

`config.py` builds these from TOML; the defaults here are the numbers of the service's promises.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from decimal import Decimal
from pathlib import Path

from monitor.model import DEFAULT_ACCEPT, Watch
from watchers.model import Availability, Limits


def _s(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


class Secret:
    """Text that never shows itself: only `reveal()` gives it, for the one call that needs it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Give the secret text to the one caller that must have it."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __bool__(self) -> bool:
        return bool(self._text)


@dataclass(frozen=True, slots=True)
class ChannelSettings:
    """One place to tell: an Apprise URL and how loud it may be."""

    name: str
    url: Secret
    urgent: bool = False  # restocks wake the phone
    language: str | None = None  # None: the service's


@dataclass(frozen=True, slots=True)
class HostSettings:
    """Manners towards one host."""

    rate: float = 1.0  # requests a second
    concurrency: int = 2
    headers: Mapping[str, Secret] = field(default_factory=dict)
    proxy: Secret | None = None
    user_agent: str | None = None


@dataclass(frozen=True, slots=True)
class ConfirmSettings:
    """When a change of mind counts."""

    looks: int = 2
    again_after: timedelta = _s(0.7)
    retry_after: timedelta = _s(2)  # when the confirming look gave no verdict
    give_up_after: timedelta = _s(10)
    unconfirmed_notice: bool = True
    no_looks: int = 3  # yes -> no: this many looks, or two spread over no_spread
    no_spread: timedelta = _s(30)
    rearm_after: timedelta = _s(60)
    gone_looks: int = 3
    gone_after: timedelta = _s(600)
    quiet_after: timedelta = _s(6 * 3600)  # yes, silence longer than this, yes: a quiet digest
    flap_changes: int = 4
    flap_window: timedelta = _s(600)
    flap_ring_every: timedelta = _s(600)
    first_note: bool = True  # "already in stock" at the first look
    gather: timedelta = _s(10)  # first looks are gathered into one message


@dataclass(frozen=True, slots=True)
class RetrySettings:
    """How long and how often a channel is tried."""

    delays: tuple[timedelta, ...] = (_s(1), _s(2), _s(5), _s(10), _s(20), _s(30), _s(60))  # the last repeats
    jitter: float = 0.2
    give_up_after: timedelta = _s(24 * 3600)
    deadline: timedelta = _s(15)  # around one send
    pause: timedelta = _s(30)  # of a channel that keeps refusing; doubles
    pause_cap: timedelta = _s(900)
    pause_after: int = 5  # refusals in a row
    fallback: str | None = None  # channel that also gets what was not accepted in time
    fallback_after: timedelta = _s(30)
    burst: int = 10  # single messages before digests
    late_after: timedelta = _s(60)  # news older than this says so


@dataclass(frozen=True, slots=True)
class BlindSettings:
    """When a watch that sees nothing is an alarm."""

    after: timedelta = _s(300)
    intervals: float = 3.0
    host_watches: int = 3  # so many blind watches with one cause on one host are one alarm
    remind_every: timedelta = _s(6 * 3600)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything `run` needs to know, resolved."""

    path: Path  # of the file this came from
    database: Path
    language: str = "ja"
    timezone: str = "Asia/Tokyo"
    interval: timedelta = _s(30)
    min_interval: timedelta = _s(5)
    jitter: float = 0.1
    accept: frozenset[Availability] = DEFAULT_ACCEPT
    rates: Mapping[str, Decimal] = field(default_factory=dict)  # "USD": yen for one dollar
    retention: timedelta = timedelta(days=365)  # of transitions and settled deliveries
    backup_every: timedelta = _s(3600)
    longest_mute: timedelta = _s(24 * 3600)  # of a mute or a snooze
    heartbeat: Secret | None = None  # an outside address that is asked while all is well
    heartbeat_every: timedelta = _s(60)
    health: str | None = None  # "127.0.0.1:PORT" for /healthz and /readyz
    summary: time | None = None  # of day, in `timezone`
    channels: Mapping[str, ChannelSettings] = field(default_factory=dict)
    hosts: Mapping[str, HostSettings] = field(default_factory=dict)
    watches: tuple[Watch, ...] = ()
    fetch: Limits = Limits()
    concurrency: int = 64  # looks under way at once, all hosts together
    full_every: timedelta = _s(600)  # a full fetch at least so often, whatever 304s say
    confirm: ConfirmSettings = ConfirmSettings()
    retry: RetrySettings = RetrySettings()
    blind: BlindSettings = BlindSettings()
