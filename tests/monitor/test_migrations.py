"""A database is brought up to date whole, with a copy from before, or refused in one line and left alone."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database, Migrations

from monitor import dbfile, migrations
from monitor.migrations import STEPS, migrate, require_versions
from monitor.storage import Storage, StoreError, reading
from tests.monitor.news import NOW, change

FIRST = "0001_beliefs_spells_transitions_deliveries"
SECOND = "0002_mutes"


def later(*, broken: bool = False) -> Migrations:
    """The steps of a later Restock: ours and one or two more."""
    steps = Migrations("restock")
    steps(name=FIRST)(migrations._first)
    steps(name=SECOND)(migrations._second)

    @steps(name="0003_notes")
    def _notes(db: Database) -> None:
        db["notes"].create({"id": int, "text": str}, pk="id")

    if broken:

        @steps(name="0004_broken")
        def _broken(db: Database) -> None:
            db.conn.execute("CREATE TABLE half (x)")
            db.conn.execute("INSERT INTO nowhere VALUES (1)")

    return steps


@pytest.fixture
async def path(tmp_path: Path) -> Path:
    path = tmp_path / "restock.db"
    async with await Storage.open(path) as storage:
        await storage.record([change("aaaaaa")], NOW)
    return path


@pytest.fixture
def db(path: Path) -> Iterator[Database]:
    with closing(dbfile.open_to_write(path)) as db:
        yield db


def tables(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as conn:
        return {row[0] for row in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def test_released_steps_stay_as_they_are(tmp_path: Path) -> None:
    """The names are what databases remember, and the shape they made may not change any more."""
    with closing(Database(tmp_path / "x.db")) as db:
        migrations.create(db)
        assert [step.name for step in STEPS.applied(db)] == [FIRST, SECOND]
        columns = {t: [c.name for c in db[t].columns] for t in ("beliefs", "transitions", "deliveries", "mutes")}
    assert columns == {
        "beliefs": ["watch", "url", "state", "answer", "availability", "since", "updated_at"],
        "transitions": ["event_id", "kind", "watch", "url", "at", "data", "told"],
        "deliveries": [
            "id", "event_id", "channel", "state", "alert", "created_at", "due_at", "attempts", "repeat",
            "last_error", "tried_at", "settled_at",
        ],
        "mutes": ["id", "watch", "kind", "began", "until", "ended", "why"],
    }  # fmt: skip


def test_an_update_makes_a_copy_first(db: Database, path: Path) -> None:
    """The new step is there, the data too, and a complete copy of the old state lies beside it."""
    copy = migrate(db, path, later())
    assert copy == path.with_name("restock.db.before-0003_notes")
    assert "notes" in db.table_names()
    assert db["transitions"].count == 1
    assert "notes" not in tables(copy)
    assert dbfile.check(copy) is None
    with closing(sqlite3.connect(copy)) as old:
        assert old.execute("SELECT event_id FROM transitions").fetchall() == [("aaaaaa",)]
    assert migrate(db, path, later()) is None, "a second time there is nothing to do"


def test_a_failed_step_is_undone(db: Database, path: Path) -> None:
    """It is named with the copy; what came before it holds, of itself there is no trace."""
    with pytest.raises(
        StoreError, match=r"step 0004_broken failed \(no such table: nowhere\).*before-0003_notes"
    ) as caught:
        migrate(db, path, later(broken=True))
    assert "\n" not in str(caught.value)
    assert "notes" in db.table_names()
    assert "half" not in db.table_names()
    assert not db.conn.in_transaction


async def test_a_newer_database_is_refused(path: Path) -> None:
    """An older Restock neither writes nor reads what it cannot know, and says how to go on."""
    with closing(dbfile.open_to_write(path)) as db:
        migrate(db, path, later())
    for opening in (Storage.open, reading):
        with pytest.raises(
            StoreError, match=r"restock\.db: it was written by a newer Restock \(step 0003_notes\); update"
        ):
            await opening(path)


async def test_reading_an_older_database_asks_for_one_start(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What may not be changed cannot be brought up to date."""
    monkeypatch.setattr(migrations.require_known, "__defaults__", (later(),))
    with pytest.raises(StoreError, match="an older Restock wrote it; start `restock run` once"):
        await reading(path)


def test_no_copy_no_update(db: Database, path: Path) -> None:
    """Where the copy cannot be made, nothing is changed."""
    path.with_name("restock.db.before-0003_notes.part").mkdir()
    with pytest.raises(StoreError, match="no copy could be made"):
        migrate(db, path, later())
    assert "notes" not in db.table_names()


def test_old_libraries_are_refused() -> None:
    """Below the floors the service does not start, and says which to update."""
    require_versions()
    require_versions(sqlite=(3, 33, 0), sqlite_utils="4.2")
    with pytest.raises(StoreError, match=r"sqlite-utils 4\.1\.1 is too old: 4\.2"):
        require_versions(sqlite_utils="4.1.1")
    with pytest.raises(StoreError, match=r"SQLite 3\.32\.3 is too old: 3\.33"):
        require_versions(sqlite=(3, 32, 3))
