"""One database has one owner at a time, and a dead owner is in nobody's way."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from monitor.lock import Lock
from monitor.storage import AlreadyRunning, Storage, StoreError
from tests.monitor.news import NOW, change

ROOT = Path(__file__).parents[2]
HOLDER = """
import sys, time
from pathlib import Path
from monitor.lock import Lock
lock = Lock(Path(sys.argv[1]))
lock.acquire()
print("held", flush=True)
time.sleep(30)
"""


def holder(database: Path) -> "subprocess.Popen[str]":
    child = subprocess.Popen([sys.executable, "-c", HOLDER, str(database)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    return child


async def test_a_second_start_is_told_whose_it_is(tmp_path: Path) -> None:
    """Another process holds it: refused at once, with its number, the database and what to do."""
    database = tmp_path / "restock.db"
    with holder(database) as child:
        start = time.monotonic()
        with pytest.raises(AlreadyRunning) as caught:
            await Storage.open(database)
        assert time.monotonic() - start < 1
        assert caught.value.pid == child.pid
        assert f"process {child.pid}" in str(caught.value)
        assert str(database) in str(caught.value)
        assert f"kill {child.pid}" in str(caught.value)
        assert not isinstance(caught.value, StoreError), "the two have exit codes of their own"
        assert not database.exists()

        child.send_signal(signal.SIGKILL)
        child.wait()
        async with await Storage.open(database) as storage:  # the kernel let go of the dead owner's lock
            await storage.record([change("aaaaaa")], NOW)
            assert database.with_name("restock.db.lock").read_text() == f"{os.getpid()}\n"


async def test_a_second_storage_in_one_process_is_refused_too(tmp_path: Path) -> None:
    """Also under another name for the same file; and the first goes on undisturbed, the lock file stays."""
    (tmp_path / "link.db").symlink_to(tmp_path / "restock.db")
    async with await Storage.open(tmp_path / "restock.db") as storage:
        for path in (tmp_path / "restock.db", tmp_path / "link.db"):
            with pytest.raises(AlreadyRunning) as caught:
                await Storage.open(path)
            assert caught.value.pid == os.getpid()
        await storage.record([change("aaaaaa")], NOW)
    assert (tmp_path / "restock.db.lock").exists()  # deleting it would let two processes hold two locks
    async with await Storage.open(tmp_path / "link.db") as storage:
        assert len(await storage.history()) == 1


async def test_a_refused_database_is_let_go(tmp_path: Path) -> None:
    """A start that fails on the file leaves the lock free."""
    database = tmp_path / "restock.db"
    database.write_text("a letter")
    with pytest.raises(StoreError):
        await Storage.open(database)
    lock = Lock(database)
    lock.acquire()
    lock.release()
    lock.release()


def test_a_holder_without_a_number_is_still_a_holder(tmp_path: Path) -> None:
    """A lock file that says nothing readable still refuses, without a number."""
    lock = Lock(tmp_path / "restock.db")
    lock.acquire()
    lock.path.write_text("?")
    with pytest.raises(AlreadyRunning, match="another process is using") as caught:
        Lock(tmp_path / "restock.db").acquire()
    assert caught.value.pid is None
    lock.release()


def test_a_stale_number_is_not_an_owner(tmp_path: Path) -> None:
    """A lock file left by a crash, naming whatever process, does not stop a start."""
    (tmp_path / "restock.db.lock").write_text(f"{os.getppid():012}\n")
    lock = Lock(tmp_path / "restock.db")
    lock.acquire()
    assert lock.path.read_text() == f"{os.getpid()}\n"
    lock.release()
