"""Whatever stands in the file, loading gives settings or a list of problems: never a traceback, never a hang."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.config import ConfigError, load
from monitor.config_reference import TITLES, rows
from monitor.settings import Settings

EXAMPLE = (Path(__file__).parents[2] / "config.example.toml").read_text("utf-8")
HEADINGS = {
    ("channels", "*"): "[channels.x]",
    ("hosts", "*"): '[hosts."x"]',
    ("watch", "*", "listings", "*"): "[[watch]]\n[[watch.listings]]",
    ("watch", "*", "hot", "*"): "[[watch]]\n[[watch.hot]]",
}
ODD = (
    "5", "-1", "0", "1.5", "inf", "nan", "true", '""', '"x"', '" "', "[]", "[1]", "[[]]", '["", "a"]', "{}", "{ a = 1 }", '{ "" = "" }', "[{}]",
    "2026-11-25", "10:00:00", "9223372036854775807", "-9223372036854775808", "0x7fffffffffffffff", "1e300", '"${"', '"${NOPE}"', '"file:"', '"file:/"', '"\\u0000"', '"://"', '"a\\nb"', '"１２３"', '"ſ"', '"İ"', '"-"', '"1e999"', '"0x10"',
)  # fmt: skip


def outcome(path: Path, text: str) -> Settings | ConfigError:
    """Load a text; give what came of it, and let nothing but a ConfigError through."""
    path.write_text(text, "utf-8")
    try:
        return load(path, env={}, check_channels=False)
    except ConfigError as error:
        assert error.problems
        assert all(str(problem).count("\n") == 0 for problem in error.problems), error
        return error


@pytest.mark.parametrize("table", TITLES)
def test_any_value_at_any_key(tmp_path: Path, table: tuple[str, ...]) -> None:
    """Wrong types, empty things, numbers out of range and strange text at every key."""
    heading = HEADINGS.get(table) or ("[[watch]]" if table == ("watch", "*") else f"[{table[0]}]")
    keys = [row.key for row in rows(table)]
    refused = 0
    for value in ODD:  # at every key of the table at once
        refused += isinstance(
            outcome(tmp_path / "c.toml", heading + "".join(f"\n{key} = {value}" for key in keys)), ConfigError
        )
    assert refused >= len(ODD) - 2


@pytest.mark.parametrize("name", ["monitor", "channels", "hosts", "fetch", "confirm", "retry", "blind", "watch"])
def test_any_value_instead_of_a_table(tmp_path: Path, name: str) -> None:
    """A value where a table belongs."""
    for value in ODD:
        outcome(tmp_path / "c.toml", f"{name} = {value}\n")
    for form in (f"[{name}]", f"[[{name}]]", f"[{name}.x]", f"[[{name}.x]]", f"[{name}.x.y]", f'[{name}.""]'):
        outcome(tmp_path / "c.toml", f"{form}\nurl = 1\n")


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_any_cut_or_shuffle_of_the_example(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Lines lost, doubled or out of order, and a file cut anywhere."""
    lines = [line.removeprefix("#") for line in EXAMPLE.splitlines() if line and not line.startswith("# ")]
    picked = data.draw(st.lists(st.sampled_from(lines), max_size=40))
    text = "\n".join(data.draw(st.sampled_from([picked, lines])))
    cut = data.draw(st.integers(0, len(text)))
    outcome(tmp_path_factory.getbasetemp() / "fuzz.toml", text[:cut])
