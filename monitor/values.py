"""Words to values: durations, sizes, rates, times and days as a person writes them in a file.

Each function is pure, takes what stood in the file, and raises ValueError with what was expected; none repeats the input.
Full-width digits and letters (５２，０００円) are read like their narrow forms.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
import zoneinfo
from datetime import time, timedelta
from difflib import get_close_matches
from urllib.parse import urlsplit

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|s|m|h|d|w))+")
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|w)")
_SIZES = {"": 1, "b": 1, "kib": 1024, "kb": 1000, "mib": 1024**2, "mb": 1000**2, "gib": 1024**3, "gb": 1000**3}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]*)")
_RATE = re.compile(r"(\d+(?:\.\d+)?)\s*/\s*(s|sec|second|m|min|minute|h|hour)")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_WORDS = {"daily": range(7), "every day": range(7), "weekdays": range(5), "weekends": range(5, 7)}
_KANJI = dict(zip("月火水木金土日", range(7), strict=True))

DURATION_WORDS = 'a duration in quotes such as "30s", "5m" or "1h30m"'
SIZE_WORDS = 'a size in quotes such as "5MiB"'
RATE_WORDS = 'a rate such as "1/s", "30/m", or 0.5 (requests a second)'
DAYS_WORDS = 'days such as "mon-fri", "sat,sun" or "daily"'


def narrow(text: str) -> str:
    """Give the text in narrow (half-width) forms, trimmed: １ becomes 1, ￥ becomes ¥."""
    return unicodedata.normalize("NFKC", text).strip()


def nearest(word: str, known: list[str] | tuple[str, ...]) -> str:
    """Give ` (did you mean "x"?)` for a near miss among the known words, else nothing."""
    lowered = {k.casefold(): k for k in known}
    close = get_close_matches(word.casefold(), list(lowered), n=1, cutoff=0.5 if len(word) < 3 else 0.6)
    return f' (did you mean "{lowered[close[0]]}"?)' if close else ""


def duration(value: object) -> timedelta:
    """Read "30s", "1h30m", "0.7s", "2d"; a bare number is refused, since nobody knows its unit."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError(f"expected {DURATION_WORDS}")
    if not isinstance(value, str):
        raise ValueError(f'expected {DURATION_WORDS}; a number needs its unit: write "{value:g}s" for seconds')
    text = narrow(value).lower().replace(" ", "")
    if re.fullmatch(r"\d+(\.\d+)?", text):
        raise ValueError(f'expected {DURATION_WORDS}; a number needs its unit: write "{text}s" for seconds')
    if len(text) > 40 or not _DURATION.fullmatch(text):
        raise ValueError(f"expected {DURATION_WORDS}")
    seconds = 0.0
    seen: set[str] = set()
    for number, unit in _DURATION_PART.findall(text):
        if unit in seen:
            raise ValueError(f'expected {DURATION_WORDS}; the unit "{unit}" is there twice')
        seen.add(unit)
        seconds += float(number) * _UNITS[unit]
    if seconds > 36525 * 86400:
        raise ValueError("expected a duration of less than a hundred years")
    return timedelta(seconds=seconds)


def show_duration(value: timedelta) -> str:
    """Write a duration the way `duration` reads it: the inverse, to the millisecond."""
    left = round(value.total_seconds() * 1000)
    if left == 0:
        return "0s"
    parts = []
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000)):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count}{unit}")
    if left:
        parts.append(f"{left / 1000:g}s" if left >= 100 else f"{left}ms")
    return "".join(parts)


def size(value: object) -> int:
    """Read "5MiB", "200 kB" or a bare number of bytes."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    match = _SIZE.fullmatch(narrow(value).lower()) if isinstance(value, str) and len(value) <= 40 else None
    if match is None or match[2] not in _SIZES:
        raise ValueError(f"expected {SIZE_WORDS}")
    return int(float(match[1]) * _SIZES[match[2]])


def show_size(value: int) -> str:
    """Write a number of bytes the way `size` reads it."""
    for unit, factor in (("GiB", 1024**3), ("MiB", 1024**2), ("KiB", 1024)):
        if value >= factor and value % factor == 0:
            return f"{value // factor}{unit}"
    return f"{value}B"


def rate(value: object) -> float:
    """Read "1/s", "30/m", "100/h" or a bare number: requests a second."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    match = _RATE.fullmatch(narrow(value).lower()) if isinstance(value, str) and len(value) <= 40 else None
    if match is None:
        raise ValueError(f"expected {RATE_WORDS}")
    return float(match[1]) / {"s": 1, "m": 60, "h": 3600}[match[2][0]]


