"""What the head of a page says about the page: canonical address, title, meta tags; read from the bytes, no tree."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from functools import cached_property

_HEAD_BYTES = 512 * 1024
_TAG_BYTES = 8 * 1024
_MOST_TAGS = 50  # mentions of one name looked at
_ATTRIBUTE = re.compile(r"""([a-zA-Z][\w:.-]*)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_TITLE = re.compile(rb"<title[^>]{0,200}>([^<]{0,2000})</title", re.I)
_HEAD_END = re.compile(rb"</head\b", re.I)


class Head:
    """The head of one page; each question costs one search over its bytes, and answers None when nothing is there."""

    def __init__(self, body: bytes, decode: Callable[[bytes], str]) -> None:
        self._whole = body
        self._decode = decode

    @cached_property
    def _body(self) -> bytes:
        end = self._whole.find(b"</head")
        if end < 0:
            found = _HEAD_END.search(self._whole, 0, _HEAD_BYTES)
            end = found.start() if found else _HEAD_BYTES
        return self._whole[: min(end, _HEAD_BYTES)]

    @cached_property
    def canonical(self) -> str | None:
        """The address that `link rel=canonical` names, as written."""
        for tag in self._tags(b"canonical", b"<link"):
            if "canonical" in tag.get("rel", "").lower().split() and tag.get("href", "").strip():
                return tag["href"].strip()
        return None

    @cached_property
    def title(self) -> str | None:
        """The text of the title element."""
        found = _TITLE.search(self._body)
        return " ".join(html.unescape(self._decode(found[1])).split()) or None if found else None

    def meta(self, name: str) -> str | None:
        """The content of the first meta tag whose property, name or itemprop is `name` (lower case)."""
        for tag in self._tags(name.encode("ascii"), b"<meta"):
            if name in (tag.get("property", "").lower(), tag.get("name", "").lower()):
                content = " ".join(tag.get("content", "").split())
                if content:
                    return content
        return None

    def _tags(self, word: bytes, opening: bytes) -> list[dict[str, str]]:
        """The attributes of every tag of one kind that mentions a word, comments left out."""
        body, found, at = self._body, [], 0
        for _ in range(_MOST_TAGS):
            at = body.find(word, at)
            if at < 0:
                break
            start = body.rfind(b"<", max(0, at - _TAG_BYTES), at)
            end = body.find(b">", at, at + _TAG_BYTES)
            if start >= 0 and body[start : start + 5].lower() == opening and end > 0 and not self._commented(start):
                found.append(self._attributes(body[start:end]))
            at += len(word)
        return found

    def _commented(self, at: int) -> bool:
        opened = self._body.rfind(b"<!--", 0, at)
        return opened >= 0 and self._body.find(b"-->", opened, at) < 0

    def _attributes(self, tag: bytes) -> dict[str, str]:
        text = tag.decode("ascii") if tag.isascii() else self._decode(tag)
        return {m[1].lower(): html.unescape(m[2] or m[3] or m[4] or "") for m in _ATTRIBUTE.finditer(text)}
