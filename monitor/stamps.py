"""What every look leaves on a belief, whatever it saw: that somebody looked, and no stamp from the future."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from monitor.model import Belief
from watchers.model import Observation, Source

# Kinds of evidence that a page keeps whatever the stock is; buttons and phrases come and go with it.
KINDS = frozenset({Source.JSON_LD, Source.MICRODATA, Source.OPEN_GRAPH})
_LOST = "-"  # before a kind that went once: some shops take it away with the stock, and that is news only once
MISSED = 3  # conclusive looks in a row without a kind, and the page has changed


def looked(belief: Belief, observation: Observation, at: datetime) -> Belief:
    """Note that somebody looked, and what the page says it is when it first says so."""
    if not observation.availability.is_verdict:
        return replace(
            belief,
            looked_at=at,
            looks_blind=belief.looks_blind + 1,
            last_cause=observation.cause,
            last_detail=observation.detail,
        )
    return replace(
        belief,
        looked_at=at,
        looks_blind=0,
        last_cause=None,
        last_detail="",
        last_conclusive=at,
        gone=None,
        told=belief.told - {"gone"},
        **_kinds(belief, observation),
        title=belief.title or observation.identity.title or observation.title,
        identity_ids=belief.identity_ids or observation.identity.ids,
    )


def keeps_its_kinds(belief: Belief, observation: Observation) -> bool:
    """True when a look found the kinds of data that are remembered, and no new one."""
    return not belief.kinds_missed and _kinds(belief, observation) == {"kinds": belief.kinds, "kinds_missed": 0}


def _kinds(belief: Belief, observation: Observation) -> dict[str, Any]:
    """Remember which kinds of data tell the truth on this page (B3); one that is gone for good is forgotten, aloud.

    Where a shop's own reader or the user's rule settled the page, nobody looked for the others.
    """
    if any(one.source in (Source.SHOP, Source.RULE) for one in observation.evidence):
        return {"kinds": belief.kinds, "kinds_missed": 0}
    now = {str(one.source) for one in observation.evidence if one.source in KINDS}
    missing = {kind for kind in belief.kinds if not kind.startswith(_LOST)} - now
    found = belief.kinds | {kind for kind in now if _LOST + kind not in belief.kinds}
    if not missing:
        return {"kinds": found, "kinds_missed": 0}
    if belief.kinds_missed + 1 < MISSED:
        return {"kinds": found, "kinds_missed": belief.kinds_missed + 1}
    return {"kinds": found - missing | {_LOST + kind for kind in missing}, "kinds_missed": 0}


def without_future(belief: Belief, at: datetime) -> Belief:
    """Pull every stamp that lies ahead back to now: the clock was set back, and no age is negative."""
    ahead: dict[str, Any] = {
        name: at
        for name in ("since", "last_conclusive", "last_yes", "no_first_at", "rang_at", "flapping_since", "looked_at")
        if (stamp := getattr(belief, name)) is not None and stamp > at
    }
    if belief.turns and max(belief.turns) > at:
        ahead["turns"] = tuple(min(turn, at) for turn in belief.turns)
    if belief.recent and max(stamp for stamp, _ in belief.recent) > at:
        ahead["recent"] = tuple((min(stamp, at), answer) for stamp, answer in belief.recent)
    for name in ("leaning", "gone", "aside"):
        leaning = getattr(belief, name)
        if leaning is not None and leaning.last_at > at:
            ahead[name] = replace(leaning, first_at=min(leaning.first_at, at), last_at=at)
    return replace(belief, **ahead) if ahead else belief
