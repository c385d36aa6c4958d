"""Where on a page the product itself stands: around its heading, as far as the order control; rails are no part of it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from watchers.readers.controls import OrderControl
from watchers.readers.lexicon import fold
from watchers.readers.outline import Outline

_LARGEST_CARD = 220  # elements; what is larger is a part of the page, not one good among others
_TOKENS = re.compile(r"[a-z0-9]+|[^\W\d_a-z]", re.IGNORECASE)
_MONEY = re.compile(r"[¥￥$€£₹₩₺₽฿]\s?\d|\d\s?(?:円|€|zł|kr\b|usd|eur|tl\b|sar|egp|ر\.س)|(?:usd|eur|gbp|jpy|inr|egp|sar|aed|cad|aud|rs\.?|r\$|us\$)\s?\d", re.IGNORECASE)  # fmt: skip
_NOT_ELSEWHERE = ("#", "javascript:", "mailto:", "tel:", "data:")
_SERVICE_PATH = re.compile(r"cart|basket|login|signin|account|wish|help|shipping|delivery|return|payment|guide|faq|contact|review|seller|shops?/|brand|maker|policy|privacy|terms|\.(?:jpe?g|png|webp|gif|svg|pdf)$")  # fmt: skip


@dataclass(slots=True)
class Block:
    """The product's own part of the page."""

    heading: int
    title: str
    root: int
    controls: list[OrderControl] = field(default_factory=list)
    texts: list[tuple[int, str]] = field(default_factory=list)
    priced: bool = False  # an amount of money stands in it


def similarity(one: str, other: str) -> float:
    """How much of the shorter title is in the other, 0 to 1, by words (by characters where a script has none)."""
    ours, theirs = set(_TOKENS.findall(fold(one))), set(_TOKENS.findall(fold(other)))
    return len(ours & theirs) / min(len(ours), len(theirs)) if ours and theirs else 0.0


def text_of(outline: Outline, element: int) -> str:
    """The visible words inside an element."""
    first = bisect_left(outline.texts, (element, ""))
    end = outline.ends[element]
    words = []
    for owner, text in outline.texts[first : first + 30]:
        if owner >= end:
            break
        words.append(text)
    return " ".join(words)


def find_heading(outline: Outline, titles: Sequence[str]) -> tuple[int, str] | None:
    """Return the element that names the product: the heading likest to what the page calls itself, else that very text."""
    best: tuple[float, int, str] | None = None
    for number in outline.headings:
        tag = outline.tags[number]
        text = text_of(outline, number)
        if len(text) < 2:
            continue
        like = max((similarity(text, title) for title in titles), default=0.0)
        score = like + (1.0 if tag == "h1" else 0.0 if tag == "h2" else -0.2)
        if tag != "h1" and like < 0.75:
            continue
        if best is None or score > best[0]:
            best = score, number, text
    if best and (best[0] >= 1.4 or not titles):
        return best[1], best[2]
    wanted = {fold(title) for title in titles if len(title) > 3}
    for element, text in outline.texts:
        if fold(text) in wanted:
            return element, text
    return (best[1], best[2]) if best else None


def find_block(
    outline: Outline, heading: tuple[int, str], controls: Sequence[OrderControl], url: str
) -> Block:
    """Return the smallest part of the page that holds the heading, an order control and a price."""
    number, title = heading
    chain = outline.chain(number)
    level_of = {element: level for level, element in enumerate(chain)}
    cards = _Cards(outline, url, level_of)
    own = [control for control in controls if not cards.holds(control.element)]
    price_level = min(
        (_level(outline, element, level_of) for element, text in outline.texts if _MONEY.search(text) and not cards.holds(element)),
        default=0,
    )  # fmt: skip
    levels = [_level(outline, control.element, level_of) for control in own]
    level = max(min(levels, default=0), price_level)
    root = chain[level]
    block = Block(number, title, root)
    block.controls = [control for control, at in zip(own, levels, strict=True) if at <= level]
    begin = bisect_left(outline.texts, (root, ""))
    for element, text in outline.texts[begin:]:
        if element >= outline.ends[root]:
            break
        if not cards.holds(element):
            block.texts.append((element, text))
            block.priced = block.priced or _MONEY.search(text) is not None
    return block


def _level(outline: Outline, element: int, level_of: dict[int, int]) -> int:
    while element not in level_of:
        element = outline.parents[element]
    return level_of[element]


class _Cards:
    """Which elements belong to a card of some other good: a small part with a picture link or heading link elsewhere."""

    def __init__(self, outline: Outline, url: str, chain: Iterable[int]) -> None:
        self._outline = outline
        self._chain = chain if isinstance(chain, dict) else set(chain)
        self._here = urlsplit(url)
        self._known: dict[int, bool] = {}
        self._goods = sorted(set(self._foreign_goods(url)))

    def holds(self, element: int) -> bool:
        """True when the element stands in a card."""
        path = []
        answer = False
        while element not in self._chain:
            if (known := self._known.get(element)) is not None:
                answer = known
                break
            path.append(element)
            element = self._outline.parents[element]
            if element < 0:
                break
        for step in reversed(path):
            answer = answer or self._is_card(step)
            self._known[step] = answer
        return answer

    def _is_card(self, element: int) -> bool:
        end = self._outline.ends[element]
        if end - element > _LARGEST_CARD:
            return False
        at = bisect_left(self._goods, element)
        return at < len(self._goods) and self._goods[at] < end

    def _foreign_goods(self, url: str) -> Iterable[int]:
        """Yield the links that show another good: around a picture and words, around a heading, or within one."""
        outline = self._outline
        pictured: dict[str, int] = {}
        worded: dict[str, int] = {}
        pictures = [element for element, _ in outline.images]
        for element, href in outline.links:
            if not self._elsewhere(url, href):
                continue
            end = outline.ends[element]
            parents = outline.parents
            headed = any(
                outline.tags[up] in ("h2", "h3", "h4", "h5", "h6") for up in (parents[element], parents[parents[element]])
            )
            inner = bisect_left(outline.headings, element)
            if headed or (inner < len(outline.headings) and outline.headings[inner] < end):
                yield element
                continue
            at = bisect_left(pictures, element)
            if at < len(pictures) and pictures[at] < end:
                pictured[href] = element
            if len(text_of(outline, element)) > 3:
                worded[href] = element
        for href in pictured.keys() & worded.keys():
            yield pictured[href]
            yield worded[href]

    def _elsewhere(self, url: str, href: str) -> bool:
        href = href.strip()
        if not href or href.lower().startswith(_NOT_ELSEWHERE):
            return False
        try:
            target = urlsplit(urljoin(url, href))
        except ValueError:
            return False
        if target.netloc == self._here.netloc and target.path.rstrip("/") == self._here.path.rstrip("/"):
            return False
        return _SERVICE_PATH.search(target.path.lower()) is None
