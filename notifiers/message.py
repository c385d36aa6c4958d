"""What is told: a message ready to send, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Urgency(StrEnum):
    """How loudly a message may arrive."""

    URGENT = "urgent"  # wakes a phone
    NORMAL = "normal"
    QUIET = "quiet"  # no sound


@dataclass(frozen=True, slots=True)
class Message:
    """Inert words for one channel; `link` is the click target, `tags` name the events inside."""

    title: str  # one line, at most 200 characters
    body: str
    urgency: Urgency = Urgency.NORMAL
    link: str | None = None
    tags: tuple[str, ...] = ()  # event ids; their short form stands in the body


class Result(StrEnum):
    """What a channel did with a message."""

    ACCEPTED = "accepted"
    REFUSED = "refused"  # the channel said no, or could not be reached: nothing was delivered
    UNCERTAIN = "uncertain"  # no answer in time: it may have arrived


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one send, with words for a person and no secret in them."""

    result: Result
    detail: str = ""
    elapsed_s: float = 0.0
