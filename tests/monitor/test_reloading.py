"""What a save or a request to reload leads to is told once, to whoever asked, else on the channels (S9)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from monitor.changes import Reloaded
from monitor.clock import SystemClock
from monitor.config import ConfigError, load
from monitor.model import Alert, Kind
from monitor.reload import Held
from monitor.reloading import Reloading, Standing
from monitor.settings import Settings
from tests.monitor.test_reload import in_place, text


class Followed:
    """A service as far as reloading knows it."""

    def __init__(self, path: Path) -> None:
        self.settings = load(path, env={})
        self.told: list[Alert] = []
        self.reloading = Reloading(lambda: self.settings, self.apply, self.announce, SystemClock())

    async def apply(self, new: Settings) -> None:
        self.settings = new

    async def announce(self, alert: Alert, watches: Any, **stored: Any) -> None:
        self.told.append(alert)


@asynccontextmanager
async def followed(tmp_path: Path) -> AsyncIterator[tuple[Followed, Path]]:
    path = tmp_path / "config.toml"
    in_place(path, text("one", "two", "three", "four"))
    service, stopping = Followed(path), asyncio.Event()
    assert not service.reloading.following
    task = asyncio.create_task(service.reloading.run(stopping))
    await asyncio.sleep(0.3)
    try:
        yield service, path
    finally:
        stopping.set()
        await asyncio.wait_for(task, 5)
    assert not service.reloading.following


async def test_who_asks_is_answered_and_nobody_else_is_bothered(tmp_path: Path) -> None:
    """Nothing changed, a change, a mistake, a hold, a yes: the answer is for the terminal, not for the phone."""
    async with followed(tmp_path) as (service, path):
        reloading = service.reloading
        outcome = await reloading.ask(yes=False)
        assert isinstance(outcome, Reloaded)
        assert outcome.nothing
        in_place(path, text("one", "two", "three", "four", "five"))
        outcome = await reloading.ask(yes=False)
        assert isinstance(outcome, Reloaded)
        assert [watch for watch, _ in outcome.added] == ["five"]
        assert len(service.settings.watches) == 5
        in_place(path, "[[watch]]\nnam = 1\n")
        outcome = await reloading.ask(yes=False)
        assert isinstance(outcome, ConfigError)
        assert reloading.standing.problems == tuple(map(str, outcome.problems))
        in_place(path, text("one"))
        outcome = await reloading.ask(yes=False)
        assert isinstance(outcome, Held)
        assert set(reloading.standing.held) == {"two", "three", "four", "five"}
        two = await asyncio.gather(reloading.ask(yes=True), reloading.ask(yes=False))
        assert all(isinstance(one, Reloaded) for one in two), "two who ask are answered one after the other"
        assert reloading.standing == Standing()
        assert not service.told


async def test_a_save_that_nobody_asked_about_is_announced(tmp_path: Path) -> None:
    """A mistake and a hold reach the channels, and stay in the status until a good save."""
    async with followed(tmp_path) as (service, path):
        for words, kind in (("[[watch]]\nnam = 1\n", Kind.CONFIG_REFUSED), (text("one"), Kind.CONFIG_HELD)):
            in_place(path, words)
            async with asyncio.timeout(8):
                while not service.told:
                    await asyncio.sleep(0.02)
            assert [one.kind for one in service.told] == [kind]
            service.told.clear()
        assert service.reloading.standing.held == ("two", "three", "four")
        assert len(service.settings.watches) == 4
