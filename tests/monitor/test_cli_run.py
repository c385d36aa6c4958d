"""`run` and `demo` as real processes: a first alert in seconds, one owner for a database, an end in good order."""

import contextlib
import http.server
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from monitor.commands.run import database_of
from monitor.demo_pages import PRODUCTS, product_page
from monitor.initialise import localised
from monitor.lock import Lock, require_free

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


START = 5.0  # seconds that a process may take to start on a busy machine
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if name != "RESTOCK_CONFIG"},
    "PYTHONPATH": str(Path(__file__).parents[2]),
    "PYTHONUTF8": "1",
    "LC_ALL": "en_GB.UTF-8",
    "TZ": "Europe/Berlin",
}


@contextlib.contextmanager
def in_stock_page() -> Iterator[int]:
    """A page that is in stock, on a port of its own."""
    page = product_page(PRODUCTS["camera"], "en", orderable=True, url="http://127.0.0.1/item").encode()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join(5)


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
                env=ENVIRONMENT,
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
def start(tmp_path: Path) -> Iterator[Any]:
    """Start processes that do not outlive the test."""
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
    """Without a config.toml: the example is copied, its demo product rings within 20 s, then come the next steps.

    Meanwhile a second start is refused, and afterwards what happened can be asked for.
    """
    running = start("run")
    running.until("service.started")
    began = time.monotonic()
    a_second_start_is_told_whose_the_database_is(tmp_path, running)
    running.until("restock check URL", 21)
    assert time.monotonic() - began < 21
    assert "copied the example" in running.out
    assert (tmp_path / "config.toml").read_text("utf-8") == localised("en", "Europe/Berlin")
    assert "In stock: Demo: Switch 2, ¥49,980 at the demo shop" in running.err
    assert "config.toml" in running.out.split("copied the example")[1]
    assert "restock init" in running.out
    events = running.events
    assert [event["event"] for event in events].count("service.started") == 1
    assert any(event["event"] == "delivery.sent" for event in events)
    code, took = running.stop()
    assert (code, took < 10) == (0, True)
    assert "Traceback" not in running.err
    what_happened_can_be_asked_for(tmp_path, running.err)


def a_second_start_is_told_whose_the_database_is(folder: Path, first: Running) -> None:
    """It exits 3 within 2 s with one line naming the first one's pid, which goes on undisturbed."""
    began = time.monotonic()
    done = restock("run", folder=folder)
    assert time.monotonic() - began < 2.0 + START
    assert done.returncode == 3
    assert str(first.process.pid) in done.stderr
    assert done.stderr.count("\n") == 1
    assert first.process.poll() is None
    listed = restock("list", "--json", folder=folder)
    assert listed.returncode == 0, "reading beside a running service works"
    assert json.loads(listed.stdout)[0]["watch"] == "Demo: Switch 2"


def what_happened_can_be_asked_for(folder: Path, told: str) -> None:
    """By list, history and export, as lines and as data; the message carried its event's tag."""
    listed = json.loads(restock("list", "--json", folder=folder).stdout)
    assert (listed[0]["answer"], listed[0]["state"], listed[0]["offer"]["price"]) == ("yes", "in_stock", "49980")
    rows = restock("history", "demo", folder=folder).stdout.splitlines()
    assert rows[0].startswith("when\twhat\twas\tis\tprice\tevent\twhere")
    assert "\trestock\tout_of_stock\tin_stock\t¥49,980\t" in rows[1]
    happened = json.loads(restock("history", "demo", "--json", folder=folder).stdout)
    assert (happened[0]["kind"], happened[0]["after"]) == ("restock", "in_stock")
    exported = json.loads(restock("export", folder=folder).stdout)
    assert exported["transitions"] and exported["deliveries"]
    assert f"[{happened[0]['event_id']}]" in told


