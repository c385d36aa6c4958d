"""What an operator can do about a database that cannot be used; bugs stay bugs."""

from __future__ import annotations

import sqlite3
from pathlib import Path

_OUR_BUGS = (
    sqlite3.IntegrityError,
    sqlite3.ProgrammingError,
    sqlite3.InterfaceError,
    sqlite3.DataError,
    sqlite3.NotSupportedError,
)
_DAMAGED = "restore a backup, or move the file away and start afresh"
_RIGHTS = "check the owner and rights of the file and of its folder"
_ADVICE = {
    sqlite3.SQLITE_FULL: ("the disk is full", "free some space"),
    sqlite3.SQLITE_IOERR: ("the disk could not be read or written", "check the disk and its free space"),
    sqlite3.SQLITE_READONLY: ("it may not be written", _RIGHTS),
    sqlite3.SQLITE_PERM: ("it may not be opened", _RIGHTS),
    sqlite3.SQLITE_AUTH: ("it may not be opened", _RIGHTS),
    sqlite3.SQLITE_CANTOPEN: ("it cannot be opened", _RIGHTS),
    sqlite3.SQLITE_BUSY: ("another program holds it", "close that program"),
    sqlite3.SQLITE_LOCKED: ("another program holds it", "close that program"),
    sqlite3.SQLITE_CORRUPT: ("it is damaged", _DAMAGED),
    sqlite3.SQLITE_NOTADB: ("it is not a SQLite database", _DAMAGED),
}


class StoreError(Exception):
    """The database cannot be used as it stands; the text is one line: which file, why, what to do."""


class AlreadyRunning(Exception):
    """Another process owns the database; `pid` is its number, or None when it could not be read."""

    def __init__(self, pid: int | None, database: Path) -> None:
        who = f"process {pid}" if pid else "another process"
        remedy = f"stop it first (kill {pid})" if pid else "stop it first"
        super().__init__(f"already running: {who} is using {database}; {remedy}, or give this one another database")
        self.pid = pid
        self.database = database


def refuse(path: Path, why: str, remedy: str) -> StoreError:
    """Word a refusal as one line: which file, why, what to do."""
    return StoreError(" ".join(f"database {path}: {why}; {remedy}".split()))


def explain(path: Path, error: BaseException) -> BaseException:
    """Turn what an operator could fix into a StoreError; give anything else, a bug of ours, back as it is."""
    if isinstance(error, _OUR_BUGS) or not isinstance(error, sqlite3.DatabaseError | OSError):
        return error
    if isinstance(error, OSError):
        return refuse(path, error.strerror or str(error), _RIGHTS)
    why, remedy = _ADVICE.get(primary_code(error), (str(error), "check the disk, or restore a backup"))
    words = why if str(error) in why else f"{why} ({error})"
    return refuse(path, words, remedy)


def primary_code(error: BaseException) -> int:
    """Give SQLite's primary result code of an error, 0 when it has none."""
    return int(getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF
