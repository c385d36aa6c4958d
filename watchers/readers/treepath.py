"""A page as a tree for XPath 1, with the same idea of what is shown as the other readers have.

The only module that needs lxml; it is loaded when a listing has an XPath rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from lxml import etree, html

from watchers.numerals import normal
from watchers.shops import dom

Found = tuple[
    "Seen | None", str, str, object
]  # the element, its words, its tag, and the value where not an element was asked


@dataclass(frozen=True)
class Seen:
    """One of lxml's elements, as `dom.shown` asks for it."""

    element: html.HtmlElement

    @property
    def tag(self) -> str | None:
        """The element's name; None for what is no element."""
        tag = self.element.tag
        return tag.lower() if isinstance(tag, str) else None

    @cached_property
    def attributes(self) -> Mapping[str, str | None]:
        """The element's attributes."""
        return {str(name): str(value) for name, value in self.element.attrib.items()}

    @property
    def parent(self) -> Seen | None:
        """The element around it."""
        around = self.element.getparent()
        return None if around is None else Seen(around)


class Tree:
    """A page's text, parsed; never raises on what the shop sent."""

    def __init__(self, text: str) -> None:
        # The parser takes a zero byte for the end, and a text with an encoding declaration for a mistake.
        body = text.replace("\x00", "").encode("utf-8", "replace")
        parser = html.HTMLParser(encoding="utf-8", huge_tree=True, no_network=True)
        try:
            self._root = html.document_fromstring(body, parser=parser)
        except (etree.ParserError, ValueError):  # nothing in it
            self._root = html.document_fromstring(b"<p></p>", parser=parser)

    def ask(self, path: etree.XPath) -> list[Found]:
        """Return what an XPath selects; raises lxml's XPathError. A single text or number stands alone, without an element."""
        result = path(self._root)
        if isinstance(result, bool):
            return []
        if isinstance(result, (str, float)):
            said = f"{result:g}" if isinstance(result, float) else " ".join(result.split())
            return [(None, said, "", said)] if said and said != "nan" else []
        return [found for each in result if (found := _found(each)) is not None]


def _found(each: object) -> Found | None:
    if isinstance(each, html.HtmlElement) and isinstance(each.tag, str):
        return Seen(each), words(each), each.tag.lower(), None
    if isinstance(each, str) and each.strip():
        around = each.getparent() if hasattr(each, "getparent") else None
        if around is not None and getattr(each, "is_tail", False):
            around = around.getparent()
        if around is None:
            return None
        text = " ".join(each.split())
        return Seen(around), text, str(around.tag).lower(), text
    return None  # a comment, an instruction


def words(top: html.HtmlElement) -> str:
    """Return what a visitor reads inside an element; without recursion, for a hostile page nests deep."""
    parts: list[str] = []
    walk = etree.iterwalk(top, events=("start", "end", "comment", "pi"))
    for event, element in walk:
        if event == "start":
            if element is not top and dom.hides(Seen(element)):
                walk.skip_subtree()
            else:
                parts.append(element.text or "")
                if element.tag == "input" and (element.get("type") or "").lower() in ("submit", "button"):
                    parts.append(element.get("value") or "")
        elif element is not top:
            parts.append(element.tail or "")
    return " ".join(normal(" ".join(parts)).split())
