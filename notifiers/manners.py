"""The manners of each service: how it wakes a phone, where its click target goes, what would ping a crowd.

Pure: the parts of a channel's URL and a message go in, the parameters of one send come out. Names of parameters are
those of Apprise 2.2's plug-ins.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from notifiers.message import Message, Urgency

Parts = Mapping[str, Any]

_NTFY_CHARS = 1200  # 4,096 bytes a message at ntfy; kana take three, and six in the JSON that Apprise caps at 8,000


@dataclass(frozen=True, slots=True)
class Manner:
    """Parameters of one send, and whether the click target travels among them."""

    params: Mapping[str, Any] = field(default_factory=dict)
    carries_link: bool = False


def loudness(message: Message, *, urgent: bool) -> Urgency:
    """Only a channel that may be loud is ever urgent."""
    if message.urgency is Urgency.URGENT and not urgent:
        return Urgency.NORMAL
    return message.urgency


def manner(scheme: str, parts: Parts, message: Message, urgency: Urgency) -> Manner:
    """Give the parameters that this service needs for this message; a value the user wrote wins when it is urgent."""
    service = _SERVICES.get(scheme)
    return service(parts, message, urgency) if service else Manner()


def max_chars(scheme: str, service_limit: int) -> int:
    """Give how many characters of title and body together one message may have."""
    limit = service_limit if service_limit > 0 else 32_000
    return min(limit, _NTFY_CHARS) if scheme in ("ntfy", "ntfys") else limit


def inert(scheme: str, text: str) -> str:
    """Take the sting out of words that this service would turn into a call to everyone or a link."""
    if scheme == "discord":
        return _CROWD.sub(lambda found: "＠" + found[1], text)
    if scheme == "tgram":  # its plug-in drops whatever looks like an unknown tag, escaped or not
        return text.replace("<", "＜").replace(">", "＞")
    return text  # Slack's plug-in escapes its three characters itself


def one_line(text: str) -> str:
    """Make a subject of a text: line breaks and other control characters become single spaces."""
    return re.sub(r"[\x00-\x1f\x7f\x85\u2028\u2029]+", " ", text).strip()


def ascii_link(link: str) -> str:
    """Spell a link in ASCII: punycode for the host, percent signs for the rest; what is encoded already stays."""
    try:
        parts = urlsplit(link)
        host = parts.netloc.encode("ascii").decode() if parts.netloc.isascii() else _ascii_host(parts.netloc)
        return urlunsplit((parts.scheme, host, _ascii(parts.path), _ascii(parts.query), _ascii(parts.fragment)))
    except (ValueError, UnicodeError):
        return _ascii(link)


_CROWD = re.compile(r"@(everyone|here|[!&]?\d{15,})", re.IGNORECASE)


def _ascii(text: str) -> str:
    return quote(text, safe="%:/?#[]@!$&'()*+,;=-._~")


def _ascii_host(netloc: str) -> str:
    host, colon, port = netloc.partition(":")
    return host.encode("idna").decode() + colon + port


def _asked(parts: Parts, name: str, urgency: Urgency, ours: Any) -> Any:
    """Give the user's own value while it is urgent, else ours."""
    return parts[name] if urgency is Urgency.URGENT and parts.get(name) else ours


def _ntfy(parts: Parts, message: Message, urgency: Urgency) -> Manner:
    level = {Urgency.URGENT: "5", Urgency.NORMAL: "3", Urgency.QUIET: "2"}[urgency]
    params: dict[str, Any] = {"priority": _asked(parts, "priority", urgency, level)}
    if not parts.get("avatar_url"):
        params["include_image"] = False  # else the notification wears the library's logo
    if message.link:
        params["click"] = ascii_link(message.link)
    return Manner(params, carries_link=bool(message.link))


def _pushover(parts: Parts, message: Message, urgency: Urgency) -> Manner:
    # Apprise's "moderate" is -1, shown without a sound; its "low" is -2, not shown at all.
    level = {Urgency.URGENT: "emergency", Urgency.NORMAL: "normal", Urgency.QUIET: "moderate"}[urgency]
    params: dict[str, Any] = {"priority": _asked(parts, "priority", urgency, level)}
    if urgency is Urgency.URGENT:
        # An emergency rings again every 30 s (the least Pushover allows) until it is acknowledged, for ten minutes.
        params["sound"] = parts.get("sound") or "siren"
        params["interval"] = parts.get("interval") or 30
        params["expire"] = parts.get("expire") or 600
    if message.link:
        params["supplemental_url"] = ascii_link(message.link)
    return Manner(params, carries_link=bool(message.link))


def _gotify(parts: Parts, message: Message, urgency: Urgency) -> Manner:
    # "emergency" is 10, "normal" 5, "moderate" 3, shown without a sound; "low" is 0, not shown at all.
    level = {Urgency.URGENT: "emergency", Urgency.NORMAL: "normal", Urgency.QUIET: "moderate"}[urgency]
    return Manner({"priority": _asked(parts, "priority", urgency, level)})


def _telegram(parts: Parts, message: Message, urgency: Urgency) -> Manner:
    return Manner({"silent": urgency is Urgency.QUIET or bool(parts.get("silent"))})


def _json(parts: Parts, message: Message, urgency: Urgency) -> Manner:
    """A machine reads this one: the link and the events travel as fields of their own, and stay in the text as well."""
    extras = {"urgency": urgency.value, "link": message.link or "", "events": list(message.tags)}
    return Manner({"payload": {**extras, **(parts.get("payload") or {})}})


_SERVICES: Mapping[str, Callable[[Parts, Message, Urgency], Manner]] = {
    "ntfy": _ntfy,
    "ntfys": _ntfy,
    "pover": _pushover,
    "gotify": _gotify,
    "gotifys": _gotify,
    "tgram": _telegram,
    "json": _json,
    "jsons": _json,
}
