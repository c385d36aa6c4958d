"""Which manners hold towards a host: one answer for the service, for `check` and for `validate`."""

from __future__ import annotations

from monitor.settings import HostSettings, Settings
from watchers.model import Manners


def host_settings(settings: Settings, host: str) -> HostSettings:
    """Give the settings for a host as `host_of` spells it; those of the bare host hold for its ports without their own."""
    if host in settings.hosts:
        return settings.hosts[host]
    return settings.hosts.get(host.rpartition(":")[0], HostSettings())


def manners_for(settings: Settings, host: str) -> Manners:
    """Give what a request to this host carries: headers, proxy and who we say we are, secrets revealed."""
    chosen = host_settings(settings, host)
    return Manners(
        {name: value.reveal() for name, value in chosen.headers.items()},
        chosen.proxy.reveal() if chosen.proxy else None,
        chosen.user_agent,
    )
