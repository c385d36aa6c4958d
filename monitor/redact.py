"""What may be shown of a text: addresses without logins, tokens and queries, and no secret the configuration named.

Pure but for one set of remembered secrets; everything that logs or prints somebody else's words goes through `clean`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import Enum
from urllib.parse import SplitResult, unquote, urlsplit

from monitor.model import Answer, DeliveryState, Kind
from monitor.settings import Secret, Settings
from notifiers.message import Result, Urgency
from watchers.model import Availability, Cause

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

_PLAIN = re.compile(r"[A-Za-z]+(?:[-_.~][A-Za-z]+)*")  # a topic somebody made of words
_PLAIN_MOST = 15  # characters; longer ones are masked as tokens are
_PLAIN_LEAST = 8  # a shorter word of a topic is masked in addresses only: it may be any word of a sentence
_OUR_EVENT = re.compile(r"[a-z]+(?:_[a-z]+)*\.[a-z]+(?:_[a-z]+)*")  # "delivery.sent"
_NAMING_KEYS = frozenset(
    {"watch", "channel", "channels", "missing", "kind", "level", "host"}
)  # names and words of ours

_known: set[str] = set()  # masked wherever they turn up
_topics: set[str] = set()  # plain words of addresses: masked in addresses, and where they stand alone
_own: set[str] = {
    word for kinds in (Kind, Cause, Answer, Availability, DeliveryState, Urgency, Result) for word in map(str, kinds)
}


def remember(secrets: Iterable[Secret]) -> None:
    """Mask these and their telling parts wherever they turn up from now on."""
    for secret in secrets:
        text = secret.reveal()
        topics = plain_parts(text)
        _topics.update(topics)
        _known.update(telling_parts(text) - topics)


def remember_all(settings: Settings) -> None:
    """Remember every secret of a configuration: channel addresses, headers and proxies; and the names it gives."""
    for name in (*settings.channels, *(watch.name for watch in settings.watches)):
        _own.update({name.casefold(), *re.findall(r"[\w-]+", name.casefold())})
    remember(channel.url for channel in settings.channels.values())
    remember([settings.heartbeat] if settings.heartbeat else [])
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
        raw = [address.password or "", *_places(address)]
        if not address.password:
            raw.append(
                address.username or ""
            )  # a token stands where a login would; beside a password it is a mere name
        raw += [part for pair in address.query.split("&") if len(part := pair.partition("=")[2]) >= _LONG]
        parts.update(raw)
        parts.update(unquote(part) for part in raw)
    return frozenset(part for part in parts if len(part) >= _SHORTEST)


def plain_parts(text: str) -> frozenset[str]:
    """Give the telling parts that are mere words, such as the topic "restock", and no login."""
    try:
        address = urlsplit(text) if "://" in text else None
    except ValueError:
        return frozenset()
    if address is None or address.password or address.username:
        return frozenset()
    return frozenset(
        part for part in _places(address) if _SHORTEST <= len(part) <= _PLAIN_MOST and _PLAIN.fullmatch(part)
    )


def _places(address: SplitResult) -> list[str]:
    """Give the parts of an address that may be a topic or a token."""
    places = address.path.split("/")
    host = address.hostname or ""
    if "." not in host and host != "localhost":
        places += address.netloc.replace("@", ":").split(":")  # a topic or a token stands where a host would
    return places


def clean(text: str) -> str:
    """Give the text without logins, path tokens and queries of addresses, and without known secrets."""
    if "://" in text:
        text = _ADDRESS.sub(lambda found: _clean_address(found[0]), text)
    for secret in _known:
        if secret in text:
            text = text.replace(secret, MASK)
    for topic in _topics:
        if len(topic) >= _PLAIN_LEAST and topic in text and topic.casefold() not in _own:
            text = re.sub(rf"(?<![\w-]){re.escape(topic)}(?![\w-])", MASK, text)
    return text


def _clean_address(address: str) -> str:
    scheme, _, rest = address.partition("://")
    if scheme.lower() not in _PLAIN_SCHEMES:
        return f"{scheme}://{MASK}"
    shown = _BEFORE_QUERY.match(rest)
    place = shown[0] if shown else ""
    host, slash, path = place.partition("/")
    login, at, host = host.rpartition("@")
    path = "/".join(MASK if _is_token(part.rstrip(_STOPS)) else part for part in path.split("/"))
    tail = rest[len(place) : len(place) + 1]
    return f"{scheme}://{MASK + at if login else ''}{host}{slash}{path}{tail and tail + MASK}"


def _is_token(part: str) -> bool:
    return part in _topics or _TOKEN.fullmatch(part) is not None


def clean_value(key: str, value: object) -> object:
    """Give what may be logged under this key, however deep it is nested; our own words and names stay as they are."""
    if key.lower() in _SECRET_KEYS:
        return MASK
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, str) and _is_ours(key, value):
        return value
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {str(name): clean_value(str(name), inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [clean_value(key, inner) for inner in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return clean(str(value))  # a Secret gives its mask


def _is_ours(key: str, value: str) -> bool:
    """Tell whether this is a name that the person gave, or one of our own words."""
    if "://" in value:
        return False
    if key == "event":
        return _OUR_EVENT.fullmatch(value) is not None
    return key in _NAMING_KEYS and (value.casefold() in _own or key == "host")
