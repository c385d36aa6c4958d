"""`run` and `demo` as real processes: a first alert in seconds, one owner for a database, an end in good order."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from monitor.initialise import example

DEMO = """\
[monitor]
language = "en"

[channels.terminal]
url = "console://"

[[watch]]
name = "Demo console"
max_price = 52000
listings = ["demo://en/switch-2"]
"""


class Running:
    """One `restock` process whose output goes into files."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self._out, self._err = folder / "stdout", folder / "stderr"
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "monitor", *arguments],
                cwd=folder,
                stdout=out,
                stderr=err,
                env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONUTF8": "1"},
            )

    @property
    def out(self) -> str:
        return self._out.read_text("utf-8")

    @property
    def err(self) -> str:
        return self._err.read_text("utf-8")

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.err.splitlines() if line.startswith("{")]

    def until(self, found: str, seconds: float = 25.0) -> None:
        """Wait until stdout or stderr holds these words."""
        end = time.monotonic() + seconds
        while found not in self.out + self.err:
            assert self.process.poll() is None, self.err
            assert time.monotonic() < end, f"{found!r} not within {seconds} s:\n{self.out}\n{self.err}"
            time.sleep(0.05)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, float]:
        began = time.monotonic()
        self.process.send_signal(number)
        return self.process.wait(15), time.monotonic() - began


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Start processes that do not outlive the test."""
    monkeypatch.delenv("RESTOCK_CONFIG", raising=False)
    started: list[Running] = []

    def starter(*arguments: str, folder: Path = tmp_path) -> Running:
        started.append(Running(folder, *arguments))
        return started[-1]

    yield starter
    for each in started:
        with contextlib.suppress(ProcessLookupError):
            each.process.kill()
        each.process.wait(5)


def test_a_first_run_shows_an_alert_and_what_to_do_next(tmp_path: Path, start: Any) -> None:
    """Without a config.toml: the example is copied, its demo product rings within 20 s, then come the next steps."""
    running = start("run")
    running.until("service.started")
    began = time.monotonic()
    running.until("restock check URL", 21)
    assert time.monotonic() - began < 21
    assert "copied the example" in running.out
    assert (tmp_path / "config.toml").read_text("utf-8") == example()
    assert "config.toml" in running.out.split("copied the example")[1]
    assert "restock init" in running.out
    events = running.events
    assert [event["event"] for event in events].count("service.started") == 1
    assert any(event["event"] == "delivery.sent" for event in events)
    code, took = running.stop()
    assert (code, took < 10) == (0, True)
    assert "Traceback" not in running.err


def test_a_second_start_is_told_whose_the_database_is(tmp_path: Path, start: Any) -> None:
    """It exits 3 within 2 s with one line naming the first one's pid, which goes on undisturbed."""
    (tmp_path / "config.toml").write_text(DEMO, "utf-8")
    first = start("run")
    first.until("service.started")
    began = time.monotonic()
    done = restock("run", folder=tmp_path)
    assert time.monotonic() - began < 2.0 + START
    assert done.returncode == 3
    assert str(first.process.pid) in done.stderr
    assert done.stderr.count("\n") == 1
    assert first.process.poll() is None
    listed = restock("list", "--json", folder=tmp_path)
    assert listed.returncode == 0, "reading beside a running service works"
    assert json.loads(listed.stdout)[0]["watch"] == "Demo console"
    assert first.stop(signal.SIGINT)[0] == 0


def test_a_second_signal_ends_it_at_once(tmp_path: Path, start: Any) -> None:
    """Whoever asks twice is not kept waiting."""
    (tmp_path / "config.toml").write_text(DEMO, "utf-8")
    running = start("run")
    running.until("service.started")
    running.process.send_signal(signal.SIGTERM)
    time.sleep(0.05)
    code, took = running.stop()
    assert code == 0
    assert took < 1.0


