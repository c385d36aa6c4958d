"""The shape of the database, as steps that are only ever added to.

A step that has been released is never edited or renamed: its name is what a database remembers.
"""

from __future__ import annotations

import sqlite3
from importlib.metadata import version
from pathlib import Path

from sqlite_utils import Database, Migrations

from monitor.store_errors import StoreError, refuse

STEPS = Migrations("restock")
FOREIGN = ("it belongs to another program", "set another `database` under [monitor]")
_SQLITE_FLOOR = (3, 33, 0)  # the first that can check a single table
_SQLITE_UTILS_FLOOR = (4, 2)  # the first whose atomic() and migrations we rely on


@STEPS(name="0001_beliefs_spells_transitions_deliveries")
def _first(db: Database) -> None:
    for statement in _FIRST.split(";"):
        if statement.strip():
            db.conn.execute(statement)


_FIRST = """
CREATE TABLE beliefs (
    watch TEXT NOT NULL, url TEXT NOT NULL, state TEXT NOT NULL, answer TEXT, availability TEXT, since TEXT,
    updated_at TEXT NOT NULL, PRIMARY KEY (watch, url)
);
CREATE TABLE spells (
    id INTEGER PRIMARY KEY, watch TEXT NOT NULL, url TEXT NOT NULL, answer TEXT NOT NULL, availability TEXT NOT NULL,
    price TEXT, currency TEXT, began TEXT NOT NULL, last_seen TEXT NOT NULL, ended TEXT
);
CREATE UNIQUE INDEX spells_open ON spells (watch, url) WHERE ended IS NULL;
CREATE INDEX spells_watch ON spells (watch, began);
CREATE INDEX spells_ended ON spells (ended);
CREATE TABLE transitions (
    event_id TEXT PRIMARY KEY NOT NULL, kind TEXT NOT NULL, watch TEXT NOT NULL, url TEXT NOT NULL, at TEXT NOT NULL,
    data TEXT NOT NULL, told INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX transitions_at ON transitions (at);
CREATE INDEX transitions_watch ON transitions (watch, at);
CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT, event_id TEXT NOT NULL REFERENCES transitions (event_id),
    channel TEXT NOT NULL, state TEXT NOT NULL, alert TEXT NOT NULL, created_at TEXT NOT NULL, due_at TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, repeat INTEGER NOT NULL DEFAULT 0, last_error TEXT NOT NULL DEFAULT '',
    tried_at TEXT, settled_at TEXT
);
CREATE INDEX deliveries_state ON deliveries (state);
CREATE INDEX deliveries_event ON deliveries (event_id);
CREATE INDEX deliveries_settled ON deliveries (settled_at);
CREATE TABLE alarms (
    scope TEXT PRIMARY KEY NOT NULL, cause TEXT NOT NULL, since TEXT NOT NULL, told_at TEXT NOT NULL, reminded_at TEXT,
    data TEXT NOT NULL
);
CREATE TABLE meta (key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL)
"""


@STEPS(name="0002_mutes")
def _second(db: Database) -> None:
    for statement in _SECOND.split(";"):
        db.conn.execute(statement)


_SECOND = """
CREATE TABLE mutes (
    id INTEGER PRIMARY KEY AUTOINCREMENT, watch TEXT NOT NULL, kind TEXT NOT NULL, began TEXT NOT NULL,
    until TEXT NOT NULL, ended TEXT, why TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX mutes_open ON mutes (watch, kind) WHERE ended IS NULL
"""


def require_versions(sqlite: tuple[int, ...] = sqlite3.sqlite_version_info, sqlite_utils: str | None = None) -> None:
    """Refuse to work with libraries below the floors; StoreError says which to update."""
    found = sqlite_utils or version("sqlite-utils")
    if _numbers(found) < _SQLITE_UTILS_FLOOR:
        raise StoreError(f"sqlite-utils {found} is too old: 4.2 or newer is needed; run `pip install -U sqlite-utils`")
    if sqlite < _SQLITE_FLOOR:
        have = ".".join(map(str, sqlite))
        raise StoreError(f"SQLite {have} is too old: 3.33 or newer is needed; update the system or use a newer Python")


def require_known(db: Database, path: Path, steps: Migrations = STEPS) -> list[str]:
    """Give the steps that a database still lacks; StoreError if another program or a newer Restock wrote it."""
    applied = [step.name for step in steps.applied(db)]
    if not applied:
        raise refuse(path, *FOREIGN)
    known = _names(steps)
    if newer := [name for name in applied if name not in known]:
        raise refuse(
            path,
            f"it was written by a newer Restock (step {newer[-1]})",
            "update Restock, or move the file away and start afresh",
        )
    return [name for name in known if name not in applied]


def migrate(db: Database, path: Path, steps: Migrations = STEPS) -> Path | None:
    """Bring an existing database up to date; give the copy made before, None when nothing was to be done.

    StoreError says which step failed; that step leaves no trace, and the copy stays beside the database.
    """
    lacking = require_known(db, path, steps)
    if not lacking:
        return None
    copy = path.with_name(f"{path.name}.before-{lacking[0]}")
    try:
        back_up(db.conn, copy)
    except (sqlite3.Error, OSError) as error:
        raise refuse(path, f"no copy could be made before the update ({error})", "free some space") from error
    try:
        steps.apply(db)
    except Exception as error:
        done = {step.name for step in steps.applied(db)}
        failed = next((name for name in lacking if name not in done), lacking[-1])
        raise refuse(
            path,
            f"update step {failed} failed ({error}) and was undone",
            f"report this; the copy from before the update is {copy.name}",
        ) from error
    return copy


def create(db: Database, steps: Migrations = STEPS) -> None:
    """Lay out an empty database."""
    db.conn.execute("PRAGMA auto_vacuum=INCREMENTAL")  # only possible before the first table
    steps.apply(db)


def back_up(source: sqlite3.Connection, target: Path) -> None:
    """Copy a live database whole; `target` appears complete or not at all."""
    partial = target.with_name(target.name + ".part")
    partial.unlink(missing_ok=True)
    copy = sqlite3.connect(partial)
    try:
        source.backup(copy)
    finally:
        copy.close()
    partial.replace(target)


def _names(steps: Migrations) -> list[str]:
    empty = Database(memory=True, execute_plugins=False)
    try:
        return [step.name for step in steps.pending(empty)]
    finally:
        empty.close()


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".")[:3] if part.isdigit())
