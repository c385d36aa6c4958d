"""One buying option of an Amazon buy box: what it takes, from whom, in which condition, and what it says of stock.

A yes needs a control that belongs to the option and can be pressed; a phrase that takes it back beats it.
"""

from __future__ import annotations

from dataclasses import dataclass

from selectolax.lexbor import LexborNode

from watchers.model import Availability, Condition
from watchers.readers.lexicon import Role, lexicon
from watchers.shops.amazon_address import Marketplace, checked_asin, checked_seller
from watchers.shops.amazon_seller import FORM_SELLER, condition_of, seller_in
from watchers.shops.amazon_tree import pieces, pressable, reads, seen, some, value_of
from watchers.shops.amazon_words import Phrase, Says, is_preorder, understood

_FORM_ASIN = 'input#ASIN, input[name^="ASIN"], input[name$="[asin]"], input[name="asin"], input[name="a"], input#deliveryBlockSelectAsin'
_FORM_OFFER = 'input[name="offerListingID"], input[name$="[offerListingId]"], input[name="usedOfferListingID"], input[type="hidden"][name^="offeringID"], input[name="oid"]'
# The controls that order: ids in use since 2012, then the names their form sends, which all layouts share.
_ORDER = (
    '[id^="add-to-cart-button"], [name^="submit.add-to-cart"], [name="submit.addToCart"], [name^="submit.preorder"], '
    '[id^="buy-now-button"], [name="submit.buy-now"], #one-click-button, #oneClickBuyButton, [name="submit.one-click"], '
    '[id^="rcx-subscribe-submit-button"]'
)
_ANY_BUTTON = "input[type=submit], input[type=button], button, .a-button-text, a.a-button-text"
_ANY_SUBMIT = "input[type=submit], input[type=button], button"
_OTHERS = '[id^="buybox-see-all-buying-choices"]'
_STOCK = (
    '[id*="vailability"], [id*="outOfStock"], #backInStock, [id*="ndeliverable"], [data-feature-name^="availability"]'
)
_DELIVERY = (
    '[id^="mir-layout-DELIVERY_BLOCK-slot-PRIMARY"], #deliveryBlockMessage, #ddmDeliveryMessage, #delivery-message'
)
_CHOOSE = '[id^="partialState"]'


@dataclass(frozen=True, slots=True)
class Row:
    """What one buying option says; None always means "it does not say"."""

    availability: Availability  # unknown where its words contradict each other, or say what no order can follow
    why: str  # the words it rests on, or what is contradictory
    where: str
    pressed: LexborNode | None = None  # the control that would be pressed
    phrase: Phrase | None = None
    asin: str | None = None
    offer_id: str | None = None
    seller_id: str | None = None
    seller: str | None = None
    condition: Condition | None = None
    others: bool = False  # only other sellers have it: no option of its own


def read_row(area: LexborNode, name: str, place: Marketplace, stock: LexborNode | None = None) -> Row:
    """Read one buying option; `stock` is the page's stock line, in view, for an option that has none."""
    control = _order_control(area)
    phrases = _phrases(area, stock)
    first = _strongest(phrases, ordering=control is not None)
    others = next((node for node in some(area, _OTHERS) if seen(node, area)), None)
    preorder = control is not None and is_preorder(label_of(control))
    if control is not None:
        state, why = _ordered(
            label_of(control), first, preorder=preorder, promised=_promise(area), silent=not _speaks(area, stock)
        )
    elif invite := _invites(area):
        state, why = Availability.INVITATION, invite
    elif first is not None and first.says is Says.ELSEWHERE:
        state, why = (
            Availability.UNKNOWN,
            f'the page says it cannot be sent to where it takes us to be: "{first.words}"',
        )
    elif any(seen(node, area) for node in some(area, _CHOOSE)) or (first is not None and first.says is Says.CHOOSE):
        state, why = Availability.UNKNOWN, "a variant must be chosen first: list the address of the variant itself"
    elif others is not None:
        if first is not None and first.says in (Says.OUT, Says.ENDED):
            state, why = Availability.UNKNOWN, f'"{first.words}", yet "{reads(others)}"'
        else:
            state, why = Availability.IN_STOCK, reads(others)
    elif first is not None and first.says in _REFUSED:
        state, why = _REFUSED[first.says], first.words
    else:
        beside = f', only the words "{first.words}"' if first is not None else ""
        state, why = Availability.UNKNOWN, f"no order button that can be pressed in the buy box{beside}"
    return Row(
        state,
        (why or "an order button")[:160],
        name,
        control,
        first,
        checked_asin(value_of(area, _FORM_ASIN)),
        value_of(area, _FORM_OFFER),
        checked_seller(value_of(area, FORM_SELLER)),
        None if others is not None and control is None else seller_in(area, place),
        condition_of(area, name),
        others is not None and control is None,
    )


def asin_in(area: LexborNode) -> str | None:
    """Return the ASIN that the forms of a part of the page send along, or None."""
    return next((asin for node in some(area, _FORM_ASIN) if (asin := checked_asin(node.attributes.get("value")))), None)


