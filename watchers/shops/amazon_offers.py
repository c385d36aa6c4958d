"""From what an Amazon page shows to offers: a buying option's terms, and those of the list of all offers.

The list comes as a fragment of a page, from /gp/product/ajax/aodAjaxMain/?asin=…; it holds what the buy box leaves out:
every marketplace, used and outlet offer, the featured one first. It may be a listing's address.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from selectolax.lexbor import LexborNode

from watchers.model import Availability, Condition, Offer
from watchers.money import Money, Role, prices
from watchers.readers.lexicon import fold
from watchers.shops.amazon_address import Marketplace, checked_asin, order_link
from watchers.shops.amazon_price import drawn_price, points_in, price_in, shipping_in
from watchers.shops.amazon_row import Row, read_row
from watchers.shops.amazon_seller import condition_of
from watchers.shops.amazon_tree import inside, pieces, reads, seen, some, text_of
from watchers.shops.amazon_words import Says, understood

_OTHER_SELLERS = "#olpLinkWidget_feature_div, #dynamic-aod-ingress-box, #olp_feature_div, #olp, .olp-link-widget"
_NEW = re.compile(
    r"新品|\bnew\b|\bneu\b|neuf|\bnuev[oa]s?\b|\bnuov[oi]\b|\bnieuw\b|\bny[at]?\b|\bnow[ey]\b|\bnowych\b|\byeni\b|\bnov[oa]s?\b"
)
_USED = re.compile(
    r"中古|\bused\b|gebraucht|occasion|usad[oa]s?\b|segunda mano|usat[oi]\b|tweedehands|begagnad|używan|ikinci el|コレクター|collectible"
)
_RENEWED = re.compile(r"renewed|refurbished|整備済|reconditionné|reacondicionad|ricondizionat|erneuert|generalüberholt")
_DATE = ("[data-csa-c-delivery-time]", "data-csa-c-delivery-time")
_PROMISED = '[id^="mir-layout-DELIVERY_BLOCK-slot"], #delivery-message, #ddmDeliveryMessage'
_ATC_ASIN = re.compile(r'"asin"\s{0,2}:\s{0,2}"([0-9A-Z]{10})"')
_KIND_IN_DATA = re.compile(rb'"buyingOptionType":"([A-Z]{2,20})"')
_BESIDE = 600  # bytes from an offer's id to its kind
_LISTED_ASIN = "#aod-asin-block-asin"
_ATC_OFFER = re.compile(r'"oid"\s{0,2}:\s{0,2}"([^"\s]{20,400})"')
LIST = "#aod-pinned-offer, #aod-offer"
_NONE_LEFT = "#aod-total-offer-count, #aod-filter-offer-count-string, #aod-no-offer-normal-font, #aod-message-component"


@dataclass(frozen=True, slots=True)
class Option:
    """A buying option as it was read, and as an offer."""

    row: Row
    offer: Offer


def offer_of(row: Row, area: LexborNode, place: Marketplace, url: str, asin: str, *, price: Money | None) -> Offer:
    """Return a buying option's terms; `price` stands in where the option itself names none."""
    paid = price_in(area, place.currency) or price
    words = row.phrase.words if row.phrase is not None else None
    later = row.availability in (Availability.PREORDER, Availability.BACKORDER, Availability.COMING_SOON)
    return Offer(
        row.availability,
        price=paid.amount if paid else None,
        currency=paid.currency if paid else None,
        price_high=paid.high if paid else None,
        shipping=shipping_in(area, place.currency),
        points=points_in(area) if place.currency == "JPY" else None,
        seller=row.seller,
        condition=row.condition,
        quantity=row.phrase.quantity if row.phrase is not None and row.availability.is_orderable else None,
        order_url=order_link(url, asin, row.offer_id) if _goes_in_the_cart(row) else None,
        available_on=(words if later else delivery_of(area)) or None,
    )


def _goes_in_the_cart(row: Row) -> bool:
    """True where the control is a cart button: digital goods, subscriptions and invitations have a way of their own."""
    if row.pressed is None or not row.availability.is_orderable or row.availability is Availability.INVITATION:
        return False
    attributes = row.pressed.attributes
    return "cart" in f"{attributes.get('id') or ''} {attributes.get('name') or ''}".lower()


