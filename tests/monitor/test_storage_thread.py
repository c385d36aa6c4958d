"""Requests that meet share one commit; each hears its own result, after that commit, and none harms another."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from monitor.storage import Storage, StoreError
from tests.monitor.news import NOW, change


@pytest.fixture
async def storage(tmp_path: Path) -> AsyncIterator[Storage]:
    async with await Storage.open(tmp_path / "restock.db") as opened:
        yield opened


def hold(storage: Storage) -> tuple[threading.Event, "asyncio.Task[None]"]:
    """Keep the thread busy until the event is set."""
    free = threading.Event()
    return free, asyncio.create_task(storage._thread.run(lambda _: free.wait(10) and None))


async def traced(storage: Storage) -> list[str]:
    said: list[str] = []
    await storage._thread.run(lambda conn: conn.set_trace_callback(said.append))
    return said


async def test_a_hundred_that_meet_are_one_commit(storage: Storage) -> None:
    """A hundred transitions at once cost one sync, not a hundred; each caller gets its own deliveries."""
    said = await traced(storage)
    free, busy = hold(storage)
    await asyncio.sleep(0.05)
    asked = [asyncio.create_task(storage.record([change(f"e{n}", n, url=f"u{n}")], NOW)) for n in range(100)]
    await asyncio.sleep(0.05)
    said.clear()
    free.set()
    answers = await asyncio.gather(*asked)
    await busy
    assert said.count("BEGIN") == 1, "the hundred were not done in one transaction"
    assert [a[0].event_id for a in answers] == [f"e{n}" for n in range(100)]


async def test_one_that_fails_does_not_take_the_others_with_it(storage: Storage) -> None:
    """In a group, a bad request alone is refused; before and after it all are stored, in their order."""
    free, busy = hold(storage)
    await asyncio.sleep(0.05)

    def bad(conn: sqlite3.Connection) -> None:
        conn.execute("INSERT INTO meta (key, value) VALUES ('half', 'done')")
        conn.execute("INSERT INTO deliveries (event_id) VALUES ('nobody')")

    asked = [
        asyncio.create_task(storage.record([change("aaaaaa")], NOW)),
        asyncio.create_task(storage._thread.run(bad)),
        asyncio.create_task(storage.record([change("bbbbbb", 1)], NOW)),
    ]
    await asyncio.sleep(0.05)
    free.set()
    first, wrong, last = await asyncio.gather(*asked, return_exceptions=True)
    await busy
    assert isinstance(wrong, sqlite3.IntegrityError), "a bug of ours is not dressed as an operator's fault"
    assert isinstance(first, list)
    assert isinstance(last, list)
    assert [t.event_id for t in await storage.history()] == ["bbbbbb", "aaaaaa"]
    assert await storage.meta("half") is None


async def test_the_answer_comes_after_the_commit(storage: Storage) -> None:
    """Whoever was answered finds the news through another connection."""
    for n in range(20):
        await storage.record([change(f"e{n}", n)], NOW)
        other = sqlite3.connect(f"{storage.path.as_uri()}?mode=ro", uri=True)
        assert other.execute("SELECT count(*) FROM transitions").fetchone() == (n + 1,)
        other.close()


async def test_a_cancelled_caller_takes_back_the_wait_not_the_work(storage: Storage) -> None:
    """Cancelling in the queue neither loses the record nor upsets those behind it."""
    free, busy = hold(storage)
    await asyncio.sleep(0.05)
    gone = asyncio.create_task(storage.record([change("aaaaaa")], NOW))
    stays = asyncio.create_task(storage.record([change("bbbbbb", 1)], NOW))
    await asyncio.sleep(0.01)
    gone.cancel()
    busy.cancel()
    free.set()
    assert len(await stays) == 2
    with pytest.raises(asyncio.CancelledError):
        await gone
    assert [t.event_id for t in await storage.history()] == ["bbbbbb", "aaaaaa"]


async def test_the_loop_runs_on_while_the_disk_is_slow(storage: Storage) -> None:
    """A commit that takes long holds up its caller and nobody else, and needs no thread of the loop's pool."""
    free, busy = hold(storage)
    start = time.monotonic()
    for _ in range(10):
        await asyncio.sleep(0.001)
    assert time.monotonic() - start < 1
    assert not [t for t in threading.enumerate() if t.name.startswith("asyncio")]
    free.set()
    await busy


async def test_a_held_database_is_waited_for_then_told(storage: Storage) -> None:
    """Another program's lock is a StoreError for all who met, after one wait and not one wait each."""
    await storage._thread.run(lambda conn: conn.execute("PRAGMA busy_timeout=200"))
    other = sqlite3.connect(storage.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    start = time.monotonic()
    free, busy = hold(storage)
    await asyncio.sleep(0.05)
    asked = [asyncio.create_task(storage.record([change(f"e{n}", n)], NOW)) for n in range(20)]
    await asyncio.sleep(0.01)
    free.set()
    results = await asyncio.gather(*asked, return_exceptions=True)
    await busy
    assert all(isinstance(r, StoreError) and "another program holds it" in str(r) for r in results)
    assert time.monotonic() - start < 2
    other.execute("ROLLBACK")
    other.close()
    await storage.record([change("later")], NOW)
    assert [t.event_id for t in await storage.history()] == ["later"]


async def test_the_settings_that_make_a_commit_durable(storage: Storage) -> None:
    """WAL, a sync at every commit, foreign keys, five seconds of patience, a journal that is cut back."""
    names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "journal_size_limit", "auto_vacuum")

    def ask(conn: sqlite3.Connection) -> list[object]:
        return [conn.execute(f"PRAGMA {name}").fetchone()[0] for name in names]

    assert await storage._thread.run(ask) == ["wal", 2, 1, 5000, 16 * 1024 * 1024, 2]


async def test_an_undo_that_failed_is_made_up_for(storage: Storage) -> None:
    """A transaction left open by a failed rollback never swallows later commits."""
    await storage._thread.run(lambda conn: conn.execute("SELECT 1"))

    def leave_open(conn: sqlite3.Connection) -> None:
        conn.execute("COMMIT")
        conn.execute("BEGIN")
        conn.execute("INSERT INTO meta (key, value) VALUES ('stray', 'x')")
        conn.set_authorizer(lambda action, *_: sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_TRANSACTION else 0)
        raise sqlite3.OperationalError("made up")

    with pytest.raises(StoreError):
        await storage._thread.run(leave_open)
    with pytest.raises(StoreError):  # it cannot be undone yet: refused, not swallowed
        await storage.record([change("aaaaaa")], NOW)

    storage._thread._jobs.put(None)  # end the thread's life as a crash would
    await asyncio.shield(storage._thread._closed)
    async with await Storage.open(storage.path) as again:
        assert await again.meta("stray") is None
        assert await again.history() == []


async def test_the_journal_is_folded_in_when_nobody_waits(storage: Storage) -> None:
    """After enough rows the file itself holds the news, without a caller's commit having paid for it."""
    size = storage.path.stat().st_size
    for n in range(0, 400, 40):
        await storage.record([change(f"e{k}", k, url=f"u{k}") for k in range(n, n + 40)], NOW)
    for _ in range(200):
        if storage.path.stat().st_size > size + 50_000:
            break
        await asyncio.sleep(0.01)
    else:
        pytest.fail("the journal was not folded in")
