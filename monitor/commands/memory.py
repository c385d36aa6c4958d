"""`restock list`, `history` and `export`: what is believed and what happened, read beside a running service."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from babel.numbers import format_currency

from monitor.commands.base import find_watch, load_settings
from monitor.commands.faults import Fault
from monitor.commands.terminal import note, plain, say_json, say_table
from monitor.model import Belief, Transition
from monitor.settings import Settings
from monitor.storage import Storage, reading
from monitor.whereabouts import program
from watchers.model import Listing, Offer

T = TypeVar("T")


def list_watches(config: Path | None, as_json: bool) -> int:
    """Show every listing with what is believed of it; raises ConfigError and StoreError."""
    settings = load_settings(config)
    unknown: dict[tuple[str, str], Belief] = {}
    beliefs = _read(settings, Storage.beliefs, unknown)
    rows = [
        (watch.name, listing, beliefs.get((watch.name, listing.url)))
        for watch in settings.watches
        for listing in watch.listings
    ]
    if as_json:
        say_json([_listing_data(name, listing, belief) for name, listing, belief in rows])
        return 0
    now = datetime.now(UTC)
    say_table(
        ("watch", "answer", "state", "price", "since", "last seen", "where"),
        [
            (
                name,
                belief.answer.value if belief and belief.answer else "never seen",
                belief.availability.value if belief and belief.availability else "-",
                _price(belief.offer if belief else None),
                _when(belief.since if belief else None, settings),
                _ago(belief.last_conclusive if belief else None, now),
                listing.url,
            )
            for name, listing, belief in rows
        ],
    )
    return 0


def history(name: str, config: Path | None, limit: int, as_json: bool) -> int:
    """Show what happened to a watch, newest first; also for one that has left the configuration."""
    settings = load_settings(config)
    nothing: list[Transition] = []
    try:
        watch = find_watch(settings, name).name
    except Fault:
        if not settings.database.exists() or not _read(settings, lambda storage: storage.history(name, 1), nothing):
            raise
        watch = name
    transitions = _read(settings, lambda storage: storage.history(watch, limit), nothing)
    if as_json:
        say_json(transitions)
        return 0
    if not transitions:
        note(f'nothing has happened yet to "{watch}"')
        return 0
    say_table(
        ("when", "what", "was", "is", "price", "event", "where"),
        [_history_row(transition, settings) for transition in transitions],
    )
    return 0


def export(config: Path | None) -> int:
    """Print all transitions and deliveries as one JSON document."""
    settings = load_settings(config)
    say_json(_read(settings, Storage.export, {"transitions": [], "deliveries": []}))
    return 0


def _read(settings: Settings, ask: Callable[[Storage], Awaitable[T]], empty: T) -> T:
    """Ask the database, which may not exist before the first run."""
    if not settings.database.exists():
        note(f"nothing is remembered yet: {settings.database} begins with the first `{program()} run`")
        return empty

    async def read() -> T:
        async with await reading(settings.database) as storage:
            return await ask(storage)

    return asyncio.run(read())


def _listing_data(name: str, listing: Listing, belief: Belief | None) -> dict[str, Any]:
    data: dict[str, Any] = plain(
        {
            "watch": name,
            "url": listing.url,
            "interval": listing.interval,
            "answer": belief.answer if belief else None,
            "state": belief.availability if belief else None,
            "offer": belief.offer if belief else None,
            "since": belief.since if belief else None,
            "last_conclusive": belief.last_conclusive if belief else None,
            "rang_at": belief.rang_at if belief else None,
            "title": belief.title if belief else None,
        }
    )
    return data


def _history_row(transition: Transition, settings: Settings) -> tuple[str, ...]:
    return (
        _when(transition.at, settings),
        transition.kind.value,
        transition.before.value if transition.before else "-",
        transition.after.value if transition.after else "-",
        _price(transition.offer),
        transition.event_id,
        transition.url or transition.detail,
    )


def _price(offer: Offer | None) -> str:
    if offer is None or offer.price is None:
        return "-"
    return format_currency(offer.price, offer.currency, locale="en") if offer.currency else f"{offer.price:f}"


def _when(at: datetime | None, settings: Settings) -> str:
    return f"{at.astimezone(ZoneInfo(settings.timezone)):%Y-%m-%d %H:%M:%S}" if at else "-"


def _ago(at: datetime | None, now: datetime) -> str:
    """Give how long ago, as two people would say it."""
    if at is None:
        return "never"
    seconds = max(0, int((now - at).total_seconds()))
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit} ago"
    return f"{seconds} s ago"
