"""Yahoo! Shopping: the stock of each variant from the store page's own state, with prices with tax.

Documented structure (public implementations of 2026): `__NEXT_DATA__` holds the item with `stock`; where it has variants,
`individualItemList` with the stock of each, or tables of one or two axes. A visible refusal in the product block stands
against a yes of the data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from urllib.parse import urlsplit

from watchers.model import Availability, Cause, Condition, Listing, Offer, Source
from watchers.page import Page
from watchers.readers.wording import read_wording
from watchers.shops.island import dig, island, price, record, records, text, whole
from watchers.shops.shop import Told, belongs, host_of
from watchers.shops.verdict import YEN, cannot_tell, goods, tell

_PATH = re.compile(r"^/(?P<store>[0-9a-z][0-9a-z_-]{0,60})/(?P<code>[0-9A-Za-z_-]{1,120})\.html$")
_PAGES = "store.shopping.yahoo.co.jp"
_BLANK = frozenset({"-", "―", "ー", "－", "‐", "–", "—"})  # the name of an axis that has nothing to choose


class YahooShopping:
    """Store pages, and answers of the item search API (V3)."""

    name = "Yahoo!ショッピング"
    hosts = (_PAGES, "shopping.yahooapis.jp")
    basis = "documented structure"

    def product(self, url: str) -> str | None:
        """Return "yshop:store/code" for a product's address."""
        found = _PATH.match(urlsplit(url).path) if belongs(host_of(url), (_PAGES,)) else None
        return f"yshop:{found['store']}/{found['code'].lower()}" if found else None

    def read(self, page: Page, listing: Listing) -> Told | None:
        """Say what the stock tables say."""
        product = self.product(page.url) or self.product(listing.url)
        if page.is_json:
            return self._answer(page, listing, product)
        props = record(island(page, "__NEXT_DATA__"), "props", "pageProps")
        item = _item(props)
        if not item or not ("stock" in item or _tables(item) or records(item, "individualItemList")):
            return None
        code = text(item, "sellerManagedItemId")
        if product and code and code.lower() != product.rpartition("/")[2]:
            return cannot_tell(f"the page's data is about {code}, its address names another item", cause=Cause.IDENTITY)
        title = text(item, "name")
        offers = list(_offers(item, props))
        if any(offer.availability.is_orderable for offer in offers) and _refused_in_sight(page, title):
            return cannot_tell(
                "the page's data has stock, yet no button in the product block takes an order", title=title
            )
        words = {offer.availability: _words(offer) for offer in reversed(offers)}
        image = text(item, "images", "mainImage", "src") or text(item, "images", "displayItemImageList", 0, "src")
        where = "#__NEXT_DATA__ item.stock"
        return tell(page, offers, listing, where=where, words=words, title=title, image=image, ids=[product])

    def _answer(self, page: Page, listing: Listing, product: str | None) -> Told | None:
        hits = [hit for hit in records(page.json, "hits") if "inStock" in hit]
        if not hits:
            return None
        mine = [hit for hit in hits if product and self.product(text(hit, "url") or "") == product]
        if not mine and len(hits) > 1:
            return cannot_tell("the answer lists several items, none of them at the listing's address")
        hit = (mine or hits)[0]
        stock = str(dig(hit, "inStock")).lower()  # "true", "false"
        offer = Offer(
            {"true": Availability.IN_STOCK, "false": Availability.OUT_OF_STOCK}.get(stock, Availability.UNKNOWN),
            price(hit, "price"),
            YEN,
            shipping=Decimal(0) if text(hit, "shipping", "code") == "2" else None,
            points=whole(hit, "point", "amount"),
            seller=text(hit, "seller", "name"),
            condition={"new": Condition.NEW, "used": Condition.USED}.get(text(hit, "condition") or ""),
        )
        image = text(hit, "image", "medium")
        words = f"inStock {stock}"
        ids = [product or self.product(text(hit, "url") or "")]
        return tell(page, [offer], listing, where="inStock", words=words, title=text(hit, "name"), image=image, ids=ids)


