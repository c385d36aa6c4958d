"""JSON-LD found in the raw bytes of a page and parsed with patience, without building a document tree."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

MAX_DEPTH = 64
MAX_BYTES = 2 * 1024 * 1024
_MAX_BLOCKS = 64
_MAX_HITS = 1000  # mentions of the type, in scripts or text, looked at before giving up
_MAX_HIDDEN = 16
_MAX_VALUES = 50  # objects set side by side in one block
_RARE = 2000  # once in so many bytes
_TAG_BYTES = 4096

_TYPES = re.compile(rb"\+(?<=[lL][dD]\+)[jJ][sS][oO][nN]")
_TYPES_ESCAPED = re.compile(rb"&(?<=[lL][dD]&)(?:#[xX]2[bB]|#43|[pP][lL][uU][sS]);[jJ][sS][oO][nN]")
_VOCABULARY = re.compile(rb"@(?=type)")
_ODD_TYPE = re.compile(rb"ld(?:\+|&#x2b;|&#43;|&plus;)json", re.I)
_OPEN = re.compile(rb"""<script\b((?:[^>"']|"[^"]*"|'[^']*')*+)>""", re.I)
_TYPE = re.compile(rb"""(?:^|[\s"'/])type\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+)""", re.I)
_CLOSE = re.compile(rb"</script", re.I)
_HIDING = re.compile(rb"<(?=[!stn])(?:!--|script|textarea|template|noscript)")
# What can hide a script from a reader, and what those hold in turn; read in order, each ends only at its own end.
_MARKS = re.compile(rb"<!--|<(script|style|textarea|title|xmp|iframe)\b|<(/?)(template|noscript)\b", re.I)


@dataclass(frozen=True, slots=True)
class JsonLdBlock:
    """One `application/ld+json` script: where it stands in the body and what it holds, or why it cannot be read."""

    index: int
    span: tuple[int, int]  # bytes of the body between the tags
    values: tuple[object, ...] = ()
    problem: str | None = None


def find_blocks(body: bytes, decode: Callable[[bytes], str]) -> Iterator[JsonLdBlock]:
    """Yield the JSON-LD blocks that a browser would see, in order; never raises.

    `decode` turns the bytes of a block into text.
    """
    safe = count = hidden = 0  # before `safe` every comment, script and template is closed
    marks = _Marks(body)
    for at in islice(_hits(body), _MAX_HITS):
        if at < safe:
            continue
        start = body.rfind(b"<", max(safe, at - _TAG_BYTES), at)
        opened = _OPEN.match(body[start : start + 2 * _TAG_BYTES]) if start >= 0 else None
        if opened is None:
            start = _script_before(body, max(safe, at - _TAG_BYTES), at)
            opened = _OPEN.match(body[start : start + 2 * _TAG_BYTES]) if start >= 0 else None
        if opened is None or start + opened.end() <= at or not _is_ld(opened[1]):
            continue
        if _hidden(body, safe, start, marks):
            hidden += 1
            if hidden == _MAX_HIDDEN:
                return
            continue
        begin = start + opened.end()
        closed = body.find(b"</script", begin)
        if closed < 0:
            late = _CLOSE.search(body, begin)
            closed = late.start() if late else -1
        safe = end = closed if closed >= 0 else len(body)
        yield _parsed(count, body, begin, end, decode, cut=closed < 0)
        count += 1
        if count == _MAX_BLOCKS:
            return


def _hits(body: bytes) -> Iterator[int]:
    usual = odd = False
    for at in _each(_TYPES, b"+", body):
        if body.startswith(b"ld+json", at - 2):
            usual = True
            yield at - 2
        else:
            odd = True
    # Other spellings count where nothing is spelled as usual; a block without "@type" says nothing.
    if not usual and (odd or (any(_each(_VOCABULARY, b"@", body)) and any(_each(_TYPES_ESCAPED, b"&", body)))):
        yield from (found.start() for found in _ODD_TYPE.finditer(body))


def _each(pattern: re.Pattern[bytes], first: bytes, body: bytes) -> Iterator[int]:
    """Yield where a pattern that begins with a rare byte stands: the search for one byte alone is ten times as fast."""
    at = body.find(first)
    for _ in range(len(body) // _RARE):
        if at < 0:
            return
        if pattern.match(body, at):
            yield at
        at = body.find(first, at + 1)
    if at >= 0:  # not so rare here
        yield from (found.start() for found in pattern.finditer(body, at))


def _script_before(body: bytes, low: int, high: int) -> int:
    return max(body.rfind(b"<script", low, high), body.rfind(b"<SCRIPT", low, high))


def _is_ld(attributes: bytes) -> bool:
    found = _TYPE.search(attributes)
    if not found:
        return False
    value = html.unescape(found[1].strip(b"\"'").decode("latin-1"))
    return value.split(";")[0].strip().lower() == "application/ld+json"


def _hidden(body: bytes, safe: int, start: int, marks: _Marks) -> bool:
    """True when the script at `start` stands in a comment, another script, a template or a noscript.

    Two byte searches clear nearly every page; only where a mark is left open are the marks read one by one.
    """
    for mark in sorted(set(_HIDING.findall(body, safe, start))):
        opened = body.find(mark, safe, start)
        end = b"-->" if mark == b"<!--" else b"</" + mark[1:]
        if mark in (b"<template", b"<noscript"):  # these nest
            left_open = body.count(mark, opened, start) > body.count(end, opened, start)
        else:
            left_open = body.find(end, body.rfind(mark, opened, start), start) < 0
        if left_open:
            return marks.hide(safe, start)
    return False


class _Marks:
    """The marks of a body read one by one, once: each question goes on where the last one ended."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 0
        self._depth = 0  # templates and noscripts open there

    def hide(self, safe: int, start: int) -> bool:
        """Tell whether something opened behind `safe` is still open at `start`; both only ever grow."""
        body = self._body
        if safe > self._at:
            self._at, self._depth = safe, 0
        while found := _MARKS.search(body, self._at, start):
            if found[0] == b"<!--":
                end = body.find(b"-->", found.start() + 2, start)
                if end < 0:
                    self._at = found.start()
                    return True
                self._at = end + 3
            elif found[1]:
                opened = body.find(b">", found.end(), start)  # apart from the pattern: tags that never end stay linear
                close = re.compile(rb"</" + found[1], re.I).search(body, opened, start) if opened >= 0 else None
                if close is None:
                    self._at = found.start()
                    return True
                self._at = close.end()
            else:
                self._depth = max(0, self._depth - 1) if found[2] else self._depth + 1
                self._at = found.end()
        self._at = start
        return self._depth > 0


def _parsed(index: int, body: bytes, begin: int, end: int, decode: Callable[[bytes], str], *, cut: bool) -> JsonLdBlock:
    span = (begin, end)
    if cut:
        return JsonLdBlock(index, span, (), "has no end tag")
    if end - begin > MAX_BYTES:
        return JsonLdBlock(index, span, (), f"is larger than {MAX_BYTES} bytes")
    raw = body[begin:end]
    values, problem = parse(decode(raw))
    return JsonLdBlock(index, span, values, problem)


# --- tolerant JSON -------------------------------------------------------------------------------------------------

_DECODER = json.JSONDecoder(strict=False)  # line breaks and tabs inside strings are common and harmless
_WRAPPING = re.compile(r"(?:(?:/\*|//)\s{0,9})?(?:<!\[CDATA\[|\]\]>)(?:\s{0,9}\*/)?|<!--|-->")
# Strings are kept as they are (group 1); a comma before a closing bracket and comments outside strings go. What is opened
# and never closed reaches to the end: else each of a million openings would look for it anew.
_STRAY = re.compile(
    r'("(?:[^"\\]|\\.)*+(?:"|\\?\Z))|,(?=\s{0,4096}[}\]])|//[^\n]*+|/\*(?:[^*]|\*(?!/))*+(?:\*/|\Z)', re.S
)
_BAD_ESCAPE = re.compile(r'\\(?:(["\\/bfnrt]|u[0-9a-fA-F]{4})|(.)?)', re.S)
_BETWEEN = re.compile(r"[\s,;]*+")


def parse(text: str) -> tuple[tuple[object, ...], str | None]:
    """Parse what is meant to be JSON: the values found and, when some of it could not be read, why. Never raises."""
    try:
        value = _DECODER.decode(text)
    except (ValueError, RecursionError):
        pass
    else:
        return ((), f"is nested deeper than {MAX_DEPTH} levels") if too_deep(value, text) else ((value,), None)
    mended = _mend(text)
    values: list[object] = []
    at = _skip(mended, 0)
    problem = None if at < len(mended) else "is empty"
    while at < len(mended) and len(values) < _MAX_VALUES:
        try:
            value, at = _DECODER.raw_decode(mended, at)
        except RecursionError:
            problem = f"is nested deeper than {MAX_DEPTH} levels"
            break
        except ValueError as error:
            problem = f"is not JSON at character {getattr(error, 'pos', at)}"
            break
        if too_deep(value, mended):
            problem = f"is nested deeper than {MAX_DEPTH} levels"
            break
        values.append(value)
        at = _skip(mended, at)
    else:
        problem = problem or ("holds too many values" if at < len(mended) else None)
    return tuple(values), problem


def too_deep(value: object, text: str) -> bool:
    """True when a parsed value is nested deeper than 64 levels; texts with few brackets are not walked."""
    if text.count("{") + text.count("[") <= MAX_DEPTH:
        return False
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        below: list[object] = []
        for node in level:
            children = node.values() if type(node) is dict else node if type(node) is list else ()
            below += [child for child in children if type(child) is dict or type(child) is list]
        if not below:
            return False
        level = below
    return True


def _mend(text: str) -> str:
    text = _WRAPPING.sub("", text) if ("CDATA" in text or "<!--" in text) else text
    text = text.strip("\ufeff \t\r\n")
    if text[:200].lstrip("{[ \t\r\n").startswith(("&quot;", "&#34;", "&#x22;")):
        text = html.unescape(text)
    return _STRAY.sub(lambda found: _escaped(found[1]) if found[1] else "", text)


def _escaped(string: str) -> str:
    if "\\" not in string:
        return string
    return _BAD_ESCAPE.sub(lambda found: found[0] if found[1] else found[2] or "", string)


def _skip(text: str, at: int) -> int:
    found = _BETWEEN.match(text, at)
    return found.end() if found else at