def test_a_signal_during_the_start(tmp_path: Path, start: Any) -> None:
    """Being asked to stop before everything is up is exit 0 too, without a traceback."""
    (tmp_path / "config.toml").write_text(DEMO, "utf-8")
    for wait in (0.45, 0.7):
        running = start("run")
        time.sleep(wait)
        code, _ = running.stop()
        assert code in (0, -signal.SIGTERM if "{" not in running.err else 0)
        assert "Traceback" not in running.err


def test_history_after_a_run(tmp_path: Path, start: Any) -> None:
    """What happened can be asked for afterwards: by list, history and export, as lines and as data."""
    (tmp_path / "config.toml").write_text(DEMO, "utf-8")
    running = start("run")
    running.until("delivery.sent")
    assert running.stop()[0] == 0
    listed = json.loads(restock("list", "--json", folder=tmp_path).stdout)
    assert (listed[0]["answer"], listed[0]["state"], listed[0]["offer"]["price"]) == ("yes", "in_stock", "49980")
    rows = restock("history", "demo", folder=tmp_path).stdout.splitlines()
    assert rows[0].startswith("when\twhat\twas\tis\tprice\tevent\twhere")
    assert "\trestock\tout_of_stock\tin_stock\t¥49,980\t" in rows[1]
    happened = json.loads(restock("history", "demo", "--json", folder=tmp_path).stdout)
    assert (happened[0]["kind"], happened[0]["after"]) == ("restock", "in_stock")
    exported = json.loads(restock("export", folder=tmp_path).stdout)
    assert exported["transitions"] and exported["deliveries"]
    tag = happened[0]["event_id"]
    assert f"[{tag}]" in running.err, "the message carries its event's tag"


def test_the_demo_rings_and_keeps_nothing(tmp_path: Path) -> None:
    """`demo --once` shows an alert from the shop in this computer, ends by itself, and leaves no file."""
    began = time.monotonic()
    done = restock("demo", "--once", folder=tmp_path, timeout=40)
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - began < 20 + START
    assert "¥49,980" in done.stderr.replace("￥", "¥")
    assert re.search(r"\[[a-z2-9]{6}\]", done.stderr)
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_cannot_be_used(tmp_path: Path) -> None:
    """A damaged database is exit 4 and one line that names the file and the remedy; it stays as it is."""
    (tmp_path / "config.toml").write_text(DEMO.replace("[monitor]", '[monitor]\ndatabase = "my.db"'), "utf-8")
    (tmp_path / "my.db").write_bytes(b"this is no database " * 500)
    for name in ("run", "list"):
        done = restock(name, folder=tmp_path)
        assert done.returncode == 4, done.stderr
        line = [line for line in done.stderr.splitlines() if not line.startswith("{")]
        assert len(line) == 1 and "my.db" in line[0] and "Traceback" not in done.stderr
    assert (tmp_path / "my.db").read_bytes() == b"this is no database " * 500


def test_a_wrong_key_stops_the_start(tmp_path: Path) -> None:
    """Every mistake is one line with file, line, key and the nearest spelling; exit 2, no database is begun."""
    (tmp_path / "config.toml").write_text(DEMO.replace("max_price", "max_prise").replace("url =", "uri ="), "utf-8")
    done = restock("run", folder=tmp_path)
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert any("config.toml:9" in line and '"max_price"' in line for line in lines)
    assert any("config.toml:5" in line and '"url"' in line for line in lines)
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["config.toml"]


def test_a_missing_file_that_was_named(tmp_path: Path) -> None:
    """Only the default config.toml is made from the example; a name with a slip in it is a fault."""
    done = restock("run", "--config", "confg.toml", folder=tmp_path)
    assert done.returncode == 2
    assert "confg.toml" in done.stderr and done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


START = 1.5  # seconds that a process may take to start on a busy machine


def restock(*arguments: str, folder: Path, timeout: float = 20) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "monitor", *arguments],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        timeout=timeout,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONUTF8": "1"},
    )
