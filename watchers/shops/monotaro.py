"""MonotaRO: each row of the product's table is a variant with its own price and time of shipping; one button orders.

From captured pages of 2024: rows `tr[data-js=item_info]`, the label in the cell of shipping, the price with tax in its own
cell. The heading "バスケットに入れる" stands whatever the rows say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from selectolax.lexbor import LexborNode

from watchers.model import Availability, Condition, Listing, Offer
from watchers.money import best_price
from watchers.page import Page
from watchers.readers.lexicon import Role, lexicon
from watchers.shops.dom import shown, usable, words
from watchers.shops.shop import Told, belongs, host_of
from watchers.shops.verdict import YEN, cannot_tell, tell

_PATH = re.compile(r"/g/(?P<id>[0-9]{6,10})(?![0-9])")
_DAYS = re.compile(r"(?:当日|翌日|翌々日|[0-9]{1,2}日(?:以内|後)?に?|[0-9]{1,2}営業日(?:以内|後)?に?)出荷")
_MOST_ROWS = 200
_LABELS = {
    "欠品中": Availability.OUT_OF_STOCK,
    "取扱い終了": Availability.DISCONTINUED,
    "取り寄せ": Availability.BACKORDER,
    "取寄": Availability.BACKORDER,
    "受注生産": Availability.MADE_TO_ORDER,
}


class Monotaro:
    """Pages of a group of products that differ in size or number."""

    name = "モノタロウ"
    hosts = ("monotaro.com",)
    basis = "real pages"
    sells_alone = True
    condition = Condition.NEW

    def product(self, url: str) -> str | None:
        """Return "monotaro:01234567" for a product's address."""
        found = _PATH.search(urlsplit(url).path) if belongs(host_of(url), self.hosts) else None
        return f"monotaro:{found['id']}" if found else None

    def read(self, page: Page, listing: Listing) -> Told | None:
        """Say what the rows of the table say; without such a table the page is read as any other."""
        product = self.product(page.url) or self.product(listing.url)
        if page.is_json or product is None or b"pd_list_shipping" not in page.body:
            return None
        rows = [row for row in page.dom.css("tr[data-js=item_info]")[:_MOST_ROWS] if shown(row)]
        offers = list(_offers(rows))
        if not offers:
            return None
        buttons = page.dom.css("[data-js=check_add_basket]")[:10]
        if any(offer.availability.is_orderable for offer in offers) and not any(map(_orders, buttons)):
            return cannot_tell("rows of the table can be had, yet no basket button can be used")
        if len(offers) == 1:
            offers = [replace(offers[0], variant=None)]
        told = {offer.availability: _said(offer) for offer in reversed(offers)}
        title = words(page.dom.css_first("h1")) or None
        return tell(page, offers, listing, where="tr.item_info", words=told, title=title, ids=[product])


def _offers(rows: list[LexborNode]) -> Iterator[Offer]:
    for row in rows:
        cell = row.css_first("[data-js=pd_list_shipping]")
        asked = row.css_first("[data-js=g_price_tax_include]")
        if cell is None:
            continue
        money = best_price(words(asked), hint_currency=YEN) if asked is not None else None
        names = [words(td) for td in row.iter(include_text=False) if td.tag == "td" and "data-js" not in td.attributes]
        yield Offer(
            _state(words(cell)),
            money.amount if money else None,
            YEN if money else None,
            seller=Monotaro.name,
            condition=Condition.NEW,
            variant=" / ".join(name for name in names if name)[:120] or None,
            available_on=found[0] if (found := _DAYS.search(words(cell))) else None,
        )


def _state(said: str) -> Availability:
    for label, state in _LABELS.items():
        if label in said:
            return state
    return Availability.IN_STOCK if _DAYS.search(said) else Availability.UNKNOWN


def _orders(button: LexborNode) -> bool:
    role = lexicon().control(words(button))
    return role is not None and role[0] is Role.ORDER and usable(button)


def _said(offer: Offer) -> str:
    said = offer.available_on or str(offer.availability)
    return f"{offer.variant}: {said}" if offer.variant else said
