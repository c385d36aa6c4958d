"""What class and id say about an element: hidden, a rail of other goods, prose, a badge, a price that is not the price.

The words are data (`lexicon.toml`, table `markup`): what shop software calls the parts of its pages, never one shop's selector.
"""

from __future__ import annotations

import re
from enum import IntEnum
from functools import cache, lru_cache
from itertools import pairwise

from watchers.readers.lexicon import markup_words

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WORDS = re.compile(r"[a-z0-9]+")
# A class that hides, as the common style sheets spell it; some prefix it with their own mark ("aok-hidden", "is-hidden").
_HIDDEN_CLASS = re.compile(
    r"(?:[a-z]{1,5}[-_]{1,2})?(?:hide|hidden|invisible)|d-none|dn|none|(?:disp(?:lay)?-?)none|visually-?hidden|sr-?only|"
    r"screen-reader(?:-text)?|no-?disp(?:lay)?|hidden-accessible|[a-z]{0,2}-?(?:visually|visuallyhidden)-hidden"
)
_SHOWN_AT_WIDTH = re.compile(r"(?:sm|md|lg|xl|xxl|2xl|desktop|tablet)[:-]|d-(?:sm|md|lg|xl)-|[-_]?(?:xs|sm|mobile|sp)$")
# "details-footer" or "tab-menu" belongs to a part; only the page's own foot and menus are not about the product.
_FRAME = re.compile(
    r"(?:(?:site|page|global|main|shop|store|common|l|g|the|id|section|layout|header|mega|mobile|sp|side|top|user|account|"
    r"category|cat|drawer|primary|secondary)[-_]+)?(?:footer|foot|nav|navi|navigation|menu)(?![a-z])(?![-_](?:row|col)$).*"
)
_STATE_WORD = re.compile(r"sold-?out|out-?of-?stock|unavailable|not-available|no-stock|agotado|disabled")


HIDING_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden")  # in lower case


class Part(IntEnum):
    """What class and id say about an element."""

    PLAIN = 0
    HIDDEN = 1
    RAIL = 2
    PROSE = 3


@cache
def _set(name: str) -> frozenset[str]:
    return frozenset(markup_words()[name])


def spelled(names: str) -> str:
    """Return class and id in lower case with their camel-case humps parted: "addToCart" is "add-to-cart"."""
    return names if names.islower() else _CAMEL.sub("-", names).lower()


@lru_cache(maxsize=16_384)
def part_of(names: str) -> Part:
    """Say what an element's class and id make of it."""
    low = spelled(names)
    if "js" in low:  # what a script does with an element ("js-modal-show") says nothing about what it is
        low = " ".join(name for name in low.split() if not name.startswith(("js-", "js_")))
    words = _WORDS.findall(low)
    if ("hid" in low or "none" in low or "invisible" in low or "sr" in low or "screen" in low or "dn" in words) and (
        any(map(_HIDDEN_CLASS.fullmatch, low.split())) and not any(map(_SHOWN_AT_WIDTH.search, low.split()))
    ):
        return Part.HIDDEN
    if not _set("rail").isdisjoint(words) or _has_pair(words, _set("rail_pairs")):
        return Part.RAIL
    if ("foot" in low or "nav" in low or "menu" in low) and any(map(_FRAME.fullmatch, low.split())):
        return Part.RAIL
    return Part.PLAIN if _set("prose").isdisjoint(words) else Part.PROSE


def _has_pair(words: list[str], pairs: frozenset[str]) -> bool:
    return any(f"{first} {second}" in pairs for first, second in pairwise(words))


@lru_cache(maxsize=4_096)
def is_badge(names: str) -> bool:
    """True for a badge that only the style sheet shows or hides; its words alone do not say that it is shown."""
    low = spelled(names)
    return bool(_STATE_WORD.search(low)) and not _set("badge").isdisjoint(_WORDS.findall(low))


@lru_cache(maxsize=4_096)
def is_old_price(names: str) -> bool:
    """True when class or id say that the amount inside is not what the goods cost now."""
    words = _WORDS.findall(spelled(names))
    # "has-discount" is said of the whole price, with what it costs now.
    words = [word for before, word in pairwise(["", *words]) if before not in ("has", "with", "without", "no")]
    return not _set("aside_price").isdisjoint(words) or _has_pair(words, _set("aside_price_pairs"))
