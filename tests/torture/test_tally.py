"""The table of the fault trials tells the truth: it adds up, and a broken trial fails its test."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

TRIALS = """
import pytest

def test_holds(tally, trials, rng):
    for number in range(trials(3, 200)):
        tally.trial("D3 holds", ok=True, latency=number / 10, repeats=1)

def test_breaks(tally):
    tally.trial("D2 breaks", ok=False, why="the alert was lost")
    tally.trial("D2 breaks", ok=True, latency=1.5)

@pytest.mark.torture
def test_long(tally):
    tally.trial("S1 long", ok=True)
"""


def _run(folder: Path, *args: str) -> tuple[int, str]:
    here = Path(__file__).parents[1]
    for name in ("conftest.py", "torture/conftest.py"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text((here / name).read_text("utf-8"), "utf-8")
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = torture\n", "utf-8")
    (folder / "torture" / "test_trials.py").write_text(TRIALS, "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(folder), *args],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, done.stdout + done.stderr


def test_the_table_adds_up_and_a_broken_trial_fails(tmp_path: Path) -> None:
    """Quick tier: few trials, no test marked torture, and the failure named."""
    code, out = _run(tmp_path, "--seed", "7")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert code == 1
    assert "D3 holds 3 0 0.200 3" in lines, out
    assert "D2 breaks 2 1 1.500 0" in lines, out
    assert "D2 breaks: the alert was lost" in out
    assert "--seed 7" in out
    assert "S1 long" not in out
    assert "1 deselected" in out


def test_the_long_tier_is_asked_for(tmp_path: Path) -> None:
    """--torture: many trials, and the tests marked torture."""
    _, out = _run(tmp_path, "--torture", "--seed", "7")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "D3 holds 200 0 19.900 200" in lines, out
    assert "S1 long 1 0 0" in lines, out