def _item(props: Mapping[str, object]) -> Mapping[str, object]:
    """The item, where the versions of the page keep it."""
    for place in (("item",), ("sp", "item"), ("initialState", "item")):
        if item := record(props, *place):
            return item
    for query in records(props, "dehydratedState", "queries", most=50):
        if item := record(query, "state", "data", "itemData", "item"):
            return item
    return {}


def _tables(item: Mapping[str, object]) -> Mapping[str, object]:
    return record(item, "stockTableTwoAxis", "firstOption") or record(item, "stockTableOneAxis", "firstOption")


def _offers(item: Mapping[str, object], props: Mapping[str, object]) -> Iterator[Offer]:
    """Yield an offer for each variant, from the list of single items, else from the tables; else one for the item."""
    seller = next((name for holder in (item, props) if (name := text(holder, "seller", "name"))), None)
    common = Offer(
        Availability.PREORDER if dig(item, "isPreOrder") is True else Availability.IN_STOCK,
        price(item, "applicablePrice"),
        YEN,
        shipping=_free_shipping(item),
        seller=seller or text(item, "storeName"),
        condition=Condition.USED if dig(item, "isUsed") is True else goods(text(item, "name"), Condition.NEW),
    )
    cells = [(_names(one), one) for one in records(item, "individualItemList") if record(one, "stock")]
    cells = cells or list(_choices(_tables(item)))
    for names, cell in cells:
        asked = price(cell, "price", "applicablePrice") or price(cell, "price") or common.price
        yield _stocked(replace(common, price=asked, variant=" / ".join(names) or None), record(cell, "stock"))
    if not cells:
        yield _stocked(common, record(item, "stock"))


def _names(single: Mapping[str, object]) -> list[str]:
    chosen = [text(option, "choiceName") for option in records(single, "optionList")]
    return [name for name in chosen if name and name not in _BLANK]


def _choices(first: Mapping[str, object]) -> Iterator[tuple[list[str], Mapping[str, object]]]:
    """Yield the cells of a table with the names that lead to them."""
    for choice in records(first, "choiceList"):
        name = text(choice, "choiceName") or ""
        names = [] if name in _BLANK else [name]
        second = records(choice, "secondOption", "choiceList")
        for cell in second:
            other = text(cell, "choiceName") or ""
            yield [*names, *([] if other in _BLANK else [other])], cell
        if not second:
            yield names, choice


def _stocked(offer: Offer, stock: Mapping[str, object]) -> Offer:
    """The offer with what its stock says: sold out, so many left, available; else in no known state."""
    left = whole(stock, "quantity")
    if dig(stock, "isSoldOut") is True or dig(stock, "isAvailable") is False or left == 0:
        return replace(offer, availability=Availability.OUT_OF_STOCK)
    if left or dig(stock, "isSoldOut") is False or dig(stock, "isAvailable") is True:
        return replace(offer, quantity=left)
    return replace(offer, availability=Availability.UNKNOWN)


def _free_shipping(item: Mapping[str, object]) -> Decimal | None:
    said = text(item, "shipping", "code") or text(item, "postage", "code")
    named = text(item, "shipping", "name") or text(item, "postage", "name") or ""
    return Decimal(0) if said == "2" or named == "送料無料" else None


def _words(offer: Offer) -> str:
    left = (
        f"quantity {offer.quantity}"
        if offer.quantity
        else "sold out"
        if not offer.availability.is_orderable
        else "in stock"
    )
    return f"{offer.variant}: {left}" if offer.variant else left


def _refused_in_sight(page: Page, title: str | None) -> bool:
    """True when the product block shows controls, and none of them takes an order."""
    buttons = [e for e in read_wording(page, [title] if title else []).evidence if e.source is Source.BUTTON]
    return bool(buttons) and not any(e.says.is_orderable for e in buttons)
