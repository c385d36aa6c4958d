"""`restock add`: look at a page, say what is seen, and write the watch into the configuration."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from monitor.adding import Addition, append, name_from
from monitor.commands.base import config_path, load_settings
from monitor.commands.check import look, must_be_lookable
from monitor.commands.faults import Fault
from monitor.commands.sight import as_lines
from monitor.commands.terminal import note, say
from monitor.config import ConfigError, notes
from monitor.model import Rates
from monitor.prices import money
from monitor.settings import Settings
from monitor.values import duration, nearest
from monitor.whereabouts import program
from monitor.wishes import answer
from watchers.model import Availability, Cause, Listing

T = TypeVar("T")
_WRONG_ADDRESS = frozenset({Cause.DNS, Cause.FORBIDDEN_ADDRESS})


def add(
    url: str,
    config: Path | None,
    name: str | None = None,
    max_price: str | None = None,
    interval: str | None = None,
    channels: tuple[str, ...] = (),
    anyway: bool = False,
) -> int:
    """Look at the page and append a watch for it; raises Fault or ConfigError, and then nothing was changed."""
    settings, url = load_settings(config), url.strip()
    path = config_path(config)
    addition = _wanted(settings, url, name, max_price, interval, channels)
    seen = asyncio.run(look([Listing(url)], settings))[0]
    if (seen.availability is Availability.GONE or seen.cause in _WRONG_ADDRESS) and not anyway:
        say(*as_lines(seen, None, None))
        raise Fault(
            f"there is no page to watch at {url}, so nothing was written; --anyway writes the watch all the same"
        )
    if name is None:
        taken = frozenset(watch.name.casefold() for watch in settings.watches)
        addition = replace(addition, name=name_from(seen.title, url, taken))
    try:
        added = append(path, addition)
    except ConfigError as error:
        lines = "\n".join(f"  {line}" for line in addition.stanza().splitlines())
        raise Fault(
            f"{path} cannot take the watch at its end ({error.problems[0].message}), so nothing was changed. Its lines:\n{lines}"
        ) from error
    except OSError as error:
        raise Fault(f"cannot write {path}: {error.strerror}") from error
    watch = added.watches[-1]
    say(*as_lines(seen, watch, answer(seen, watch.wish, Rates(added.rates))))
    say("", f'Added the watch "{watch.name}" to {path}; a running service follows by itself.')
    for remark in notes(added):
        if remark not in notes(settings):
            note(remark)
    if not seen.availability.is_verdict:
        note(f"this look could not tell whether it is in stock: see `{program()} check {url}` before you rely on it")
    return 0


def _wanted(
    settings: Settings,
    url: str,
    name: str | None,
    max_price: str | None,
    interval: str | None,
    channels: tuple[str, ...],
) -> Addition:
    must_be_lookable(url)
    for watch in settings.watches:
        if any(listing.url == url for listing in watch.listings):
            raise Fault(f'{url} is already watched, by "{watch.name}"')
        if name is not None and watch.name.casefold() == name.casefold():
            raise Fault(f'there is a watch called "{watch.name}": add the page to its listings, or give another --name')
    for channel in channels:
        if channel not in settings.channels:
            known = list(settings.channels)
            raise Fault(
                f'no channel is called "{channel}"{nearest(channel, known) or "; there are: " + ", ".join(known)}'
            )
    every = None if interval is None else _read("--interval", interval, duration)
    if max_price is not None:
        _read("--max-price", max_price, money)
    return Addition(name or "", url, max_price, every, channels)


def _read(option: str, given: str, reader: Callable[[object], T]) -> T:
    try:
        return reader(given)
    except ValueError as error:
        raise Fault(f'{option} "{given}": {error}') from None
