"""Which parts of a page belong to other goods: cards that lead elsewhere, rows of like cards, whatever a rail heading heads."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import lru_cache
from urllib.parse import urlsplit

from watchers.readers.lexicon import Lexicon
from watchers.readers.markup import spelled
from watchers.readers.outline import HEADINGS, Outline

_LARGEST_CARD = 220  # elements; what is larger is a part of the page, not one good among others
_LARGEST_LIKE = 90
_SHORTEST_NAME = 12  # characters of a link that names a good, not a colour of this one
_MOST_SIBLINGS = 60
_SMALL = 8  # elements around a heading that stands beside its goods, not around them
_NOT_ELSEWHERE = ("#", "javascript:", "mailto:", "tel:", "data:", "sms:")
# Pages of a shop that show no good of their own: a link there makes no card.
_SERVICE = re.compile(
    r"support|cart|basket|login|signin|account|wish|help|shipping|delivery|return|payment|guide|faq|contact|review|seller|"
    r"shops?/|brand|maker|policy|privacy|terms|\.(?:jpe?g|png|webp|gif|svg|pdf)$"
)
# Names that shop programs give to one good in a list: PrestaShop's miniature, Magento's product-item, slides of a carousel.
_CARD_NAME = re.compile(
    r"(?:^|[\s_-])(?:product|item|goods)-?(?:card|tile|miniature|thumb|thumbnail)(?:s|-wrapper|-container)?(?=$|[\s_-])|"
    r"(?:^|\s)(?:product-item|product-items|swiper-slide|slick-slide|owl-item|carousel-item|splide__slide|glide__slide)(?=$|\s)"
)


class Cards:
    """Tells for any element of one page whether it stands among other goods than the one of the main heading."""

    def __init__(
        self, outline: Outline, url: str, heading: int, chain: dict[int, int], priced: Sequence[int], words: Lexicon
    ) -> None:
        self._outline = outline
        self._chain = chain  # the heading's ancestors: never a card
        self._priced = priced  # owners of texts that name an amount, sorted
        here = urlsplit(url)
        self._host, self._path = (here.hostname or "").lower(), here.path.rstrip("/")
        self._known: dict[int, bool] = {}
        self._offering: dict[int, bool] = {}
        self._links_at = [element for element, _ in outline.links]
        self._leading: dict[str, bool] = {}
        self._goods = sorted(set(self._foreign_goods()))
        self._rails = list(self._headed_rails(heading, words))

    def holds(self, element: int) -> bool:
        """True when the element stands among other goods."""
        for begin, end in self._rails:
            if begin <= element < end:
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
                first = next(outline.texts_in(parent), None)
                if first is not None and outline.texts[first][0] < element:
                    break
                top = parent
            # In a flat page the goods follow beside their heading: everything after it within the same parent.
            beside = outline.ends[top] - top < _SMALL and parent >= 0
            yield top, outline.ends[parent] if beside else outline.ends[top]

    def _is_card(self, element: int) -> bool:
        outline = self._outline
        end = outline.ends[element]
        if end - element > _LARGEST_CARD:
            return False
        if outline.tags[element] == "tr" and any(outline.inside(element, form) for form, _ in outline.forms):
            return False  # one order for several rows makes them variants, not other goods
        return (
            _any_between(self._goods, element, end)
            or _named_card(outline.names[element])
            or self._among_its_like(element)
            or self._names_one_other(element, end)
        )

    def _names_one_other(self, element: int, end: int) -> bool:
        """True when a link to one other page like this one, with a name's length of words, stands there before a price."""
        if end - element > _LARGEST_LIKE or not _any_between(self._priced, element, end):
            return False
        first = self._priced[bisect_left(self._priced, element)]
        outline, found = self._outline, set()
        for at in range(bisect_left(self._links_at, element), bisect_left(self._links_at, end)):
            link, href = outline.links[at]
            if (path := self._page_like_this(href)) is None:
                continue
            words = sum(len(outline.texts[number][1]) for number in outline.texts_in(link))
            found.add(path if link < first and words >= _SHORTEST_NAME else "")
        return len(found) == 1 and "" not in found

    def _page_like_this(self, href: str) -> str | None:
        """Return the path of a link whose address has the form of this page's: as many parts, the first the same."""
        if not self._away(href):
            return None
        path = urlsplit(href.strip()[:500]).path.rstrip("/").lower()
        theirs, ours = path.split("/"), self._path.lower().split("/")
        return path if len(theirs) == len(ours) > 2 and theirs[1] == ours[1] else None

    def _among_its_like(self, element: int) -> bool:
        """True when the element and a sibling of the same make each show a price and lead to some good of their own."""
        if not self._offers_a_good(element):
            return False
        outline = self._outline
        parent = outline.parents[element]
        size, tag, names = outline.ends[element] - element, outline.tags[element], outline.names[element].split()[:2]
        sibling, looked = parent + 1, 0
        while parent >= 0 and sibling < outline.ends[parent] and looked < _MOST_SIBLINGS:
            its_size = outline.ends[sibling] - sibling
            if (
                sibling != element
                and size <= 3 * its_size <= 9 * size
                and outline.tags[sibling] == tag
                and self._offers_a_good(sibling)
                and outline.names[sibling].split()[:2] == names
            ):
                return True
            sibling = outline.ends[sibling]
            looked += 1
        return False

    def _offers_a_good(self, element: int) -> bool:
        known = self._offering.get(element)
        if known is None:
            end = self._outline.ends[element]
            known = self._offering[element] = (
                end - element <= _LARGEST_LIKE
                and _any_between(self._priced, element, end)
                and self._leads_away(element, end)
            )
        return known

    def _leads_away(self, begin: int, end: int) -> bool:
        links = self._outline.links
        return any(
            self._away(links[at][1])
            for at in range(bisect_left(self._links_at, begin), bisect_left(self._links_at, end))
        )

    def _foreign_goods(self) -> Iterator[int]:
        """Yield the links that show another good: around a picture and words, around a heading, or within one."""
        outline = self._outline
        pictured: dict[str, int] = {}
        pictures = [element for element, _ in outline.images]
        others: list[tuple[int, str]] = []
        for element, href in outline.links:
            end = outline.ends[element]
            above = outline.parents[element]
            over = outline.parents[above] if above >= 0 else -1
            if (
                outline.tags[above] in HEADINGS
                or outline.tags[over] in HEADINGS
                or _any_between(outline.headings, element, end)
            ):
                if self._away(href):
                    yield element
                continue
            others.append((element, href))
            if _any_between(pictures, element, end):
                pictured[href] = element
        worded = {
            href: element
            for element, href in others
            if href in pictured and any(len(outline.texts[number][1]) > 3 for number in outline.texts_in(element))
        }
        for href, element in worded.items():
            if self._away(href):
                yield pictured[href]
                yield element

    def _away(self, href: str) -> bool:
        known = self._leading.get(href)
        if known is None:
            known = self._leading[href] = self._elsewhere(href)
        return known

    def _elsewhere(self, href: str) -> bool:
        """True for a link to another page of this site that may show a good."""
        href = href.strip()
        low = href[:300].lower()
        if not low or low.startswith(_NOT_ELSEWHERE):
            return False
        host = self._host
        if low.startswith(("http://", "https://", "//")):
            host, _, path = low.partition("//")[2].partition("/")
            path = f"/{path}"
            if host.split(":")[0].split(".")[-2:] != self._host.split(".")[-2:]:
                return False  # other people's sites sell none of this shop's goods
        elif low.startswith("?"):
            return "pid=" in low or "id=" in low  # shops that name their goods in the query alone
        else:
            path = low
        path = path.partition("?")[0].partition("#")[0]
        if path.rstrip("/") == self._path.lower() and host == self._host:
            return False
        return _SERVICE.search(f"{host}{path}") is None


@lru_cache(maxsize=4_096)
def _named_card(names: str) -> bool:
    return _CARD_NAME.search(spelled(names)) is not None


def _any_between(sorted_elements: Sequence[int], begin: int, end: int) -> bool:
    at = bisect_left(sorted_elements, begin)
    return at < len(sorted_elements) and sorted_elements[at] < end
