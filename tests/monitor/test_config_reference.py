"""The manual names every key with its default, and every setting and every promised number has one key."""

import re
from dataclasses import MISSING, fields
from pathlib import Path

import pytest

from monitor import config_schema as schema
from monitor.config import ConfigError, load
from monitor.config_reference import PROMISES, TITLES, later, manual, rows
from monitor.config_words import LATER, TABLES
from monitor.settings import BlindSettings, ChannelSettings, ConfirmSettings, HostSettings, RetrySettings, Settings
from watchers.model import Limits, Listing, Rules

ROOT = Path(__file__).parents[2]
MANUAL = (ROOT / "docs" / "configuration.md").read_text("utf-8")


def test_the_manual_is_the_schema() -> None:
    """Every key stands there with type, default, range and meaning; and nothing else does (make it anew: python -m monitor.config_reference)."""
    assert manual().strip() in MANUAL
    shown = [line for line in MANUAL.splitlines() if re.match(r"\| `\w+` \|", line)]
    assert shown == [row.cells() for table in TITLES for row in rows(table)]
    assert set(TITLES) == set(TABLES) - {()}


@pytest.mark.parametrize(
    ("settings", "table", "elsewhere"),
    [
        (Settings, schema.MonitorTable, {"path", "channels", "hosts", "watches", "fetch", "confirm", "retry", "blind"}),
        (ChannelSettings, schema.ChannelTable, {"name"}),
        (HostSettings, schema.HostTable, set()),
        (Limits, schema.FetchTable, set()),
        (ConfirmSettings, schema.ConfirmTable, set()),
        (RetrySettings, schema.RetryTable, set()),
        (BlindSettings, schema.BlindTable, set()),
    ],
)
def test_every_setting_has_a_key(settings: type, table: type[schema.Table], elsewhere: set[str]) -> None:
    """A field that nobody can set, or a key that sets nothing, is a mistake of ours."""
    assert {field.name for field in fields(settings)} - elsewhere == set(table.model_fields)


def test_every_part_of_a_listing_has_a_key() -> None:
    """Rules are three keys of their own."""
    names = {field.name for field in fields(Listing)} - {"rules"} | {field.name for field in fields(Rules)}
    assert names == set(schema.ListingTable.model_fields)


@pytest.mark.parametrize(
    ("settings", "table"),
    [(Settings, schema.MonitorTable), (HostSettings, schema.HostTable), (Limits, schema.FetchTable), (ConfirmSettings, schema.ConfirmTable), (RetrySettings, schema.RetryTable), (BlindSettings, schema.BlindTable)],
)  # fmt: skip
def test_one_default_for_each(settings: type, table: type[schema.Table]) -> None:
    """The file's defaults are the service's."""
    for field in fields(settings):
        if field.name not in table.model_fields or field.name == "database":
            continue
        ours = field.default if field.default is not MISSING else field.default_factory()  # type: ignore[misc]
        given = table.model_fields[field.name].get_default(call_default_factory=True)
        plain = (lambda v: sorted(v)) if isinstance(ours, (frozenset, tuple)) else (lambda v: v)
        assert plain(ours) == plain(given), field.name


def test_every_default_is_legal() -> None:
    """What the manual shows as default can be written into the file."""
    for table in TITLES:
        for row in rows(table):
            if not row.default.startswith("`") or table[0] in ("channels", "hosts", "watch"):
                continue
            value = row.default.strip("`")
            schema.Root.model_validate(_parsed(f"[{table[0]}]\n{row.key} = {value}\n"))


def _parsed(text: str) -> object:
    import tomllib

    return tomllib.loads(text)


def test_each_promised_number_has_one_key() -> None:
    """25 numbers of the promises are settable, each by one key, with type, default and range in the manual."""
    known = {row.name: row for table in TITLES for row in rows(table)} | {row.name: row for row in later()}
    keys = [key for _, _, key in PROMISES]
    assert len(keys) == len(set(keys)) == 25
    section = MANUAL.partition("## The numbers behind the promises")[2]
    for promise, what, key in PROMISES:
        row = known[key]
        line = next(line for line in section.splitlines() if f"| `{key}` |" in line)
        assert line.startswith(f"| {promise} | {what}")
        assert line.endswith(f"| `{key}` | {row.type} | {row.default} | {row.range} |")


def test_the_promises_where_they_are_at_hand() -> None:
    """Beside a copy of the promises, their daggers are counted: one for each key, and the one that explains the sign."""
    promises = ROOT.parent / "shared" / "reliability.md"
    if not promises.is_file():
        pytest.skip("the promises are not beside this checkout")
    assert promises.read_text("utf-8").count("†") == len(PROMISES) + 1


def test_a_key_kept_for_later_is_refused(tmp_path: Path) -> None:
    """A heartbeat that never beats would be worse than none, so nothing is accepted that does nothing."""
    for path in LATER:
        table = {"watch": "[[watch]]\nname = 'x'\nurl = 'demo://'"}.get(path[0], f"[{path[0]}]")
        file = tmp_path / "config.toml"
        file.write_text(f"{table}\n{path[-1]} = '1h'\n[channels.a]\nurl = 'console://'\n")
        with pytest.raises(ConfigError, match="kept for a later version") as caught:
            load(file, env={})
        assert len(caught.value.problems) == 1
