"""Quiet notices: an offer worth knowing of that is no yes, told once a stretch and after the same confirmation.

A hint comes with a look that read the page ("other_state:lottery", "no_price:price", "hidden:variant"); the stretch
it was told for lasts until the page has said otherwise as firmly as a yes would have to end.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from monitor.model import Answer, Belief, Kind, Leaning
from monitor.settings import ConfirmSettings
from monitor.wishes import Verdict

KINDS = {"other_state": Kind.OTHER_STATE, "no_price": Kind.NO_PRICE, "hidden": Kind.HIDDEN}


def hinted(
    belief: Belief, verdict: Verdict, at: datetime, confirm: ConfirmSettings, life: timedelta, official: bool
) -> tuple[Belief, Leaning | None]:
    """Fold the hint of one look that read the page; give the leaning whose notice is now due."""
    hint, told = verdict.hint, current(belief)
    if hint == told:
        return replace(belief, aside=None), None
    leaning = lean(belief.aside, verdict, at, None if hint == "" else life)
    belief = replace(belief, aside=leaning)
    if hint == "":
        if told == "":
            return replace(belief, aside=None), None
        if firm_no(leaning, at, confirm):
            return replace(belief, aside=None, told=belief.told - {told}), None
        return belief, None
    if leaning.looks < confirm.looks and not official:
        return belief, None
    return replace(belief, aside=None, told=(belief.told - {told}) | {hint}), leaning


def current(belief: Belief) -> str:
    """Give the hint that was told for the present stretch; "" for none."""
    return next((told for told in sorted(belief.told) if told.partition(":")[0] in KINDS), "")


def lean(leaning: Leaning | None, verdict: Verdict, at: datetime, life: timedelta | None) -> Leaning:
    """Add one look to a change of mind; another answer, or a candidate past its life, starts over."""
    fresh = Leaning(verdict.answer, at, at, offer=verdict.offer, hint=verdict.hint)
    if leaning is None or (leaning.answer, leaning.hint) != (fresh.answer, fresh.hint):
        return fresh
    if life is not None and at - leaning.first_at > life:
        return fresh
    return replace(leaning, last_at=at, looks=leaning.looks + 1, blind_looks=0, offer=verdict.offer, given_up=False)


def firm_no(leaning: Leaning, at: datetime, confirm: ConfirmSettings) -> bool:
    """True when enough looks agree that something ended: several, or two that lie well apart."""
    return leaning.looks >= confirm.no_looks or (leaning.looks >= 2 and at - leaning.first_at >= confirm.no_spread)


def is_yes(leaning: Leaning | None) -> bool:
    """True for a candidate yes."""
    return leaning is not None and leaning.answer is Answer.YES
