"""A database that cannot be used is refused in one line and left as it was; a fault in service passes and is told."""

import asyncio
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import pytest

from monitor import dbfile
from monitor.model import DeliveryState
from monitor.storage import Storage, StoreError, reading
from tests.monitor.news import NOW, change

ROOT = Path(__file__).parents[2]


async def made(path: Path, events: int = 3) -> bytes:
    async with await Storage.open(path) as storage:
        await storage.record([change(f"e{n}", n, url=f"https://shop.example/{n}") for n in range(events)], NOW)
    return path.read_bytes()  # noqa: ASYNC240


async def refused(path: Path, *words: str) -> str:
    """Opening fails with one line that names the file and these words, and changes not a byte."""
    before = path.read_bytes() if path.is_file() else None  # noqa: ASYNC240
    with pytest.raises(StoreError) as caught:
        await Storage.open(path)
    line = str(caught.value)
    assert "\n" not in line
    for word in (path.name, *words):
        assert word in line, line
    assert (path.read_bytes() if path.is_file() else None) == before  # noqa: ASYNC240
    return line


async def test_an_empty_file_is_not_taken_for_a_new_start(tmp_path: Path) -> None:
    """A file cut to nothing held news once: it is not filled anew in silence."""
    path = tmp_path / "restock.db"
    await made(path)
    os.truncate(path, 0)
    await refused(path, "it is empty", "restore a backup", "move it away")


@pytest.mark.parametrize("keep", [50, 4096, 0.5, 0.99])
async def test_a_truncated_file_is_refused(tmp_path: Path, keep: float) -> None:
    """Wherever the end is missing, it is seen at the start and not at 3 am."""
    path = tmp_path / "restock.db"
    size = len(await made(path))
    os.truncate(path, int(keep * size) if keep < 1 else int(keep))
    await refused(path, "cut short", "restore a backup")


async def test_a_damaged_page_is_seen_at_the_start(tmp_path: Path) -> None:
    """Garbage in the middle of the file is found before anything rests on it."""
    path = tmp_path / "restock.db"
    size = len(await made(path, 200))
    with path.open("r+b") as file:
        for place in range(4096 * 4, size, 4096):
            file.seek(place)
            file.write(b"\xff" * 64)
    assert "damaged" in (dbfile.check(path) or "")
    await refused(path, "damaged", "restore a backup")
    await made(tmp_path / "other.db")  # and no lock or thread of the refused one is in the way


@pytest.mark.parametrize("words", [b"hello, I am a letter\n" * 50, b"SQLite format 3\x00"])
async def test_another_kind_of_file_is_refused(tmp_path: Path, words: bytes) -> None:
    """A letter by that name stays a letter."""
    path = tmp_path / "restock.db"
    path.write_bytes(words)
    await refused(path, "not a SQLite database" if words.startswith(b"hello") else "cut short")


async def test_the_database_of_another_program_is_refused(tmp_path: Path) -> None:
    """Our tables are not added to somebody else's file."""
    path = tmp_path / "restock.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE beliefs (watch)")
    await refused(path, "another program", "`database`")
    with pytest.raises(StoreError, match="another program"):
        await reading(path)


async def test_a_journal_without_its_database_is_not_thrown_away(tmp_path: Path) -> None:
    """SQLite would drop a journal whose database is gone, with the newest news in it."""
    (tmp_path / "restock.db-wal").write_bytes(b"news")
    await refused(tmp_path / "restock.db", "missing", "restock.db-wal", "put the database back")
    assert (tmp_path / "restock.db-wal").read_bytes() == b"news"


async def test_a_folder_is_not_a_database(tmp_path: Path) -> None:
    """A path that names a folder, or lies in none, is said to."""
    (tmp_path / "restock.db").mkdir()
    await refused(tmp_path / "restock.db", "not a file")
    await refused(tmp_path / "nowhere" / "restock.db", "lock file", "make its folder exist")


async def test_a_half_made_database_is_made_again(tmp_path: Path) -> None:
    """A kill during the very first start leaves nothing that stops the second."""
    path = tmp_path / "restock.db"
    path.with_name("restock.db.new").write_bytes(b"half")
    path.with_name("restock.db.new-journal").write_bytes(b"half")
    await made(path)
    assert {p.name for p in tmp_path.iterdir()} == {"restock.db", "restock.db.lock"}  # noqa: ASYNC240


