"""Numbers as shops write them: full-width or Arabic digits, 万, and separators that change sides at borders."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal, InvalidOperation

LARGEST = Decimal(10) ** 12
THREE_DECIMALS = frozenset({"BHD", "JOD", "KWD", "OMR"})
# Where "1.234" in running text means one thousand and some.
_POINT_GROUPS = frozenset({"EUR", "BRL", "TRY", "DKK", "IDR", "VND", "CLP", "COP", "ARS", "RON", "RSD", "NOK", "ISK"})

AMOUNT = re.compile(r"(?<![0-9])(?<![0-9][.,'’])[0-9]{1,13}(?:[.,'’][0-9]{1,13}){0,6}")
SPACED = re.compile(r"(?<![0-9.,])[0-9]{1,3}(?: [0-9]{3}){1,4}(?:[.,][0-9]{1,2})?(?![0-9])")
_PLAIN = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,2})?")  # what nearly all structured data holds
_TENS = re.compile(r"\s?([万億千])\s?(?:([0-9],[0-9]{3}|[0-9]{1,4})(?![0-9,]))?")
_UNITS = {"億": 10**8, "万": 10**4, "千": 10**3}
_GROUPED = re.compile(r"[0-9]{1,3}(?:([.,'’])[0-9]{3})(?:\1[0-9]{3})*")
_INDIAN = re.compile(r"[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}")

# NFKC makes digits of ①, ² and ½, which would run into a price beside them ("①1,200円"): they become blanks first.
_ORNAMENTS = {
    code: " "
    for code in (0xB2, 0xB3, 0xB9, 0xBC, 0xBD, 0xBE, *range(0x2070, 0x3400))
    if any(c.isdigit() for c in unicodedata.normalize("NFKC", chr(code)))
}
_DIGITS = {first + n: str(n) for first in (0x660, 0x6F0) for n in range(10)} | {0x66B: ".", 0x66C: ","}
_DIRECTION_MARKS = dict.fromkeys((0x200B, 0x200E, 0x200F, 0x61C, *range(0x2066, 0x206A)))
_TABLE: dict[int, str | None] = {**_ORNAMENTS, **_DIGITS, **_DIRECTION_MARKS}


def normal(text: str) -> str:
    """NFKC text in which ornaments such as ① are blanks and Arabic digits are plain ones."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text.translate(_TABLE))


def parse_number(value: object, currency: str | None = None) -> Decimal | None:
    """A structured price as a number: "1,234", "1.234,56", 1234.5, "￥52,000"; None when it is not exactly one amount.

    "1.234" is None: a point before three digits is a decimal point to some shops and groups thousands to others.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float, Decimal)):
        try:
            number = Decimal(str(value))
        except (InvalidOperation, ValueError):
            return None
        return number if number.is_finite() and 0 <= number < LARGEST else None
    if not isinstance(value, str) or len(value) > 64:
        return None
    if _PLAIN.fullmatch(value):
        return Decimal(value)
    text = normal(value).strip()
    found = AMOUNT.search(text)
    if found is None:
        return None
    spaced = SPACED.match(text, found.start())
    if spaced:
        amount, end = plain(spaced[0].replace(" ", ""), currency), spaced.end()
    else:
        known = currency if currency in THREE_DECIMALS else None  # of the rest we cannot know whose habit this is
        amount, end = in_text(text, found, known)
    before, rest = text[: found.start()], text[end:]
    if amount is None or any(c.isdigit() for c in before + rest) or before.rstrip().endswith(("-", "−", "–")):
        return None
    return amount if amount < LARGEST else None


def plain(token: str, currency: str | None) -> Decimal | None:
    """Read digits with separators; None where they can be read in two ways, or in none, in that currency."""
    marks = [c for c in token if not c.isdigit()]
    if not marks:
        return Decimal(token)
    mark = marks[-1]
    head, _, tail = token.rpartition(mark)
    whole, decimals = token, ""
    if mark in ".," and marks.count(mark) == 1:
        unmistakable = len(tail) != 3 or len(marks) > 1 or len(head) > 3 or not head.strip("0")
        if unmistakable or (mark == "." and currency in THREE_DECIMALS):
            whole, decimals = head, tail
        elif mark == "." and currency not in _POINT_GROUPS:
            return None
    if not whole.isdigit() and not _GROUPED.fullmatch(whole) and not _INDIAN.fullmatch(whole):
        return None
    digits = "".join(c for c in whole if c.isdigit())
    return Decimal(f"{digits}.{decimals}" if decimals else digits)


def in_text(text: str, found: re.Match[str], currency: str | None) -> tuple[Decimal | None, int]:
    """The value of a number found by `AMOUNT`, with a 万 behind it worked in, and where it ends."""
    unit = _TENS.match(text, found.end())
    if unit is None:
        return plain(found[0], currency), found.end()
    total = plain(found[0], None)
    if total is None:
        return None, unit.end(1)
    total = Decimal(int(total * _UNITS[unit[1]]))  # 12.8万 is 128000, not 128000.0
    if unit[2] is None or "." in found[0]:
        return total, unit.end(1)
    rest = Decimal(unit[2].replace(",", ""))
    smaller = _TENS.match(text, unit.end(2)) if unit[1] == "億" else None
    if smaller and smaller[1] == "万":
        return total + rest * 10**4, smaller.end(1)
    return total + rest, unit.end(2)
