"""Shops whose goods are known by their addresses only: their pages are read by the generic path.

No fact of their pages is known that would help more than the generic path does. What an address names is kept beside what
the page says of itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from watchers.model import Condition, Listing
from watchers.page import Page
from watchers.shops.shop import Told, belongs, host_of


@dataclass(frozen=True, slots=True)
class Named:
    """One shop with the form of its product addresses."""

    name: str
    hosts: tuple[str, ...]
    address: re.Pattern[str]  # held against path and query; group "id" names the product
    kind: str
    basis: str = "generic path"
    sells_alone: bool = True
    condition: Condition | None = Condition.NEW

    def product(self, url: str) -> str | None:
        """Return "kind:id" for an address of this shop that names a product."""
        if not belongs(host_of(url), self.hosts):
            return None
        parts = urlsplit(url)
        found = self.address.search(f"{parts.path}?{parts.query}")
        return f"{self.kind}:{found['id'].lower()}" if found else None

    def read(self, page: Page, listing: Listing) -> Told | None:
        """Leave every page to the generic path."""
        return None


_JAN = r"(?P<id>[0-9]{13})(?![0-9])"

JAPANESE = (
    Named("ケーズデンキ", ("ksdenki.com",), re.compile(r"/shop/g/g" + _JAN), "jan"),
    Named(
        "エディオン",
        ("edion.com",),
        re.compile(r"/detail\.html\?(?:[^#]{0,200}&)?p_cd=(?P<id>[0-9]{5,15})(?![0-9])"),
        "edion",
    ),
    Named("無印良品", ("muji.com",), re.compile(r"/cmdty/detail/(?:[^/?#]{1,300}/)?" + _JAN), "jan"),
)
