"""A backup is sound or is none; a database that cannot be used is set aside and the newest sound one restored (S3)."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from monitor import backup, dbfile
from monitor.model import DeliveryState, Kind
from monitor.storage import Storage, StoreError, reading
from tests.monitor.news import NOW, at, change
from tests.monitor.running import looks, running, seconds, settings, watch
from tests.receivers import JsonReceiver
from tests.shop import Reply, Shop, product_page

ROOT = Path(__file__).parents[2]


async def made(path: Path, events: int = 40) -> Path:
    """A database with news in it and one backup."""
    async with await Storage.open(path) as storage:
        await storage.record([change(f"e{n}", n, url=f"https://shop.example/{n}") for n in range(events)], NOW)
        await storage.settle([1], DeliveryState.DONE, now=NOW)
        copy = await storage.back_up(NOW)
        assert copy.problem is None
        return copy.path


async def test_a_backup_holds_everything_and_is_checked(tmp_path: Path) -> None:
    """S3: a copy made beside a running service, sound and complete, while commits go on."""
    path = tmp_path / "restock.db"
    async with await Storage.open(path) as storage:
        await storage.record([change(f"e{n}", n, url=f"https://shop.example/{n}") for n in range(500)], NOW)
        copy, _ = await asyncio.gather(storage.back_up(NOW), storage.record([change("during")], NOW))
    assert copy.path.name == "restock.db.backup-20261125T030000Z"
    assert backup.verify(copy.path) is None
    with closing(sqlite3.connect(copy.path)) as look:
        assert look.execute("SELECT count(*) FROM transitions").fetchone()[0] >= 500
    assert backup.newest(path) == NOW


async def test_the_newest_few_are_kept(tmp_path: Path) -> None:
    """S3: three copies stay, the newest; an interrupted one leaves nothing."""
    async with await Storage.open(tmp_path / "restock.db") as storage:
        (tmp_path / "restock.db.backup-20200101T000000Z.part").write_bytes(b"half")
        for hour in range(5):
            await storage.back_up(at(3600 * hour))
    names = [one.name for one in backup.backups(tmp_path / "restock.db")]
    assert names == [f"restock.db.backup-20261125T0{hour}0000Z" for hour in (7, 6, 5)]
    assert not list(tmp_path.glob("*.part"))  # noqa: ASYNC240


async def test_a_damaged_database_makes_no_backup(tmp_path: Path) -> None:
    """S3: a copy that is not sound is thrown away and said to be; the sound ones stay."""
    path = tmp_path / "restock.db"
    good = await made(path)
    damage(path)
    copy = backup.make(path, at(3600), dbfile.connect_to_read)
    assert copy.problem is not None
    assert "not sound" in copy.problem
    assert backup.backups(path) == [good]


def empty(path: Path) -> None:
    os.truncate(path, 0)


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def letter(path: Path) -> None:
    path.write_bytes(b"a letter to my aunt\n" * 500)


def foreign(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE beliefs (watch)")


def damage(path: Path) -> None:
    with path.open("r+b") as file:
        for place in range(4096 * 4, path.stat().st_size, 4096):
            file.seek(place)
            file.write(b"\xff" * 64)


def missing(path: Path) -> None:
    path.unlink()


def only_a_journal(path: Path) -> None:
    path.unlink()
    path.with_name("restock.db-wal").write_bytes(b"news")


@pytest.mark.parametrize("spoil", [empty, cut, letter, foreign, damage, missing, only_a_journal])
async def test_what_cannot_be_used_is_set_aside_and_restored(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    """S3: never silently made anew: the file is kept as it was, the backup stands in its place and says so."""
    path = tmp_path / "restock.db"
    await made(path)
    spoil(path)
    was = path.read_bytes() if path.exists() else None
    assert was is None or dbfile._unusable(path), "the fault is really there"
    async with await Storage.open(path) as storage:
        assert len(await storage.history()) == 40
        beliefs = (await storage.beliefs()).values()
        assert all(one.edited for one in beliefs), "what is in stock now is one digest, not a storm"
        owed = await storage.owed()
        assert len(owed) == 79
        assert all(one.repeat for one in owed), "after the copy was made it may have arrived"
        note = await storage.meta(backup.NOTE)
        assert note is not None
        assert "restored from restock.db.backup-" in note
    aside = [one for one in tmp_path.glob("*.damaged-*") if not one.name.endswith("-wal")]  # noqa: ASYNC240
    assert [one.read_bytes() for one in aside] == ([] if was is None else [was])
    if spoil is only_a_journal:
        (journal,) = tmp_path.glob("*.damaged-*-wal")  # noqa: ASYNC240
        assert journal.read_bytes() == b"news"


async def test_without_a_sound_backup_it_is_refused(tmp_path: Path) -> None:
    """S3: nothing sound to restore: one line, and not a byte is changed."""
    path = tmp_path / "restock.db"
    copy = await made(path)
    damage(copy)
    cut(path)
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"cut short .* none of its 1 backups is sound either; restore"):
        await Storage.open(path)
    assert path.read_bytes() == before
    missing(path)
    with pytest.raises(StoreError, match=r"it is missing; none of its 1 backups is sound either; .*start afresh"):
        await Storage.open(path)
    assert not path.exists(), "never silently made anew"


async def test_an_older_sound_backup_stands_in_for_a_damaged_newer_one(tmp_path: Path) -> None:
    """S3: the newest that is sound, not the newest."""
    path = tmp_path / "restock.db"
    await made(path)
    async with await Storage.open(path) as storage:
        await storage.record([change("later")], NOW)
        newer = await storage.back_up(at(3600))
    damage(newer.path)
    letter(path)
    async with await Storage.open(path) as storage:
        assert "later" not in {one.event_id for one in await storage.history()}


async def test_a_newer_database_is_refused_not_replaced(tmp_path: Path) -> None:
    """S3: exit 4 with one line that says what to do; a backup of an older version does not push it aside."""
    path = tmp_path / "restock.db"
    await made(path)
    with closing(sqlite3.connect(path)) as later:
        later.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
            " SELECT migration_set, '0999_later', applied_at FROM _sqlite_migrations LIMIT 1"
        )
        later.commit()
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"newer Restock .*update Restock"):
        await Storage.open(path)
    assert path.read_bytes() == before
    config = tmp_path / "config.toml"
    config.write_text('[channels.t]\nurl = "console://"\n[[watch]]\nname = "D"\nlistings = ["demo://en/switch-2"]\n')
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "monitor", "run", "--config", str(config)),
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    _, said = await asyncio.wait_for(child.communicate(), 30)
    assert child.returncode == 4
    assert len(said.decode().strip().splitlines()) == 1, said
    assert b"update Restock" in said


KILLED = """
import os, signal, sys
from pathlib import Path
from monitor import backup
path, step = Path(sys.argv[1]), int(sys.argv[2])
count = 0
def count_down(kind):
    real = getattr(Path, kind)
    def counted(self, *given, **named):
        global count
        count += 1
        if count == step:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(self, *given, **named)
    setattr(Path, kind, counted)
