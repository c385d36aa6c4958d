"""Prices in text: every amount with its currency, and why it is, or is not, what the goods cost.

The grammar is our own, on NFKC text: full-width digits, 円 and ¥, 万, tax words, ranges, and the company that amounts
keep (points, discounts, postage, crossed-out prices). What it cannot tell it leaves unknown. Linear in the text's length.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from watchers.currencies import AFTER, BEFORE, ENDS, SPACED_CURRENCIES, STARTS, currency_of, is_money
from watchers.numerals import AMOUNT, LARGEST, SPACED, in_text, normal, parse_number, plain

__all__ = ["Money", "Role", "best_price", "parse_number", "prices"]

_MOST = 2000  # amounts of one text; beyond, it is no product block
_MOST_NUMBERS = 50_000  # looked at in one text


class Role(StrEnum):
    """What an amount is there for."""

    PRICE = "price"
    REFERENCE = "reference"  # crossed out, list price, recommended price
    DISCOUNT = "discount"
    SHIPPING = "shipping"
    POINTS = "points"
    PART = "part"  # a month's share, a piece's, the tax
    THRESHOLD = "threshold"  # "free over 3,980 yen"


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in a text; None always means "the text does not say"."""

    amount: Decimal
    currency: str | None  # ISO 4217
    high: Decimal | None = None  # top end of a range
    open_ended: bool = False  # "1,200円～", "from $10": the top end is not told
    tax_included: bool | None = None
    role: Role = Role.PRICE
    reason: str = ""  # the words beside it that gave its role
    words: str = ""  # the amount as written, after NFKC
    labelled: bool = False  # a word for "price" stands before it


def prices(text: str, *, hint_currency: str | None = None) -> tuple[Money, ...]:
    """Every amount of money in a text, in order, whatever it is there for; bare numbers are not money. At most 2,000."""
    text = normal(text)
    found: list[Money] = []
    past = 0
    for token, high in _paired(text, _tokens(text, hint_currency)):
        found.append(_judged(text, past, token, high))
        past = (high or token).end
        if len(found) == _MOST:
            break
    return tuple(found)


def best_price(text: str, *, hint_currency: str | None = None) -> Money | None:
    """What the goods cost, when the text leaves no doubt: one amount, or one that is marked out among several.

    An open-ended range ("from 1,200") and two equal claims give None: unknown is better than a guess.
    """
    left = [money for money in prices(text, hint_currency=hint_currency) if money.role is Role.PRICE and money.amount]
    for preferred in _PREFERENCES:
        some = [money for money in left if preferred(money)]
        if some:
            claims = {(money.amount, money.high, money.currency) for money in some}
            return some[0] if len(claims) == 1 and not any(money.open_ended for money in some) else None
    return None


_PREFERENCES: tuple[Callable[[Money], bool], ...] = (
    lambda money: money.tax_included is True and money.labelled,
    lambda money: money.tax_included is True,
    lambda money: money.tax_included is None and money.labelled,
    lambda money: money.tax_included is None,
    lambda money: True,
)


# --- amounts and their currency ------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Token:
    start: int  # of the number with its currency
    end: int
    found: re.Match[str]
    amount: Decimal | None
    currency: str | None
    money: bool  # a currency stands beside it


def _tokens(text: str, hint: str | None) -> Iterator[_Token]:
    at = 0
    for _ in range(_MOST_NUMBERS):
        found = AMOUNT.search(text, at)
        if found is None:
            return
        before = None
        if text[max(at, found.start() - 3) : found.start()].rstrip()[-1:] in ENDS:
            before = BEFORE.search(text, max(at, found.start() - 8), found.start())
        if before and not is_money(before[1], hint):
            before = None
        wide = SPACED.match(text, found.start())
        end = wide.end() if wide else in_text(text, found, None)[1]
        dash = _DASH.match(text, end)
        tail = dash.end() if dash else end
        after = AFTER.match(text, tail) if text[tail : tail + 3].lstrip()[:1] in STARTS else None
        if after and not is_money(after[1], hint):
            after = None
        currency = _agreed(before[1] if before else None, after[1] if after else None, hint)
        amount: Decimal | None
        if wide:  # blanks between digits group thousands in some currencies; elsewhere two numbers stand side by side
            amount = plain(wide[0].replace(" ", ""), currency) if currency in SPACED_CURRENCIES else None
        else:
            amount = in_text(text, found, currency)[0]
        token = _Token(
            before.start() if before else found.start(),
            after.end() if after else end,
            found,
            amount if amount is None or amount < LARGEST else None,
            currency,
            bool(before or after),
        )
        at = token.end
        yield token


def _agreed(before: str | None, after: str | None, hint: str | None) -> str | None:
    """The currency of an amount with signs on one or both sides; "$12 CAD" is settled by the code."""
    signs = [currency_of(sign, hint) for sign in (after, before) if sign]
    if before and after and currency_of(before, signs[0]) == signs[0]:
        return signs[0]
    return signs[-1] if signs else None


def _paired(text: str, tokens: Iterator[_Token]) -> Iterator[tuple[_Token, _Token | None]]:
    """Yield the readable amounts, the two ends of a range together; a bare number counts only as an end."""
    low = next(tokens, None)
    while low:
        high = next(tokens, None)
        if high and (low.money or high.money) and _SPAN.fullmatch(text, low.end, high.start):
            currency = high.currency or low.currency
            ends = [in_text(text, t.found, currency)[0] if not t.money else t.amount for t in (low, high)]
            if ends[0] and ends[1] and ends[0] < ends[1] and currency == (low.currency or currency):
                low.amount, high.amount, low.currency = ends[0], ends[1], currency
                yield low, high
                low = next(tokens, None)
                continue
        if low.money and low.amount is not None:
            yield low, None
        low = high


