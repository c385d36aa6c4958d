"""What can only be wrong between keys: names that must exist, floors, and things that must not be there twice.

Works on data that may hold other mistakes, so that everything is said at once; a value that cannot be read is
skipped here, since its own check already spoke.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path as FilePath
from typing import Any, TypeVar
from urllib.parse import urlsplit

from monitor import prices, values
from monitor.config_lines import Path
from monitor.settings import Settings
from monitor.values import nearest, show_duration
from notifiers.url import refusal

Fault = tuple[Path, str]
T = TypeVar("T")
DEFAULTS = Settings(path=FilePath(), database=FilePath())
HOT_FLOOR = timedelta(seconds=2)


def relations(data: Mapping[str, Any], folder: FilePath, *, check_channels: bool = True) -> Iterator[Fault]:
    """Give every fault between keys: where, and in what words (without the value found)."""
    monitor = _table(data, "monitor")
    floor = _read(values.duration, monitor.get("min_interval")) or DEFAULTS.min_interval
    channels = list(_table(data, "channels"))
    yield from _service(data, monitor, floor, folder, channels)
    if check_channels:
        yield from _channels(_table(data, "channels"))
    watches = data.get("watch")
    watches = watches if isinstance(watches, list) else []
    names: dict[str, int] = {}
    for number, watch in enumerate(watches):
        if not isinstance(watch, dict):
            continue
        here: Path = ("watch", number)
        name = watch.get("name")
        if isinstance(name, str) and name.strip():
            first = names.setdefault(name.strip(), number)
            if first != number:
                yield (
                    (*here, "name"),
                    f'the name "{name.strip()}" is already that of watch {first + 1}; each needs its own',
                )
        yield from _listings(here, watch, floor)
        yield from _money(here, watch)
        yield from _told(here, watch, channels)
    if watches and not channels:
        yield (
            ("watch",),
            'there is no channel to tell: add [channels.terminal] with url = "console://", or your phone\'s',
        )


def _table(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = data.get(name)
    return found if isinstance(found, dict) else {}


def _read(read: Callable[[object], T], value: object) -> T | None:
    try:
        return read(value) if value is not None else None
    except ValueError:
        return None


def _service(
    data: Mapping[str, Any], monitor: Mapping[str, Any], floor: timedelta, folder: FilePath, channels: list[str]
) -> Iterator[Fault]:
    yield from _floor(("monitor", "interval"), monitor.get("interval"), floor)
    database = monitor.get("database")
    if isinstance(database, str) and database.strip():
        file = folder / FilePath(database.strip()).expanduser()
        if file.is_dir():
            yield ("monitor", "database"), "expected the name of a file, and this is a folder"
        elif not file.parent.is_dir():
            yield ("monitor", "database"), "the folder it should lie in does not exist: make it first"
    retry = _table(data, "retry")
    fallback = retry.get("fallback")
    if isinstance(fallback, str) and fallback.strip() and fallback.strip() not in channels:
        yield ("retry", "fallback"), f"there is no [channels.{fallback.strip()}]{nearest(fallback, channels)}"
    defaults = DEFAULTS.retry
    pause = _read(values.duration, retry.get("pause")) or defaults.pause
    cap = _read(values.duration, retry.get("pause_cap")) or defaults.pause_cap
    if cap < pause:
        key = "pause_cap" if "pause_cap" in retry else "pause"
        yield ("retry", key), f"expected pause_cap ({show_duration(cap)}) to be at least pause ({show_duration(pause)})"
    fetch, limits = _table(data, "fetch"), DEFAULTS.fetch
    total = _read(values.duration, fetch.get("total")) or timedelta(seconds=limits.total)
    connect = _read(values.duration, fetch.get("connect")) or timedelta(seconds=limits.connect)
    if total < connect:
        key = "total" if "total" in fetch else "connect"
        yield (
            ("fetch", key),
            f"expected total ({show_duration(total)}) to be at least connect ({show_duration(connect)})",
        )


def _floor(path: Path, value: object, floor: timedelta) -> Iterator[Fault]:
    span = _read(values.duration, value)
    if span is not None and span < floor:
        yield path, f"expected at least {show_duration(floor)} (monitor.min_interval), to stay welcome at the shop"


def _channels(channels: Mapping[str, Any]) -> Iterator[Fault]:
    for name, channel in channels.items():
        url = channel.get("url") if isinstance(channel, dict) else None
        if isinstance(url, str) and url.strip() and (why := refusal(url)):
            yield ("channels", name, "url"), why


def _each(here: Path, value: object) -> Iterator[tuple[Path, Any]]:
    """Give each element of a list and where it stands; one value alone stands for a list of one."""
    if isinstance(value, list):
        yield from (((*here, number), each) for number, each in enumerate(value))
    elif value is not None:
        yield here, value


def _pages(here: Path, watch: Mapping[str, Any]) -> Iterator[tuple[Path, str, Mapping[str, Any]]]:
    if isinstance(watch.get("url"), str):
        yield (*here, "url"), watch["url"], {}
    for where, page in _each((*here, "listings"), watch.get("listings")):
        if isinstance(page, str):
            yield where, page, {}
        elif isinstance(page, dict) and isinstance(page.get("url"), str):
            yield (*where, "url"), page["url"], page


def same_page(url: str) -> str:
    """Give a spelling under which two ways to write one address are equal."""
    try:
        parts = urlsplit(url.strip())
        port = {("http", 80): None, ("https", 443): None}.get((parts.scheme, parts.port or 0), parts.port)
    except ValueError:
        return url.strip()
    host = values.host_key(parts.hostname or "")
    return f"{parts.scheme}://{host}:{port}{parts.path or '/'}?{parts.query}#{parts.fragment}"


def _listings(here: Path, watch: Mapping[str, Any], floor: timedelta) -> Iterator[Fault]:
    if "url" in watch and "listings" in watch:
        yield (*here, "url"), "expected either url or listings: put this page into listings"
    elif "url" not in watch and watch.get("listings") in (None, []):
        yield (
            (*here, "listings") if "listings" in watch else here,
            'has no page to look at: add listings = ["https://..."]',
        )
    seen: dict[str, str] = {}
    floored = False  # whether a page is there that a floor protects
    for number, (where, url, table) in enumerate(_pages(here, watch), 1):
        key = same_page(url)
        if key in seen:
            yield where, f"the page is already listing {seen[key]} of this watch; remove one"
        seen.setdefault(key, str(number))
        if not url.strip().lower().startswith("demo:"):
            floored = True
            yield from _floor((*where[:-1], "interval"), table.get("interval"), floor)
    if floored:
        yield from _floor((*here, "interval"), watch.get("interval"), floor)
    least = min(HOT_FLOOR, floor)
    for where, window in _each((*here, "hot"), watch.get("hot")):
        every = _read(values.duration, window.get("every")) if isinstance(window, dict) else None
        if every is not None and every < least and floored:
            yield (*where, "every"), f"expected at least {show_duration(least)} in a hot window"


def _money(here: Path, watch: Mapping[str, Any]) -> Iterator[Fault]:
    price = _read(prices.money, watch.get("max_price"))
    code = _read(prices.currency, watch.get("currency"))
    if price is None or (code is None and "currency" in watch):
        return
    amount, named = price
    if code and named and code != named:
        yield (*here, "currency"), f"expected {named}, the currency that max_price names"
    elif not prices.fits(amount, money_in := code or named or "JPY"):
        yield (
            (*here, "max_price"),
            f'expected an amount that exists in {money_in}; for another currency add currency = "USD" or the like',
        )


def _told(here: Path, watch: Mapping[str, Any], channels: list[str]) -> Iterator[Fault]:
    told = watch.get("channels")
    if told == [] and channels:
        yield (
            (*here, "channels"),
            f"names no channel, so nobody would be told; leave it out for all of {', '.join(channels)}",
        )
    for where, name in _each((*here, "channels"), told):
        if isinstance(name, str) and name.strip() and name.strip() not in channels:
            known = f"; there are {', '.join(channels)}" if channels else ""
            yield where, f"there is no [channels.{name.strip()}]{nearest(name.strip(), channels) or known}"
