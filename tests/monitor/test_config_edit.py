"""S9 with the real service running: however the file, its .env and its secrets are saved, no news is lost and none is invented."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.config import load
from monitor.service import Service
from tests.monitor.running import running
from tests.receivers import Act, JsonReceiver
from tests.shop import Reply, Shop, product_page

SOLD_OUT = product_page(state="out_of_stock")
IN_STOCK = product_page(state="in_stock", price=49800)


class File:
    """A configuration on disk that watches some listings of a shop."""

    def __init__(self, folder: Path, shop: Shop, hook: JsonReceiver) -> None:
        self.path = folder / "config.toml"
        self.shop, self.hook = shop, hook
        (folder / ".env").write_text("PLACE=first\n")
        (folder / "key").write_text("key-number-one\n")

    def text(self, *numbers: int, more: str = "") -> str:
        return (
            '[monitor]\nlanguage = "en"\nmin_interval = "100ms"\ninterval = "100ms"\n'
            '[confirm]\nagain_after = "100ms"\ngather = "0s"\nrearm_after = "0s"\nflap_changes = 100\n'
            f'[channels.hook]\nurl = "json://127.0.0.1:{self.hook.port}/${{PLACE}}"\nurgent = true\n'
            f'[fetch]\nallow = ["127.0.0.1/32:{self.shop.port}"]\n'
            f'[hosts."127.0.0.1"]\nrate = "100/s"\nheaders = {{ X-Key = "file:key" }}\n{more}'
            + "".join(f'[[watch]]\nname = "Thing {n}"\nurl = "{self.shop.url(f"/{n}")}"\n' for n in numbers)
        )

    def save(self, *numbers: int) -> None:
        self.path.write_text(self.text(*numbers))


async def until(true: Callable[[], object], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.02)


def names(service: Service) -> list[str]:
    return [watch.name for watch in service.settings.watches]


async def flip(shop: Shop, hook: JsonReceiver, number: int) -> None:
    """Let a thing come back, wait for the one message of it, and let it go again."""
    before = len(hook.received)
    shop.set(f"/{number}", Reply(IN_STOCK))
    await hook.wait_for(before + 1)
    shop.set(f"/{number}", Reply(SOLD_OUT))
    assert f"Thing {number}" in hook.received[before].title


def gone(file: File) -> None:
    file.path.unlink()


def emptied(file: File) -> None:
    file.path.write_bytes(b"")


def flooded(file: File) -> None:
    file.path.write_text(file.text(0, 1, 2, 3) + "#" * 10_000_000)


def broken(file: File) -> None:
    file.path.write_text(file.text(0, 1, 2, 3) + "[[watch]\n")


def halved(file: File) -> None:
    file.path.write_text(file.text(0))


def env_emptied(file: File) -> None:
    file.path.with_name(".env").write_text("")


def env_gone(file: File) -> None:
    file.path.with_name(".env").unlink()


def secret_gone(file: File) -> None:
    file.path.with_name("key").unlink()


@pytest.mark.parametrize("harm", [emptied, flooded, broken, halved, gone, env_emptied, env_gone, secret_gone])
async def test_a_bad_save_is_told_and_changes_nothing(tmp_path: Path, harm: Callable[[File], None]) -> None:
    """S9: the old configuration holds, watches are told of as before, and the save is announced, once, without a secret."""
    async with Shop() as shop, JsonReceiver() as hook:
        for number in range(4):
            shop.set(f"/{number}", Reply(SOLD_OUT))
        file = File(tmp_path, shop, hook)
        file.save(0, 1, 2, 3)
        async with running(load(file.path), reload=True) as service:
            await until(lambda: all(shop.hits(f"/{n}") > 1 for n in range(4)))
            await asyncio.sleep(0.4)  # the watch on the folder has to stand
            before = service.settings
            harm(file)
            await hook.wait_for(1, seconds=12)
            told = hook.received[0].title + hook.received[0].body
            assert "configuration" in told or "config.toml" in told, told
            assert "first" not in told
            assert "key-number-one" not in told
            assert service.settings == before
            await flip(shop, hook, 3)
            assert {one.path for one in hook.received} == {"/first"}
            (tmp_path / ".env").write_text("PLACE=first\n")
            (tmp_path / "key").write_text("key-number-one\n")
            file.save(0, 1, 2, 3, 4)
            await until(lambda: len(names(service)) == 5)
            assert len(hook.received) == 2, [one.title for one in hook.received]


async def test_every_honest_save_is_in_force_and_loses_nothing(tmp_path: Path) -> None:
    """S9: pieces, renaming, byte order mark, Windows lines, a rotated .env and a rotated secret file, news in between."""
    async with Shop() as shop, JsonReceiver() as hook:
        for number in range(8):
            shop.set(f"/{number}", Reply(SOLD_OUT))
        file = File(tmp_path, shop, hook)
        file.save(0)
        async with running(load(file.path), reload=True) as service:
            await until(lambda: shop.hits("/0") > 1)
            await asyncio.sleep(0.4)
            text = file.text(0, 1, 2)
            file.path.write_bytes(b"")
            for start in range(0, len(text), 150):  # quicker than the settling time
                with file.path.open("a") as out:
                    out.write(text[start : start + 150])
                await asyncio.sleep(0.2)
            await until(lambda: len(names(service)) == 3)
            await flip(shop, hook, 0)
            fresh = tmp_path / "config.toml.new"
            fresh.write_text(file.text(0, 1, 2, 3))
            fresh.replace(file.path)
            await until(lambda: len(names(service)) == 4)
            await flip(shop, hook, 0)
            file.path.write_bytes(b"\xef\xbb\xbf" + file.text(0, 1, 2, 3, 4).replace("\n", "\r\n").encode())
            await until(lambda: len(names(service)) == 5)
            await flip(shop, hook, 0)
            assert {one.path for one in hook.received} == {"/first"}
            (tmp_path / ".env").write_text("PLACE=second\n")
            await until(lambda: service.settings.channels["hook"].url.reveal().count("second"))
            await flip(shop, hook, 0)
            assert hook.received[-1].path == "/second"
            (tmp_path / "key").write_text("key-number-two\n")
            await until(lambda: shop.requests[-1].headers["x-key"] == "key-number-two")
            await flip(shop, hook, 0)
        assert len(hook.received) == 5, [one.title for one in hook.received]


@pytest.mark.parametrize("rotated", [False, True])
async def test_a_save_in_the_middle_of_a_delivery_loses_nothing(tmp_path: Path, rotated: bool) -> None:
    """S9, D2: a send under way while the file changes arrives, once; with another address for the channel, at least once."""
    async with Shop() as shop, JsonReceiver(usual=Act(delay=2.5)) as hook:
        shop.set("/0", Reply(SOLD_OUT))
        shop.set("/1", Reply(SOLD_OUT))
        file = File(tmp_path, shop, hook)
        file.save(0)
        async with running(load(file.path), reload=True) as service:
            await until(lambda: shop.hits("/0") > 1)
            await asyncio.sleep(0.4)
            shop.set("/0", Reply(IN_STOCK))
            await until(lambda: service.snapshot().pending == 1)
            began = time.monotonic()
            if rotated:
                (tmp_path / ".env").write_text("PLACE=second\n")
            file.save(0, 1)
            await until(lambda: len(names(service)) == 2)
            assert time.monotonic() - began < 8, "a slow channel must not hold the reload up"
            await until(lambda: service.snapshot().pending == 0, 15)
            await asyncio.sleep(0.3)
            assert service.stats.alerts == 1
        paths = [one.path for one in hook.received if "Thing 0" in one.title]
        assert 1 <= len(paths) <= (2 if rotated else 1), paths
