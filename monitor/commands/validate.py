"""`restock validate`: every mistake in the configuration, or how often each shop can really be looked at."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from monitor.commands.base import load_settings
from monitor.commands.faults import Exit
from monitor.commands.terminal import plain, say, say_json, say_table
from monitor.config import ConfigError, notes, reachable
from monitor.settings import Settings
from monitor.values import host_of, show_duration


def validate(config: Path | None, as_json: bool) -> int:
    """Print what is wrong and exit 2, or what was understood and exit 0."""
    try:
        settings = load_settings(config, check_channels=True)
    except ConfigError as error:
        if not as_json:
            raise
        say_json({"ok": False, "problems": plain(error.problems)})
        return Exit.CONFIGURATION
    paces, remarks = _paces(settings), notes(settings)
    listings = sum(len(watch.listings) for watch in settings.watches)
    if as_json:
        say_json(
            {
                "ok": True,
                "watches": len(settings.watches),
                "listings": listings,
                "channels": list(settings.channels),
                "hosts": [pace._asdict() for pace in paces],
                "notes": remarks,
            }
        )
        return Exit.OK
    counts = [(len(settings.watches), "watch", "watches"), (listings, "listing", "listings")]
    counts.append((len(settings.channels), "channel", "channels"))
    say(f"{settings.path} is fine: " + ", ".join(f"{n} {one if n == 1 else more}" for n, one, more in counts))
    if paces:
        say_table(
            ("host", "listings", "asked for", "reachable"),
            [(p.host, str(p.listings), show_duration(p.asked), show_duration(p.reachable)) for p in paces],
        )
    say(*(f"note: {remark}" for remark in remarks))
    return Exit.OK


class _Pace(NamedTuple):
    """How often one host is looked at."""

    host: str
    listings: int
    asked: timedelta  # shortest interval asked for there
    reachable: timedelta  # shortest one its budget can serve


def _paces(settings: Settings) -> list[_Pace]:
    shortest = reachable(settings)
    intervals: dict[str, list[timedelta]] = {host: [] for host in shortest}
    for watch in settings.watches:
        for listing in watch.listings:
            if (host := host_of(listing.url)) in intervals:
                intervals[host].append(listing.interval)
    return [
        _Pace(host, len(asked), min(asked), timedelta(seconds=round(shortest[host].total_seconds(), 1)))
        for host, asked in sorted(intervals.items())
    ]
