"""Which of the products that a page describes is the one the listing is about, and which of its variants."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from watchers.identity import Address, absolute, address, same_product
from watchers.model import Listing
from watchers.page import Page
from watchers.readers.terms import ID_KEYS, Node, Term, fold, listed, text_of, variant_keys

_LIKE = 0.5  # share of a product's name that the page's title must hold for a match
_UNLIKE = 0.15  # and below which a lone product is somebody else's


@dataclass(frozen=True, slots=True)
class Candidate:
    """A product that the page describes, and where it stands."""

    place: str
    node: Node


@dataclass(frozen=True, slots=True)
class Wanted:
    """The variant a listing asks for: by its own setting, or by the query of its address."""

    value: str
    set_by_hand: bool


def variant_asked(listing: Listing) -> Wanted | None:
    """The variant that a listing narrows to, if it does."""
    if listing.variant:
        return Wanted(listing.variant, True)
    keys = variant_keys(listing.url)
    return Wanted(keys[0], False) if keys else None


class Subject:
    """What the page and the listing's address say the page is about."""

    def __init__(self, page: Page, listing: Listing) -> None:
        self._page = page
        self._listing = listing

    @cached_property
    def addresses(self) -> tuple[Address, ...]:
        """The addresses that stand for this page: asked for, landed on, canonical."""
        head = self._page.head
        urls = (self._listing.url, self._page.url, head.canonical, head.meta("og:url"))
        found = (address(absolute(self._page.url, url)) for url in urls if url)
        return tuple(dict.fromkeys(a for a in found if a is not None and not a.is_home))

    @cached_property
    def titles(self) -> tuple[str, ...]:
        """The names that the head gives the page."""
        head = self._page.head
        return tuple(_letters(title) for title in (head.meta("og:title"), head.title) if title)

    def score(self, candidate: Candidate) -> float | None:
        """How surely a product is the page's own; None when it names another page or other goods as its own."""
        node = candidate.node
        best = 0.0
        own = node.get("url")
        for key in ("url", "@id", "mainEntityOfPage"):
            for value in listed(node.get(key)):
                value = value.get("@id") if isinstance(value, dict) else value
                if not isinstance(value, str) or value.startswith(("#", "_:", "urn:")):
                    continue
                named = address(absolute(self._page.url, value))
                if named is None or named.is_home or not self.addresses:
                    continue
                verdicts = [same_product(mine, named) for mine in self.addresses]
                if True in verdicts:
                    best = max(best, 4.0)
                elif value == own and all(verdict is False for verdict in verdicts):
                    return None
        words = {part for mine in self.addresses for part in (*mine.path, *mine.ids, *(v for _, v in mine.query))}
        ids = {fold(value) for key in ID_KEYS if (value := text_of(node.get(key)))}
        if ids & words:
            best = max(best, 4.0)
        return best + self._likeness(text_of(node.get("name")))

    def _likeness(self, name: str | None) -> float:
        """From 0 to 1, how much of a product's name stands in the page's title; 0.3 when either is missing."""
        if not name or not self.titles:
            return 0.3
        letters = _letters(name)
        wanted = _pairs(letters[:200])
        if not wanted:
            return 0.3
        if any(letters[:200] in title for title in self.titles):
            return 1.0
        return max(
            max(len(wanted & _pairs(title)) / len(wanted), 0.9 if title in letters and len(title) > 5 else 0)
            for title in self.titles
        )

    def narrowed(self, terms: Sequence[Term], mine: Sequence[Candidate], wanted: Wanted) -> list[Term]:
        """The offers of the variant asked for; none when the data does not name it."""
        value = fold(unicodedata.normalize("NFKC", wanted.value))
        if value == "":
            return list(terms)
        named = [(term, (*term.names, fold(term.offer.variant or ""))) for term in terms]
        exact = [term for term, names in named if value in names]
        if exact:
            return exact
        partly = [term for term, names in named if any(value in _words(name) for name in names)]
        if wanted.set_by_hand:
            return partly
        # The shop drew the page for the variant in its address; one offer without a name of its own is that one's.
        variantless = len(terms) == 1 and not variant_keys(terms[0].url)
        return list(terms) if variantless else []


def chosen(candidates: Sequence[Candidate], subject: Subject) -> list[Candidate]:
    """The blocks about the page's own product: all that match it best, or the only one that nothing speaks against."""
    scored = [(score, c) for c in candidates if (score := subject.score(c)) is not None]
    if not scored:
        return []
    top = max(score for score, _ in scored)
    if top >= 4:
        return [c for score, c in scored if score >= 4]
    if len(candidates) == 1:
        return [scored[0][1]] if top >= _UNLIKE else []
    # Several products and no address or id to go by: the title decides, and only when it speaks of one.
    alike = [(score, c) for score, c in scored if score >= max(_LIKE, top - 0.05)]
    names = {_letters(text_of(c.node.get("name")) or "") for _, c in alike}
    return [c for _, c in alike] if len(names) == 1 else []


def _letters(text: str) -> str:
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return "".join(filter(str.isalnum, text.casefold()))


def _pairs(text: str) -> set[str]:
    return {text[i : i + 2] for i in range(len(text) - 1)}


def _words(name: str) -> list[str]:
    return [part.strip() for part in fold(unicodedata.normalize("NFKC", name)).replace("-", "/").split("/")]
