"""kill -9 at any moment: no alert lost, at most one repeat a crash, under the same event id and marked (D1 to D3, S7).

Several products take turns at coming back. Each life of the service ends in SIGKILL around one restock; the next life
must bring that restock to every channel.
"""

from __future__ import annotations

import asyncio
import re
import signal
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random

import pytest

from monitor.model import DeliveryState, Kind
from tests.receivers import MailReceiver, NtfyReceiver
from tests.shop import Shop
from tests.torture import dying
from tests.torture.aimed import STEPS, AimedHook
from tests.torture.conftest import Tally
from tests.torture.serving import IN_STOCK, SOLD_OUT, Child, looked, service, stored, until, write_config

WATCHES = ("lamp", "globe", "chart", "scope")
TAG = re.compile(r"\[([a-z2-9]{6})\]")
RING = (Kind.RESTOCK, Kind.BACK_AGAIN)
READY_S = 5.0
# What the database says of the aimed delivery after the kill: the proof that the kill came where it was aimed.
LEFT_AS = {
    "before sending is stored": DeliveryState.PENDING,
    "before connect": DeliveryState.SENDING,
    "before settling": DeliveryState.SENDING,
    "after settling": DeliveryState.DONE,
    **dict.fromkeys(STEPS[:4], DeliveryState.SENDING),
}
QUICK = ("body", "before settling")  # of what `make test` has time for


class Siege:
    """A shop, three channels, and a service that is killed again and again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.shop, self.hook, self.phone, self.mail = Shop(), AimedHook(), NtfyReceiver(), MailReceiver()
        self.flips = 0
        self.kills: list[int] = []  # of each restock: kills between its page and its arrival everywhere
        self.recovery: list[float] = []  # of each restock: seconds from the start after the kill to its arrival
        self.looking: list[float] = []  # of each start: seconds to the first look

    async def __aenter__(self) -> Siege:
        self._stack = AsyncExitStack()
        for one in (self.shop, self.hook, self.phone, self.mail):
            await self._stack.enter_async_context(one)
        urls = {"hook": self.hook.url(), "phone": self.phone.url(), "mail": self.mail.url()}
        self.config = write_config(self.folder, self.shop, urls, WATCHES)
        for name in WATCHES:
            self.shop.set(f"/item/{name}", SOLD_OUT)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def arrivals(self) -> Mapping[str, list[str]]:
        """Give every message that was read whole, by channel, in order."""
        return {
            "hook": self.hook.texts,
            "phone": [f"{one.title}\n{one.body}" for one in self.phone.received],
            "mail": [f"{one.title}\n{one.body}" for one in self.mail.received],
        }

    async def rings(self) -> list[str]:
        """Give the event ids of all restocks recorded, oldest first."""
        if not (self.folder / "restock.db").exists():
            return []
        history, _ = await stored(self.folder)
        return [one.event_id for one in reversed(history) if one.kind in RING]

    async def whole(self) -> bool:
        """True once every restock so far was recorded and has arrived on every channel."""
        tags = [{tag for text in texts for tag in TAG.findall(text)} for texts in self.arrivals().values()]
        events = await self.rings()
        return len(events) >= self.flips and all(event in told for event in events for told in tags)

    async def recovered(self, child: Child) -> None:
        """Wait until the last life's restock is everywhere, and keep how long it took."""
        if self.flips > len(self.recovery):
            await until(self.whole, 30.0, f"restock {self.flips}", every=0.1)
            self.recovery.append(time.monotonic() - child.began)

    async def ready(self, child: Child) -> str:
        """Bring a life to where the next product may come back; give its path."""
        hits = self.shop.hits()
        await until(lambda: self.shop.hits() > hits, 30.0, "the first look")
        self.looking.append(child.age())
        await self.recovered(child)
        paths = [f"/item/{name}" for name in WATCHES]
        self.shop.set(paths[(self.flips - 2) % len(WATCHES)], SOLD_OUT)  # rested a life: it is told by now
        path = paths[self.flips % len(WATCHES)]
        await looked(self.shop, path, 5)  # a "no" that was confirmed in this life
        return path

    def flip(self, path: str) -> None:
        """The product comes back."""
        self.shop.set(path, IN_STOCK)
        self.flips += 1
        self.kills.append(0)

    async def dead(self, child: Child) -> None:
        """Make sure that the life ended by SIGKILL and nothing else."""
        async with asyncio.timeout(10):
            assert await child.process.wait() == -signal.SIGKILL
        if self.kills:
            self.kills[-1] += 1

    async def judge(self, tally: Tally, limit: Callable[[float], float], promise: str) -> None:
        """Let the last one arrive, then count every restock of the siege as a trial."""
        async with service(self.config) as child:
            await self.recovered(child)
            await asyncio.sleep(0.5)  # a second repeat, or anything invented, would come now
        unclean = sum("after an unclean stop" in text for text in self.hook.texts)
        tally.trial("B5 an unclean stop is told", ok=unclean > 0)
        events = await self.rings()
        assert len(events) == self.flips, (events, self.flips)
        _, deliveries = await stored(self.folder)
        owed = {one.event_id for one in deliveries if one.settled_at is None}
        for event, kills, seconds in zip(events, self.kills, self.recovery, strict=True):
            ok, repeats = True, 0
            for texts in self.arrivals().values():
                told = [text for text in texts if f"[{event}]" in text]
                repeats += len(told) - 1
                ok = ok and 1 <= len(told) <= 1 + kills and all("(repeat)" in text for text in told[1:])
            told_all = {name: [t for t in texts if event in t] for name, texts in self.arrivals().items()}
            ok = ok and event not in owed
            tally.trial(promise, ok=ok, latency=seconds, repeats=repeats, why=(event, kills, told_all))
        for seconds in self.looking[1:]:
            tally.trial("S7 looks again after a kill (5 s)", ok=seconds <= limit(READY_S), latency=seconds, why=seconds)


