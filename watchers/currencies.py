"""Which currency a sign, a word or an address stands for."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

# ISO 4217 codes that shops print; a code beside an amount says more than any sign.
_CODE_LIST = (
    "AED ARS AUD BDT BGN BHD BRL CAD CHF CLP CNY COP CZK DKK EGP EUR GBP HKD HUF IDR ILS INR ISK JOD JPY KRW KWD LKR MAD "
    "MXN MYR NGN NOK NZD OMR PEN PHP PKR PLN QAR RON RSD RUB SAR SEK SGD THB TRY TWD UAH USD VND ZAR"
)
CODES = frozenset(_CODE_LIST.split())
# Currencies whose amounts may group thousands with blanks.
_SPACED_LIST = "EUR SEK NOK DKK PLN CZK HUF BGN UAH RUB RON RSD ISK CHF CAD ZAR"
SPACED_CURRENCIES = frozenset(_SPACED_LIST.split())

# A sign that several countries share lists them, the usual reading first; None means: open without a hint.
_SHARED: dict[str, tuple[str | None, ...]] = {
    "$": ("USD", "CAD", "AUD", "NZD", "HKD", "TWD", "SGD", "MXN", "ARS", "CLP", "COP"),
    "¥": ("JPY", "CNY"),
    "kr": (None, "SEK", "NOK", "DKK", "ISK"),
    "rs": ("INR", "PKR", "LKR"),
    "£": ("GBP", "EGP"),
}
_SIGNS = {
    word: code
    for code, words in {
        "JPY": "円 yen jp¥",
        "CNY": "cn¥ 元 rmb",
        "KRW": "원 ₩",
        "USD": "us$",
        "CAD": "c$ ca$ cdn$",
        "AUD": "a$ au$",
        "NZD": "nz$",
        "HKD": "hk$",
        "TWD": "nt$",
        "SGD": "s$",
        "MXN": "mx$",
        "BRL": "r$",
        "EUR": "€ euro",
        "INR": "₹",
        "PLN": "zł",
        "CZK": "kč",
        "BGN": "лв",
        "UAH": "грн ₴",
        "RUB": "₽ руб",
        "TRY": "tl ₺",
        "VND": "₫",
        "THB": "฿",
        "PHP": "₱",
        "ILS": "₪",
        "CHF": "fr.",
        "SAR": "ر.س رس ريال",
        "EGP": "e£ ج.م جنيه",
        "AED": "د.إ درهم",
    }.items()
    for word in words.split()
}
# Words that mean money only where the shop's country says so: 6 ft is a length, PHP 8 a program.
_LOCAL = {"ft": "HUF", "sr": "SAR", "rm": "MYR", "rp": "IDR", "lei": "RON", "l.e": "EGP", "le": "EGP", "PHP": "PHP"}
_LOOSE = sorted([*_SIGNS, *_SHARED, *_LOCAL], key=len, reverse=True)
# Letters must not run on: "kr" is no currency in "krone", nor "TL" in "ATL". Codes count in capitals only ("try 3").
_ANY = "|".join(
    [
        rf"(?-i:(?:{'|'.join(sorted(CODES))})(?![A-Za-z]))",
        *(re.escape(w) + (r"(?![a-zà-ÿ])" if w[-1].isascii() and w[-1].isalpha() else "") for w in _LOOSE),
    ]
)
# The characters that such a word can begin and end with: most numbers are cleared by one look.
STARTS = frozenset(w[0] for word in [*_LOOSE, *CODES] for w in (word, word.upper()))
ENDS = frozenset(w[-1] for word in [*_LOOSE, *CODES] for w in (word, word.upper())) | {".", ":"}
AFTER = re.compile(rf"\s{{0,2}}({_ANY})", re.I)
BEFORE = re.compile(rf"(?:(?<![a-zà-ÿ0-9])|(?<=[^\x00-\x7f]))({_ANY})[.:]?\s{{0,2}}\Z", re.I)

_BY_SUFFIX = {
    suffix: code
    for code, suffixes in {
        "EUR": "de fr it es nl at be ie fi pt gr eu",
        "JPY": "jp",
        "GBP": "uk",
        "CAD": "ca",
        "AUD": "au",
        "NZD": "nz",
        "HKD": "hk",
        "TWD": "tw",
        "SGD": "sg",
        "MXN": "mx",
        "BRL": "br",
        "INR": "in",
        "CNY": "cn",
        "KRW": "kr",
        "SEK": "se",
        "NOK": "no",
        "DKK": "dk",
        "PLN": "pl",
        "CHF": "ch",
        "TRY": "tr",
        "SAR": "sa",
        "EGP": "eg",
        "AED": "ae",
        "CZK": "cz",
        "HUF": "hu",
        "ARS": "ar",
        "CLP": "cl",
        "USD": "us",
    }.items()
    for suffix in suffixes.split()
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
    if word in CODES and word != "PHP":
        return word
    key = word.strip().lower()
    if key in _SHARED:
        return hint if hint in _SHARED[key] else _SHARED[key][0]
    local = _LOCAL.get(key) or _LOCAL.get(word)
    return (local if local == hint else None) if local else _SIGNS.get(key)


def is_money(word: str, hint: str | None = None) -> bool:
    """True when a sign makes the number beside it an amount, even where the currency stays open ("99 kr")."""
    return word.strip().lower() in _SHARED or currency_of(word, hint) is not None


def iso(value: object) -> str | None:
    """A structured currency value as an ISO 4217 code, or None: shops also put signs and words there."""
    if not isinstance(value, str):
        return None
    code = value.strip().upper()
    return code if re.fullmatch(r"[A-Z]{3}", code) else currency_of(value.strip())
