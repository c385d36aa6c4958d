"""The buy box of an Amazon product page: where it is, which buying options it holds, and whose product it is about."""

from __future__ import annotations

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from watchers.page import Page
from watchers.shops.amazon_address import checked_asin
from watchers.shops.amazon_row import asin_in
from watchers.shops.amazon_tree import seen

# Outermost first: desktop and mobile since 2017, the layout before, and the names the widgets report themselves by.
_BOXES = (
    "#desktop_buybox",
    "#mobile_buybox",
    "#buybox",
    "#buybox_feature_div",
    "#bbop-sbbop-container",
    "#combinedBuyBox",
    '[data-feature-name="desktop_buybox"], [data-csa-c-content-id="desktop_buybox"]',
    '[data-feature-name="buybox"], [data-csa-c-content-id="buybox"]',
    "#buyBoxAccordion",
    "#rightCol",
)
_ROWS = "[data-a-accordion-row-name], [id*=ccordionRow]"
_ROW_ID = re.compile(r"[A-Za-z0-9]{1,40}AccordionRow(?:Top|Middle|Bottom)?(?:_[0-9]{1,2})?")
_WORTH_CUTTING = 256 * 1024
_BEHIND = 96 * 1024  # bytes read behind the last mark, for what it holds
_MARKS = (
    b'id="desktop_buybox"',
    b'id="buybox"',
    b'id="buyBoxAccordion"',
    b'id="availability"',
    b'id="productTitle"',
    b'id="title"',
    b'id="landingImage"',
    b'id="corePrice',
    b'id="olpLinkWidget_feature_div"',
    b'id="merchant-info"',
    b'id="points_feature_div"',
)
_BESIDE = 400  # bytes between the two ASINs of a family in the page's own data
_PARENT = re.compile(rb'"parentAsin"\s{0,4}:\s{0,4}"([0-9A-Z]{10})"')
_PAGE_ASIN = re.compile(rb'"(?:currentAsin|landingAsin|winningAsin|current_asin)"\s{0,4}:\s{0,4}"([0-9A-Z]{10})"')


def find_box(dom: LexborHTMLParser) -> LexborNode | None:
    """Return the part of the page in which its product is ordered, or None where no known layout has one."""
    for selector in _BOXES:
        for node in dom.css(selector):
            if seen(node):
                return node
    return None


def options_of(box: LexborNode) -> Iterator[tuple[LexborNode, str]]:
    """Yield the buying options of a box with their names: the rows of its accordion, or the box as the only one."""
    taken: set[int] = set()
    rows = []
    for node in box.css(_ROWS):
        name = node.attributes.get("data-a-accordion-row-name") or node.attributes.get("id") or ""
        if node.mem_id in taken or not _ROW_ID.fullmatch(name) or _within(node, taken) or not seen(node):
            continue
        taken.add(node.mem_id)
        rows.append((node, name))
    yield from rows or [(box, "buybox")]


def front_of(page: Page) -> LexborHTMLParser | None:
    """Return the tree of the page's front, which holds all that is read here, or None where cutting the page saves nothing.

    What comes before a place decides what it means, so the front alone reads as the whole page does, if its box is closed.
    """
    body = page.body
    if len(body) < _WORTH_CUTTING or page.encoding != "utf-8":
        return None
    places = [place for mark in _MARKS if (place := body.find(mark)) >= 0]
    cut = (
        max([*places, body.rfind(b'id="add-to-cart-button'), body.rfind(b'id="buy-now-button')]) + _BEHIND
        if places
        else len(body)
    )
    return LexborHTMLParser(body[:cut]) if cut < len(body) * 0.8 else None


def ends_in(tail: bytes) -> bool:
    """True when the last bytes of a page show its end."""
    tail = tail[-65_536:].lower()
    return b"</html" in tail or b"</body" in tail


def closed(node: LexborNode) -> bool:
    """True when the page goes on behind an element: what is cut in the middle proves nothing."""
    at: LexborNode | None = node
    while at is not None and at.tag not in ("html", "-undef", None):
        after = at.next
        while after is not None:
            if after.is_element_node:
                return True
            after = after.next
        at = at.parent
    return False


def product_asin(box: LexborNode, body: bytes) -> str | None:
    """Return the ASIN the page is about: what its order forms send, else what its scripts call the current one."""
    if asin := asin_in(box):
        return asin
    found = _PAGE_ASIN.search(body)
    return checked_asin(found[1].decode("ascii")) if found else None


def is_family(parent: str, asin: str, body: bytes) -> bool:
    """True when the page itself declares `parent` to be the family of its own `asin`, in one breath with it."""
    own = f'"{asin}"'.encode()
    for found in _PARENT.finditer(body):
        near = body[max(found.start() - _BESIDE, 0) : found.end() + _BESIDE]
        if found[1].decode("ascii") == parent and own in near:
            return True
    return False


def _within(node: LexborNode, taken: set[int]) -> bool:
    at = node.parent
    while at is not None:
        if at.mem_id in taken:
            return True
        at = at.parent
    return False
