"""The control socket answers its owner, one line for one line, and nothing said to it holds the service up."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import stat
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor import control, control_path
from monitor.changes import Reloaded
from monitor.control import Control
from monitor.control_client import NoAnswer, NotRunning, ask
from monitor.control_requests import LIMIT, answer, parse
from monitor.mutes import Mute, MuteKind, Refused
from monitor.problems import ConfigError, Problem
from monitor.reload import Held
from monitor.settings import Settings
from monitor.store_errors import StoreError

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)


class Played:
    """A service that notes what it was asked."""

    longest_mute = timedelta(days=1)

    def __init__(self, outcome: Any = None) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.outcome = outcome
        self.quieting = self

    async def mute(self, name: str | None, length: timedelta) -> Mute:
        self.asked.append(("mute", name, length))
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return Mute(name or "", MuteKind.MUTE, NOW, NOW + length, 1)

    async def snooze(self, name: str, length: timedelta) -> Mute:
        self.asked.append(("snooze", name, length))
        return Mute(name, MuteKind.SNOOZE, NOW, NOW + length, 1)

    async def unmute(self, name: str | None) -> tuple[Mute, ...]:
        self.asked.append(("unmute", name))
        return ()

    async def reload(self, *, yes: bool) -> Any:
        self.asked.append(("reload", yes))
        if isinstance(self.outcome, type):
            raise self.outcome
        return self.outcome

    def status(self) -> dict[str, Any]:
        return {"pid": os.getpid()}


def line(**request: Any) -> bytes:
    return json.dumps(request).encode() + b"\n"


REFUSED = [
    (b"", "not one line of JSON"),
    (b"\xff\xfe\n", "not one line of JSON"),
    (b"[" * 60_000 + b"\n", "not one line of JSON"),
    (b"[1]\n", "expected a JSON object"),
    (b"null\n", "expected a JSON object"),
    (b'{"do": 1}\n', "there are: mute, unmute, snooze, reload, status"),
    (line(), "there are: mute"),
    (line(do="stop"), "unknown request"),
    (line(do="relaod"), 'did you mean "reload"'),
    (line(do="__init__"), "unknown request"),
    (line(do="status", path="/etc/passwd"), "status: unknown key"),
    (line(do="mute", nam="x", **{"for": "1h"}), 'unknown key (did you mean "name"?)'),
    (line(do="mute", **{"for": "1h"}), 'expected "name" or all: true'),
    (line(do="mute", all=False, **{"for": "1h"}), 'expected "name"'),
    (line(do="mute", name="x", all=True, **{"for": "1h"}), "and not both"),
    (line(do="mute", name="x"), 'expected "for"'),
    (line(do="mute", name=1, **{"for": "1h"}), '"name" is to be text'),
    (line(do="mute", name="x", **{"for": 60}), '"for" is to be text'),
    (line(do="mute", name="x", **{"for": "forever"}), "a mute always ends"),
    (line(do="snooze", all=True, **{"for": "1h"}), "snooze: unknown key"),
    (line(do="reload", yes="yes"), '"yes" is to be true or false'),
    (b" " * LIMIT + line(do="status"), "longer than 65,536 bytes"),
]


@pytest.mark.parametrize(("request_", "words"), REFUSED)
async def test_whatever_is_not_known_is_refused_in_one_line(request_: bytes, words: str) -> None:
    """Unknown verbs and keys, wrong types, too much: nothing is done, and the answer says what was wrong."""
    played = Played()
    told = await answer(request_, played)  # type: ignore[arg-type]
    assert told["ok"] is False
    assert words in told["error"]
    assert "\n" not in told["error"]
    assert len(told["error"]) < 300
    assert not played.asked


async def test_what_is_known_is_done() -> None:
    """Each verb reaches what it names with what was said."""
    played = Played(Reloaded())
    for request_ in (
        line(do="mute", name="Deck", **{"for": "1h"}), line(do="mute", all=True, **{"for": "30m"}),
        line(do="snooze", name="Deck", **{"for": "2h"}), line(do="unmute", all=True), line(do="unmute", name="Deck"),
        line(do="reload"), line(do="reload", yes=True), line(do="status"),
    ):  # fmt: skip
        assert (await answer(request_, played))["ok"] is True, request_  # type: ignore[arg-type]
    assert played.asked == [
        ("mute", "Deck", timedelta(hours=1)), ("mute", None, timedelta(minutes=30)),
        ("snooze", "Deck", timedelta(hours=2)), ("unmute", None), ("unmute", "Deck"),
        ("reload", False), ("reload", True),
    ]  # fmt: skip


async def test_expected_faults_are_answers() -> None:
    """A refusal, a full disk, a file with mistakes, a reload on hold: one line, and what more there is beside it."""
    path = Path("config.toml")
    settings = Settings(path=path, database=Path("restock.db"))
    for outcome, key, value in (
        (Refused("no such watch"), "error", "no such watch"),
        (StoreError("database x: the disk is full; free some space"), "storage", True),
    ):
        told = await answer(line(do="mute", name="x", **{"for": "1h"}), Played(outcome))  # type: ignore[arg-type]
        assert (told["ok"], told[key]) == (False, value)
    for outcome, key, value in (
        (Held(settings, ("a", "b", "c"), 4), "held", ["a", "b", "c"]),
        (ConfigError([Problem(path, 3, "watch", "is wrong")]), "problems", ["config.toml:3: watch: is wrong"]),
        (TimeoutError, "error", "the configuration did not stand still long enough to be read; try again"),
    ):
        told = await answer(line(do="reload"), Played(outcome))  # type: ignore[arg-type]
        assert (told["ok"], told[key]) == (False, value)
    told = await answer(
        line(do="reload"), Played(Reloaded(added=(("Deck", "https://a.example/"),), channels_added=("p",)))
    )  # type: ignore[arg-type]
    assert told["changed"] == ["added: Deck at https://a.example/", "channel added: p"]


@contextlib.asynccontextmanager
async def serving(database: Path, played: Any = None, apart_from: Path | None = None) -> AsyncIterator[Path]:
    stopping = asyncio.Event()
    task = asyncio.create_task(Control(lambda: database, played or Played()).run(stopping))
    async with asyncio.timeout(5):
        while (path := control_path.find(database)) is None or path == apart_from or not path.exists():
            await asyncio.sleep(0.01)
    try:
        yield path
    finally:
        stopping.set()
        await asyncio.wait_for(task, 5)
    assert not path.exists(), "a socket that is left would say that somebody listens"


async def call(path: Path, sent: bytes) -> bytes:
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(sent)
    with contextlib.suppress(OSError):
        await writer.drain()
        writer.write_eof()
    got = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    return got


async def test_only_the_owner_can_open_it(tmp_path: Path) -> None:
    """Mode 0600 whatever the umask, which is as before afterwards; its folder and the database are no part of it."""
    before = os.umask(0)
    try:
        async with serving(tmp_path / "restock.db") as path:
            assert path == tmp_path / "restock.db.sock"
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            assert os.umask(0) == 0
            assert await asyncio.to_thread(ask, tmp_path / "restock.db", {"do": "status"}) == {
                "ok": True,
                "status": {"pid": os.getpid()},
            }
    finally:
        os.umask(before)


async def test_one_line_for_each_line(tmp_path: Path) -> None:
    """Several requests on one connection are answered in order; one that is cut is answered too."""
    async with serving(tmp_path / "restock.db") as path:
        got = (
            await call(path, line(do="status") + line(do="nothing") + line(do="status") + b'{"do": "sta')
        ).splitlines()
        assert [json.loads(one)["ok"] for one in got] == [True, False, True, False]
        assert "no end of line" in json.loads(got[3])["error"]


async def test_too_much_is_refused_and_the_service_goes_on(tmp_path: Path) -> None:
    """A megabyte without an end of line is cut off at 64 KiB with one line."""
    async with serving(tmp_path / "restock.db") as path:
        got = await call(path, b"x" * 1_000_000)
        assert "longer than 65,536 bytes" in json.loads(got)["error"]
        assert json.loads(await call(path, line(do="status")))["ok"]


async def test_who_says_nothing_is_left_and_holds_nobody_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Silent callers are cut off in time; more than so many at once are refused with a word; others are answered."""
    monkeypatch.setattr(control, "_PATIENCE_S", 0.4)
    monkeypatch.setattr(control, "_MOST", 4)
    async with serving(tmp_path / "restock.db") as path:
        silent = [await asyncio.open_unix_connection(path) for _ in range(3)]
        assert json.loads(await call(path, line(do="status")))["ok"]
        silent += [await asyncio.open_unix_connection(path)]
        assert "more than 4 callers" in json.loads(await call(path, b""))["error"]
        for reader, writer in silent:
            assert await asyncio.wait_for(reader.read(), 2) == b""
            writer.close()
        assert json.loads(await call(path, line(do="status")))["ok"]


