"""The buy box of an Amazon product page: where it is, which buying options it holds, and whose product it is about."""

from __future__ import annotations

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from watchers.page import Page
from watchers.readers.lexicon import fold
from watchers.shops.amazon_address import checked_asin
from watchers.shops.amazon_row import asin_in
from watchers.shops.amazon_tree import reads, seen, some

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
_BEHIND = 256 * 1024  # bytes read behind them: boxes of three options are about 200 kB long
_CHOSEN = '[id^="inline-twister-expanded-dimension-text"]'
_CHOICE_ROWS = '[id^="variation_"]'
_LONGEST_CHOICE = 80
_PARTS = re.compile(r"[/,;|・、]")
_REFUSALS = (b'id="outOfStock"', b'id="availability"')
_NEAR = 4_096  # bytes between the element's id and its words, and between two words
_RUN = re.compile(r"[^&<>\"'\u00a0\s]{2,}")  # what stands in the source as it stands in the tree
_BESIDE = 400  # bytes between the two ASINs of a family in the page's own data
_PARENT = re.compile(rb'"parentAsin"\s{0,4}:\s{0,4}"([0-9A-Z]{10})"')
_PAGE_ASIN = re.compile(rb'"(?:currentAsin|landingAsin|winningAsin|current_asin)"\s{0,4}:\s{0,4}"([0-9A-Z]{10})"')


def find_box(dom: LexborHTMLParser) -> LexborNode | None:
    """Return the part of the page in which its product is ordered, or None where no known layout has one."""
    for selector in _BOXES:
        for node in some(dom, selector):
            if seen(node):
                return node
    return None


def options_of(box: LexborNode) -> Iterator[tuple[LexborNode, str]]:
    """Yield the buying options of a box with their names: the rows of its accordion, or the box as the only one."""
    taken: set[int] = set()
    rows = []
    for node in some(box, _ROWS):
        name = node.attributes.get("data-a-accordion-row-name") or node.attributes.get("id") or ""
        if node.mem_id in taken or not _ROW_ID.fullmatch(name) or _within(node, taken) or not seen(node):
            continue
        taken.add(node.mem_id)
        rows.append((node, name))
    yield from rows or [(box, "buybox")]


def front_of(page: Page) -> LexborHTMLParser | None:
    """Return the tree of the page's front up to behind its box and title, or None where cutting the page saves nothing.

    What comes before a place decides what it means, so the front reads as the whole page does; whether it reaches far
    enough is seen by what is found in it.
    """
    body = page.body
    if len(body) < _WORTH_CUTTING or page.encoding != "utf-8":
        return None
    places = [_place(body, b'id="desktop_buybox"', b'id="buybox"'), _place(body, b'id="productTitle"', b'id="title"')]
    cut = max(places) + _BEHIND
    return LexborHTMLParser(body[:cut]) if min(places) >= 0 and cut < len(body) * 0.85 else None


def _place(body: bytes, *marks: bytes) -> int:
    return next((place for mark in marks if (place := body.find(mark)) >= 0), -1)


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


def chosen_variant(dom: LexborHTMLParser) -> str | None:
    """Return what is chosen of a product's variants ("Grey Blue / Medium"), or None where the page has no choice."""
    nodes = (*some(dom, _CHOSEN), *(n for row in some(dom, _CHOICE_ROWS) for n in some(row, ".selection")))
    values = dict.fromkeys(
        words for node in nodes if seen(node) and (words := reads(node)) and len(words) <= _LONGEST_CHOICE
    )
    return " / ".join(values) or None


def is_variant(wanted: str, shown: str | None) -> bool:
    """True when every part of a variant's name as wished ("Medium", "Grey Blue / Medium") is among those chosen."""
    ours = {fold(part) for part in _PARTS.split(shown or "")} | {fold(shown or "")}
    return all(fold(part) in ours for part in _PARTS.split(wanted) if part.strip()) or fold(wanted) in ours


def resting_span(page: Page, words: str) -> tuple[tuple[int, int], ...]:
    """Return where the words of a refusal stand, from their element's id on; nothing where that cannot be told safely.

    While they stand there no order can be read out of the box: a control beside them is a contradiction, never a yes.
    """
    body = page.body
    begin = next((place for mark in _REFUSALS if body.count(mark) == 1 and (place := body.find(mark)) >= 0), -1)
    end = begin
    for run in _RUN.findall(words)[:20]:
        at = body.find(run.encode(page.encoding, "replace"), end, end + _NEAR) if begin >= 0 else -1
        if at < 0:
            return ()
        end = at + len(run.encode(page.encoding, "replace"))
    return ((begin, end),) if end > begin else ()


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
