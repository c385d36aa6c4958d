"""The vocabulary of schema.org offers, and what one offer, however it is written down, says.

Offers come as plain dictionaries, whether they stood in JSON-LD or in microdata. Words outside the lists give no
evidence: what can be bought is an allow-list, never "not sold out".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

from watchers.currencies import hint_for, iso
from watchers.identity import absolute
from watchers.model import Availability, Condition, Offer
from watchers.money import parse_number, prices

MAX_OFFERS = 200  # of one product; the rest is not read

AVAILABILITY = {
    "instock": Availability.IN_STOCK,
    "limitedavailability": Availability.IN_STOCK,
    "onlineonly": Availability.IN_STOCK,
    "instoreonly": Availability.IN_STORE_ONLY,
    "preorder": Availability.PREORDER,
    "presale": Availability.PREORDER,
    "backorder": Availability.BACKORDER,
    "madetoorder": Availability.MADE_TO_ORDER,
    "reserved": Availability.OUT_OF_STOCK,
    "outofstock": Availability.OUT_OF_STOCK,
    "soldout": Availability.OUT_OF_STOCK,
    "oos": Availability.OUT_OF_STOCK,
    "discontinued": Availability.DISCONTINUED,
}
_CONDITIONS = {
    "new": Condition.NEW,
    "used": Condition.USED,
    "damaged": Condition.USED,
    "refurbished": Condition.REFURBISHED,
}
_NOT_THE_PRICE = ("listprice", "srp", "msrp", "strikethrough", "suggested", "regular", "minimumadvertised")

ID_KEYS = ("sku", "productID", "mpn", "gtin", "gtin8", "gtin12", "gtin13", "gtin14", "isbn", "productGroupID", "model")
_OFFER_NAMES = ("sku", "gtin", "gtin13", "mpn", "productID", "name", "identifier", "serialNumber")

Node = dict[str, object]
Resolve = Callable[[object], object]


@dataclass(frozen=True, slots=True)
class Term:
    """One offer as found: its terms, the availability word as written, and where that stood."""

    offer: Offer  # availability is UNKNOWN when the word is missing or not on the list
    words: str
    where: str
    url: str | None = None
    node: Node = field(default_factory=dict)
    product: Node | None = None  # the product or the variant that is offered, where its names are the offer's own
    base: str = ""  # address of the page

    @property
    def names(self) -> frozenset[str]:
        """The lower-case ids and names by which a variant may be asked for; made anew at each question."""
        named = {text_of(self.node.get(key)) for key in _OFFER_NAMES}
        own = frozenset(fold(name) for name in named | set(variant_keys(self.url)) if name)
        return own if self.product is None else own | names_of(self.product, self.base)


def listed(value: object) -> list[object]:
    """A value that may stand alone or in a list, nested lists flattened (two levels)."""
    if not isinstance(value, list):
        return [] if value is None else [value]
    return [inner for item in value for inner in (item if isinstance(item, list) else [item])]


def types_of(node: Node) -> frozenset[str]:
    """The schema.org types of a node in lower case, without namespace."""
    kind = node.get("@type")
    if type(kind) is str and kind.isalpha():
        return frozenset((kind.lower(),))
    return frozenset(re.split(r"[/#:]", t)[-1].strip().lower() for t in listed(node.get("@type")) if isinstance(t, str))


def text_of(value: object) -> str | None:
    """The text of a value that may be a string, a number, a list or a node with a name."""
    if value is None:
        return None
    if type(value) is str:
        return " ".join(value.split()) or None
    for item in listed(value):
        if isinstance(item, dict):
            item = next((item[k] for k in ("name", "@value", "value", "contentUrl", "url") if item.get(k)), None)
            item = next(iter(listed(item)), None)
        if isinstance(item, (str, int, float)) and not isinstance(item, bool) and str(item).strip():
            return " ".join(str(item).split())
    return None


def availability_of(value: object) -> tuple[Availability | None, str]:
    """What an availability value says, or None for a word that is not on the list; and the word as written."""
    word = ""
    for item in listed(value):
        item = item.get("@id") or item.get("name") if isinstance(item, dict) else item
        if isinstance(item, str) and item.strip():
            word = item.strip()
            key = re.sub(r"[\s_-]", "", re.split(r"[/#:]", word.rstrip("/"))[-1]).lower()
            if key in AVAILABILITY:
                return AVAILABILITY[key], word[:80]
    return None, word[:80]


def condition_of(value: object) -> Condition | None:
    """The state of the goods, from "https://schema.org/UsedCondition" and its short forms."""
    word = text_of(value)
    key = re.split(r"[/#:]", word)[-1].strip().lower().removesuffix("condition") if word else ""
    return _CONDITIONS.get(key)


def terms_of(product: Node, path: str, resolve: Resolve, base: str, *, variant: str | None = None) -> Iterator[Term]:
    """Yield the offers of one product, aggregates opened, at most 200."""
    count = 0
    offers = listed(product.get("offers"))
    condition = condition_of(product.get("itemCondition"))
    for index, raw in enumerate(offers):
        node = resolve(raw)
        if not isinstance(node, dict):
            continue
        place = f"{path}.offers" + (f"[{index}]" if len(offers) > 1 else "")
        for term in _opened(node, place, resolve, base):
            offer = term.offer
            changes: dict[str, Any] = {}
            name = variant or offer.variant or _variant_name(term, node, len(offers) > 1)
            if name != offer.variant:
                changes["variant"] = name
            if offer.condition is None and condition:
                changes["condition"] = condition
            if offer.availability is Availability.PREORDER and offer.available_on is None:
                changes["available_on"] = text_of(product.get("releaseDate"))
            yield replace(term, offer=replace(offer, **changes)) if changes else term
            count += 1
            if count >= MAX_OFFERS:
                return


def _opened(node: Node, place: str, resolve: Resolve, base: str) -> Iterator[Term]:
    """Yield an offer, or the offers inside an aggregate; the aggregate itself where its price is not theirs."""
    own = _term(node, place, base)
    inner = listed(node.get("offers"))[:MAX_OFFERS] if "aggregateoffer" in types_of(node) or node.get("offers") else []
    nested: list[Term] = []
    for index, raw in enumerate(inner):
        child = resolve(raw)
        if isinstance(child, dict) and (child.get("availability") or child.get("price") is not None):
            term = _term({**_inherited(node), **child}, f"{place}.offers[{index}]", base)
            own_name = _variant_name(term, child, len(inner) > 1)
            nested.append(replace(term, offer=replace(term.offer, variant=own_name)) if own_name else term)
    prices = {term.offer.price for term in nested}
    if not nested or (own.offer.price is not None and own.offer.price not in prices):
        yield own
    yield from nested


def _inherited(aggregate: Node) -> Node:
    return {k: aggregate[k] for k in ("availability", "priceCurrency", "seller", "itemCondition") if k in aggregate}


def _term(node: Node, place: str, base: str) -> Term:
    state, word = availability_of(node.get("availability"))
    price, high, currency, untaxed = _price(node, base)
    quantity = parse_number(text_of(node.get("inventoryLevel")) or "")
    url = text_of(node.get("url"))
    address = absolute(base, url) if url else None
    offer = Offer(
        availability=state or Availability.UNKNOWN,
        price=price,
        currency=currency,
        price_high=high,
        tax_excluded=untaxed,
        seller=text_of(node.get("seller") or node.get("offeredBy")),
        condition=condition_of(node.get("itemCondition")),
        quantity=int(quantity) if quantity and quantity == int(quantity) else None,
        available_on=text_of(node.get("availabilityStarts")) if state in _AWAITED else None,
    )
    return Term(offer, word, f"{place}.availability" if word else place, address, node)


_AWAITED = (Availability.PREORDER, Availability.BACKORDER, Availability.MADE_TO_ORDER)


def _price(node: Node, base: str) -> tuple[Decimal | None, Decimal | None, str | None, bool]:
    """Price, top of its range, currency, and whether tax comes on top. A price of zero is no price."""
    currency = iso(text_of(node.get("priceCurrency")))
    untaxed = node.get("valueAddedTaxIncluded") in (False, "false", "False")
    low = _amount(node.get("price"), currency) or _amount(node.get("lowPrice"), currency)
    high = _amount(node.get("highPrice"), currency)
    for spec in listed(node.get("priceSpecification")):
        if low is not None or not isinstance(spec, dict):
            continue
        kind = (text_of(spec.get("priceType")) or "").lower()
        if any(word in kind for word in _NOT_THE_PRICE) or spec.get("referenceQuantity"):
            continue
        currency = currency or iso(text_of(spec.get("priceCurrency")))
        low = _amount(spec.get("price"), currency) or _amount(spec.get("minPrice"), currency)
        high = high or _amount(spec.get("maxPrice"), currency)
        untaxed = untaxed or spec.get("valueAddedTaxIncluded") in (False, "false", "False")
    if currency is None and low is not None and isinstance(node.get("price"), str):
        written = prices(str(node["price"])[:64], hint_currency=hint_for(base))
        currency = written[0].currency if len(written) == 1 else None
    if high is not None and (low is None or high <= low):
        high = None
    return low, high, currency, untaxed and low is not None


def _amount(value: object, currency: str | None) -> Decimal | None:
    if type(value) is list:
        value = next(iter(listed(value)), None)
    return parse_number(value, currency) or None


def _variant_name(term: Term, node: Node, several: bool) -> str | None:
    """What to call the variant an offer is for, where the offer names one; sellers of one thing are no variants."""
    if not several:
        return None
    name = next((n for n in (text_of(node.get("name")), text_of(node.get("sku"))) if n), None)
    return name or next(iter(variant_keys(term.url)), None)


def variant_keys(url: str | None) -> list[str]:
    """The variant that an address selects by its query, as `?variant=` and `?sku=` do."""
    if not url or "=" not in url:
        return []
    query = url.partition("#")[0].partition("?")[2]
    return [v for k, v in parse_qsl(query) if k.lower() in ("variant", "sku", "skuid", "variation", "vid") and v]


def names_of(product: Node, base: str) -> frozenset[str]:
    """Everything that may name this very thing: its ids, its name, its traits, the variant in its address."""
    found = [text_of(product.get(key)) for key in (*ID_KEYS, "name", "color", "size", "pattern")]
    for key in ("url", "@id"):
        url = product.get(key)
        found.extend(variant_keys(absolute(base, url)) if isinstance(url, str) else [])
    return frozenset(fold(name) for name in found if name)


def fold(text: str) -> str:
    """Text in which case, blanks and width do not count."""
    return " ".join(text.casefold().split())
