"""A kill -9 at any instant loses nothing that was acknowledged and leaves nothing half written."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

from monitor import dbfile
from monitor.storage import Storage

ROOT = Path(__file__).parents[2]
ROUNDS = 10
CHANNELS = {"phone", "mail"}


def run_and_kill(database: Path, prefix: str, lines: int, after: float) -> list[str]:
    """Let the recorder say some lines and work on a moment, kill it, and give all that it said.

    Counted in lines, so that a slow machine proves as much as a fast one.
    """
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.monitor.recorder", str(database), prefix], cwd=ROOT, stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    assert child.stdout.readline() == b"ready\n"
    said = [child.stdout.readline().decode().rstrip("\n") for _ in range(lines)]
    time.sleep(after)
    os.kill(child.pid, signal.SIGKILL)
    said += child.stdout.read().decode().rpartition("\n")[0].splitlines()  # a line cut by the kill is no word given
    child.stdout.close()
    assert child.wait() == -signal.SIGKILL
    return said


async def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    """Ten kills at random moments: every acknowledged event is there, with all its deliveries or not at all."""
    database = tmp_path / "restock.db"
    chance = random.Random(7)
    recorded: set[str] = set()
    settled: set[str] = set()
    for number in range(ROUNDS):
        for line in run_and_kill(database, f"r{number}-", chance.randrange(3, 40), chance.uniform(0.0, 0.03)):
            word, name = line.split()
            (recorded if word == "recorded" else settled).add(name)

        with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as look:
            stored = {row[0] for row in look.execute("SELECT event_id FROM transitions")}
            believed = {row[0].rpartition("/")[2] for row in look.execute("SELECT url FROM beliefs")}
            spells = {row[0].rpartition("/")[2] for row in look.execute("SELECT url FROM spells")}
            made: dict[str, dict[str, str]] = {}
            for event_id, channel, state in look.execute("SELECT event_id, channel, state FROM deliveries"):
                made.setdefault(event_id, {})[channel] = state
        assert recorded <= stored
        assert stored == believed == spells == made.keys(), "something was written by halves"
        assert all(states.keys() == CHANNELS for states in made.values())
        assert all(set(made[name].values()) == {"done"} for name in settled)

    assert len(recorded) > ROUNDS, "the children recorded too little to prove anything"
    async with await Storage.open(database) as storage:
        owed = await storage.owed()
        assert {d.event_id for d in owed} == {name for name, states in made.items() if set(states.values()) != {"done"}}
        assert all(d.repeat for d in owed if made[d.event_id][d.channel] == "sending")
    assert dbfile.check(database) is None
