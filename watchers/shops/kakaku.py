"""kakaku.com: the offers of many shops in one table, with price, postage and stock, read by the table's own headings.

From one page of 2017. Columns are found by their headings, not by their place or class, so a table with the same headings
reads the same. A shop that asks to be asked (問合せ) says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from urllib.parse import urlsplit

from selectolax.lexbor import LexborNode

from watchers.model import Availability, Condition, Listing, Offer
from watchers.money import Role, prices
from watchers.page import Page
from watchers.shops.dom import shown, words
from watchers.shops.shop import Told, belongs, host_of
from watchers.shops.verdict import YEN, tell

_PATH = re.compile(r"/item/(?P<id>[A-Z][0-9]{10})(?![0-9])")
_DAYS = re.compile(r"[0-9]{1,2}\s{0,2}(?:~|〜|-)?\s{0,2}[0-9]{0,2}\s{0,2}(?:営業)?日")
_HEADS = {"price": "価格", "postage": "送料", "stock": "在庫", "shop": "ショップ"}
_MOST_ROWS = 150


class Kakaku:
    """Pages that compare the shops of one product."""

    name = "価格.com"
    hosts = ("kakaku.com",)
    basis = "real pages"

    def product(self, url: str) -> str | None:
        """Return "kakaku:K000…" for a product's address."""
        found = _PATH.search(urlsplit(url).path) if belongs(host_of(url), self.hosts) else None
        return f"kakaku:{found['id']}" if found else None

    def read(self, page: Page, listing: Listing) -> Told | None:
        """Say which shops of the table have it; without such a table the page is read as any other."""
        product = self.product(page.url) or self.product(listing.url)
        if page.is_json or product is None:
            return None
        offers = [offer for table in _tables(page) for offer in _rows(*table)]
        known = [offer for offer in offers if offer.availability.is_verdict]
        if not known:
            return None
        title = words(page.dom.css_first("h2[itemprop=name], h1, h2")) or None
        told = {offer.availability: f"{offer.seller}: {offer.availability}" for offer in reversed(known)}
        return tell(page, known, listing, where="table of shops", words=told, title=title, ids=[product])


def _tables(page: Page) -> Iterator[tuple[list[LexborNode], dict[str, int]]]:
    """Yield the rows of each shown table whose headings name price, stock and shop, with the place of each column."""
    for table in page.dom.css("table")[:80]:
        rows = _own_rows(table)
        heads = [words(cell) for cell in _cells(rows[0], "th")] if rows else []
        columns: dict[str, int] = {}
        for key, word in _HEADS.items():
            place = next((at for at, head in enumerate(heads) if word in head and at not in columns.values()), None)
            if place is not None:
                columns[key] = place
        if {"price", "stock", "shop"} <= columns.keys() and shown(table):
            yield rows[1 : 1 + _MOST_ROWS], columns


def _own_rows(table: LexborNode) -> list[LexborNode]:
    """The rows of a table, not those of tables within its cells."""
    found: list[LexborNode] = []
    for part in table.iter(include_text=False):
        if part.tag == "tr":
            found.append(part)
        elif part.tag in ("tbody", "thead"):
            found.extend(row for row in part.iter(include_text=False) if row.tag == "tr")
    return found


def _cells(row: LexborNode, tag: str) -> list[LexborNode]:
    return [cell for cell in row.iter(include_text=False) if cell.tag == tag]


def _rows(rows: list[LexborNode], columns: dict[str, int]) -> Iterator[Offer]:
    for row in rows:
        cells = _cells(row, "td")
        if len(cells) <= max(columns.values()) or not shown(row):
            continue
        said = {key: cells[place] for key, place in columns.items()}
        asked = [money for money in prices(words(said["price"]), hint_currency=YEN) if money.role is Role.PRICE]
        link = next((node for node in said["shop"].css("a") if words(node)), None)
        if not asked or link is None:
            continue
        yield Offer(
            _state(words(said["stock"])),
            asked[0].amount,
            YEN,
            shipping=_postage(words(said["postage"])) if "postage" in said else None,
            seller=words(link)[:80],
            condition=Condition.NEW,
        )


def _state(said: str) -> Availability:
    first = said.split(" ")[0] if said else ""
    if first in ("有", "在庫有", "在庫あり", "即納", "○") or _DAYS.match(said):
        return Availability.IN_STOCK
    if "取寄" in first or "取り寄せ" in first:
        return Availability.BACKORDER
    if first.startswith("予約"):
        return Availability.PREORDER
    return Availability.OUT_OF_STOCK if first in ("無", "なし", "在庫なし", "品切れ", "×") else Availability.UNKNOWN


def _postage(said: str) -> Decimal | None:
    """Free, or an amount; "free and up" (無料～) depends on the place and is not known."""
    if said == "無料":
        return Decimal(0)
    found = prices(said, hint_currency=YEN)
    return found[0].amount if len(found) == 1 and not found[0].open_ended else None
