"""What a fetch brought back, with views made only when asked for: text, JSON, JSON-LD, document tree."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType

from selectolax.lexbor import LexborHTMLParser

from watchers import charset, ldjson
from watchers.charset import Decoded, replaced
from watchers.head import Head
from watchers.ldjson import JsonLdBlock

__all__ = ["JsonLdBlock", "Page", "replaced"]

_TAIL_BYTES = 1024


class Page:
    """One answer of a shop; every view is computed at most once, and none raises on what the shop sent."""

    def __init__(
        self,
        url: str,
        body: bytes,
        *,
        status: int = 200,
        headers: Mapping[str, str] = MappingProxyType({}),
        requested_url: str | None = None,
        framed: bool = True,
    ) -> None:
        self.url = url  # where we ended up, after redirects
        self.body = body
        self.status = status
        self.headers = headers  # lower-case names
        self.requested_url = requested_url or url
        self.framed = framed  # the transport said where the body ends

    @property
    def redirected(self) -> bool:
        """True when the answer came from another address than the one asked for."""
        return self.url != self.requested_url

    @cached_property
    def decoded(self) -> Decoded:
        """The text with the codec that read it (T8)."""
        return charset.decode(self.body, self.headers.get("content-type", ""))

    @property
    def text(self) -> str:
        """The body as text; unreadable characters are U+FFFD."""
        return self.decoded.text

    @cached_property
    def _plain(self) -> bool:
        """True for UTF-8 without a fault: nothing that reads bytes then needs the body as one text."""
        return charset.is_plain_utf8(self.body, self.headers.get("content-type", ""))

    @cached_property
    def encoding(self) -> str:
        """The Python name of the codec that read the body."""
        return "utf-8" if self._plain else self.decoded.encoding

    @property
    def charset_problem(self) -> str | None:
        """Why the text as a whole cannot be trusted, in words; the product block is the reader's to check."""
        return None if self._plain else self.decoded.problem

    @cached_property
    def dom(self) -> LexborHTMLParser:
        """The document tree; costs about 9 ms a megabyte, so ask for it last."""
        # The parser takes bytes for UTF-8: then they need not be decoded and encoded once more.
        return LexborHTMLParser(self.body if self._plain else self.decoded.text)

    @cached_property
    def json_ld(self) -> tuple[JsonLdBlock, ...]:
        """The JSON-LD blocks of the page, found by byte search; broken ones carry their problem."""
        if self.is_json:
            return ()
        return tuple(ldjson.find_blocks(self.body, self.decode))

    @cached_property
    def head(self) -> Head:
        """Canonical address, title and meta tags, read from the bytes."""
        return Head(self.body, self.decode)

    def decode(self, part: bytes) -> str:
        """Read some bytes of the body with the codec that the whole body is read with; plain ASCII needs no look at it."""
        if part.isascii() and b"\x1b" not in part:
            return part.decode("ascii")
        return charset.decode_part(part, self.encoding)

    @cached_property
    def is_json(self) -> bool:
        """True when the answer is data, by its type or its first byte, not a page."""
        kind = self.headers.get("content-type", "").split(";")[0].strip().lower()
        if kind in ("text/html", "application/xhtml+xml"):
            return False
        return kind.endswith(("/json", "+json")) or self.body[:256].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")

    @cached_property
    def json(self) -> object:
        """The parsed data, or None when it does not parse entirely or is nested deeper than 64 levels."""
        if not self.is_json:
            return None
        text = self.text.lstrip("\ufeff")
        try:
            value: object = json.loads(text)
        except (ValueError, RecursionError):
            return None
        return None if ldjson.too_deep(value, text) else value

    @cached_property
    def complete(self) -> bool:
        """True when the whole answer is here (T3): data parses entirely, a page is framed or shows its end tag."""
        if self.is_json:
            return self.json is not None
        return self.framed or b"</html" in self.body[-_TAIL_BYTES:].lower()
