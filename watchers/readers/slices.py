"""What a stretch of a page says of stock when it is read alone: enough to repeat a "no" whose bytes changed.

Amounts, tokens and counters change in a product block at every look; what it says of stock seldom does. The stretch is read
by the same walk, the same controls and the same phrases as a whole page, and only compared with itself: the same answers in
the same order, none of them a yes. Whatever else it says, more or less of it, and the page is read whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser

from watchers.model import Availability
from watchers.readers.block import statements, text_of
from watchers.readers.controls import order_controls
from watchers.readers.lexicon import Lexicon, Role, lexicon
from watchers.readers.outline import Outline, kept, outline

MOST_BYTES = 64 * 1024  # a larger stretch is not read beside the event loop's other work
_AMOUNT = re.compile(rb"\d[\d.,]*")
# Currency signs in UTF-8, before and behind their amount.
_BEFORE = tuple(sign.encode() for sign in ("$", "£", "¥", "￥", "€"))
_BEHIND = tuple(sign.encode() for sign in ("円", " €"))
_HIDDEN_INPUT = b'type="hidden"'
_DIGITS = b"0123456789.,"
_DATA = b"ld+json"
_STATEFUL = ("iso2022", "iso-2022", "utf-16", "utf_16", "utf-32", "utf_32", "hz")  # cannot be read from the middle


def said_in(stretch: bytes, encoding: str) -> int | None:
    """Return a mark of everything the stretch says of stock, or None where that is not a plain no.

    Equal marks mean: the same order controls, refusals and stock phrases, shown and enabled alike, under the same headings.
    """
    if len(stretch) > MOST_BYTES or encoding.lower().startswith(_STATEFUL):
        return None
    begin, end = stretch.find(b"<"), stretch.rfind(b">") + 1
    if begin < 0 or end <= begin:
        return None
    part = stretch[begin:end]
    dom = LexborHTMLParser(part if encoding == "utf-8" else part.decode(encoding, "replace"))
    seen, words = outline(dom, kept(dom)), lexicon()
    if seen.too_large:
        return None
    controls = tuple((c.role, c.state, c.enabled) for c in order_controls(seen, words))
    if any(role is Role.ORDER and enabled for role, _, enabled in controls):
        return None
    said = tuple(_statements(seen, words))
    if any(state.is_orderable for state, _, _ in said):
        return None
    headings = tuple(text_of(seen, number) for number in seen.headings)
    return hash((controls, said, headings, seen.passwords, tuple(map(data_mark, _data_in(part)))))


def _statements(seen: Outline, words: Lexicon) -> Iterator[tuple[Availability, bool, int | None]]:
    label = ""
    for number, (_, text) in enumerate(seen.texts):
        if label:
            for said in words.statements(f"{label}: {text}"):
                yield said.state, said.exact, said.quantity
        for _, said in statements(seen, number, words):
            yield said.state, said.exact, said.quantity
        label = text if words.is_label(text) else ""


def _data_in(part: bytes) -> Iterator[bytes]:
    """Yield the blocks of structured data inside the stretch; the walk over the page does not read scripts."""
    at = part.find(_DATA)
    while at >= 0:
        end = part.find(b"</script", at)
        yield part[at : end if end >= 0 else len(part)]
        at = part.find(_DATA, at + len(_DATA)) if end < 0 else part.find(_DATA, end)


def idle_mark(stretch: bytes) -> int:
    """Return a mark of a stretch in UTF-8 that changed amounts of money and hidden tokens leave as it is.

    Neither can turn a no. Only C-speed splits: it is asked at nearly every look at a page with a token in its form.
    """
    for sign in _BEFORE:
        if sign in stretch:
            first, *rest = stretch.split(sign)
            stretch = sign.join([first, *(piece.lstrip(_DIGITS) for piece in rest)])
    for sign in _BEHIND:
        if sign in stretch:
            *rest, last = stretch.split(sign)
            stretch = sign.join([*(piece.rstrip(_DIGITS) for piece in rest), last])
    if _HIDDEN_INPUT in stretch:
        first, *rest = stretch.split(_HIDDEN_INPUT)
        kept = [first]
        for piece in rest:
            in_input = kept[-1].rpartition(b"<")[2].startswith(b"input ")
            kept.append(piece[max(piece.find(b">"), 0) :] if in_input else piece)
        stretch = _HIDDEN_INPUT.join(kept)
    return hash(stretch)


def data_mark(block: bytes) -> int:
    """Return a mark of a block of structured data that amounts and dates in it do not change; its states are words."""
    return hash(_AMOUNT.sub(b"0", block))
