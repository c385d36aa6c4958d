"""What is not written in the file itself: ${NAME} from the environment or `.env`, and file: references.

No message made here holds a value: a variable is named, a path is named, and that is all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_REFERENCE = re.compile(r"\$\$(?=\{)|\$\{([^}]*)(\}?)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)")
_ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\", "$": "$"}
MOST_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class EnvFile:
    """The variables of a `.env` file, and the lines that are none (number, what was expected)."""

    variables: Mapping[str, str]
    faults: tuple[tuple[int, str], ...] = ()


def parse_env(text: str) -> EnvFile:
    """Read NAME=value lines: `export` and quotes allowed, # begins a comment, the last of two wins."""
    variables: dict[str, str] = {}
    faults: list[tuple[int, str]] = []
    for number, raw in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        value = _env_value(match[2]) if match else None
        if match is None:
            faults.append((number, "expected NAME=value (letters, digits and _ in the name)"))
        elif value is None:
            faults.append((number, f"{match[1]}: expected a closing quote on the same line"))
        else:
            variables[match[1]] = value
    return EnvFile(variables, tuple(faults))


def _env_value(text: str) -> str | None:
    if text[:1] not in ("'", '"'):
        return re.split(r"(?:^|\s)#", text, maxsplit=1)[0].strip()
    body = r"((?:[^\"\\]|\\.)*)" if text[0] == '"' else "([^']*)"
    match = re.fullmatch(rf"{text[0]}{body}{text[0]}\s*(?:#.*)?", text)
    if match is None:
        return None
    return re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[0]), match[1]) if text[0] == '"' else match[1]


def expand(text: str, variables: Mapping[str, str]) -> tuple[str, list[str]]:
    """Replace each ${NAME}; give the text and what is wrong with its references, naming names only.

    `$${` stands for a literal `${`. A name that is unset or empty is a fault: nothing is sent to "".
    """
    faults: list[str] = []

    def put(match: re.Match[str]) -> str:
        name, closed = match[1], match[2]
        if name is None:
            return "$"
        if not closed:
            faults.append('"${" has no "}"; write "$${" for the characters themselves')
        elif not _NAME.fullmatch(name):
            faults.append("expected only a name between ${ and }: letters, digits and _")
        elif name not in variables:
            faults.append(
                f"${{{name}}} is not set: set {name} in the environment, or put {name}=... into a .env file beside this one"
            )
        elif not variables[name].strip():
            faults.append(f"${{{name}}} is set but empty: give {name} a value in the environment or the .env file")
        else:
            return variables[name]
        return ""

    return _REFERENCE.sub(put, text), faults


def strings(node: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Walk every string value of a tree of tables and lists, with its path."""
    if isinstance(node, str):
        yield path, node
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from strings(value, (*path, key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from strings(value, (*path, index))


def file_reference(text: str, folder: Path) -> Path | None:
    """Give the path a "file:" reference means (relative ones from the folder of the configuration), else None."""
    if not text.startswith("file:"):
        return None
    name = text.removeprefix("file:")
    return folder / Path(name.removeprefix("//") if name.startswith("///") else name).expanduser()


def read_secret(path: Path) -> str:
    """Read a secret of one line from a file; raises ValueError naming the path and never the words in it."""
    try:
        if path.stat().st_size > MOST_BYTES or not path.is_file():
            raise ValueError(f'expected "{path}" to be a small file holding only the secret')
        text = path.read_text("utf-8-sig").strip()
    except FileNotFoundError:
        raise ValueError(f'the file "{path}" does not exist') from None
    except OSError as fault:
        raise ValueError(f'the file "{path}" cannot be read: {fault.strerror}') from None
    except UnicodeDecodeError:
        raise ValueError(f'the file "{path}" is not UTF-8 text') from None
    if not text:
        raise ValueError(f'the file "{path}" is empty')
    if any(not letter.isprintable() for letter in text):
        raise ValueError(f'expected "{path}" to hold the secret on one line and nothing else')
    return text
