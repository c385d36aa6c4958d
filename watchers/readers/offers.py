"""The offers of a verdict: what the data says of price and seller, checked against what the product block shows.

The price a visitor sees wins over the one in the data where it is plain; a price that is not plain is left out, for an
unread price never passes a ceiling and a wrong one may.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from urllib.parse import urlsplit

from watchers.model import Availability, Evidence, Offer, Source
from watchers.money import Money, Role, prices
from watchers.readers import lexicon
from watchers.readers.block import Block, names_money
from watchers.readers.markup import is_old_price
from watchers.readers.outline import Outline
from watchers.readers.wording import Wording
from watchers.weigh import Weighed

_MOST_PRICES = 80  # runs of text looked at
_LEAST, _MOST = Decimal("0.4"), Decimal("2.5")  # of the price in the data
_UP = 4  # elements above a text whose names say what its amount is
_USED = re.compile(r"used|中古|gebraucht|occasion|usado|usato", re.IGNORECASE)
_RAISED_CENTS = re.compile(r"([$€£]\s?\d[\d,]*)\s+(\d\d)(?![\d.,])")  # cents in an element of their own, raised
# Which money a bare "$", "kr" or "¥" is, by the country a shop's host names.
_OF_COUNTRY = {
    "mx": "MXN", "au": "AUD", "ca": "CAD", "nz": "NZD", "sg": "SGD", "hk": "HKD", "tw": "TWD", "ar": "ARS", "cl": "CLP",
    "co": "COP", "br": "BRL", "jp": "JPY", "cn": "CNY", "se": "SEK", "no": "NOK", "dk": "DKK", "us": "USD", "uk": "GBP",
    "in": "INR", "eg": "EGP",
}  # fmt: skip


def offers_of(
    verdict: Weighed, data: Sequence[Offer], evidence: Sequence[Evidence], seen: Wording, url: str
) -> tuple[Offer, ...]:
    """Return the offers behind a verdict, the one it speaks of first; at least one."""
    state = verdict.availability
    told = _agreeing(state, data)
    shown = _shown_price(seen, told[0] if told else None, url)
    first = told[0] if told else Offer(state)
    changes: dict[str, object] = {"availability": state}
    if shown is not None and _overrules(shown, first):
        changes.update(price=shown.amount, price_high=shown.high, currency=shown.currency or first.currency)
        changes["tax_excluded"] = shown.tax_included is False
    if first.quantity is None and state.is_orderable:
        changes["quantity"] = _quantity(evidence)
    first = replace(first, **changes)  # type: ignore[arg-type]
    return (first, *told[1:])


def _agreeing(state: Availability, data: Sequence[Offer]) -> list[Offer]:
    """Return the data's offers that the verdict speaks of; a refusal speaks of all of them."""
    if not state.is_orderable:
        return [replace(offer, availability=state) for offer in data]
    open_to_order = [offer for offer in data if offer.availability.is_orderable]
    if open_to_order:
        refused = [offer for offer in data if offer.availability.is_verdict and not offer.availability.is_orderable]
        return [*open_to_order, *refused]
    return [replace(offer, availability=state) for offer in data]


def _overrules(shown: Money, told: Offer) -> bool:
    if told.price is None:
        return True
    if shown.currency and told.currency and shown.currency != told.currency:
        return True
    high = told.price_high or told.price
    if told.price <= shown.amount <= high:
        return False
    # An amount of quite another size is a rebate, an instalment or a point value that nothing marked as such.
    return told.price * _LEAST <= shown.amount <= high * _MOST


def _quantity(evidence: Sequence[Evidence]) -> int | None:
    """Return how many are left, where the block says one number and not several."""
    said = {e.offer.quantity for e in evidence if e.source is Source.PHRASE and e.offer and e.offer.quantity}
    return said.pop() if len(said) == 1 else None


def _shown_price(seen: Wording, told: Offer | None, url: str) -> Money | None:
    """Return what the block asks for the goods, or None where it names no amount, or several without saying which."""
    block, outline = seen.block, seen.outline
    if block is None:
        return None
    country = (urlsplit(url).hostname or "").rpartition(".")[2]
    currency = (told.currency if told else None) or _OF_COUNTRY.get(country)
    found = list(_amounts(outline, block, currency))
    if not found:
        return None
    if told and told.price is not None and any(money.amount == told.price for _, money in found):
        return None  # the data's price stands in the block as well
    beside = [money for control in _orders(block) if (money := _beside(outline, block, control, found))]
    if beside:
        return beside[0] if len({money.amount for money in beside}) == 1 else None
    return _plain([money for _, money in found])


def _orders(block: Block) -> list[int]:
    """Return the block's order controls; one for used goods speaks of another price than the rest."""
    orders = [c for c in block.controls if c.role is lexicon.Role.ORDER and c.enabled]
    return [c.element for c in orders if not _USED.search(c.words)] or [c.element for c in orders]


def _beside(outline: Outline, block: Block, control: int, found: Sequence[tuple[int, Money]]) -> Money | None:
    """Return the plain amount in the smallest part around a control that names one."""
    element = control
    while element >= 0:
        if here := [money for at, money in found if outline.inside(at, element)]:
            return _plain(here)
        if element == block.root:
            break
        element = outline.parents[element]
    return None


def _amounts(outline: Outline, block: Block, currency: str | None) -> Iterator[tuple[int, Money]]:
    looked = 0
    for number in block.texts:
        element, text = outline.texts[number]
        if len(text) > 300 or looked >= _MOST_PRICES or not names_money(text):
            continue
        looked += 1
        pieces = outline.pieces_of(number) or [(element, text)]
        kept = [piece for owner, piece in pieces if not _crossed_out(outline, owner)]
        if not kept:
            continue
        if len(kept) < len(pieces):  # the old and the new price stand in one run: only what is not crossed out counts
            text = " ".join(kept)
        if number in outline.pieces:
            text = _RAISED_CENTS.sub(r"\1.\2", text)
        for money in _prices(text, currency):
            if money.role is Role.PRICE and money.amount > 0 and not money.open_ended:
                yield element, money


@lru_cache(maxsize=2_048)
def _prices(text: str, currency: str | None) -> tuple[Money, ...]:
    """Return the amounts of a short text; the next look at the page meets the same ones."""
    return prices(text, hint_currency=currency)


def _crossed_out(outline: Outline, element: int) -> bool:
    for _ in range(_UP):
        if element < 0:
            return False
        if element in outline.struck or is_old_price(outline.names[element]):
            return True
        element = outline.parents[element]
    return False


def _plain(found: Sequence[Money]) -> Money | None:
    """Return the one amount, or the one that is marked out: with tax, or labelled as the price."""
    for some in (
        [m for m in found if m.tax_included and m.labelled],
        [m for m in found if m.tax_included],
        [m for m in found if m.labelled],
        [m for m in found if m.tax_included is not False],
        list(found),
    ):
        amounts: set[Decimal] = {m.amount for m in some}
        if len(amounts) == 1:
            return some[0]
        if amounts:
            return None
    return None
