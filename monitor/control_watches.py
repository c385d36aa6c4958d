"""Control watches: goods known to be in stock. When one reads otherwise, the reader of its shop is wrong (B3).

A control watch never rings; it is looked at like any other, and what it tells is about the service, not about the goods.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime

from monitor.episode import URGENCY
from monitor.model import Alert, Kind
from monitor.rows import AlarmRow
from monitor.supervisor import Announce
from watchers.model import Cause, Observation

CONTRARY = 3  # conclusive looks in a row that read otherwise
_SCOPE = "control:"


class ControlWatches:
    """Counts what control watches read, and tells once when it is wrong and once when it is right again."""

    def __init__(self, announce: Announce, now: Callable[[], datetime], drop: Callable[[str], Awaitable[None]]) -> None:
        self._announce = announce
        self._now = now
        self._drop = drop
        self._contrary: Counter[str] = Counter()
        self._told: set[str] = set()

    def restore(self, rows: Iterable[AlarmRow]) -> list[AlarmRow]:
        """Take over what was told before the last stop; give the rows that are somebody else's."""
        others = []
        for row in rows:
            if row.scope.startswith(_SCOPE):
                self._told.add(row.scope)
            else:
                others.append(row)
        return others

    async def saw(self, watch: str, seen: Observation, *, orderable: bool) -> None:
        """Fold in one look at a control watch; one without a verdict says nothing."""
        if not seen.availability.is_verdict:
            return
        scope = f"{_SCOPE}{watch} {seen.url}"
        if orderable:
            self._contrary.pop(scope, None)
            if scope in self._told:
                self._told.discard(scope)
                await self._tell(Kind.CONTROL_RIGHT, watch, seen, clears=scope)
            return
        self._contrary[scope] += 1
        if self._contrary[scope] >= CONTRARY and scope not in self._told:
            self._told.add(scope)
            now = self._now()
            row = AlarmRow(scope, Cause.NO_EVIDENCE, now, now, None, {"detail": str(seen.availability)})
            await self._tell(Kind.CONTROL_WRONG, watch, seen, raises=row)

    async def forget(self, watches: Iterable[str]) -> None:
        """Drop what stands for watches that are no control watches any more."""
        kept = tuple(f"{_SCOPE}{name} " for name in watches)
        for scope in [scope for scope in self._told if not scope.startswith(kept)]:
            self._told.discard(scope)
            await self._drop(scope)

    async def _tell(self, kind: Kind, watch: str, seen: Observation, **stored: object) -> None:
        words = seen.evidence[0].words if seen.evidence else ""
        alert = Alert(
            "", kind, URGENCY[kind], seen.at, watch, seen.url, seen.title, after=seen.availability, detail=words
        )
        await self._announce(alert, [watch], **stored)
