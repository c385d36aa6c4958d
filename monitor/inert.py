"""Make foreign words harmless: text from pages and people that goes into messages, and links that leave them.

What a chat service, a mail reader or a terminal could act on is replaced by a look-alike that it does not act on: a
person reads the same, a machine sees plain text. Only `safe_link` lets a link through.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote, urlsplit, urlunsplit

TITLE_LIMIT = 200
_LOOK_ALIKES = str.maketrans("@<>*_`~|[]\\#{}", "＠＜＞＊＿｀～｜［］＼＃｛｝")
# Not of a "format" category, yet nothing to see: variation selectors, joiners and fillers.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_TAGS = str.maketrans("<>", "＜＞")
_CALL = re.compile(r"@(?=[\w!&])")
_NAMED_LINK = re.compile(r"\]\(")
_WEB = re.compile(r"(?<!\w)(\w*)://(?=[\w\[])")
_LINKLESS = frozenset({"console", "demo", "json", "jsons", "mailto", "mailtos", "ntfy", "ntfys"})  # opened by no reader
_WWW = re.compile(r"\bwww\.(?=\w)", re.IGNORECASE)
_PATH = re.compile(r"(?<=\w\.)(\w{2,}(?::\d+)?)/")
_CONTROL = frozenset({"Cc", "Zl", "Zp"})
_INVISIBLE = frozenset({"Cf", "Cs", "Co", "Cn"})


def clean(text: str | None, limit: int) -> str:
    """Give the text on one line, visible, without mark-up, mentions or links, at most `limit` characters."""
    seen = _visible(text, limit).translate(_LOOK_ALIKES)
    seen = _PATH.sub(r"\1／", _WWW.sub("www．", seen.replace("://", "：／／")))
    return clip(" ".join(seen.split()), limit)


def copyable(text: str | None, limit: int) -> str:
    """Give words of ours and of a configuration file as they are written there, on one line, so that they can be copied.

    Keys, brackets, quotes and names keep their letters: no service acts on those. What calls somebody, is a tag or
    leads to a page becomes a look-alike all the same, since a value from the file may stand in them.
    """
    seen = _visible(text, limit).translate(_TAGS)
    seen = _NAMED_LINK.sub("］(", _CALL.sub("＠", seen))
    seen = _WEB.sub(lambda found: found[0] if found[1].lower() in _LINKLESS else f"{found[1]}：／／", seen)
    return clip(" ".join(seen.split()), limit)


def _visible(text: str | None, limit: int) -> str:
    """Give the letters that can be seen, control characters as blanks."""
    text = (text or "")[: 20 * limit]  # a page's title may be a megabyte
    kinds = ((char, unicodedata.category(char)) for char in text)
    return _UNSEEN.sub("", "".join(" " if kind in _CONTROL else char for char, kind in kinds if kind not in _INVISIBLE))


def clip(text: str, limit: int) -> str:
    """Shorten to `limit` characters, showing that something is missing."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def safe_link(url: str | None) -> str | None:
    """Give an http or https URL in plain ASCII, without credentials; None for anything else."""
    if not url or len(url) > 2000:
        return None
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
        if parts.scheme not in ("http", "https") or not host:
            return None
        host = f"[{host}]" if ":" in host else host.encode("idna").decode("ascii")
    except (ValueError, UnicodeError):
        return None
    if not re.fullmatch(r"[a-z0-9._-]+|\[[0-9a-f:.]+\]", host, re.IGNORECASE):
        return None
    place = host if port is None else f"{host}:{port}"
    return urlunsplit((parts.scheme, place, _quoted(parts.path), _quoted(parts.query), _quoted(parts.fragment)))


def _quoted(part: str) -> str:
    return quote(part, safe="%/:=&?+!$,;'()~-._", errors="replace")
