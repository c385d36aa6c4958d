"""Following the configuration while the service runs: what a save or `restock reload` leads to, and who is told of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from monitor.changes import Reloaded, compare
from monitor.clock import Clock
from monitor.config import ConfigError
from monitor.model import Alert, Kind
from monitor.reload import Held, follow
from monitor.settings import Settings
from monitor.supervisor import Announce
from notifiers.message import Urgency

log = structlog.get_logger("restock.config")

Outcome = Reloaded | ConfigError | Held


@dataclass(frozen=True, slots=True)
class Standing:
    """How the file stands to what is in force, for a status."""

    held: tuple[str, ...] = ()  # watches that a save on hold would end
    problems: tuple[str, ...] = ()  # of a save that was refused


class Reloading:
    """Carries saves in, tells of those that cannot be, and answers who asked for one."""

    def __init__(
        self,
        settings: Callable[[], Settings],
        apply: Callable[[Settings], Awaitable[None]],
        announce: Announce,
        clock: Clock,
    ) -> None:
        self.standing = Standing()
        self._settings = settings
        self._apply = apply
        self._announce = announce
        self._clock = clock
        self._asked, self._confirmed = asyncio.Event(), asyncio.Event()
        self._asking = asyncio.Lock()
        self._waiter: asyncio.Future[Outcome] | None = None
        self._following = False

    @property
    def following(self) -> bool:
        """True while a configuration is followed at all."""
        return self._following

    async def run(self, stopping: asyncio.Event) -> None:
        """Follow the file until asked to stop."""
        self._following = True
        settings = self._settings()
        try:
            await follow(
                settings.path,
                settings,
                self._changed,
                self._refused,
                self._on_hold,
                stopping,
                confirmed=self._confirmed,
                asked=self._asked,
            )
        finally:
            self._following = False

    async def ask(self, *, yes: bool) -> Outcome:
        """Read the file now and give what came of it; with `yes`, nothing is held. TimeoutError when it never settles."""
        async with self._asking:
            self._waiter = asyncio.get_running_loop().create_future()
            (self._confirmed if yes else self._asked).set()
            try:
                async with asyncio.timeout(20.0):
                    return await self._waiter
            finally:
                self._waiter = None

    def _answer(self, outcome: Outcome) -> bool:
        """Hand the outcome to who asked; False when nobody did, and it has to be announced."""
        if self._waiter is None or self._waiter.done():
            return False
        self._waiter.set_result(outcome)
        return True

    async def _changed(self, new: Settings) -> None:
        change = compare(self._settings(), new)
        await self._apply(new)
        self.standing = Standing()
        self._answer(change)

    async def _refused(self, error: ConfigError) -> None:
        problems = tuple(str(problem) for problem in error.problems)
        self.standing = Standing(problems=problems)
        log.error("config.refused", problems=list(problems))
        if self._answer(error):
            return
        told = problems or (str(error),)
        await self._announce(
            Alert(
                "",
                Kind.CONFIG_REFUSED,
                Urgency.NORMAL,
                self._clock.now(),
                detail=told[0],
                count=len(told),
                subjects=told[:20],
            ),
            (),
        )

    async def _on_hold(self, held: Held) -> None:
        self.standing = Standing(held=held.vanished)
        log.warning("config.held", missing=list(held.vanished))
        if self._answer(held):
            return
        await self._announce(
            Alert(
                "",
                Kind.CONFIG_HELD,
                Urgency.NORMAL,
                self._clock.now(),
                count=len(held.vanished),
                subjects=held.vanished,
            ),
            (),
        )