async def test_the_service_stops_while_somebody_is_connected(tmp_path: Path) -> None:
    """A caller that waits does not hold the stop up."""
    async with serving(tmp_path / "restock.db") as path:
        reader, writer = await asyncio.open_unix_connection(path)
        await asyncio.sleep(0.05)
    assert await asyncio.wait_for(reader.read(), 2) == b""
    writer.close()


async def test_a_dead_services_socket_is_replaced_and_another_file_is_not(tmp_path: Path) -> None:
    """A socket on which nobody listens gives way; a file of that name is somebody's, and costs only the commands."""
    database = tmp_path / "restock.db"
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(tmp_path / "restock.db.sock"))
    left.close()
    with pytest.raises(NotRunning):
        ask(database, {"do": "status"})
    stopping = asyncio.Event()
    task = asyncio.create_task(Control(lambda: database, Played()).run(stopping))  # type: ignore[arg-type]
    async with asyncio.timeout(5):
        while True:
            with contextlib.suppress(NotRunning):
                assert (await asyncio.to_thread(ask, database, {"do": "status"}))["ok"]
                break
            await asyncio.sleep(0.02)
    stopping.set()
    await task
    (tmp_path / "restock.db.sock").write_text("precious")
    await asyncio.wait_for(Control(lambda: database, Played()).run(stopping), 5)  # type: ignore[arg-type]
    assert (tmp_path / "restock.db.sock").read_text() == "precious"
    with pytest.raises(NotRunning):
        ask(database, {"do": "status"})


