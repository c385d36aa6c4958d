"""The field names that shop software uses for stock and prices, and what their values say; all of them allow-lists."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from watchers.currencies import iso
from watchers.model import Availability
from watchers.money import parse_number

A = Availability


def named(words: str) -> frozenset[str]:
    """Return the names in a line of them."""
    return frozenset(words.split())


_YES = named(
    "instock isinstock available isavailable availableforsale purchasable ispurchasable orderable isorderable "
    "buyable isbuyable salable issalable isaddtocartenabled canaddtocart canbuy hasstock"
)
_NO = named("soldout issoldout outofstock isoutofstock unavailable isunavailable isdiscontinued discontinued")
_LATER = named("isonbackorder onbackorder isbackorder ispreorder preorder ispresale")
_WORDS = named(
    "availability availabilitystatus stockstatus inventorystatus availabilitystate stockstate stockavailability "
    "stocklevelstatus instockstatus productavailability sellabilitystatus stock inventory"
)
_COUNTS = named(
    "stock stockquantity quantityavailable availablequantity inventoryquantity stocklevel stockcount "
    "inventorycount qtyavailable availablestock availablestockquantity inventory stockqty quantityinstock "
    "unitsinstock"
)
# Of the counts those that can only be a number of pieces; "stock: 1" is a state as often.
PIECES = _COUNTS - {"stock", "stocklevel", "inventory"}
_SAYS = {
    word: state
    for state, words in {
        A.IN_STOCK: "instock available lowstock limited limitedavailability limitedstock inlimitedstock onlineonly highstock "
        "mediumstock instockonline stockavailable 1",
        A.OUT_OF_STOCK: "outofstock soldout unavailable notavailable nostock oos outofstockonline notinstock temporarilyoutofstock "
        "currentlyunavailable 0",
        A.PREORDER: "preorder presale preorderable",
        A.BACKORDER: "backorder backordered onbackorder availableonbackorder backorderable",
        A.COMING_SOON: "comingsoon notyetavailable",
        A.DISCONTINUED: "discontinued endoflife",
    }.items()
    for word in words.split()
}
_PRICES = (
    "prices",
    "price",
    "saleprice",
    "currentprice",
    "finalprice",
    "sellingprice",
    "offerprice",
    "discountedprice",
    "amount",
)
_CURRENCIES = named("currency currencycode pricecurrency currencyiso isocode")
_FOLD = re.compile(r"[\W_]+")


def folded(text: str) -> str:
    """Return a field's name as names are compared: letters and digits in lower case."""
    return _FOLD.sub("", text).lower()


def said(key: str, value: object) -> Availability | None:
    """Return what a field says, None for any name or value that is not on the lists; `key` is folded."""
    if isinstance(value, bool):
        if key in _LATER and value:
            return A.BACKORDER if "order" in key and "pre" not in key else A.PREORDER
        if key in _YES:
            return A.IN_STOCK if value else A.OUT_OF_STOCK
        if key in _NO and value:
            return A.DISCONTINUED if "discontinued" in key else A.OUT_OF_STOCK
        return None
    if isinstance(value, str) and (key in _WORDS or key in _YES):
        return _SAYS.get(folded(re.split(r"[/#]", value.strip())[-1])) if len(value) <= 80 else None
    if isinstance(value, int) and key in _COUNTS and value >= 0:
        return A.IN_STOCK if value > 0 else A.OUT_OF_STOCK
    return None


def price_of(node: Mapping[str, object]) -> tuple[Decimal | None, str | None]:
    """Return a price only together with its currency: without one, nobody knows whether it counts cents."""
    fields = {folded(key): value for key, value in node.items() if isinstance(key, str)}
    for key in _PRICES:
        value = fields.get(key)
        inner = {folded(k): v for k, v in value.items() if isinstance(k, str)} if isinstance(value, dict) else fields
        currency = next((iso(str(inner[k])) for k in _CURRENCIES if isinstance(inner.get(k), str)), None)
        amount = (
            next((inner[k] for k in ("value", "amount", "price") if k in inner), None)
            if isinstance(value, dict)
            else value
        )
        if currency and isinstance(amount, (str, int, float)) and not isinstance(amount, bool):
            number = parse_number(str(amount))
            if number is not None and number > 0:
                digits = inner.get("currencyminorunit")
                return number.scaleb(-digits) if isinstance(digits, int) and 0 <= digits <= 4 else number, currency
    return None, None
