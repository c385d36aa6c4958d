"""`mute`, `unmute`, `snooze`, `reload` and `status`: asked of a service in another process, or done where none runs."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from monitor import __version__
from monitor.cli import run as command
from monitor.commands.faults import Exit
from monitor.lock import Lock
from monitor.model import Answer, Belief, Change
from monitor.storage import Storage
from tests.monitor.news import NOW
from tests.monitor.test_cli_run import Running, start

__all__ = ["start"]

HEAD = """\
[monitor]
language = "en"
timezone = "Asia/Tokyo"
longest_mute = "12h"

[channels.terminal]
url = "console://"

[channels.hook]
url = "json://127.0.0.1:9/canary7token8secret"
"""
DEMO = '[[watch]]\nname = "Demo console"\nlistings = ["demo://en/switch-2"]\n'


def text(*names: str) -> str:
    """Write a configuration: the demo's console, and pages that may not be visited."""
    more = (f'[[watch]]\nname = "{name}"\nlistings = ["http://127.0.0.1:9/{name}"]\n' for name in names)
    return HEAD + DEMO + "".join(more)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RESTOCK_CONFIG", raising=False)
    (tmp_path / "config.toml").write_text(text("a", "b", "c"), "utf-8")
    return tmp_path


class Said:
    """Runs commands in this process and gives what they said."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: str) -> tuple[int, str]:
        self._capsys.readouterr()
        code = command(list(arguments))
        told = self._capsys.readouterr()
        return code, told.out + told.err

    def data(self, *arguments: str) -> Any:
        code, told = self(*arguments)
        assert code == 0, told
        return json.loads(told)


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    return Said(capsys)


def mutes(folder: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(folder / "restock.db")) as conn:
        return conn.execute("SELECT watch, kind FROM mutes WHERE ended IS NULL ORDER BY id").fetchall()


def answers(said: Said, within: float = 30.0) -> Any:
    """Wait until the service answers, and give its status."""
    end = time.monotonic() + within
    while not (told := said.data("status", "--json"))["running"] or not told["answers"]:
        assert time.monotonic() < end
        time.sleep(0.05)
    return told


def test_where_nothing_runs_status_says_so_and_reload_is_refused(here: Path, said: Said) -> None:
    """Asking is no fault (exit 0); reloading nothing is a mistake (exit 2), with what to do."""
    assert said.data("status", "--json") == {"running": False, "answers": False, "pid": None}
    code, told = said("status")
    assert (code, told.count("\n")) == (0, 1)
    assert "not running: no service uses" in told
    code, told = said("reload")
    assert code == Exit.CONFIGURATION
    assert "no service runs on" in told
    assert "restock run" in told


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("mute", "Demo consol", "1h"), 'did you mean "Demo console"'),
        (("mute", "demo console", "1h"), 'did you mean "Demo console"'),
        (("mute", "Demo console", "forever"), "a mute always ends, after 12h at most"),
        (("mute", "Demo console", "30"), 'write "30s" for seconds'),
        (("mute", "--all", "13h"), "expected at most 12h (monitor.longest_mute)"),
        (("mute", "--all", "Demo console", "1h"), "or --all and how long"),
        (("mute", "1h"), "write the name of one watch and how long"),
        (("mute", "a", "b", "1h"), "write the name of one watch and how long"),
        (("unmute",), "write the name of one watch, or --all"),
        (("unmute", "a", "--all"), "write the name of one watch, or --all"),
        (("unmute", "Quest"), "there are:"),
        (("snooze", "a", "1h"), "nothing to snooze"),
        (("snooze", "a"), "snooze --help"),
    ],
)
def test_mistakes_are_met_in_one_line(here: Path, said: Said, arguments: tuple[str, ...], words: str) -> None:
    """Exit 2, and nothing is muted."""
    code, told = said(*arguments)
    assert code == Exit.CONFIGURATION
    assert words in told
    assert told.count("\n") == 1
    assert not (here / "restock.db").exists() or mutes(here) == []


async def _believe(database: Path) -> None:
    async with await Storage.open(database) as storage:
        await storage.record([Change(Belief("a", "http://127.0.0.1:9/a", answer=Answer.YES))], NOW)


def test_where_nothing_runs_mutes_are_written(here: Path, said: Said) -> None:
    """They take the database's lock, write, and hold from the next start on; unmuting lets them end there."""
    asyncio.run(_believe(here / "restock.db"))
    assert said("mute", "Demo console", "2h")[0] == 0
    code, told = said("mute", "--all", "30m")
    assert code == 0
    assert "muted all watches until" in told
    assert "JST" in told
    assert said("snooze", "a", "1h")[0] == 0
    assert mutes(here) == [("Demo console", "mute"), ("", "mute"), ("a", "snooze")]
    code, told = said("unmute", "Demo console")
    assert (code, "at the next start" in told) == (0, True)
    code, told = said("unmute", "b")
    assert (code, "not muted by itself" in told) == (0, True)
    (here / "config.toml").write_text(text() + "[[watch]]\nnam = 1\n", "utf-8")
    code, told = said("mute", "--all", "1h")
    assert code == Exit.CONFIGURATION, "without a service the file has to be right"
    assert 'did you mean "name"' in told


