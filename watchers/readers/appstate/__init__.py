"""What the state behind a page's scripts says of the listing's product."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from watchers.model import Evidence, Listing, Offer, Source
from watchers.page import Page
from watchers.readers.appstate.islands import islands
from watchers.readers.appstate.product import stated, stated_alone
from watchers.readers.subject import variant_asked

__all__ = ["State", "read_state"]

_MOST_EVIDENCE = 6


@dataclass(frozen=True, slots=True)
class State:
    """What the application state says: evidence, and the offers behind it, one for each variant."""

    evidence: tuple[Evidence, ...] = ()
    offers: tuple[Offer, ...] = ()


def read_state(page: Page, listing: Listing, titles: Sequence[str]) -> State:
    """Return what the page's application state says of the listing's product; nothing where it is not plain.

    `titles` are the names the page gives its product. Any variant that can be had will do, unless the listing names one.
    Costs a search for scripts and the parsing of those that hold data.
    """
    asked = variant_asked(listing)
    variant = asked.value if asked else None
    for name, root in islands(page):
        found = stated(name, root, page.url, titles, variant)
        if found or (page.is_json and (found := stated_alone(root, variant))):
            telling = [one for one in found if one.says.is_orderable] or found
            evidence = [
                Evidence(one.says, Source.APP_STATE, one.path[-120:], one.words[:120], one.offer) for one in telling
            ]
            return State(tuple(evidence[:_MOST_EVIDENCE]), tuple(one.offer for one in found))
    return State()
