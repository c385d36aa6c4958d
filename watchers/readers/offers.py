"""The offers of a verdict: what the data says of price and seller, and what the product block says beside it."""

from __future__ import annotations

from collections.abc import Sequence

from watchers.model import Availability, Evidence, Offer
from watchers.page import Page
from watchers.readers.wording import Wording
from watchers.weigh import Weighed


def offers_of(verdict: Weighed, data: Sequence[Evidence], seen: Wording, page: Page) -> tuple[Offer, ...]:
    """Return the offers behind a verdict, the one it speaks of first."""
    return tuple(e.offer for e in data if e.offer)
