"""One owner for a database: a second start is told at once whose it is.

The kernel drops the lock when its holder dies, however it dies. The file itself stays for good: deleting it
would let a third process lock a new file of that name while a second one still waits on the old.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from pathlib import Path

from monitor.store_errors import AlreadyRunning, StoreError, refuse

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_READ_TRIES = 20  # a holder writes its number right after it took the lock: wait 0.2 s for it at most
_FAR = 1 << 30  # Windows locks bytes, and a locked byte cannot be read: take one past the number


class Lock:
    """Exclusive ownership of one database by one process, held in `<database>.lock`."""

    def __init__(self, database: Path) -> None:
        self.database = database.resolve()  # two names of one file share one lock
        self.path = self.database.with_name(self.database.name + ".lock")
        self._fd: int | None = None

    def acquire(self) -> None:
        """Take the lock without waiting; AlreadyRunning names the holder, StoreError a folder that cannot be used."""
        try:
            fd = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise refuse(
                self.database,
                f"its lock file {self.path.name} cannot be written ({error.strerror})",
                "make its folder exist and be writable, or set another `database` under [monitor]",
            ) from error
        if not _try_lock(fd):
            os.close(fd)
            raise AlreadyRunning(self._holder(), self.database)
        self._fd = fd
        try:
            os.ftruncate(fd, 0)
            os.write(fd, f"{os.getpid()}\n".encode())
        except OSError as error:  # a full disk: the number is a courtesy, but a start without room is of no use either
            self.release()
            raise refuse(
                self.database, f"its lock file cannot be written ({error.strerror})", "free some space"
            ) from error

    def release(self) -> None:
        """Let the next owner in; harmless when not held."""
        if self._fd is not None:
            fd, self._fd = self._fd, None
            with contextlib.suppress(OSError):
                os.ftruncate(fd, 0)
            os.close(fd)

    def _holder(self) -> int | None:
        for _ in range(_READ_TRIES):
            with contextlib.suppress(OSError, ValueError):
                return int(self.path.read_text("ascii"))
            time.sleep(0.01)
        return None


def require_free(database: Path) -> None:
    """Raise AlreadyRunning when another process owns the database just now; makes no file and keeps nothing.

    For the moment before anything heavy is loaded: who opens the database takes the lock all the same.
    """
    lock = Lock(database)
    if lock.path.exists():  # an owner's file is there as long as it lives
        with contextlib.suppress(StoreError):  # opening the database will say so, after the configuration was judged
            lock.acquire()
            lock.release()


def _try_lock(fd: int) -> bool:
    try:
        if sys.platform == "win32":
            os.lseek(fd, _FAR, os.SEEK_SET)
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
            os.lseek(fd, 0, os.SEEK_SET)
        else:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
