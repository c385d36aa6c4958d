"""`restock status`: how the running service is doing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from monitor.commands.faults import Exit
from monitor.commands.service import call, holder, target
from monitor.commands.terminal import inert, say, say_json, say_table, styled
from monitor.values import show_duration


def status(config: Path | None, as_json: bool) -> int:
    """Show how the service is doing. That none runs is an answer, not a fault: exit 0 and `running` false."""
    meant = target(config)
    answer = call(meant, {"do": "status"})
    if answer is None:
        pid = holder(meant.database)
        if as_json:
            say_json({"running": pid is not None, "answers": False, "pid": pid})
        elif pid is None:
            say(f"not running: no service uses {meant.database}; start it with `restock run`")
        else:
            say(f"process {pid} has {meant.database} but does not answer: it starts, stops or hangs")
        return Exit.OK
    told: dict[str, Any] = answer["status"]
    if as_json:
        say_json({"running": True, "answers": True, **told})
        return Exit.OK
    zone = ZoneInfo(told["config"]["timezone"])
    say(styled(_headline(told, zone), "bold"))
    say_table(("what", "state", "detail"), list(rows(told, zone)))
    return Exit.OK


def _headline(told: dict[str, Any], zone: ZoneInfo) -> str:
    up = show_duration(timedelta(seconds=int(told["uptime_s"])))
    return f"running: restock {told['version']}, process {told['pid']}, since {_when(told['since'], zone)} ({up})"


def rows(told: dict[str, Any], zone: ZoneInfo) -> Iterator[tuple[str, str, str]]:
    """Give the lines of the table: what, its state, and more about it."""
    config = told["config"]
    state = "on hold" if config["held"] else "refused" if config["problems"] else "in force"
    yield "configuration", state, config["path"]
    for name in config["held"]:
        yield "  would disappear", inert(name), "if that is meant: restock reload --yes"
    for problem in config["problems"]:
        yield "  mistake", "", inert(problem)
    fault = told["database"]["fault"]
    yield "database", "failing" if fault else "fine", fault or told["database"]["path"]
    watches = f"{told['watches']:,} watches, {told['listings']:,} listings"
    looks = f"{told['looks']:,} looks, 95 % late by at most {told['lag_p95_s']:g} s"
    yield "watching", watches, looks
    yield "last alert", _when(told["last_alert"], zone) if told["last_alert"] else "none yet", ""
    for one in told["in_stock"]:
        price = f"{one['price']} {one['currency'] or ''}".strip() if one["price"] else "no price"
        yield inert(one["watch"]), one["state"] or "yes", f"{price}, since {_when(one['since'], zone)}, {one['url']}"
    for one in told["blind"]:
        about = f"{one['cause']} since {_when(one['since'], zone)}: {inert(one['detail'])} {one['url']}"
        yield inert(one["watch"]), "blind", about
    for one in told["backing_off"]:
        yield one["host"], "backs off", f"{one['seconds']:g} s more"
    for one in told["channels"]:
        yield f"channel {inert(one['name'])}", "healthy" if one["healthy"] else "in trouble", _channel(one)
    for one in told["mutes"]:
        whose = "all watches" if one["watch"] is None else inert(one["watch"])
        yield whose, "muted" if one["kind"] == "mute" else "snoozed", f"until {_when(one['until'], zone)}"


def _channel(one: dict[str, Any]) -> str:
    parts = [f"{one['sent']:,} sent", f"{one['pending']:,} waiting"]
    if one["held"]:
        parts.append(f"{one['held']:,} held by a mute")
    if one["paused_s"]:
        parts.append(f"rests {one['paused_s']:g} s")
    if one["last_error"]:
        parts.append(f"last error: {inert(one['last_error'])}")
    return ", ".join(parts)


def _when(text: str | None, zone: ZoneInfo) -> str:
    return f"{datetime.fromisoformat(text).astimezone(zone):%Y-%m-%d %H:%M:%S}" if text else "-"
