"""The database as a file: made whole, checked before use, opened with the settings that make a commit durable."""

from __future__ import annotations

import contextlib
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from sqlite_utils import Database

from monitor import backup, migrations
from monitor.store_errors import refuse

_MAGIC = b"SQLite format 3\x00"
_THOROUGH = 64 * 1024 * 1024  # bytes; a larger file is checked in its most precious tables, so that a start stays fast
_PRECIOUS = ("beliefs", "alarms", "meta")
_DAMAGED = "restore a backup over it, or move it away and start afresh"
_JOURNAL_LIMIT = 16 * 1024 * 1024  # bytes of -wal kept on disk after a checkpoint
_SETTINGS = (
    "foreign_keys=ON",
    "synchronous=FULL",
    "busy_timeout=5000",
    f"journal_size_limit={_JOURNAL_LIMIT}",
    "wal_autocheckpoint=4000",  # pages; `tidy` comes first unless the service is never idle
)


def open_to_write(path: Path) -> Database:
    """Open the database, or make it where there is none; the caller holds its lock.

    One that is damaged, foreign or missing is set aside and its newest sound backup restored. StoreError when there is
    none, or the file is newer or cannot be written: such a file is left exactly as it was found.
    """
    migrations.require_versions()
    _require_file_or_nothing(path)
    if found := _unusable(path):
        problem, remedy = found
        if backup.restore(path, problem) is None:
            if copies := len(backup.backups(path)):
                remedy = f"none of its {copies} backups is sound either; {remedy}"
            raise refuse(path, problem, remedy)
    elif not path.exists():
        _make(path)
    db = _connect(path, "rw")
    try:
        migrations.require_known(db, path)
        _set_up(db, path)
        migrations.migrate(db, path)
    except BaseException:
        db.close()
        raise
    return db


def _unusable(path: Path) -> tuple[str, str] | None:
    """Say what is wrong with what stands in the database's place and what to do; None for a sound one or a new start."""
    if not path.exists():
        if _has_journal(path):  # SQLite would drop it, with the newest news in it
            return (
                f"it is missing but its journal {_journal(path).name} is there",
                "put the database back beside it, or move the journal away",
            )
        if backup.backups(path):
            return "it is missing", "put it back, or move its backups away and start afresh"
        return None
    if problem := check(path):
        return problem, _DAMAGED
    with contextlib.closing(connect_to_read(path)) as db:
        if not migrations.STEPS.applied(db):
            return migrations.FOREIGN
    return None


def _set_up(db: Database, path: Path) -> None:
    for setting in _SETTINGS:
        db.conn.execute(f"PRAGMA {setting}")
    db.enable_wal()
    if (mode := db.conn.execute("PRAGMA journal_mode").fetchone()[0]) != "wal":
        raise refuse(path, f"its disk allows only the journal mode {mode!r}", "keep it on a local disk")


