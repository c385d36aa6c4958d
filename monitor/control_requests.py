"""What may be asked of a running service, and what it answers. Nothing here knows of sockets.

A request is one JSON object with `do` and the keys of that verb; an answer is one with `ok`, and with `error`, one line for
a person, when it is false. What is not named here is refused.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from monitor.changes import Reloaded
from monitor.mutes import Mute, Refused, length_of
from monitor.problems import ConfigError
from monitor.redact import clean
from monitor.reload import Held
from monitor.store_errors import StoreError
from monitor.values import nearest

LIMIT = 64 * 1024  # bytes of a request with its end of line
Answer = dict[str, Any]


class Quieting(Protocol):
    """The part of a service that mutes."""

    async def mute(self, name: str | None, length: timedelta) -> Mute: ...
    async def snooze(self, name: str, length: timedelta) -> Mute: ...
    async def unmute(self, name: str | None) -> tuple[Mute, ...]: ...


class Controls(Protocol):
    """What a request may reach, and nothing else."""

    @property
    def quieting(self) -> Quieting: ...
    @property
    def longest_mute(self) -> timedelta: ...

    async def reload(self, *, yes: bool) -> Reloaded | ConfigError | Held: ...
    def status(self) -> Answer: ...


@dataclass(frozen=True, slots=True)
class Request:
    """A request that is well formed."""

    do: str
    name: str | None = None  # None with `all`
    length: str = ""
    yes: bool = False


_KEYS: Mapping[str, frozenset[str]] = {
    "mute": frozenset({"name", "all", "for"}),
    "unmute": frozenset({"name", "all"}),
    "snooze": frozenset({"name", "for"}),
    "reload": frozenset({"yes"}),
    "status": frozenset(),
}
_TYPES: Mapping[str, type] = {"name": str, "for": str, "all": bool, "yes": bool}


def parse(line: bytes) -> Request:
    """Read one request; Refused with what is wrong about it."""
    if len(line) > LIMIT:
        raise Refused(f"the request is longer than {LIMIT:,} bytes")
    try:
        data = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError):
        raise Refused("the request is not one line of JSON") from None
    if not isinstance(data, dict):
        raise Refused('expected a JSON object such as {"do": "status"}')
    do = data.pop("do", None)
    if not isinstance(do, str) or do not in _KEYS:
        guess = nearest(do[:40], tuple(_KEYS)) if isinstance(do, str) else ""
        raise Refused(f"unknown request{guess}; there are: {', '.join(_KEYS)}")
    for key, value in data.items():
        if key not in _KEYS[do]:
            raise Refused(f"{do}: unknown key{nearest(key[:40], tuple(_KEYS[do]))}")
        if type(value) is not _TYPES[key]:
            raise Refused(f'{do}: "{key}" is to be {"true or false" if _TYPES[key] is bool else "text"}')
    everything = data.get("all", False)
    if "name" in _KEYS[do] and ("name" in data) == everything:
        raise Refused(f'{do}: expected "name"{" or all: true, and not both" if "all" in _KEYS[do] else ""}')
    if "for" in _KEYS[do] and "for" not in data:
        raise Refused(f'{do}: expected "for", how long')
    return Request(do, data.get("name"), data.get("for", ""), data.get("yes", False))


async def answer(line: bytes, controls: Controls) -> Answer:
    """Do what one line asks and give the answer; an expected fault is an answer too."""
    try:
        request = parse(line)
        return {"ok": True, **await _VERBS[request.do](request, controls)}
    except Refused as refused:
        return _no(str(refused))
    except StoreError as error:
        return _no(str(error), storage=True)
    except TimeoutError:
        return _no("the configuration did not stand still long enough to be read; try again")


def _no(error: str, **more: Any) -> Answer:
    return {"ok": False, "error": clean(" ".join(error.split())), **more}


async def _mute(request: Request, controls: Controls) -> Answer:
    length = length_of(request.length, controls.longest_mute)
    return {"mute": shown(await controls.quieting.mute(request.name, length))}


async def _snooze(request: Request, controls: Controls) -> Answer:
    assert request.name is not None
    length = length_of(request.length, controls.longest_mute)
    return {"mute": shown(await controls.quieting.snooze(request.name, length))}


async def _unmute(request: Request, controls: Controls) -> Answer:
    return {"ended": [shown(mute) for mute in await controls.quieting.unmute(request.name)]}


async def _reload(request: Request, controls: Controls) -> Answer:
    outcome = await controls.reload(yes=request.yes)
    if isinstance(outcome, Held):
        return _no(
            f"{len(outcome.vanished)} of {outcome.of} watches would disappear; if that is meant: restock reload --yes",
            held=list(outcome.vanished),
        )
    if isinstance(outcome, ConfigError):
        return _no("the configuration has mistakes; the one before stays in force", problems=str(outcome).splitlines())
    return {"changed": [] if outcome.nothing else summary(outcome)}


async def _status(_request: Request, controls: Controls) -> Answer:
    return {"status": controls.status()}


_VERBS: Mapping[str, Callable[[Request, Controls], Any]] = {
    "mute": _mute,
    "unmute": _unmute,
    "snooze": _snooze,
    "reload": _reload,
    "status": _status,
}


def shown(mute: Mute) -> Answer:
    """Give a mute as data; `watch` is null for all of them."""
    return {
        "watch": mute.watch or None,
        "kind": mute.kind.value,
        "since": mute.began.isoformat(),
        "until": mute.until.isoformat(),
    }


def summary(change: Reloaded) -> list[str]:
    """Say in lines what a new configuration changed."""
    lines = [
        f"{verb}: {watch} at {url}"
        for verb, keys in (
            ("added", change.added),
            ("removed", change.removed),
            ("changed", change.changed),
            ("timing or channels changed", change.retimed),
        )
        for watch, url in keys
    ]
    lines += [
        f"{what}: {name}"
        for what, names in (
            ("channel added", change.channels_added),
            ("channel removed", change.channels_removed),
            ("channel changed", change.channels_changed),
            ("host", change.hosts_changed),
            ("setting", change.settings_changed),
            ("needs a restart", change.needs_restart),
        )
        for name in names
    ]
    return [clean(line) for line in lines]
