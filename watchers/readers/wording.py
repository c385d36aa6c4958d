"""The visible product block, read by its words: what its order controls and its stock phrases say, and what it costs."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from watchers.model import Availability, Evidence, Offer, Source
from watchers.page import Page
from watchers.readers.block import Block, find_block, find_heading, statements
from watchers.readers.controls import OrderControl, order_controls
from watchers.readers.lexicon import Lexicon, Role, lexicon
from watchers.readers.markup import is_badge
from watchers.readers.outline import Outline, kept, outline

_LONGEST_SCOPE = 40  # characters
# A short text that heads what holds for a branch only: the next text is its value.
_BRANCH = re.compile(
    r"pick-?\s?up|in[- ]store\b|店舗|店頭|abholung|im markt|retrait|en magasin|ritiro|recogida|en tienda", re.IGNORECASE
)
_VARIANT_TAGS = ("label",)  # the name of a choice; "M - sold out" speaks of M, not of the listing


@dataclass(frozen=True, slots=True)
class Wording:
    """What the words of the page say."""

    evidence: tuple[Evidence, ...]
    outline: Outline
    block: Block | None
    controls: tuple[OrderControl, ...]  # of the whole visible page
    stated: bool = False  # the block says "in stock" in a statement of its own, or how many are left


def read_wording(page: Page, titles: Sequence[str]) -> Wording:
    """Read the product block of a page; `titles` are the names the page gives its product elsewhere."""
    words = lexicon()
    seen = outline(page.dom, kept(page.dom))
    controls = order_controls(seen, words)
    heading = find_heading(seen, titles)
    if heading is None or seen.too_large:
        return Wording((), seen, None, tuple(controls))
    block = find_block(seen, heading, controls, page.url, words)
    rows, stated = _phrases_by_table(seen, block, words)
    _drop_orders_of_refused_tables(seen, block, rows)
    evidence = (*_controls_say(seen, block), *_without_lost_variants(rows))
    return Wording(evidence, seen, block, tuple(controls), stated)


def _controls_say(seen: Outline, block: Block) -> Iterator[Evidence]:
    for control in block.controls:
        if control.role is Role.ORDER:
            state = control.state if control.enabled else Availability.OUT_OF_STOCK
            note = control.words if control.enabled else f"{control.words} (disabled)"
        else:
            state, note = control.state, control.words
        yield Evidence(state, Source.BUTTON, place(seen, control.element), note)


def _phrases_by_table(seen: Outline, block: Block, words: Lexicon) -> tuple[dict[int, list[Evidence]], bool]:
    """Return what the stock phrases of the block say, apart for each table, for its rows are variants (-1 is no table); and
    whether one of them is a statement of its own that there is stock."""
    spans = [
        (c.element, seen.ends[c.element]) for c in seen.controls if c.tag != "a" or c.attributes.get("role") == "button"
    ]
    starts = [begin for begin, _ in spans]
    prose = [p for p in seen.prose if not seen.inside(block.heading, p)]
    label, stated, scope = "", False, False
    orders = any(control.role is Role.ORDER and control.enabled for control in block.controls)
    rows: dict[int, list[Evidence]] = {}
    for number in block.texts:
        element, text = seen.texts[number]
        at = bisect_right(starts, element) - 1
        if at >= 0 and element < spans[at][1]:
            continue
        at = bisect_right(prose, element) - 1
        if at >= 0 and seen.inside(element, prose[at]):
            continue
        if seen.inside(element, block.heading) or _in_choice(seen, element):
            continue
        found = [(element, said) for said in words.statements(f"{label}: {text}")] if label else []
        stated = stated or any(said.state.is_orderable for _, said in found)  # the value of a stock field
        found = found or statements(seen, number, words)
        label = text if words.is_label(text) else ""
        branch = len(text) <= 2 * _LONGEST_SCOPE and _BRANCH.search(text) is not None
        elsewhere, scope = scope or branch, branch and len(text) <= _LONGEST_SCOPE
        for owner, said in found:
            if orders and elsewhere and said.exact and not said.state.is_orderable:
                continue  # "pickup: not available" says nothing of what is sent
            if is_badge(seen.names[owner]) or is_badge(seen.names[max(seen.parents[owner], 0)]):
                continue
            stated = stated or (said.state.is_orderable and (said.exact or said.quantity is not None))
            offer = Offer(said.state, quantity=said.quantity) if said.quantity else None
            evidence = Evidence(said.state, Source.PHRASE, place(seen, owner), said.words[:120], offer)
            rows.setdefault(_row_of(seen, owner), []).append(evidence)
    return rows, stated


def _drop_orders_of_refused_tables(seen: Outline, block: Block, rows: dict[int, list[Evidence]]) -> None:
    """Forget the one order control of a form in which every row is refused: it can order none of them."""
    for table, said in rows.items():
        if table < 0 or any(e.says.is_orderable for e in said):
            continue
        for form, _ in seen.forms:
            if seen.inside(table, form):
                block.controls = [
                    c for c in block.controls if c.role is not Role.ORDER or not seen.inside(c.element, form)
                ]


def _row_of(seen: Outline, element: int) -> int:
    """Return the table body whose row an element stands in, for rows of one table are variants of one product; else -1."""
    for _ in range(8):
        if element < 0:
            break
        if seen.tags[element] == "tr":
            return seen.parents[element]
        element = seen.parents[element]
    return -1


def _without_lost_variants(rows: dict[int, list[Evidence]]) -> Iterator[Evidence]:
    """Drop the refusals of single rows where another row of the same table can be had: any variant will do."""
    for table, said in rows.items():
        mixed = table >= 0 and any(e.says.is_orderable for e in said)
        for evidence in said:
            if table >= 0 and not evidence.says.is_orderable:
                if mixed:
                    continue
                if len({e.says for e in said}) > 1:  # one variant is discontinued, another only sold out
                    evidence = replace(evidence, says=Availability.OUT_OF_STOCK)
            yield evidence


def _in_choice(seen: Outline, element: int) -> bool:
    for _ in range(3):
        if element < 0:
            return False
        if seen.tags[element] in _VARIANT_TAGS:
            return True
        element = seen.parents[element]
    return False


def place(seen: Outline, element: int) -> str:
    """Return a short CSS-like name of where something stands."""
    while element > 0 and not seen.names[element]:
        element = seen.parents[element]
    names = seen.names[element].split()
    return f"{seen.tags[element]}.{names[0]}"[:60] if names else seen.tags[element]
