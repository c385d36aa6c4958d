"""The kinds of value a configuration may hold: how each is read, and how the manual names it and its range."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from monitor import values
from monitor.prices import MONEY_WORDS, currency, money
from watchers.model import Availability, Condition, Rule, RuleKind


@dataclass(frozen=True)
class Kind:
    """One kind of value: `read` gives the value or raises ValueError saying what was expected."""

    name = "text"
    range = ""

    def read(self, value: object) -> object:
        """Read what stood in the file."""
        raise NotImplementedError

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read)


@dataclass(frozen=True)
class Span(Kind):
    """A duration between two others, written as in the file."""

    least: str
    most: str
    name = "duration"

    @property
    def range(self) -> str:  # type: ignore[override]
        return f"{self.least} to {self.most}"

    def read(self, value: object) -> timedelta:
        span = values.duration(value)
        if not values.duration(self.least) <= span <= values.duration(self.most):
            raise ValueError(f"expected a duration from {self.least} to {self.most}")
        return span


class Seconds(Span):
    """A duration that the program wants as seconds."""

    def read(self, value: object) -> float:  # type: ignore[override]
        return super().read(value).total_seconds()


@dataclass(frozen=True)
class Whole(Kind):
    """A whole number between two others."""

    least: int
    most: int
    name = "whole number"

    @property
    def range(self) -> str:  # type: ignore[override]
        return f"{self.least} to {self.most}"

    def read(self, value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not self.least <= value <= self.most:
            raise ValueError(f"expected a whole number from {self.least} to {self.most}")
        return value


@dataclass(frozen=True)
class Number(Kind):
    """A number between two others."""

    least: float
    most: float
    name = "number"

    @property
    def range(self) -> str:  # type: ignore[override]
        return f"{self.least:g} to {self.most:g}"

    def read(self, value: object) -> float:
        good = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
        if not good or not self.least <= value <= self.most:  # type: ignore[operator]
            raise ValueError(f"expected a number from {self.least:g} to {self.most:g}")
        return float(value)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Bytes(Kind):
    """A size between two others."""

    least: str
    most: str
    name = "size"

    @property
    def range(self) -> str:  # type: ignore[override]
        return f"{self.least} to {self.most}"

    def read(self, value: object) -> int:
        size = values.size(value)
        if not values.size(self.least) <= size <= values.size(self.most):
            raise ValueError(f"expected a size from {self.least} to {self.most}")
        return size


class Rate(Kind):
    """Requests a second."""

    name = "rate"
    range = "1/h to 10000/s"

    def read(self, value: object) -> float:
        rate = values.rate(value)
        if not 1 / 3600 <= rate <= 10_000:
            raise ValueError("expected a rate from 1/h to 10000/s")
        return rate


class Flag(Kind):
    """Yes or no."""

    name = "true or false"

    def read(self, value: object) -> bool:
        if not isinstance(value, bool):
            raise ValueError("expected true or false, without quotes")
        return value


@dataclass(frozen=True)
class Text(Kind):
    """One line of text with something in it."""

    most: int = 200

    @property
    def range(self) -> str:  # type: ignore[override]
        return f"1 to {self.most} characters"

    def read(self, value: object) -> str:
        if not isinstance(value, str):
            raise ValueError("expected text in quotes")
        text = value.strip()
        if not text:
            raise ValueError("expected text with something in it")
        if len(text) > self.most or not text.isprintable():
            raise ValueError(f"expected one line of at most {self.most} characters")
        return text


class SecretText(Text):
    """One line of text that is never shown again."""

    name = "secret text"


@dataclass(frozen=True)
class Choice(Kind):
    """One of a few words."""

    words: tuple[str, ...]
    name = "word"

    @property
    def range(self) -> str:  # type: ignore[override]
        return ", ".join(self.words)

    def read(self, value: object) -> str:
        word = values.narrow(value).lower() if isinstance(value, str) else None
        if word not in self.words:
            hint = values.nearest(word, self.words) if word else ""
            words = " or ".join(f'"{known}"' for known in self.words)
            raise ValueError(f"expected {words}{hint}")
        return word


class _Named(Choice):
    def read(self, value: object) -> str:
        return super().read(value.replace("-", "_").replace(" ", "_") if isinstance(value, str) else value)


class State(Kind):
    """An availability that a shopper can act on."""

    name = "state"
    _choice = _Named(tuple(a.value for a in Availability if a.is_orderable or a is Availability.IN_STORE_ONLY))
    range = _choice.range

    def read(self, value: object) -> Availability:
        return Availability(self._choice.read(value))


class Goods(Kind):
    """The condition of the goods."""

    name = "condition"
    _choice = _Named(tuple(c.value for c in Condition))
    range = _choice.range

    def read(self, value: object) -> Condition:
        return Condition(self._choice.read(value))


@dataclass(frozen=True)
class RuleText(Text):
    """A rule that is asked of a page; `decides` is False for one that only finds a price."""

    most: int = 1000
    decides: bool = True
    name = "rule"

    @property
    def range(self) -> str:  # type: ignore[override]
        return ", ".join(f"{kind}:" for kind in RuleKind if self.decides or kind is not RuleKind.TEXT)

    def read(self, value: object) -> Rule:  # type: ignore[override]
        from watchers.readers.ruling import kind_of, parse_rule

        text = super().read(value)
        word, kinds = kind_of(text), tuple(RuleKind)
        if word not in kinds:
            example = "css: .sold-out" if self.decides else "css: .price"
            hint = values.nearest(word, kinds) if word else ""
            raise ValueError(f'expected a kind and a colon first, as in "{example}"; kinds are {self.range}{hint}')
        return parse_rule(text, decides=self.decides)


class Zone(Kind):
    """A time zone."""

    name = "time zone"
    range = "a name of the IANA list"

    def read(self, value: object) -> str:
        return values.zone_name(value)


class Code(Kind):
    """A currency."""

    name = "currency code"
    range = "ISO 4217"

    def read(self, value: object) -> str:
        return currency(value)


class Price(Kind):
    """An amount, and the currency it names."""

    name = "money"
    range = "above 0"

    def read(self, value: object) -> object:
        return money(value)


class Yen(Kind):
    """What one unit of a currency costs, in yen."""

    name = "money"
    range = "above 0"

    def read(self, value: object) -> object:
        amount, named = money(value)
        if named not in (None, "JPY"):
            raise ValueError(f"expected what one unit costs in yen; {MONEY_WORDS.split(',')[0]}")
        return amount


class Clock(Kind):
    """A time of day."""

    name = "time of day"
    range = "00:00 to 23:59"

    def read(self, value: object) -> object:
        return values.clock_time(value)


class Days(Kind):
    """Days of the week."""

    name = "days"
    range = "mon to sun, daily, weekdays, weekends"

    def read(self, value: object) -> object:
        return values.days(value)
