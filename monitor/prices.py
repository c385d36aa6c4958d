"""Money as a person writes it in a file: 52000, "52,000円", "5万", "$49.99"."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache

from babel.numbers import get_currency_precision, list_currencies

from monitor.values import narrow, nearest

_SIGNS = {"¥": "JPY", "円": "JPY", "$": "USD", "us$": "USD", "€": "EUR", "£": "GBP", "₩": "KRW", "元": "CNY", "a$": "AUD", "c$": "CAD", "hk$": "HKD", "nt$": "TWD"}  # fmt: skip
_SIGN = "|".join(re.escape(sign) for sign in sorted(_SIGNS, key=len, reverse=True))
_MONEY = re.compile(
    rf"(?P<before>{_SIGN}|[a-z]{{3}})?\s*"
    r"(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)\s*(?P<myriad>万)?\s*"
    rf"(?P<after>{_SIGN}|[a-z]{{3}})?"
)
_MOST = Decimal(10) ** 12
MONEY_WORDS = 'an amount such as 52000, "52,000円", "5万" or "$49.99"'


@cache
def _currencies() -> frozenset[str]:
    return frozenset(list_currencies())


def currency(value: object) -> str:
    """Read an ISO 4217 code such as "JPY"; a near miss is named."""
    if not isinstance(value, str):
        raise ValueError('expected a currency code in quotes such as "JPY" or "USD"')
    code = narrow(value).upper()
    code = {"YEN": "JPY", "円": "JPY", **{sign.upper(): name for sign, name in _SIGNS.items()}}.get(code, code)
    if code not in _currencies():
        raise ValueError(f'expected a currency code such as "JPY" or "USD"{nearest(code, sorted(_currencies()))}')
    return code


def money(value: object) -> tuple[Decimal, str | None]:
    """Read an amount above 0 and the currency it names, if it names one."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError(f"expected {MONEY_WORDS}")
    if not isinstance(value, str):
        return _sane(Decimal(str(value))), None
    match = _MONEY.fullmatch(narrow(value).lower()) if len(value) <= 60 else None
    if match is None:
        hint = "; thousands are parted by commas, cents by a point" if re.search(r"\d[.,]\d", value) else ""
        raise ValueError(f"expected {MONEY_WORDS}{hint}")
    number = match["number"]
    if re.search(r"^\d{1,3}\.\d{3}$", number) and not match["myriad"]:
        raise ValueError(
            f'expected {MONEY_WORDS}; "{number}" could be read two ways: write {number.replace(".", "")} or {number}0'
        )
    named = {_SIGNS.get(word) or currency(word) for word in (match["before"], match["after"]) if word}
    if len(named) > 1:
        raise ValueError(f"expected {MONEY_WORDS}, in one currency")
    amount = Decimal(number.replace(",", "")) * (10_000 if match["myriad"] else 1)
    return _sane(amount), named.pop() if named else None


def _sane(amount: Decimal) -> Decimal:
    if not amount.is_finite() or not 0 < amount < _MOST:
        raise ValueError("expected an amount above 0 and below 1,000,000,000,000")
    return amount


def fits(amount: Decimal, code: str) -> bool:
    """Tell whether the amount has no more decimals than its currency: yen have none."""
    return amount == round(amount, get_currency_precision(code))
