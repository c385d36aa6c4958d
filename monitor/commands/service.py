"""`restock mute`, `unmute`, `snooze` and `reload`: asked of the running service, or written where none runs."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from monitor.commands.base import config_path, load_settings
from monitor.commands.faults import Exit, Fault
from monitor.commands.terminal import inert, say
from monitor.config import ConfigError, database_of
from monitor.control_client import NoAnswer, NotRunning, ask
from monitor.control_requests import shown
from monitor.lock import Lock
from monitor.mutes import ALL, Mute, MuteKind, Refused, in_stock, length_of, named, set_notice
from monitor.settings import Settings
from monitor.storage import AlreadyRunning, Storage


@dataclass(frozen=True, slots=True)
class Target:
    """The service that is meant: its database is known even while its file has mistakes."""

    path: Path
    database: Path
    settings: Settings | None
    fault: ConfigError | None = None

    @property
    def zone(self) -> ZoneInfo:
        """Whose times are shown."""
        return ZoneInfo(self.settings.timezone if self.settings is not None else "UTC")

    @property
    def usable(self) -> Settings:
        """The settings; raises the ConfigError of a file with mistakes."""
        if self.settings is None:
            assert self.fault is not None
            raise self.fault
        return self.settings


def target(config: Path | None) -> Target:
    """Find the service that a command is for; raises Fault when there is no configuration."""
    path = config_path(config)
    try:
        settings = load_settings(config)
    except ConfigError as fault:
        return Target(path, database_of(path), None, fault)
    return Target(path, settings.database, settings)


def mute(words: list[str], everything: bool, config: Path | None) -> int:
    """Hold news back for a while; raises Fault, ConfigError and StoreError."""
    name, length = _named_length("mute", words, everything)
    meant = target(config)
    made = _set(meant, {"do": "mute", "for": length, **_who(name)}, MuteKind.MUTE, name, length)
    say(f"muted {_whose(name)} until {_when(made['until'], meant.zone)}; what happens meanwhile comes then, together")
    return Exit.OK


def snooze(name: str, length: str, config: Path | None) -> int:
    """Silence what is in stock now for a while; raises Fault, ConfigError and StoreError."""
    meant = target(config)
    made = _set(meant, {"do": "snooze", "name": name, "for": length}, MuteKind.SNOOZE, name, length)
    say(
        f"snoozed {_whose(name)} until {_when(made['until'], meant.zone)}; if it is still in stock then, you hear of it"
    )
    return Exit.OK


def unmute(name: str | None, everything: bool, config: Path | None) -> int:
    """End mutes and snoozes now; raises Fault, ConfigError and StoreError."""
    if (name is None) is not everything:
        raise Fault("unmute: write the name of one watch, or --all")
    meant = target(config)
    answer = call(meant, {"do": "unmute", **_who(name)})
    when = "now"
    if answer is None:
        answer = {"ended": [shown(one) for one in asyncio.run(_cut_short(meant.usable, name))]}
        when = "at the next start of the service"
    for one in answer["ended"]:
        say(f"the {one['kind']} of {_whose(one['watch'])} is over; what it held back comes {when}")
    if not answer["ended"]:
        say("nothing is muted" if name is None else f"{_whose(name)} is not muted by itself; see: restock status")
    return Exit.OK


def reload(yes: bool, config: Path | None) -> int:
    """Put the configuration in force now and say what changed; exit 2 when it is refused, on hold, or nothing runs."""
    meant = target(config)
    answer = call(meant, {"do": "reload", "yes": yes})
    if answer is None:
        raise Fault(
            f"no service runs on {meant.database}, so there is nothing to reload; "
            f"`restock run` reads {meant.path} when it starts"
        )
    say(*([inert(line) for line in answer["changed"]] or ["nothing changed"]))
    return Exit.OK


def call(meant: Target, request: dict[str, Any]) -> dict[str, Any] | None:
    """Ask the service that is meant; None when none runs. Raises Fault with what it says against it."""
    try:
        answer = ask(meant.database, request)
    except NotRunning:
        return None
    except NoAnswer as silent:
        raise Fault(str(silent), Exit.INTERNAL) from None
    if not answer.get("ok"):
        more = [inert(str(line)) for line in (*answer.get("problems", ()), *answer.get("held", ()))]
        code = Exit.STORAGE if answer.get("storage") else Exit.CONFIGURATION
        raise Fault("\n".join([str(answer.get("error", "the service refused")), *more]), code)
    return answer


def holder(database: Path) -> int | None:
    """Give the process that seems to have the database, from the number in its lock file; None when none lives."""
    try:
        pid = int(Lock(database).path.read_text("ascii"))
        os.kill(pid, 0)
    except PermissionError:
        return pid
    except (OSError, ValueError, OverflowError):
        return None
    return pid


def _who(name: str | None) -> dict[str, Any]:
    return {"all": True} if name is None else {"name": name}


def _named_length(verb: str, words: list[str], everything: bool) -> tuple[str | None, str]:
    match words, everything:
        case [length], True:
            return None, length
        case [name, length], False:
            return name, length
    raise Fault(f"{verb}: write the name of one watch and how long, or --all and how long, such as: {verb} --all 8h")


def _whose(name: str | None) -> str:
    return "all watches" if name is None else f'"{inert(name)}"'


def _set(meant: Target, request: dict[str, Any], kind: MuteKind, name: str | None, length: str) -> dict[str, Any]:
    answer = call(meant, request)
    if answer is not None:
        given: dict[str, Any] = answer["mute"]
        return given
    return shown(asyncio.run(_write(meant.usable, kind, name, length)))


async def _write(settings: Settings, kind: MuteKind, name: str | None, length: str) -> Mute:
    """Set a mute in the database of a service that does not run; it holds from the next start on."""
    try:
        span = length_of(length, settings.longest_mute)
        watch = ALL if name is None else named(settings.watches, name)
        async with await _open(settings) as storage:
            if kind is MuteKind.SNOOZE and not in_stock(await storage.beliefs(), watch):
                raise Refused(f'"{watch}" was not in stock when it was last looked at, so there is nothing to snooze')
            now = datetime.now(UTC)
            new = Mute(watch, kind, now, now + span)
            standing = [one for one in await storage.mutes() if (one.watch, one.kind) != (watch, kind)]
            return await storage.open_mute(new, standing, set_notice(new))
    except Refused as refused:
        raise Fault(str(refused)) from None


async def _cut_short(settings: Settings, name: str | None) -> list[Mute]:
    try:
        async with await _open(settings) as storage:
            standing = await storage.mutes()
            if name is not None:
                named(settings.watches, name, {one.watch for one in standing})
            over = [one for one in standing if name is None or one.watch == name]
            await storage.cut_short(over, datetime.now(UTC))
            return over
    except Refused as refused:
        raise Fault(str(refused)) from None


async def _open(settings: Settings) -> Storage:
    try:
        return await Storage.open(settings.database)
    except AlreadyRunning as running:
        raise Fault(
            f"process {running.pid or '?'} has the database but does not answer on its control socket; "
            "it may be starting or stopping: try again in a moment, and look at its log",
            Exit.ALREADY_RUNNING,
        ) from None


def _when(text: str, zone: ZoneInfo) -> str:
    at, now = datetime.fromisoformat(text).astimezone(zone), datetime.now(zone)
    return f"{at:%H:%M:%S %Z}" if at.date() == now.date() else f"{at:%Y-%m-%d %H:%M:%S %Z}"
