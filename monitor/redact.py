"""What may be shown of a text: addresses without logins, tokens and queries, and no secret the configuration named.

Pure but for one set of remembered secrets; everything that logs or prints somebody else's words goes through `clean`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import unquote, urlsplit

from monitor.settings import Secret, Settings

MASK = "***"

# Linear: bounded scheme, then everything up to a blank or a quote.
_ADDRESS = re.compile(r"\b[A-Za-z][A-Za-z0-9+.-]{0,30}://[^\s\"'<>|\\^`{}]{1,2048}")
_TOKEN = re.compile(r"(?=[^/]*[0-9])(?=[^/]*[A-Za-z])[A-Za-z0-9_~.%-]{16,}")
_BEFORE_QUERY = re.compile(r"[^?#]*")
_STOPS = ".,:;!)]"  # of the sentence around an address
_PLAIN_SCHEMES = frozenset(
    {"http", "https", "demo", "console"}
)  # pages people look at; every other scheme is a channel
_SECRET_KEYS = frozenset({"password", "token", "authorization", "cookie", "secret", "topic", "api_key", "channel_url"})
_SHORTEST = 6  # a shorter word would blank half of what is logged
_LONG = 12  # values of a query are mostly settings such as "urgent"

_known: set[str] = set()


def remember(secrets: Iterable[Secret]) -> None:
    """Mask these and their telling parts wherever they turn up from now on."""
    for secret in secrets:
        _known.update(telling_parts(secret.reveal()))


def remember_all(settings: Settings) -> None:
    """Remember every secret of a configuration: channel addresses, headers and proxies."""
    remember(channel.url for channel in settings.channels.values())
    for host in settings.hosts.values():
        remember([*host.headers.values(), *([host.proxy] if host.proxy else [])])


def telling_parts(text: str) -> frozenset[str]:
    """Give what of a channel's address, or of any other secret, must never be shown: all of it and each part."""
    parts = {text}
    if "://" in text:
        try:
            address = urlsplit(text)
        except ValueError:
            return frozenset(parts)
        host = address.hostname or ""
        raw = [address.password or "", *address.path.split("/")]
        if not address.password:
            raw.append(
                address.username or ""
            )  # a token stands where a login would; beside a password it is a mere name
        if "." not in host and host != "localhost":
            raw += address.netloc.replace("@", ":").split(":")  # a topic or a token stands where a host would
        raw += [part for pair in address.query.split("&") if len(part := pair.partition("=")[2]) >= _LONG]
        parts.update(raw)
        parts.update(unquote(part) for part in raw)
    return frozenset(part for part in parts if len(part) >= _SHORTEST)


def clean(text: str) -> str:
    """Give the text without logins, path tokens and queries of addresses, and without known secrets."""
    if "://" in text:
        text = _ADDRESS.sub(lambda found: _clean_address(found[0]), text)
    for secret in _known:
        if secret in text:
            text = text.replace(secret, MASK)
    return text


def _clean_address(address: str) -> str:
    scheme, _, rest = address.partition("://")
    if scheme.lower() not in _PLAIN_SCHEMES:
        return f"{scheme}://{MASK}"
    shown = _BEFORE_QUERY.match(rest)
    place = shown[0] if shown else ""
    host, slash, path = place.partition("/")
    login, at, host = host.rpartition("@")
    path = "/".join(MASK if _TOKEN.fullmatch(part.rstrip(_STOPS)) else part for part in path.split("/"))
    tail = rest[len(place) : len(place) + 1]
    return f"{scheme}://{MASK + at if login else ''}{host}{slash}{path}{tail and tail + MASK}"


def clean_value(key: str, value: object) -> object:
    """Give what may be logged under this key, however deep it is nested."""
    if key.lower() in _SECRET_KEYS:
        return MASK
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {str(name): clean_value(str(name), inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [clean_value(key, inner) for inner in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return clean(str(value))  # a Secret gives its mask
