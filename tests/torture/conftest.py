"""What every fault trial shares: how many to run, from which seed, and the table at the end.

    async def test_x(tally, rng, trials):
        for _ in range(trials(3, 200)):
            ...
            tally.trial("D3 kill -9 at random", ok=nothing_lost, latency=seconds, repeats=2)
        # a trial that is not ok fails the test when it ends, so that one failure does not hide the others

A test with no quick form is marked `@pytest.mark.torture` and runs in `make torture` only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from random import Random
from typing import Any

import pytest

_ROW = "torture row"


@dataclass
class Row:
    """One promise in the table; latencies in seconds."""

    promise: str
    trials: int = 0
    failures: int = 0
    worst: float | None = None
    repeats: int = 0
    notes: list[str] = field(default_factory=list)

    def add(self, other: Row) -> None:
        self.trials += other.trials
        self.failures += other.failures
        self.repeats += other.repeats
        self.notes += [note for note in other.notes if note not in self.notes]
        if other.worst is not None:
            self.worst = other.worst if self.worst is None else max(self.worst, other.worst)


class Tally:
    """The trials of one test."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}
        self.broken: list[str] = []

    def trial(
        self, promise: str, *, ok: bool, latency: float | None = None, repeats: int = 0, why: object = None
    ) -> None:
        """Count one trial: `promise` starts with the promise's number ("D3 ..."), `why` says what was wrong if not ok."""
        self.rows.setdefault(promise, Row(promise)).add(Row(promise, 1, int(not ok), latency, repeats))
        if not ok:
            self.broken.append(f"{promise}: {why if why is not None else 'did not hold'}")

    def note(self, promise: str, text: str) -> None:
        """Say something beside the row, such as a percentile."""
        self.rows.setdefault(promise, Row(promise)).notes.append(text)


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Iterator[Tally]:
    """Count trials; the test fails at its end when one of them was not ok."""
    counting = Tally()
    yield counting
    request.node.user_properties.extend((_ROW, asdict(row)) for row in counting.rows.values())
    if counting.broken:
        shown = "\n".join(counting.broken[:20])
        pytest.fail(f"{len(counting.broken)} trial(s) broke their promise:\n{shown}", pytrace=False)


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """Give the seed of this run; it is printed at the top and under the table."""
    return int(request.config.option.seed)


@pytest.fixture
def rng(request: pytest.FixtureRequest, seed: int) -> Random:
    """Give this test's own random numbers: the same for the same seed, whatever else runs."""
    return Random(f"{seed} {request.node.nodeid}")


@pytest.fixture
def trials(request: pytest.FixtureRequest) -> Callable[[int, int], int]:
    """Choose how many trials to run, in `make test` and in `make torture`: `trials(3, 200)`."""

    def choose(quick: int, long: int) -> int:
        return long if request.config.option.torture else quick

    return choose


@pytest.fixture
def limit(request: pytest.FixtureRequest) -> Callable[[float], float]:
    """Give a promised time: as promised in `make torture`, threefold in `make test`, which may share its two cores."""
    return lambda seconds: seconds if request.config.option.torture else 3 * seconds


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print the table."""
    rows: dict[str, Row] = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", "") == "teardown":
                for name, value in report.user_properties:
                    if name == _ROW:
                        rows.setdefault(value["promise"], Row(value["promise"])).add(Row(**value))
    if not rows:
        return
    terminalreporter.section(f"fault trials, --seed {config.option.seed}")
    width = max(len("promise"), *(len(row.promise) for row in rows.values()))
    head = f"{'promise':<{width}}  {'trials':>7} {'failures':>8} {'worst s':>8} {'repeats':>7}"
    terminalreporter.write_line(head)
    terminalreporter.write_line("-" * len(head))
    for row in sorted(rows.values(), key=_order):
        worst = "" if row.worst is None else f"{row.worst:.3f}"
        line = f"{row.promise:<{width}}  {row.trials:>7} {row.failures:>8} {worst:>8} {row.repeats:>7}"
        terminalreporter.write_line("  ".join([line, *row.notes]), red=bool(row.failures))


def _order(row: Row) -> tuple[str, int, str]:
    head = row.promise.split()[0]
    digits = "".join(filter(str.isdigit, head.split("-")[0]))
    return head[:1], int(digits or 0), row.promise
