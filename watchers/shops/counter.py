"""A thin reader for a shop whose page says in one known block whether it sells: that block, its words, its order control.

It is strict. It settles only where the block is there and its words are known; for a yes an order control that can be used
must stand with it, and nothing in the block may speak against it. Everything else is left to the generic path.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import islice
from urllib.parse import urlsplit

from selectolax.lexbor import LexborNode

from watchers.model import Availability, Condition, Listing, Offer
from watchers.money import best_price
from watchers.page import Page
from watchers.readers.lexicon import Role, fold, lexicon
from watchers.readers.markup import Part, part_of
from watchers.readers.phrases import find
from watchers.shops.dom import hides, shown, usable, words
from watchers.shops.shop import Told, belongs, host_of
from watchers.shops.verdict import YEN, cannot_tell, goods, tell

CONTROLS = "a, button, input, [role=button]"
_MOST_NODES = 40  # blocks, and controls that may be buttons, of one page that are looked at
_MOST_CONTROLS = 3_000  # links and buttons of one page
_BUTTON = re.compile(r"btn|button|cart|buy|basket|kago|purchase", re.IGNORECASE)
_MOST_PIECES = 60
_ASIDE = frozenset({"a", "button", "input", "select", "textarea", "script", "style", "del", "s", "strike"})
_INLINE = frozenset({"span", "b", "strong", "em", "i", "font", "small", "u", "ins", "mark", "label", "a"})
_LONGEST_STATEMENT = 60  # characters; what is longer is prose
_POINTS = re.compile(r"([0-9][0-9,]{0,9})\s{0,2}(?:ポイント|pt)", re.IGNORECASE)
_DATE = re.compile(
    r"[0-9]{4}\s{0,2}(?:年|/)\s{0,2}[0-9]{1,2}\s{0,2}(?:月|/)(?:\s{0,2}[0-9]{1,2}\s{0,2}日?|\s{0,2}[上中下]旬)?"
)
_KINDS = (
    Availability.LOTTERY,
    Availability.INVITATION,
    Availability.PREORDER,
    Availability.MADE_TO_ORDER,
    Availability.BACKORDER,
)
_REFUSALS = (Availability.DISCONTINUED, Availability.IN_STORE_ONLY, Availability.COMING_SOON, Availability.OUT_OF_STOCK)


@dataclass(frozen=True, slots=True)
class Counter:
    """One shop and where on its pages it says whether it sells."""

    name: str
    hosts: tuple[str, ...]
    address: re.Pattern[str]  # held against path and query; its group names the product
    kind: str  # what the id is called: "sku", "jan"
    marks: tuple[bytes, ...]  # one of them stands on each page that has the block: looked for before any tree is built
    block: str  # CSS of the block that states it
    controls: str = ""  # CSS of the order control; any control within the block where empty
    price: str = ""  # CSS of the price with tax
    points: str = ""
    title: str = "h1"
    words: Mapping[str, Availability] = field(default_factory=dict)  # this shop's phrases, beside the lexicon's
    rules: bool = False  # the block's refusal holds although a usable order control stands there
    alone: bool = False  # the order control named in `controls` is statement enough, without a stock phrase
    apart: bool = False  # the same names stand in rails: what is in a list, an aside or a rail is not looked at
    condition: Condition | None = Condition.NEW
    sells_alone: bool = True  # the shop is the seller; elsewhere people are
    basis: str = "documented structure"

    def product(self, url: str) -> str | None:
        """Return "kind:id" for an address of this shop that names a product."""
        if not belongs(host_of(url), self.hosts):
            return None
        parts = urlsplit(url)
        found = self.address.search(f"{parts.path}?{parts.query}")
        return f"{self.kind}:{next(filter(None, found.groups())).lower()}" if found else None

    def read(self, page: Page, listing: Listing) -> Told | None:
        """Say what the block says; None where it is missing or says nothing that is known."""
        if page.is_json or not any(mark in page.body for mark in self.marks):
            return None
        blocks = [node for node in page.dom.css(self.block)[:_MOST_NODES] if shown(node) and not self._aside(node)]
        if not blocks:
            return None
        blocks = _outermost(blocks)
        yes, no = self._said(blocks)
        if self.apart and sum(bool(self._said([block])[0]) for block in blocks) > 1:
            return None  # several fields say that there is stock: some are other products'
        orders, refused = self._orders(page, blocks)
        if refused is not None:
            no.append(refused)
        if no and not yes and (self.rules or not orders):
            state = next(kind for kind in (*_REFUSALS, no[0][0]) if kind in {said for said, _ in no})
        elif orders and not no and (yes or self.alone):
            state = _kind_of(yes, orders)
        elif no and (yes or orders):
            other = (yes or orders)[0][1]
            return cannot_tell(f'the shop\'s own block says "{no[0][1][:60]}", yet also "{other[:60]}"')
        else:
            return None
        said = next((text for told, text in (*no, *yes, *orders) if told is state), (no or yes or orders)[0][1])
        title = words(page.dom.css_first(self.title)) or None
        return tell(
            page,
            [replace(self._offer(page, state, blocks, said), condition=goods(title, self.condition))],
            listing,
            where=self.block.partition(",")[0],
            words=said,
            title=title,
            ids=[self.product(page.url) or self.product(listing.url)],
        )

    def _said(self, blocks: list[LexborNode]) -> tuple[list[tuple[Availability, str]], list[tuple[Availability, str]]]:
        """The block's statements, for and against; what a control says is not one of them."""
        yes: list[tuple[Availability, str]] = []
        no: list[tuple[Availability, str]] = []
        for piece in _pieces(blocks):
            for state in self._states(piece):
                (yes if state.is_orderable else no).append((state, piece))
        return yes, no

    def _states(self, piece: str) -> list[Availability]:
        text = fold(piece)
        if len(text) > _LONGEST_STATEMENT:
            return []
        own = [(len(phrase), state) for phrase, state in self.words.items() if find(text, fold(phrase)) >= 0]
        if own:
            return [max(own, key=lambda hit: hit[0])[1]]
        return [said.state for said in lexicon().statements(piece)]

    def _orders(
        self, page: Page, blocks: list[LexborNode]
    ) -> tuple[list[tuple[Availability, str]], tuple[Availability, str] | None]:
        """The usable order controls; and what stands in their place, where the shop names the control and it refuses."""
        found: list[tuple[Availability, str]] = []
        refused: tuple[Availability, str] | None = None
        nodes = page.dom.css(self.controls) if self.controls else [n for b in blocks for n in b.css(CONTROLS)]
        named = bool(self.controls) and self.controls != CONTROLS
        fields = {block.mem_id for block in blocks}  # a field that is a link is no order control
        pressed = (
            node for node in nodes[:_MOST_CONTROLS] if named or (_may_be_button(node) and node.mem_id not in fields)
        )
        for node in islice(pressed, _MOST_NODES):
            if self._aside(node):
                continue
            label = _label(node)
            role = lexicon().control(label)
            if role is None or role[0] is Role.NOTIFY:
                continue
            if role[0] is Role.ORDER and usable(node):
                found.append((role[1], label))
            elif shown(node):
                refused = (role[1] if role[0] is Role.REFUSAL else Availability.OUT_OF_STOCK), label
        return found, refused

    def _shown(self, page: Page, css: str) -> Iterator[str]:
        """Yield the words of the shown elements that a selector finds, outside lists and rails."""
        for node in page.dom.css(css)[:_MOST_NODES] if css else []:
            if shown(node) and not self._aside(node):
                yield words(node)

    def _aside(self, node: LexborNode) -> bool:
        """True for what stands in a list or a rail, where the shop's pages show other goods under the same names."""
        at = node.parent if self.apart else None
        while at is not None and at.tag not in ("body", "html"):
            names = f"{at.attributes.get('class') or ''} {at.attributes.get('id') or ''}"
            if at.tag in ("li", "aside", "nav", "footer", "header") or part_of(names) is Part.RAIL:
                return True
            at = at.parent
        return False

    def _offer(self, page: Page, state: Availability, blocks: list[LexborNode], said: str) -> Offer:
        amounts = (best_price(said, hint_currency=YEN) for said in self._shown(page, self.price))
        money = next((one for one in amounts if one), None)
        points = next((found for said in self._shown(page, self.points) if (found := _POINTS.search(said))), None)
        left = next((one.quantity for one in lexicon().statements(said) if one.quantity), None)
        date = _DATE.search(" ".join(map(words, blocks))) if state is Availability.PREORDER else None
        return Offer(
            state,
            _whole(money.amount) if money else None,
            YEN if money else None,
            tax_excluded=bool(money and money.tax_included is False),
            points=int(points[1].replace(",", "")) if points else None,
            seller=self.name if self.sells_alone else None,
            quantity=left if state.is_orderable else None,
            available_on=date[0] if date else None,
        )


