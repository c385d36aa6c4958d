"""What the outbox tests share: news to store, plain words for it, an outbox that runs for the length of a block."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from monitor.clock import Clock, SystemClock
from monitor.ids import new_event_id
from monitor.model import Alert, Belief, Change, Delivery, DeliveryState, Kind
from monitor.outbox import Outbox
from monitor.settings import RetrySettings
from monitor.storage import Storage
from notifiers.channel import Channel
from notifiers.message import Message, Outcome, Result, Urgency

QUICK = tuple(timedelta(seconds=s) for s in (0.05, 0.1, 0.2))
ACCEPTED = Outcome(Result.ACCEPTED)
REFUSED = Outcome(Result.REFUSED, "answered 500: it is in trouble itself")
UNCERTAIN = Outcome(Result.UNCERTAIN, "no answer in time")


def retry(**changes: Any) -> RetrySettings:
    """Give settings in which an hour fits in a second."""
    return RetrySettings(**{"delays": QUICK, "deadline": timedelta(seconds=2), **changes})


def alert(watch: str | None, at: datetime | None = None, **changes: Any) -> Alert:
    """Give a restock of a watch."""
    given: dict[str, Any] = {
        "event_id": new_event_id(),
        "kind": Kind.RESTOCK,
        "urgency": Urgency.URGENT,
        "at": at or datetime.now(UTC),
        "watch": watch,
        "url": f"https://shop.example/{watch}",
    }
    return Alert(**{**given, **changes})


def delivery(channel: str, news: Alert, **changes: Any) -> Delivery:
    """Give a delivery that was never stored."""
    given: dict[str, Any] = {"created_at": news.at, "due_at": news.at}
    return Delivery(0, news.event_id, channel, DeliveryState.PENDING, news, **{**given, **changes})


async def record(
    storage: Storage, news: Alert, channels: Sequence[str], *, due_at: datetime | None = None
) -> list[Delivery]:
    """Store a restock as the service does: with its belief, in one commit."""
    belief = Belief(news.watch or "", news.url or "")
    return await storage.record([Change(belief, None, news, tuple(channels), due_at)], news.at)


def plain(deliveries: Sequence[Delivery], channel: Channel) -> Message:
    """Word news without any wit: one line each, the event's tag at its end."""
    lines = [
        f"{one.alert.watch or one.alert.kind.value + ' ' + ' '.join(one.alert.subjects)}"
        f"{' (repeat)' if one.repeat else ''} [{one.event_id}]"
        for one in deliveries
    ]
    loudest = Urgency.URGENT if any(d.alert.urgency is Urgency.URGENT for d in deliveries) else Urgency.NORMAL
    return Message(
        lines[0].partition(" [")[0] if len(lines) == 1 else f"{len(lines)} news",
        "\n".join(lines),
        loudest,
        deliveries[0].alert.url,
        tuple(one.event_id for one in deliveries),
    )


class Puppet:
    """A channel that does what the test says: outcomes in order, then the usual one."""

    max_chars = 2000

    def __init__(self, name: str, *outcomes: Outcome, usual: Outcome = ACCEPTED) -> None:
        self.name = name
        self.urgent = True
        self.outcomes = list(outcomes)
        self.usual = usual
        self.messages: list[Message] = []
        self.accepted: list[Message] = []

    def send(self, message: Message) -> Outcome:
        self.messages.append(message)
        outcome = self.outcomes.pop(0) if self.outcomes else self.usual
        if outcome.result is Result.ACCEPTED:
            self.accepted.append(message)
        return outcome

    @property
    def told(self) -> list[str]:
        """Give the event ids that were accepted, in order."""
        return [tag for message in self.accepted for tag in message.tags]


@dataclass
class Rig:
    """A running outbox and what it said."""

    outbox: Outbox
    storage: Storage
    stopping: asyncio.Event
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    running: asyncio.Task[None] | None = None

    async def tell(self, news: Alert, *channels: str) -> list[Delivery]:
        """Store a restock and offer it, as the service does."""
        made = await record(self.storage, news, channels)
        self.outbox.offer(made)
        return made

    def named(self, name: str) -> list[dict[str, Any]]:
        """Give the events of one name."""
        return [fields for event, fields in self.events if event == name]

    async def rows(self) -> dict[tuple[str, str], Delivery]:
        """Give what the database says, by event and channel."""
        return {(row.event_id, row.channel): row for row in await self.storage.deliveries(limit=10_000)}

    async def until(self, done: Callable[[], bool] | Callable[[], Awaitable[bool]], seconds: float = 10.0) -> None:
        """Wait until something holds; TimeoutError otherwise."""
        async with asyncio.timeout(seconds):
            while True:
                answer = done()
                if answer if isinstance(answer, bool) else await answer:
                    return
                await asyncio.sleep(0.005)

    async def until_idle(self, seconds: float = 10.0) -> None:
        """Wait until nothing is owed and everything is written."""
        await self.until(lambda: self.outbox.pending == 0, seconds)

        async def written() -> bool:
            return all(row.state in (DeliveryState.DONE, DeliveryState.DEAD) for row in (await self.rows()).values())

        await self.until(written, seconds)


@asynccontextmanager
async def telling(
    path: Path,
    channels: Sequence[Channel],
    settings: RetrySettings | None = None,
    *,
    clock: Clock | None = None,
    storage: Any = None,
    owed: bool = True,
    **more: Any,
) -> AsyncIterator[Rig]:
    """Run an outbox over a real database for the length of a block."""
    by_name: Mapping[str, Channel] = {channel.name: channel for channel in channels}
    opened = storage or await Storage.open(path / "restock.db")
    events: list[tuple[str, dict[str, Any]]] = []
    outbox = Outbox(
        opened,
        by_name,
        settings or retry(),
        clock or SystemClock(),
        more.pop("render", plain),
        lambda name, **fields: events.append((name, fields)),
        **more,
    )
    rig = Rig(outbox, opened, asyncio.Event(), events)
    if owed:
        outbox.offer(await opened.owed())
    rig.running = asyncio.create_task(outbox.run(rig.stopping))
    try:
        yield rig
    finally:
        rig.stopping.set()
        await rig.running
        await opened.close()
