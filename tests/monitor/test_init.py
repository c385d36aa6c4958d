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
from monitor.whereabouts import language_here, program, zone_here

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
    """A Japanese system gets Japanese, every other English, unless asked; times are those of its own zone."""
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TZ", "America/New_York")
    for lang, expected in (("ja_JP.UTF-8", "ja"), ("en_GB.UTF-8", "en"), ("C", "en")):
        monkeypatch.setenv("LANG", lang)
        assert CliRunner().invoke(app, ["init", "--force"]).exception is None
        settings = load(here / "config.toml")
        assert (settings.language, settings.timezone) == (expected, "America/New_York")


@pytest.mark.parametrize(
    ("env", "language", "zone"),
    [
        ({"LANG": "ja_JP.UTF-8", "TZ": "Asia/Tokyo"}, "ja", "Asia/Tokyo"),
        ({"LANG": "ja_JP.UTF-8", "TZ": "UTC"}, "ja", "Asia/Tokyo"),
        ({"LANG": "ja_JP.UTF-8", "TZ": "Europe/Paris"}, "ja", "Europe/Paris"),
        ({"LANG": "ja_JP.UTF-8", "LC_ALL": "en_US.UTF-8", "TZ": "Asia/Tokyo"}, "en", "Asia/Tokyo"),
        ({"LANG": "C.UTF-8", "TZ": ":Asia/Tokyo"}, "ja", "Asia/Tokyo"),
        ({"LANG": "C", "TZ": "Etc/UTC"}, "en", "UTC"),
        ({"LANG": "de_DE.UTF-8", "TZ": "Europe/Berlin"}, "en", "Europe/Berlin"),
        ({"LANG": "en_US.UTF-8", "TZ": "JST-9"}, "en", "UTC"),
    ],
)
def test_who_sits_here(env: dict[str, str], language: str, zone: str) -> None:
    """A language that is named decides; where none is, Japanese time is the hint. A zone without a name is UTC."""
    assert language_here(env) == language
    assert zone_here(language, env) == zone


@pytest.mark.parametrize(("content", "zone"), [("Europe/Rome\n", "Europe/Rome"), ("nonsense", "UTC"), (None, "UTC")])
def test_the_zone_of_the_system(
    content: str | None, zone: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without $TZ the link of /etc/localtime tells, then /etc/timezone."""
    monkeypatch.setattr("monitor.whereabouts._LOCALTIME", tmp_path / "localtime")
    monkeypatch.setattr("monitor.whereabouts._TIMEZONE", tmp_path / "timezone")
    if content is not None:
        (tmp_path / "timezone").write_text(content, "utf-8")
    assert zone_here("en", {}) == zone
    (tmp_path / "zoneinfo" / "Asia").mkdir(parents=True)
    (tmp_path / "zoneinfo" / "Asia" / "Seoul").touch()
    (tmp_path / "localtime").symlink_to(tmp_path / "zoneinfo" / "Asia" / "Seoul")
    assert zone_here("en", {}) == "Asia/Seoul"


@pytest.mark.parametrize(("language", "url"), [("en", "demo://en/switch-2"), ("ja", "demo://switch-2")])
def test_the_copied_example_speaks_the_persons_language(here: Path, language: str, url: str) -> None:
    """Language, zone and demo shop are set, the rest is the file in the repository; it still counts as untouched."""
    initialise.copy_example(here / "config.toml", language, "Europe/Berlin")
    settings = load(here / "config.toml")
    assert (settings.language, settings.timezone) == (language, "Europe/Berlin")
    assert [listing.url for watch in settings.watches for listing in watch.listings] == [url]
    assert initialise.localised("ja", "Asia/Tokyo") == initialise.example()
    assert initialise.untouched(here / "config.toml")
    (here / "config.toml").write_text((here / "config.toml").read_text("utf-8") + "#", "utf-8")
    assert not initialise.untouched(here / "config.toml")


@pytest.mark.parametrize(
    ("called", "typed"),
    [
        (".venv/bin/restock", ".venv/bin/restock"),
        ("HERE/.venv/bin/restock", ".venv/bin/restock"),
        ("/opt/restock/bin/restock", "/opt/restock/bin/restock"),
        ("HERE/onpath/restock", "restock"),
        ("restock", "restock"),
        ("/x/monitor/__main__.py", "restock"),
    ],
)
def test_hints_name_what_can_be_typed(
    called: str, typed: str, here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command as it was called, or its bare name where the shell finds it."""
    (here / "onpath").mkdir()
    (here / "onpath" / "restock").write_text("#!/bin/sh\n", "utf-8")
    (here / "onpath" / "restock").chmod(0o755)
    monkeypatch.setenv("PATH", str(here / "onpath"))
    monkeypatch.setattr("sys.argv", [called.replace("HERE", str(here))])
    assert program() == typed
    assert command(["list"]) == 2
    assert f"`{typed} init` makes one" in capsys.readouterr().err
    assert command(["init", "--language", "en"]) == 0
    assert f"`{typed} test phone`" in capsys.readouterr().out