async def test_kill_at_random(
    tmp_path: Path,
    tally: Tally,
    rng: Random,
    trials: Callable[[int, int], int],
    limit: Callable[[float], float],
) -> None:
    """Around a restock, and now and then again while the next life makes up for it."""
    async with Siege(tmp_path) as siege:
        for _ in range(trials(2, 200)):
            async with service(siege.config) as child:
                siege.flip(await siege.ready(child))
                await asyncio.sleep(rng.uniform(0.0, 0.6))
                child.kill()
                await siege.dead(child)
            if rng.random() < 0.25:
                async with service(siege.config) as child:
                    await asyncio.sleep(rng.uniform(0.0, 2.0))
                    child.kill()
                    await siege.dead(child)
        await siege.judge(tally, limit, "D3 kill -9 at random")


@pytest.mark.parametrize(
    "point",
    [pytest.param(one, marks=() if one in QUICK else pytest.mark.torture) for one in (*dying.POINTS, *STEPS)],
)
async def test_kill_at_a_step_of_a_send(
    tmp_path: Path,
    tally: Tally,
    trials: Callable[[int, int], int],
    limit: Callable[[float], float],
    point: str,
) -> None:
    """Before connect, after headers, after body, before and after the reply, before and after the row is settled."""
    armed = tmp_path / "armed"
    command = ("-m", "tests.torture.dying", point, str(armed)) if point in dying.POINTS else ()
    states: Counter[DeliveryState] = Counter()
    async with Siege(tmp_path) as siege:
        for _ in range(trials(1, 20)):
            async with service(siege.config, *command) as child:
                path = await siege.ready(child)
                await asyncio.sleep(0.1)  # what else is told is settled by now, so that the shot meets the restock
                if command:
                    armed.touch()
                else:
                    siege.hook.arm(point, child.kill)
                siege.flip(path)
                await siege.dead(child)
            assert not armed.exists()
            assert command or siege.hook.reached[-1] == point
            event = (await siege.rings())[-1]
            _, deliveries = await stored(tmp_path)
            states.update(one.state for one in deliveries if one.event_id == event)
        if point in LEFT_AS:
            assert states[LEFT_AS[point]] >= siege.flips, states
        await siege.judge(tally, limit, f"D3 kill -9 {'at ' if point in STEPS else ''}{point}")
