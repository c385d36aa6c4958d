"""What `restock status` tells of a running service, as data; and the only things its control socket reaches."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from monitor import __version__
from monitor.changes import Reloaded
from monitor.control_requests import Answer, Quieting, shown
from monitor.model import Answer as Wished
from monitor.mutes import Refused
from monitor.problems import ConfigError
from monitor.redact import clean
from monitor.reload import Held

if TYPE_CHECKING:
    from monitor.service import Service


class ServiceControls:
    """A service as its control socket sees it."""

    def __init__(self, service: Service) -> None:
        self._service = service

    @property
    def quieting(self) -> Quieting:
        """Who mutes."""
        return self._service.hush

    @property
    def longest_mute(self) -> timedelta:
        """No mute may be longer, as configured now."""
        return self._service.settings.longest_mute

    async def reload(self, *, yes: bool) -> Reloaded | ConfigError | Held:
        """Read the configuration now; Refused where none is followed."""
        if not self._service.reloading.following:
            raise Refused("this service follows no configuration file, so there is nothing to reload")
        return await self._service.reloading.ask(yes=yes)

    def status(self) -> Answer:
        """Say how the service is doing."""
        return report(self._service)


def report(service: Service) -> Answer:
    """Say how a service is doing; times in ISO 8601, durations in seconds, channels by name and without secrets."""
    now, settings, snapshot = service.clock.now(), service.settings, service.snapshot()
    standing = service.reloading.standing
    return {
        "version": __version__,
        "pid": os.getpid(),
        "since": service.started_at.isoformat(),
        "uptime_s": round(max(0.0, (now - service.started_at).total_seconds()), 1),
        "config": {
            "path": str(settings.path.absolute()),
            "timezone": settings.timezone,
            "followed": service.reloading.following,
            "held": list(standing.held),
            "problems": [clean(problem) for problem in standing.problems],
        },
        "database": {
            "path": str(service.storage.path),
            "fault": service.storage.fault and clean(service.storage.fault),
        },
        "watches": snapshot.watches,
        "listings": snapshot.listings,
        "looks": snapshot.looks,
        "lag_p95_s": round(snapshot.lag, 3),
        "next_look_s": None if snapshot.next_in is None else round(snapshot.next_in, 1),
        "in_stock": _in_stock(service),
        "blind": [
            {
                "watch": key[0],
                "url": clean(key[1]),
                "cause": alarm.cause.value,
                "detail": clean(alarm.detail),
                "since": since.isoformat(),
            }
            for alarm, key, since in service.sights()
        ],
        "backing_off": [
            {"host": host, "seconds": round(wait, 1)} for host, wait in sorted(snapshot.backing_off.items())
        ],
        "channels": [
            {
                "name": state.name,
                "healthy": state.healthy,
                "pending": state.pending,
                "held": state.held,
                "sent": state.sent,
                "paused_s": round(state.paused_s, 1),
                "last_error": clean(state.last_error),
            }
            for state in service.outbox.states()
        ],
        "alerts": snapshot.alerts,
        "last_alert": _time(snapshot.last_alert),
        "mutes": [shown(mute) for mute in service.hush.standing],
    }


def _in_stock(service: Service) -> list[dict[str, Any]]:
    return [
        {
            "watch": belief.watch,
            "url": clean(belief.url),
            "state": belief.availability.value if belief.availability else None,
            "price": str(belief.offer.price) if belief.offer and belief.offer.price is not None else None,
            "currency": belief.offer.currency if belief.offer else None,
            "since": _time(belief.since),
        }
        for belief in service.beliefs.values()
        if belief.answer is Wished.YES
    ]


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
