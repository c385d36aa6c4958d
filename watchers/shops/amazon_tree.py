"""What a visitor sees and can press inside a part of an Amazon page.

Amazon's own style sheet gives the classes their meaning: "aok-hidden" and "a-hidden" hide, "a-popover-preload" waits for a
click, "a-offscreen" repeats a price for screen readers, "a-button-disabled" greys a button out. Captions of buttons are
marked aria-hidden although they are what a visitor reads. A closed accordion row hides its inner part; its offer stands.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from watchers.shops.dom import hides

_UNREAD = frozenset({"script", "style", "template", "noscript", "select", "option", "head", "dialog", "svg"})
_UNSEEN = frozenset({"aok-hidden", "a-hidden", "aok-offscreen", "a-offscreen", "a-popover-preload", "a-modal-preload"})
_GREYED = frozenset({"a-button-disabled", "a-button-unavailable"})
_MOST_VISITED = 500  # elements and texts of one part
_MOST_FOUND = 40


def classes(node: LexborNode) -> frozenset[str]:
    """Return the class names of an element."""
    return frozenset((node.attributes.get("class") or "").split())


def seen(node: LexborNode, within: LexborNode | None = None) -> bool:
    """True when neither the element nor anything around it is hidden; a closed accordion row does not count as hiding.

    `within` is an element around it that is known to be seen: nothing above that needs a second look.
    """
    end = within.mem_id if within is not None else None
    at: LexborNode | None = node
    while at is not None and at.mem_id != end and at.tag not in ("html", "-undef", None):
        names = classes(at)
        if not names.isdisjoint(_UNSEEN) or (hides(at) and "a-accordion-inner" not in names):
            return False
        at = at.parent
    return True


def pressable(node: LexborNode, within: LexborNode | None = None) -> bool:
    """True for a control that is seen and enabled, inside no disabled fieldset and no greyed button."""
    at: LexborNode | None = node
    while at is not None and at.tag not in ("html", "-undef", None):
        attributes = at.attributes
        if "disabled" in attributes and (at is node or at.tag == "fieldset"):
            return False
        if (attributes.get("aria-disabled") or "").lower() == "true" or not classes(at).isdisjoint(_GREYED):
            return False
        at = at.parent
    return seen(node, within)


def pieces(node: LexborNode, *, hidden: bool = False) -> Iterator[str]:
    """Yield the runs of text a visitor reads inside an element, in order, NFKC, blanks folded; `hidden` adds the rest."""
    stack, left = [node], _MOST_VISITED
    while stack and left:
        at = stack.pop()
        left -= 1
        if at.is_text_node:
            if text := " ".join(unicodedata.normalize("NFKC", at.text_content or "").split()):
                yield text
            continue
        if not at.is_element_node or (at is not node and (at.tag in _UNREAD if hidden else _unread(at))):
            continue
        children: list[LexborNode] = []
        child = at.child
        while child is not None and len(children) < left:
            children.append(child)
            child = child.next
        stack.extend(reversed(children))


def reads(node: LexborNode | None) -> str:
    """Return what a visitor reads inside an element, as one line."""
    return " ".join(pieces(node)) if node is not None else ""


def is_within(node: LexborNode, part: LexborNode) -> bool:
    """True when an element lies inside another."""
    at = node.parent
    while at is not None:
        if at.mem_id == part.mem_id:
            return True
        at = at.parent
    return False


def text_of(node: LexborNode | None) -> str:
    """Return all text of an element, seen or not, as one line; for copies that only a screen reader gets."""
    return " ".join(pieces(node, hidden=True)) if node is not None else ""


def some(area: LexborNode | LexborHTMLParser, selector: str) -> list[LexborNode]:
    """Return the first elements a selector finds; a page that holds more of them than any buy box was made to be slow."""
    return area.css(selector)[:_MOST_FOUND]


def inside(area: LexborNode, outer: str, inner: str) -> Iterator[LexborNode]:
    """Yield what one selector finds within what another finds; a deep page makes one selector for both slow."""
    for part in some(area, outer):
        yield from some(part, inner)


def value_of(area: LexborNode, selector: str) -> str | None:
    """Return the first value that is not empty among the inputs a selector finds."""
    for found in some(area, selector):
        if value := (found.attributes.get("value") or "").strip():
            return value
    return None


def _unread(node: LexborNode) -> bool:
    if node.tag in _UNREAD:
        return True
    attributes = node.attributes
    if (names := attributes.get("class")) and not _UNSEEN.isdisjoint(names.split()):
        return True
    if "hidden" in attributes:
        return True
    style = (attributes.get("style") or "").replace(" ", "").lower()
    if "display:none" in style or "visibility:hidden" in style:
        return "a-accordion-inner" not in (names or "")
    return False


def first_of(dom: LexborHTMLParser, *ids: str) -> LexborNode | None:
    """Return the first element in view that has one of these ids, tried in order, and holds words or is an image."""
    for name in ids:
        for node in some(dom, f"#{name}"):
            if (node.tag == "img" or reads(node)) and seen(node):
                return node
    return None
