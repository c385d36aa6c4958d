"""The words of one language: fixed formats, and how money, times and shops are written in them.

Formats come from `locales/*.toml` and are filled by `fill`, in one pass: what is filled in is never read as a format.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from babel import Locale
from babel.dates import format_datetime
from babel.numbers import format_currency, format_decimal

from monitor.inert import clean

LANGUAGES = ("ja", "en")
_PLACE = re.compile(r"\{(\w+)\}")
_CODE = re.compile(r"[A-Z]{3}")
_MOST = Decimal(10) ** 12  # beyond this a page's number is nonsense, and writing it out could fill the memory


def fill(form: str, **values: object) -> str:
    """Put the values into the format's {names}; KeyError when one is missing."""
    return _PLACE.sub(lambda found: str(values[found[1]]), form)


class Words:
    """One language's words."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        self._table = table
        self._locale = Locale.parse(table["locale"])

    def __call__(self, key: str, **values: object) -> str:
        """Give a text by its dotted key, filled in."""
        return fill(self.form(key), **values)

    def form(self, key: str) -> str:
        """Give a format by its dotted key; KeyError when there is none."""
        section, _, name = key.rpartition(".")
        text = (self._table[section] if section else self._table)[name]
        assert isinstance(text, str)
        return text

    def has(self, key: str) -> bool:
        """True when the language has a text under this dotted key."""
        section, _, name = key.rpartition(".")
        return name in self._table.get(section, {})

    def money(self, amount: Decimal | None, currency: str | None) -> str:
        """Write an amount as people do (¥49,980; $12.50); "" for nothing and for nonsense."""
        if amount is None or not amount.is_finite() or abs(amount) >= _MOST:
            return ""
        if currency is None or not _CODE.fullmatch(currency):
            return str(format_decimal(amount, locale=self._locale))
        return str(format_currency(amount, currency, locale=self._locale)).replace("￥", "¥").replace("\xa0", " ")

    def number(self, count: int) -> str:
        """Write a whole number with its thousands apart."""
        return str(format_decimal(count, locale=self._locale)) if abs(count) < _MOST else "∞"

    def clock(self, at: datetime, now: datetime, zone: tzinfo) -> str:
        """Write a time of day in the reader's zone, with its date unless that is today."""
        local = at.astimezone(zone)
        form = "today" if local.date() == now.astimezone(zone).date() else "other_day"
        return str(format_datetime(local, self.form(form), tzinfo=zone, locale=self._locale))

    def ago(self, since: timedelta) -> str:
        """Write how long ago something was, in the one unit that fits."""
        seconds = max(0, int(since.total_seconds()))
        for unit, size in (("days", 2 * 86400), ("hours", 2 * 3600), ("minutes", 60)):
            if seconds >= size:
                return self(f"ago.{unit}", n=seconds // {"days": 86400, "hours": 3600, "minutes": 60}[unit])
        return self("ago.seconds", n=seconds)

    def shop(self, url: str | None) -> str:
        """Name the shop behind a listing's URL as people call it; "" when there is none."""
        try:
            parts = urlsplit(url or "")
            host, port = (parts.hostname or "").removeprefix("www."), parts.port
        except ValueError:
            return ""
        shops: Mapping[str, str] = self._table["shops"]
        if parts.scheme == "demo":
            return shops["demo"]
        if host in shops:
            return shops[host]
        return clean(host if port is None else f"{host}:{port}", 60)

    def joined(self, *parts: str) -> str:
        """Put the parts that are there side by side."""
        return self._table["dot"].join(part for part in parts if part)  # type: ignore[no-any-return]


@cache
def words(language: str) -> Words:
    """Give a language's words; English for one we do not have."""
    name = language if language in LANGUAGES else "en"
    return Words(tomllib.loads(files("monitor").joinpath("locales", f"{name}.toml").read_text("utf-8")))
