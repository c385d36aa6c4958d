"""Copies of the database that are known to be sound, and what becomes of one that is not.

A copy is made beside a running service, checked whole, and only then given its name. A database that cannot be used is
set aside, never deleted; the newest sound copy takes its place, with a note inside that says so.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from sqlite_utils import Database

from monitor import migrations, records, statements
from monitor.ids import new_event_id
from monitor.store_errors import StoreError, refuse

KEPT = 3
NOTE = "restored"  # where the database remembers that it is a copy of an earlier one
_FORM = "%Y%m%dT%H%M%SZ"
_ENDS = ("-wal", "-journal")


@dataclass(frozen=True, slots=True)
class Copy:
    """A backup that was made, or why it was thrown away."""

    path: Path
    size: int  # bytes
    problem: str | None = None


def backups(database: Path) -> list[Path]:
    """Give the backups of a database, newest first."""
    prefix = f"{database.name}.backup-"
    return sorted(
        (path for path in database.parent.glob(f"{database.name}.backup-*Z") if _when(path, prefix)), reverse=True
    )


def newest(database: Path) -> datetime | None:
    """Give when the newest backup was made; None when there is none."""
    return next((_when(path, f"{database.name}.backup-") for path in backups(database)), None)


def make(database: Path, at: datetime, connect: Callable[[Path], Database], keep: int = KEPT) -> Copy:
    """Copy a live database and check the copy whole; the newest few are kept. StoreError when it cannot be written.

    Takes as long as the disk needs, and holds no commit up; call it in a thread.
    """
    target = database.with_name(f"{database.name}.backup-{at.astimezone(UTC).strftime(_FORM)}")
    part = target.with_name(target.name + ".part")
    try:
        for leftover in database.parent.glob(f"{database.name}.backup-*.part"):
            leftover.unlink(missing_ok=True)
        size = database.stat().st_size
        if shutil.disk_usage(database.parent).free < 2 * size:
            raise refuse(database, "there is too little room beside it for a backup", "free some space")
        with contextlib.closing(connect(database)) as db:
            migrations.back_up(db.conn, part)
        if problem := verify(part):
            part.unlink()
            return Copy(target, size, str(refuse(database, f"a copy of it is not sound: {problem}", _STOP)))
        part.replace(target)
        sync_folder(database.parent)
        for old in backups(database)[keep:]:
            old.unlink(missing_ok=True)
        return Copy(target, target.stat().st_size)
    except (sqlite3.Error, OSError) as error:
        with contextlib.suppress(OSError):  # it takes room that is needed elsewhere
            part.unlink(missing_ok=True)
        raise refuse(database, f"no backup could be made ({error})", "free some space, or check the disk") from error


_STOP = "restart Restock, which restores the newest sound backup"


def verify(path: Path) -> str | None:
    """Say what is wrong with a copy that nobody has open; None when every page and index is sound and it is ours."""
    try:
        uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        with contextlib.closing(Database(sqlite3.connect(uri, uri=True), execute_plugins=False)) as db:
            found = db.conn.execute("PRAGMA integrity_check(1)").fetchone()[0]
            if found != "ok":
                return str(found)
            migrations.require_known(db, path)
    except StoreError as error:
        return str(error)
    except (sqlite3.Error, OSError) as error:
        return str(error)
    return None


def restore(database: Path, problem: str, now: datetime | None = None) -> Path | None:
    """Set a database aside and put its newest sound backup in its place; None when there is no such backup.

    A kill at any moment of it leaves something from which the next start comes to the same end.
    """
    source = next((copy for copy in backups(database) if verify(copy) is None), None)
    if source is None:
        return None
    now = now or datetime.now(UTC)
    fresh = database.with_name(database.name + ".restoring")
    for leftover in (fresh, *(fresh.with_name(fresh.name + end) for end in (*_ENDS, "-shm"))):
        leftover.unlink(missing_ok=True)
    shutil.copyfile(source, fresh)
    aside = free_name(database, now)
    where = f"it is kept as {aside.name}" if database.exists() else "nothing was there to be kept"
    with contextlib.closing(Database(sqlite3.connect(fresh, isolation_level=None), execute_plugins=False)) as db:
        if before := migrations.migrate(db, fresh):
            before.unlink()  # the backup itself is still there
        with db.atomic():
            _mark(db.conn, f"{problem}; {where}; restored from {source.name}", now)
        db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    set_aside(database, aside)
    fresh.replace(database)
    sync_folder(database.parent)
    return aside


def _mark(conn: sqlite3.Connection, why: str, now: datetime) -> None:
    """Note in a restored copy what it is: nothing it believes rings, what it owes may have arrived."""
    for belief in records.read_beliefs(conn).values():
        if belief.answer is not None:
            statements.write_belief(conn, replace(belief, edited=True), now)
    conn.execute("UPDATE deliveries SET state = 'pending', repeat = 1 WHERE state IN ('pending', 'sending')")
    note = json.dumps({"event_id": new_event_id(), "at": now.isoformat(), "why": why}, ensure_ascii=False)
    conn.executemany("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", [(NOTE, note), ("clean_stop", "yes")])


def free_name(database: Path, now: datetime) -> Path:
    """Give the name under which a file in the database's place is set aside: with the time, and never one in use."""
    stem = f"{database.name}.damaged-{now.astimezone(UTC).strftime(_FORM)}"
    name, number = database.with_name(stem), 1
    while name.exists() or any(name.with_name(name.name + end).exists() for end in _ENDS):
        number += 1
        name = database.with_name(f"{stem}-{number}")
    return name


def set_aside(database: Path, aside: Path) -> None:
    """Move a database away with its journal, which SQLite would otherwise play into whatever comes in its place."""
    with contextlib.suppress(FileNotFoundError):
        database.rename(aside)
    for end in _ENDS:
        with contextlib.suppress(FileNotFoundError):
            database.with_name(database.name + end).rename(aside.with_name(aside.name + end))
    database.with_name(database.name + "-shm").unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make renames in a folder outlive a power cut, where the system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _when(path: Path, prefix: str) -> datetime | None:
    try:
        return datetime.strptime(path.name.removeprefix(prefix), _FORM).replace(tzinfo=UTC)
    except ValueError:
        return None
