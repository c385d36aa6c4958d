"""A channel that is away for an hour, in a minute: what waited arrives, fresh first, and says that it is late (D6 to D8)."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random

import pytest

from monitor.model import DeliveryState, Kind
from tests.receivers import HANG, LOGIN, TOO_MANY, Act, JsonReceiver, NtfyReceiver
from tests.shop import Shop
from tests.torture.conftest import Tally
from tests.torture.serving import IN_STOCK, SOLD_OUT, looked, service, stored, until, write_config
from tests.torture.test_channels import QUICK_RETRY, closed_port

TAG = re.compile(r"\[([a-z2-9]{6})\]")
# An hour of 60 s delays and pauses of up to 15 min, sixtyfold faster.
SCALED = """\
delays = ["100ms", "100ms", "200ms", "400ms", "700ms", "1s"]
pause = "500ms"
pause_cap = "{cap}s"
late_after = "1s"
burst = {burst}"""


async def test_an_hour_away(tmp_path: Path, tally: Tally, rng: Random, trials: Callable[[int, int], int]) -> None:
    """Nothing listens; products come and go, the service is killed once; then it is back."""
    names = [f"thing{number:02}" for number in range(trials(8, 60))]
    away = trials(4, 60)
    rng.shuffle(names)
    gone = set(rng.sample(names, len(names) // 3))
    async with Shop() as shop, JsonReceiver() as other:
        phone = NtfyReceiver()
        phone.port = closed_port()
        urls = {"phone": phone.url(), "other": other.url()}
        config = write_config(
            tmp_path, shop, urls, names, interval="200ms", retry=SCALED.format(cap=trials(1, 15), burst=trials(5, 10))
        )
        for name in names:
            shop.set(f"/item/{name}", SOLD_OUT)
        began = time.monotonic()
        async with service(config):
            await until(lambda: all(shop.hits(f"/item/{name}") >= 4 for name in names), 60.0, "every first look")
            for name in names:
                shop.set(f"/item/{name}", IN_STOCK)
                await asyncio.sleep(away / 2 / len(names))

            async def recorded(kind: Kind, wanted: int) -> bool:
                return sum(one.kind is kind for one in (await stored(tmp_path))[0]) >= wanted

            await until(lambda: recorded(Kind.RESTOCK, len(names)), 30.0, "every restock", every=0.1)
            for name in gone:
                shop.set(f"/item/{name}", SOLD_OUT)
            await until(lambda: recorded(Kind.SOLD_OUT, len(gone)), 30.0, "every sell-out", every=0.1)
        async with service(config):  # the kill was in the middle of the outage
            await asyncio.sleep(max(1.5, began + away - time.monotonic()))
            history, before = await stored(tmp_path)
            events = {one.event_id: one for one in history if one.kind is Kind.RESTOCK}
            owed = [one for one in before if one.channel == "phone" and one.event_id in events]
            assert len(owed) == len(names)
            assert any(one.attempts for one in owed), "the outage was none"
            assert all(one.state is not DeliveryState.DONE for one in owed), "the outage was none"
            back = time.monotonic()
            await phone.__aenter__()

            def whole() -> bool:
                return set(events) <= {tag for one in phone.accepted for tag in TAG.findall(one.body)}

            await until(whole, 90.0, "all that waited")
            took = time.monotonic() - back
        await phone.__aexit__()
    lines = [
        (tag, one.title if len(TAG.findall(one.body)) == 1 else line)
        for one in phone.accepted
        for line in one.body.splitlines()
        for tag in TAG.findall(line)
        if tag in events
    ]
    order = [tag for tag, _ in dict(lines).items()]
    fresh_first = sorted(events, key=lambda tag: (events[tag].watch in gone, -events[tag].at.timestamp()))
    late = [tag for tag, words in lines if " ago" not in words]
    sold = [tag for tag, words in lines if (events[tag].watch in gone) != ("now sold out" in words)]
    tally.trial("D6 after an outage all arrives", ok=len(order) == len(names), latency=took)
    tally.trial(
        "D8 after an outage: still in stock first, newest first",
        ok=order == fresh_first,
        why=[(events[tag].watch, events[tag].watch in gone) for tag in order],
    )
    tally.trial("D8 late news says so, and what sold out since", ok=not late and not sold, why=(late, sold))


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(None, id="refused"),
        pytest.param(HANG, id="hangs", marks=pytest.mark.torture),
        pytest.param(TOO_MANY, id="429", marks=pytest.mark.torture),
        pytest.param(LOGIN, id="login", marks=pytest.mark.torture),
    ],
)
async def test_told_elsewhere(tmp_path: Path, tally: Tally, limit: Callable[[float], float], act: Act | None) -> None:
    """What the phone does not take in time the backup tells, once; what it never takes is a dead letter, told there."""
    retry = QUICK_RETRY + '\nfallback = "backup"\nfallback_after = "1s"\ngive_up_after = "3s"'
    async with AsyncExitStack() as stack:
        shop, backup = Shop(), JsonReceiver()
        await stack.enter_async_context(shop)
        await stack.enter_async_context(backup)
        phone = NtfyReceiver(usual=act) if act else NtfyReceiver()
        if act:
            await stack.enter_async_context(phone)
        else:
            phone.port = closed_port()
        urls = {"phone": phone.url(), "backup": backup.url()}
        config = write_config(tmp_path, shop, urls, ["lamp"], retry=retry, chosen={"lamp": ["phone"]})
        shop.set("/item/lamp", SOLD_OUT)
        async with service(config):
            await looked(shop, "/item/lamp", 5)
            shop.set("/item/lamp", IN_STOCK)
            flipped = time.monotonic()

            def rung() -> list[float]:
                return [one.at for one in backup.accepted if "lamp" in one.title]

            await until(rung, 15.0, "the fallback")
            at = rung()[0]
            await until(lambda: any("Not delivered" in one.title for one in backup.accepted), 30.0, "the dead letter")
            history, deliveries = await stored(tmp_path)
        ring = next(one for one in history if one.kind is Kind.RESTOCK)
        dead = [one for one in deliveries if one.event_id == ring.event_id]
        waited = at - flipped
        tally.trial(
            "D7 the fallback tells it (after 1 s, by 4 s)", ok=1.0 <= waited <= limit(4.0), latency=waited, why=waited
        )
        tally.trial("D7 the fallback tells it once", ok=len(rung()) == 1, repeats=len(rung()) - 1)
        tally.trial(
            "D6 a dead letter is told elsewhere",
            ok=[one.state for one in dead] == [DeliveryState.DEAD]
            and sum("Not delivered" in o.title for o in backup.accepted) == 1,
            why=[(one.state, one.last_error) for one in dead],
        )
