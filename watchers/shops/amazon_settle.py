"""From the buying options of an Amazon page to one verdict, which offer it speaks of, and the offers behind it."""

from __future__ import annotations

from collections.abc import Sequence

from watchers.model import Availability, Cause, Condition, Evidence, Offer, Source
from watchers.readers.lexicon import fold
from watchers.shops.amazon_address import Marketplace
from watchers.shops.amazon_offers import Option
from watchers.shops.shop import Told

_FOR_MEMBERS = ("prime", "sns")  # rows only members or subscribers order from


def settle(options: Sequence[Option], wanted: str | None, place: Marketplace, ids: frozenset[str]) -> Told:
    """Make one verdict of the buying options: of the wanted seller's, else of the new one that can be ordered, first."""
    if wanted is not None:
        theirs = [option for option in options if _is_by(option, wanted, place)]
        if not theirs:
            return _by_another(options, ids)
        options = theirs
    ranked = sorted(options, key=_rank)
    first = ranked[0]
    if not first.offer.availability.is_verdict:
        return cannot(Cause.NO_EVIDENCE, first.row.why, ids)
    kept = [option for option in ranked if option.offer.availability.is_verdict]
    if first.offer.availability.is_orderable and not _for_members(first):  # then a price for members is nobody else's
        kept = [option for option in kept if not _for_members(option)]
    evidence = tuple(
        Evidence(option.offer.availability, Source.SHOP, f"buy box, {option.row.where}", option.row.why, option.offer)
        for option in kept
    )
    return Told(first.offer.availability, evidence, tuple(option.offer for option in kept), ids=ids)


def _by_another(options: Sequence[Option], ids: frozenset[str]) -> Told:
    """The address asks for one seller, and the box that Amazon made for it holds no offer of theirs."""
    there = [
        option for option in options if option.row.seller_id is not None or not option.offer.availability.is_orderable
    ]
    refusal = next(
        (o for o in options if o.offer.availability.is_verdict and not o.offer.availability.is_orderable), None
    )
    if refusal is not None:
        state = refusal.offer.availability
        evidence = Evidence(state, Source.SHOP, f"buy box, {refusal.row.where}", refusal.row.why)
        return Told(state, (evidence,), (Offer(state),), ids=ids)
    if not there:
        return cannot(
            Cause.NO_EVIDENCE, "the address asks for one seller, and the page does not say whose offer it shows", ids
        )
    seller = there[0].row.seller or there[0].row.seller_id
    words = f"sold by {seller}, not by the seller the address asks for"
    evidence = Evidence(Availability.OUT_OF_STOCK, Source.SHOP, f"buy box, {there[0].row.where}", words)
    return Told(Availability.OUT_OF_STOCK, (evidence,), (Offer(Availability.OUT_OF_STOCK),), ids=ids)


def _is_by(option: Option, wanted: str, place: Marketplace) -> bool:
    if option.row.seller_id is not None:
        return option.row.seller_id == wanted
    return place.own_seller == wanted and option.row.seller is not None and fold(option.row.seller) == fold(place.name)


def _for_members(option: Option) -> bool:
    return option.row.where.lower().startswith(_FOR_MEMBERS)


def _rank(option: Option) -> tuple[int, int, int]:
    """Sort what can be ordered first, then new before used, then what everyone may order before members' rows."""
    state = option.offer.availability
    standing = 0 if state.is_orderable else 1 if state.is_verdict else 2
    condition = {Condition.NEW: 0, None: 0, Condition.REFURBISHED: 1, Condition.USED: 2}[option.offer.condition]
    return standing, int(_for_members(option)), condition


def cannot(cause: Cause, detail: str, ids: frozenset[str]) -> Told:
    return Told(Availability.UNKNOWN, cause=cause, detail=detail, ids=ids)
