"""Saved means in force, all or nothing: however an editor saves, once the file stands still, and never half a file."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from monitor.config import ConfigError, load
from monitor.reload import Held, follow
from monitor.settings import Settings

SETTLE = 0.15
HEAD = "[channels.terminal]\nurl = 'console://'\n"


def text(*names: str) -> str:
    """Write a configuration with these watches."""
    return HEAD + "".join(f"[[watch]]\nname = '{name}'\nurl = 'https://shop.example/{name}'\n" for name in names)


class Heard:
    """Notes what was called back, and lets a test wait for it."""

    def __init__(self, path: Path, stopping: asyncio.Event) -> None:
        self.path, self.stopping = path, stopping
        self.news: asyncio.Queue[Settings | ConfigError | Held] = asyncio.Queue()
        self.confirmed = asyncio.Event()

    async def note(self, news: Settings | ConfigError | Held) -> None:
        await self.news.put(news)

    async def next(self) -> Settings | ConfigError | Held:
        return await asyncio.wait_for(self.news.get(), 8)

    async def names(self) -> list[str]:
        news = await self.next()
        assert isinstance(news, Settings), news
        return [watch.name for watch in news.watches]

    async def nothing(self, seconds: float = 4 * SETTLE) -> None:
        await asyncio.sleep(seconds)
        assert self.news.empty(), self.news.get_nowait()


@asynccontextmanager
async def following(
    path: Path, *, glance: float = 30.0, env: dict[str, str] | None = None, loaded: Settings | None = None
) -> AsyncIterator[Heard]:
    """Follow a file; with a long glance only notices can wake it."""
    stopping = asyncio.Event()
    heard = Heard(path, stopping)
    loaded = loaded or load(path, env=env or {})
    task = asyncio.create_task(
        follow(
            path,
            loaded,
            heard.note,
            heard.note,
            heard.note,
            stopping,
            SETTLE,
            confirmed=heard.confirmed,
            env=env or {},
            glance=glance,
        )
    )
    await asyncio.sleep(0.3)  # the watch on the folder has to stand
    try:
        yield heard
    finally:
        stopping.set()
        await asyncio.wait_for(task, 3)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "config.toml"
    file.write_text(text("one"))
    return file


def in_place(path: Path, words: str) -> None:
    path.write_text(words)


def by_renaming(path: Path, words: str) -> None:
    fresh = path.with_name(".config.toml.tmp")
    fresh.write_text(words)
    fresh.replace(path)


def with_a_backup(path: Path, words: str) -> None:
    path.rename(path.with_name("config.toml~"))
    path.write_text(words)


def delete_first(path: Path, words: str) -> None:
    path.unlink()
    path.write_text(words)


def gone(path: Path) -> None:
    path.unlink()


def linked_to(path: Path, target: Path) -> None:
    path.rename(target)
    path.symlink_to(target)


@pytest.mark.parametrize("save", [in_place, by_renaming, with_a_backup, delete_first])
async def test_every_way_of_saving_is_noticed_again_and_again(path: Path, save: Callable[[Path, str], None]) -> None:
    """Also the third save, when a watch on the file itself would long be lost; the database's writes wake nobody."""
    async with following(path) as heard:
        for name in ("two", "three", "four"):
            save(path, text("one", name))
            (path.parent / "restock.db-wal").write_bytes(os.urandom(8))
            assert await heard.names() == ["one", name]
        await heard.nothing()


async def test_a_file_in_pieces_is_read_once_whole(path: Path) -> None:
    """Pieces that come quicker than the settling time are one save, though every prefix parses."""
    async with following(path) as heard:
        in_place(path, "")
        for piece in (
            HEAD,
            "[[watch]]\nname = 'a'\n",
            "url = 'demo://camera'\n",
            "[[watch]]\nname = 'b'\n",
            "url = 'demo://sneakers'\n",
        ):
            with path.open("a") as file:
                file.write(piece)
            await asyncio.sleep(SETTLE / 2)
        assert await heard.names() == ["a", "b"]
        await heard.nothing()


async def test_an_absence_shorter_than_patience_is_no_news(path: Path) -> None:
    """A file that is deleted and comes back was saved; one that stays away is announced, and the service goes on."""
    async with following(path) as heard:
        gone(path)
        await asyncio.sleep(2 * SETTLE)
        in_place(path, text("one", "two"))
        assert await heard.names() == ["one", "two"]
        gone(path)
        refused = await heard.next()
        assert isinstance(refused, ConfigError)
        assert "does not exist" in str(refused)
        in_place(path, text("three"))
        assert await heard.names() == ["three"]


async def test_a_bad_file_changes_nothing_and_is_announced_once(path: Path) -> None:
    """All its problems come with it; the next good save is in force."""
    async with following(path) as heard:
        in_place(path, text("one").replace("url", "ulr") + "[monitor]\ninterval = '1s'\n")
        refused = await heard.next()
        assert isinstance(refused, ConfigError)
        assert len(refused.problems) >= 3
        await heard.nothing()
        in_place(path, text("one"))
        assert await heard.names() == ["one"]


async def test_the_env_file_and_secret_files_are_followed(path: Path) -> None:
    """A new token is a new configuration."""
    (path.parent / ".env").write_text("TOPIC=first\n")
    in_place(
        path, text("one") + "[channels.phone]\nurl = 'ntfys://${TOPIC}'\n[hosts.x]\nheaders = { A = 'file:token' }\n"
    )
    (path.parent / "token").write_text("t1")
    async with following(path) as heard:
        (path.parent / ".env").write_text("TOPIC=second\n")
        news = await heard.next()
        assert isinstance(news, Settings)
        assert news.channels["phone"].url.reveal().startswith("ntfys://second?")
        (path.parent / "token").write_text("t2")
        news = await heard.next()
        assert isinstance(news, Settings)
        assert news.hosts["x"].headers["A"].reveal() == "t2"