for kind in ("rename", "replace", "unlink"):
    count_down(kind)
backup.restore(path, "it was cut short")
print("done", count)
"""


async def test_a_kill_in_the_middle_of_restoring_is_made_good(tmp_path: Path) -> None:
    """S3, S7: killed before each of its steps on the disk, the next start comes to the same end, once told."""
    original = tmp_path / "original"
    original.mkdir()
    await made(original / "restock.db")
    cut(original / "restock.db")
    (original / "restock.db-wal").write_bytes(b"x" * 100)
    finished = False
    for step in range(1, 30):
        folder = tmp_path / f"at-{step}"
        await asyncio.to_thread(shutil.copytree, original, folder)
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", KILLED, str(folder / "restock.db"), str(step)),
            stdout=asyncio.subprocess.PIPE,
            cwd=ROOT,
        )
        out, _ = await child.communicate()
        finished = out.startswith(b"done")
        assert finished or child.returncode == -9
        async with await Storage.open(folder / "restock.db") as storage:
            assert len(await storage.history()) == 40
            assert await storage.meta(backup.NOTE)
        assert list(folder.glob("*.damaged-*")), "what was found is kept"
        if finished:
            break
    assert finished
    assert step > 5


async def test_a_restored_service_tells_it_once_and_rings_no_storm(tmp_path: Path) -> None:
    """S3, T6: after a restore one alarm and one digest of what is in stock; a later restart adds nothing."""
    async with Shop() as shop, JsonReceiver() as hook:
        for number in range(5):
            shop.set(f"/item/{number}", Reply(product_page(f"Thing {number}", state="out_of_stock")))
        wishes = [watch(f"Thing {number}", shop.url(f"/item/{number}")) for number in range(5)]
        chosen = settings(tmp_path, wishes, {"hook": hook.url()})
        async with running(chosen) as service:
            await looks(service, 15)
            await service.storage.back_up(NOW)
        cut(chosen.database)
        for number in range(5):
            shop.set(f"/item/{number}", Reply(product_page(f"Thing {number}", state="in_stock")))
        async with running(chosen) as service:
            await hook.wait_for(2)
            await looks(service, 20)
        async with running(chosen) as service:
            await looks(service, 15)
        titles = [one.title for one in hook.received]
        assert len(titles) == 2, titles
        assert titles[0] == "The database was restored from a backup"
        assert "cut short" in hook.received[0].body
        assert all(f"Thing {number}" in hook.received[1].body for number in range(5))
        # and the next real restock rings as ever
        async with running(chosen) as service:
            await looks(service, 8)
            shop.set("/item/1", Reply(product_page("Thing 1", state="out_of_stock")))
            await looks(service, 30)
            shop.set("/item/1", Reply(product_page("Thing 1", state="in_stock")))
            await hook.wait_for(3)
        assert "Thing 1" in hook.received[2].title
        async with await reading(chosen.database) as look:
            assert [one.kind for one in await look.history()].count(Kind.RESTORED) == 1


async def test_backups_are_made_by_themselves(tmp_path: Path) -> None:
    """S3: the running service makes one whenever its time has come, and none sooner after a restart."""
    async with Shop() as shop:
        shop.set("/item/1", Reply(product_page()))
        chosen = settings(tmp_path, [watch("One", shop.url("/item/1"))], {}, backup_every=seconds(0.5))
        async with running(chosen), asyncio.timeout(15):
            while len(backup.backups(chosen.database)) < 1:
                await asyncio.sleep(0.05)
        count = len(backup.backups(chosen.database))
        chosen = settings(tmp_path, [watch("One", shop.url("/item/1"))], {}, backup_every=timedelta(hours=1))
        async with running(chosen) as service:
            await service._keeper.tend(service.settings)
            assert len(backup.backups(chosen.database)) == count
    assert all(backup.verify(one) is None for one in backup.backups(chosen.database))


async def test_a_database_that_breaks_while_in_use_is_told_once(tmp_path: Path) -> None:
    """S3: the copy of a damaged database is not sound: one alarm an episode, the sound backups stay, checks go on."""
    async with Shop() as shop, JsonReceiver() as hook:
        shop.set("/item/1", Reply(product_page(state="out_of_stock")))
        chosen = settings(tmp_path, [watch("One", shop.url("/item/1"))], {"hook": hook.url()})
        async with running(chosen) as service:
            await looks(service, 3)
            good = (await service.storage.back_up(NOW)).path
            await service.storage.record([change(f"e{n}", n, channels=()) for n in range(300)], NOW)
            await service.storage._thread.run(lambda conn: None)
            with closing(sqlite3.connect(chosen.database)) as other:  # so that the pages stand in the file itself
                other.execute("PRAGMA wal_checkpoint(FULL)")
            damage(chosen.database)
            for hours in (1, 2):
                service._keeper._backed_up_at = -7200.0 * hours
                await service._keeper.tend(service.settings)
            await hook.wait_for(1)
            await looks(service, 5)
        assert [one.title for one in hook.received] == ["The database cannot be written"]
        assert "not sound" in hook.received[0].body
        assert backup.backups(chosen.database) == [good]
        async with running(chosen) as service:  # and the next start restores
            await hook.wait_for(2)
            await looks(service, 3)
        assert hook.received[1].title == "The database was restored from a backup"
