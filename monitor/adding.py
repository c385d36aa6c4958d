"""A new watch at the end of the file a person edits: their lines and comments stay as they are."""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from monitor.config import load
from monitor.inert import clean
from monitor.initialise import write_new
from monitor.settings import Settings
from monitor.values import show_duration

MOST_NAME = 60  # characters of a page's title that become a name
MOST_SHOP = 40  # characters of the shop's own name behind the product's
_BETWEEN = (" | ", " ｜ ", " – ", " — ", " : ", " » ", " - ")  # what stands between a product's name and its shop's
_LEAD = re.compile(r"^[a-zA-Z0-9.-]{3,30}+[:：] ?")  # "Amazon.co.jp: …"; blanks were folded before


@dataclass(frozen=True, slots=True)
class Addition:
    """What the new watch says; None leaves a key out."""

    name: str
    url: str
    max_price: str | None = None
    interval: timedelta | None = None
    channels: tuple[str, ...] = ()

    def stanza(self) -> str:
        """Give the lines of the watch, as a person would write them."""
        page = _quoted(self.url)
        if self.interval is not None:
            page = f'{{ url = {page}, interval = "{show_duration(self.interval)}" }}'
        lines = ["[[watch]]", f"name = {_quoted(self.name)}"]
        if self.max_price is not None:
            plain = self.max_price.isascii() and self.max_price.isdigit()
            lines.append(f"max_price = {self.max_price if plain else _quoted(self.max_price)}")
        if self.channels:
            lines.append(f"channels = [{', '.join(map(_quoted, self.channels))}]")
        return "\n".join([*lines, f"listings = [{page}]", ""])


def name_from(title: str | None, url: str, taken: frozenset[str]) -> str:
    """Give a name that no watch has yet: the product's, without the shop's, or the end of the address."""
    name = " ".join(clean(title, 300).split())
    if (lead := _LEAD.match(name)) and "." in lead[0].rstrip(":： ."):
        name = name[lead.end() :]
    at = max(name.rfind(mark) for mark in _BETWEEN)
    if at >= 4 and len(name) - at <= MOST_SHOP:
        name = name[:at]
    if len(name) > MOST_NAME:
        name = name[:MOST_NAME].rsplit(" ", 1)[0] if " " in name[MOST_NAME // 2 : MOST_NAME] else name[:MOST_NAME]
    name = name.strip(" -|:：・") or url.rstrip("/").rpartition("/")[2][:MOST_NAME] or url
    number, free = 1, name
    while free.casefold() in taken:
        number += 1
        free = f"{name} ({number})"
    return free


def append(path: Path, addition: Addition) -> Settings:
    """Put the watch at the end of the file, in one step, and give the settings it then stands for.

    Raises ConfigError when the file with the watch in it would be wrong, and OSError; then the file stands as it was.
    """
    old = path.read_bytes()
    newline = b"\r\n" if b"\r\n" in old else b"\n"
    gap = b"" if not old.strip() else newline if old.endswith(b"\n") else newline * 2
    text = old + gap + addition.stanza().encode().replace(b"\n", newline)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        write_new(fresh, "")
        fresh.write_bytes(text)
        settings = load(fresh, check_channels=False)
        if path.read_bytes() != old:
            raise OSError(0, "it was saved by somebody else at the same moment; try again")
        fresh.chmod(path.stat().st_mode & 0o7777)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    return settings


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
