"""What one offer of an Amazon page asks for: its price, what sending costs, and the points it earns.

The price a visitor pays stands in an element of its own, drawn as "a-price"; crossed-out, unit and list prices are drawn
as "a-text-price" and are never read, and neither is the price for members that some pages name in a sentence.
"""

from __future__ import annotations

import re
from decimal import Decimal

from selectolax.lexbor import LexborNode

from watchers.money import Money, Role, prices
from watchers.readers.lexicon import fold
from watchers.shops.amazon_tree import classes, inside, reads, seen, some, text_of

# Where the price to pay stands since 2021, and how it is drawn there; then the elements of the older layouts.
_BLOCKS = '[id^="corePrice"], [data-feature-name^="corePrice"], [id^="apex_"]'
_DRAWN = (".priceToPay, .apexPriceToPay", ".a-price-range", ".a-price")
_OLDER = (
    "#price_inside_buybox, #newBuyBoxPrice, #usedPrice, #renewedBuyBoxPrice, #priceblock_dealprice, #priceblock_ourprice, "
    "#priceblock_saleprice, #kindle-price, #digital-button-price, #buyNew_noncbb"
)
_OLDER_BLOCKS = "#usedBuySection, #buyNewSection, #mediaNoAccordion"
_OLDER_DRAWN = ".a-color-price, .offer-price, .header-price, .a-size-base"
_TO_PAY = frozenset(
    {"priceToPay", "apexPriceToPay", "apex-pricetopay-value"}
)  # said so outright, whatever else it is drawn as
_OLD = frozenset({"a-text-price", "a-text-strike", "a-price-text-strike", "basisPrice"})
_SAVED = '[name$="[customerVisiblePrice][displayString]"]'
_FREE = (
    "free", "無料", "gratis", "gratuit", "gratuito", "kostenlos", "kostenfrei", "grátis", "fri ", "fraktfri", "darmow", "bezpłatn",
    "ücretsiz", "bedava", "senza costi", "مجان",
)  # fmt: skip
# Sending is free for some only: members, first orders, orders above an amount.
_FOR_SOME = re.compile(
    r"prime|プライム|first order|primeiro pedido|初回|以上|eligible|orders? (?:over|of|shipped)|on orders|ab [0-9]|dès [0-9]|"
    r"a partir de|über [0-9]|[0-9] (?:eur|€) oder mehr"
)
_FEE_BEFORE = re.compile(r"(?:配送料|送料|shipping|versandkosten|frais de port|livraison)\s{0,2}:?\s{0,2}$")
_RAND = re.compile(r"\AR\s?(?=[0-9])")
_POINTS = re.compile(r"([0-9][0-9,]{0,9})\s?(?:pt\b|ポイント|points?\b)", re.IGNORECASE)
_BLOCKS_OF_SENDING = (
    '[id^="mir-layout-DELIVERY_BLOCK-slot-PRIMARY"], [id="mir-layout-DELIVERY_BLOCK-slot-DELIVERY_MESSAGE"], '
    "#price-shipping-message, #ourprice_shippingmessage, #delivery-message, #deliveryBlockMessage, #ddmDeliveryMessage"
)


def price_in(area: LexborNode, hint: str, *, own: bool = True) -> Money | None:
    """Return what a part of the page asks for, or None; `hint` is the marketplace's own currency (ISO 4217).

    `own` tells that the part belongs to one buying option; elsewhere only the product's own blocks are looked at.
    """
    blocks = [block for block in some(area, _BLOCKS) if own or not _of_used(block)]
    for selector in _DRAWN:
        for block in blocks if own or selector != _DRAWN[-1] else [b for b in blocks if not _is_frame(b)]:
            for node in some(block, selector):
                if _is_paid(node, area) and (money := _drawn(node, hint)):
                    return money
    if own:
        for node in some(area, _DRAWN[0]):
            if _is_paid(node, area) and (money := _drawn(node, hint)):
                return money
    for node in (*some(area, _OLDER), *inside(area, _OLDER_BLOCKS, _OLDER_DRAWN), *some(area, "#price")):
        if (
            seen(node, area)
            and _OLD.isdisjoint(classes(node))
            and (money := _amount(reads(node) or text_of(node), hint))
        ):
            return money
    return _saved(area, hint, own=own)


def drawn_price(area: LexborNode, hint: str) -> Money | None:
    """Return the first amount that is drawn as a price to pay inside an element of the offer list."""
    for node in some(area, ".a-price"):
        if _is_paid(node, area) and (money := _drawn(node, hint)):
            return money
    return None


