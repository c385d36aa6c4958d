"""Whether the service does its work right now, and if not, why: what a heartbeat and `/readyz` rest on. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from monitor.schedule import Schedule, Slot

LAG_S = 1.0
SHARE = 0.9
PENDING_S = 300.0
_OVERDUE_S = 10.0  # or one interval, whichever is longer


@dataclass(frozen=True, slots=True)
class Vitals:
    """What there is to know; seconds."""

    lag: float  # the loop came so late to its newest turn
    share: float  # of the listings whose turn came, those that were looked at
    fault: str | None  # why the newest commit failed
    oldest_pending: float  # age of the oldest delivery still owed, 0 for none
    channels: int
    healthy: int  # channels that take messages


def reasons(vitals: Vitals) -> tuple[str, ...]:
    """Give why the service is not ready, one line each; nothing when it is."""
    found = []
    if vitals.lag >= LAG_S:
        found.append(f"the loop is {vitals.lag:.1f} s behind")
    if vitals.share < SHARE:
        found.append(f"only {vitals.share:.0%} of the looks that were due were made")
    if vitals.fault is not None:
        found.append(f"the newest commit failed: {vitals.fault}")
    if vitals.oldest_pending > PENDING_S:
        found.append(f"a message has waited {vitals.oldest_pending:.0f} s for its channel")
    if vitals.channels and not vitals.healthy:
        found.append("no channel takes messages")
    return tuple(found)


def share_looked_at(slots: Iterable[Slot], schedule: Schedule, now: float) -> float:
    """Give the share of listings that were looked at when their turn came; one whose host rests had no turn."""
    count = late = 0
    for slot in slots:
        if schedule.lanes[slot.host].gate.closed_for(now) > 0:
            continue
        count += 1
        late += not slot.running and now - slot.due > max(_OVERDUE_S, slot.listing.interval.total_seconds())
    return 1.0 - late / count if count else 1.0
