"""Prices in text: every amount with its currency, and why it is, or is not, what the goods cost.

The grammar is our own, on NFKC text: full-width digits, 円 and ¥, 万, tax words, ranges, and the company that amounts
keep (points, discounts, postage, crossed-out prices). What it cannot tell it leaves unknown. Linear in the text's length.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from watchers.currencies import AFTER, BEFORE, SPACED, THREE_DECIMALS, currency_of

_MOST = 2000  # candidates of one text; beyond, it is no product block
_LARGEST = Decimal(10) ** 12


class Role(StrEnum):
    """What an amount is there for."""

    PRICE = "price"
    REFERENCE = "reference"  # crossed out, list price, recommended price
    DISCOUNT = "discount"
    SHIPPING = "shipping"
    POINTS = "points"
    PART = "part"  # per month, per piece, per 100 g
    THRESHOLD = "threshold"  # "free over 3,980 yen"


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in a text; None always means "the text does not say"."""

    amount: Decimal
    currency: str | None  # ISO 4217
    high: Decimal | None = None  # top end of a range
    open_ended: bool = False  # "1,200円～", "from $10": the top end is unknown
    tax_included: bool | None = None
    role: Role = Role.PRICE
    reason: str = ""  # the words that gave the role or the preference
    words: str = ""  # the amount as written (after NFKC)
    labelled: bool = False  # a word for "price" stands before it


def prices(text: str, *, hint_currency: str | None = None) -> tuple[Money, ...]:
    """Every amount of money in a text, in order, whatever it is there for; bare numbers are not money."""
    return tuple(money for _, _, money in _joined(_spotted(normal(text), hint_currency), normal(text)))


def best_price(text: str, *, hint_currency: str | None = None) -> Money | None:
    """What the goods cost, when the text leaves no doubt: one amount, or one that is marked out among several.

    An open-ended range ("from 1,200") and two equal claims give None: unknown is better than a guess.
    """
    left = [money for money in prices(text, hint_currency=hint_currency) if money.role is Role.PRICE and money.amount]
    for marked in (
        lambda money: money.tax_included is True and money.labelled,
        lambda money: money.tax_included is True,
        lambda money: money.labelled and money.tax_included is None,
        lambda money: money.tax_included is None,
        lambda money: True,
    ):
        some = [money for money in left if marked(money)]
        if some:
            alike = {(money.amount, money.high, money.currency) for money in some}
            return some[0] if len(alike) == 1 and not any(money.open_ended for money in some) else None
    return None


def parse_number(value: object, currency: str | None = None) -> Decimal | None:
    """A structured price as a number: "1,234", "1.234,56", 1234.5, "￥52,000"; None when it is not exactly one amount.

    "1.234" is None: a point before three digits is a decimal point to some shops and groups thousands to others.
    """
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, (int, float, Decimal)):
        try:
            number = Decimal(str(value))
        except (InvalidOperation, ValueError):
            return None
        return number if number.is_finite() and 0 <= number < _LARGEST else None
    if not isinstance(value, str) or len(value) > 64:
        return None
    text = normal(value).strip()
    if re.fullmatch(r"[0-9]{1,12}", text):
        return Decimal(text)
    found = list(_AMOUNT.finditer(text))
    spaced = _SPACED.search(text)
    if spaced and len(found) > 1 and spaced.end() >= found[-1].end() and spaced.start() == found[0].start():
        number_, end = _plain(spaced[0].replace(" ", ""), currency), spaced.end()
    elif found:
        number_, end = _value(text, found[0], currency)
    else:
        return None
    rest = text[: found[0].start()] + text[end:]
    if number_ is None or re.search(r"[0-9]", rest) or re.search(r"[-−–]\s*\Z", text[: found[0].start()]):
        return None
    return number_ if number_ < _LARGEST else None


# --- normal form ---------------------------------------------------------------------------------------------------

# NFKC makes digits of ①, ² and ½, which would run into a price beside them ("①1,200円"): they become blanks first.
_ORNAMENTS = {
    code: " "
    for code in (*range(0xB2, 0xB4), 0xB9, *range(0xBC, 0xBF), *range(0x2070, 0x3400))
    if any(c.isdigit() for c in unicodedata.normalize("NFKC", chr(code)))
}
_DIGITS = {first + n: str(n) for first in (0x660, 0x6F0) for n in range(10)} | {0x66B: ".", 0x66C: ","}
_MARKS = dict.fromkeys((0x200E, 0x200F, 0x200B, 0x2066, 0x2067, 0x2068, 0x2069, 0x61C))  # direction, not content