class Place:
    """Where the open database's files stand, so that it is noticed when somebody deletes or replaces them.

    SQLite goes on writing into a deleted file, and what it writes there is gone at the end of the process.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._files = self._now()

    def keep(self, db: Database) -> tuple[Database, str | None]:
        """Give the connection, opened anew after what it holds was put back in place, and what was done then.

        Costs two looks at the folder. StoreError when it cannot be put back.
        """
        now = self._now()
        if now[0] == self._files[0] and self._files[1] in (None, now[1]):
            self._files = now
            return db, None
        fresh, aside = self.path.with_name(self.path.name + ".restoring"), None
        try:
            migrations.back_up(db.conn, fresh)
            if now[1] == self._files[1]:  # our journal is in the copy already; left there, it would be played into it
                _journal(self.path).unlink(missing_ok=True)
            if now[0] != self._files[0]:
                aside = backup.free_name(self.path, datetime.now(UTC)) if now[0] is not None else None
                backup.set_aside(self.path, aside or self.path.with_name(self.path.name + ".stray"))
            self.path.with_name(self.path.name + "-shm").unlink(missing_ok=True)
            fresh.replace(self.path)
            backup.sync_folder(self.path.parent)
        except (sqlite3.Error, OSError) as error:
            raise refuse(
                self.path, f"it was deleted or replaced while in use, and cannot be put back ({error})", "restore it"
            ) from error
        with contextlib.suppress(sqlite3.Error):
            db.close()  # it sees that its file was moved, and leaves alone what stands there now
        db = _connect(self.path, "rw")
        _set_up(db, self.path)
        self._files = self._now()
        told = f"; what stood there is kept as {aside.name}" if aside is not None else ""
        return db, f"its file was deleted or replaced while in use; it was put back whole{told}"

    def _now(self) -> tuple[tuple[int, int] | None, tuple[int, int] | None]:
        return _identity(self.path), _identity(_journal(self.path))


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def open_to_read(path: Path) -> Database:
    """Open a database beside a running service, or after one, without being able to change it; StoreError if it cannot be."""
    path = path.resolve()
    _require_file_or_nothing(path)
    if not path.exists():
        raise refuse(path, "there is none yet", "start `restock run` once, or name the right file with --config")
    if problem := _outside(path):
        raise refuse(path, problem, _DAMAGED)
    db = connect_to_read(path)
    try:
        if migrations.require_known(db, path):
            raise refuse(path, "an older Restock wrote it", "start `restock run` once, which brings it up to date")
    except BaseException:
        db.close()
        raise
    return db


def check(path: Path) -> str | None:
    """Say in words what is wrong with a database file; None when it is sound. Changes nothing."""
    if problem := _outside(path):
        return problem
    try:
        with contextlib.closing(connect_to_read(path)) as db:
            if path.stat().st_size <= _THOROUGH:
                checks = ["PRAGMA quick_check(1)"]
            else:
                checks = [f"PRAGMA quick_check('{table}')" for table in _PRECIOUS]
            for statement in checks:
                found = db.conn.execute(statement).fetchone()[0]
                if found != "ok":
                    return f"it is damaged ({found})"
    except sqlite3.DatabaseError as error:
        return f"it is damaged ({error})"
    return None


def tidy(db: Database) -> None:
    """Fold what the journal holds into the file, so that no caller's commit has to."""
    db.conn.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()


def close(db: Database) -> None:
    """Fold the journal into the file and let go; what a full disk keeps from folding stays safe in the journal."""
    try:
        with contextlib.suppress(sqlite3.Error):
            db.conn.execute("PRAGMA optimize").fetchall()
            db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    finally:
        db.close()


def _make(path: Path) -> None:
    """Lay out a new database under another name, then give it its own: half a database never bears the name."""
    new = path.with_name(path.name + ".new")
    for leftover in (new, new.with_name(new.name + "-journal")):
        leftover.unlink(missing_ok=True)
    with contextlib.closing(_connect(new, "rwc")) as db:
        migrations.create(db)
    new.replace(path)
    backup.sync_folder(path.parent)


def _require_file_or_nothing(path: Path) -> None:
    if path.exists() and not path.is_file():
        raise refuse(path, "it is not a file", "set another `database` under [monitor]")


def _outside(path: Path) -> str | None:
    """Judge a file by its head and its length, without SQLite."""
    with path.open("rb") as file:
        head = file.read(100)
    size = path.stat().st_size
    if not size:
        return "it is empty"
    if not head.startswith(_MAGIC):
        return "it is not a SQLite database"
    if len(head) < 100:
        return "it was cut short"
    if _has_journal(path):
        return None  # a crash in mid-checkpoint may leave the file shorter than its head says; the journal has the rest
    page = int.from_bytes(head[16:18], "big")
    expected = int.from_bytes(head[28:32], "big") * (65536 if page == 1 else page)
    counted = head[24:28] == head[92:96]  # only then is the page count in the head the true one
    if counted and size < expected:
        return f"it was cut short ({size:,} of {expected:,} bytes)"
    return None


def _journal(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


def _has_journal(path: Path) -> bool:
    return _journal(path).exists() and _journal(path).stat().st_size > 0


def _connect(path: Path, mode: str, extra: str = "") -> Database:
    uri = f"{path.absolute().as_uri()}?mode={mode}{extra}"
    conn = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=5.0)
    return Database(conn, execute_plugins=False)


def connect_to_read(path: Path) -> Database:
    db = _connect(path, "ro")
    try:
        db.conn.execute("SELECT 1 FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        db.close()
        if any(path.with_name(path.name + end).exists() for end in ("-wal", "-shm")):
            raise
        return _connect(path, "ro", "&immutable=1")  # nobody has it open, and its folder may not be written
    return db
