"""`init` writes a configuration with a private topic that loads as it is, shows how a phone joins, and loses nobody's work."""

import re
import stat
import tomllib
from pathlib import Path

import pytest
import segno
from typer.testing import CliRunner

from monitor import initialise
from monitor.cli import run as command
from monitor.commands.app import app
from monitor.config import load

TOPIC = re.compile(r"restock-[a-z2-9]{20}")
here = pytest.fixture(lambda tmp_path, monkeypatch: (monkeypatch.chdir(tmp_path), tmp_path)[1])


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_fresh_configuration_loads_and_is_private(here: Path, language: str) -> None:
    """The file is valid as written, rings a topic nobody can guess, and only its owner can read it."""
    done = CliRunner().invoke(app, ["init", "--language", language])
    assert done.exception is None, done.output
    settings = load(here / "config.toml")
    assert settings.language == language
    phone = settings.channels["phone"]
    assert phone.urgent
    topic = phone.url.reveal().removeprefix("ntfys://").partition("?")[0]
    assert TOPIC.fullmatch(topic)
    assert f"https://ntfy.sh/{topic}" in done.output
    assert done.output.count(topic) == 2
    assert [listing.url.startswith("demo://") for watch in settings.watches for listing in watch.listings] == [True]
    assert stat.S_IMODE((here / "config.toml").stat().st_mode) == 0o600


def test_the_watch_it_suggests_loads_too(here: Path) -> None:
    """The stanza in comments becomes a watch by taking the # away."""
    for language in ("ja", "en"):
        text = re.sub(
            r"^# (?=\[\[watch|name|max_price|listings)", "", initialise.starter("t" * 20, language), flags=re.M
        )
        assert len(tomllib.loads(text)["watch"]) == 2
        (here / "config.toml").write_text(text, "utf-8")
        assert load(here / "config.toml").watches[1].wish.max_price == 52000


def test_topics_are_never_the_same() -> None:
    """Each is drawn anew, from letters that are not mistaken for one another."""
    topics = {initialise.new_topic() for _ in range(200)}
    assert len(topics) == 200
    assert all(TOPIC.fullmatch(topic) for topic in topics)
    assert not {"l", "o", "0", "1"} & set("".join(topic.removeprefix("restock-") for topic in topics))


def test_the_code_is_the_link() -> None:
    """The drawn code has exactly the dark and light squares of the topic's link."""
    link = initialise.subscribe_link("restock-abc")
    drawn = initialise.qr_code(link, colours=False).splitlines()
    squares = [
        [bool(square) for square in row] for row in segno.make(link, error="m", micro=False).matrix_iter(border=2)
    ]
    top = {" ": (True, True), "▀": (False, True), "▄": (True, False), "█": (False, False)}
    read = [[top[letter][half] for letter in line] for line in drawn for half in (0, 1)][: len(squares)]
    assert read == squares
    coloured = initialise.qr_code(link, colours=True)
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured).splitlines() == drawn
    assert all(line.startswith("\x1b[97;40m") and line.endswith("\x1b[0m") for line in coloured.splitlines())


def test_a_file_that_is_there_stays(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without --force nothing is overwritten: exit 2 and one line that says what to do."""
    (here / "config.toml").write_text("# mine\n", "utf-8")
    assert command(["init"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "config.toml is there already" in err and "--force" in err
    assert (here / "config.toml").read_text("utf-8") == "# mine\n"
    assert [path.name for path in here.iterdir()] == ["config.toml"]


def test_force_replaces_and_keeps_the_old_one(here: Path) -> None:
    """What a person wrote is kept beside the new file, twice over if need be."""
    (here / "config.toml").write_text("# mine\n", "utf-8")
    assert CliRunner().invoke(app, ["init", "--force"]).exception is None
    first = (here / "config.toml").read_text("utf-8")
    assert CliRunner().invoke(app, ["init", "--force"]).exception is None
    assert (here / "config.toml.old").read_text("utf-8") == "# mine\n"
    assert (here / "config.toml.old2").read_text("utf-8") == first
    assert sorted(path.name for path in here.iterdir()) == ["config.toml", "config.toml.old", "config.toml.old2"]
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in here.iterdir())


def test_an_untouched_example_may_be_replaced(here: Path) -> None:
    """After a first run, `init` needs no --force: nobody has written anything yet."""
    initialise.copy_example(here / "config.toml")
    assert CliRunner().invoke(app, ["init"]).exception is None
    assert TOPIC.search((here / "config.toml").read_text("utf-8"))
    assert [path.name for path in here.iterdir()] == ["config.toml"]


def test_an_own_server(here: Path) -> None:
    """A self-hosted ntfy server is written to, and shown."""
    done = CliRunner().invoke(app, ["init", "--server", "push.example.org:8443", "--config", "other.toml"])
    assert done.exception is None
    target = load(here / "other.toml").channels["phone"].url.reveal().partition("?")[0]
    assert re.fullmatch(r"ntfys://push\.example\.org:8443/restock-[a-z2-9]{20}", target)
    assert "https://push.example.org:8443/restock-" in done.output


@pytest.mark.parametrize("server", ["https://ntfy.sh", 'a"b', "a b", ""])
def test_a_server_that_is_none(here: Path, server: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Anything but a host name is refused, and nothing is written."""
    assert command(["init", "--server", server]) == 2
    assert "expected a host name" in capsys.readouterr().err
    assert list(here.iterdir()) == []


def test_a_folder_that_cannot_be_written(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line names the file and the reason."""
    assert command(["init", "--config", str(here / "missing" / "config.toml")]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "missing/config.toml" in err and "No such file" in err


def test_the_language_of_the_system_decides(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Japanese system gets Japanese, every other English, unless asked."""
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.delenv("LC_MESSAGES", raising=False)
    for lang, expected in (("ja_JP.UTF-8", "ja"), ("en_GB.UTF-8", "en"), ("C", "en")):
        monkeypatch.setenv("LANG", lang)
        assert CliRunner().invoke(app, ["init", "--force"]).exception is None
        assert load(here / "config.toml").language == expected
