"""What every shop's reader is: an address pattern, a way to read the block that counts, and the links that lead to an order.

A reader settles a page or abstains. It settles only on something present in the shop's own product block; when the block
is not where it was, it returns None and the page is read as any other shop's is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from watchers.model import Availability, Cause, Evidence, Listing, Offer
from watchers.page import Page


@dataclass(frozen=True, slots=True)
class Told:
    """What a shop's own reader made of a page.

    With a verdict, `evidence` is not empty, each piece is of source `shop`, and `offers[0]` is the one the verdict speaks
    of. Without one, `cause` and `detail` say what was missing; `detail` is a line for people.
    """

    availability: Availability
    evidence: tuple[Evidence, ...] = ()
    offers: tuple[Offer, ...] = ()
    title: str | None = None
    image: str | None = None
    ids: frozenset[str] = frozenset()  # "asin:B0…", in the form of `Identity.ids`
    identified: bool = False  # the page's own id was held against the listing's, and is the same
    spans: tuple[tuple[int, int], ...] = ()  # byte stretches a "no" rests on, as in `Reading.spans`
    cause: Cause | None = None
    detail: str = ""


class Shop(Protocol):
    """One shop, or one family of hosts that share their pages."""

    @property
    def name(self) -> str:
        """What people call the shop; also the seller, where the shop sells alone."""
        ...

    @property
    def hosts(self) -> tuple[str, ...]:
        """Whole host names; each stands for itself and its sub-domains."""
        ...

    def product(self, url: str) -> str | None:
        """Return the shop's id of the product an address names ("asin:B0…"), or None when it is no product's address."""
        ...

    def read(self, page: Page, listing: Listing) -> Told | None:
        """Say what the page says of the listing's product, or None when this layout is not known."""
        ...


def belongs(host: str | None, hosts: tuple[str, ...]) -> bool:
    """True when a host is one of `hosts` or lies below one; whole labels, never a part of a name."""
    return host is not None and any(host == one or host.endswith(f".{one}") for one in hosts)


def host_of(url: str) -> str | None:
    """Return the lower-case host of an address, or None for what is no address."""
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
