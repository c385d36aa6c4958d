"""Is this the product we asked for? Addresses compared by what names the product in them, and ids by kind.

A contradiction needs something present: another id, another address. A page that says nothing about itself is believed.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl, unquote, urljoin, urlsplit

from watchers.model import Identity, Listing
from watchers.page import Page

# Query keys that name a product where the path does not; all others (tracking, variant, paging) are ignored.
_ID_KEYS = frozenset(
    [
        *(
            "id",
            "pid",
            "gid",
            "item",
            "itemid",
            "item_id",
            "item_code",
            "itemcode",
            "product",
            "productid",
            "product_id",
        ),
        *(
            "products_id",
            "goods",
            "goods_id",
            "goodsid",
            "code",
            "cd",
            "pcd",
            "jan",
            "isbn",
            "asin",
            "sku",
            "skuid",
            "p",
            "no",
        ),
    ]
)
_HOST_ALIASES = ("www.", "www2.", "m.", "sp.", "mobile.", "amp.", "shop.", "store.", "page.")
_LOCALE = re.compile(r"[a-z]{2}(?:[-_][a-z]{2})?|[a-z]{2}[-_][a-z]{4}")
_LANGUAGES = frozenset(
    [
        "en",
        "ja",
        "jp",
        "fr",
        "de",
        "es",
        "it",
        "nl",
        "pt",
        "pl",
        "sv",
        "se",
        "da",
        "dk",
        "fi",
        "no",
        "nb",
        "cs",
        "cz",
        "tr",
        "ru",
        "ko",
        "kr",
        "zh",
        "cn",
        "tw",
        "hk",
        "ar",
        "us",
        "uk",
        "gb",
        "eu",
        "ca",
        "au",
        "nz",
        "ie",
        "at",
        "ch",
        "be",
    ]
)
_INDEX = re.compile(r"(?:index|default|home|top)(?:\.[a-z]{2,5})?")
_TOKEN = re.compile(r"[^\W_]+")
_EXTENSION = re.compile(r"\.(?:html?|php|aspx?|jsp|p)\Z")
_ROOTED = re.compile(r"/(?:[A-Za-z0-9_~%-][A-Za-z0-9_~%.-]*(?:/|\Z))*+")
_LISTING_WORDS = "search s list category categories collections products shop items top home login signin"
_LISTING_PAGES = frozenset(_LISTING_WORDS.split())


@dataclass(frozen=True, slots=True)
class Address:
    """A product address without what does not name the product: case, language, tracking, aliases of the host."""

    host: str
    path: tuple[str, ...]
    ids: tuple[str, ...]  # words of the path that look like a shop's id, in order: the last names the goods
    query: frozenset[tuple[str, str]]  # key and value where the key names a product

    @property
    def is_home(self) -> bool:
        """True for the top page of a shop."""
        return not self.path and not self.query

    @property
    def key(self) -> str:
        """The path in its normal form, with the query that names the product."""
        query = "&".join(f"{k}={v}" for k, v in sorted(self.query))
        return "/" + "/".join(self.path) + (f"?{query}" if query else "")


@lru_cache(maxsize=4096)
def address(url: str) -> Address | None:
    """The normal form of a web address, or None for what is none."""
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").lower()
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or not host:
        return None
    for alias in _HOST_ALIASES:
        if host.startswith(alias) and host.count(".") >= 2:
            host = host[len(alias) :]
    segments = [s for s in _folded(unquote(parts.path)).split("/") if s]
    while len(segments) > 0 and _LOCALE.fullmatch(segments[0]) and len(segments) != 1:
        segments.pop(0)
    if len(segments) == 1 and (segments[0] in _LANGUAGES or (len(segments[0]) > 2 and _LOCALE.fullmatch(segments[0]))):
        segments = []  # the top page in a language; "/tv" or "/pc" may be goods
    if segments:
        segments[-1] = _EXTENSION.sub("", segments[-1])
        if _INDEX.fullmatch(segments[-1]):
            segments.pop()
    query = frozenset((k.lower(), _folded(v)) for k, v in parse_qsl(parts.query) if k.lower() in _ID_KEYS and v)
    return Address(host, tuple(segments), _ids(segments), query)


def absolute(base: str, url: str) -> str:
    """An address as a page at `base` means it; empty for what is none."""
    url = url.strip()
    if url.startswith(("https://", "http://")):
        return url
    try:
        # The commonest form, without dots to resolve, needs nothing taken apart and put together again.
        return _root(base) + url if _ROOTED.fullmatch(url) else urljoin(base, url)
    except ValueError:
        return ""


@lru_cache(maxsize=4096)
def _root(base: str) -> str:
    parts = urlsplit(base)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme and parts.netloc else ""


def same_product(one: Address, other: Address) -> bool | None:
    """Whether two addresses name one product: yes, no, or None where they cannot be compared."""
    ours, theirs = dict(one.query), dict(other.query)
    shared = ours.keys() & theirs.keys()
    if one.path == other.path:
        if any(ours[k] != theirs[k] for k in shared):
            return False
        return True if ours.keys() == theirs.keys() or shared else None
    if one.is_home or other.is_home:
        return False
    if one.ids and other.ids:
        if one.ids[-1] in other.ids or other.ids[-1] in one.ids:
            return True
    elif set(ours.values()) & {*theirs.values(), *other.ids} or set(theirs.values()) & set(one.ids):
        return True  # "?id=12345" here, "/goods-12345" there
    last, other_last = one.path[-1:], other.path[-1:]
    if last == other_last and last[0] not in _LISTING_PAGES and not (one.ids and other.ids):
        return True
    if one.ids and other.ids:
        return False
    if other_last and (other_last[0] in _LISTING_PAGES or other.path == one.path[: len(other.path)]):
        return False  # the list or the category of the goods
    if (ours and not one.ids) or (theirs and not other.ids):
        return None  # an address by number and a speaking one: nothing to compare
    return None if bool(one.ids) != bool(other.ids) and _alike(one.path, other.path) else False


def check_identity(page: Page, listing: Listing, known: Identity | None, found: Identity) -> str | None:
    """Say in words what contradicts that this page is about the listing's product, or None (T2)."""
    asked = address(listing.url)
    landed = address(page.url)
    if asked and landed and page.url != listing.url:
        verdict = same_product(asked, landed)
        short_link = landed.host != asked.host and len(asked.path) == 1 and not asked.ids and not landed.is_home
        if verdict is not True and not short_link and not _agree(known, found) and _moved(asked, landed, verdict):
            return f"asked for {_shown(listing.url)}, was sent to {_shown(page.url)}"
        if short_link:
            asked = landed
    for place, url in (("canonical address", page.head.canonical), ("og:url", page.head.meta("og:url"))):
        named = address(absolute(page.url, url)) if url else None
        reference = asked or landed
        if named is None or reference is None or same_product(reference, named) is not False:
            continue
        if landed and same_product(landed, named) is True:
            continue  # already judged as a redirect
        if place == "og:url" and named.path == reference.path[: len(named.path)]:
            continue  # healthy shops put their home or a category there; only another product counts
        return f"the page's {place} is {_shown(url or '')}, not {_shown(listing.url)}"
    return _changed(known, found)


