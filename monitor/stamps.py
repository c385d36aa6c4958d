"""What every look leaves on a belief, whatever it saw: that somebody looked, and no stamp from the future."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from monitor.model import Belief
from watchers.model import Observation


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
        title=belief.title or observation.identity.title or observation.title,
        identity_ids=belief.identity_ids or observation.identity.ids,
    )


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
