"""How commands print: tables and colours for a terminal, plain lines for a pipe, JSON for a program."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

from monitor.redact import MASK
from monitor.settings import Secret


def say(*lines: str) -> None:
    """Print lines on stdout; a reader that has left, as `head` does, is no fault."""
    try:
        sys.stdout.write("".join(f"{line}\n" for line in lines))
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def note(line: str) -> None:
    """Print a remark on stderr, where it does not mix with data."""
    sys.stderr.write(f"restock: {line}\n")


def say_json(data: object) -> None:
    """Print one JSON document on stdout."""
    say(json.dumps(plain(data), ensure_ascii=False, indent=2))


def plain(data: Any) -> Any:
    """Turn our words into what JSON knows: money as text, times as ISO 8601 in UTC, durations as seconds."""
    if isinstance(data, Secret):
        return MASK
    if isinstance(data, Enum):
        return data.value
    if is_dataclass(data) and not isinstance(data, type):
        return {field.name: plain(getattr(data, field.name)) for field in fields(data)}
    if isinstance(data, dict):
        return {str(key): plain(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [plain(item) for item in data]
    if isinstance(data, set | frozenset):
        return sorted(plain(item) for item in data)
    if isinstance(data, datetime):
        return data.isoformat()
    if isinstance(data, timedelta):
        return data.total_seconds()
    if isinstance(data, Decimal | Path):
        return str(data)
    return data


def say_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table on a terminal, and lines of tab-separated cells into a pipe."""
    if not sys.stdout.isatty():
        say(*("\t".join(inert(cell) for cell in row) for row in (headings, *rows)))
        return
    from rich.cells import cell_len
    from rich.console import Console
    from rich.segment import Segment, Segments
    from rich.table import Table
    from rich.text import Text

    console = Console()
    cells = [[inert(cell) for cell in row] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(headings, *cells, strict=True)]
    apart = sum(widths) + 2 * (len(widths) - 1) > console.width
    shown = len(headings) - 1 if apart else len(headings)
    if (
        apart
    ):  # the last column, which holds addresses, has a line of its own below; a narrow terminal wraps at its edge
        console.width = max(console.width, sum(widths[:-1]) + 2 * (shown - 1), widths[-1] + 2)
    table = Table(*headings[:shown], header_style="bold", box=None, pad_edge=False)
    for row in cells:
        table.add_row(*(Text(cell, style=_STYLES.get(cell, ""), no_wrap=True) for cell in row[:shown]))
    if not apart:
        console.print(table)
        return
    for line, row in zip(console.render_lines(table, pad=False), ([], *cells), strict=True):
        console.print(Segments([*line, Segment.line()]), soft_wrap=True, end="")
        if row:
            console.print(Text(f"  {row[-1]}", style="dim"), soft_wrap=True)


_STYLES = {
    "yes": "bold green",
    "in_stock": "bold green",
    "no": "dim",
    "out_of_stock": "dim",
    "cannot_tell": "yellow",
    "blocked": "yellow",
    "unknown": "yellow",
    "accepted": "bold green",
    "refused": "bold red",
    "uncertain": "yellow",
}


def inert(text: str) -> str:
    """Give somebody else's words without anything that could command a terminal or turn the line around."""
    return "".join(letter for letter in " ".join(text.split()) if letter.isprintable()).strip()


def styled(text: str, style: str) -> str:
    """Give the text in a style on a terminal, and as it is into a pipe."""
    codes = {"bold": "1", "dim": "2", "green": "1;32", "yellow": "33", "red": "1;31"}
    return f"\x1b[{codes[style]}m{text}\x1b[0m" if sys.stdout.isatty() else text
