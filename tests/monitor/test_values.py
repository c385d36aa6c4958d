"""Durations, sizes, rates, times, days, zones and guard exceptions are read as a person writes them, or refused with advice."""

from datetime import time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor import values


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("5m", 300), ("1h30m", 5400), ("0.7s", 0.7), ("2d", 172_800), ("250ms", 0.25), ("1w", 604_800), ("３０ｓ", 30), (" 1h 30m ", 5400), ("5M", 300), ("0s", 0)],
)  # fmt: skip
def test_durations_as_people_write_them(text: str, seconds: float) -> None:
    """Units may be combined, and full-width digits are digits."""
    assert values.duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "value",
    [
        30,
        0.7,
        "30",
        "３０",
        True,
        None,
        [],
        "",
        "s",
        "-5s",
        "5 apples",
        "1h1h",
        "5s5s",
        "9" * 50 + "s",
        "99999d",
        "1e3s",
    ],
)
def test_a_duration_without_a_unit_is_refused_with_advice(value: object) -> None:
    """Nobody knows whether 30 means seconds or minutes."""
    with pytest.raises(ValueError, match="duration") as refused:
        values.duration(value)
    if value in (30, "30"):
        assert 'write "30s"' in str(refused.value)


@given(st.integers(0, 10**11).map(lambda ms: timedelta(milliseconds=ms)))
def test_a_shown_duration_reads_back(span: timedelta) -> None:
    """What the manual prints can be typed into the file."""
    assert abs(values.duration(values.show_duration(span)) - span) < timedelta(milliseconds=1)


def test_sizes() -> None:
    """Sizes know both kinds of unit; a bare number is bytes."""
    assert [values.size(v) for v in ("5MiB", "5 mib", "200kB", "1GiB", "17", 4096)] == [
        5 * 1024**2,
        5 * 1024**2,
        200_000,
        1024**3,
        17,
        4096,
    ]
    for wrong in ("5 parsecs", "", None, True, 1.5, "-1MiB"):
        with pytest.raises(ValueError, match="size"):
            values.size(wrong)


@given(st.integers(1, 2**40))
def test_a_shown_size_reads_back(count: int) -> None:
    """What the manual prints can be typed into the file."""
    assert values.size(values.show_size(count)) == count


def test_rates() -> None:
    """A rate is requests a second, however it is written."""
    assert [values.rate(v) for v in ("1/s", "30/m", "3600/h", 0.5, 2, "120/min")] == [1.0, 0.5, 1.0, 0.5, 2.0, 2.0]
    for wrong in ("1", "1/d", "fast", None, True):
        with pytest.raises(ValueError, match="rate"):
            values.rate(wrong)


def test_times_of_day() -> None:
    """Hours past midnight, as Japanese timetables write them, get the right advice."""
    assert values.clock_time("10:00") == time(10)
    assert values.clock_time("２３：５９") == time(23, 59)
    assert values.clock_time(time(9, 30)) == time(9, 30)
    with pytest.raises(ValueError, match='write "01:30" and the next day'):
        values.clock_time("25:30")
    for wrong in ("31:00", "10:60", "10", 10, None, "10:00:61", "noon"):
        with pytest.raises(ValueError, match="time of day"):
            values.clock_time(wrong)


@pytest.mark.parametrize(
    ("text", "days"),
    [("mon-fri", {0, 1, 2, 3, 4}), ("sat,sun", {5, 6}), ("daily", set(range(7))), ("fri-mon", {4, 5, 6, 0}), ("weekdays", set(range(5))), ("weekends", {5, 6}), ("土日", {5, 6}), ("月-水", {0, 1, 2}), (["mon", "Wednesday"], {0, 2}), ("Mon - Tue, sun", {0, 1, 6})],
)  # fmt: skip
def test_days(text: object, days: set[int]) -> None:
    """Ranges may run over the weekend; Monday is 0."""
    assert values.days(text) == days


@pytest.mark.parametrize("wrong", ["mno", "", "m", 5, [], ["mon", 1], "mon-wed-fri", "mon,,tue"])
def test_days_that_are_none(wrong: object) -> None:
    """What is not a day is refused, not guessed."""
    with pytest.raises(ValueError, match="mon-fri"):
        values.days(wrong)


def test_zones() -> None:
    """A zone is one of the IANA list; near misses are named."""
    assert values.zone_name("Asia/Tokyo") == "Asia/Tokyo"
    with pytest.raises(ValueError, match='did you mean "Asia/Tokyo"'):
        values.zone_name("Asia/Tokio")
    with pytest.raises(ValueError, match='did you mean "Asia/Tokyo"'):
        values.zone_name("Tokyo")
    for wrong in (None, "", "../etc/passwd", "JST-9", 9):
        with pytest.raises(ValueError, match="time zone"):
            values.zone_name(wrong)


def test_guard_exceptions() -> None:
    """An exception is one range and one port, never every port and never a name."""
    assert values.allow_entry("127.0.0.1/32:8099") == "127.0.0.1/32:8099"
    assert values.allow_entry("10.0.0.5:80") == "10.0.0.5/32:80"
    assert values.allow_entry("[fd00::]/8:443") == "[fd00::]/8:443"
    for wrong in (
        "127.0.0.1",
        "localhost:80",
        "127.0.0.1/32",
        "127.0.0.1/32:0",
        "127.0.0.1/32:70000",
        "127.0.0.1/32:*",
        80,
        "10.0.0.5/8:80",
    ):
        with pytest.raises(ValueError, match="address range and a port"):
            values.allow_entry(wrong)


def test_one_host_one_spelling() -> None:
    """Case, a final dot and usual ports do not make another host; an unusual port does."""
    assert values.host_of("https://WWW.Example.com.:443/x") == "www.example.com"
    assert values.host_of("http://example.com:8080/") == "example.com:8080"
    assert values.host_of("https://日本.example/") == values.host_key("xn--wgv71a.example")
    assert values.host_of("demo://switch-2") == "switch-2"


def test_nearest_spelling() -> None:
    """Only a near miss is guessed."""
    assert values.nearest("chanels", ["channels", "name"]) == ' (did you mean "channels"?)'
    assert values.nearest("zzz", ["channels"]) == ""
