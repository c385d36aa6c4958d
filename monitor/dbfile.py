"""The database as a file: made whole, checked before use, opened with the settings that make a commit durable."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path

from sqlite_utils import Database

from monitor import migrations
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

    StoreError when it is damaged, foreign, newer or cannot be written: such a file is left exactly as it was found.
    """
    migrations.require_versions()
    _require_file_or_nothing(path)
    if not path.exists():
        _make(path)
    if problem := check(path):
        raise refuse(path, problem, _DAMAGED)
    db = _connect(path, "rw")
    try:
        migrations.require_known(db, path)
        for setting in _SETTINGS:
            db.conn.execute(f"PRAGMA {setting}")
        db.enable_wal()
        if (mode := db.conn.execute("PRAGMA journal_mode").fetchone()[0]) != "wal":
            raise refuse(path, f"its disk allows only the journal mode {mode!r}", "keep it on a local disk")
        migrations.migrate(db, path)
    except BaseException:
        db.close()
        raise
    return db


def open_to_read(path: Path) -> Database:
    """Open a database beside a running service, or after one, without being able to change it; StoreError if it cannot be."""
    path = path.resolve()
    _require_file_or_nothing(path)
    if not path.exists():
        raise refuse(path, "there is none yet", "start `restock run` once, or name the right file with --config")
    if problem := _outside(path):
        raise refuse(path, problem, _DAMAGED)
    db = _connect_to_read(path)
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
        with contextlib.closing(_connect_to_read(path)) as db:
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
    if _has_journal(path):  # SQLite would drop it, with the newest news in it
        raise refuse(
            path,
            f"it is missing but its journal {_journal(path).name} is there",
            "put the database back beside it, or move the journal away",
        )
    new = path.with_name(path.name + ".new")
    for leftover in (new, new.with_name(new.name + "-journal")):
        leftover.unlink(missing_ok=True)
    with contextlib.closing(_connect(new, "rwc")) as db:
        migrations.create(db)
    new.replace(path)
    with contextlib.suppress(OSError):  # not every system can sync a folder
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


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


def _connect_to_read(path: Path) -> Database:
    db = _connect(path, "ro")
    try:
        db.conn.execute("SELECT 1 FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        db.close()
        if any(path.with_name(path.name + end).exists() for end in ("-wal", "-shm")):
            raise
        return _connect(path, "ro", "&immutable=1")  # nobody has it open, and its folder may not be written
    return db