def _outermost(blocks: list[LexborNode]) -> list[LexborNode]:
    """The blocks that stand in no other of them."""
    known = {block.mem_id for block in blocks}
    found = []
    for block in blocks:
        at = block.parent
        while at is not None and at.mem_id not in known:
            at = at.parent
        if at is None:
            found.append(block)
    return found


def _kind_of(yes: list[tuple[Availability, str]], orders: list[tuple[Availability, str]]) -> Availability:
    """What kind of order it is: the control's own words first, then the statements; plain stock where any says so."""
    own = {state for state, _ in orders}
    if Availability.IN_STOCK not in own:
        return next((kind for kind in _KINDS if kind in own), Availability.IN_STOCK)
    stated = {state for state, _ in yes}
    if Availability.IN_STOCK in stated:
        return Availability.IN_STOCK
    return next((kind for kind in _KINDS if kind in stated), Availability.IN_STOCK)


def _may_be_button(node: LexborNode) -> bool:
    """True for a button, and for a link that looks or acts like one instead of leading to another page."""
    if node.tag != "a":
        return True
    attributes = node.attributes
    href = (attributes.get("href") or "").strip().lower()
    names = f"{attributes.get('class') or ''} {attributes.get('id') or ''}"
    return (
        href in ("", "#")
        or href.startswith(("javascript:", "#"))
        or attributes.get("role") == "button"
        or "onclick" in attributes
        or _BUTTON.search(names) is not None
    )


