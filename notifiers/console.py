"""`console://`: the terminal as a channel."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from typing import TextIO

from notifiers.message import Message, Outcome, Result, Urgency

_BELL = "\a"
_RING, _PLAIN = "\x1b[1;32m", "\x1b[0m"
_one_at_a_time = threading.Lock()


class ConsoleChannel:
    """Print a message where a person sees it: readable, in one piece, with a bell when it is urgent."""

    max_chars = 32_000

    def __init__(self, name: str, urgent: bool, stream: TextIO | None = None) -> None:
        self.name = name
        self.urgent = urgent
        self._stream = stream

    def send(self, message: Message) -> Outcome:
        """Print; a closed pipe is a refusal."""
        stream = self._stream if self._stream is not None else sys.stderr
        began = time.monotonic()
        try:
            text = self._text(message, colours=stream.isatty())
            encoding = stream.encoding or "utf-8"
            text = text.encode(encoding, "replace").decode(encoding)
            with _one_at_a_time:
                stream.write(text)
                stream.flush()
        except (OSError, ValueError, AttributeError):  # closed pipe, closed stream, no stream at all
            if stream is not None:
                with contextlib.suppress(OSError, ValueError):
                    stream.flush()
            return Outcome(Result.REFUSED, "the terminal is closed", time.monotonic() - began)
        return Outcome(Result.ACCEPTED, "", time.monotonic() - began)

    def _text(self, message: Message, *, colours: bool) -> str:
        urgent = self.urgent and message.urgency is Urgency.URGENT
        title = f"{_RING}{message.title}{_PLAIN}" if colours and urgent else message.title
        lines = [title, *(f"  {line}" for line in message.body.splitlines())]
        if message.link and message.link not in message.body:
            lines.append(f"  {message.link}")
        return f"{_BELL if urgent else ''}\n" + "\n".join(lines) + "\n\n"
