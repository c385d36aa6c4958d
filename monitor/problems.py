"""What is wrong with a configuration, in words for whoever edits it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


def inert(text: str) -> str:
    """Write line breaks, control and invisible characters as escapes."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode("ascii") for sign in text)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to put right: where it stands, what was expected and what was found; no secret in it."""

    file: Path
    line: int | None  # from 1; None when the whole file is meant
    key: str  # as `watch "Deck".interval`; "" when no key is meant
    message: str

    def __post_init__(self) -> None:
        """Keep it to one line that a terminal shows as it is, whatever stood in the file."""
        for name in ("key", "message"):
            object.__setattr__(self, name, inert(getattr(self, name)))

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line is not None else f"{self.file}"
        return f"{place}: {self.key}: {self.message}" if self.key else f"{place}: {self.message}"


class ConfigError(Exception):
    """A configuration that cannot be used; `str` gives every problem, a line each, in the order of the file."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        unique = dict.fromkeys(problems)
        self.problems = tuple(sorted(unique, key=lambda p: (p.line or 0, p.key)))
        super().__init__("\n".join(map(str, self.problems)))
