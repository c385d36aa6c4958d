"""From what pydantic found to what a person reads: the key as they know it, what was expected, what stood there."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from monitor import config_schema as s
from monitor.config_lines import Path
from monitor.redact import clean
from monitor.values import nearest

TABLES: Mapping[tuple[str, ...], type[BaseModel]] = {
    (): s.Root,
    ("monitor",): s.MonitorTable,
    ("channels", "*"): s.ChannelTable,
    ("hosts", "*"): s.HostTable,
    ("fetch",): s.FetchTable,
    ("confirm",): s.ConfirmTable,
    ("retry",): s.RetryTable,
    ("blind",): s.BlindTable,
    ("watch", "*"): s.WatchTable,
    ("watch", "*", "listings", "*"): s.ListingTable,
    ("watch", "*", "hot", "*"): s.HotTable,
}
# Promised by name, not built yet: refused, since a heartbeat that never beats would be worse than none.
LATER: Mapping[tuple[str, ...], tuple[str, str, str, str]] = {
    ("monitor", "keep_observations"): ("duration", "14d", "1d to 3650d", "single observations are kept so long"),
    ("fetch", "browsers"): ("whole number", "2", "1 to 16", "browsers at once"),
}
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_TOKEN = re.compile(r"[\w~.%+=:-]{20,}+")
_LOGIN = re.compile(r"(://)[^/@\s]*@")
_WORDS = {
    "missing": "is missing",
    "string_type": "expected text in quotes",
    "too_long": "expected fewer of them",
    "too_short": "expected at least one",
}


def is_secret(path: Path) -> bool:
    """Tell whether what stands at a path is never to be shown."""
    return (
        (path[:1] == ("channels",) and path[2:3] == ("url",))
        or (path[:1] == ("hosts",) and path[2:3] in (("headers",), ("proxy",)))
        or path[:2] == ("monitor", "heartbeat")
    )


def at(data: Any, path: Path) -> Any:
    """Give what stands at a path, or at the nearest place around it that exists."""
    for step in path:
        if not (
            isinstance(step, int) and step < len(data)
            if isinstance(data, list)
            else isinstance(data, dict) and step in data
        ):
            break
        data = data[step]
    return data


def written(data: object, path: Path) -> Path:
    """Give the path without the steps into lists that are not there: one word may stand for a list of one."""
    kept: Path = ()
    for step in path:
        if not isinstance(step, int) or isinstance(at(data, kept), list):
            kept = (*kept, step)
    return kept


def key_of(data: object, path: Path) -> str:
    """Write a path the way a person thinks of it: watch "Deck".listings[2].url, counting from 1."""
    words = ""
    for number, step in enumerate(path):
        if isinstance(step, int):
            name = at(data, (*path[: number + 1], "name")) if path[0] == "watch" and number == 1 else None
            words += f' "{name}"' if isinstance(name, str) and name.strip() and name.isprintable() else f"[{step + 1}]"
        else:
            words += ("." if words else "") + (step if _BARE.fullmatch(step) else f'"{step}"')
    return words


def shown(value: object, path: Path) -> str:
    """Write a value as it stood in the file, shortened, and masked where it is a secret."""
    if is_secret(path):
        return "***"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        # A secret may have been pasted under the wrong key: addresses lose what is private in them, tokens go whole.
        text = "***" if _is_token(value.strip()) else clean(_LOGIN.sub(r"\1***@", value))
        return '"' + (text if len(text) <= 60 else text[:57] + "...") + '"'
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    if isinstance(value, (int, float, datetime.date, datetime.time)):
        return str(value)[:60]
    return "nothing"


def _is_token(text: str) -> bool:
    """True for one long word of letters and digits, as passwords of services are."""
    return bool(_TOKEN.fullmatch(text)) and any(c.isdigit() for c in text) and any(c.isalpha() for c in text)


def with_got(message: str, value: object, path: Path) -> str:
    """Put what stood there behind what was expected, and a guess at the right spelling last."""
    words, found, guess = message.partition(" (did you mean ")
    return f"{words}, got {shown(value, path)}{found}{guess}"


def star(path: Path) -> tuple[str, ...]:
    """Give the pattern of a path: list positions and the names a person chose become "*"."""
    chosen = path[:1] in (("channels",), ("hosts",))
    return tuple("*" if isinstance(p, int) or (chosen and n == 1) else p for n, p in enumerate(path))


def known_keys(table: type[BaseModel]) -> list[str]:
    """Give the keys of a table as they are written in the file."""
    return [field.alias or name for name, field in table.model_fields.items()]


def faults(error: ValidationError, raw: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """Give path and words for each thing pydantic found; `raw` is the data as written, so that no secret shows."""
    for detail in error.errors(include_url=False, include_input=False):
        place: Path = tuple(p for p in detail["loc"] if p != "[key]")
        path = written(raw, place)
        yield path, _message(detail, place, path, raw)


def _message(detail: ErrorDetails, place: Path, path: Path, raw: Mapping[str, Any]) -> str:
    kind, value = detail["type"], at(raw, path)
    if kind == "extra_forbidden":
        return _unknown(place)
    if kind == "missing":
        return f"is missing{_missing_hint(place)}"
    if "[key]" in detail["loc"]:
        return with_got(str(detail["ctx"]["error"]), path[-1], ())
    if kind == "value_error":
        return with_got(str(detail["ctx"]["error"]), value, path)
    if kind in ("list_type", "too_short") and path == ("watch",):
        if isinstance(value, dict) and value.keys() <= {"hot", "listings"}:
            return "expected a [[watch]] above: [[watch.hot]] stands below the watch it belongs to"
        return "expected [[watch]] with two brackets, since there may be several, got [watch]"
    if kind in ("list_type",):
        return with_got("expected a list in [ ]", value, path)
    if kind in ("model_type", "dict_type", "model_attributes_type"):
        return with_got(f"expected a table, as {_heading(place)}", value, path)
    return with_got(_WORDS.get(kind, detail["msg"]), value, path)


def _heading(path: Path) -> str:
    pattern = star(path)
    if pattern[:1] == ("watch",):
        return {2: "[[watch]]", 4: '{ url = "https://..." }' if "listings" in pattern else "[[watch.hot]]"}.get(
            len(pattern), "[[watch]]"
        )
    return f"[{key_of({}, path)}{'.NAME' if path in (('channels',), ('hosts',)) else ''}]"


def _missing_hint(path: Path) -> str:
    field = TABLES[star(path)[:-1]].model_fields
    name = str(path[-1])
    for key, info in field.items():
        if (info.alias or key) == name:
            means = next((m for m in info.metadata if isinstance(m, s.Means)), None)
            return f": {means.text}" if means else ""
    return ""


def _unknown(path: Path) -> str:
    pattern = star(path)
    if pattern in LATER:
        return f"is kept for a later version and does nothing yet ({LATER[pattern][3]}): remove it for now"
    table, name = TABLES.get(pattern[:-1]), str(path[-1])
    homes = [_home(p) for p, other in TABLES.items() if name in known_keys(other)]
    if name == "hot":
        homes = ["[[watch.hot]], below the watch it belongs to"]
    if homes:
        return f"no such setting here; it belongs into {' or '.join(homes)}"
    guess = nearest(name, known_keys(table)) if table else ""
    return f"no such setting{guess}" if guess else "no such setting; docs/configuration.md lists them all"


def _home(pattern: tuple[str, ...]) -> str:
    """Write a table's heading as it stands in a file; a listing has none."""
    if pattern == ():
        return "the top of the file"
    if "listings" in pattern:
        return 'a listing { url = "https://..." }'
    heading = ".".join(step for step in pattern if step != "*")
    if pattern[0] == "watch":
        return f"[[{heading}]]"
    return f"[{heading}.NAME]" if "*" in pattern else f"[{heading}]"
