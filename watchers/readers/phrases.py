"""Many phrases looked for at once: each is filed under its rarest word, so that a text meets only the few it may hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")

CJK = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
_WORD = re.compile(r"[^\W_]+")
_IDEOGRAPHS = re.compile(r"[\u4e00-\u9fff]+")
_KANA = re.compile(r"[\u3040-\u30ff]+")


class Phrases(Generic[T]):
    """Folded phrases and what each stands for. Looking up takes time linear in the text and the few phrases near it."""

    def __init__(self, entries: Iterable[tuple[str, T]]) -> None:
        self._filed: dict[str, list[tuple[str, T]]] = {}
        for phrase, value in entries:
            self._filed.setdefault(_key(phrase), []).append((phrase, value))
        stems = sorted((key for key in self._filed if CJK.search(key)), key=len, reverse=True)
        self._stems = re.compile("|".join(map(re.escape, stems)) or r"(?!)")

    def near(self, text: str) -> Iterator[tuple[str, T]]:
        """Yield the phrases whose rarest word stands in a folded text; whether the phrase does is for the caller."""
        words = set(_WORD.findall(text))
        if not text.isascii():
            words.update(self._stems.findall(text))
        if words.isdisjoint(self._filed):
            return
        for word in sorted(words & self._filed.keys()):
            yield from self._filed[word]


def _key(phrase: str) -> str:
    """Return the longest word of a phrase, or its first pair of ideographs: the part rarest in running text."""
    bare = phrase.replace("{n}", " ").replace("{d}", " ")
    if CJK.search(bare):
        runs = _IDEOGRAPHS.findall(bare) or _KANA.findall(bare)
        return str(max(runs, key=len))[:2]
    return str(max(_WORD.findall(bare), key=len))


def stands_at(text: str, at: int, phrase: str) -> bool:
    """True when the phrase is not part of longer words there; Japanese writes no word apart, so there it always is."""
    end = at + len(phrase)
    if at and _joins(text[at - 1], phrase[0]):
        return False
    return end >= len(text) or not _joins(phrase[-1], text[end])


def _joins(one: str, other: str) -> bool:
    return one.isalnum() and other.isalnum() and not CJK.match(one) and not CJK.match(other)


def find(text: str, phrase: str) -> int:
    """Return where the phrase first stands in the text on word boundaries, else -1."""
    at = text.find(phrase)
    while at >= 0 and not stands_at(text, at, phrase):
        at = text.find(phrase, at + 1)
    return at
