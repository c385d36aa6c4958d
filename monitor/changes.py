"""What differs between two configurations, and whether the difference may be an accident. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from hashlib import blake2b

from monitor.model import Watch
from monitor.schedule import Key
from monitor.settings import Settings
from watchers.model import Listing

HOLD_FROM = 3  # watches that must vanish together before a save is held
_TABLES = ("path", "database", "channels", "hosts", "watches")


def fingerprint(watch: Watch, listing: Listing) -> str:
    """Give a short mark of the question put to a listing: its URL, the wish and its rules.

    Stable across processes; interval, channels and manners are no part of it, so editing these keeps the belief.
    """
    wish = watch.wish
    question: list[object] = [
        listing.url,
        listing.variant,
        sorted(wish.accept),
        _plain(wish.max_price),
        wish.currency if wish.max_price is not None else None,
        sorted(wish.sellers),
        sorted(wish.condition),
        wish.variant,
        wish.quantity,
    ]
    if (rules := listing.rules) is not None:  # a listing without rules keeps the mark that earlier versions gave it
        question.append(
            [[str(rule) for rule in some] for some in (rules.in_stock_when, rules.sold_out_when, rules.price_at)]
        )
    return blake2b(json.dumps(question, ensure_ascii=True).encode(), digest_size=8).hexdigest()


def _plain(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount.normalize():f}"


@dataclass(frozen=True, slots=True)
class Reloaded:
    """What a new configuration changes. Listings are named by (watch, URL) and stand in exactly one of the first four."""

    added: tuple[Key, ...] = ()
    removed: tuple[Key, ...] = ()
    changed: tuple[Key, ...] = ()  # another question: URL, wish or rules
    kept: tuple[Key, ...] = ()  # belief and schedule go on
    retimed: tuple[Key, ...] = ()  # of the kept: another interval, hot window, channel list or certificate rule
    channels_added: tuple[str, ...] = ()
    channels_removed: tuple[str, ...] = ()
    channels_changed: tuple[str, ...] = ()
    hosts_changed: tuple[str, ...] = ()  # added and removed ones too
    settings_changed: tuple[str, ...] = ()  # names of other fields of Settings
    needs_restart: tuple[str, ...] = ()  # keys that a running service cannot follow

    @property
    def nothing(self) -> bool:
        """True when both configurations mean the same."""
        return not any(getattr(self, f.name) for f in fields(self) if f.name != "kept")


def compare(old: Settings, new: Settings) -> Reloaded:
    """Tell what is different in the new settings, in the order of the files."""
    before, after = _listings(old), _listings(new)
    both = [key for key in after if key in before]
    kept = tuple(key for key in both if fingerprint(*before[key]) == fingerprint(*after[key]))
    return Reloaded(
        added=tuple(key for key in after if key not in before),
        removed=tuple(key for key in before if key not in after),
        changed=tuple(key for key in both if key not in kept),
        kept=kept,
        retimed=tuple(key for key in kept if _manner(*before[key]) != _manner(*after[key])),
        channels_added=tuple(name for name in new.channels if name not in old.channels),
        channels_removed=tuple(name for name in old.channels if name not in new.channels),
        channels_changed=tuple(n for n, c in new.channels.items() if n in old.channels and old.channels[n] != c),
        hosts_changed=tuple(n for n in {**old.hosts, **new.hosts} if old.hosts.get(n) != new.hosts.get(n)),
        settings_changed=tuple(
            f.name for f in fields(Settings) if f.name not in _TABLES and getattr(old, f.name) != getattr(new, f.name)
        ),
        needs_restart=("monitor.database",) if old.database != new.database else (),
    )


def _listings(settings: Settings) -> dict[Key, tuple[Watch, Listing]]:
    return {(watch.name, listing.url): (watch, listing) for watch in settings.watches for listing in watch.listings}


def _manner(watch: Watch, listing: Listing) -> tuple[object, ...]:
    return listing.interval, listing.tls_verify, watch.hot, watch.channels


def vanished(old: Settings, new: Settings) -> tuple[str, ...]:
    """Name the watches that are gone: neither their name nor any of their pages is watched any more."""
    names = {watch.name for watch in new.watches}
    pages = {listing.url for watch in new.watches for listing in watch.listings}
    return tuple(w.name for w in old.watches if w.name not in names and not any(p.url in pages for p in w.listings))


def must_hold(old: Settings, new: Settings, held: Sequence[str] | None = None) -> tuple[str, ...]:
    """Name the vanished watches when a save must wait for a second one: 3 or more, and half of all.

    One cut in eight of a TOML file still parses, so this may be a half-written file. `held` names what an earlier save
    of this kind lost: a second one that loses no less is meant; one that loses less is a file still growing.
    """
    gone = vanished(old, new)
    if len(gone) < HOLD_FROM or 2 * len(gone) < len(old.watches):
        return ()
    if held is not None and set(gone) >= set(held):
        return ()
    return gone
