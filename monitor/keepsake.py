"""A page kept for whoever mends a reader: without what is personal in it, and with a line that says what was seen.

The line has the form of the manifest that `tests/truth.py` reads, so that a misread page is a test case in a minute.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from monitor import __version__
from monitor.values import host_of
from watchers.model import Listing, Reading
from watchers.page import Page
from watchers.reading import read

_GONE = "removed"
_SECRET = r"csrf|xsrf|nonce|token|session|sess_?id|auth|api_?key|secret|signature|jwt|bearer|visitor|fingerprint|device_?id|client_?id"
_PERSON = r"e?mail|phone|tel_?no|user_?(?:id|name)|customer_?(?:id|name)|member_?(?:id|no|name)|account_?(?:id|name)|(?:first|last|family|given|full|nick)_?name|ip_?addr(?:ess)?|postal_?code|zip_?code|address_?(?:line)?\d?"
_INPUT = re.compile(r"<(?:input|meta)\b[^<>]{0,2000}+>", re.IGNORECASE)
_NAMED = re.compile(
    rf"\b(?:name|id|property)\s{{0,3}}=\s{{0,3}}[\"']?[\w:.-]{{0,40}}?(?:{_SECRET}|{_PERSON})", re.IGNORECASE
)
_VALUE = re.compile(r"\b(value|content)(\s{0,3}=\s{0,3})(\"[^\"]*+\"|'[^']*+')", re.IGNORECASE)
# In state and scripts: "csrfToken": "…", user_id=…; a key that only ends like one ("emailSignupTitle") has words as its value, and goes too.
_KEYED = re.compile(
    rf"([\"'](?:[\w-]{{0,30}}?)(?:{_SECRET}|{_PERSON})[\w-]{{0,20}}[\"']\s{{0,3}}:\s{{0,3}})(\"(?:[^\"\\]|\\.)*+\"|\d{{4,}})",
    re.IGNORECASE,
)
_MAIL = re.compile(r"\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{2,63}){1,4}\b")
_POST_CODE = re.compile(r"(?<![\w-])〒?\s?\d{3}-\d{4}(?![\w-])")
_GREETING = re.compile(r"(こんにちは|ようこそ|Hello|Hi|Hallo|Bonjour|Hola|Ciao)([,、，]\s{0,3})[^<>\n]{1,40}")
_OPAQUE = re.compile(r"(?<=[\"'=])(?=[\w+/=-]{0,80}\d)[A-Za-z0-9+/_-]{40,}={0,2}(?=[\"'&])")
_SLUG = re.compile(r"[^\w.-]+")
_TRACKING = re.compile(r"utm_|fbclid|gclid|session|sid$|token|ref_?$|tag$|affiliate", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Kept:
    """Where a page went, and whether it still says the same without its personal parts."""

    file: Path
    manifest: Path
    same: bool


def cleaned(text: str) -> str:
    """Return a page without tokens, addresses and names of a person; what it says of its product stays."""
    text = _INPUT.sub(lambda tag: _VALUE.sub(rf'\1\2"{_GONE}"', tag[0]) if _NAMED.search(tag[0]) else tag[0], text)
    text = _KEYED.sub(lambda pair: f'{pair[1]}"{_GONE}"' if pair[2].startswith('"') else f"{pair[1]}0", text)
    text = _MAIL.sub("person@example.invalid", text)
    text = _POST_CODE.sub("000-0000", text)
    text = _GREETING.sub(r"\1", text)
    return _OPAQUE.sub(_GONE, text)


def plain_address(url: str) -> str:
    """Return an address without its fragment, and without parameters that follow a person around."""
    parts = urlsplit(url)
    query = [(key, value) for key, value in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKING.search(key)]
    return urlunsplit((parts.scheme, parts.hostname or "", parts.path, urlencode(query), ""))


def keep(
    page: Page, listing: Listing, folder: Path, now: datetime, judge: Callable[[Page, Listing], Reading] = read
) -> Kept:
    """Write the page and its line into a folder, which is made if need be; raises OSError."""
    before = judge(page, listing)
    body = cleaned(page.text).encode(page.encoding, "replace")
    headers = {"content-type": page.headers["content-type"]} if "content-type" in page.headers else {}
    after = judge(Page(page.url, body, status=page.status, headers=headers, requested_url=page.requested_url), listing)
    host = host_of(page.url)
    kind = "json" if page.is_json else "html"
    file = _free(
        folder / _SLUG.sub("-", host),
        _SLUG.sub("-", urlsplit(page.url).path.strip("/"))[-60:].strip("-.") or "page",
        kind,
    )
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(gzip.compress(body, mtime=0))
    manifest = folder / "manifest.jsonl"
    line = {
        "file": file.relative_to(folder).as_posix(),
        "url": plain_address(page.url),
        "shop": host,
        "kind": kind,
        "captured_hint": f"{now:%Y-%m}",
        "status": page.status,
        "headers": headers,
        "truth": _truth(before),
        "evidence": " || ".join(one.words for one in before.evidence[:3]),
        "note": f"truth as restock {__version__} read it: correct it to what a visitor saw"
        + (f" ({before.detail})" if before.detail else ""),
    }
    with manifest.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(line, ensure_ascii=False) + "\n")
    return Kept(file, manifest, _said(before) == _said(after))


def _truth(reading: Reading) -> dict[str, object]:
    offer = reading.offers[0] if reading.offers else None
    price = offer.price if offer else None
    return {
        "status": str(reading.availability),
        "price": None if price is None else int(price) if price == price.to_integral_value() else float(price),
        "currency": offer.currency if offer else None,
        "quantity_left": offer.quantity if offer else None,
        "seller": offer.seller if offer else None,
        "condition": str(offer.condition) if offer and offer.condition else None,
        "title": reading.title,
    }


def _said(reading: Reading) -> tuple[str, Decimal | None]:
    return str(reading.availability), reading.offers[0].price if reading.offers else None


def _free(folder: Path, name: str, kind: str) -> Path:
    file, number = folder / f"{name}.{kind}.gz", 1
    while file.exists():
        number += 1
        file = folder / f"{name}-{number}.{kind}.gz"
    return file