def test_a_second_signal_ends_it_at_once(tmp_path: Path, start: Any) -> None:
    """One signal lets a send that hangs have its time; a second one does not wait, and what is owed stays owed."""
    with socket.create_server(("127.0.0.1", 0)) as silent, in_stock_page() as port:
        config = f"""\
[fetch]
allow = ["127.0.0.1/32:{port}"]
[confirm]
gather = "0s"
[channels.silent]
url = "json://127.0.0.1:{silent.getsockname()[1]}/hook"
[[watch]]
name = "There"
listings = ["http://127.0.0.1:{port}/item"]
"""
        (tmp_path / "config.toml").write_text(config, "utf-8")
        running = start("run")
        running.until('"transition"')
        time.sleep(0.5)
        running.process.send_signal(signal.SIGTERM)
        time.sleep(0.7)
        assert running.process.poll() is None, "the send under way gets its time"
        code, took = running.stop()
        assert code == 0
        assert took < 1.0
    assert "Traceback" not in running.err
    (delivery,) = json.loads(restock("export", folder=tmp_path).stdout)["deliveries"]
    assert delivery["state"] in ("pending", "sending")


def test_a_terminal_gets_a_live_line(tmp_path: Path) -> None:
    """On a terminal one line tells how things stand, is redrawn in place, and gives the cursor back at the end."""
    (tmp_path / "config.toml").write_text(DEMO, "utf-8")
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "monitor", "run"],
        cwd=tmp_path,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=ENVIRONMENT | {"TERM": "xterm-256color", "COLUMNS": "120"},
    )
    os.close(theirs)
    shown = ""
    try:
        end = time.monotonic() + 15
        while "1 watch, 1 listing · 1 look" not in shown and time.monotonic() < end:
            shown += os.read(ours, 65536).decode("utf-8", "replace")
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(OSError):  # the terminal closes with its last process
            while data := os.read(ours, 65536):
                shown += data.decode("utf-8", "replace")
        assert process.wait(15) == 0
    finally:
        process.kill()
        process.wait(5)
        os.close(ours)
    assert "1 watch, 1 listing · 1 look · no alert yet · next look in" in shown
    assert "{" not in shown, "no JSON lines on a terminal"
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l")


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc to see which signals are caught")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_during_the_start(tmp_path: Path, start: Any, number: signal.Signals) -> None:
    """Being asked to stop while the service is still being loaded is exit 0 too, without a traceback."""
    (tmp_path / "config.toml").write_text(DEMO, "utf-8")
    running = start("run")
    status = Path(f"/proc/{running.process.pid}/status")
    while not catches(status.read_text("ascii"), signal.SIGTERM):
        assert running.process.poll() is None
        time.sleep(0.005)
    code, _ = running.stop(number)
    assert code == 0
    assert running.err == ""


def catches(status: str, number: signal.Signals) -> bool:
    """Read from /proc/PID/status whether the process has a handler for a signal."""
    mask = re.search(r"^SigCgt:\s*([0-9a-f]+)", status, re.MULTILINE)
    return mask is not None and bool(int(mask[1], 16) >> (number - 1) & 1)


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


def test_a_second_start_loads_nothing_heavy(tmp_path: Path) -> None:
    """Whose the database is, is asked before the service is imported: a busy machine refuses in time too (S2)."""
    (tmp_path / "config.toml").write_text(DEMO.replace("[monitor]", '[monitor]\ndatabase = "my.db"'), "utf-8")
    lock = Lock(tmp_path / "my.db")
    lock.acquire()
    try:
        done = restock("run", folder=tmp_path, options=("-X", "importtime"))
    finally:
        lock.release()
    assert done.returncode == 3
    assert f"already running: process {os.getpid()} is using {tmp_path / 'my.db'}" in done.stderr
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}
    assert "monitor.lock" in loaded
    assert not loaded & {"apprise", "aiohttp", "monitor.service", "sqlite_utils", "structlog", "rich"}


