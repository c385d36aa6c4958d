"""Which bytes of a page a "no" rests on, so that an unchanged "no" need not be read again.

What makes it safe: while a visible refusal stands in the product block no other change can make a "yes" (see weigh), so it
is enough that the bytes from the block's first words to its last, every JSON-LD block included, are the same. Words are
searched from the outside in: where they occur twice the stretch only grows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from watchers.model import Evidence, Source
from watchers.page import Page
from watchers.readers.wording import Wording
from watchers.weigh import Weighed

_MARGIN = 1_024  # bytes around the words, for the tags that hold them
_TRIES = 8
_PLAIN = re.compile(
    r"[^&<>\"'\u00a0\s]{2,}(?: [^&<>\"'\u00a0\s]+)*"
)  # what stands in the source as it stands in the tree


def block_span(page: Page, seen: Wording, verdict: Weighed) -> tuple[int, int] | None:
    """Return the stretch of the body that could turn a "no", in bytes, or None when it cannot be told safely."""
    block = seen.block
    if block is None or not block.texts:
        return None
    visible = [e for e in verdict.rests_on if e.source in (Source.BUTTON, Source.PHRASE)]
    if not visible and any(e.source is not Source.JSON_LD for e in verdict.rests_on):
        return None
    places = [seen.outline.texts[number] for number in block.texts]
    begin = _found(page, (text for _, text in places[:_TRIES]), last=False)
    end = _found(page, (text for _, text in places[: -_TRIES - 1 : -1]), last=True)
    if begin is None or end is None:
        return None
    edges = [begin, end]
    for span in (block.span for block in page.json_ld):
        edges.extend(span)
    for evidence in visible:
        refused = _refusal(page, evidence, begin)
        if refused is None:
            return None
        edges.append(refused)
    return max(0, min(edges) - _MARGIN), min(len(page.body), max(edges) + _MARGIN)


def _refusal(page: Page, evidence: Evidence, begin: int) -> int | None:
    """Return where the words of a refusal stand last; they are folded, so only words that survive folding are found."""
    words = evidence.words.removesuffix(" (disabled)").partition(": ")[2] or evidence.words.removesuffix(" (disabled)")
    plain = _PLAIN.search(words)
    if plain is None:
        return None
    pattern = re.compile(re.escape(plain.group().encode(page.encoding, "replace")), re.IGNORECASE)
    last = None
    for found in pattern.finditer(page.body, begin):
        last = found.end()
    return last


def _found(page: Page, texts: Iterable[str], *, last: bool) -> int | None:
    """Return where the first of these texts that stands in the source unchanged begins (or, from the back, ends)."""
    search = page.body.rfind if last else page.body.find
    for text in texts:
        if (plain := _PLAIN.search(text)) is None:
            continue
        needle = plain.group().encode(page.encoding, "replace")
        at = search(needle)
        if at >= 0:
            return at + len(needle) if last else at
    return None
