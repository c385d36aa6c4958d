"""How deeply a page nests its elements, told before it is parsed.

The parser looks up through all open elements at every paragraph-level tag: 200,000 nested `div` took it 280 s, 5,000 take
0.2 s. Browsers stop at 512.
"""

from __future__ import annotations

import re

DEEPEST = 4_000
_HARMLESS = 8_000  # tags in all: even all nested they cost less than half a second
_TAG = re.compile(rb"<(/?[a-zA-Z][a-zA-Z0-9-]*)")
_VOID = frozenset(
    b"area base br col embed hr img input link meta param source track wbr p li td tr th dd dt option".split()
)


def too_deep(body: bytes) -> bool:
    """True when the page may nest deeper than the parser can bear; linear, and free for pages of ordinary size."""
    if body.count(b"<") <= _HARMLESS:
        return False
    opened: dict[bytes, int] = {}
    closes: dict[bytes, bytes | None] = {}  # what a tag as written closes, if anything
    opens: dict[bytes, bytes | None] = {}
    depth = 0
    for tag in _TAG.findall(body):
        if tag not in opens:
            name = tag.lower()
            closing = name[:1] == b"/"
            closes[tag] = name[1:] if closing else None
            opens[tag] = None if closing or name in _VOID else name
        if name := opens[tag]:
            opened[name] = opened.get(name, 0) + 1
            depth += 1
            if depth > DEEPEST:
                return True
        elif (name := closes[tag]) and opened.get(name, 0):
            opened[name] -= 1
            depth -= 1
    return False