def normal(text: str) -> str:
    """NFKC text in which ornaments such as ① are blanks and Arabic digits are plain ones."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFKC", text.translate(_ORNAMENTS | _DIGITS | _MARKS))


# --- numbers -------------------------------------------------------------------------------------------------------

_AMOUNT = re.compile(r"(?<![0-9])(?<![0-9][.,'’])[0-9]{1,13}(?:[.,'’][0-9]{1,13}){0,6}")
_SPACED = re.compile(r"(?<![0-9.,])[0-9]{1,3}(?: [0-9]{3}){1,4}(?:[.,][0-9]{1,2})?(?![0-9])")
_TENS = re.compile(r"\s?([万億千])\s?(?:([0-9]{1,4}|[0-9],[0-9]{3})(?![0-9,]))?")
_UNITS = {"億": 10**8, "万": 10**4, "千": 10**3}
_GROUPED = re.compile(r"[0-9]{1,3}(?:([.,'’])[0-9]{3})(?:\1[0-9]{3})*")
_INDIAN = re.compile(r"[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}")


def _plain(token: str, currency: str | None) -> Decimal | None:
    """Read digits with separators; None where a separator can be read in two ways or in none."""
    whole, decimals = token, ""
    marks = [c for c in token if not c.isdigit()]
    if marks:
        head, _, tail = token.rpartition(marks[-1])
        alone = marks.count(marks[-1]) == 1 and marks[-1] in ".,"
        if alone and (len(tail) != 3 or len(marks) == 1):
            ambiguous = len(tail) == 3 and len(head) <= 3 and head.strip("0")
            if not ambiguous or (currency in THREE_DECIMALS and marks[-1] == "."):
                whole, decimals = head, tail
            elif marks[-1] == "." and currency not in _DOT_GROUPS:
                return None
    if not whole.isdigit():
        if not _GROUPED.fullmatch(whole) and not _INDIAN.fullmatch(whole):
            return None
        if decimals and marks[-1] == marks[0]:
            return None
    return Decimal("".join(c for c in whole if c.isdigit()) + (f".{decimals}" if decimals else ""))


_DOT_GROUPS = frozenset({"EUR", "BRL", "TRY", "DKK", "IDR", "VND", "CLP", "COP", "ARS", "RON", "RSD", "NOK", "ISK"})


def _value(text: str, found: re.Match[str], currency: str | None) -> tuple[Decimal | None, int]:
    """The value of a number, with a 万 behind it worked in, and where it ends."""
    tens = _TENS.match(text, found.end())
    if tens is None:
        return _plain(found[0], currency), found.end()
    total = _plain(found[0], "JPY")
    if total is None:
        return None, tens.end()
    total *= _UNITS[tens[1]]
    end = tens.end(1)
    if tens[2] and "." not in found[0]:
        rest = Decimal(tens[2].replace(",", ""))
        more = _TENS.match(text, tens.end(2)) if tens[1] == "億" else None
        total += rest * (_UNITS[more[1]] if more and more[1] == "万" else 1)
        end = more.end(1) if more else tens.end(2)
    return total, end


# --- amounts with a currency ---------------------------------------------------------------------------------------

_DASH = re.compile(r"[.,]?[-–—]{1,2}(?![0-9])")  # "99,-"
_SPAN = re.compile(r"\s{0,2}(?:~|〜|–|—|−|-|から|to|bis|à)\s{0,2}")
_OPEN = re.compile(r"\s{0,2}(?:~|〜|から|\+(?![0-9]))(?!\s{0,2}[^\s0-9]{0,3}[0-9])")
_FROM = re.compile(r"(?:\bfrom|\bab|à partir de|\bdesde|\bda|\ba partire da|starting at|最安)\s{0,2}:?\s{0,2}\Z", re.I)

Spot = tuple[int, int, Money]


def _spotted(text: str, hint: str | None) -> Iterator[Spot]:
    """Yield every amount that has a currency, or follows one in a range: start, end, money."""
    taken = at = count = 0
    pending: tuple[int, int, re.Match[str]] | None = None  # a bare number that may be the low end of a range
    while count < _MOST and (found := _AMOUNT.search(text, at)):
        start, at = found.span()
        before = BEFORE.search(text[max(taken, start - 8) : start])
        wide = _SPACED.match(text, start)
        number_end = _value(text, found, None)[1]
        after, end = _suffix(text, number_end)
        if wide and (not after or wide.end() > number_end):
            wider, wider_end = _suffix(text, wide.end())
            sign = currency_of((wider or before or [""])[1] if (wider or before) else "", hint)
            if (wider or before) and sign in SPACED:
                amount = _plain(wide[0].replace(" ", ""), sign)
                if amount is not None:
                    yield _spot(text, start, wider_end, before, amount, sign, hint)
                    taken = at = wider_end
                    count += 1
                    continue
        sign = _sign(before, after, hint)
        if before is None and after is None:
            joins = pending is None and taken and _SPAN.fullmatch(text, taken, start)
            if joins and count:
                amount, end = _value(text, found, last_sign)
                if amount is not None:
                    yield start, end, Money(amount, last_sign, words=found[0], reason="range end")
                    taken = at = end
                    continue
            pending = (start, number_end, found)
            at = max(at, number_end)
            continue
        amount, number_end = _value(text, found, sign)
        if after is None:
            end = number_end
        if pending and before is None and _SPAN.fullmatch(text, pending[1], start):
            low, _ = _value(text, pending[2], sign)
            if low is not None:
                yield _spot(text, pending[0], pending[1], None, low, sign, hint)
        pending = None
        last_sign = sign
        taken = at = max(at, end)
        if amount is not None and amount < _LARGEST:
            yield _spot(text, start, end, before, amount, sign, hint)
            count += 1
