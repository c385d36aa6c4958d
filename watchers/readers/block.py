"""Where on a page the product itself stands: around its heading, as far as the order control; rails are no part of it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from watchers.readers.controls import OrderControl
from watchers.readers.lexicon import Lexicon, Said, fold
from watchers.readers.markup import spelled
from watchers.readers.outline import Outline

_LARGEST_CARD = 220  # elements; what is larger is a part of the page, not one good among others
_LARGEST_LIKE = 90
_MOST_SIBLINGS = 60
_MOST_PIECES = 12
_TOKENS = re.compile(r"[a-z0-9]+|[^\W\d_a-z]", re.IGNORECASE)
MONEY = re.compile(r"[¥￥$€£₹₩₺₽฿]\s?\d|\d\s?(?:円|€|zł|kr\b|usd|eur|tl\b|sar|egp|ر\.س)|(?:usd|eur|gbp|jpy|inr|egp|sar|aed|cad|aud|rs\.?|r\$|us\$)\s?\d", re.IGNORECASE)  # fmt: skip
_NOT_ELSEWHERE = ("#", "javascript:", "mailto:", "tel:", "data:")
_SERVICE_PATH = re.compile(r"support|cart|basket|login|signin|account|wish|help|shipping|delivery|return|payment|guide|faq|contact|review|seller|shops?/|brand|maker|policy|privacy|terms|\.(?:jpe?g|png|webp|gif|svg|pdf)$")  # fmt: skip
# Names that shop programs give to one good in a list: PrestaShop's miniature, Magento's product-item, slides of a carousel.
_CARD_NAME = re.compile(
    r"(?:^|[\s_-])(?:product|item|goods)-?(?:card|tile|miniature|thumb|thumbnail)(?:s|-wrapper|-container)?(?=$|[\s_-])|"
    r"(?:^|\s)(?:product-item|product-items|swiper-slide|slick-slide|owl-item|carousel-item|splide__slide|glide__slide)(?=$|\s)"
)


@dataclass(slots=True)
class Block:
    """The product's own part of the page."""

    heading: int
    title: str
    root: int
    controls: list[OrderControl] = field(default_factory=list)
    texts: list[int] = field(default_factory=list)  # places in the outline's texts
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
        if tag != "h1" and like < 0.75:
            continue
        score = like + (1.0 if tag == "h1" else 0.0 if tag == "h2" else -0.2)
        if best is None or score > best[0]:
            best = score, number, text
    if best and (best[0] >= 1.4 or not titles):
        return best[1], best[2]
    wanted = [set(_TOKENS.findall(fold(title))) for title in titles if len(title) > 3]
    for element, text in outline.texts:
        tokens = set(_TOKENS.findall(fold(text))) if 3 < len(text) < 300 else set()
        if any(len(tokens & want) >= max(0.8 * len(tokens), 0.5 * len(want), 1) for want in wanted):
            return element, text
    return (best[1], best[2]) if best else None


def find_block(
    outline: Outline, heading: tuple[int, str], controls: Sequence[OrderControl], url: str, words: Lexicon
) -> Block:
    """Return the smallest part of the page that holds the heading, an order control and a price.

    Where the page has no order control at all, it is the smallest part that says something about stock.
    """
    number, title = heading
    chain = outline.chain(number)
    level_of = {element: level for level, element in enumerate(chain)}
    cards = Cards(outline, url, number, level_of, words)
    own = [control for control in controls if not cards.holds(control.element)]
    texts = [place for place, (element, _) in enumerate(outline.texts) if not cards.holds(element)]
    at = [_level(outline, outline.texts[place][0], level_of) for place in texts]
    price = min(
        (level for level, place in zip(at, texts, strict=True) if MONEY.search(outline.texts[place][1])), default=0
    )
    levels = [_level(outline, control.element, level_of) for control in own]
    if levels:
        level = max(min(levels), price)
    else:
        said = (level for level, place in zip(at, texts, strict=True) if statements(outline, place, words))
        level = max(min(said, default=0), price)
    block = Block(number, title, chain[level])
    block.controls = [control for control, its in zip(own, levels, strict=True) if its <= level]
    block.texts = [place for place, its in zip(texts, at, strict=True) if its <= level]
    block.priced = any(MONEY.search(outline.texts[place][1]) for place in block.texts)
    return block


def statements(outline: Outline, place: int, words: Lexicon) -> list[tuple[int, Said]]:
    """What a run of text says about stock, and in which element: the run as a whole, else its pieces, for elements that
    the style sheet sets apart only look like one run here."""
    element, text = outline.texts[place]
    found = [(element, said) for said in words.statements(text)]
    if not found and (pieces := outline.pieces.get(place)) and len(pieces) < _MOST_PIECES:
        found = [
            (owner, said)
            for owner, piece in pieces
            for said in words.statements(piece)
            if said.exact or said.quantity is not None
        ]
    return found