async def test_a_long_path_has_its_socket_in_a_private_folder(tmp_path: Path) -> None:
    """Where the name beside the database is too long, a folder of its own is made, written down, found and removed."""
    folder = tmp_path / ("long" * 30)
    folder.mkdir()
    database = folder / "restock.db"
    assert control_path.find(database) is None
    async with serving(database) as path:
        assert len(os.fsencode(path)) <= control_path.LONGEST
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert (await asyncio.to_thread(ask, database, {"do": "status"}))["ok"]
    assert not path.parent.exists()
    assert list(folder.iterdir()) == []
    place = control_path.claim(database)  # and dies here
    place.socket.close()
    with pytest.raises(NotRunning):
        ask(database, {"do": "status"})
    async with serving(database, apart_from=place.path):
        assert not place.path.parent.exists(), "what the dead one left is gone"
    precious = tmp_path / "precious"
    precious.write_text("x")
    control_path._record(database).write_text(f"{precious}\n")
    async with serving(database, apart_from=precious):
        assert precious.exists(), "a record that names something else leads to no harm"


def test_the_longest_path_that_fits_is_bound_beside_the_database(tmp_path: Path) -> None:
    """The limit is one the system takes: 100 bytes, counted as bytes."""
    room = control_path.LONGEST - len(os.fsencode(tmp_path)) - len("/.db.sock")
    database = tmp_path / f"{'在' * (room // 3)}{'x' * (room % 3)}.db"
    place = control_path.claim(database)
    assert len(os.fsencode(place.path)) == 100
    assert place.path.parent == tmp_path
    control_path.release(place)
    assert not place.path.exists()


async def test_a_socket_that_another_service_put_there_stays(tmp_path: Path) -> None:
    """Only one's own is taken away at the end."""
    database = tmp_path / "restock.db"
    old = control_path.claim(database)
    new = control_path.claim(database)
    if old.inode != new.inode:  # some file systems give a number out again at once
        control_path.release(old)
        assert new.path.exists()
    control_path.release(new)
    assert not new.path.exists()


async def test_a_service_that_hangs_or_breaks_off_is_told_of(tmp_path: Path) -> None:
    """The client waits so long and no longer, and says what to do."""
    database = tmp_path / "restock.db"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "restock.db.sock"))
        server.listen(4)
        with pytest.raises(NoAnswer, match=r"did not answer within 0\.2 s"):
            await asyncio.to_thread(ask, database, {"do": "status"}, patience=0.2)
        server.accept()[0].close()

        def breaks_off() -> None:
            called, _ = server.accept()
            called.recv(100)
            called.sendall(b'{"ok": tr')
            called.close()

        breaking = asyncio.create_task(asyncio.to_thread(breaks_off))
        with pytest.raises(NoAnswer, match="broke off"):
            await asyncio.to_thread(ask, database, {"do": "status"}, patience=3)
        await breaking


def test_requests_are_read_whole() -> None:
    """What is well formed is taken as it stands, without any trimming of names."""
    assert parse(line(do="mute", name=" 在庫 \u202e", **{"for": "1h"})).name == " 在庫 \u202e"
    with pytest.raises(Refused):
        parse(line(do=["mute"]))
