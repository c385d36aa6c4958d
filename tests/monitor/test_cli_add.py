"""`add` looks, then writes the watch at the end of the file; what stood there stays byte for byte, and a refusal changes nothing."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.adding import Addition, append, name_from
from monitor.cli import run as command
from monitor.config import ConfigError, load
from tests.shop import Reply, Shop, product_page

BEFORE = '# mine: 手で書いた行\n[monitor]\nlanguage = "en"   # kept\n\n[channels.phone]\nurl = "console://"\n'


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RESTOCK_CONFIG", raising=False)
    path = tmp_path / "config.toml"
    path.write_text(BEFORE, "utf-8")
    return path


def _adding(path: Path, reply: Reply, *more: str) -> tuple[int, str, str]:
    """Add a page of a local shop; give the exit code, the address and the file as it was before."""

    async def work() -> tuple[int, str, str]:
        async with Shop() as shop:
            shop.set("/item/1", reply)
            before = _allowed(path, shop.port)
            code = await asyncio.to_thread(command, ["add", shop.url("/item/1"), *more])
            return code, shop.url("/item/1"), before

    return asyncio.run(work())


def _allowed(path: Path, port: int) -> str:
    text = f'{BEFORE}\n[fetch]\nallow = ["127.0.0.1/32:{port}"]\n'
    path.write_text(text, "utf-8")
    return text


def test_the_watch_is_written_at_the_end(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The page is looked at and explained, the lines before stay, and the file loads with the new watch."""
    page = Reply(product_page(state="in_stock", price=49800))
    code, url, before = _adding(config, page, "--max-price", "52000", "--interval", "15s", "--channel", "phone")
    assert code == 0
    text = config.read_text("utf-8")
    assert text.startswith(before)
    watch = load(config).watches[-1]
    assert [listing.url for listing in watch.listings] == [url]
    assert watch.listings[0].interval.total_seconds() == 15
    assert (watch.wish.max_price, watch.channels) == (Decimal(52000), ("phone",))
    out = capsys.readouterr().out
    assert "verdict: in_stock" in out and f'Added the watch "{watch.name}"' in out
    assert watch.name and watch.name.encode() in product_page(state="in_stock", price=49800)


def test_no_product_no_watch(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A page that is gone is not written, unless asked for all the same."""
    code, _, before = _adding(config, Reply("<html><p>not here</p></html>", status=404))
    assert code == 2
    assert config.read_text("utf-8") == before
    assert "--anyway" in capsys.readouterr().err


def test_anyway(config: Path) -> None:
    """With --anyway a page that is not there yet is watched."""
    code, url, _ = _adding(config, Reply("<html><p>no</p></html>", status=404), "--anyway", "--name", "Later")
    assert code == 0
    assert [(watch.name, watch.listings[0].url) for watch in load(config).watches] == [("Later", url)]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["ftp://shop.example/1"], "https://"),
        (["https://shop.example/1", "--max-price", "cheap"], "cheap"),
        (["https://shop.example/1", "--interval", "often"], "often"),
        (["https://shop.example/1", "--channel", "phon"], "phone"),
        (["https://shop.example/one"], "already watched"),
        (["https://shop.example/1", "--name", "one"], "One"),
        (["https://shop.invalid/1"], "--anyway"),
    ],
)
def test_what_cannot_be_added_changes_nothing(
    config: Path, arguments: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each mistake is one clear line before anything is looked at or written."""
    config.write_text(f'{BEFORE}\n[[watch]]\nname = "One"\nlistings = ["https://shop.example/one"]\n', "utf-8")
    before = config.read_bytes()
    assert command(["add", *arguments]) == 2
    assert named in capsys.readouterr().err
    assert config.read_bytes() == before


def test_a_file_that_takes_no_watch_at_its_end(config: Path) -> None:
    """Watches written as one inline list cannot be added to: nothing changes, and no file is left behind."""
    config.write_text('watch = [{ name = "One", listings = ["https://shop.example/one"] }]\n', "utf-8")
    before = config.read_bytes()
    with pytest.raises(ConfigError):
        append(config, Addition("Two", "https://shop.example/two"))
    assert config.read_bytes() == before
    assert [file.name for file in config.parent.iterdir()] == [config.name]


def test_line_ends_and_rights_stay(config: Path) -> None:
    """A file with CRLF keeps it, and nobody gains the right to read it."""
    config.write_bytes(BEFORE.replace("\n", "\r\n").encode().rstrip())
    config.chmod(0o600)
    append(config, Addition("Two", "https://shop.example/two"))
    assert config.read_bytes().count(b"\n") == config.read_bytes().count(b"\r\n")
    assert config.stat().st_mode & 0o777 == 0o600
    assert load(config).watches[0].name == "Two"


@given(st.text(max_size=200))
def test_any_title_makes_a_name_that_loads(title: str) -> None:
    """Whatever a page calls itself, the file that carries it can be read again and gives the same name back."""
    import tomllib

    name = name_from(title, "https://shop.example/item/7", frozenset({"7"}))
    assert name.strip() and len(name) <= 64
    assert tomllib.loads(Addition(name, "https://shop.example/item/7").stanza())["watch"][0]["name"] == name


def test_a_name_is_the_products() -> None:
    """The shop's own name goes, a taken name gets a number."""
    assert name_from("Desk Lamp, black | Shop of Lamps", "u", frozenset()) == "Desk Lamp, black"
    assert name_from("Amazon.co.jp: 机 上品", "u", frozenset()) == "机 上品"
    assert name_from("Lamp", "u", frozenset({"lamp"})) == "Lamp (2)"
