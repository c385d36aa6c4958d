"""The example is a whole, working file: live as it stands, and valid with every switched-off line switched on."""

import re
from datetime import timedelta
from pathlib import Path

from monitor.config import load, notes
from monitor.config_reference import TITLES, rows

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
SECRETS = {
    "NTFY_TOPIC": "restock-example",
    "SLACK_WEBHOOK": "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
    "MAIL_USER": "me",
    "MAIL_PASSWORD": "p%40ss",
    "MAIL_FROM": "me@example.com",
    "MAIL_TO": "you@example.com",
}


def switched_on(folder: Path) -> Path:
    """Take away each # that has no space behind it, as the example tells people to."""
    path = folder / "config.toml"
    path.write_text(re.sub(r"^#(?=[^ \n])", "", EXAMPLE.read_text("utf-8"), flags=re.MULTILINE), "utf-8")
    return path


def test_the_live_part_is_one_demo_on_the_terminal() -> None:
    """Nothing has to be set, and nobody outside is looked at or told."""
    settings = load(EXAMPLE, env={})
    assert [listing.url for watch in settings.watches for listing in watch.listings] == ["demo://switch-2"]
    assert settings.watches[0].listings[0].interval == timedelta(seconds=2)
    assert [channel.url.reveal() for channel in settings.channels.values()] == ["console://"]
    assert notes(settings) == []


def test_every_line_can_be_switched_on(tmp_path: Path) -> None:
    """ntfy, Slack, mail, real shops, hot windows and fine tuning all load once their secrets are set."""
    settings = load(switched_on(tmp_path), env=SECRETS)
    assert list(settings.channels) == ["terminal", "phone", "slack", "mail"]
    assert settings.channels["phone"].urgent
    assert len(settings.watches) == 4
    assert settings.watches[1].hot
    assert settings.watches[2].listings[0].rules is not None
    assert settings.watches[3].wish.currency == "USD"


def test_the_fine_tuning_shows_the_defaults(tmp_path: Path) -> None:
    """The numbers called defaults are the defaults."""
    bare = load(EXAMPLE, env={})
    tuned = load(switched_on(tmp_path), env=SECRETS)
    assert tuned.confirm == bare.confirm
    assert tuned.blind == bare.blind
    assert tuned.accept == bare.accept
    assert tuned.min_interval == bare.min_interval
    assert tuned.retry.give_up_after == bare.retry.give_up_after


def test_it_mentions_only_keys_that_exist() -> None:
    """Each key of the example is in the manual."""
    known = {row.key for table in TITLES for row in rows(table)} | {"USD", "EUR"}
    named = re.findall(r"^#?(\w+) *=", EXAMPLE.read_text("utf-8"), flags=re.MULTILINE)
    assert set(named) <= known
    assert len(named) > 30
