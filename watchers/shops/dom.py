"""Questions a shop's reader asks of an element: is it shown, can it be used, what does a visitor read on it."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Protocol

from selectolax.lexbor import LexborNode

from watchers.readers.markup import HIDING_STYLE, Part, part_of

_NEVER_SHOWN = frozenset({"template", "script", "style", "noscript", "head", "dialog"})


class Element(Protocol):
    """As much of an element as tells whether it is shown; another parser's element can be looked at through it."""

    @property
    def tag(self) -> str | None:
        """The name of the element, in lower case."""
        ...

    @property
    def attributes(self) -> Mapping[str, str | None]:
        """Its attributes; one without a value has None or an empty text."""
        ...

    @property
    def parent(self) -> Element | None:
        """The element around it."""
        ...


def hides(node: Element) -> bool:
    """True when this element hides itself: by its tag, an attribute, a style of its own, or a class that hides."""
    tag = node.tag or ""
    if tag in _NEVER_SHOWN:
        return not (tag == "dialog" and "open" in node.attributes)
    attributes = node.attributes
    if "hidden" in attributes or (attributes.get("aria-hidden") or "").lower() == "true":
        return True
    if tag == "input" and (attributes.get("type") or "").lower() == "hidden":
        return True
    if (style := attributes.get("style")) and HIDING_STYLE.search(style.lower()):
        return True
    return part_of(attributes.get("class") or "") is Part.HIDDEN


def shown(node: Element) -> bool:
    """True when neither the element nor anything around it is hidden by the page's own markup."""
    at: Element | None = node
    while at is not None and at.tag not in ("html", "-undef", None):
        if hides(at):
            return False
        at = at.parent
    return True


def usable(node: Element) -> bool:
    """True for a control that is shown and enabled, and that stands in no disabled fieldset."""
    attributes = node.attributes
    if "disabled" in attributes or (attributes.get("aria-disabled") or "").lower() == "true":
        return False
    at = node.parent
    while at is not None and at.tag not in ("html", None):
        if at.tag == "fieldset" and "disabled" in at.attributes:
            return False
        at = at.parent
    return shown(node)


def words(node: LexborNode | None) -> str:
    """Return what a visitor reads inside an element, NFKC, blanks folded; hidden parts are left out."""
    if node is None:
        return ""
    parts: list[str] = []
    _collect(node, parts)
    return " ".join(unicodedata.normalize("NFKC", " ".join(parts)).split())


def _collect(top: LexborNode, parts: list[str]) -> None:
    """Gather shown texts without recursion: a hostile page nests deeper than Python's stack."""
    stack = [top]
    while stack:
        node = stack.pop()
        if node.is_text_node:
            parts.append(node.text_content or "")
            continue
        if not node.is_element_node or (node is not top and hides(node)):
            continue
        if node.tag == "input" and (node.attributes.get("type") or "").lower() in ("submit", "button"):
            parts.append(node.attributes.get("value") or "")
        children: list[LexborNode] = []
        child = node.child
        while child is not None:
            children.append(child)
            child = child.next
        stack.extend(reversed(children))
