"""Long messages become several; no word of them is lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from notifiers.message import Message

_ROOM_FOR_COUNT = len(" (99/99)")
_SMALLEST_ROOM = 40  # characters of body a piece must have, or the title moves into the body


def fits(message: Message, max_chars: int) -> bool:
    """True when title and body together stay within `max_chars`, whichever way the service joins them."""
    return len(message.title) + len("\r\n") + len(message.body) <= max_chars


def pieces(message: Message, max_chars: int) -> tuple[Message, ...]:
    """Split a message that is too long at line ends; only a line that is itself too long is broken."""
    if fits(message, max_chars):
        return (message,)
    room = max_chars - len(message.title) - _ROOM_FOR_COUNT - len("\r\n")
    title, body = message.title, message.body
    if room < min(_SMALLEST_ROOM, max_chars // 2):  # a text message: the title would eat every piece
        title, body = "", f"{message.title}\n{message.body}"
        room = max_chars - _ROOM_FOR_COUNT - len("\r\n")
    chunks = list(_chunks(body, max(room, 1)))
    return tuple(
        replace(message, title=f"{title} ({number}/{len(chunks)})".strip(), body=chunk)
        for number, chunk in enumerate(chunks, start=1)
    )


def _chunks(body: str, room: int) -> Iterator[str]:
    """Yield stretches of whole lines, each at most `room` characters."""
    held = ""
    for line in _lines(body, room):
        joined = f"{held}\n{line}" if held else line
        if len(joined) > room:
            yield held
            joined = line
        held = joined
    if held:
        yield held


def _lines(body: str, room: int) -> Iterator[str]:
    for line in body.split("\n"):
        while len(line) > room:
            yield line[:room]
            line = line[room:]
        yield line
