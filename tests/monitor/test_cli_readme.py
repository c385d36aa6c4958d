"""What the READMEs show works: their configuration loads, their commands and options exist, both say the same."""

import re
import tomllib
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from monitor.cli import run as command
from monitor.commands.app import app
from monitor.config import load
from monitor.messages import render
from monitor.model import Alert, Delivery, DeliveryState, Kind
from notifiers.message import Urgency
from watchers.model import Availability, Offer

ROOT = Path(__file__).parents[2]
READMES = ("README.md", "README.ja.md")
COMMANDS = {one.name or one.callback.__name__ for one in app.registered_commands if one.callback}


def blocks(name: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", (ROOT / name).read_text("utf-8"), re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("name", READMES)
def test_the_configuration_shown_loads(name: str, tmp_path: Path) -> None:
    """The TOML on the first screen is a whole configuration, at most a dozen lines, word for word."""
    (text,) = blocks(name, "toml")
    assert len(text.splitlines()) <= 12
    (tmp_path / "config.toml").write_text(text, "utf-8")
    settings = load(tmp_path / "config.toml")
    assert settings.channels["phone"].urgent
    assert [len(watch.listings) for watch in settings.watches] == [2]


@pytest.mark.parametrize(("name", "language"), [("README.md", "en"), ("README.ja.md", "ja")])
def test_the_alert_shown_is_the_alert_sent(name: str, language: str) -> None:
    """The message on the first screen is, word for word, what the service writes for that watch."""
    (shown,) = blocks(name, "text")
    at = datetime(2026, 11, 25, 18, 2, 10, tzinfo=UTC)
    offer = Offer(Availability.IN_STOCK, Decimal(49980), "JPY", seller="Example Store", quantity=3)
    alert = Alert(
        "k7f3q2",
        Kind.RESTOCK,
        Urgency.URGENT,
        at,
        "Nintendo Switch 2",
        "https://www.example.com/item/12345",
        "Nintendo Switch 2",
        offer,
        at,
        Availability.OUT_OF_STOCK,
        Availability.IN_STOCK,
        Decimal(52000),
    )
    message = render(
        [Delivery(1, alert.event_id, "phone", DeliveryState.SENDING, alert, at, at)],
        language=language,
        zone=ZoneInfo("Asia/Tokyo"),
        now=at,
        standing=lambda _alert: True,
        late_after=timedelta(seconds=60),
    )
    assert f"{message.title}\n{message.body}\n" == shown


def test_both_show_the_same_configuration() -> None:
    """The twins differ in words, not in settings, and in no command."""
    first, second = (tomllib.loads(blocks(name, "toml")[0]) for name in READMES)
    assert first == second
    used = [set(re.findall(r"`restock (\w+)", (ROOT / name).read_text("utf-8"))) for name in READMES]
    assert used[0] == used[1] == COMMANDS


@pytest.mark.parametrize("name", READMES)
def test_every_command_shown_exists(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each `restock ...` line names a command that there is, with options that it has."""
    monkeypatch.setenv("COLUMNS", "160")
    text = (ROOT / name).read_text("utf-8")
    shown = re.findall(r"(?:^|`|/)restock (\w+)([^`\n]*)", text, re.MULTILINE)
    assert len(shown) > 10
    for verb, rest in shown:
        assert verb in COMMANDS, verb
        assert command([verb, "--help"]) == 0
        usage = capsys.readouterr().out
        for option in re.findall(r"--[a-z-]+", rest):
            assert option in usage, f"restock {verb} {option}"


@pytest.mark.parametrize("name", READMES)
def test_every_link_leads_somewhere(name: str) -> None:
    """Links into the project name files that are there."""
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", (ROOT / name).read_text("utf-8")):
        assert (ROOT / target).exists(), target


@pytest.mark.parametrize("name", READMES)
def test_make_targets_shown_exist(name: str) -> None:
    """Each `make ...` is a target of the Makefile."""
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    shown = re.findall(r"(?:^|`)make (\w+)", (ROOT / name).read_text("utf-8"), re.MULTILINE)
    assert {"run", "test"} <= set(shown) <= targets


def test_the_demo_check_shown_works(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one `check` that the READMEs show gives all that they say it shows."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RESTOCK_CONFIG", raising=False)
    for target in ("demo://en/switch-2", "demo://switch-2"):
        assert command(["check", target]) == 0
        out = capsys.readouterr().out
        assert "verdict: in_stock" in out and "evidence:" in out and "¥49,980" in out
        assert "3 left" in out and "sold by " in out
