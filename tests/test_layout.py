"""Imports point one way: watchers and notifiers know neither each other nor the monitor."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FORBIDDEN = {"watchers": {"monitor", "notifiers"}, "notifiers": {"monitor", "watchers"}, "monitor": {"tests", "bench"}}
PURE = {
    "watchers/model.py", "watchers/weigh.py", "watchers/money.py", "watchers/walls.py", "watchers/identity.py",
    "watchers/page.py", "monitor/model.py", "monitor/decide.py", "monitor/wishes.py", "monitor/messages.py",
    "monitor/episode.py", "monitor/flapping.py", "monitor/notices.py", "monitor/stamps.py", "monitor/phrases.py",
    "monitor/inert.py", "monitor/health.py", "monitor/changes.py", "monitor/mutes.py", "watchers/charset.py", "watchers/ldjson.py",
}  # fmt: skip
SHELL = {"aiohttp", "asyncio", "sqlite3", "sqlite_utils", "apprise", "socket", "threading", "time", "random"}


def imported(path: Path) -> Iterator[tuple[str, int]]:
    """Yield every top-level package name a file imports, wherever in the file it does so."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield name.name.split(".")[0], node.lineno
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import hides the arrow"
            yield (node.module or "").split(".")[0], node.lineno


def sources(package: str) -> list[Path]:
    found = sorted((ROOT / package).rglob("*.py"))
    assert found, f"no source in {package}"
    return found


@pytest.mark.parametrize("package", FORBIDDEN)
def test_arrows_point_one_way(package: str) -> None:
    """A package imports only what stands below it."""
    turned = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in sources(package)
        for name, line in imported(path)
        if name in FORBIDDEN[package]
    ]
    assert not turned


def test_the_core_is_pure() -> None:
    """Reading, weighing, deciding and wording touch no network, disk, clock or chance."""
    touched = [
        f"{name}:{line} imports {module}"
        for name in sorted(PURE)
        for module, line in imported(ROOT / name)
        if module in SHELL
    ]
    assert not touched


def test_no_file_holds_two_ideas() -> None:
    """A module past 400 lines has two ideas inside."""
    long = {
        str(p.relative_to(ROOT)): n
        for k in FORBIDDEN
        for p in sources(k)
        if (n := len(p.read_text("utf-8").splitlines())) > 400
    }
    assert not long
