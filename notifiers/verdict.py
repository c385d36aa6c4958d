"""What a refusal meant, read from the lines Apprise logged: was it a no, or might the message have arrived?

Apprise 2 answers true or false and says why only in its log. The words given here are ours; of theirs, at most one
line is passed on, cleaned of every part of the channel's URL.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from urllib.parse import unquote, unquote_plus

from notifiers.message import Outcome, Result

Line = tuple[int, str]  # level of the record, its text

_NOT_SENT, _MAYBE = Result.REFUSED, Result.UNCERTAIN
_TROUBLE: tuple[tuple[re.Pattern[str], Result, str], ...] = (
    (re.compile(r"connect timeout=|ConnectTimeoutError"), _NOT_SENT, "could not connect in time"),
    (
        re.compile(r"NameResolutionError|not known|name resolution|getaddrinfo|No address associated"),
        _NOT_SENT,
        "the server's name was not found",
    ),
    (re.compile(r"Connection refused"), _NOT_SENT, "connection refused: nothing answers at that address"),
    (re.compile(r"ProxyError|Tunnel connection failed"), _NOT_SENT, "the proxy did not let it through"),
    (re.compile(r"CERTIFICATE_VERIFY_FAILED|SSLError|SSLCert"), _NOT_SENT, "its TLS certificate was not accepted"),
    (re.compile(r"NewConnectionError|No route to host|unreachable"), _NOT_SENT, "the server could not be reached"),
    (re.compile(r"timed out", re.IGNORECASE), _MAYBE, "no answer in time"),
    (
        re.compile(r"Disconnected|aborted|[Rr]eset|[Bb]roken|IncompleteRead|ChunkedEncoding|InvalidChunk|closed"),
        _MAYBE,
        "the connection was cut before an answer came",
    ),
)
_EXCEPTION = re.compile(r"^[\w/ ]*Exception: (?P<text>.*)", re.DOTALL)
_STATUS = re.compile(r"\berror=(?P<code>\d{3,5})\b")
_SMTP = re.compile(r"(?:refused: |\()(?P<code>[45]\d\d)(?:, | )")
_HTTP_WORDS = {
    400: "it did not understand the message",
    401: "it does not know the login or token",
    403: "it does not allow this: check the login or token",
    404: "it knows no such address: check the channel's URL",
    408: "it ran out of time",
    413: "the message is too large for it",
    429: "it takes no more messages for now",
    504: "it ran out of time",
}


def judge(lines: Sequence[Line], elapsed_s: float, read_timeout_s: float, secrets: Sequence[str] = ()) -> Outcome:
    """Say what became of a send that Apprise did not count as a success; seconds."""
    for _, text in lines:
        told = _EXCEPTION.match(text)
        for pattern, result, words in _TROUBLE if told else ():
            if pattern.search(text):
                return Outcome(result, words, elapsed_s)
    for level, text in lines:
        if level >= logging.WARNING and (found := _STATUS.search(text)):
            return _answered(int(found["code"]), elapsed_s)
    for _, text in lines:
        if (_EXCEPTION.match(text) or text.startswith("SMTP recipient")) and (found := _SMTP.search(text)):
            return Outcome(Result.REFUSED, f"the mail server answered {found['code']}", elapsed_s)
    if elapsed_s >= read_timeout_s:
        return Outcome(Result.UNCERTAIN, "no answer in time", elapsed_s)
    said = next((text for level, text in lines if level >= logging.WARNING), "")
    return Outcome(Result.REFUSED, scrub(said, secrets) or "not accepted, and no reason given", elapsed_s)


def _answered(code: int, elapsed_s: float) -> Outcome:
    status = code if code < 1000 else code // 100  # ntfy's own codes are an HTTP status and two digits
    if 300 <= status < 400:
        words = "a redirect, which is not an acceptance: check the channel's URL"
    else:
        words = _HTTP_WORDS.get(status, "it is in trouble itself" if status >= 500 else "it said no")
    # A gateway's or server's time-out says nothing about what lies behind it.
    result = Result.UNCERTAIN if status in (408, 504) else Result.REFUSED
    return Outcome(result, f"answered {code}: {words}", elapsed_s)


def secret_parts(url: str) -> tuple[str, ...]:
    """Give every stretch of a channel's URL that must not be shown, longest first."""
    _, _, rest = url.partition("://")
    found: set[str] = set()
    for piece in re.split(r"[/@:?&=#,;+ ]+", rest):
        found |= {piece, unquote(piece), unquote_plus(piece)}
    found |= {rest, url}
    return tuple(sorted((piece for piece in found if len(piece) >= 3), key=len, reverse=True))


def scrub(text: str, secrets: Sequence[str]) -> str:
    """Give one line of somebody else's words without any URL, mail address or part of the channel's URL."""
    for secret in secrets:
        text = text.replace(secret, "***")
    text = re.sub(r"\b[\w+.-]+://\S+", "***", text)
    text = re.sub(r"\S+@\S+", "***", text)
    text = re.sub(r"\s+", " ", text).strip()
    return text if len(text) <= 200 else text[:199] + "…"