def others_offer(page: LexborNode, place: Marketplace) -> Offer:
    """Return what a page without a featured offer tells of the others: a price and a condition only where all share it.

    "Used (4) from $4.56" is the cheapest used offer. "New & Used (6) from …" does not say which of them costs that.
    """
    for block in some(page, _OTHER_SELLERS):
        if not seen(block):
            continue
        words = fold(reads(block))
        kinds = [kind for kind, pattern in _KINDS if pattern.search(words)]
        money = drawn_price(block, place.currency) or price_of_words(block, place.currency)
        if len(kinds) == 1 and money is not None:
            return Offer(Availability.IN_STOCK, price=money.amount, currency=money.currency, condition=kinds[0])
    return Offer(Availability.IN_STOCK)


_KINDS = ((Condition.NEW, _NEW), (Condition.USED, _USED), (Condition.REFURBISHED, _RENEWED))


def kind_in_data(offer_id: str | None, body: bytes) -> Condition | None:
    """Return the kind that the page's own price data gives the offer with this id ("buyingOptionType"), or None."""
    at = body.find(f'"offerListingId":"{offer_id}"'.encode()) if offer_id else -1
    found = _KIND_IN_DATA.search(body, at, at + _BESIDE) if at >= 0 else None
    return {b"NEW": Condition.NEW, b"USED": Condition.USED}.get(found[1]) if found else None


def price_of_words(block: LexborNode, hint: str) -> Money | None:
    """Return the only amount among the words of a link to other offers, or None."""
    found = [m for m in prices(reads(block), hint_currency=hint) if m.role is Role.PRICE and m.currency and m.amount]
    return found[0] if len({m.amount for m in found}) == 1 else None


def delivery_of(area: LexborNode) -> str | None:
    """Return when it would arrive, as shown; the first promise is the one for everyone."""
    selector, attribute = _DATE
    for node in some(area, selector):
        if seen(node, area) and (words := " ".join((node.attributes.get(attribute) or "").split())):
            return words[:80]
    for node in inside(area, _PROMISED, ".a-text-bold, b"):
        if seen(node, area) and (words := reads(node)) and any(letter.isdigit() for letter in words):
            return words[:80]
    return None


def listed(dom: LexborNode, place: Marketplace, url: str, asin: str) -> list[Option]:
    """Return the offers of the list of all offers, the featured one first; what cannot be put in the cart is left out."""
    found: list[Option] = []
    for area in some(dom, LIST):
        if not seen(area):
            continue
        row = read_row(area, "offer list", place)
        named = _named(area, _ATC_ASIN)
        own = row.asin or checked_asin(named)
        if row.pressed is None or (own is not None and own != asin):
            continue
        offer = offer_of(row, area, place, url, asin, price=drawn_price(area, place.currency))
        condition = condition_of(area, "") or (Condition.NEW if _NEW.search(_heading(area)) else None)
        link = order_link(url, asin, row.offer_id or _named(area, _ATC_OFFER))
        found.append(Option(row, _with(offer, condition, link)))
    return found


def listed_asin(dom: LexborNode) -> str | None:
    """Return the ASIN that the list says it is about, or None."""
    return next(
        (asin for node in some(dom, _LISTED_ASIN) for text in pieces(node) if (asin := checked_asin(text))), None
    )


def nobody_sells(dom: LexborNode) -> str | None:
    """Return the words by which the list says that there is no offer at all, or None."""
    for node in some(dom, _NONE_LEFT):
        if node.tag == "input":
            if (node.attributes.get("value") or "").strip() == "0":
                return "0 offers"
            continue
        for text in pieces(node):
            said = understood(text)
            if said is not None and said.says is Says.OUT and seen(node):
                return text
    return None


def _with(offer: Offer, condition: Condition | None, link: str | None) -> Offer:
    return replace(offer, condition=condition, order_url=link if offer.availability.is_orderable else None)


def _heading(area: LexborNode) -> str:
    return fold(" ".join(text_of(node) for node in some(area, "#aod-offer-heading")))


def _named(area: LexborNode, pattern: re.Pattern[str]) -> str | None:
    for node in some(area, "[data-aod-atc-action]"):
        if found := pattern.search(node.attributes.get("data-aod-atc-action") or ""):
            return found[1]
    return None