def clock_time(value: object) -> time:
    """Read "10:00" or "23:59:30", local time of the user's zone; TOML's own times are taken too."""
    if isinstance(value, time):
        return value.replace(tzinfo=None)
    match = _CLOCK.fullmatch(narrow(value)) if isinstance(value, str) else None
    if match is None:
        raise ValueError('expected a time of day in quotes such as "10:00"')
    hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
    if 24 <= hour < 30 and minute < 60:
        raise ValueError(f'expected a time of day up to "23:59"; write "{hour - 24:02}:{minute:02}" and the next day')
    if hour > 23 or minute > 59 or second > 59:
        raise ValueError('expected a time of day from "00:00" to "23:59"')
    return time(hour, minute, second)


def days(value: object) -> frozenset[int]:
    """Read "mon-fri", "fri-mon", "sat,sun", "daily", "weekdays", "土日" or a list of these; Monday is 0."""
    words: list[object] = value if isinstance(value, list) else [value]
    found: set[int] = set()
    for word in words:
        if not isinstance(word, str):
            raise ValueError(f"expected {DAYS_WORDS}")
        for part in narrow(word).lower().split(","):
            found |= _day_part(part.strip())
    if not found:
        raise ValueError(f"expected {DAYS_WORDS}")
    return frozenset(found)


def _day_part(part: str) -> set[int]:
    if part in _DAY_WORDS:
        return set(_DAY_WORDS[part])
    if part and all(letter in _KANJI for letter in part):
        return {_KANJI[letter] for letter in part}
    ends = [_day(word.strip()) for word in part.split("-")]
    if len(ends) == 1:
        return {ends[0]}
    if len(ends) != 2:
        raise ValueError(f"expected {DAYS_WORDS}")
    first, last = ends
    return {(first + step) % 7 for step in range((last - first) % 7 + 1)}


def _day(word: str) -> int:
    if word in _KANJI:
        return _KANJI[word]
    for number, name in enumerate(("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")):
        if len(word) >= 3 and name.startswith(word):
            return number
    raise ValueError(f"expected {DAYS_WORDS}{nearest(word, (*_DAYS, *_DAY_WORDS))}")


def zone_name(value: object) -> str:
    """Read the name of a time zone, as "Asia/Tokyo" or "UTC"; a near miss is named."""
    if not isinstance(value, str):
        raise ValueError('expected a time zone in quotes such as "Asia/Tokyo"')
    known = zoneinfo.available_timezones()
    if value in known:
        return value
    guess = nearest(value, sorted(known))
    if not guess:  # "Tokyo" alone is a fair thing to write
        tail = [name for name in sorted(known) if name.rsplit("/", 1)[-1].casefold() == value.strip().casefold()]
        guess = f' (did you mean "{tail[0]}"?)' if tail else ""
    raise ValueError(f'expected a time zone such as "Asia/Tokyo" or "UTC"{guess}')


def allow_entry(value: object) -> str:
    """Read an exception to the address guard, "CIDR:port" such as "127.0.0.1/32:8099" or "[fd00::]/8:80"."""
    words = 'expected an address range and a port such as "127.0.0.1/32:8099" or "[fd00::]/8:443"'
    if not isinstance(value, str):
        raise ValueError(words)
    network, colon, port = narrow(value).rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or not 1 <= int(port) <= 65535:
        raise ValueError(words)
    try:
        parsed = ipaddress.ip_network(network.replace("[", "").replace("]", ""))
    except ValueError as fault:
        raise ValueError(
            f"{words}; {'the address has bits below its range' if 'host bits' in str(fault) else 'the range is not one'}"
        ) from None
    return f"{parsed}:{port}" if parsed.version == 4 else f"[{parsed.network_address}]/{parsed.prefixlen}:{port}"


def host_key(name: str) -> str:
    """Give a host name the one spelling that settings and schedule compare: lower case, ASCII, no final dot."""
    name = name.strip().rstrip(".").lower()
    if name.isascii():
        return name
    try:
        return name.encode("idna").decode("ascii")
    except UnicodeError:
        return name


def host_of(url: str) -> str:
    """Give the host of a checked URL as `host_key` spells it, with a port only where the URL names an unusual one."""
    parts = urlsplit(url)
    host = host_key(parts.hostname or parts.scheme)
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    return host if parts.port in (None, usual) else f"{host}:{parts.port}"
