"""A channel takes a message and says what became of it: one Apprise URL with its manners, or the terminal."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Protocol

from notifiers.console import ConsoleChannel
from notifiers.message import Message, Outcome, Result

if TYPE_CHECKING:
    from notifiers.transport import Target


class ChannelError(ValueError):
    """A channel cannot work as written; names the channel, never its URL."""


class Channel(Protocol):
    """Where messages go."""

    @property
    def name(self) -> str:
        """Give the name from the configuration."""
        ...

    @property
    def urgent(self) -> bool:
        """True when it may wake somebody."""
        ...

    @property
    def max_chars(self) -> int:
        """Give how many characters of title and body one message may have."""
        ...

    def send(self, message: Message) -> Outcome:
        """Send once, blocking, in a worker thread; a fault is an outcome, not an exception."""
        ...


class AppriseChannel:
    """One Apprise target. Nothing is loaded until the first use, which is meant for a thread."""

    def __init__(self, name: str, url: str, urgent: bool) -> None:
        self.name = name
        self.urgent = urgent
        self._url = url
        self._target: Target | None = None
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"AppriseChannel({self.name!r})"

    @property
    def max_chars(self) -> int:
        """Give how many characters of title and body one message may have. Raises ChannelError."""
        return self._ready().max_chars

    def check(self) -> None:
        """Load and parse, without sending. Raises ChannelError."""
        self._ready()

    def send(self, message: Message) -> Outcome:
        """Send once, blocking; accepted only when Apprise says so for this one URL."""
        try:
            target = self._ready()
        except ChannelError as error:
            return Outcome(Result.REFUSED, str(error))
        return target.post(message, urgent=self.urgent)

    def _ready(self) -> Target:
        with self._lock:
            if self._target is None:
                from notifiers.transport import Target, UnknownTarget

                try:
                    self._target = Target(self._url)
                except UnknownTarget as error:
                    raise ChannelError(f'channel "{self.name}": {error}') from None
            return self._target


def make_channel(name: str, url: str, urgent: bool) -> Channel:
    """Make the channel that a URL names; `console://` is ours, the rest is Apprise's. Cheap, and checks nothing."""
    if url.lower().startswith("console:"):
        return ConsoleChannel(name, urgent)
    return AppriseChannel(name, url, urgent)


def warm_up() -> None:
    """Load Apprise and all its plug-ins, about half a second; call it in a thread at the start."""
    from notifiers.transport import Target

    Target("json://localhost")
