"""docs/promises.md tells the truth: no promise is left out, and every test it names exists."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "promises.md").read_text("utf-8")
PROMISES = [
    *(f"D{number}" for number in range(1, 14)),
    *(f"T{number}" for number in range(1, 9)),
    *(f"B{number}" for number in range(1, 6)),
    *(f"F{number}" for number in range(1, 7)),
    *(f"S{number}" for number in range(1, 10)),
    "P4",
]
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TEXT)))


@cache
def functions(path: str) -> frozenset[str]:
    """Give the names of the functions at the top of a file."""
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    return frozenset(one.name for one in tree.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))


@pytest.mark.parametrize("promise", PROMISES)
def test_every_promise_has_a_test_or_is_open(promise: str) -> None:
    """It stands there once, with tests under it, or with the word that it does not hold yet."""
    assert TEXT.count(f"- **{promise}** ") == 1
    part = TEXT.partition(f"- **{promise}** ")[2]
    part = re.split(r"^- \*\*|^## ", part, maxsplit=1, flags=re.MULTILINE)[0]
    assert "`tests/" in part or "**Open**" in part


def test_every_test_named_exists() -> None:
    """A test that was renamed or removed takes its line along."""
    assert len(NAMED) > 100
    missing = [f"{path}::{name}" for path, name in NAMED if name not in functions(path)]
    assert not missing


def test_no_line_names_a_test_in_another_form() -> None:
    """What looks like a test's name is one that was checked."""
    assert TEXT.count("::") == len(re.findall(r"`tests/[\w/]+\.py::\w+`", TEXT))
