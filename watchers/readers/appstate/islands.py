"""Where a page keeps its application state: data in scripts, found by byte search and parsed, never run.

Next.js sends one JSON script or a stream of chunks, Nuxt 3 a flat array whose items refer to each other, most others assign
an object to a global name. What is not plain JSON is left alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from watchers.page import Page

_MOST_BYTES = 3 * 1024 * 1024  # of all state of a page together; the largest seen was 1.4 MiB
_MOST_ISLANDS = 60
_LEAST = 60  # bytes; less holds no product
_SCRIPT = re.compile(rb"<script\b([^<>]{0,600}+)>")
_JSON_TYPE = re.compile(rb"type\s{0,3}=\s{0,3}[\"']?application/json", re.IGNORECASE)
_NUXT = re.compile(rb"id\s{0,3}=\s{0,3}[\"']?__NUXT_DATA__")
_SIGNS = (b"={", b"= {", b"=[", b"= [", b"JSON.parse(")  # what stands behind the name of an assigned state
_NAME = re.compile(rb"([\w$]{2,60})(?:[\"']\])?\s{0,3}=?\s{0,3}$")
_STOCK = (
    b"tock",
    b"vailab",
    b"oldOut",
    b"old_out",
    b"rderable",
    b"urchasable",
    b"nventory",
    b"STOCK",
)  # a script without says nothing
_NAMES = re.compile(rb"state|data|props|product|item|store|initial|__|params|config|page", re.IGNORECASE)
_CHUNK = re.compile(r"__next_f\.push\(\[1,\s{0,3}(?=\")")
_ROW = re.compile(r"^[0-9a-f]{1,6}:(?=[\[{])", re.MULTILINE)
_DECODER = json.JSONDecoder()


def islands(page: Page) -> Iterator[tuple[str, object]]:
    """Yield each island of state by name, in document order; what does not parse is left out, never raised."""
    if page.is_json:
        yield "json", page.json
        return
    body, spent, count = page.body, 0, 0
    stream: list[str] = []
    for opening in _SCRIPT.finditer(body):
        begin, end = opening.end(), body.find(b"</script", opening.end())
        if end < 0:
            break
        if end - begin < _LEAST:
            continue
        chunk = body.find(b"__next_f", begin, end) >= 0  # a piece of a stream: what it says may go on in the next
        if not chunk and not any(body.find(word, begin, end) >= 0 for word in _STOCK):
            continue
        data = bool(_JSON_TYPE.search(opening[1]))
        if spent + end - begin > _MOST_BYTES or count >= _MOST_ISLANDS:
            break
        if chunk:
            spent += end - begin
            stream.extend(_chunks(page.decode(body[begin:end])))
        elif data:
            spent, count = spent + end - begin, count + 1
            value = _parsed(page.decode(body[begin:end]).strip())
            name = "__NUXT_DATA__" if _NUXT.search(opening[1]) else "application/json"
            if value is not None:
                yield name, _revived(value) if name == "__NUXT_DATA__" and isinstance(value, list) else value
        elif b"src=" not in opening[1]:
            for found in _assigned(page, begin, end):
                spent, count = spent + end - begin, count + 1
                yield found
    if stream:
        yield from _rows("".join(stream))


def _assigned(page: Page, begin: int, end: int) -> Iterator[tuple[str, object]]:
    done = begin
    for start, parsed in sorted(_starts(page.body, begin, end)):
        if start < done:
            continue  # inside the last one
        named = _NAME.search(page.body, max(begin, start - 90), start - len(b"JSON.parse(") if parsed else start)
        if named is None or not _NAMES.search(named[1]):
            continue
        text = page.decode(page.body[start:end])
        first = _first(text.lstrip() if parsed else text)
        if first is None:
            continue
        value = _parsed(first[0]) if parsed and isinstance(first[0], str) else first[0]
        done = start + len(text[: first[1]].encode(page.encoding, "replace"))
        if isinstance(value, (dict, list)) and value:
            yield named[1].decode("ascii", "replace"), value


def _starts(body: bytes, begin: int, end: int) -> Iterator[tuple[int, bool]]:
    """Yield where an assigned value begins, and whether it is a string that holds JSON; code in braces is passed over."""
    for sign in _SIGNS:
        at = body.find(sign, begin, end)
        while at >= 0:
            start = at + len(sign)
            if sign[-1:] == b"(":
                yield start, True
            elif body[start : start + 40].lstrip()[:1] in (b'"', b"[", b"{"):
                yield start - 1, False
            at = body.find(sign, start, end)


def _chunks(text: str) -> Iterator[str]:
    for found in _CHUNK.finditer(text):
        first = _first(text[found.end() :])
        if first and isinstance(first[0], str):
            yield first[0]


def _rows(stream: str) -> Iterator[tuple[str, object]]:
    """Yield the objects of a Next.js stream: each row is an id, a colon and a value."""
    for row in _ROW.finditer(stream):
        if first := _first(stream[row.end() : row.end() + _MOST_BYTES]):
            yield "__next_f", first[0]


def _first(text: str) -> tuple[object, int] | None:
    try:
        value, used = _DECODER.raw_decode(text)
    except (ValueError, RecursionError):
        return None
    return value, used


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _revived(flat: list[object]) -> object:
    """Undo Nuxt's flat form, in which an object's values are places in the list."""
    made: dict[int, object] = {}

    def value(place: object, depth: int) -> object:
        if not isinstance(place, int) or isinstance(place, bool) or not 0 <= place < len(flat) or depth > 24:
            return None
        if place in made:
            return made[place]
        raw = flat[place]
        if isinstance(raw, dict):
            revived: dict[str, object] = {}
            made[place] = revived
            revived.update((key, value(inner, depth + 1)) for key, inner in raw.items())
            return revived
        if isinstance(raw, list):
            if len(raw) == 2 and isinstance(raw[0], str):  # a wrapper such as ["Reactive", 7]
                return value(raw[1], depth + 1)
            items: list[object] = []
            made[place] = items
            items.extend(value(inner, depth + 1) for inner in raw)
            return items
        return raw

    return value(0, 0)
