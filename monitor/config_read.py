"""From a path to TOML data: everything that can be wrong before the first key is looked at, in one line each."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from monitor.config_lines import Path as KeyPath
from monitor.config_lines import line_of, locate
from monitor.problems import ConfigError, Problem

MOST_BYTES = 8 * 1024 * 1024
_WIDE = {"＝": "=", "“": '"', "”": '"', "＂": '"', "‘": "'", "’": "'", "［": "[", "］": "]", "，": ",", "｛": "{", "｝": "}", "＃": "#", "\u3000": "space"}  # fmt: skip
_TWICE = "something is there twice"
_HINTS = (
    ("Cannot declare", _TWICE),
    ("Cannot overwrite", _TWICE),
    ("Cannot mutate", _TWICE),
    ("Duplicate inline table key", "a key inside { } is there twice"),
    ("Expected '=' after a key", 'expected name = value; text goes in quotes, a comment begins with "#"'),
    ("Invalid value", 'expected a value after "="; text goes in quotes, as name = "..."'),
    ("Expected newline or end of document", 'expected nothing more on this line; quotes inside quotes are written \\"'),
    ("Illegal character '\\n'", "a quote or bracket is opened on this line and not closed"),
    ('Expected "\'"', "a quote is opened and not closed"),
    ("Unterminated string", "a quote is opened and not closed"),
    ("Unescaped", "a backslash inside double quotes is written \\\\; or use single quotes"),
    ("Unclosed array", "a list is opened with [ and not closed with ], or lacks a comma"),
    ("Unclosed inline table", "a table opened with { must end with } on the same line, its parts separated by commas"),
    ("Expected ']", "a table name is opened with [ and not closed with ]"),
    ("Invalid initial character for a key part", "expected a name; a comma may be missing or too many"),
)


def read(path: Path) -> tuple[str, dict[str, Any]]:
    """Give the text and the TOML data of a file; raises ConfigError with one problem."""
    text = decode(path, _bytes(path))
    try:
        data = tomllib.loads(text)
        huge = next(_huge(data, ()), None)
    except tomllib.TOMLDecodeError as fault:
        raise ConfigError([_syntax(path, text, str(fault))]) from None
    except (RecursionError, ValueError):  # ValueError: a number of thousands of digits, a 13th month
        raise ConfigError(
            [Problem(path, None, "", "is not usable TOML: nested too deeply, or a number or date that is none")]
        ) from None
    if huge is not None:
        words = "expected a whole number of at most 64 bits, as TOML has them"
        raise ConfigError([Problem(path, line_of(locate(text), huge), "", words)])
    return text, data


def _huge(node: object, here: KeyPath) -> Iterator[KeyPath]:
    """Give the path of each whole number that is longer than TOML allows, and that no sum could be made with."""
    if isinstance(node, int) and not -(2**63) <= node < 2**63:
        yield here
    steps = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for step, inner in steps:
        yield from _huge(inner, (*here, step))


def _bytes(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise _whole(path, "is a folder: name the file in it, as config.toml")
        if path.exists() and not path.is_file():
            raise _whole(path, "is not a regular file")
        if (size := path.stat().st_size) > MOST_BYTES:
            raise _whole(
                path,
                f"has {size / 1e6:.0f} MB: a configuration has at most {MOST_BYTES // 1024**2} MiB; is it the right file?",
            )
        return path.read_bytes()
    except FileNotFoundError:
        raise _whole(path, "does not exist: `restock init` writes one, or copy config.example.toml") from None
    except OSError as fault:
        raise _whole(
            path, f"cannot be read: {fault.strerror or type(fault).__name__}; check its owner and permissions"
        ) from None


def decode(path: Path, body: bytes) -> str:
    """Give the text of UTF-8 bytes, with or without a byte order mark; raises ConfigError naming the line."""
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _whole(path, "is saved as UTF-16: save it as UTF-8 (in Notepad: Save as, Encoding)")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = body.count(b"\n", 0, fault.start) + 1
        raise ConfigError(
            [
                Problem(
                    path,
                    line,
                    "",
                    f"byte 0x{body[fault.start]:02x} is not UTF-8: save the file as UTF-8, not as Shift_JIS or another encoding",
                )
            ]
        ) from None
    if not text.strip():
        raise _whole(path, "is empty: it needs a [channels.NAME] and a [[watch]]; config.example.toml shows how")
    return text


def _whole(path: Path, message: str) -> ConfigError:
    return ConfigError([Problem(path, None, "", message)])


def _syntax(path: Path, text: str, fault: str) -> Problem:
    lines = text.replace("\r\n", "\n").split("\n")
    match = re.search(r" \(at line (\d+), column (\d+)\)$", fault)
    if match:
        number, place = int(match[1]), f"column {match[2]}: "
    else:
        number, place = len(text.rstrip().split("\n")), "end of the file: "
    what = fault.partition(" (at ")[0]
    if what.startswith("Illegal character '\\n'") or (not what and match):
        what = "Illegal character '\\n'"
    words = next((hint for start, hint in _HINTS if what.startswith(start)), what)
    line = lines[number - 1] if number <= len(lines) else ""
    words = _twice(line) if words == _TWICE else words
    wide = next((sign for sign in line.partition("#")[0] if sign in _WIDE and not _in_quotes(line, sign)), None)
    if wide:
        words = f"there is a full-width or curly (全角) {wide!r} on this line: write {_WIDE[wide]!r} (半角)"
    return Problem(path, number, "", f"{place}not valid TOML: {words}")


def _twice(line: str) -> str:
    """Name the key or the table of a line that is there already."""
    heading = re.match(r"\s*(\[\[?)\s*([^\]]+?)\s*\]", line)
    if heading is None:
        return f"the key {line.partition('=')[0].strip()[:60]} is there twice"
    brackets, name = heading[1], heading[2][:60]
    if name == "watch":
        return "[watch] cannot stand here: each watch begins with [[watch]], and its [[watch.hot]] stands below it"
    if name.startswith("watch."):
        return f"[{name}] is there already: each begins with two brackets, as [[{name}]], below the [[watch]] it is for"
    if brackets == "[[":
        return f"[[{name}]] cannot stand here: [{name}] is there already"
    return f"the table [{name}] is there twice; put its keys together"


def _in_quotes(line: str, sign: str) -> bool:
    return any(sign in quoted for quoted in re.findall(r'"[^"]*"|\'[^\']*\'', line))
