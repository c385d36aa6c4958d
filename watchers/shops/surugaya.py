"""Suruga-ya: each grade of the goods, new or used, with its own price and pieces left.

From captured pages of 2024 and 2025: a radio button for each grade sold here, links to more grades (branches), and the
cart form. Other shops' offers stand on /product/other/ and are no part of this page. A time sale's price differs from the
page's JSON-LD; what the visitor sees counts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

from selectolax.lexbor import LexborNode

from watchers.model import Availability, Listing, Offer
from watchers.money import best_price, prices
from watchers.page import Page
from watchers.readers.lexicon import Role, lexicon
from watchers.shops.dom import hides, shown, usable, words
from watchers.shops.island import dig, price, record, text, whole
from watchers.shops.shop import Told, belongs, host_of
from watchers.shops.verdict import YEN, cannot_tell, condition, tell

_PATH = re.compile(r"/product/(?P<kind>detail|other)/(?P<id>[0-9A-Za-z]{4,20})(?![0-9A-Za-z])")
_LEFT = re.compile(r"在庫数\s{0,2}[:：]\s{0,2}([0-9]{1,5})")
_BRANCH = re.compile(r"[0-9]{1,6}")
_SELLER = "駿河屋"


class Surugaya:
    """Product pages of the shop itself."""

    name = _SELLER
    hosts = ("suruga-ya.jp",)
    basis = "real pages"

    def product(self, url: str) -> str | None:
        """Return "surugaya:123…" for a product's address."""
        found = _PATH.search(urlsplit(url).path) if belongs(host_of(url), self.hosts) else None
        return f"surugaya:{found['id'].lower()}" if found else None

    def read(self, page: Page, listing: Listing) -> Told | None:
        """Say what the grades and the cart form say; the list of other shops is left to the generic path."""
        product = self.product(page.url) or self.product(listing.url)
        if page.is_json or product is None or b"item_title" not in page.body or "/product/detail/" not in page.url:
            return None
        offers = list(_grades(page))
        buttons = page.dom.css("#cart .btn_buy, form.add-cart .btn_buy")[:10]
        cart = [node for node in buttons if _order(node)]
        refused = next((n for n in page.dom.css(".out-of-stock-text, .waitbtn")[:6] if shown(n)), None)
        if offers and cart and refused is None:
            number = product.partition(":")[2]
            kind = _order(cart[0]) or Availability.IN_STOCK
            offers = [replace(o, availability=kind) if o.availability.is_orderable else o for o in offers]
            if _another_shop(page):
                offers = [replace(o, seller=None) for o in offers]
            offers.extend(_branches(page, number))
            title = words(page.dom.css_first("#item_title"))
            said = f"{offers[0].variant or ''} 在庫数：{offers[0].quantity or '?'}, {words(cart[0])}".strip()
            return tell(page, _named(offers), listing, where=".price_group", words=said, title=title, ids=[product])
        if offers and buttons and refused is None:
            return cannot_tell("grades are on sale, yet the cart button cannot be used")
        if refused is not None and not cart:
            said = words(refused)
            if any(s.state is Availability.OUT_OF_STOCK for s in lexicon().statements(said)) or "入荷" in said:
                title = words(page.dom.css_first("#item_title"))
                gone = Offer(Availability.OUT_OF_STOCK, seller=_SELLER)
                return tell(page, [gone], listing, where=".out-of-stock-text", words=said, title=title, ids=[product])
        return None


def _another_shop(page: Page) -> bool:
    """True when the cart form names another shop of the market, by its number, as the one who sells."""
    return any(node.attributes.get("value") for node in page.dom.css("form.add-cart input[name=tenpo_cd]")[:5])


def _order(node: LexborNode) -> Availability | None:
    """Return what an order through a button would be, or None where it takes none."""
    role = lexicon().control(words(node))
    return role[1] if role is not None and role[0] is Role.ORDER and usable(node) else None


def _grades(page: Page) -> Iterator[Offer]:
    """Yield the grades that have a radio button, the chosen one first."""
    radios = [node for node in page.dom.css("input[name=grade][data-zaiko]")[:20] if not hides(node)]
    radios.sort(key=lambda node: "checked" not in node.attributes)
    for radio in radios:
        try:
            data = json.loads(radio.attributes.get("data-zaiko") or "")
        except (ValueError, RecursionError):
            continue
        label = radio.parent.css_first("label") if radio.parent is not None else None
        if label is None or not shown(label):
            continue
        shown_words = words(label)
        name = (label.attributes.get("data-label") or shown_words).replace("\xa0", " ").strip()
        told = _LEFT.search(shown_words)
        left = int(told[1]) if told else whole(data, "zaiko")
        money = best_price(shown_words, hint_currency=YEN)
        asked = price(data, "price_sale") or price(data, "baika")
        yield Offer(
            Availability.UNKNOWN if left is None else Availability.IN_STOCK if left else Availability.OUT_OF_STOCK,
            money.amount if money else asked,
            YEN,
            seller=_SELLER,
            condition=condition(name),
            quantity=left or None,
            variant=name[:80] or None,
        )


def _branches(page: Page, number: str) -> Iterator[Offer]:
    """Yield the grades behind links, where the page's data names an offer in stock at one of the amounts shown."""
    sold = {
        amount
        for block in page.json_ld
        for value in block.values
        for node in (value if isinstance(value, list) else [value])
        if text(node, "@type") == "Product"
        for offer in _listed(dig(node, "offers"))
        if (text(offer, "availability") or "").lower().endswith("instock") and (amount := price(offer, "price"))
    }
    host = urlsplit(page.url).netloc
    for link in page.dom.css("a.branch-info")[:30]:
        said = words(link) if shown(link) else ""
        branch = dict(parse_qsl(urlsplit(link.attributes.get("href") or "").query)).get("branch_number", "")
        money = best_price(said, hint_currency=YEN)
        if not money or not _BRANCH.fullmatch(branch) or not sold.intersection(one.amount for one in prices(said)):
            continue
        name = said.partition("円")[0].rpartition(" ")[0].strip() if "円" in said else said
        yield Offer(
            Availability.IN_STOCK,
            money.amount,
            YEN,
            seller=_SELLER,
            condition=condition(said),
            variant=name[:80] or None,
            order_url=f"https://{host}/product/detail/{number}?branch_number={branch}",
        )


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [record({"one": value}, "one")]


def _named(offers: list[Offer]) -> list[Offer]:
    """A single grade is no variant: it is the thing itself."""
    if len(offers) > 1:
        return offers
    return [replace(offers[0], variant=None)]
