"""`check` shows what is seen and why, for a live page, a saved one and a watch, and refuses what is no page."""

import asyncio
import json
from pathlib import Path

import pytest

from monitor.cli import run as command
from monitor.demo_pages import PRODUCTS, product_page
from tests.shop import Reply, Shop

URL = "https://shop.example/ja/switch-2"
CONFIG = """\
[channels.terminal]
url = "console://"

[[watch]]
name = "Dear"
max_price = 40000
listings = ["https://shop.example/ja/switch-2"]

[[watch]]
name = "Fair"
max_price = 52000
listings = ["https://shop.example/ja/other"]
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two saved pages of one product."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RESTOCK_CONFIG", raising=False)
    for name, orderable in (("there.html", True), ("away.html", False)):
        page = product_page(PRODUCTS["switch-2"], "ja", orderable=orderable, url=URL)
        (tmp_path / name).write_text(page, "utf-8")
    return tmp_path


def test_a_saved_page_is_explained(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The verdict, each piece of evidence with source, words and place, and the offer's terms are printed."""
    assert command(["check", URL, "--page", "there.html"]) == 0
    out = capsys.readouterr().out
    assert "verdict: in_stock" in out
    assert "json-ld" in out and "InStock" in out
    assert "button" in out and "カートに入れる" in out
    assert "phrase" in out and "在庫あり" in out
    assert "¥49,980" in out and "3 left" in out and "sold by リストック デモ商店" in out
    assert "\x1b" not in out, "no colours into a pipe"


def test_a_no_is_explained_too(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Sold out rests on evidence as well, and shows it."""
    assert command(["check", URL, "--page", "away.html"]) == 0
    out = capsys.readouterr().out
    assert "verdict: out_of_stock" in out
    assert "OutOfStock" in out and "在庫切れ" in out


def test_a_page_that_says_nothing(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without evidence there is no verdict, and what was missing is named; having looked is exit 0."""
    (here / "empty.html").write_text("<html><title>x</title><body><h1>Thing</h1></body></html>", "utf-8")
    assert command(["check", URL, "--page", "empty.html"]) == 0
    out = capsys.readouterr().out
    assert "no verdict [" in out
    assert command(["check", URL, "--page", "empty.html", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["state"] in ("unknown", "blocked") and data["cause"] and data["detail"]
    assert data["orderable"] is False


def test_as_data(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--json gives one object with state, offers and evidence; money is text, never a float."""
    assert command(["check", URL, "--page", "there.html", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["state"], data["orderable"], data["url"], data["wish"]) == ("in_stock", True, URL, None)
    assert data["offers"][0]["price"] == "49980"
    assert data["offers"][0]["quantity"] == 3
    assert {piece["source"] for piece in data["evidence"]} >= {"json-ld", "button", "phrase"}


@pytest.mark.parametrize("target", ["Dear", URL])
def test_a_wish_that_is_not_met_says_why(target: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Under a watch's name, or its URL, the answer to its wish comes with the reason."""
    (here / "config.toml").write_text(CONFIG, "utf-8")
    assert command(["check", target, "--page", "there.html"]) == 0
    out = capsys.readouterr().out
    assert 'wish of "Dear": not met, because' in out
    assert "40000" in out


def test_a_wish_that_is_met_as_data(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A name gives a list, with the wish's answer on each listing."""
    (here / "config.toml").write_text(CONFIG.replace("40000", "49980"), "utf-8")
    assert command(["check", "dear", "--page", "there.html", "--json"]) == 0
    (look,) = json.loads(capsys.readouterr().out)
    assert look["wish"]["watch"] == "Dear"
    assert look["wish"]["answer"] == "yes" and look["wish"]["why"]


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("ftp://shop.example/x", "expected http:// or https://"),
        ("https://", "expected https://HOST"),
        ("https://shop.example:99999/", "port"),
        ("https://[::1/", "cannot look at"),
        ("https://shop example/x", "blanks"),
        ("", "https://HOST/..., or a watch"),
        ("  ", "https://HOST/..., or a watch"),
        ("shop.example/item/1", "try restock check https://shop.example/item/1"),
        ("shop.example:8443", "try restock check https://shop.example:8443"),
        ("demo://swich-2", 'the demo shop has no "swich-2" (did you mean "switch-2"?)'),
        ("demo://en/zzz", "there are switch-2"),
    ],
)
def test_what_is_no_page(target: str, says: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A URL that cannot be looked at is exit 2 and one line."""
    assert command(["check", target]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1
    assert says.casefold() in err.casefold()


@pytest.mark.parametrize(
    ("page", "says"),
    [
        ("missing.html", "cannot read missing.html: there is no such file; save the page in a browser first"),
        (".", "cannot read .: "),
        ("empty.html", "empty.html is empty: save the page once more"),
    ],
)
def test_a_saved_page_that_cannot_be_read(page: str, says: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The file is named with the reason and what to do; exit 2."""
    (here / "empty.html").write_text(" \n", "utf-8")
    assert command(["check", URL, "--page", page]) == 2
    err = capsys.readouterr().err
    assert says in err and err.count("\n") == 1


def test_a_watch_may_be_called_like_an_address(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A name of the configuration comes before a guess at a URL."""
    (here / "config.toml").write_text(CONFIG.replace('"Dear"', '"shop.example"'), "utf-8")
    assert command(["check", "shop.example", "--page", "there.html"]) == 0
    assert 'wish of "shop.example"' in capsys.readouterr().out


async def test_an_empty_answer_is_called_empty(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing at all is not a page drawn by script."""
    async with Shop() as shop:
        shop.set("/item", Reply(b" \n"))
        (here / "config.toml").write_text(f'[fetch]\nallow = ["127.0.0.1/32:{shop.port}"]\n', "utf-8")
        assert await asyncio.to_thread(command, ["check", shop.url("/item")]) == 0
    out = capsys.readouterr().out
    assert "verdict: unknown" in out and "the answer is empty" in out and "script" not in out


def test_a_private_address_is_refused_as_a_look(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Looking at the own network gives no verdict with its cause; the command itself worked."""
    assert command(["check", "http://127.0.0.1:9/", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["cause"] == "forbidden_address"


def test_the_demo_shop_can_be_checked(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The built-in shop answers without a service running, over HTTP, with everything on its shelves."""
    assert command(["check", "demo://en/camera", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["state"], data["status"], data["url"]) == ("in_stock", 200, "demo://en/camera")
    assert (data["offers"][0]["quantity"], data["offers"][0]["seller"]) == (1, "Restock demo shop")
    assert data["cost"]["wire_bytes"] > 0


def test_a_broken_configuration_beside_a_url_is_left_aside(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Looking at a URL needs no configuration: a bad one is noted; one that was named is a fault."""
    (here / "config.toml").write_text("[[watch]\n", "utf-8")
    assert command(["check", URL, "--page", "there.html"]) == 0
    out, err = capsys.readouterr()
    assert "verdict: in_stock" in out and "restock validate" in err
    assert command(["check", URL, "--page", "there.html", "--config", "config.toml"]) == 2


def test_hostile_words_stay_words(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A page's title cannot command the terminal it is printed on."""
    page = (
        (here / "there.html").read_text("utf-8").replace("デモ商品 ゲーム機", "\x1b]0;owned\x07\u202eデモ商品 ゲーム機")
    )
    (here / "evil.html").write_text(page, "utf-8")
    assert command(["check", URL, "--page", "evil.html"]) == 0
    out = capsys.readouterr().out
    assert "デモ商品" in out
    assert not {"\x1b", "\x07", "\u202e"} & set(out)