def test_a_database_that_is_held_but_does_not_answer_is_told_of(here: Path, said: Said) -> None:
    """A service that starts, stops or hangs: exit 3 for what would write, and status says who has it."""
    lock = Lock(here / "restock.db")
    lock.acquire()
    try:
        code, told = said("mute", "a", "1h")
        assert code == Exit.ALREADY_RUNNING
        assert f"process {os.getpid()}" in told
        assert said.data("status", "--json") == {"running": True, "answers": False, "pid": os.getpid()}
        assert "does not answer" in said("status")[1]
    finally:
        lock.release()


def test_a_running_service_is_asked(here: Path, said: Said, start: Any) -> None:
    """Status, mutes and reload through the socket, each with its effect; a bad file is told line by line."""
    service: Running = start("run")
    told = answers(said)
    assert (told["version"], told["pid"]) == (__version__, service.process.pid)
    assert (told["watches"], told["listings"], told["mutes"]) == (4, 4, [])
    assert told["config"] == {
        "path": str(here / "config.toml"), "timezone": "Asia/Tokyo", "followed": True, "held": [], "problems": [],
    }  # fmt: skip
    assert {one["name"] for one in told["channels"]} == {"terminal", "hook"}
    assert set(told) >= {
        "since", "uptime_s", "looks", "lag_p95_s", "in_stock", "blind", "backing_off", "alerts", "last_alert", "database",
    }  # fmt: skip

    assert said("mute", "a", "1h")[0] == 0
    assert said("mute", "--all", "2h")[0] == 0
    code, words = said("mute", "aa", "1h")
    assert (code, 'did you mean "a"' in words) == (Exit.CONFIGURATION, True)
    assert [(one["watch"], one["kind"]) for one in said.data("status", "--json")["mutes"]] == [
        ("a", "mute"),
        (None, "mute"),
    ]
    code, words = said("status")
    assert code == 0
    assert f"running: restock {__version__}, process {service.process.pid}" in words
    assert "all watches\tmuted\tuntil" in words
    assert "canary7token8secret" not in words + json.dumps(told)
    assert said("snooze", "a", "1h")[0] == Exit.CONFIGURATION
    assert said("unmute", "--all")[1].count("is over; what it held back comes now") == 2
    assert said.data("status", "--json")["mutes"] == []

    assert said("reload") == (0, "nothing changed\n")
    (here / "config.toml").write_text(text("a", "b", "c").replace('name = "b"', 'nam = "b"'), "utf-8")
    code, words = said("reload")
    assert code == Exit.CONFIGURATION
    assert 'config.toml:18: watch[3].nam: no such setting (did you mean "name"?)' in words, words
    assert "the one before stays in force" in words
    assert said.data("status", "--json")["config"]["problems"]
    assert said("mute", "c", "1h")[0] == 0, "a running service mutes whatever its file says now"

    (here / "config.toml").write_text(text(), "utf-8")
    for _ in range(2):
        code, words = said("reload")
        assert code == Exit.CONFIGURATION, "asking twice is no second save"
        assert "3 of 4 watches would disappear; if that is meant: restock reload --yes" in words
    assert said.data("status", "--json")["config"]["held"] == ["a", "b", "c"]
    assert "would disappear" in said("status")[1]
    code, words = said("reload", "--yes")
    assert code == 0
    assert words.count("removed: ") == 3
    told = said.data("status", "--json")
    assert (told["watches"], told["config"]["held"]) == (1, [])

    assert service.stop()[0] == 0
    assert not (here / "restock.db.sock").exists()
    assert said.data("status", "--json")["running"] is False


def test_a_killed_service_leaves_nothing_in_the_way(here: Path, said: Said, start: Any) -> None:
    """After kill -9: status says that nothing runs, a mute is written, and the next start takes the socket over."""
    service: Running = start("run")
    answers(said)
    service.stop(signal.SIGKILL)
    assert (here / "restock.db.sock").exists()
    assert said.data("status", "--json") == {"running": False, "answers": False, "pid": None}
    assert said("mute", "a", "1h")[0] == 0
    start("run")
    assert [one["watch"] for one in answers(said)["mutes"]] == ["a"]


def test_a_terminal_gets_a_table(here: Path, start: Any, said: Said) -> None:
    """Columns and colours for eyes, none of it into a pipe."""
    import pty
    import subprocess
    import sys

    from tests.monitor.test_cli_run import ENVIRONMENT

    start("run")
    answers(said)
    leader, follower = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "monitor", "status"],
        cwd=here,
        stdout=follower,
        env={**ENVIRONMENT, "COLUMNS": "120"},
        check=True,
    )
    os.close(follower)
    shown = os.read(leader, 65536).decode()
    os.close(leader)
    assert done.returncode == 0
    assert "\x1b[1m" in shown
    assert "configuration" in shown
    assert "\t" not in shown
