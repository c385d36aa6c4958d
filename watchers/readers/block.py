"""Where on a page the product itself stands: around its heading, as far as the order control; rails are no part of it."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from watchers.readers.cards import Cards
from watchers.readers.controls import OrderControl
from watchers.readers.lexicon import Lexicon, Said, fold
from watchers.readers.outline import Outline

_MOST_PIECES = 12
_LONGEST_PRICE = 400
_LONGEST_BARE = 16  # characters of a price that stands alone, not in a sentence
_REMEMBERED = 2_048  # texts whose words are kept: a title meets every heading of its page
_DIGIT = re.compile(r"\d")
_TOKENS = re.compile(r"[a-z0-9]+|[^\W\d_a-z]", re.IGNORECASE)
_FIGURES = re.compile(r"[0-9][0-9.,]*")
_MONEY = re.compile(r"[¥￥$€£₹₩₺₽฿]\s?\d|\d\s?(?:円|€|zł|kr\b|usd|eur|tl\b|sar|egp|ر\.س)|(?:usd|eur|gbp|jpy|inr|egp|sar|aed|cad|aud|rs\.?|r\$|us\$)\s?\d", re.IGNORECASE)  # fmt: skip


@dataclass(slots=True)
class Block:
    """The product's own part of the page."""

    heading: int
    title: str
    root: int
    controls: list[OrderControl] = field(default_factory=list)
    texts: list[int] = field(default_factory=list)  # places in the outline's texts
    priced: bool = False  # an amount of money stands in it


def names_money(text: str) -> bool:
    """True when an amount of money stands in a text."""
    return _DIGIT.search(text) is not None and _MONEY.search(text) is not None


def similarity(one: str, other: str) -> float:
    """How much of the shorter title is in the other, 0 to 1, by words (by characters where a script has none)."""
    ours, theirs = _tokens(one), _tokens(other)
    return len(ours & theirs) / min(len(ours), len(theirs)) if ours and theirs else 0.0


@lru_cache(maxsize=_REMEMBERED)
def _tokens(text: str) -> frozenset[str]:
    return frozenset(_TOKENS.findall(fold(text)))


def text_of(outline: Outline, element: int) -> str:
    """The visible words inside an element."""
    return " ".join(outline.texts[number][1] for number in outline.texts_in(element))


def find_heading(outline: Outline, titles: Sequence[str]) -> tuple[int, str] | None:
    """Return the element that names the product: the heading likest to what the page calls itself, else that very text."""
    best: tuple[float, int, str] | None = None
    for number in outline.headings:
        tag = outline.tags[number]
        text = text_of(outline, number)
        if len(text) < 2:
            continue
        like = max((similarity(text, title) for title in titles), default=0.0)
        if tag != "h1" and like < 0.75:
            continue
        score = like + (1.0 if tag == "h1" else 0.0 if tag == "h2" else -0.2)
        if best is None or score > best[0]:
            best = score, number, text
    if best and (best[0] >= 1.4 or not titles):
        return best[1], best[2]
    wanted = [_tokens(title) for title in titles if len(title) > 3]
    for element, text in outline.texts:
        tokens = _tokens(text) if 3 < len(text) < 300 else frozenset()
        if any(len(tokens & want) >= max(0.8 * len(tokens), 0.5 * len(want), 1) for want in wanted):
            return element, text
    return (best[1], best[2]) if best else None


def find_block(
    outline: Outline, heading: tuple[int, str], controls: Sequence[OrderControl], url: str, words: Lexicon
) -> Block:
    """Return the smallest part of the page that holds the heading, an order control and a price.

    Where the page has no order control at all, it is the smallest part that says something about stock.
    """
    element, title = heading
    chain = outline.chain(element)
    level_of = {ancestor: level for level, ancestor in enumerate(chain)}
    starts, ends = [-ancestor for ancestor in chain], [outline.ends[ancestor] for ancestor in chain]

    def level(element: int) -> int:
        """Return the innermost of the heading's ancestors that holds an element: each holds the ones before it."""
        return max(bisect_left(starts, -element), bisect_right(ends, element))

    priced = {
        number for number, (_, text) in enumerate(outline.texts) if len(text) < _LONGEST_PRICE and names_money(text)
    }
    cards = Cards(outline, url, element, level_of, sorted(outline.texts[number][0] for number in priced), words)
    own = [control for control in controls if not cards.holds(control.element)]
    own = [c for c in own if not _sells_another(outline, chain[level(c.element)], element, c.element, priced)]
    levels = [level(control.element) for control in own]
    at = [level(owner) for owner, _ in outline.texts]
    price = min((at[number] for number in priced if not cards.holds(outline.texts[number][0])), default=0)
    if levels:
        least = max(min(levels), price)
    else:
        said = (
            at[number]
            for number, (owner, _) in enumerate(outline.texts)
            if statements(outline, number, words) and not cards.holds(owner)
        )
        least = max(min(said, default=_region(outline, chain)), price)
    block = Block(element, title, chain[least])
    block.controls = [control for control, its in zip(own, levels, strict=True) if its <= least]
    block.texts = [
        number for number, its in enumerate(at) if its <= least and not cards.holds(outline.texts[number][0])
    ]
    block.priced = any(number in priced for number in block.texts)
    return block


def _sells_another(outline: Outline, common: int, heading: int, control: int, priced: set[int]) -> bool:
    """True when a control stands apart from the heading with a picture, a name and amounts of its own, none of which the
    heading's side shows: it sells another good, whatever its part of the page is called."""
    side = control
    while side >= 0 and (parent := outline.parents[side]) != common:
        side = parent
    if side < 0 or side == common or outline.inside(heading, side):
        return False
    if not any(outline.inside(image, side) for image, _ in outline.images):
        return False
    here: set[str] = set()
    beside: set[str] = set()
    for number in priced:
        owner, text = outline.texts[number]
        if len(text) < _LONGEST_BARE and outline.inside(owner, common) and owner not in outline.struck:
            (here if outline.inside(owner, side) else beside).update(_FIGURES.findall(text))
    return bool(here and beside) and here.isdisjoint(beside)


def _region(outline: Outline, chain: Sequence[int]) -> int:
    """Return the level of the part of the page around a heading that nothing said anything about: its main part."""
    for level, element in enumerate(chain):
        if outline.tags[element] in ("main", "article", "section"):
            return level
    return max(len(chain) - 2, 0)


def statements(outline: Outline, place: int, words: Lexicon) -> list[tuple[int, Said]]:
    """What a run of text says about stock, and in which element: the run as a whole, else its pieces, for elements that
    the style sheet sets apart only look like one run here."""
    element, text = outline.texts[place]
    found = [(element, said) for said in words.statements(text)]
    if not found and (pieces := outline.pieces_of(place)) and len(pieces) < _MOST_PIECES:
        found = [
            (owner, said)
            for owner, piece in pieces
            for said in words.statements(piece)
            if said.exact or said.quantity is not None
        ]
    return found
