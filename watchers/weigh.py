"""Evidence in, verdict out: what a page says once everything present on it is laid side by side.

The rules are those of design.md section 4. A visible "no" beats a structured "yes"; a "yes" needs something positive in the
product's own block; what cannot be settled is no verdict and names both sides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from watchers.model import Availability, Cause, Evidence, Source

_VISIBLE = frozenset({Source.BUTTON, Source.PHRASE})
# The more a refusal tells, the sooner it is believed: "discontinued" also is out of stock.
_REFUSALS = (
    Availability.DISCONTINUED,
    Availability.IN_STORE_ONLY,
    Availability.COMING_SOON,
    Availability.OUT_OF_STOCK,
)
# What a phrase may make of an order that can be placed.
_KINDS = (
    Availability.INVITATION,
    Availability.LOTTERY,
    Availability.PREORDER,
    Availability.MADE_TO_ORDER,
    Availability.BACKORDER,
)


@dataclass(frozen=True, slots=True)
class Weighed:
    """A verdict and what it rests on, or why there is none."""

    availability: Availability
    rests_on: tuple[Evidence, ...] = ()
    cause: Cause | None = None
    detail: str = ""


def weigh(
    evidence: Sequence[Evidence], *, block: bool, priced: bool, stated: bool = True, drawn: bool = False
) -> Weighed:
    """Settle what the evidence says.

    `block` tells that the product's own part of the page was found and read, `priced` that a price stands in it, `stated`
    that a phrase for "in stock" is a statement of its own or a number of pieces, not a part of some sentence, `drawn` that
    the page is a shell that a script draws, and no order control stands in it, not even hidden. The state that the script
    draws from then takes the product block's place, and it is a yes where the structured data says so too.
    Evidence of a shop's own reader stands above everything and is believed as it is.
    """
    if own := tuple(e for e in evidence if e.source is Source.SHOP):
        return _own(own)
    sides = _Sides(evidence)
    if sides.orders:
        return _orderable(sides, block=block, priced=priced)
    return _refused(sides, block=block, priced=priced and stated, drawn=drawn)


class _Sides:
    """The evidence sorted by who says it and what."""

    def __init__(self, evidence: Sequence[Evidence]) -> None:
        buttons = [e for e in evidence if e.source is Source.BUTTON]
        phrases = [e for e in evidence if e.source is Source.PHRASE]
        data = [e for e in evidence if e.source not in _VISIBLE and e.says.is_verdict]
        self.orders = [e for e in buttons if e.says.is_orderable]
        self.refusals = [e for e in buttons if not e.says.is_orderable]
        self.yes_words = [e for e in phrases if e.says.is_orderable]
        self.no_words = [e for e in phrases if not e.says.is_orderable]
        self.yes_data = [e for e in data if e.says.is_orderable]
        self.no_data = [e for e in data if not e.says.is_orderable]

    def words_of(self, *states: Availability) -> list[Evidence]:
        return [e for e in (*self.orders, *self.yes_words) if e.says in states]


def _own(own: tuple[Evidence, ...]) -> Weighed:
    verdicts = [e for e in own if e.says.is_verdict]
    best = next((e for e in verdicts if e.says.is_orderable), verdicts[0] if verdicts else None)
    if best is None:
        return _unknown(f"the shop's own data says neither yes nor no: {_quote(own[0])}", own)
    return Weighed(best.says, (best,))


def _orderable(sides: _Sides, *, block: bool, priced: bool) -> Weighed:
    """Weigh a page whose product block holds an enabled order control."""
    order = sides.orders[0]
    against = [*sides.no_words, *sides.refusals]
    if against or (sides.no_data and not sides.yes_data):
        no = [*against, *sides.no_data]
        later = sides.words_of(Availability.BACKORDER)
        if not against:
            later = later or sides.words_of(Availability.PREORDER, Availability.MADE_TO_ORDER)
        if later:
            return Weighed(_kind(later), (later[0], order, no[0]))
        if against and sides.no_data and not sides.yes_data:
            return Weighed(_refusal(no), tuple(no))
        return _unknown(f"{_quote(no[0])}, yet {_quote(order)}", (no[0], order))
    positive = [*sides.yes_words, *sides.yes_data]
    if not block or not (priced or positive):
        return _unknown(f"{_quote(order)}, but neither a price nor a word about stock beside it", (order,))
    return Weighed(_order_kind(sides), (order, *positive[:3]))


def _order_kind(sides: _Sides) -> Availability:
    """Say which kind of order the control takes: its own words first, then the phrases, then the data."""
    own = {e.says for e in sides.orders}
    if Availability.IN_STOCK not in own:
        return _kind(sides.orders)
    if any(e.says is Availability.IN_STOCK for e in sides.yes_words):
        return Availability.IN_STOCK
    if sides.yes_words:
        return _kind(sides.yes_words)
    if own != {Availability.IN_STOCK}:
        return Availability.IN_STOCK
    data = {e.says for e in sides.yes_data}
    return Availability.IN_STOCK if not data or Availability.IN_STOCK in data else _kind(sides.yes_data)


def _kind(evidence: Sequence[Evidence]) -> Availability:
    said = {e.says for e in evidence}
    return next((kind for kind in _KINDS if kind in said), Availability.IN_STOCK)


def _refused(sides: _Sides, *, block: bool, priced: bool, drawn: bool) -> Weighed:
    """Weigh a page without an enabled order control."""
    no = [*sides.refusals, *sides.no_words]
    if no:
        if sides.yes_words and not sides.refusals and not sides.no_data:
            return _unknown(f"{_quote(sides.no_words[0])}, yet {_quote(sides.yes_words[0])}", tuple(no))
        return Weighed(_refusal(no), tuple(no))
    if sides.no_data:
        if sides.yes_data or sides.yes_words:
            yes = [*sides.yes_words, *sides.yes_data]
            return _unknown(f"{_quote(sides.no_data[0])}, yet {_quote(yes[0])}", (sides.no_data[0], yes[0]))
        return Weighed(_refusal(sides.no_data), tuple(sides.no_data))
    if sides.yes_data and sides.yes_words and block and priced:
        kind = Availability.IN_STOCK
        said = {e.says for e in sides.yes_words}
        if Availability.IN_STOCK not in said:
            kind = _kind(sides.yes_words)
        return Weighed(kind, (sides.yes_words[0], sides.yes_data[0]))
    state = [e for e in sides.yes_data if e.source is Source.APP_STATE]
    told = [e for e in (*sides.yes_data, *sides.yes_words) if e.source is not Source.APP_STATE]
    if drawn and state and told:
        kinds = _kind([*state, *told])
        return Weighed(kinds, (state[0], told[0]))
    missing = "no order button in the product block" if block else "no product block was found on the page"
    if sides.yes_words:
        lacking = "the words are only part of a sentence" if sides.yes_data else "no structured data agrees"
        return _unknown(f"{_quote(sides.yes_words[0])}, but {missing} and {lacking}", ())
    if sides.yes_data:
        return _unknown(f"{missing} and no stock phrase; only {_quote(sides.yes_data[0])}", (sides.yes_data[0],))
    if block:
        return _unknown("no order button and no stock phrase in the product block, and no structured data", ())
    return _unknown(f"{missing}, and no structured data", ())


def _refusal(no: Sequence[Evidence]) -> Availability:
    said = {e.says for e in no}
    return next((state for state in _REFUSALS if state in said), Availability.OUT_OF_STOCK)


def _unknown(detail: str, evidence: tuple[Evidence, ...]) -> Weighed:
    return Weighed(Availability.UNKNOWN, evidence, Cause.NO_EVIDENCE, detail)


def _quote(evidence: Evidence) -> str:
    return f'{evidence.source} says {evidence.says} ("{evidence.words}")'
