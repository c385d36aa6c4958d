"""What the head of a page says about the page: canonical address, title, meta tags; read from the bytes, no tree."""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from collections.abc import Callable
from functools import cached_property

_HEAD_BYTES = 512 * 1024
_TAG_BYTES = 8 * 1024
_MOST_TAGS = 500
_MOST_QUOTED = 50  # signs ">" inside one quoted value
_MOST_MENTIONS = 50  # of the word canonical, in scripts and styles too
_ATTRIBUTE = re.compile(r"""(?<![\w:.-])([a-zA-Z][\w:.-]{0,99})\s*+=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_TITLE = re.compile(rb"<title[^>]{0,200}>([^<]{0,2000})</title", re.I)
_HEAD_END = re.compile(rb"<(?=/)/[hH][eE][aA][dD]\b")


class Head:
    """The head of one page; each question costs one search over its bytes, and answers None when nothing is there."""

    def __init__(self, body: bytes, decode: Callable[[bytes], str]) -> None:
        self._whole = body
        self._decode = decode

    @cached_property
    def _body(self) -> bytes:
        end = self._whole.find(b"</head", 0, _HEAD_BYTES)
        if end < 0:
            found = _HEAD_END.search(self._whole, 0, _HEAD_BYTES)
            end = found.start() if found else _HEAD_BYTES
        return self._whole[: min(end, _HEAD_BYTES)]

    @cached_property
    def canonical(self) -> str | None:
        """The address that `link rel=canonical` names, as written."""
        body, at = self._body, 0
        for _ in range(_MOST_MENTIONS):
            at = body.find(b"canonical", at)
            if at < 0:
                break
            start = body.rfind(b"<", max(0, at - _TAG_BYTES), at)
            end = body.find(b">", at, at + _TAG_BYTES)
            at += 1
            if start < 0 or end < 0 or body[start : start + 5].lower() != b"<link" or self._commented(start):
                continue
            tag = self._attributes(body[start:end])
            if "canonical" in tag.get("rel", "").lower().split() and tag.get("href", "").strip():
                return tag["href"].strip()
        return None

    @cached_property
    def title(self) -> str | None:
        """The text of the title element."""
        found = _TITLE.search(self._body)
        return " ".join(html.unescape(self._decode(found[1])).split()) or None if found else None

    def meta(self, name: str) -> str | None:
        """The content of the first meta tag whose property or name is `name` (lower case)."""
        word = name.encode("ascii")
        for raw in self._metas:
            if word in raw:
                tag = self._attributes(raw)
                content = " ".join(tag.get("content", "").split())
                if content and name in (tag.get("property", "").lower(), tag.get("name", "").lower()):
                    return content
        return None

    @cached_property
    def _metas(self) -> list[bytes]:
        """The meta tags as bytes, comments left out: one pass, so that each question reads little."""
        found: list[bytes] = []
        body, at = self._body, 0
        while len(found) < _MOST_TAGS:
            start = body.find(b"<meta", at)
            if start < 0:
                break
            end = self._tag_end(start)
            at = max(end, start + 1)
            if end < 0:
                continue  # longer than any meta tag that somebody wrote
            if not self._commented(start):
                found.append(body[start:end])
        return found

    def _tag_end(self, start: int) -> int:
        """Return where a tag ends, a ">" inside a quoted value passed over; -1 when it is longer than a tag may be."""
        body, limit = self._body, start + _TAG_BYTES
        first = end = body.find(b">", start, limit)
        for _ in range(_MOST_QUOTED):
            if end < 0 or body.count(b'"', start, end) % 2 == 0:
                break
            end = body.find(b">", end + 1, limit)
        else:
            end = -1
        return end if end >= 0 else first

    @cached_property
    def _comments(self) -> tuple[list[int], list[int]]:
        """Where the comments of the head begin and end, in order."""
        begins: list[int] = []
        ends: list[int] = []
        at = 0
        while (begin := self._body.find(b"<!--", at)) >= 0:
            end = self._body.find(b"-->", begin + 2)
            at = end + 3 if end >= 0 else len(self._body)
            begins.append(begin)
            ends.append(at)
        return begins, ends

    def _commented(self, at: int) -> bool:
        begins, ends = self._comments
        number = bisect_right(begins, at) - 1
        return number >= 0 and at < ends[number]

    def _attributes(self, tag: bytes) -> dict[str, str]:
        return {m[1].lower(): html.unescape(m[2] or m[3] or m[4] or "") for m in _ATTRIBUTE.finditer(self._decode(tag))}
