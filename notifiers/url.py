"""What a channel URL must be before anything is sent to it: one Apprise target, with our manners.

Nothing here repeats a URL: it is a secret.
"""

from __future__ import annotations

import logging
import re
import threading
import warnings
from difflib import get_close_matches
from functools import cache
from typing import Any
from urllib.parse import unquote

CONSOLE = "console"  # ours: prints to the terminal
_FORCED = {"redirect": "no", "retry": "0", "verify": "yes"}
_PART = re.compile(r"\{(\w+)\}")
_local = threading.local()


class _Hush(logging.Filter):
    """Drops what Apprise logs while this thread only asks whether a URL is one: its lines show the URL."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not getattr(_local, "asking", False)


_hush = _Hush()


def _key(pair: str) -> str:
    """Give the name of a query pair as Apprise will read it."""
    name = pair.partition("=")[0]
    return unquote(name[:1] + name[1:].replace("+", " ")).lower().strip()


def scheme(url: str) -> str:
    """Give the scheme of a channel URL in lower case, "" when there is none."""
    head, found, _ = url.strip().partition("://")
    return head.lower() if found else ""


def channel_url(url: str) -> str:
    """Give the URL with redirects and Apprise's own retries off and certificates verified, whatever it asked for.

    A redirect to a log-in page would count as success, and retrying is the outbox's work.
    """
    url = url.strip()
    if scheme(url) == CONSOLE:
        return url
    base, _, query = url.partition("?")
    pairs = [pair for pair in query.replace(";", "&").split("&") if pair and _key(pair) not in _FORCED]
    return f"{base}?{'&'.join([*pairs, *(f'{name}={value}' for name, value in _FORCED.items())])}"


def refusal(url: str) -> str | None:
    """Say in words why a channel URL cannot be used, without repeating it; None when it can.

    Imports Apprise (0.6 s the first time). Sends nothing.
    """
    url = url.strip()
    name = scheme(url)
    if not name:
        return 'expected an Apprise URL such as "ntfys://topic", "mailto://..." or "console://"'
    if name == CONSOLE:
        return None
    asked = {_key(pair): pair.partition("=")[2].lower() for pair in url.partition("?")[2].replace(";", "&").split("&")}
    if asked.get("verify", "yes") not in ("yes", "true", "1", "on", "y"):
        return "verify=no is not possible: certificates of channels are always verified; remove it"

    known = _schemes()
    if name not in known:
        close = get_close_matches(name, known, n=1)
        guess = f' (did you mean "{close[0]}://"?)' if close and name not in ("http", "https") else ""
        return f'"{name}://" is not a service that Apprise knows{guess}'
    target = _instance(url)
    if target is None:
        return f'a "{name}://" URL that Apprise refuses: {_how_written(name)}'
    if not url.partition("://")[2].partition("?")[0].strip("/ ") and "{schema}://" not in target.templates:
        return f'"{name}://" is empty after the scheme: it names nobody to tell'
    if len(target) > 1:
        return f"the URL names {len(target)} targets: give each a channel of its own, so that each is told once"
    if name.startswith("mailto") and not getattr(target, "targets", True):
        return "the mail URL names no valid address to send to"
    return None


def _how_written(name: str) -> str:
    """Say how a URL of a service is written, or what the service lacks; nothing of the URL that was refused."""
    if name in ("http", "https"):
        return "it is no web hook of a service it knows; for a receiver of your own write json:// or jsons:// instead"
    if name in ("mailto", "mailtos"):
        return (
            f"a part is missing or misspelt; it is written {name}://USER:PASSWORD@example.com?to=ADDRESS, with @ as %40"
        )
    from apprise.manager_plugins import NotificationManager

    plugin: Any = NotificationManager()[name]  # type: ignore[no-untyped-call]
    needed = getattr(plugin, "requirements", {}).get("packages_required")
    if not plugin.enabled:
        more = ", ".join([needed] if isinstance(needed, str) else needed or [])
        return f"it needs {f'the package {more}' if more else 'something that this system does not have'}"
    first = next(iter(plugin.templates), "")
    shape = _PART.sub(lambda part: name if part[1] == "schema" else part[1].upper(), first)
    return f"a part is missing or misspelt; it is written {shape}" if shape else "a part is missing or misspelt"


@cache
def _schemes() -> tuple[str, ...]:
    """Load Apprise and give every scheme it knows; https is one, for the web hooks it recognises."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # one of its plug-ins imports a module that Python is about to drop
        from apprise.manager_plugins import NotificationManager

        schemas: list[str] = NotificationManager().schemas()  # type: ignore[no-untyped-call]
    return tuple(sorted({*schemas, "http", "https", CONSOLE}))


def _instance(url: str) -> Any:
    """Give Apprise's plug-in for a URL, None when it refuses, and let it log nothing meanwhile."""
    import apprise

    logger = logging.getLogger("apprise")
    if _hush not in logger.filters:
        logger.addFilter(_hush)
    _local.asking = True
    try:
        return apprise.Apprise.instantiate(channel_url(url), suppress_exceptions=True) or None
    finally:
        _local.asking = False