async def test_a_secret_file_that_came_late_heals_the_configuration(path: Path) -> None:
    """Saving the reference first and the file after it ends well without a third save."""
    async with following(path) as heard:
        in_place(path, text("one") + "[hosts.x]\nheaders = { A = 'file:token' }\n")
        assert isinstance(await heard.next(), ConfigError)
        (path.parent / "token").write_text("t1")
        assert await heard.names() == ["one"]


async def test_losing_most_watches_waits_for_a_second_save(path: Path) -> None:
    """The first such save is held and named; the second is meant."""
    in_place(path, text(*"abcdef"))
    async with following(path) as heard:
        in_place(path, text("a", "b"))
        held = await heard.next()
        assert isinstance(held, Held)
        assert (held.vanished, held.of) == (("c", "d", "e", "f"), 6)
        assert [watch.name for watch in held.settings.watches] == ["a", "b"]
        await heard.nothing()
        in_place(path, text("a", "b"))
        assert await heard.names() == ["a", "b"]


async def test_a_slow_copy_is_never_in_force_by_halves(path: Path) -> None:
    """A file that grows more slowly than the settling time is held at each stop, until it is whole."""
    names = "abcdefgh"
    in_place(path, text(*names))
    async with following(path) as heard:
        for count in (1, 2, 8):
            in_place(path, text(*names[:count]))
            news = await heard.next()
            assert isinstance(news, Settings if count == 8 else Held), count


async def test_a_command_confirms_what_is_held(path: Path) -> None:
    """`reload --yes` puts the held file in force without a second save."""
    in_place(path, text(*"abcdef"))
    async with following(path) as heard:
        in_place(path, text("a"))
        assert isinstance(await heard.next(), Held)
        heard.confirmed.set()
        assert await heard.names() == ["a"]
        await heard.nothing()


async def test_a_command_given_with_the_save_holds_nothing(path: Path) -> None:
    """`reload --yes` right after saving is the second word at once."""
    in_place(path, text(*"abcdef"))
    async with following(path) as heard:
        in_place(path, text("a"))
        heard.confirmed.set()
        assert await heard.names() == ["a"]
        assert not heard.confirmed.is_set()


async def test_a_save_between_start_and_follow_is_not_missed(path: Path) -> None:
    """What was loaded at the start is compared with the file as it stands."""
    loaded = load(path, env={})
    in_place(path, text("one", "two"))
    async with following(path, loaded=loaded) as heard:
        assert await heard.names() == ["one", "two"]


async def test_without_notices_a_glance_now_and_then_suffices(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system gives no notices (network folders, too many watches), saving still works."""
    import watchfiles

    def refuses(*_: object, **__: object) -> object:
        raise OSError(28, "no space left for watches")

    monkeypatch.setattr(watchfiles, "awatch", refuses)
    async with following(path, glance=0.05) as heard:
        in_place(path, text("one", "two"))
        assert await heard.names() == ["one", "two"]


async def test_a_link_to_a_file_elsewhere_is_followed(path: Path, tmp_path: Path) -> None:
    """The folder of the link tells of nothing, the glance does."""
    elsewhere = tmp_path / "real"
    elsewhere.mkdir()
    linked_to(path, elsewhere / "c.toml")
    async with following(path, glance=0.1) as heard:
        (elsewhere / "c.toml").write_text(text("one", "two"))
        assert await heard.names() == ["one", "two"]


async def test_stopping_is_quick_even_while_a_file_settles(path: Path) -> None:
    """The end of the service waits for no file."""
    loop = asyncio.get_running_loop()
    async with following(path) as heard:
        in_place(path, text("two"))
        await asyncio.sleep(SETTLE / 2)
        began = loop.time()
    assert loop.time() - began < 1.0
    assert heard.news.qsize() <= 1


def test_the_command_line_loads_none_of_it() -> None:
    """`restock --version` pays neither for pydantic nor for Apprise, and loading a file pays for Apprise only when it asks about channels."""
    code = "import sys, monitor, monitor.cli; print([m for m in ('pydantic', 'apprise', 'watchfiles', 'babel') if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    )
    assert done.stdout.strip() == "[]"
    code = "import sys, pathlib; from monitor.config import load; load(pathlib.Path('config.example.toml'), check_channels=False); print('apprise' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    )
    assert done.stdout.strip() == "False"


async def test_asking_reads_a_file_that_was_not_saved(path: Path) -> None:
    """`asked` brings an answer even when nothing changed, and is no second save: a file on hold stays on hold."""
    in_place(path, text("one", "two", "three", "four"))
    stopping, asked, confirmed = asyncio.Event(), asyncio.Event(), asyncio.Event()
    heard = Heard(path, stopping)
    following_ = asyncio.create_task(
        follow(
            path, load(path, env={}), heard.note, heard.note, heard.note, stopping, SETTLE,
            confirmed=confirmed, asked=asked, env={}, glance=30.0,
        )
    )  # fmt: skip
    await asyncio.sleep(0.3)
    asked.set()
    assert await heard.names() == ["one", "two", "three", "four"]
    assert not asked.is_set()
    in_place(path, text("one"))
    assert isinstance(await heard.next(), Held)
    for _ in range(2):
        asked.set()
        assert isinstance(await heard.next(), Held)
    confirmed.set()
    assert await heard.names() == ["one"]
    stopping.set()
    await asyncio.wait_for(following_, 3)
