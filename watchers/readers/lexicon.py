"""What the words of a shop mean: a phrase goes in, the state it speaks of comes out.

The phrases are data (`lexicon.toml`). Matching uses dictionaries and substring search only, so it takes time linear
in the text whatever the text is.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache, lru_cache
from importlib.resources import files

from watchers.model import Availability
from watchers.readers.phrases import CJK, Phrases, find

LONGEST_STATEMENT = 400  # characters; what is longer is prose
LONGEST_SENTENCE = 110
LONGEST_SENTENCE_CJK = 60  # one ideograph says as much as two or three letters
LONGEST_CONTROL = 60
_REMEMBERED = 8_192  # texts whose meaning is kept: the next look at the same page meets the same ones

_NUMBER = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d.,])|(?<![\d.,])\d+(?![\d]|[.,]\d)")
_BLANKS = re.compile(r"\s+")
_SENTENCES = re.compile(r"(?<=[。!?！？])|(?<=[.]) |\n|[•|｜]| / | [-–—] ")
_EDGES = " \t\n.,:;!?。、・…•●■◆★☆✓✔✅❌✖*~-–—|/()[]{}<>【】「」『』（）《》〈〉\"'“”‘’«»>›→⚠"
_SAME = str.maketrans({"〜": "~", "–": "-", "—": "-", "‐": "-", "−": "-", "’": "'", "‘": "'", "\u200b": "", "\u00ad": "", "\u200e": "", "\u200f": "", "ヶ": "か", "ヵ": "か"})  # fmt: skip
_VARIED = re.compile("[" + re.escape("".join(map(chr, _SAME))) + "]")


class Role(Enum):
    """What a control in the product block is for."""

    ORDER = "order"
    REFUSAL = "refusal"  # stands where the order control would be, and takes no order
    NOTIFY = "notify"  # promises news instead of taking an order


@dataclass(frozen=True, slots=True)
class Said:
    """One statement about stock: the state, the words that say so, and how many are left where they say it."""

    state: Availability
    words: str
    quantity: int | None = None
    exact: bool = False  # the whole statement, not a phrase within it


def fold(text: str) -> str:
    """Return text as phrases are compared: NFKC, lower case, single blanks, one form of dash and apostrophe."""
    if text.isascii():
        return _BLANKS.sub(" ", text.lower()).strip()
    text = unicodedata.normalize("NFKC", text)
    if _VARIED.search(text):
        text = text.translate(_SAME)
    return _BLANKS.sub(" ", text.casefold()).strip()


class Lexicon:
    """Every phrase of every language, ready to be looked up."""

    def __init__(self, data: Mapping[str, object]) -> None:
        self.version = str(data["version"])
        self._exact: dict[str, Availability] = {}
        self._roles: dict[str, tuple[Role, Availability]] = {}
        self._labels: set[str] = set()
        self._values: dict[str, Availability] = {}
        self._conditions: set[str] = set()
        gone: list[tuple[str, None]] = []
        rails: list[tuple[str, None]] = []
        said: list[tuple[str, Availability | None]] = []
        for name, language in data.items():
            if isinstance(language, dict) and name != "markup":
                self._learn(language)
                said.extend(_states_of(language.get("has", {})))
                said.extend((fold(phrase), None) for phrase in language.get("few", {}).get("quantity", []))
                words = language.get("words", {})
                gone.extend((fold(phrase), None) for phrase in words.get("gone", []) if len(phrase) > 4)
                rails.extend((fold(phrase), None) for phrase in words.get("rail", []))
        self._said, self._gone, self._rails = Phrases(said), Phrases(gone), Phrases(rails)
        # "buy", "sold" or "purchase" within a longer label says nothing.
        self._controls = Phrases(
            (phrase, role)
            for phrase, role in self._roles.items()
            if (len(phrase) >= 4 if CJK.search(phrase) else " " in phrase or "-" in phrase)
        )
        self.control = lru_cache(maxsize=_REMEMBERED)(self._control)
        self.statements = lru_cache(maxsize=_REMEMBERED)(self._statements)
        self.is_label = lru_cache(maxsize=_REMEMBERED)(self._is_label)
        self.heads_a_rail = lru_cache(maxsize=_REMEMBERED)(self._heads_a_rail)

    def _learn(self, language: Mapping[str, Mapping[str, list[str]]]) -> None:
        words = language.get("words", {})
        self._exact.update((_strip(phrase), state) for phrase, state in _states_of(language.get("is", {})))
        for role, table in ((Role.ORDER, "order"), (Role.REFUSAL, "no")):
            for phrase, state in _states_of(language.get(table, {})):
                self._roles.setdefault(_strip(phrase), (role, state))
        for phrase in words.get("notify", []):
            self._roles.setdefault(_strip(fold(phrase)), (Role.NOTIFY, Availability.OUT_OF_STOCK))
        self._labels.update(map(fold, words.get("label", [])))
        self._values.update((fold(word), Availability.IN_STOCK) for word in words.get("yes", []))
        self._values.update((fold(word), Availability.OUT_OF_STOCK) for word in words.get("zero", []))
        self._conditions.update(fold(word) + " " * word.endswith(" ") for word in words.get("if", []))

    def _control(self, words: str) -> tuple[Role, Availability] | None:
        """Return what a control with these words does, or None when it has nothing to do with ordering."""
        label = _strip(fold(words[: 4 * LONGEST_CONTROL]))
        if known := self._roles.get(label) or self._roles.get(_HOW_MANY.sub(" ", label)):
            return known
        if not label or any(word in label[:LONGEST_CONTROL] for word in _NOT_THIS_ORDER):
            return None
        long = len(label) > LONGEST_CONTROL  # then the goods are named behind: only the beginning is the control's own
        held = [
            (_TRIAL[role], -len(phrase), role, state)
            for phrase, (role, state) in self._controls.near(label)
            if (at := find(label, phrase)) == 0 or (at > 0 and not long)
        ]
        return min(held, key=lambda hit: hit[:2])[2:] if held else None

    def _statements(self, text: str) -> tuple[Said, ...]:
        """Return what a short visible text says about stock; prose and conditional sentences say nothing."""
        if len(text) > LONGEST_STATEMENT:
            return ()
        whole = fold(text)
        if "×" in whole and any(mark in whole for mark in "○◯◎"):
            return ()  # a legend, or a row of sizes: it says nothing about one thing
        bare = _strip(whole)
        if state := self._exact.get(bare):
            return (Said(state, bare, exact=True),)
        if said := self._field(bare):
            return (said,)
        parts = _SENTENCES.split(whole)
        found = tuple(said for part in parts if part for said in self._sentence(_strip(part)))
        if found and bare.partition(":")[0].strip() in self._labels:  # the value of a stock field, in a few more words
            return tuple(replace(said, exact=True) for said in found)
        return found

    def _is_label(self, text: str) -> bool:
        """True when the text only names a stock field, so that its value is the next text."""
        return len(text) <= LONGEST_CONTROL and _strip(fold(text)) in self._labels

    def says_gone(self, text: str) -> bool:
        """True when a heading or a short text says that the page or the goods do not exist."""
        if len(text) > 2 * LONGEST_CONTROL:
            return False
        folded = fold(text)
        return any(phrase in folded for phrase, _ in self._gone.near(folded))

    def _heads_a_rail(self, text: str) -> bool:
        """True for a short heading over other goods, as "related products"."""
        if len(text) > LONGEST_CONTROL:
            return False
        bare = _strip(fold(text))
        return any(bare.startswith(words) or (len(words) > 8 and words in bare) for words, _ in self._rails.near(bare))

    def _field(self, bare: str) -> Said | None:
        """Read "在庫: あり", "Availability: in stock" and the like."""
        label, colon, value = bare.partition(":")
        if not colon:
            label, colon, value = bare.partition(" ")
        if not colon or label.strip() not in self._labels:
            return None
        value = _strip(value)
        if state := self._exact.get(value) or self._values.get(value):
            return Said(state, bare, exact=True)
        return None

    def _sentence(self, sentence: str) -> Iterator[Said]:
        if not sentence or len(sentence) > (LONGEST_SENTENCE_CJK if CJK.search(sentence) else LONGEST_SENTENCE):
            return
        if state := self._exact.get(sentence):
            yield Said(state, sentence, exact=True)
            return
        if refused := self._opens_with_refusal(sentence):
            yield refused
            return
        near = list(self._said.near(sentence))
        if not near:
            return
        numbers = [int(found.replace(",", "")) for found in _NUMBER.findall(sentence)]
        pattern = _NUMBER.sub("{n}", sentence)
        hits = sorted(
            (
                (len(phrase), at, phrase, state)
                for phrase, state in near
                if (at := find(pattern, phrase.replace("{d}", ""))) >= 0
            ),
            reverse=True,
            key=lambda hit: hit[:2],
        )
        taken: list[tuple[int, int]] = []
        kept: list[tuple[int, str, Availability | None]] = []
        for length, at, phrase, state in hits:
            if all(at + length <= start or at >= end for start, end in taken):
                taken.append((at, at + length))
                kept.append((at, phrase, state))
        if not kept:
            return
        rest = _without(pattern, taken)
        conditional = any(word in rest for word in self._conditions_in(rest))
        for at, phrase, state in kept:
            if state is None:
                yield from self._few(pattern, at, phrase, numbers, rest, sentence)
            elif not conditional:
                yield Said(state, sentence)

    def _opens_with_refusal(self, sentence: str) -> Said | None:
        """Read "売り切れ 次回入荷は未定です" and "sold out until spring": a badge and, behind it, more about the same.

        Only refusals are read so, for a "no" overlooked may become a false yes; a condition behind it makes it none.
        """
        for mark in _HEAD_ENDS.finditer(sentence[: 2 * LONGEST_HEAD], 1):
            head, rest = _NOW.sub("", _strip(sentence[: mark.start()])), sentence[mark.start() :]
            label, colon, value = head.partition(":")
            if colon and label.strip() in self._labels:
                head = _strip(value)
                state = self._exact.get(head) or self._values.get(head)
            else:
                state = self._exact.get(head)
            if state is None or state.is_orderable or any(word in rest for word in _ONLY_IF):
                continue
            if CJK.search(head) or not head.isascii() or mark.group() != " " or rest[1:].startswith(_GOES_ON):
                return Said(state, sentence)
        return None

    @staticmethod
    def _few(pattern: str, at: int, phrase: str, numbers: list[int], rest: str, sentence: str) -> Iterator[Said]:
        index = pattern[: at + phrase.index("{n}")].count("{n}")
        if index >= len(numbers) or len(rest) > 60:
            return
        left = numbers[index]
        yield Said(Availability.IN_STOCK if left else Availability.OUT_OF_STOCK, sentence, quantity=left)

    def _conditions_in(self, rest: str) -> Iterator[str]:
        padded = f" {rest} "
        for word in self._conditions:
            if CJK.search(word):
                if word in rest:
                    yield word
            elif f" {word}" in padded:
                yield word.strip()


LONGEST_HEAD = 24  # characters of a badge
_HEAD_ENDS = re.compile(r"[ (\[・:,、/|~】」!-]")
_NOW = re.compile(r"^(?:現在|ただいま|只今|大変)、?")
_ONLY_IF = (
    "場合",
    "際は",
    "際に",
    "ときは",
    "時は",
    "たら",
    " if ",
    " when ",
    " unless ",
    "wenn",
    " si ",
    " falls ",
    " se ",
)
_HOW_MANY = re.compile(r"\s\(?[0-9]{1,3}\)?\s")  # "add 2 to cart"
_GOES_ON = ("until", "till", "for now", "for the moment", "at the moment", "at this time", "right now", "due to", "in your", "please", "we ", "check back", "sorry")  # fmt: skip

# The order of trial: promises of news and refusals before orders, so that "notify me: add to cart" orders nothing.
_TRIAL = {Role.NOTIFY: 0, Role.REFUSAL: 1, Role.ORDER: 2}
# A control for several goods, or one that tells what was done: it does not order this product.
_NOT_THIS_ORDER = ("まとめて", "一緒に", "定期購入", "定期便", "すべて", "全て", "両方", "セットで", "入れました", "追加しました", "カートを見る", "カートの中", "リストに", "お気に入り",
                   "wish", "list", "all to", "both", "selected", "added to", "view cart", "registry", "compare", "favorite", "favourite", "all items", "gift card", "how to", "trade", "sell ",
                   "pay later", "aller au", "retour au", "accéder au", "voir ", "przejd", "перейти", "přej", "prejs", "関連", "アクセサリ", "accessor", "bundle")  # fmt: skip


def _strip(text: str) -> str:
    return text.strip(_EDGES)


def _states_of(table: Mapping[str, list[str]]) -> Iterator[tuple[str, Availability]]:
    for state, phrases in table.items():
        for phrase in phrases:
            yield fold(phrase), Availability(state)


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    kept, last = [], 0
    for start, end in sorted(spans):
        kept.append(text[last:start])
        last = end
    kept.append(text[last:])
    return " ".join(" ".join(kept).split())


@cache
def _data() -> dict[str, object]:
    return tomllib.loads(files("watchers.readers").joinpath("lexicon.toml").read_text("utf-8"))


@cache
def lexicon() -> Lexicon:
    """Return the lexicon of this package, read once."""
    return Lexicon(_data())


def markup_words() -> Mapping[str, list[str]]:
    """Return the words of class and id names, by what they tell."""
    table = _data()["markup"]
    assert isinstance(table, dict)
    return table
