"""From the file a person edits to `Settings`: every problem at once, each with its line, or settings nobody checks again."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from monitor import config_schema as schema
from monitor import secrets
from monitor.config_lines import Path as KeyPath
from monitor.config_lines import line_of, locate
from monitor.config_notes import notes, reachable, stretch
from monitor.config_read import decode, read
from monitor.config_relations import relations
from monitor.config_words import at, faults, is_secret, key_of, with_got
from monitor.model import HotWindow, Watch, Wish
from monitor.problems import ConfigError, Problem
from monitor.settings import (
    BlindSettings,
    ChannelSettings,
    ConfirmSettings,
    HostSettings,
    RetrySettings,
    Secret,
    Settings,
)
from notifiers.url import channel_url
from watchers.model import Limits, Listing, Rules

__all__ = ["ConfigError", "Problem", "database_of", "load", "notes", "reachable", "references", "stretch"]

_USUAL_DATABASE = str(schema.MonitorTable().database)
DEMO_INTERVAL = timedelta(seconds=2)
T = TypeVar("T")


@dataclass
class _Source:
    """A file as written (`raw`), and as meant once its references are followed (`data`)."""

    path: Path
    text: str
    raw: dict[str, Any]
    data: dict[str, Any]
    faults: list[tuple[KeyPath, str]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)  # of other files
    files: list[Path] = field(default_factory=list)


def load(path: Path, *, env: Mapping[str, str] | None = None, check_channels: bool = True) -> Settings:
    """Give the settings a file stands for; raises ConfigError with all its problems, and no secret in them.

    `env` is the environment (default: this process's). `check_channels` asks Apprise about each channel URL, which
    costs 0.6 s the first time; commands that send nothing may leave it out.
    """
    source = _gather(path, os.environ if env is None else env)
    found = list(source.faults)
    blamed = {key for key, _ in found}
    root = None
    try:
        root = schema.Root.model_validate(source.data)
    except ValidationError as error:
        found += [fault for fault in faults(error, source.raw) if not _under(fault[0], blamed)]
    blamed = {key for key, _ in found}
    for key, message in relations(source.data, path.absolute().parent, check_channels=check_channels):
        if not _under(key, blamed):
            got = at(source.raw, key)
            found.append((key, with_got(message, got, key) if message.startswith("expected") else message))
    problems = [*source.problems, *_located(source, found)]
    if problems or root is None:
        raise ConfigError(problems)
    return _settings(path, root)


def database_of(path: Path) -> Path:
    """Give the database that a file means, even one with mistakes: what it says if that can be read, else the usual one."""
    named: object = None
    with contextlib.suppress(ConfigError):
        table = read(path)[1].get("monitor")
        named = table.get("database") if isinstance(table, dict) else None
    return _database(path, named if isinstance(named, str) and named else _USUAL_DATABASE)


def _database(path: Path, named: str) -> Path:
    return path.absolute().parent / Path(named).expanduser()


def references(path: Path, *, env: Mapping[str, str] | None = None) -> tuple[Path, ...]:
    """Give the files whose change can change the settings: the file, its `.env`, and what `file:` points to."""
    files = [path, path.parent / ".env"]
    with contextlib.suppress(ConfigError):  # else what the file says is not known just now
        files += _gather(path, os.environ if env is None else env).files
    return tuple(dict.fromkeys(files))


def _under(path: KeyPath, blamed: set[KeyPath]) -> bool:
    return any(path[:end] in blamed for end in range(1, len(path) + 1))


def _gather(path: Path, env: Mapping[str, str]) -> _Source:
    text, raw = read(path)
    source = _Source(path, text, raw, raw)
    variables = {**_env_file(source), **env}
    source.data = _followed(source, raw, (), variables)
    return source


def _env_file(source: _Source) -> Mapping[str, str]:
    file = source.path.parent / ".env"
    try:
        if not file.is_file() or not (body := file.read_bytes()).strip():
            return {}
        if len(body) > secrets.MOST_BYTES:
            raise ConfigError([Problem(file, None, "", "is too big for a .env file: NAME=value lines, at most 64 KiB")])
        parsed = secrets.parse_env(decode(file, body))
    except OSError as fault:
        source.problems.append(Problem(file, None, "", f"cannot be read: {fault.strerror}; check its permissions"))
        return {}
    except ConfigError as error:
        source.problems += error.problems
        return {}
    source.problems += [Problem(file, line, "", message) for line, message in parsed.faults]
    return parsed.variables


def _followed(source: _Source, node: Any, here: KeyPath, variables: Mapping[str, str]) -> Any:
    """Copy the tree with each ${NAME} and, at secret places, each file: reference replaced by what it stands for."""
    if isinstance(node, dict):
        return {key: _followed(source, value, (*here, key), variables) for key, value in node.items()}
    if isinstance(node, list):
        return [_followed(source, value, (*here, index), variables) for index, value in enumerate(node)]
    if not isinstance(node, str):
        return node
    text, wrong = secrets.expand(node, variables)
    source.faults += [(here, message) for message in wrong]
    if wrong or not is_secret(here) or (file := secrets.file_reference(text, source.path.parent)) is None:
        return text
    source.files.append(file)
    try:
        return secrets.read_secret(file)
    except ValueError as fault:
        source.faults.append((here, str(fault)))
        return ""


def _located(source: _Source, found: list[tuple[KeyPath, str]]) -> Iterator[Problem]:
    if not found:
        return
    try:
        lines = locate(source.text)
    except RecursionError:
        lines = {}
    for key, message in found:
        yield Problem(source.path, line_of(lines, key), key_of(source.raw, key), message)


def _copied(kind: type[T], table: object, **more: object) -> T:
    """Build settings from the table that has a key for each of their fields, but for those given."""
    given = {f.name: getattr(table, f.name) for f in fields(kind) if f.name not in more and hasattr(table, f.name)}  # type: ignore[arg-type]
    return kind(**given, **more)


def _settings(path: Path, root: schema.Root) -> Settings:
    service = root.monitor
    return Settings(
        path=path,
        database=_database(path, service.database),
        language=service.language,
        timezone=service.timezone,
        interval=_usual(service),
        min_interval=service.min_interval,
        jitter=service.jitter,
        accept=frozenset(service.accept),
        rates=dict(service.rates),
        retention=service.retention,
        backup_every=service.backup_every,
        longest_mute=service.longest_mute,
        heartbeat=Secret(service.heartbeat) if service.heartbeat else None,
        heartbeat_every=service.heartbeat_every,
        health=service.health,
        summary=service.summary,
        channels={
            name: ChannelSettings(name, Secret(channel_url(c.url)), c.urgent, c.language)
            for name, c in root.channels.items()
        },
        hosts={name: _host(table) for name, table in root.hosts.items()},
        watches=tuple(_watch(table, root) for table in root.watch),
        fetch=_copied(Limits, root.fetch, allow=tuple(root.fetch.allow)),
        concurrency=service.concurrency,
        full_every=service.full_every,
        confirm=_copied(ConfirmSettings, root.confirm),
        retry=_copied(RetrySettings, root.retry, delays=tuple(root.retry.delays)),
        blind=_copied(BlindSettings, root.blind),
    )


def _usual(service: schema.MonitorTable) -> timedelta:
    """Give the usual interval: raising only the floor raises it too."""
    return max(service.interval, service.min_interval)


def _host(table: schema.HostTable) -> HostSettings:
    return _copied(
        HostSettings,
        table,
        headers={name: Secret(value) for name, value in table.headers.items()},
        proxy=Secret(table.proxy) if table.proxy else None,
    )


def _watch(table: schema.WatchTable, root: schema.Root) -> Watch:
    amount, named = table.max_price or (None, None)
    return Watch(
        name=table.name,
        wish=Wish(
            accept=frozenset(table.accept or root.monitor.accept),
            max_price=amount,
            currency=table.currency or named or "JPY",
            sellers=tuple(dict.fromkeys(table.sellers)),
            condition=frozenset(table.condition),
            variant=table.variant,
            quantity=table.quantity,
        ),
        listings=tuple(
            _listing(page, table, root) for page in table.listings or [schema.ListingTable(url=table.url or "")]
        ),
        channels=tuple(dict.fromkeys(table.channels or root.channels)),
        hot=tuple(HotWindow(window.at, window.for_, window.every, window.days) for window in table.hot),
        control=table.control,
    )


def _listing(page: schema.ListingTable, watch: schema.WatchTable, root: schema.Root) -> Listing:
    usual = DEMO_INTERVAL if page.url.startswith("demo:") else _usual(root.monitor)
    verify = watch.tls_verify if page.tls_verify is None else page.tls_verify
    return Listing(page.url, page.interval or watch.interval or usual, page.variant, verify, _rules(page))


def _rules(page: schema.ListingTable) -> Rules | None:
    rules = Rules(tuple(page.in_stock_when), tuple(page.sold_out_when), tuple(page.price_at))
    return rules if rules != Rules() else None
