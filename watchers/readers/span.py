"""Which bytes of a page a "no" rests on, so that an unchanged "no" need not be read again.

What makes it safe: while a visible refusal stands in the product block no other change can make a "yes" (see weigh), so it
is enough that the bytes from the block's first words to its last, and every JSON-LD block, are the same. Words are searched
from the outside in: where they occur twice the stretch only grows. What stands between the stretches may change at every
look, as tokens and clocks in a page's head do.
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
_MOST_REFUSALS = 20  # a page that says no in more ways is read anew each time
_PLAIN = re.compile(
    r"[^&<>\"'\u00a0\s]{2,}(?: [^&<>\"'\u00a0\s]+)*"
)  # what stands in the source as it stands in the tree

_RUN = re.compile(r"[^&<>\"'\u00a0\s]{2,}")  # without blanks, whose kind is lost in folding


def resting_spans(page: Page, seen: Wording, verdict: Weighed) -> tuple[tuple[int, int], ...]:
    """Return the stretches of the body that could turn a "no", in bytes; none when it cannot be told safely."""
    block = seen.block
    if block is None or not block.texts:
        return ()
    visible = [e for e in verdict.rests_on if e.source in (Source.BUTTON, Source.PHRASE)]
    if not visible and any(e.source is not Source.JSON_LD for e in verdict.rests_on):
        return ()
    places = [seen.outline.texts[number] for number in block.texts]
    body = page.body.find(b"<body")
    begin = _found(page, (text for _, text in places[:_TRIES]), max(body, 0), last=False)
    end = _found(page, (text for _, text in places[: -_TRIES - 1 : -1]), max(body, 0), last=True)
    if begin is None or end is None:
        return ()
    edges = [max(begin - _MARGIN, body, 0), min(end + _MARGIN, len(page.body))]
    said = {evidence.words: evidence for evidence in visible}  # each wording is looked for once
    if len(said) > _MOST_REFUSALS:
        return ()
    lowered = page.body[begin:].lower() if said else b""
    for evidence in said.values():
        refused = _refusal(page, evidence, lowered, begin)
        if refused is None:
            return ()
        edges.append(min(refused + _MARGIN, len(page.body)))
    return _merged([(min(edges), max(edges)), *(data.span for data in page.json_ld)])


def _merged(spans: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    merged: list[tuple[int, int]] = []
    for begin, end in sorted(spans):
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((begin, end))
    return tuple(merged)


def _refusal(page: Page, evidence: Evidence, lowered: bytes, begin: int) -> int | None:
    """Return where the words of a refusal stand last; they are folded, so only words that survive folding are found."""
    words = evidence.words.removesuffix(" (disabled)").partition(": ")[2] or evidence.words.removesuffix(" (disabled)")
    plain = _RUN.search(words)
    if plain is None:
        return None
    needle = plain.group().encode(page.encoding, "replace").lower()
    at = lowered.rfind(needle)
    return begin + at + len(needle) if at >= 0 else None


def _found(page: Page, texts: Iterable[str], body: int, *, last: bool) -> int | None:
    """Return where the first of these texts that stands in the source unchanged begins (or, from the back, ends)."""
    search = page.body.rfind if last else page.body.find
    for text in texts:
        if (plain := _PLAIN.search(text)) is None:
            continue
        needle = plain.group().encode(page.encoding, "replace")
        at = search(needle, body)
        if at >= 0:
            return at + len(needle) if last else at
    return None
