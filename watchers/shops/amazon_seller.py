"""Who sells an Amazon buying option and in which condition: read from the option's own part of the page."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborNode

from watchers.model import Condition
from watchers.shops.amazon_address import Marketplace, checked_seller
from watchers.shops.amazon_tree import inside, pieces, reads, some, text_of, value_of

FORM_SELLER = 'input[name="merchantID"], input[name="usedMerchantID"], input#deliveryBlockSelectMerchant, input[name="merchantId"]'
_SELLER_NAME = (  # where it stands, and the element that holds it
    ("#sellerProfileTriggerId", ""),
    ("#merchant-info", 'a[href*="seller"], a[href*="/shops/"]'),  # its other links tell of gifts and of sending
    (
        '#merchantInfoFeature_feature_div, [data-feature-name="merchantInfoFeature"]',
        ".offer-display-feature-text-message",
    ),
    ('[tabular-attribute-name="Sold by"], [tabular-attribute-name="販売元"]', ".tabular-buybox-text-message"),
    ("#aod-offer-soldBy", "a, .a-color-base"),
)
_SELLER_HEAD = (
    "#sfsb_accordion_head, #tabular-buybox-container, #merchantInfoFeature_feature_div"  # a label, then the name
)
_SELLER_SENTENCE = "#merchant-info"  # "Ships from and sold by Amazon.com."; other sellers' names are links
_LONGEST_LABEL = 16
_SOLD_BY = re.compile(
    r"sold by|seller|販売|verk[aä]uf|vendu|vendeur|vendid|vendedor|vendut|venditore|verko[co]|verkoper|såld|säljare|sprzeda|satıc|satıl",
    re.I,
)
_OWN_NAMES = re.compile(
    r"amazon(?:\.[a-z]{2,3}){0,2}|amazon eu s.{0,12}|amazon\.com services.{0,8}|amazon export sales.{0,8}", re.I
)
_USED = re.compile(
    r"\bused\b|中古|コレクター|gebraucht|d'occasion|occasion\b|de segunda mano|usad[oa]s?\b|tweedehands|begagnad|używan|ikinci el|collectible",
    re.I,
)
_RENEWED = re.compile(
    r"renewed|refurbished|整備済|generalüberholt|erneuert|reconditionné|reacondicionad|ricondizionat|refurbish|renoverad|odnowion|"
    r"yenilenmiş|recondicionad",
    re.I,
)
_RENEWED_TITLE = re.compile(
    r"\((?:renewed|refurbished|generalüberholt|reconditionné|reacondicionado|ricondizionato|certified refurbished)|整備済み?品|"
    r"整備済みサプライ",
    re.I,
)
_HEADING = (
    '[id$="AccordionCaption_feature_div"], [class*="accordion-row-a11y"], h5, #usedBuySection, #buyNewSection, '
    "#usedItemConditionInfoLink_feature_div, #renewedSingleOfferCaption_feature_div, #aod-offer-heading"
)


def seller_in(area: LexborNode, place: Marketplace, *, own: bool = True) -> str | None:
    """Return who sells: the name shown, and Amazon's own where one of its names or its seller id stands there.

    `own` tells that the part belongs to one buying option; elsewhere the ids of forms may be those of other goods.
    """
    for outer, inner in _SELLER_NAME:
        for node in inside(area, outer, inner) if inner else some(area, outer):
            if name := (reads(node) or text_of(node)):
                return _own_or(name, place)
    for node in some(area, _SELLER_HEAD):
        parts = list(pieces(node))
        if len(parts) > 1 and _SOLD_BY.search(parts[-2]):
            return _own_or(parts[-1], place)
    if own and place.own_seller and checked_seller(value_of(area, FORM_SELLER)) == place.own_seller:
        return place.name
    for node in some(area, _SELLER_SENTENCE):
        parts = list(pieces(node))
        if len(parts) > 1 and len(parts[0]) <= _LONGEST_LABEL and _SOLD_BY.search(parts[0]):  # "Sold by", then a link
            return _own_or(parts[1], place)
        words = " ".join(parts)
        if "amazon" in words.lower() and _SOLD_BY.search(words):
            return place.name
    return None


def _own_or(name: str, place: Marketplace) -> str:
    return place.name if _OWN_NAMES.fullmatch(name) else name[:100]


def condition_of(area: LexborNode, name: str) -> Condition | None:
    """Return the condition an option names in its heading, its row's name or its form; None when it names none."""
    heading = " ".join(reads(node)[:120] for node in some(area, _HEADING))
    low = name.lower()
    if low.startswith("renewed") or _RENEWED.search(heading):
        return Condition.REFURBISHED
    if (
        low.startswith("used")
        or _USED.search(heading)
        or area.css_first(
            '#usedOnlyBuybox, #usedbuyBox, input[name="usedMerchantID"], input[name="isUsedBuyBox"][value="1"]'
        )
    ):
        return Condition.USED
    return None


def renewed_title(title: str) -> bool:
    """True when the product itself is a renewed one: Amazon gives those a listing of their own and says so in the title."""
    return bool(_RENEWED_TITLE.search(title))