def _label(node: LexborNode) -> str:
    """Return what a visitor reads on a control, hidden or not: its words, its value, its picture's text."""
    if node.tag == "input":
        for key in ("value", "alt", "title"):
            if said := node.attributes.get(key):
                return said
        return ""
    if said := words(node) or " ".join((node.text(deep=True, strip=True) or "").split()):
        return said[:200]
    picture = node.css_first("img[alt]")
    return (picture.attributes.get("alt") or "") if picture else (node.attributes.get("aria-label") or "")


def _pieces(blocks: list[LexborNode]) -> Iterator[str]:
    """Yield the texts that a visitor sees apart in the blocks; a field's value also with the field's name before it."""
    count = 0
    for block in blocks:
        label = ""
        for run in _runs(block):
            if label:
                yield f"{label}: {run}"
            yield run
            label = run if lexicon().is_label(run) else ""
            count += 1
            if count >= _MOST_PIECES:
                return


def _runs(block: LexborNode) -> Iterator[str]:
    """Yield the runs of text between block-like elements, without what controls below the block say."""
    run: list[str] = []
    stack: list[LexborNode | None] = [block]  # None: a run ends here
    while stack:
        node = stack.pop()
        if node is not None and node.is_text_node:
            run.append(node.text_content or "")
            continue
        skipped = (
            node is None or not node.is_element_node or (node is not block and (node.tag in _ASIDE or hides(node)))
        )
        if skipped or (node is not None and node.tag not in _INLINE):
            if text := " ".join("".join(run).split()):
                yield text
            run = []
        if skipped or node is None:
            continue
        children: list[LexborNode | None] = list(node.iter(include_text=True))
        if node.tag not in _INLINE:
            children.append(None)
        stack.extend(reversed(children))
    if text := " ".join("".join(run).split()):
        yield text


def _whole(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal(1)) if amount == amount.to_integral_value() else amount