def _any_between(sorted_elements: Sequence[int], begin: int, end: int) -> bool:
    at = bisect_left(sorted_elements, begin)
    return at < len(sorted_elements) and sorted_elements[at] < end


def _level(outline: Outline, element: int, level_of: dict[int, int]) -> int:
    while element not in level_of:
        element = outline.parents[element]
    return level_of[element]


class Cards:
    """Which elements belong to other goods: cards with a picture or heading that leads elsewhere, rows of like cards,
    and whatever stands under a heading such as "related products"."""

    def __init__(self, outline: Outline, url: str, heading: int, chain: dict[int, int], words: Lexicon) -> None:
        self._outline = outline
        self._chain = chain
        self._here = urlsplit(url)
        self._known: dict[int, bool] = {}
        self._away = [element for element, href in outline.links if self._elsewhere(url, href)]
        self._goods = sorted(set(self._foreign_goods()))
        self._rails = list(self._headed_rails(heading, words))

    def holds(self, element: int) -> bool:
        """True when the element stands among other goods."""
        if any(begin <= element < end for begin, end in self._rails):
            return True
        path = []
        answer = False
        while element not in self._chain:
            if (known := self._known.get(element)) is not None:
                answer = known
                break
            path.append(element)
            element = self._outline.parents[element]
        for step in reversed(path):
            answer = answer or self._is_card(step)
            self._known[step] = answer
        return answer

    def _headed_rails(self, heading: int, words: Lexicon) -> Iterator[tuple[int, int]]:
        """Yield from each rail heading to the end of the part of the page that it heads."""
        outline = self._outline
        for element, text in outline.texts:
            if element <= heading or not words.heads_a_rail(text):
                continue
            top = element
            while (parent := outline.parents[top]) not in self._chain and parent >= 0:
                if self._texts_before(parent, element):
                    break
                top = parent
            # In a flat page the goods follow beside their heading: everything after it within the same parent.
            yield top, outline.ends[parent] if outline.ends[top] - top < 8 and parent >= 0 else outline.ends[top]

    def _texts_before(self, parent: int, element: int) -> bool:
        first = bisect_left(self._outline.texts, (parent, ""))
        return first < len(self._outline.texts) and self._outline.texts[first][0] < element

    def _is_card(self, element: int) -> bool:
        outline = self._outline
        end = outline.ends[element]
        if end - element > _LARGEST_CARD or (outline.tags[element] == "tr" and self._ordered_together(element)):
            return False
        if _any_between(self._goods, element, end):
            return True
        names = spelled(outline.names[element])
        if _CARD_NAME.search(names):
            return True
        return self._among_its_like(element)

    def _among_its_like(self, element: int) -> bool:
        """True when the element and a sibling of the same make each show a price and lead to some good of their own."""
        if not self._offers_a_good(element):
            return False
        outline = self._outline
        parent = outline.parents[element]
        shape, size = (outline.tags[element], outline.names[element].split()[:2]), outline.ends[element] - element
        sibling, looked = parent + 1, 0
        while parent >= 0 and sibling < outline.ends[parent] and looked < _MOST_SIBLINGS:
            its_size = outline.ends[sibling] - sibling
            if (
                sibling != element
                and (outline.tags[sibling], outline.names[sibling].split()[:2]) == shape
                and size <= 3 * its_size <= 9 * size
                and self._offers_a_good(sibling)
            ):
                return True
            sibling = outline.ends[sibling]
            looked += 1
        return False

    def _ordered_together(self, row: int) -> bool:
        """True for a row inside a form: one order for several rows makes them variants, not other goods."""
        return any(self._outline.inside(row, form) for form, _ in self._outline.forms)

    def _offers_a_good(self, element: int) -> bool:
        outline = self._outline
        end = outline.ends[element]
        if end - element > _LARGEST_LIKE or not _any_between(self._away, element, end):
            return False
        first = bisect_left(outline.texts, (element, ""))
        for owner, text in outline.texts[first : first + 30]:
            if owner >= end:
                return False
            if MONEY.search(text):
                return True
        return False

    def _foreign_goods(self) -> Iterable[int]:
        """Yield the links that show another good: around a picture and words, around a heading, or within one."""
        outline = self._outline
        pictured: dict[str, int] = {}
        worded: dict[str, int] = {}
        pictures = [element for element, _ in outline.images]
        hrefs = dict(outline.links)
        for element in self._away:
            href = hrefs[element]
            end = outline.ends[element]
            parents = outline.parents
            headed = any(
                outline.tags[up] in ("h2", "h3", "h4", "h5", "h6")
                for up in (parents[element], parents[parents[element]])
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
        if target.netloc.split(".")[-2:] != self._here.netloc.split(".")[-2:]:
            return False  # other people's sites sell none of this shop's goods
        return _SERVICE_PATH.search(f"{target.netloc}{target.path}".lower()) is None
