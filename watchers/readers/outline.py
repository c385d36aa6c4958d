"""What a visitor would see of a page, as flat lists in document order: texts, controls, links, headings.

One walk over the tree, never into what is hidden or what is by its markup not about this product (menus, footers,
dialogs, rails of other goods, reviews), so that whatever reads the outline cannot fall for it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode

from watchers.readers.markup import HIDING_STYLE, Part, part_of

MOST_ELEMENTS = 60_000  # no product page comes near; a page beyond it is not read
_MOST_TEXT = 2_000  # characters kept of one run; no statement is longer

# Tags whose content nobody reads as text of the page.
_UNREAD = (
    "script style template noscript svg head iframe select textarea datalist object video audio canvas map math nav footer "
    "option optgroup link meta base param source track noframes noembed progress meter"
)
_FLOWING = (
    "a abbr b bdi bdo big br cite code data dfn em font i img input kbd mark q ruby rt rb rp s del ins samp small span "
    "strike strong sub sup time tt u var wbr label button"
)
_SKIP, _INLINE = frozenset(_UNREAD.split()), frozenset(_FLOWING.split())
_BREAKS = frozenset(("br", "button", "label", "input"))  # they end a run of words all the same
_FLOWS = _INLINE - _BREAKS
_HIDING = frozenset(("hidden", "aria-hidden", "style", "type", "role"))  # attributes that may hide an element
_LAID_OVER = frozenset(("dialog", "alertdialog"))  # shown on demand, over the page
_DOUBTFUL = frozenset(("dialog", "header"))
_PLAIN = Part.PLAIN
_STRUCK = frozenset(("s", "del", "strike"))
_NEVER_RAIL = frozenset(("a", "button", "input", "label"))  # a button that opens a dialog is not the dialog
HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
# Magento 2 sends its order button disabled, and its script enables it; a product that is sold out has none.
_READIED = frozenset(("product-addtocart-button",))
# WooCommerce's form of a variable product carries its variations as JSON, and an order button whatever they say.
_IN_STOCK, _SOLD_OUT = '"is_in_stock":true', '"is_in_stock":false'
_NOTED = _STRUCK | HEADINGS | {"a", "button", "input", "img", "form", "fieldset"}

_STREAMED = re.compile(
    r"S:[0-9a-f]+$"
)  # React sends finished parts hidden under this id; its script shows them at once


@dataclass(slots=True)
class Control:
    """A button, a submit input, or a link that may be one."""

    element: int
    tag: str
    names: str
    attributes: Mapping[str, str | None]
    enabled: bool
    words: str = ""


@dataclass(slots=True)
class Outline:
    """The visible page; an element is known by its place in document order, `parents` and `ends` give the tree."""

    tags: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)  # one past the last descendant
    texts: list[tuple[int, str]] = field(default_factory=list)  # runs of inline text, by block element
    starts: list[int] = field(default_factory=list)  # for each text how many elements stood before it
    pieces: dict[int, list[tuple[int, str]]] = field(
        default_factory=dict
    )  # text nodes of runs that have several, blank ones too, by place in texts
    controls: list[Control] = field(default_factory=list)
    links: list[tuple[int, str]] = field(default_factory=list)
    images: list[tuple[int, str]] = field(default_factory=list)  # alternative texts
    headings: list[int] = field(default_factory=list)
    forms: list[tuple[int, str]] = field(default_factory=list)  # element, action and names
    struck: set[int] = field(default_factory=set)
    disabled: set[int] = field(default_factory=set)  # disabled fieldsets, forms whose every variation is sold out
    prose: list[int] = field(default_factory=list)
    passwords: int = 0
    too_large: bool = False

    def inside(self, element: int, root: int) -> bool:
        """True when the element is the root or lies within it."""
        return root <= element < self.ends[root]

    def texts_in(self, root: int, most: int = 30) -> Iterator[int]:
        """Yield the places of the texts inside an element, in document order."""
        number, end = bisect_left(self.starts, root + 1), self.ends[root]
        while number < len(self.starts) and self.starts[number] <= end and most:
            if root <= self.texts[number][0] < end:
                yield number
                most -= 1
            number += 1

    def pieces_of(self, place: int) -> list[tuple[int, str]]:
        """The text nodes of a run with the elements they stand in, blank ones left out; none where it is one node."""
        return [(element, bare) for element, piece in self.pieces.get(place, ()) if (bare := piece.strip())]

    def chain(self, element: int) -> list[int]:
        """The element and its ancestors, innermost first."""
        found = [element]
        while (element := self.parents[element]) >= 0:
            found.append(element)
        return found


def kept(dom: LexborHTMLParser) -> frozenset[int]:
    """Return the elements around main headings: whatever their class is called, the product is in them."""
    found: set[int] = set()
    for heading in dom.tags("h1")[:5]:
        node: LexborNode | None = heading
        while node is not None and node.mem_id not in found:
            found.add(node.mem_id)
            node = node.parent
    return frozenset(found)


def outline(dom: LexborHTMLParser, keep: frozenset[int] = frozenset()) -> Outline:
    """Walk the tree once; `keep` holds memory ids of elements never cut off, because the product's heading is inside.

    Time and memory are linear in the size of the tree, and bounded.
    """
    out = Outline()
    if (body := dom.body) is None:
        return out
    # Plain names for what each of some thousand elements asks: looking up an attribute costs as much as the rest.
    tags, owners, parents, ends = out.tags, out.names, out.parents, out.ends
    parts: dict[str, Part] = {}
    run: list[tuple[int, str]] = []
    stack: list[tuple[int, str, LexborNode | None]] = []
    parent, node = -1, body
    current: LexborNode | None = body
    began = 0  # elements before the open run
    disabled = 0  # open elements of these
    while True:
        if current is None:
            if not stack:
                break
            parent, tag, current = stack.pop()
            if run and tag not in _FLOWS:
                _flush(out, run, began)
            ends[parent] = len(tags)
            disabled -= parent in out.disabled
            parent = parents[parent]
            continue
        node, current = current, None if current is body else current.next
        tag = node.tag or "-"
        if tag in _SKIP:
            continue
        if tag[0] == "-":
            if tag == "-text":
                if not node.is_empty_text_node:
                    if not run:
                        began = len(tags)
                    run.append((parent, node.text_content or ""))
                elif run:
                    run.append((parent, " "))
            continue
        attributes = node.attributes
        names = ""
        if attributes:
            identity, kind = attributes.get("id"), attributes.get("class")
            names = f"{kind} {identity}" if kind and identity else kind or identity or ""
            if names:
                if (part := parts.get(names)) is None:
                    part = parts[names] = part_of(names)
                if part is not _PLAIN and tag != "body":
                    if part is Part.HIDDEN or (
                        part is Part.RAIL and tag not in _NEVER_RAIL and node.mem_id not in keep
                    ):
                        continue
                    if part is Part.PROSE:
                        out.prose.append(len(tags))
            if not _HIDING.isdisjoint(attributes) and _hidden(tag, attributes):
                continue
        if tag in _DOUBTFUL and (
            "open" not in attributes if tag == "dialog" else node.mem_id not in keep and not _sectioned(out, parent)
        ):
            continue
        number = len(tags)
        if number >= MOST_ELEMENTS:
            out.too_large = True
            break
        if run and tag not in _FLOWS:
            _flush(out, run, began)
        tags.append(tag)
        owners.append(names)
        parents.append(parent)
        ends.append(number + 1)
        if tag in _NOTED:
            _note(out, number, tag, names, attributes, not disabled)
            disabled += number in out.disabled
        elif attributes and attributes.get("role") == "button":
            out.controls.append(Control(number, tag, names, attributes, not disabled and _enabled(attributes)))
        if (child := node.first_child) is None:
            if run and tag not in _FLOWS:
                _flush(out, run, began)
            continue
        stack.append((number, tag, current))
        parent, current = number, child
    while stack:
        ends[stack.pop()[0]] = len(tags)
    if run:
        _flush(out, run, began)
    return out


def _hidden(tag: str, attributes: Mapping[str, str | None]) -> bool:
    """True when the element's own attributes keep it from being seen."""
    style = attributes.get("style")
    return (
        ("hidden" in attributes and not _STREAMED.match(attributes.get("id") or ""))
        or attributes.get("aria-hidden") == "true"
        or (style is not None and HIDING_STYLE.search(style.lower()) is not None)
        or (tag == "input" and (attributes.get("type") or "").lower() == "hidden")
        or attributes.get("role") in _LAID_OVER
    )


