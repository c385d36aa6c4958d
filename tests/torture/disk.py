"""A disk that fails to order, under the real SQLite: `python -m tests.torture.disk ORDERS run --config ...`

SQLite lets its system calls be replaced one by one; here its writes are, through ctypes, and nothing else in the
process. ORDERS is a folder: a file in it named like a fault switches that fault on for as long as it stands there.

    full    every write says "no space left on device"
    broken  every write says "input/output error"
    slow    every write takes as many seconds as the file says
    kill    the process is killed before the write of the number that the file says, counted from then on

What was done is written to the file `done` in the same folder: the proof that the fault really happened.
"""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import sqlite3
import sys
import time
from pathlib import Path

FAULTS = ("full", "broken", "slow", "kill")
_keep: list[object] = []  # what C calls must not be collected


class _Vfs(ctypes.Structure):
    _fields_ = [
        ("iVersion", ctypes.c_int), ("szOsFile", ctypes.c_int), ("mxPathname", ctypes.c_int), ("pNext", ctypes.c_void_p),
        ("zName", ctypes.c_char_p), ("pAppData", ctypes.c_void_p),
        *((name, ctypes.c_void_p) for name in (
            "xOpen", "xDelete", "xAccess", "xFullPathname", "xDlOpen", "xDlError", "xDlSym", "xDlClose", "xRandomness",
            "xSleep", "xCurrentTime", "xGetLastError", "xCurrentTimeInt64", "xSetSystemCall", "xGetSystemCall",
        )),
    ]  # fmt: skip


def library() -> ctypes.CDLL | None:
    """Give the very SQLite that Python uses; None where it is not a library of its own."""
    found = None
    maps = Path("/proc/self/maps")
    for line in maps.read_text("utf-8").splitlines() if maps.exists() else ():
        if "libsqlite3" in line:
            found = line.split()[-1]
            break
    if found is None:
        return None
    lib = ctypes.CDLL(found, use_errno=True)
    lib.sqlite3_libversion.restype = ctypes.c_char_p
    return lib if lib.sqlite3_libversion().decode() == sqlite3.sqlite_version else None


class Disk:
    """The faults that are on, and what they did."""

    def __init__(self, orders: Path) -> None:
        self._orders = orders
        self._count = 0

    def on(self, fault: str) -> bool:
        """True while a fault is switched on."""
        return (self._orders / fault).exists()

    def did(self, what: str) -> None:
        """Leave a proof."""
        handle = os.open(self._orders / "done", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        os.write(handle, f"{what}\n".encode())
        os.close(handle)

    def before_write(self) -> int:
        """Do what is ordered; give the errno with which the write fails, 0 for none."""
        if self.on("kill"):
            self._count += 1
            if self._count >= int((self._orders / "kill").read_text("ascii")):
                (self._orders / "kill").unlink()
                self.did("kill")
                os.kill(os.getpid(), signal.SIGKILL)
        if self.on("slow"):
            self.did("slow")
            time.sleep(float((self._orders / "slow").read_text("ascii")))
        if self.on("broken"):
            self.did("broken")
            return errno.EIO
        if self.on("full"):
            self.did("full")
            return errno.ENOSPC
        return 0


def replace(orders: Path) -> bool:
    """Put the faults under SQLite, before any connection is opened; False where that cannot be done."""
    lib = library()
    if lib is None:
        return False
    lib.sqlite3_vfs_find.restype = ctypes.POINTER(_Vfs)
    vfs = lib.sqlite3_vfs_find(None)
    set_call = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)(
        vfs.contents.xSetSystemCall
    )
    libc = ctypes.CDLL(None, use_errno=True)
    real_write = libc.pwrite64
    real_write.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int64]
    real_write.restype = ctypes.c_ssize_t
    disk = Disk(orders)

    def write(handle: int, data: int, size: int, offset: int) -> int:
        if fault := disk.before_write():
            ctypes.set_errno(fault)
            return -1
        return int(real_write(handle, data, size, offset))

    kind = ctypes.CFUNCTYPE(
        ctypes.c_ssize_t, ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int64, use_errno=True
    )
    function = kind(write)
    _keep.append(function)
    for name in (b"pwrite", b"pwrite64"):
        set_call(vfs, name, ctypes.cast(function, ctypes.c_void_p))
    return True


if __name__ == "__main__":
    if not replace(Path(sys.argv[1])):
        sys.exit("this Python carries its own SQLite; its calls cannot be replaced")
    sys.argv = [sys.argv[0], *sys.argv[2:]]
    from monitor import main

    sys.exit(main())
