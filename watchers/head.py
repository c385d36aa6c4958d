"""What the head of a page says about the page: canonical address, title, meta tags; read from the bytes, no tree."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from functools import cached_property
from itertools import islice

_HEAD_BYTES = 512 * 1024
_TAG_BYTES = 8 * 1024
_MOST_TAGS = 500  # of one kind
_MOST_MARKS = 10_000
_MOST_QUOTED = 50  # signs ">" inside one quoted value
_ATTRIBUTE = re.compile(r"""(?<![\w:.-])([a-zA-Z][\w:.-]{0,99})\s*+=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_TITLE = re.compile(rb"<title[^>]{0,200}>([^<]{0,2000})</title", re.I)
_MARK = re.compile(rb"<(?=[mlLtT!])(?:meta|!--|[lL][iI][nN][kK]|[tT][iI][tT][lL][eE])")
_TITLE_TAG = re.compile(rb"<[tT][iI][tT][lL][eE]")
_HEAD_END = re.compile(rb"<(?=/)/[hH][eE][aA][dD]\b")


class Head:
    """The head of one page; each question costs one search over its bytes, and answers None when nothing is there."""

    def __init__(self, body: bytes, decode: Callable[[bytes], str]) -> None:
        self._whole = body
        self._decode = decode
        self._by_prefix: dict[bytes, list[bytes]] = {}

    @cached_property
    def _end(self) -> int:
        end = self._whole.find(b"</head", 0, _HEAD_BYTES)
        if end < 0:
            found = _HEAD_END.search(self._whole, 0, _HEAD_BYTES)
            end = found.start() if found else _HEAD_BYTES
        return min(end, _HEAD_BYTES)

    @cached_property
    def canonical(self) -> str | None:
        """The address that `link rel=canonical` names, as written."""
        for raw in self._tags[b"link"]:
            if b"canonical" in raw:
                tag = self._attributes(raw)
                if "canonical" in tag.get("rel", "").lower().split() and tag.get("href", "").strip():
                    return tag["href"].strip()
        return None

    @cached_property
    def title(self) -> str | None:
        """The text of the title element."""
        for start in self._titles:
            if found := _TITLE.match(self._whole, start, self._end):
                return " ".join(html.unescape(self._decode(found[1])).split()) or None
        return None

    @cached_property
    def names_title(self) -> bool:
        """True when a title element stands anywhere in the page, in its head or not."""
        return b"<title" in self._whole or _TITLE_TAG.search(self._whole) is not None

    def meta(self, name: str) -> str | None:
        """The content of the first meta tag whose property or name is `name` (lower case)."""
        word = name.encode("ascii")
        for raw in self._filed(word[: word.find(b":") + 1]):
            if word in raw:
                tag = self._attributes(raw)
                content = " ".join(tag.get("content", "").split())
                if content and name in (tag.get("property", "").lower(), tag.get("name", "").lower()):
                    return content
        return None

    def mentions(self, *words: bytes) -> bool:
        """True when a meta tag holds one of these words, whatever for."""
        return any(word in raw for raw in self._tags[b"meta"] for word in words)

    def _filed(self, prefix: bytes) -> list[bytes]:
        """The meta tags that hold a prefix as "og:": a few of the dozens, for many questions."""
        if (found := self._by_prefix.get(prefix)) is None:
            found = self._by_prefix[prefix] = [raw for raw in self._tags[b"meta"] if prefix in raw]
        return found

    @cached_property
    def _tags(self) -> dict[bytes, list[bytes]]:
        """The meta and link tags as bytes, comments left out: one pass, so that each question reads little."""
        found: dict[bytes, list[bytes]] = {b"meta": [], b"link": []}
        body, end, open_from = self._whole, self._end, 0
        for mark in self._marks:
            start = mark.start()
            if start < open_from:
                continue
            if mark[0] == b"<!--":
                close = body.find(b"-->", start + 2, end)
                open_from = close + 3 if close >= 0 else end
                continue
            tags = found.get(mark[0][1:].lower())
            if tags is None or len(tags) == _MOST_TAGS:
                continue
            close = self._tag_end(start)
            if close < 0:
                continue
            open_from = close
            tags.append(body[start:close])
        return found

    def _tag_end(self, start: int) -> int:
        """Return where a tag ends, a ">" inside a quoted value passed over; -1 when it is longer than a tag may be."""
        body, limit = self._whole, min(self._end, start + _TAG_BYTES)
        first = close = body.find(b">", start, limit)
        for _ in range(_MOST_QUOTED):
            if close < 0 or body.count(b'"', start, close) % 2 == 0:
                return close if close >= 0 else first
            close = body.find(b">", close + 1, limit)
        return first

    @cached_property
    def _titles(self) -> list[int]:
        return [mark.start() for mark in self._marks if mark[0][1:2] in b"tT"]

    @cached_property
    def _marks(self) -> list[re.Match[bytes]]:
        return list(islice(_MARK.finditer(self._whole, 0, self._end), _MOST_MARKS))

    def _attributes(self, tag: bytes) -> dict[str, str]:
        return {m[1].lower(): html.unescape(m[2] or m[3] or m[4] or "") for m in _ATTRIBUTE.finditer(self._decode(tag))}
