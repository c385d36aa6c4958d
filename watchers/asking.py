"""What we say to a shop, and what we heed of its answer: headers, cookies within one chain, Retry-After."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping
from email.utils import parsedate_to_datetime

from multidict import CIMultiDict, istr

from watchers.decode import ACCEPTED
from watchers.model import Manners, Validators

VERSION = "0.1.0"
USER_AGENT = f"Restock/{VERSION} (personal stock monitor)"
MAX_COOKIES = 50
LONGEST_WAIT = 24 * 3600.0  # seconds; a shop that asks for more is asked again after a day

_PLAIN = {
    istr("Accept"): "text/html,application/xhtml+xml,application/json;q=0.9,*/*;q=0.8",
    istr("Accept-Encoding"): ACCEPTED,
    istr("Accept-Language"): "ja,en;q=0.8",
}
_AGENT = istr("User-Agent")
_FRESH = {istr("Cache-Control"): "no-cache", istr("Pragma"): "no-cache"}
_IF_NONE_MATCH, _IF_MODIFIED_SINCE = istr("If-None-Match"), istr("If-Modified-Since")
_SECONDS = re.compile(r"[+-]?\d{1,15}(\.\d{0,9})?\Z", re.ASCII)


def headers(manners: Manners, *, own: bool) -> CIMultiDict[str]:
    """Return the headers of a request; `own` adds the user's, which stay with the origin they were meant for."""
    made: CIMultiDict[str] = CIMultiDict(_PLAIN)
    made[_AGENT] = manners.user_agent or USER_AGENT
    if own:
        made.update(manners.headers)
    return made


def conditions(validators: Validators | None, *, fresh: bool) -> Mapping[istr, str]:
    """Return the headers that allow "not modified", or that forbid an answer from a cache."""
    if fresh:
        return _FRESH
    found: dict[istr, str] = {}
    if validators is not None:
        if validators.etag:
            found[_IF_NONE_MATCH] = validators.etag
        if validators.last_modified:
            found[_IF_MODIFIED_SINCE] = validators.last_modified
    return found


def retry_after(value: str | None, *, date: str | None = None) -> float | None:
    """Return how many seconds a Retry-After asks to wait, 0 to LONGEST_WAIT; None for nothing or nonsense.

    A date is measured against the shop's own Date header where there is one, for its clock may be wrong.
    """
    if value is None:
        return None
    text = value.strip()
    if _SECONDS.match(text):
        seconds = float(text)
    else:
        then = _moment(text)
        if then is None:
            return None
        now = _moment(date) if date else None
        seconds = then - (time.time() if now is None else now)
    return min(max(seconds, 0.0), LONGEST_WAIT)


def _moment(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError, OSError, IndexError):
        return None


class ChainCookies:
    """Cookies that one chain of redirects sets and needs; they die with it and never leave their origin."""

    def __init__(self) -> None:
        self._by_origin: dict[str, dict[str, str]] = {}

    def keep(self, origin: str, lines: Iterable[str]) -> None:
        """Take the Set-Cookie lines of one answer."""
        jar = self._by_origin.setdefault(origin, {})
        for line in lines:
            pair, _, rest = line.partition(";")
            name, equals, value = (part.strip() for part in pair.partition("="))
            if not equals or not name or any(ord(c) < 32 or ord(c) == 127 for c in pair):
                continue
            jar.pop(name, None)
            if re.search(r"(?i)\bmax-age\s*=\s*(0|-\d+)\s*(;|\Z)", rest):
                continue  # the shop takes it back
            if sum(map(len, self._by_origin.values())) < MAX_COOKIES:
                jar[name] = value

    def header(self, origin: str, own: str | None) -> str | None:
        """Return the Cookie header for an origin, the user's own cookies first, or None."""
        pairs = [f"{name}={value}" for name, value in self._by_origin.get(origin, {}).items()]
        return "; ".join([own, *pairs] if own else pairs) or None
