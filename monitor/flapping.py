"""A listing that keeps changing its mind: noticed from raw answers, and calmed by taking a majority.

Only yes and no count; looks that could not tell neither make nor mend a flap.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime

from monitor.model import Answer, Belief
from monitor.settings import ConfirmSettings

VOTES = 5  # looks whose majority decides while flapping


def noted(belief: Belief, answer: Answer, at: datetime, confirm: ConfirmSettings) -> Belief:
    """Note one raw yes or no, and whether the listing flaps from here on."""
    turns = belief.turns
    if belief.recent and belief.recent[-1][1] is not answer:
        turns = (*turns, at)[-confirm.flap_changes :]
    belief = replace(belief, recent=(*belief.recent, (at, answer))[-VOTES:], turns=turns)
    if belief.flapping_since is None and len(belief.recent) == VOTES and _restless(belief, at, confirm):
        return replace(belief, flapping_since=at)
    return belief


def calmed(belief: Belief, at: datetime, confirm: ConfirmSettings) -> Belief:
    """End the flapping once a whole window has passed with fewer changes."""
    since = belief.flapping_since
    if since is None or at - since < confirm.flap_window or _restless(belief, at, confirm):
        return belief
    return replace(belief, flapping_since=None, told=belief.told - {"flapping"})


def majority(belief: Belief) -> Answer | None:
    """Give what most of the last looks said; None until there are enough of them."""
    if len(belief.recent) < VOTES:
        return None
    return Counter(answer for _, answer in belief.recent).most_common(1)[0][0]


def run_began(belief: Belief) -> datetime:
    """Give when the newest unbroken run of equal answers began, as far as it is remembered."""
    began, last = belief.recent[-1]
    for at, answer in reversed(belief.recent):
        if answer is not last:
            break
        began = at
    return began


def _restless(belief: Belief, at: datetime, confirm: ConfirmSettings) -> bool:
    return sum(at - turn <= confirm.flap_window for turn in belief.turns) >= confirm.flap_changes
