"""The manual's tables, made from the schema: `python -m monitor.config_reference` prints them for docs/configuration.md."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, get_args, get_origin

from pydantic.fields import FieldInfo

from monitor.config_schema import Means
from monitor.config_types import Bytes, Kind, Rate, Seconds
from monitor.config_words import LATER, TABLES
from monitor.values import show_duration, show_size

TITLES: Mapping[tuple[str, ...], str] = {
    ("monitor",): "[monitor]",
    ("channels", "*"): "[channels.NAME]",
    ("hosts", "*"): '[hosts."www.example.com"]',
    ("fetch",): "[fetch]",
    ("confirm",): "[confirm]",
    ("retry",): "[retry]",
    ("blind",): "[blind]",
    ("watch", "*"): "[[watch]]",
    ("watch", "*", "listings", "*"): "a table in `listings`",
    ("watch", "*", "hot", "*"): "[[watch.hot]]",
}
# The numbers that the service's promises let a person set, in the order of the promises: what, and its one key.
PROMISES: tuple[tuple[str, str, str], ...] = (
    ("D6", "a message is given up after", "retry.give_up_after"),
    ("D7", "the fallback gets it after", "retry.fallback_after"),
    ("D7", "the fallback channel", "retry.fallback"),
    ("D9", "single messages before digests", "retry.burst"),
    ("T", "states accepted as a yes", "monitor.accept"),
    ("T", "a page that is gone is a no after", "confirm.gone_after"),
    ("T5", "agreeing looks for a yes", "confirm.looks"),
    ("T5", "the second look comes after", "confirm.again_after"),
    ("T5", '"seen once, could not confirm"', "confirm.unconfirmed_notice"),
    ("T5", "age of the no that re-arms the ring", "confirm.rearm_after"),
    ("T5", "a flapping listing rings at most every", "confirm.flap_ring_every"),
    ("T6", '"already in stock" note', "confirm.first_note"),
    ("T6", "silence after which news is quiet", "confirm.quiet_after"),
    ("B1", "blind after", "blind.after"),
    ("B3", "control watch", "watch.control"),
    ("B4", "heartbeat", "monitor.heartbeat"),
    ("B5", "daily summary", "monitor.summary"),
    ("4", "concurrent checks", "monitor.concurrency"),
    ("4", "concurrent checks per host", "hosts.NAME.concurrency"),
    ("4", "concurrent browsers", "fetch.browsers"),
    ("4", "smallest interval", "monitor.min_interval"),
    ("F2", "exceptions to the address guard", "fetch.allow"),
    ("S3", "hourly backup", "monitor.backup_every"),
    ("S5", "observations kept", "monitor.keep_observations"),
    ("S5", "transitions and deliveries kept", "monitor.retention"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One key as the manual shows it."""

    table: tuple[str, ...]
    key: str
    type: str
    default: str
    range: str
    meaning: str

    @property
    def name(self) -> str:
        """Give the key with its table, as `hosts.NAME.rate`."""
        names = {"channels": ("channels", "NAME"), "hosts": ("hosts", "NAME")}
        parts = names.get(self.table[0], tuple(p for p in self.table if p != "*"))
        return ".".join((*parts, self.key))

    def cells(self) -> str:
        """Write the row of a table of the manual."""
        return f"| `{self.key}` | {self.type} | {self.default} | {self.range} | {self.meaning} |"


def rows(table: tuple[str, ...]) -> Iterator[Row]:
    """Give each key of a table, in the order of the schema."""
    for name, field in TABLES[table].model_fields.items():
        kind, many = _kind(field.annotation, field.metadata)
        means = next(m for m in field.metadata if isinstance(m, Means))
        default = "**required**" if field.is_required() else means.default or _shown(field, kind)
        yield Row(
            table,
            field.alias or name,
            f"{many}{kind.name if kind else 'tables'}",
            default,
            str(kind.range) if kind else "",
            means.text,
        )


def later() -> Iterator[Row]:
    """Give each key that is promised and not built yet."""
    for path, (kind, default, span, text) in LATER.items():
        yield Row(
            path[:-1],
            path[-1],
            kind,
            default if default == "none" else f"`{_toml(default, None)}`" if kind == "duration" else f"`{default}`",
            span,
            text,
        )


def _kind(annotation: Any, metadata: list[Any], many: str = "") -> tuple[Kind | None, str]:
    for item in metadata:
        if isinstance(item, Kind):
            return item, many
    if get_origin(annotation) is Annotated:
        inner, *more = get_args(annotation)
        return _kind(inner, list(more), many)
    if get_origin(annotation) in (list, dict):
        inside = get_args(annotation)[-1]
        return _kind(inside, [], "list of " if get_origin(annotation) is list else "table of ")
    for part in get_args(annotation):  # X | None
        if part is not type(None):
            return _kind(part, [], many)
    return None, "list of URLs and " if many and isinstance(
        annotation, type
    ) and annotation.__name__ == "ListingTable" else many


def _shown(field: FieldInfo, kind: Kind | None) -> str:
    value = field.get_default(call_default_factory=True)
    return f"`{_toml(value, kind)}`" if value not in ([], {}, None) else "none"


def _toml(value: object, kind: Kind | None) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_toml(each, kind) for each in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, timedelta):
        return f'"{show_duration(value)}"'
    if isinstance(kind, Seconds) and isinstance(value, (int, float)):
        return f'"{show_duration(timedelta(seconds=value))}"'
    if isinstance(kind, Bytes) and isinstance(value, int):
        return f'"{show_size(value)}"'
    if isinstance(kind, Rate) and isinstance(value, (int, float)):
        return f'"{value:g}/s"'
    return f'"{value}"' if isinstance(value, str) else f"{value:g}" if isinstance(value, float) else str(value)


def manual() -> str:
    """Write every table of the manual, in Markdown."""
    head = "| key | type | default | range | meaning |\n|---|---|---|---|---|\n"
    parts = []
    for table, title in TITLES.items():
        heading = title if " " in title else f"`{title}`"
        parts.append(f"## {heading}\n\n{head}" + "".join(row.cells() + "\n" for row in rows(table)))
    known = {row.name: row for table in TITLES for row in rows(table)} | {row.name: row for row in later()}
    lines = []
    for promise, what, key in PROMISES:
        row = known[key]
        note = " (kept for a later version)" if (*row.table, row.key) in LATER else ""
        lines.append(f"| {promise} | {what}{note} | `{key}` | {row.type} | {row.default} | {row.range} |\n")
    parts.append(
        "## The numbers behind the promises\n\n| promise | what | key | type | default | range |\n|---|---|---|---|---|---|\n"
        + "".join(lines)
    )
    return "\n".join(parts)


if __name__ == "__main__":
    sys.stdout.write(manual())
