"""What a person at a terminal sees of a save and of an end: each thing once, in words; a pipe gets log lines instead."""

import contextlib
import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from monitor import logs
from tests.monitor.test_cli_run import DEMO, ENVIRONMENT

WRONG = DEMO.replace("max_price", "max_prise").replace("name =", "nmae =")


class Terminal:
    """A `restock run` on a pseudo-terminal, and all that it has shown."""

    def __init__(self, folder: Path) -> None:
        self.ours, theirs = os.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "monitor", "run"],
            cwd=folder,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=ENVIRONMENT | {"TERM": "xterm-256color", "COLUMNS": "200"},
        )
        os.close(theirs)
        self.shown = ""

    def read(self, seconds: float) -> None:
        if select.select([self.ours], [], [], seconds)[0]:
            with contextlib.suppress(OSError):  # it closes with its last process
                self.shown += os.read(self.ours, 65536).decode("utf-8", "replace")

    def until(self, words: str, seconds: float = 20.0) -> None:
        end = time.monotonic() + seconds
        while words not in self.shown:
            assert time.monotonic() < end, self.shown
            self.read(0.2)

    @property
    def lines(self) -> list[str]:
        """What stays on the screen, without the live line."""
        text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.shown).replace("\r", "\n")
        return [line.strip() for line in text.split("\n") if line.strip() and "next look in" not in line]


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    (tmp_path / "config.toml").write_text(DEMO, "utf-8")
    terminal = Terminal(tmp_path)
    yield terminal
    terminal.process.kill()
    terminal.process.wait(5)
    os.close(terminal.ours)


def test_a_bad_save_is_told_once_and_a_good_one_too(tmp_path: Path, terminal: Terminal) -> None:
    """Each mistake is one line, shown once; the repair is one line; Ctrl-C gets a word of farewell."""
    config = tmp_path / "config.toml"
    terminal.until("1 watch, 1 listing · ")
    config.write_text(WRONG, "utf-8")
    terminal.until("The configuration has a mistake")
    terminal.until("stays in force")
    told = [line for line in terminal.lines if "no such setting" in line]
    assert len(told) == 2
    assert told[0].startswith("config.toml:8: ") and "nmae" in told[0]
    assert told[1].startswith("config.toml:9: ") and "max_prise" in told[1]
    assert "config.refused" not in terminal.shown and "notice" not in terminal.shown
    config.write_text(DEMO.replace("[[watch]]", '[channels.spare]\nurl = "console://"\n[[watch]]'), "utf-8")
    terminal.until("config.toml in force: 1 watch, 1 listing")
    assert sum("in force: 1 watch" in line for line in terminal.lines) == 1
    terminal.process.send_signal(signal.SIGINT)
    terminal.until("Stopped.")
    assert terminal.process.wait(10) == 0


def test_a_pipe_gets_log_lines(tmp_path: Path) -> None:
    """There a bad save and its repair are one event each; a renamed channel is a good save like any other."""
    config = tmp_path / "config.toml"
    config.write_text(DEMO, "utf-8")
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "monitor", "run"], cwd=tmp_path, stdout=log, stderr=log, env=ENVIRONMENT
        )
    try:
        await_event(tmp_path, "service.started")
        config.write_text(WRONG, "utf-8")
        assert len(await_event(tmp_path, "config.refused")["problems"]) == 3
        config.write_text(DEMO.replace("channels.terminal", "channels.screen"), "utf-8")
        loaded = await_event(tmp_path, "config.loaded")
        assert (loaded["level"], loaded["watches"], loaded["listings"]) == ("info", 1, 1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait(5)
    assert "Stopped" not in (tmp_path / "log").read_text("utf-8")


def await_event(folder: Path, name: str) -> dict[str, Any]:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        for line in (folder / "log").read_text("utf-8").splitlines():
            if line.startswith("{") and (event := json.loads(line))["event"] == name:
                return dict(event)
        time.sleep(0.1)
    raise AssertionError(f"no {name}:\n{(folder / 'log').read_text('utf-8')}")


def test_only_what_this_terminal_tells_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """News for a phone alone, and any news when no channel prints here, stays a log line."""
    monkeypatch.setattr(logs, "_consoles", lambda: ["terminal"])
    assert logs._is_told({"event": "notice", "channels": ["phone", "terminal"]})
    assert not logs._is_told({"event": "notice", "channels": ["phone"]})
    assert logs._is_told({"event": "config.refused"})
    assert not logs._is_told({"event": "storage.failed"})
    monkeypatch.setattr(logs, "_consoles", tuple)
    assert not logs._is_told({"event": "config.refused"})