@pytest.mark.parametrize(
    ("database", "expected"),
    [
        (None, "restock.db"),
        ('"my.db"', "my.db"),
        ('"sub/my.db"', None),
        ('"${NAME}.db"', None),
        ("3", None),
        ('"my', None),
    ],
)
def test_the_database_is_known_before_the_file_is_judged(
    tmp_path: Path, database: str | None, expected: str | None
) -> None:
    """Where the file is good enough to tell; anything else waits for its judgement."""
    path = tmp_path / "config.toml"
    path.write_text("[monitor]\n" + (f"database = {database}\n" if database else "") + "wrong = 1\n", "utf-8")
    assert database_of(path) == (tmp_path / expected if expected else None)
    assert database_of(tmp_path / "missing.toml") is None


def test_a_free_database_is_left_alone(tmp_path: Path) -> None:
    """Asking makes no file, and what an owner left behind does not refuse."""
    require_free(tmp_path / "my.db")
    assert list(tmp_path.iterdir()) == []
    lock = Lock(tmp_path / "my.db")
    lock.acquire()
    lock.release()
    require_free(tmp_path / "my.db")
    lock.acquire()
    lock.release()


def test_a_channel_nobody_knows_stops_the_start(tmp_path: Path) -> None:
    """Judged while the first looks are made: exit 2, before the service says that it has started or tells anything."""
    wrong = DEMO + '[channels.phone]\nurl = "ntfyy://topic"\n[channels.chat]\nurl = "nosuch://canary-k3s9x7q2m5"\n'
    (tmp_path / "config.toml").write_text(wrong, "utf-8")
    done = restock("run", folder=tmp_path)
    assert done.returncode == 2, done.stderr
    lines = [line for line in done.stderr.splitlines() if not line.startswith("{")]
    assert len(lines) == 2
    assert "config.toml:12" in lines[0] and 'did you mean "ntfy://"' in lines[0]
    assert "config.toml:14" in lines[1]
    assert "service.started" not in done.stderr and "delivery" not in done.stderr
    assert "canary" not in done.stderr
    (tmp_path / "config.toml").write_text(wrong.replace("max_price", "max_prise"), "utf-8")
    done = restock("run", folder=tmp_path)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 3), "all problems at once"


def test_a_missing_file_that_was_named(tmp_path: Path) -> None:
    """Only the default config.toml is made from the example; a name with a slip in it is a fault."""
    done = restock("run", "--config", "confg.toml", folder=tmp_path)
    assert done.returncode == 2
    assert "confg.toml" in done.stderr and done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@dataclass
class Once:
    """A `demo --once` that runs beside the other tests, since most of its time is waiting."""

    folder: Path
    done: subprocess.CompletedProcess[str] | None = None
    took: float = 0.0

    def run(self) -> None:
        began = time.monotonic()
        self.done = restock("demo", "--once", folder=self.folder, timeout=60)
        self.took = time.monotonic() - began


@pytest.fixture(scope="module", autouse=True)
def once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Once, threading.Thread]]:
    """Start the demo when the first test of this file starts."""
    demo = Once(tmp_path_factory.mktemp("demo"))
    thread = threading.Thread(target=demo.run)
    thread.start()
    yield demo, thread
    thread.join()


def test_the_demo_rings_and_keeps_nothing(once: tuple[Once, threading.Thread]) -> None:
    """`demo --once` shows an alert from the shop in this computer, ends by itself, and leaves no file."""
    demo, thread = once
    thread.join()
    assert demo.done is not None
    assert demo.done.returncode == 0, demo.done.stderr
    assert demo.took < 20 + START
    assert "¥49,980" in demo.done.stderr.replace("￥", "¥")
    assert re.search(r"\[[a-z2-9]{6}\]", demo.done.stderr)
    assert list(demo.folder.iterdir()) == []


def restock(
    *arguments: str, folder: Path, timeout: float = 20, options: Sequence[str] = ()
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *options, "-m", "monitor", *arguments],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        timeout=timeout,
        env=ENVIRONMENT,
    )
