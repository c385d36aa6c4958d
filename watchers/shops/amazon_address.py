"""Amazon's marketplaces and addresses: which product and which seller an address names, and where an order is placed.

Every marketplace shares one set of paths. An ASIN is ten characters: "B" and nine more, or the ISBN-10 of a book.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from watchers.shops.shop import belongs

_ASIN = re.compile(r"(?:B[0-9A-Z]{9}|[0-9]{9}[0-9X])")
_SELLER = re.compile(r"A[0-9A-Z]{9,20}")
_OFFER = re.compile(r"[0-9A-Za-z+/=]{20,400}")
# The path segment before the ASIN: /dp/…, /gp/product/…, /gp/aw/d/…, /o/ASIN/…, /exec/obidos/ASIN/…, /gp/offer-listing/…
_BEFORE_ASIN = frozenset({"dp", "d", "product", "asin", "offer-listing", "ol", "o"})
_ASIN_KEYS = ("asin", "asin.1")
_SELLER_KEYS = ("m", "smid")


@dataclass(frozen=True, slots=True)
class Marketplace:
    """One country's Amazon: its host, the money it asks for, and the seller id of Amazon itself there, where known."""

    host: str
    currency: str
    own_seller: str | None = None

    @property
    def name(self) -> str:
        """What Amazon calls itself as a seller: "Amazon.co.jp"."""
        return "A" + self.host[1:]


# Seller ids: shops.md section 2 (several public implementations agree, 2026).
MARKETPLACES = (
    Marketplace("amazon.co.jp", "JPY", "AN1VRQENFRJN5"),
    Marketplace("amazon.com", "USD", "ATVPDKIKX0DER"),
    Marketplace("amazon.co.uk", "GBP", "A3P5ROKL5A1OLE"),
    Marketplace("amazon.de", "EUR", "A3JWKAKR8XB7XF"),
    Marketplace("amazon.fr", "EUR", "A1X6FK5RDHNB96"),
    Marketplace("amazon.it", "EUR", "A11IL2PNWYJU7H"),
    Marketplace("amazon.es", "EUR", "A1AT7YVPFBWXBL"),
    Marketplace("amazon.nl", "EUR", "A17D2BRD4YMT0X"),
    Marketplace("amazon.se", "SEK", "ANU9KP01APNAG"),
    Marketplace("amazon.pl", "PLN", "A2R2221NX79QZP"),
    Marketplace("amazon.com.be", "EUR", "A3Q3FYJVX702M2"),
    Marketplace("amazon.ca", "CAD", "A3DWYIK6Y9EEQB"),
    Marketplace("amazon.ie", "EUR"),
    Marketplace("amazon.com.tr", "TRY"),
    Marketplace("amazon.com.mx", "MXN"),
    Marketplace("amazon.com.br", "BRL"),
    Marketplace("amazon.com.au", "AUD"),
    Marketplace("amazon.in", "INR"),
    Marketplace("amazon.sg", "SGD"),
    Marketplace("amazon.ae", "AED"),
    Marketplace("amazon.sa", "SAR"),
    Marketplace("amazon.eg", "EGP"),
    Marketplace("amazon.co.za", "ZAR"),
)


@lru_cache(maxsize=4_096)
def marketplace_of(url: str) -> Marketplace | None:
    """Return the marketplace an address lies in, or None for any other host."""
    host = (_parts(url) or ("", "", ""))[0]
    return next((place for place in MARKETPLACES if belongs(host, (place.host,))), None)


@lru_cache(maxsize=4_096)
def asin_of(url: str) -> str | None:
    """Return the ASIN an Amazon address names, in capitals, or None."""
    parts = _parts(url)
    if parts is None or marketplace_of(url) is None:
        return None
    _, path, query = parts
    segments = [segment for segment in unquote(path).split("/") if segment]
    for before, segment in pairwise(segments):
        if before.lower() in _BEFORE_ASIN and (asin := checked_asin(segment)):
            return asin
    values = {key.lower(): value for key, value in parse_qsl(query)}
    return next((asin for key in _ASIN_KEYS if (asin := checked_asin(values.get(key)))), None)


@lru_cache(maxsize=4_096)
def seller_of(url: str) -> str | None:
    """Return the seller id that an address asks for ("?m=" or "?smid="), or None when any seller will do."""
    parts = _parts(url)
    values = {key.lower(): value for key, value in parse_qsl(parts[2])} if parts else {}
    return next((found for key in _SELLER_KEYS if (found := checked_seller(values.get(key)))), None)


def is_offer_list(url: str) -> bool:
    """True for the address of the list of all offers ("all offers display"), which is a fragment of a page."""
    parts = _parts(url)
    return parts is not None and "/ajax" in parts[1].lower() and "aod" in parts[1].lower()


def checked_asin(text: str | None) -> str | None:
    """Return an ASIN in capitals, or None for what is none."""
    asin = (text or "").strip().upper()
    return asin if _ASIN.fullmatch(asin) else None


def checked_seller(text: str | None) -> str | None:
    """Return a seller id in capitals, or None for what is none."""
    seller = (text or "").strip().upper()
    return seller if _SELLER.fullmatch(seller) else None


def order_link(page_url: str, asin: str, offer_id: str | None = None) -> str | None:
    """Return the address that puts one piece in the cart, on the host the page came from; None without a host.

    `offer_id` (the page's offer listing id, percent-encoded or not) names one seller's offer; what is none is left out.
    """
    parts = _parts(page_url)
    if parts is None:
        return None
    link = f"https://{parts[0]}/gp/aws/cart/add.html?ASIN.1={asin}&Quantity.1=1"
    plain = unquote(offer_id or "")
    return link + (f"&OfferListingId.1={quote(plain, safe='')}" if _OFFER.fullmatch(plain) else "")


def _parts(url: str) -> tuple[str, str, str] | None:
    """Return host, path and query of an address, or None for what is none."""
    try:
        split = urlsplit(url)
        host = split.hostname
    except ValueError:
        return None
    return (host.lower(), split.path, split.query) if host else None