def _sectioned(out: Outline, parent: int) -> bool:
    """True inside a section of the page: a header there heads the section, not the page."""
    while parent >= 0:
        if out.tags[parent] in ("main", "article", "section"):
            return True
        parent = out.parents[parent]
    return False


def _enabled(attributes: Mapping[str, str | None]) -> bool:
    if "disabled" in attributes:
        return attributes.get("id") in _READIED
    return attributes.get("aria-disabled") != "true"


def _note(out: Outline, number: int, tag: str, names: str, attributes: Mapping[str, str | None], enabled: bool) -> None:
    """File an element of interest under what it is."""
    if tag == "a":
        out.links.append((number, attributes.get("href") or ""))
        out.controls.append(Control(number, tag, names, attributes, enabled and _enabled(attributes)))
    elif tag == "button":
        out.controls.append(Control(number, tag, names, attributes, enabled and _enabled(attributes)))
    elif tag == "input":
        kind = (attributes.get("type") or "text").lower()
        if kind in ("submit", "button", "image"):
            out.controls.append(Control(number, tag, names, attributes, enabled and _enabled(attributes)))
        out.passwords += kind == "password"
    elif tag == "img":
        out.images.append((number, attributes.get("alt") or ""))
    elif tag == "form":
        out.forms.append((number, f"{attributes.get('action') or ''} {names} {attributes.get('name') or ''}"))
        variations = attributes.get("data-product_variations") or ""
        if _SOLD_OUT in variations and _IN_STOCK not in variations:
            out.disabled.add(number)
    elif tag == "fieldset":
        if "disabled" in attributes:
            out.disabled.add(number)
    elif tag in _STRUCK:
        out.struck.add(number)
    else:
        out.headings.append(number)


def _flush(out: Outline, run: list[tuple[int, str]], began: int) -> None:
    """End a run of inline text: keep it whole, and its pieces where it has several."""
    text = "".join([piece for _, piece in run]).strip() if len(run) > 1 else run[0][1].strip()
    if text and len(text) <= _MOST_TEXT:
        out.texts.append((run[0][0], text))
        out.starts.append(began)
        if len(run) > 1:
            out.pieces[len(out.texts) - 1] = run.copy()
    run.clear()