def shipping_in(area: LexborNode, hint: str) -> Decimal | None:
    """Return what sending costs, 0 where it is free for everyone, None where the page does not say."""
    for block in some(area, _BLOCKS_OF_SENDING):
        if not seen(block, area):
            continue
        for told in some(block, "[data-csa-c-delivery-price]"):
            fee = (told.attributes.get("data-csa-c-delivery-price") or "").strip()
            condition = (told.attributes.get("data-csa-c-delivery-condition") or "").strip()
            if fee and _tells(fee, hint):
                return _fee(f"{fee} {condition}", reads(told), hint)
        words = reads(block)
        if words and (found := _fee(words, words, hint)) is not None:
            return found
    return None


def points_in(area: LexborNode) -> int | None:
    """Return the points a purchase earns (Amazon.co.jp), or None."""
    for block in some(area, '[id^="points"], .loyalty-points'):
        if seen(block, area) and (found := _POINTS.search(reads(block))):
            return int(found[1].replace(",", ""))
    return None


def _is_paid(node: LexborNode, area: LexborNode) -> bool:
    """True for an amount in view that neither it nor anything close above it marks as an old one."""
    at: LexborNode | None = node if _TO_PAY.isdisjoint(classes(node)) else None
    for _ in range(4):
        if at is None:
            break
        if not _OLD.isdisjoint(classes(at)):
            return False
        at = at.parent
    return seen(node, area)


def _drawn(node: LexborNode, hint: str) -> Money | None:
    """Read an amount from its copy for screen readers, else from the pieces it is drawn with; a range gives both ends."""
    if "a-price-range" in classes(node):
        ends = [money for part in some(node, ".a-price") if (money := _drawn(part, hint))]
        if len(ends) == 2 and ends[0].amount < ends[1].amount:
            return Money(ends[0].amount, ends[0].currency, high=ends[1].amount)
        return ends[0] if len(ends) == 1 else None
    for copy in some(node, ".a-offscreen"):
        if money := _amount(text_of(copy), hint):
            return money
    if (whole := node.css_first(".a-price-whole")) is None:
        return _amount(text_of(node), hint)
    symbol = text_of(node.css_first(".a-price-symbol"))
    fraction = text_of(node.css_first(".a-price-fraction"))
    digits = "".join(text_of(whole).split()).rstrip(".,")
    point = text_of(whole.css_first(".a-price-decimal")) or "."
    return _amount(f"{symbol}{digits}{point + fraction if fraction else ''}", hint)


def _of_used(block: LexborNode) -> bool:
    """True for a price block that stands for the used option."""
    at: LexborNode | None = block
    for _ in range(4):
        if at is None:
            return False
        if "used" in (at.attributes.get("id") or "").lower():
            return True
        at = at.parent
    return False


def _is_frame(block: LexborNode) -> bool:
    """True for a block that holds more than the price: taxes, instalments, prices for members."""
    return (block.attributes.get("id") or "").startswith("apex_")


def _saved(area: LexborNode, hint: str, *, own: bool) -> Money | None:
    """Read the price that the order form itself sends along as the one the visitor saw."""
    for told in some(area, _SAVED) if own else []:
        if money := _amount(told.attributes.get("value") or "", hint):
            return money
    amount = area.css_first("#twister-plus-price-data-price")
    unit = area.css_first("#twister-plus-price-data-price-unit")
    if amount is None or unit is None:
        return None
    return _amount(f"{unit.attributes.get('value') or ''} {amount.attributes.get('value') or ''}", hint)


def _amount(text: str, hint: str) -> Money | None:
    """Return the first amount of a short text that is a price, in its currency."""
    if not text or len(text) > 120:
        return None
    if hint == "ZAR":
        text = _RAND.sub("ZAR ", text)  # "R 1 234,00": the letter is no sign anywhere else
    for money in prices(text, hint_currency=hint):
        if money.role is Role.PRICE and money.amount > 0 and money.currency:
            return money
    return None


def _tells(fee: str, hint: str) -> bool:
    """True when a fee is named, or said to be nothing; the same field also holds "fastest" and the like."""
    return any(word in fold(fee) for word in _FREE) or bool(prices(fee, hint_currency=hint))


def _fee(fee: str, words: str, hint: str) -> Decimal | None:
    folded, around = fold(fee), fold(words)
    amounts = prices(fee, hint_currency=hint)
    opening = folded[:40]
    if any(word in opening for word in _FREE):
        return None if _FOR_SOME.search(folded) or _FOR_SOME.search(around[:160]) else Decimal(0)
    if not amounts:
        return None
    first = amounts[0]
    at = fold(fee).find(fold(first.words))
    named = first.role is Role.SHIPPING or bool(_FEE_BEFORE.search(folded[: max(at, 0)])) or _is_fee_first(folded, at)
    return first.amount if named and not _FOR_SOME.search(folded[:80]) else None


def _is_fee_first(folded: str, at: int) -> bool:
    """True when the text opens with the amount ("$3.99 delivery", "por 51,68 €"): a sending block names no other first."""
    return 0 <= at <= 6