def label_of(control: LexborNode) -> str:
    """Return a control's words: its value, or the caption drawn over it, or its title."""
    attributes = control.attributes
    if control.tag != "input":
        if words := reads(control):
            return words
    elif value := (attributes.get("value") or "").strip():
        return value
    elif control.parent is not None and (words := reads(control.parent)):
        return words
    return (attributes.get("title") or attributes.get("aria-label") or "").strip()


def _order_control(area: LexborNode) -> LexborNode | None:
    """Return the control that orders: one of Amazon's own, else a button whose words order and whose form is this product's."""
    own = asin_in(area)
    for node in some(area, _ORDER):
        if pressable(node, area) and not _refuses(label_of(node)) and _form_asin(node, area) in (own, None):
            return node
    for node in some(area, _ANY_SUBMIT):
        known = lexicon().control(label_of(node))
        if (
            known is not None
            and known[0] is Role.ORDER
            and pressable(node, area)
            and _form_asin(node, area) in (own, None)
        ):
            return node
    return None


def _form_asin(node: LexborNode, area: LexborNode) -> str | None:
    """Return the ASIN that the form around a control is about, or what an element between it and the area names."""
    at = node.parent
    while at is not None and at.mem_id != area.mem_id:
        if named := checked_asin(at.attributes.get("data-asin")):
            return named
        if at.tag == "form":
            return asin_in(at)
        at = at.parent
    return None


_REFUSED = {
    Says.OUT: Availability.OUT_OF_STOCK,
    Says.LATER: Availability.OUT_OF_STOCK,
    Says.ENDED: Availability.DISCONTINUED,
    Says.RELEASE: Availability.COMING_SOON,
    Says.INVITE: Availability.INVITATION,
}
# What a phrase makes of an order that can be placed.
_TAKEN = {
    Says.IN: Availability.IN_STOCK,
    Says.OTHERS: Availability.IN_STOCK,
    Says.LATER: Availability.BACKORDER,
    Says.LEAD: Availability.BACKORDER,
    Says.RELEASE: Availability.PREORDER,
    Says.INVITE: Availability.INVITATION,
}
# The order in which phrases of one option are believed: what takes back first, what promises last.
_WEIGHT = (
    Says.ELSEWHERE,
    Says.ENDED,
    Says.OUT,
    Says.CHOOSE,
    Says.INVITE,
    Says.RELEASE,
    Says.LATER,
    Says.LEAD,
    Says.OTHERS,
    Says.IN,
)


def _ordered(
    label: str, said: Phrase | None, *, preorder: bool, promised: bool, silent: bool
) -> tuple[Availability, str]:
    """Say what an order would be, by its label and the option's phrase; without a known phrase something must promise."""
    invite = understood(label)
    if invite is not None and invite.says is Says.INVITE:
        return Availability.INVITATION, label
    if said is not None and said.says in _TAKEN:
        state = Availability.PREORDER if preorder and said.says is not Says.LATER else _TAKEN[said.says]
        return state, f"{said.words}; {label}"
    if said is not None:
        if said.says is Says.ELSEWHERE:
            return Availability.UNKNOWN, f'the page says it cannot be sent to where it takes us to be: "{said.words}"'
        return Availability.UNKNOWN, f'"{said.words}", yet "{label}" can be pressed'
    if preorder:
        return Availability.PREORDER, label
    if silent or promised:
        return Availability.IN_STOCK, label
    return Availability.UNKNOWN, f'"{label}" can be pressed, but the words about stock beside it are not known'


def _phrases(area: LexborNode, stock: LexborNode | None) -> list[Phrase]:
    nodes = [node for node in some(area, _STOCK) if seen(node, area)]
    if not any(reads(node) for node in nodes) and stock is not None:
        nodes.append(stock)
    found = [phrase for node in nodes for text in pieces(node) if (phrase := understood(text))]
    for node in some(area, _DELIVERY):
        if seen(node, area):
            found.extend(p for text in pieces(node) if (p := understood(text)) and p.says is Says.ELSEWHERE)
    return found


def _strongest(phrases: list[Phrase], *, ordering: bool) -> Phrase | None:
    """Return the phrase that counts; "order now, sent when it is back" explains the refusal that stands beside it."""
    said = {phrase.says for phrase in phrases}
    if ordering and Says.LATER in said:
        phrases = [phrase for phrase in phrases if phrase.says is not Says.OUT]
    return min(phrases, key=lambda phrase: _WEIGHT.index(phrase.says)) if phrases else None


def _speaks(area: LexborNode, stock: LexborNode | None) -> bool:
    """True when the stock line holds words at all, known or not."""
    return bool(reads(stock)) or any(seen(node, area) and reads(node) for node in some(area, "#availability"))


def _promise(area: LexborNode) -> bool:
    """True when a day of delivery is promised: only offers that can be sent get one."""
    return any(
        seen(node, area) and (node.attributes.get("data-csa-c-delivery-time") or "").strip()
        for node in some(area, "[data-csa-c-delivery-time]")
    )


def _invites(area: LexborNode) -> str | None:
    for node in some(area, _ANY_BUTTON):
        words = label_of(node)
        said = understood(words) if words else None
        if said is not None and said.says is Says.INVITE and pressable(node, area):
            return words
    return None


def _refuses(label: str) -> bool:
    known = lexicon().control(label) if label else None
    return known is not None and known[0] is not Role.ORDER