def _moved(asked: Address, landed: Address, verdict: bool | None) -> bool:
    return verdict is False or asked.query != landed.query or asked.path != landed.path


def _agree(known: Identity | None, found: Identity) -> bool:
    """True when ids other than the address, remembered and found, name the same goods."""
    return known is not None and any(not i.startswith("path:") for i in known.ids & found.ids)


def _changed(known: Identity | None, found: Identity) -> str | None:
    if known is None:
        return None
    before, after = _by_kind(known), _by_kind(found)
    for kind in sorted(before.keys() & after.keys()):
        if not before[kind] & after[kind]:
            return f"the page's {kind} was {min(before[kind])}, now it is {min(after[kind])}"
    return None


def _by_kind(identity: Identity) -> dict[str, set[str]]:
    kinds: dict[str, set[str]] = {}
    for name in identity.ids:
        kind, _, value = name.partition(":")
        if kind != "path" and value:  # addresses are compared above, where a new slug is no new product
            kinds.setdefault(kind, set()).add(_folded(value))
    return kinds


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()


def _ids(segments: list[str]) -> tuple[str, ...]:
    found: list[str] = []
    for before, segment in zip(["", *segments], segments, strict=False):
        if segment.isdigit() and len(segment) < 5 and before:
            found.append(f"{before}/{segment}")
        found.extend(token for token in _TOKEN.findall(segment) if _is_id(token))
    return tuple(found)


def _is_id(token: str) -> bool:
    """True for words that shops use as ids: five digits or more, or eight letters and digits mixed."""
    digits = sum(c.isdigit() for c in token)
    return digits >= 5 or (len(token) >= 8 and digits >= 2 and token.isascii())


def _alike(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    ours, theirs = set(_TOKEN.findall("/".join(one))), set(_TOKEN.findall("/".join(other)))
    return len(ours & theirs) * 2 >= min(len(ours), len(theirs)) > 0


def _shown(url: str) -> str:
    """An address short enough for a line, without login and query: those may hold what is nobody's business."""
    short = re.sub(r"(?<=//)[^/@]*@", "", url.partition("?")[0].partition("#")[0])
    return short if len(short) <= 100 else short[:97] + "..."