async def test_a_folder_without_write_permission(tmp_path: Path) -> None:
    """Writing is refused in one line with the remedy; reading works all the same."""
    folder = Path(tempfile.mkdtemp())
    path = folder / "restock.db"
    uid = os.geteuid()
    try:
        await made(path)
        path.with_name("restock.db.lock").unlink()
        folder.chmod(0o555)  # noqa: ASYNC240
        path.chmod(0o444)
        if uid == 0:
            os.seteuid(65534)  # root may write anywhere
        await refused(path, "lock file", "Permission denied", "writable")
        async with await reading(path) as look:
            assert len(await look.history()) == 3
    finally:
        os.seteuid(uid)
        folder.chmod(0o755)  # noqa: ASYNC240
        shutil.rmtree(folder)


async def test_reading_what_is_not_there(tmp_path: Path) -> None:
    """`list` before the first `run` says so, and makes no file."""
    with pytest.raises(StoreError, match=r"there is none yet; start `restock run` once"):
        await reading(tmp_path / "restock.db")
    assert not list(tmp_path.iterdir())  # noqa: ASYNC240


async def test_a_full_disk_is_told_and_passes(tmp_path: Path) -> None:
    """Each write that finds no room says so and leaves nothing; once there is room, the same storage works on."""
    async with await Storage.open(tmp_path / "restock.db") as storage:
        await storage.record([change("before")], NOW)
        pages = await storage._thread.run(lambda c: c.execute("PRAGMA page_count").fetchone()[0])
        await storage._thread.run(lambda c: c.execute(f"PRAGMA max_page_count={pages}").fetchone())
        big = [change(f"b{n}", n, url="https://shop.example/" + "x" * 3000 + str(n)) for n in range(5)]
        results = await asyncio.gather(*(storage.record([b], NOW) for b in big), return_exceptions=True)
        full = [r for r in results if isinstance(r, StoreError)]
        assert full
        assert "the disk is full" in str(full[0])
        assert "free some space" in str(full[0])
        assert storage.fault == str(full[0])
        assert len(await storage.history()) == 1 + len(results) - len(full)
        assert storage.fault is not None, "a read that works is no sign that writes do"
        await storage._thread.run(lambda c: c.execute("PRAGMA max_page_count=1000000").fetchone())
        await storage.record(big, NOW)
        assert storage.fault is None
        assert len(await storage.history()) == 6


LIMITED = """
import asyncio, resource, sys
from pathlib import Path
from monitor.storage import Storage, StoreError
from tests.monitor.news import NOW, change

async def main(path):
    async with await Storage.open(path) as storage:
        stored, failed = [], 0
        for n in range(200):
            if n == 20:
                resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, resource.RLIM_INFINITY))
            if n == 180:
                resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            try:
                await storage.record([change(f"e{n}", n, url=f"https://shop.example/{n}")], NOW)
                stored.append(f"e{n}")
            except StoreError:
                failed += 1
        assert failed > 100, failed
        assert stored[-1] == "e199", "works again once there is room"
        print(*stored)

asyncio.run(main(Path(sys.argv[1])))
"""


async def test_a_disk_that_refuses_to_grow_files(tmp_path: Path) -> None:
    """Real write errors from the kernel in mid-service: what was acknowledged is there, what was not is not."""
    path = tmp_path / "restock.db"
    child = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", LIMITED, str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert child.returncode == 0, child.stderr
    async with await reading(path) as look:
        assert {t.event_id for t in await look.history(limit=1000)} == set(child.stdout.split())
    assert dbfile.check(path) is None
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY  # the limit was the child's alone


async def test_a_row_of_a_later_version_is_named(tmp_path: Path) -> None:
    """A word that this version does not know is a StoreError that names the row, not a traceback."""
    async with await Storage.open(tmp_path / "restock.db") as storage:
        await storage.record([change("aaaaaa")], NOW)
        await storage._thread.run(lambda c: c.execute("UPDATE transitions SET data = replace(data, 'restock', 'moon')"))
        with pytest.raises(StoreError, match=r"transition aaaaaa cannot be read: kind: .*update Restock"):
            await storage.history()
        assert storage.fault is None
        assert len(await storage.owed()) == 2
        assert {d.state for d in await storage.owed()} == {DeliveryState.PENDING}
