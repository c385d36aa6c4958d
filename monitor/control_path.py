"""Where the control socket is: beside the database, or, where that name is too long for a socket, in a folder of its own.

Only its owner can open it, from the first moment on. A socket whose service died is replaced by the next one, which has
the database's lock by then and so knows that nobody answers on it.
"""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

LONGEST = 100  # bytes of a socket's path; systems allow 104 or 108
_SHORT = Path("/tmp")
_PREFIX, _NAME = "restock-", "control.sock"


@dataclass(frozen=True, slots=True)
class Place:
    """A bound socket that nobody listens on yet."""

    path: Path
    socket: socket.socket
    record: Path | None  # file beside the database that says where it is
    inode: int


def beside(database: Path) -> Path:
    """Give the usual path of a database's control socket."""
    database = database.resolve()
    return database.with_name(database.name + ".sock")


def find(database: Path) -> Path | None:
    """Give where a service would listen; None when none has said so."""
    usual = beside(database)
    if _fits(usual):
        return usual
    with contextlib.suppress(OSError, UnicodeError, ValueError):
        return Path(_record(database).read_text("utf-8").strip())
    return None


def claim(database: Path) -> Place:
    """Bind the socket of a database whose lock this process holds, for its owner alone; OSError where that cannot be."""
    usual, record = beside(database), None
    _forget(database)
    if _fits(usual):
        path = usual
        _clear(path)
    else:
        record = _record(database)
        path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=_short_folder())) / _NAME
    fresh = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        before = os.umask(0o177)  # no moment at which others could connect
        try:
            fresh.bind(str(path))
        finally:
            os.umask(before)
        fresh.setblocking(False)
        if record is not None:
            record.write_text(f"{path}\n", "utf-8")
        return Place(path, fresh, record, path.lstat().st_ino)
    except BaseException:
        fresh.close()
        raise


def release(place: Place) -> None:
    """Take the socket away, unless another service has put its own there; harmless when repeated."""
    place.socket.close()
    with contextlib.suppress(OSError):
        if place.path.lstat().st_ino == place.inode:
            place.path.unlink()
            if place.record is not None:
                place.record.unlink(missing_ok=True)
                place.path.parent.rmdir()


def _fits(path: Path) -> bool:
    return len(os.fsencode(path)) <= LONGEST


def _record(database: Path) -> Path:
    usual = beside(database)
    return usual.with_name(usual.name + "-path")


def _short_folder() -> Path:
    folder = Path(tempfile.gettempdir())
    return folder if _fits(folder / f"{_PREFIX}12345678" / _NAME) else _SHORT


def _clear(path: Path) -> None:
    """Remove the socket of a dead service; FileExistsError for anything that is none."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(found.st_mode):
        raise FileExistsError(f"{path} is there and is no socket; move it away")
    path.unlink()


def _forget(database: Path) -> None:
    """Remove what a service that died left in a folder of its own."""
    record = _record(database)
    with contextlib.suppress(OSError, UnicodeError, ValueError):
        left = Path(record.read_text("utf-8").strip())
        record.unlink()
        if left.name == _NAME and left.parent.name.startswith(_PREFIX) and left.parent.lstat().st_uid == os.geteuid():
            _clear(left)
            left.parent.rmdir()
