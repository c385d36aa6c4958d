"""The words of the live status line: what the service is doing right now, in one line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from monitor.settings import Settings


class Glance(Protocol):
    """What a status line shows; the service's snapshot fits."""

    @property
    def watches(self) -> int: ...
    @property
    def listings(self) -> int: ...
    @property
    def in_stock(self) -> int: ...
    @property
    def blind(self) -> int: ...
    @property
    def looks(self) -> int: ...
    @property
    def next_in(self) -> float | None: ...
    @property
    def lag(self) -> float: ...
    @property
    def backing_off(self) -> Mapping[str, float]: ...
    @property
    def pending(self) -> int: ...
    @property
    def last_alert(self) -> datetime | None: ...


Words = Mapping[str, Callable[..., str]]

_LATE = 1.0  # seconds of lag worth a word
_SHOWN_HOSTS = 3

_EN: Words = {
    "in_force": lambda name, counts: f"{name} in force: {counts}",
    "stopped": lambda: "Stopped.",
    "watches": lambda n, places: f"{_many(n, 'watch', 'watches')}, {_many(places, 'listing', 'listings')}",
    "looks": lambda n: _many(n, "look", "looks"),
    "in_stock": lambda n: f"{n} in stock",
    "blind": lambda n: f"{n} blind",
    "next": lambda seconds: f"next look in {seconds:.1f} s",
    "idle": lambda: "nothing to look at",
    "lag": lambda seconds: f"late by {seconds:.1f} s",
    "host": lambda host, seconds: f"{host} backs off {seconds:.0f} s",
    "hosts": lambda n: f"{n} more hosts back off",
    "pending": lambda n: f"{_many(n, 'message', 'messages')} waiting",
    "last": lambda clock: f"last alert {clock}",
    "none": lambda: "no alert yet",
}
_JA: Words = {
    "in_force": lambda name, counts: f"{name} を反映しました: {counts}",
    "stopped": lambda: "停止しました",
    "watches": lambda n, places: f"見張り {n:,}件（{places:,}ページ）",
    "looks": lambda n: f"確認 {n:,}回",
    "in_stock": lambda n: f"在庫あり {n}",
    "blind": lambda n: f"読み取れない {n}",
    "next": lambda seconds: f"次の確認まで {seconds:.1f}秒",
    "idle": lambda: "見に行く先がありません",
    "lag": lambda seconds: f"{seconds:.1f}秒遅れ",
    "host": lambda host, seconds: f"{host} は {seconds:.0f}秒休止",
    "hosts": lambda n: f"ほか {n}か所も休止",
    "pending": lambda n: f"送信待ち {n}件",
    "last": lambda clock: f"最後の通知 {clock}",
    "none": lambda: "通知はまだありません",
}


def status_line(glance: Glance, language: str, zone: ZoneInfo) -> str:
    """Give the line: what is watched first, trouble next, and when something happened or will happen last."""
    words = _JA if language == "ja" else _EN
    parts = [words["watches"](glance.watches, glance.listings), words["looks"](glance.looks)]
    if glance.in_stock:
        parts.append(words["in_stock"](glance.in_stock))
    if glance.blind:
        parts.append(words["blind"](glance.blind))
    waits = sorted(glance.backing_off.items(), key=lambda pair: -pair[1])
    parts += [words["host"](host, seconds) for host, seconds in waits[:_SHOWN_HOSTS]]
    if len(waits) > _SHOWN_HOSTS:
        parts.append(words["hosts"](len(waits) - _SHOWN_HOSTS))
    if glance.lag >= _LATE:
        parts.append(words["lag"](glance.lag))
    if glance.pending:
        parts.append(words["pending"](glance.pending))
    if glance.last_alert is None:
        parts.append(words["none"]())
    else:
        parts.append(words["last"](f"{glance.last_alert.astimezone(zone):%H:%M:%S}"))
    parts.append(words["idle"]() if glance.next_in is None else words["next"](glance.next_in))
    return " · ".join(parts)


def in_force(settings: Settings) -> str:
    """Say that a saved configuration is now followed, and what it holds."""
    words = _JA if settings.language == "ja" else _EN
    listings = sum(len(watch.listings) for watch in settings.watches)
    return words["in_force"](settings.path.name, words["watches"](len(settings.watches), listings))


def farewell(language: str) -> str:
    """Say that the service has ended as asked."""
    return (_JA if language == "ja" else _EN)["stopped"]()


def _many(n: int, one: str, more: str) -> str:
    return f"{n:,} {one if n == 1 else more}"
