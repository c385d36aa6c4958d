"""What is wrong with a configuration, in words for whoever edits it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to put right: where it stands, what was expected and what was found; no secret in it."""

    file: Path
    line: int | None  # from 1; None when the whole file is meant
    key: str  # as `watch "Deck".interval`; "" when no key is meant
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line is not None else f"{self.file}"
        return f"{place}: {self.key}: {self.message}" if self.key else f"{place}: {self.message}"


class ConfigError(Exception):
    """A configuration that cannot be used; `str` gives every problem, a line each, in the order of the file."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        unique = dict.fromkeys(problems)
        self.problems = tuple(sorted(unique, key=lambda p: (p.line or 0, p.key)))
        super().__init__("\n".join(map(str, self.problems)))
