"""Where each key of a TOML text stands, so that a problem can name its line.

tomllib gives values without places. This walks the same text, which tomllib has already accepted, and only keeps count.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections.abc import Mapping
from functools import lru_cache

Path = tuple[str | int, ...]

_SPACE = re.compile(r"[ \t]*")
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY = re.compile(
    r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')(?:[ \t]*\.[ \t]*(?:[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'))*"""
)
_STRING = re.compile(r'"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'', re.DOTALL)
_PLAIN = re.compile(r"[^,\]}\n#]*")


@lru_cache(maxsize=4096)
def _parts(key: str) -> tuple[str, ...]:
    """Split a possibly dotted, possibly quoted key, by letting tomllib read it."""
    if re.fullmatch(r"[A-Za-z0-9_-]+", key):
        return (key,)
    node: object = tomllib.loads(f"{key} = 0")
    parts: list[str] = []
    while isinstance(node, dict):
        name, node = next(iter(node.items()))
        parts.append(name)
    return tuple(parts)


def locate(text: str) -> Mapping[Path, int]:
    """Map each path of a valid TOML text ("watch", 0, "listings", 1, "url") to the line, from 1, that sets it."""
    return _Locator(text).run()


def line_of(lines: Mapping[Path, int], path: Path) -> int | None:
    """Give the line of a path, or of the nearest table around it."""
    for end in range(len(path), 0, -1):
        if (line := lines.get(path[:end])) is not None:
            return line
    return None


class _Locator:
    def __init__(self, text: str) -> None:
        self.text = text.replace("\r\n", "\n")
        self.starts = [0, *(m.end() for m in re.finditer("\n", self.text))]
        self.lines: dict[Path, int] = {}
        self.counts: dict[Path, int] = {}  # of elements in each array of tables

    def run(self) -> dict[Path, int]:
        at, table = self._skip(0), ()  # type: tuple[int, Path]
        while at < len(self.text):
            if self.text[at] == "[":
                at, table = self._header(at)
            else:
                at = self._statement(at, table)
            at = self._skip(at)
        return self.lines

    def _skip(self, at: int, pattern: re.Pattern[str] = _BLANK) -> int:
        match = pattern.match(self.text, at)
        return match.end() if match else at

    def _note(self, path: Path, at: int) -> None:
        line = bisect_right(self.starts, at)
        for end in range(1, len(path) + 1):  # tables that only a dotted name implies begin here too
            self.lines.setdefault(path[:end], line)

    def _key(self, at: int) -> tuple[int, tuple[str, ...]]:
        match = _KEY.match(self.text, at)
        assert match is not None, "tomllib accepted a key that this grammar does not know"
        return match.end(), _parts(match[0])

    def _header(self, at: int) -> tuple[int, Path]:
        array = self.text.startswith("[[", at)
        end, parts = self._key(self._skip(at + 1 + array, _SPACE))
        path: Path = ()
        for number, part in enumerate(parts, 1):
            path = (*path, part)
            if array and number == len(parts):
                self._note(path, at)
                self.counts[path] = self.counts.get(path, -1) + 1
            if path in self.counts:  # a name on the way means the newest element
                path = (*path, self.counts[path])
        self._note(path, at)
        return self._skip(end, _SPACE) + 1 + array, path

    def _statement(self, at: int, table: Path) -> int:
        end, parts = self._key(at)
        path = (*table, *parts)
        self._note(path, at)
        return self._value(self._skip(self._skip(end, _SPACE) + 1, _SPACE), path)

    def _value(self, at: int, path: Path) -> int:
        letter = self.text[at]
        if letter == "[":
            return self._array(at + 1, path)
        if letter == "{":
            return self._inline(at + 1, path)
        return self._skip(at, _STRING if letter in "\"'" else _PLAIN)

    def _array(self, at: int, path: Path) -> int:
        index = 0
        while self.text[at := self._skip(at)] != "]":
            if self.text[at] == ",":
                at += 1
                continue
            self._note((*path, index), at)
            at = self._value(at, (*path, index))
            index += 1
        return at + 1

    def _inline(self, at: int, path: Path) -> int:
        while self.text[at := self._skip(at)] != "}":
            at = at + 1 if self.text[at] == "," else self._statement(at, path)
        return at + 1
