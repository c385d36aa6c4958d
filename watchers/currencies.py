"""Which currency a sign, a word or an address stands for."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

# ISO 4217 codes that shops print; a code beside an amount says more than any sign.
CODES = frozenset(
    "AED ARS AUD BDT BGN BHD BRL CAD CHF CLP CNY COP CZK DKK EGP EUR GBP HKD HUF IDR ILS INR ISK JOD JPY KRW KWD LKR MAD "
    "MXN MYR NGN NOK NZD OMR PEN PHP PKR PLN QAR RON RSD SAR SEK SGD THB TRY TWD UAH USD VND ZAR".split()
)
THREE_DECIMALS = frozenset({"BHD", "JOD", "KWD", "OMR"})
SPACED = frozenset({"EUR", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "BGN", "UAH", "RON", "RSD", "ISK", "CHF", "CAD", "ZAR"})

# A sign that several countries share lists them, the usual reading first; None first means: not without a hint.
_SHARED: dict[str, tuple[str | None, ...]] = {
    "$": ("USD", "CAD", "AUD", "NZD", "HKD", "TWD", "SGD", "MXN", "ARS", "CLP", "COP"),
    "¥": ("JPY", "CNY"),
    "kr": (None, "SEK", "NOK", "DKK", "ISK"),
    "rs": ("INR", "PKR", "LKR"),
    "£": ("GBP", "EGP"),
}
_SIGNS = {
    **{"円": "JPY", "yen": "JPY", "jp¥": "JPY", "cn¥": "CNY", "元": "CNY", "rmb": "CNY", "원": "KRW", "₩": "KRW"},
    **{"us$": "USD", "c$": "CAD", "ca$": "CAD", "cdn$": "CAD", "a$": "AUD", "au$": "AUD", "nz$": "NZD", "hk$": "HKD"},
    **{"nt$": "TWD", "s$": "SGD", "mx$": "MXN", "r$": "BRL", "€": "EUR", "euro": "EUR", "₹": "INR", "zł": "PLN"},
    **{"kč": "CZK", "ft": "HUF", "лв": "BGN", "грн": "UAH", "₴": "UAH", "tl": "TRY", "₺": "TRY", "₫": "VND", "฿": "THB"},
    **{"₱": "PHP", "₪": "ILS", "rp": "IDR", "rm": "MYR", "lei": "RON", "fr.": "CHF", "e£": "EGP", "egp": "EGP"},
    **{"ر.س": "SAR", "رس": "SAR", "ريال": "SAR", "sr": "SAR", "ج.م": "EGP", "جنيه": "EGP", "د.إ": "AED", "درهم": "AED"},
    **{code.lower(): code for code in CODES},
}
_WORDS = sorted([*_SIGNS, *_SHARED, "rs."], key=len, reverse=True)
# Letters must not run on: "kr" is no currency in "krone", nor "TL" in "ATL".
_ANY = "|".join(rf"{re.escape(w)}(?![a-zà-ÿ])" if w[-1:].isalpha() and w[-1:].isascii() else re.escape(w) for w in _WORDS)
AFTER = re.compile(rf"\s{{0,2}}({_ANY})", re.I)
BEFORE = re.compile(rf"(?:(?<=[^a-zà-ÿ])|\A)({_ANY})[.:]?\s{{0,2}}\Z", re.I)

_BY_SUFFIX = {
    **dict.fromkeys(("de", "fr", "it", "es", "nl", "at", "be", "ie", "fi", "pt", "gr", "eu"), "EUR"),
    **{"jp": "JPY", "uk": "GBP", "ca": "CAD", "au": "AUD", "nz": "NZD", "hk": "HKD", "tw": "TWD", "sg": "SGD", "mx": "MXN"},
    **{"br": "BRL", "in": "INR", "cn": "CNY", "kr": "KRW", "se": "SEK", "no": "NOK", "dk": "DKK", "pl": "PLN", "ch": "CHF"},
    **{"tr": "TRY", "sa": "SAR", "eg": "EGP", "ae": "AED", "cz": "CZK", "hu": "HUF", "ar": "ARS", "cl": "CLP", "us": "USD"},
}


def hint_for(url: str) -> str | None:
    """The currency that a shop at this address most likely means by a sign that several countries share."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return None
    return _BY_SUFFIX.get(host.rpartition(".")[2])


def currency_of(word: str, hint: str | None = None) -> str | None:
    """The ISO 4217 code that a sign or word stands for; a hint settles signs that several countries share."""
    key = word.strip().lower().rstrip(".") if word.strip().lower() != "fr." else "fr."
    if key in _SHARED:
        return hint if hint in _SHARED[key] else _SHARED[key][0]
    return _SIGNS.get(key)


def iso(value: object) -> str | None:
    """A structured currency value as an ISO 4217 code, or None: shops also put signs and words there."""
    if not isinstance(value, str):
        return None
    code = value.strip().upper()
    return code if code in CODES or re.fullmatch(r"[A-Z]{3}", code) else currency_of(value)
