"""One channel's worker: takes what is owed, sends it in the channel's own thread, and settles what became of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from random import random

from monitor.backoff import Burst, Refusals, delay, doubtful_delay, longest_delay
from monitor.channel_queue import ChannelQueue, Hold, Owed, Standing, Unit
from monitor.clock import Clock
from monitor.courier import Courier
from monitor.ledger import Events, Ledger, Mark
from monitor.model import Delivery, DeliveryState, Kind
from monitor.settings import RetrySettings
from notifiers.channel import Channel
from notifiers.message import Message, Outcome, Result
from notifiers.splitting import fits, pieces

Render = Callable[[Sequence[Delivery], Channel], Message | Sequence[Message]]
Release = Callable[[Delivery], Delivery | None]  # its new form, None to leave it alone
Drop = Callable[[Delivery], bool]
Notice = Callable[[Kind, str, Sequence[Delivery], str], Awaitable[None]]

_GRACE_S = 600.0
_MOST_STUCK = 3  # threads that may hang in sends given up, before a channel is left alone
_UNHEALTHY_AFTER = 3  # failed sends in a row
_USUAL_CHARS = 1000


class ChannelWorker:
    """Sends what one channel owes, one message at a time."""

    def __init__(
        self,
        channel: Channel,
        settings: RetrySettings,
        clock: Clock,
        ledger: Ledger,
        render: Render,
        standing: Standing,
        events: Events,
        notice: Notice,
        hold: Hold = lambda _alert: False,
    ) -> None:
        self.channel = channel
        self.queue = ChannelQueue(hold)
        self.sent = 0
        self.last_error = ""
        self._clock = clock
        self._ledger = ledger
        self._render = render
        self._standing = standing
        self._events = events
        self._notice = notice
        self._courier = Courier(channel.name)
        self._wake = asyncio.Event()
        self._stopping = False
        self._in_flight: frozenset[Owed] = frozenset()
        self._late: list[list[Owed]] = []
        self._partly: tuple[tuple[str, ...], list[Message], int] | None = None
        self._max_chars: int | None = None
        self._told_down = False
        self._settings = settings
        self._refusals = Refusals(settings)
        self._burst = Burst(settings.burst)

    @property
    def name(self) -> str:
        """Give the channel's name."""
        return self.channel.name

    def adopt(self, channel: Channel, settings: RetrySettings) -> None:
        """Go on with a channel that was written anew; what it owes stays, and is tried at once."""
        if settings != self._settings or channel is not self.channel:
            self._settings = settings
            self._refusals = Refusals(settings)
            self._burst = Burst(settings.burst)
        if channel is not self.channel:
            self.channel = channel
            self._max_chars = None
            self._courier.close()
            self._courier = Courier(channel.name)
            self.queue.all_due(self._clock.monotonic())
        self._wake.set()

    def offer(self, delivery: Delivery) -> None:
        """Owe one more delivery; if it is due, its send begins on the loop's next steps."""
        now, wall = self._clock.monotonic(), self._clock.now()
        # Stored times are clamped: a clock that was set back must not hold an alert back.
        ahead = min((delivery.due_at - wall).total_seconds(), longest_delay(self._settings))
        # An old one that a start takes up is tried for a while all the same: the network may come after us, and the
        # clock may have been wrong when it was written.
        longest = max(0.0, self._settings.give_up_after.total_seconds() - _GRACE_S)
        born = max(delivery.created_at, delivery.alert.held_until or delivery.created_at)
        age = min(max(0.0, (wall - born).total_seconds()), longest)
        if self.queue.add(delivery, now + max(0.0, ahead), now - age):
            self._wake.set()

    def let_go(self, release: Release, drop: Drop) -> None:
        """Owe what a mute held back in its new form and at once, and what is dropped no more."""
        now, gone = self._clock.monotonic(), []
        for owed in self.queue:
            if owed in self._in_flight:
                continue
            if drop(owed.delivery):
                gone.append(owed)
            elif (fresh := release(owed.delivery)) is not None:
                owed.delivery, owed.due, owed.born = fresh, now, now
        self.queue.drop(gone)
        self._wake.set()

    def stop(self) -> None:
        """Begin no further send; `run` returns once the one in flight is settled."""
        self._stopping = True
        self._wake.set()

    def healthy(self) -> bool:
        """True while it takes messages, as far as known."""
        paused = self._refusals.until > self._clock.monotonic()
        return not paused and self._refusals.in_row < _UNHEALTHY_AFTER and self._courier.stuck == 0

    def paused_for(self) -> float:
        """Give the seconds for which the whole channel still rests."""
        return max(0.0, self._refusals.until - self._clock.monotonic())

    async def run(self) -> None:
        """Send what is owed, until `stop`."""
        try:
            await self._measure()  # now, so that the first alert does not wait for Apprise to load
            while await self._next():
                single = self._burst.single(self._clock.monotonic())
                units = self.queue.take(self._clock.monotonic(), self._standing, single=single)
                if units:
                    await self._deliver(units)
        finally:
            self._courier.close()

    # --- when ---

    async def _next(self) -> bool:
        """Wait until something may be sent; False when asked to stop."""
        while not self._stopping:
            self._wake.clear()
            await self._settle_late()
            due, now = self.queue.next_due(), self._clock.monotonic()
            if due is None:
                await self._wake.wait()
                continue
            at = max(due, self._refusals.until, self._burst.ready_at(now))
            if at <= now:
                return True
            await self._clock.pause(at - now, self._wake)
        return False

    # --- what ---

    async def _deliver(self, units: Sequence[Unit]) -> None:
        """Send as many products as one message holds; the rest stays owed and due."""
        await self._measure()
        composed = self._compose(units)
        if composed is None:
            return
        batch, messages = composed
        channel = self.channel
        self._in_flight = frozenset(batch)
        try:
            await self._ledger.sending([owed.delivery for owed in batch])
            key = tuple(owed.delivery.event_id for owed in batch)
            done = 0
            if self._partly is not None and self._partly[0] == key:
                _, messages, done = self._partly  # the same long message: go on where it broke off
            self._partly = None
            for number in range(done, len(messages)):
                outcome = await self._send(messages[number], batch)
                if outcome.result is not Result.ACCEPTED:
                    anew = self.channel is not channel  # written anew meanwhile: what the old one said is no word on it
                    self._partly = (key, messages, number) if number and not anew else None
                    await self._failed(batch, outcome, partly=number > 0, anew=anew)
                    return
            await self._accepted(batch, outcome, more=len(batch) < sum(len(unit.owed) for unit in units))
        finally:
            self._in_flight = frozenset()

    async def _measure(self) -> None:
        """Ask the channel how much one message holds; in its own thread, since the first question loads Apprise."""
        if self._max_chars is None:
            channel = self.channel
            try:
                self._max_chars = await self._courier.do(lambda: channel.max_chars, self._deadline)
            except Exception:  # it will say so itself when it is asked to send
                self._max_chars = _USUAL_CHARS

    def _compose(self, units: Sequence[Unit]) -> tuple[list[Owed], list[Message]] | None:
        """Word as many products as fit into one message; a single product too long for one becomes several."""
        limit = self._max_chars or _USUAL_CHARS
        count = len(units)
        while True:
            batch = [owed for unit in units[:count] for owed in unit.owed]
            try:
                rendered = self._render([owed.delivery for owed in batch], self.channel)
            except Exception as error:
                if count == 1:
                    self._unwordable(batch, error)
                    return None
                count = 1  # find the one that cannot be worded
                continue
            messages = [rendered] if isinstance(rendered, Message) else list(rendered)
            if count == 1 or all(fits(message, limit) for message in messages):
                return batch, [piece for message in messages for piece in pieces(message, limit)]
            count //= 2

    def _unwordable(self, batch: Sequence[Owed], error: Exception) -> None:
        """Our own bug: say so, keep it owed, and let the other news pass."""
        wait = delay(len(self._settings.delays), self._settings, random)
        for owed in batch:
            owed.due = self._clock.monotonic() + wait
            self._events("delivery.unwordable", **self._about(owed.delivery), cause=f"{type(error).__name__}: {error}")

    @property
    def _deadline(self) -> float:
        return self._settings.deadline.total_seconds()

    async def _send(self, message: Message, batch: Sequence[Owed]) -> Outcome:
        if self._courier.stuck >= _MOST_STUCK:
            return Outcome(Result.REFUSED, f"{self._courier.stuck} earlier sends still hang")
        try:
            return await self._courier.do(
                partial(self.channel.send, message), self._deadline, partial(self._came_late, list(batch))
            )
        except TimeoutError:
            return Outcome(Result.UNCERTAIN, f"no answer within {self._deadline:g} s", self._deadline)
        except Exception as error:  # a channel is somebody else's code; its words may hold its URL
            return Outcome(Result.REFUSED, f"the channel failed with {type(error).__name__}")

    def _came_late(self, batch: list[Owed], outcome: Outcome) -> None:
        if outcome.result is Result.ACCEPTED:
            self._late.append(batch)
            self._wake.set()

    async def _settle_late(self) -> None:
        """A send that was given up was accepted after all: whatever was not sent again is done."""
        while self._late:
            batch = [owed for owed in self._late.pop() if self.queue.holds(owed) and owed not in self._in_flight]
            if batch and self._partly is None:
                await self._accepted(batch, Outcome(Result.ACCEPTED, "after the deadline"))

    # --- what became of it ---

    async def _accepted(self, batch: Sequence[Owed], outcome: Outcome, *, more: bool = False) -> None:
        now, wall = self._clock.monotonic(), self._clock.now()
        self.queue.drop(batch)
        self.sent += len(batch)
        self.last_error = ""
        self._told_down = False
        self._burst.sent(now, more=more)
        failed = self._refusals.in_row
        if self._refusals.accepted():
            self.queue.all_due(now)
            self._events("channel.recovered", channel=self.name, after=failed)
        await self._ledger.mark(
            [(owed.delivery, Mark(DeliveryState.DONE, owed.delivery.attempts + 1)) for owed in batch]
        )
        for owed in batch:
            self._events(
                "delivery.sent",
                **self._about(owed.delivery),
                attempt=owed.delivery.attempts + 1,
                together=len(batch),
                elapsed_s=round(outcome.elapsed_s, 3),
                age_s=round((wall - owed.delivery.created_at).total_seconds(), 3),
            )

    async def _failed(self, batch: Sequence[Owed], outcome: Outcome, *, partly: bool, anew: bool) -> None:
        now, wall = self._clock.monotonic(), self._clock.now()
        self.last_error = outcome.detail
        maybe = partly or outcome.result is Result.UNCERTAIN
        waits: dict[int, float] = {}
        marks: list[tuple[Delivery, Mark]] = []
        dead: list[Owed] = []
        for owed in batch:
            attempts = owed.delivery.attempts + 1
            owed.doubtful = owed.doubtful + 1 if maybe else 0
            wait = waits.setdefault(attempts, delay(attempts, self._settings, random))
            wait = 0.0 if anew else doubtful_delay(wait, owed.doubtful, self._settings)
            due_at = wall + timedelta(seconds=wait)
            repeat = owed.delivery.repeat or maybe
            owed.delivery = replace(
                owed.delivery, attempts=attempts, due_at=due_at, repeat=repeat, last_error=outcome.detail
            )
            owed.due = now + wait
            if now - owed.born >= self._settings.give_up_after.total_seconds():
                dead.append(owed)
                mark = Mark(DeliveryState.DEAD, attempts, None, outcome.detail, repeat)
            else:
                mark = Mark(DeliveryState.PENDING, attempts, due_at, outcome.detail, repeat)
                self._events(
                    "delivery.retry",
                    **self._about(owed.delivery),
                    attempt=attempts,
                    cause=outcome.detail,
                    result=outcome.result.value,
                    next_s=round(wait, 1),
                )
            marks.append((owed.delivery, mark))
        self.queue.drop(dead)
        await self._ledger.mark(marks)
        pause = 0.0 if anew else self._refusals.refused(batch[0].seq, now)  # a digest is one message
        if pause:
            self._events("channel.paused", channel=self.name, cause=outcome.detail, seconds=pause)
        if dead:
            await self._bury(dead, outcome.detail)
        if (pause or self._courier.stuck) and not self._told_down:
            self._told_down = True
            await self._notice(Kind.CHANNEL_DOWN, self.name, [owed.delivery for owed in batch], outcome.detail)

    async def _bury(self, dead: Sequence[Owed], detail: str) -> None:
        for owed in dead:
            self._events("delivery.dead", **self._about(owed.delivery), attempt=owed.delivery.attempts, cause=detail)
        await self._notice(Kind.DEAD_LETTER, self.name, [owed.delivery for owed in dead], detail)

    def _about(self, delivery: Delivery) -> dict[str, object]:
        return {"event_id": delivery.event_id, "watch": delivery.alert.watch, "channel": self.name}
