"""The command line: a quick start, one clear line for every mistake, the exit codes that scripts rely on."""

import io
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from monitor import __version__
from monitor.cli import run as command
from monitor.commands.base import find_watch
from monitor.commands.faults import Exit, Fault, explain
from monitor.commands.terminal import inert, plain, say_table
from monitor.model import Watch, Wish
from monitor.settings import Secret, Settings
from monitor.store_errors import AlreadyRunning, StoreError
from watchers.model import Availability, Listing

OURS = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
CONFIG = """\
[channels.terminal]
url = "console://"

[[watch]]
name = "Game console"
max_price = 52000
listings = ["demo://switch-2"]

[[watch]]
name = "Game controller"
listings = ["https://shop.example/item/1", { url = "https://shop.example/item/2", interval = "5s" }]
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of one's own with a configuration in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RESTOCK_CONFIG", raising=False)
    (tmp_path / "config.toml").write_text(CONFIG, "utf-8")
    return tmp_path


def test_the_version_comes_at_once() -> None:
    """`--version` imports nothing but the standard library, and the best of three takes under 0.25 s."""
    took = []
    for _ in range(3):
        began = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "monitor", "--version"], capture_output=True, text=True, check=True, env=OURS
        )
        took.append(time.perf_counter() - began)
        assert done.stdout == f"restock {__version__}\n"
    assert min(took) < 0.25
    loaded = (
        "import sys; sys.argv[1:] = ['--version']; from monitor import main; main(); "
        "print(sorted({'typer', 'rich', 'aiohttp', 'pydantic', 'apprise', 'structlog', 'asyncio'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True, env=OURS)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["chek"], "No such command 'chek'. Did you mean 'check'?"),
        (["list", "--jsn"], "No such option: --jsn"),
        (["check"], "Missing argument 'URL|NAME'. See: restock check --help"),
        (["demo", "--language", "fr"], "'fr' is not one of 'en', 'ja'"),
        (["history", "x", "--limit", "0"], "--limit"),
        (["list", "extra"], "unexpected extra argument"),
    ],
)
def test_a_slip_on_the_command_line(arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One line on stderr says what is wrong and where the help is; exit 2."""
    assert command(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("restock: ") and err.count("\n") == 1
    assert says in err and "--help" in err


@pytest.mark.parametrize("arguments", [[], ["--help"], ["check", "-h"]])
def test_help(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Help is an answer, not a fault; no command at all gets it too."""
    assert command(arguments) == 0
    out, err = capsys.readouterr()
    assert "Usage: restock" in out and err == ""


def test_version_as_an_option_among_others(capsys: pytest.CaptureFixture[str]) -> None:
    """The slow way to the version says the same."""
    assert command(["--version"]) == 0
    assert capsys.readouterr().out == f"restock {__version__}\n"


@pytest.mark.parametrize("name", ["run", "check", "list", "history", "validate", "test", "init", "export"])
def test_every_command_takes_a_config(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """--config FILE and $RESTOCK_CONFIG are offered by every command that reads one."""
    monkeypatch.setenv("COLUMNS", "120")
    assert command([name, "--help"]) == 0
    out = capsys.readouterr().out
    assert "--config" in out and "RESTOCK_CONFIG" in out


@pytest.mark.parametrize("arguments", [["list"], ["validate"], ["check", "Game"], ["export"], ["test", "--all"]])
def test_no_configuration(arguments: list[str], here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A missing file is named, with the command that makes one; exit 2."""
    assert command([*arguments, "--config", "nowhere.toml"]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1
    assert "nowhere.toml" in err and "restock init" in err


def test_the_environment_names_the_configuration(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """$RESTOCK_CONFIG comes before config.toml here, --config before both."""
    monkeypatch.setenv("RESTOCK_CONFIG", str(here / "other.toml"))
    assert command(["list"]) == 2
    assert "other.toml" in capsys.readouterr().err
    assert command(["list", "--config", "config.toml"]) == 0


@pytest.mark.parametrize("name", ["validate", "list"])
def test_all_mistakes_at_once(name: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every wrong key and value is a line with file, line and key; exit 2 and no traceback."""
    (here / "config.toml").write_text(CONFIG.replace("max_price", "max_prise").replace('"5s"', '"soon"'), "utf-8")
    assert command([name]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 2
    assert "config.toml:6" in err and "max_prise" in err and "max_price" in err
    assert "config.toml:11" in err and "interval" in err


def test_mistakes_as_data(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--json gives the problems to a program, with the same exit code."""
    (here / "config.toml").write_text(CONFIG.replace("max_price", "max_prise"), "utf-8")
    assert command(["validate", "--json"]) == 2
    data = json.loads(capsys.readouterr().out)
    assert data["ok"] is False
    (problem,) = data["problems"]
    assert problem["line"] == 6 and "max_prise" in problem["key"] + problem["message"]


def test_what_was_understood(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A good file: counts, and for each host the interval asked for and the one its budget reaches."""
    assert command(["validate"]) == 0
    assert capsys.readouterr().out.splitlines()[:3] == [
        "config.toml is fine: 2 watches, 3 listings, 1 channel",
        "host\tlistings\tasked for\treachable",
        "shop.example\t2\t5s\t5s",
    ]
    assert command(["validate", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["ok"] is True
    assert data["hosts"] == [{"host": "shop.example", "listings": 2, "asked": 5.0, "reachable": 5.0}]


def test_before_the_first_run_nothing_is_known(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """list, history and export work without a database, say so on stderr, and make none."""
    assert command(["list"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[0].split("\t")[:3] == ["watch", "answer", "state"]
    assert [line.split("\t")[1] for line in out.splitlines()[1:]] == ["never seen"] * 3
    assert "nothing is remembered yet" in err
    assert command(["list", "--json"]) == 0
    assert [row["answer"] for row in json.loads(capsys.readouterr().out)] == [None] * 3
    assert command(["history", "Game console"]) == 0
    assert capsys.readouterr().out == ""
    assert command(["export"]) == 0
    assert json.loads(capsys.readouterr().out) == {"transitions": [], "deliveries": []}
    assert command(["export", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"transitions": [], "deliveries": []}
    assert [path.name for path in here.iterdir()] == ["config.toml"]


def test_a_test_message_is_real(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`test` sends through the channel itself and says what the channel answered."""
    assert command(["test", "terminal"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[1].split("\t")[:2] == ["terminal", "accepted"]
    assert err.strip(), "the console channel prints the message"
    assert command(["test", "--all", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == [{"channel": "terminal", "result": "accepted", "detail": ""}]


def test_a_refused_test_message(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A channel that cannot be reached is refused with its reason, exit 2, and its address stays secret."""
    url = "json://127.0.0.1:9/canary-a8d7f6s5"
    (here / "config.toml").write_text(CONFIG + f'\n[channels.phone]\nurl = "{url}"\n', "utf-8")
    assert command(["test", "--all"]) == 2
    out, err = capsys.readouterr()
    rows = {row.split("\t")[0]: row.split("\t") for row in out.splitlines()}
    assert rows["terminal"][1] == "accepted"
    assert rows["phone"][1] == "refused" and rows["phone"][3]
    assert "canary" not in out + err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["test", "terminl"], 'did you mean "terminal"?'),
        (["test"], "--all"),
        (["test", "terminal", "--all"], "--all"),
        (["check", "Game"], 'fits 2 watches: "Game console", "Game controller"'),
        (["check", "Gane console"], 'did you mean "Game console"?'),
        (["history", "Camera"], "no watch is called"),
    ],
)
def test_names_that_do_not_fit(arguments: list[str], says: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong name gets one line with the nearest right one."""
    assert command(arguments) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1
    assert says in err


def test_a_watch_is_found_by_part_of_its_name() -> None:
    """Case does not matter; the exact name wins over longer ones that contain it."""
    watches = tuple(Watch(name, Wish(), (Listing("demo://"),)) for name in ("Deck", "Deck OLED", "カメラ"))
    settings = Settings(Path("c.toml"), Path("r.db"), watches=watches)
    assert find_watch(settings, "deck").name == "Deck"
    assert find_watch(settings, "oled").name == "Deck OLED"
    assert find_watch(settings, "カメ").name == "カメラ"
    with pytest.raises(Fault, match="fits 2 watches"):
        find_watch(settings, "dec")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Fault("no"), Exit.CONFIGURATION),
        (AlreadyRunning(123, Path("r.db")), Exit.ALREADY_RUNNING),
        (StoreError("database r.db: the disk is full; free some space"), Exit.STORAGE),
        (ExceptionGroup("tasks", [ExceptionGroup("inner", [StoreError("full")])]), Exit.STORAGE),
    ],
)
def test_expected_faults_have_codes_and_one_line(error: Exception, code: Exit) -> None:
    """Each has its exit code, out of a task group too, and no traceback."""
    found, words = explain(error)
    assert found == code
    assert "Traceback" not in words and "\n" not in words


def test_a_bug_is_70_and_keeps_secrets() -> None:
    """What nobody expected comes with its traceback, cleaned of addresses' secrets."""
    try:
        raise ValueError("https://me:canary-pass@shop.example/?key=canary-key")
    except ValueError as error:
        code, words = explain(error)
    assert code == Exit.INTERNAL == 70
    assert "Traceback" in words and "ValueError" in words and "please report" in words
    assert "canary" not in words


def test_a_bug_in_a_command_exits_70(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The traceback begins in our own command, not in the library that called it."""

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("impossible")

    monkeypatch.setattr("monitor.commands.memory.load_settings", broken)
    assert command(["list"]) == 70
    err = capsys.readouterr().err
    assert "impossible" in err and "typer" not in err


def test_a_reader_that_leaves_is_no_fault(here: Path) -> None:
    """`restock list | head -1` ends quietly."""
    script = "from monitor.cli import main; main(['export'])"
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=OURS
    )
    assert process.stdout and process.stderr
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    assert process.wait(20) == 0
    assert "Traceback" not in err and "Broken" not in err


def test_foreign_words_cannot_command_the_terminal() -> None:
    """Escape sequences, line breaks and direction marks of a page's words are taken out; Japanese stays."""
    assert inert("\x1b[2Jゲーム　機\r\n\u202e\x07100%\t") == "[2Jゲーム 機 100%"


def test_data_for_programs_holds_no_secret() -> None:
    """Our words become JSON: states as text, a secret as a mask."""
    assert plain({"a": Secret("canary"), "b": (Availability.IN_STOCK,), "c": frozenset({"y", "x"})}) == {
        "a": "***",
        "b": ["in_stock"],
        "c": ["x", "y"],
    }


class Screen(io.StringIO):
    """A terminal that remembers."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("columns", [80, 60])
def test_a_narrow_terminal_breaks_no_word(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a table does not fit, addresses go below their line; dates, states and URLs stay whole."""
    screen = Screen()
    monkeypatch.setattr("sys.stdout", screen)
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("TERM", "xterm")
    url = "https://shop.example/ja/item/1234567890/a-rather-long-name-for-a-page-of-a-shop"
    row = ("2026-11-25 18:00:00", "restock", "out_of_stock", "in_stock", "¥49,980", "k7f3q2", url)
    say_table(("when", "what", "was", "is", "price", "event", "where"), [row, row])
    lines = re.sub(r"\x1b\[[0-9;]*m", "", screen.getvalue()).splitlines()
    assert len(lines) == 5
    assert lines[0].split() == ["when", "what", "was", "is", "price", "event"]
    assert lines[1].split() == ["2026-11-25", "18:00:00", *row[1:6]]
    assert lines[2] == f"  {url}"


def test_a_table_that_fits_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line a row, wide letters counted as two columns."""
    screen = Screen()
    monkeypatch.setattr("sys.stdout", screen)
    monkeypatch.setenv("COLUMNS", "80")
    say_table(("watch", "where"), [("ゲーム", "demo://"), ("b", "demo://en")])
    lines = re.sub(r"\x1b\[[0-9;]*m", "", screen.getvalue()).splitlines()
    assert [line.rstrip() for line in lines] == ["watch   where", "ゲーム  demo://", "b       demo://en"]