_DASH = re.compile(r"[.,]?[-–—]{1,2}(?![0-9])")  # "99,-"
_SPAN = re.compile(r"\s{0,2}(?:~|〜|–|—|−|-|から|to|bis|à)\s{0,2}")
_OPEN = re.compile(r"\s{0,2}(?:~|〜|から|\+(?=\s{0,2}(?:\Z|[)\n])))")
_FROM = re.compile(r"(?:\b(?:from|ab|à partir de|desde|da|starting at)|最安)\s{0,2}:?\s{0,2}\Z", re.I)


# --- what an amount is there for -----------------------------------------------------------------------------------

_LABELS = re.compile(
    "|".join(
        f"(?P<{role}>{words})"
        for role, words in {
            "none": r"送料(?:無料|込み?|別)|free (?:shipping|delivery)",
            "reference": r"参考(?:価格)?|通常(?:価格)?|定価|(?:メーカー)?希望小売(?:価格)?|元値|旧価格|市価|前回|list price|\bwas\b|"
            r"msrp|\brrp\b|\buvp\b|\bstatt\b|instead of|\breg(?:ular)?\b(?: price)?|original(?:ly)?|prix (?:conseillé|barré)|"
            r"au lieu de|\bantes\b|prezzo consigliato|listino",
            "part": r"消費税|内税|税額|月々|分割|monthly|per month|mensual",
            "discount": r"割引|値引き?|クーポン|お得|\bsave\b|discount|coupon|sparen|ersparnis|économi|ahorr|risparmi",
            "shipping": r"送料|配送料|配達料|手数料|shipping|delivery|postage|versand|livraison|envío|spedizione|frete",
            "points": r"ポイント|獲得|還元|\bpt\b",
            "threshold": r"\bover\b|\babove\b|\büber\b",
            "price": r"価格|特価|セール|値段|\bprice\b|\bnow\b|\bpreis\b|\bprix\b|\bprecio\b|\bprezzo\b|\bsale\b",
        }.items()
    ),
    re.I,
)
_NEXT = re.compile(
    r"\s{0,2}(?:"
    + "|".join(
        f"(?P<{role}>{words})"
        for role, words in {
            "discount": r"の?(?:off\b|オフ|引|割引|値引|クーポン|お得|discount|rabatt|de descuento|de réduction|di sconto)",
            "points": r"(?:分|相当)?の?(?:ポイント|pt\b|還元)|相当",
            "threshold": r"以上|未満|以下|or more|and up",
            "shipping": r"(?:の送料|shipping|delivery|postage|versand|de port)",
            "part": r"(?:/|per|pro|a)\s?(?:月|mo(?:nth)?\b|mes\b|monat|mois|年|yr|year|個|本|枚|kg|g\b|[0-9]{1,4}\s?(?:g|ml)\b|"
            r"ml\b|l\b|oz|lb|ea\b|each|piece|stück|st\b|unit|count|ct\b|m\b)|あたり|ずつ|x\s?[0-9]|×\s?[0-9]",
        }.items()
    )
    + ")",
    re.I,
)
_TAX = re.compile(
    r"(?P<out>税抜|税別|税引|本体|\+\s?税|excl?\.?\s?(?:vat|tax|mwst)|ex\.? (?:vat|tax|gst)|zzgl\.? mwst|\bht\b|iva no incl)|"
    r"(?P<in>税込|incl?\.?\s?(?:vat|tax|mwst|gst)|inkl\.? mwst|\bttc\b|iva (?:incl|inc))",
    re.I,
)
_TAX_NEXT = re.compile(rf"\s{{0,2}}[(\[]?\s{{0,2}}(?:{_TAX.pattern})(?P<tail>[^0-9\n)\]]{{0,8}}[0-9])?", re.I)


def _judged(text: str, past: int, token: _Token, high: _Token | None) -> Money:
    """Read the company an amount keeps: the words since the last number and line before it, and those right behind."""
    start, end = token.start, (high or token).end
    window = text[max(past, start - 24) : start].rpartition("\n")[2]
    cut = max((i for i, c in enumerate(window) if c.isdigit()), default=-1)
    window = window[cut + 1 :]
    role, reason = _label(window)
    following = _NEXT.match(text, end)
    if following:
        role, reason = following.lastgroup or "", following[0].strip()
    elif window.rstrip()[-1:] in ("-", "−", "–") and window.rstrip()[-2:-1] in ("", " ", "("):
        role, reason = "discount", "minus sign"
    return Money(
        amount=token.amount or Decimal(0),
        currency=token.currency,
        high=high.amount if high else None,
        open_ended=high is None and bool(_OPEN.match(text, end) or _FROM.search(window)),
        tax_included=_tax(text, window, end),
        role=Role(role) if role not in ("", "none", "price") else Role.PRICE,
        reason=reason,
        words=text[start:end],
        labelled=role == "price",
    )


@lru_cache(maxsize=4_096)
def _label(window: str) -> tuple[str, str]:
    """Return the role that the words before an amount give it, and the words; the same few stand before most amounts."""
    label = _last(_LABELS, window)
    return (label.lastgroup or "", label[0]) if label else ("", "")


def _tax(text: str, window: str, end: int) -> bool | None:
    behind = _TAX_NEXT.match(text, end)
    if behind and not behind["tail"]:  # words followed by another amount speak of that one
        return behind["in"] is not None
    before = _last(_TAX, window)
    return before["in"] is not None if before else None


def _last(pattern: re.Pattern[str], window: str) -> re.Match[str] | None:
    last = None
    for last in pattern.finditer(window):  # noqa: B007 - the nearest word before the amount is the one that counts
        pass
    return last
