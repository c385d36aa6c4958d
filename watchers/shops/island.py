"""Data that a shop puts beside its markup: the JSON of one script, found by its id in the raw bytes, and ways into it.

No document tree is built. What is cut, commented out, too large, too deep or no JSON is not there at all: the readers
then abstain.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from watchers.ldjson import too_deep
from watchers.page import Page

MOST_BYTES = 4 * 1024 * 1024  # of one island; the largest seen in a shop is 0.5 MB
_TAG_BYTES = 2_048
_MOST_HITS = 20  # mentions of the id looked at
_LARGEST = Decimal(10) ** 12
_SCRIPT = re.compile(rb"""<script\b(?:[^>"']|"[^"]*"|'[^']*')*+>""", re.IGNORECASE)
_BLANKS = re.compile(r"[ \t\r\n\f\v]+")
_CLOSE = re.compile(rb"</script", re.IGNORECASE)


def island(page: Page, name: str) -> object | None:
    """Return the parsed JSON of the script whose id is `name`, or None when the page holds no such readable script."""
    raw = island_bytes(page.body, name)
    if raw is None:
        return None
    text = page.decode(raw)
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return None if too_deep(value, text) else value


def island_bytes(body: bytes, name: str) -> bytes | None:
    """Return what stands between the tags of the first script with this id; None when it is cut, hidden or too large."""
    wanted = name.encode("ascii")
    at = body.find(wanted)
    for _ in range(_MOST_HITS):
        if at < 0:
            return None
        start = body.rfind(b"<", max(0, at - _TAG_BYTES), at)
        opened = _SCRIPT.match(body[start : start + 2 * _TAG_BYTES]) if start >= 0 else None
        if opened and start + opened.end() > at and _is_id(body, at, wanted) and not _commented(body, start):
            begin = start + opened.end()
            end = body.find(b"</script", begin, begin + MOST_BYTES)
            if end < 0:
                late = _CLOSE.search(body, begin, begin + MOST_BYTES)
                end = late.start() if late else -1
            return body[begin:end] if end >= 0 else None
        at = body.find(wanted, at + len(wanted))
    return None


def _is_id(body: bytes, at: int, name: bytes) -> bool:
    """True when what stands there is the whole value of an attribute `id`."""
    before, after = body[max(0, at - 8) : at].lower(), body[at + len(name) : at + len(name) + 1]
    return before.rstrip(b"\"'").rstrip().rstrip(b"=").rstrip().endswith(b"id") and after in b"\"' >\t\r\n"


def _commented(body: bytes, start: int) -> bool:
    """True when a comment opened before a place is not closed before it."""
    opened = body.rfind(b"<!--", 0, start)
    return opened >= 0 and body.find(b"-->", opened, start) < 0


def dig(value: object, *path: str | int, default: object = None) -> object:
    """Follow keys and places into parsed data; `default` where the way ends."""
    for step in path:
        if isinstance(step, str):
            if not isinstance(value, Mapping) or step not in value:
                return default
            value = value[step]
        else:
            if not isinstance(value, list) or not -len(value) <= step < len(value):
                return default
            value = value[step]
    return value


def record(value: object, *path: str | int) -> Mapping[str, object]:
    """Return the object at a place in parsed data, or an empty one."""
    found = dig(value, *path)
    return found if isinstance(found, Mapping) else {}


def records(value: object, *path: str | int, most: int = 2_000) -> list[Mapping[str, object]]:
    """Return the objects of the list at a place in parsed data, at most 2,000."""
    found = dig(value, *path)
    return [one for one in found[:most] if isinstance(one, Mapping)] if isinstance(found, list) else []


def text(value: object, *path: str | int) -> str | None:
    """Return the words at a place in parsed data, blanks folded; numbers count as words, an empty string as nothing."""
    found = dig(value, *path)
    if isinstance(found, bool) or not isinstance(found, str | int):
        return None
    return _BLANKS.sub(" ", str(found)[:500]).strip() or None


def whole(value: object, *path: str | int) -> int | None:
    """Return the whole number at a place in parsed data ("3" too), or None."""
    found = number(value, *path)
    return int(found) if found is not None and found == found.to_integral_value() else None


def number(value: object, *path: str | int) -> Decimal | None:
    """Return the number of 0 or more at a place in parsed data, written as one or as a string; None for anything else."""
    found = dig(value, *path)
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        return None
    try:
        amount = Decimal(str(found).replace(",", "").strip())
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and 0 <= amount < _LARGEST else None


def price(value: object, *path: str | int) -> Decimal | None:
    """Return an amount of yen above 0, without trailing zeros behind the point; None for anything else."""
    found = number(value, *path)
    if not found:
        return None
    return found.quantize(Decimal(1)) if found == found.to_integral_value() else found
