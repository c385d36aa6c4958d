"""Signs of life say the truth: a heartbeat beats only while the work is done, and the health pages say why it is not."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import replace
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import pytest
import structlog

from monitor.clock import SystemClock
from monitor.pulse import Heartbeat
from monitor.settings import Secret, Settings
from monitor.store_errors import StoreError
from monitor.summary import Summary, due_at
from tests.monitor.running import looks, quick_backoff, running, seconds, settings, watch
from tests.receivers import JsonReceiver
from tests.shop import Reply, Shop, product_page
from watchers.model import Limits

__all__ = ["quick_backoff"]

SOLD_OUT, IN_STOCK = product_page(state="out_of_stock"), product_page(state="in_stock", price=49800)
OK = Reply(b"ok")


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


async def until(true: Any, within: float = 10.0) -> None:
    async with asyncio.timeout(within):
        while not true():
            await asyncio.sleep(0.02)


async def test_the_heartbeat_beats_while_all_is_well(tmp_path: Path) -> None:
    """B4: the service asks the address again and again; the looks go on beside it."""
    async with Shop() as shop, JsonReceiver() as hook:
        shop.set("/item/1", Reply(SOLD_OUT))
        shop.set("/beat/CANARY", OK)
        wishes = [watch("One", shop.url("/item/1"))]
        beat = Secret(shop.url("/beat/CANARY"))
        with structlog.testing.capture_logs() as logs:
            chosen = settings(tmp_path, wishes, {"hook": hook.url()}, heartbeat=beat, heartbeat_every=seconds(0.1))
            async with running(chosen):
                await until(lambda: shop.hits("/beat/CANARY") >= 3)
        assert "CANARY" not in repr(logs)


async def test_the_heartbeat_falls_silent_with_a_reason(tmp_path: Path) -> None:
    """B4, D7: with no channel that takes messages there is no beat, and the log says why; then it beats again."""
    reasons: list[tuple[str, ...]] = [("no channel takes messages",)]
    async with Shop() as shop:
        shop.set("/beat", OK)
        chosen = Settings(
            path=tmp_path,
            database=tmp_path,
            heartbeat=Secret(shop.url("/beat")),
            heartbeat_every=seconds(0.05),
            fetch=Limits(allow=(f"127.0.0.1/32:{shop.port}",)),
        )
        beat, stopping = Heartbeat(lambda: chosen, lambda: reasons[0], SystemClock()), asyncio.Event()
        with structlog.testing.capture_logs() as logs:
            task = asyncio.create_task(beat.run(stopping))
            await until(lambda: any(line["event"] == "heartbeat.held" for line in logs))
            await asyncio.sleep(0.3)
            assert shop.hits("/beat") == 0
            reasons[0] = ()
            await until(lambda: shop.hits("/beat") >= 2)
            stopping.set()
            await task
        assert [line["reasons"] for line in logs if line["event"] == "heartbeat.held"] == [
            ["no channel takes messages"]
        ]
        assert any(line["event"] == "heartbeat.resumed" for line in logs)


@pytest.mark.parametrize(("path", "allowed"), [("/gone", True), ("/beat", False)])
async def test_a_heartbeat_that_fails_is_said_once(tmp_path: Path, path: str, allowed: bool) -> None:
    """F2: the address is guarded like a shop's; what fails is one line, without the address's secret path."""
    async with Shop() as shop:
        shop.set("/beat", OK)
        shop.set("/gone", Reply(b"no", status=404))
        chosen = Settings(
            path=tmp_path,
            database=tmp_path,
            heartbeat=Secret(shop.url(path)),
            heartbeat_every=seconds(0.05),
            fetch=Limits(allow=(f"127.0.0.1/32:{shop.port}",) if allowed else ()),
        )
        beat, stopping = Heartbeat(lambda: chosen, tuple, SystemClock()), asyncio.Event()
        with structlog.testing.capture_logs() as logs:
            task = asyncio.create_task(beat.run(stopping))
            await until(lambda: any(line["event"] == "heartbeat.failed" for line in logs))
            await asyncio.sleep(0.3)
            stopping.set()
            await task
        (line,) = [line for line in logs if line["event"] == "heartbeat.failed"]
        assert line["cause"] == ("HTTP 404" if allowed else "forbidden_address")
        assert path not in repr(line) and beat.sent == 0
        assert shop.hits("/beat") == 0


async def test_the_health_pages_say_how_it_is(tmp_path: Path) -> None:
    """B5: `/healthz` answers, `/readyz` gives the reasons; a name that is not this machine's is sent away (P1)."""
    port = free_port()
    async with Shop() as shop, JsonReceiver() as hook:
        shop.set("/item/1", Reply(SOLD_OUT))
        wishes = [watch("One", shop.url("/item/1"))]
        chosen = settings(tmp_path, wishes, {"hook": hook.url()}, health=f"127.0.0.1:{port}")
        async with running(chosen) as service, aiohttp.ClientSession() as session:
            await looks(service, 3)

            async def ask(path: str, **more: Any) -> tuple[int, str]:
                async with session.get(f"http://127.0.0.1:{port}{path}", **more) as answer:
                    return answer.status, await answer.text()

            async with asyncio.timeout(10):
                while True:
                    try:
                        assert await ask("/healthz") == (200, "ok\n")
                        break
                    except aiohttp.ClientConnectionError:
                        await asyncio.sleep(0.05)
            assert await ask("/readyz") == (200, '{"ready": true, "reasons": []}')
            service.unwritten.fault = "the disk is full"
            status, text = await ask("/readyz")
            assert status == 503 and "the disk is full" in text
            service.unwritten.fault = None
            assert (await ask("/healthz", headers={"Host": "shop.example"}))[0] == 421
            assert (await ask("/other"))[0] == 404
            await service.apply(replace(chosen, health=None))
            with pytest.raises(aiohttp.ClientConnectionError):
                async with asyncio.timeout(10):
                    while True:
                        await ask("/healthz")
                        await asyncio.sleep(0.05)


async def test_a_control_watch_never_rings_but_tells_when_its_reader_is_wrong(tmp_path: Path) -> None:
    """B3: three looks that read otherwise are one notice, a right one after them is one more; restarts repeat nothing."""
    async with Shop() as shop, JsonReceiver() as hook:
        shop.set("/item/1", Reply(IN_STOCK))
        wishes = [replace(watch("Known", shop.url("/item/1")), control=True)]
        chosen = settings(tmp_path, wishes, {"hook": hook.url()})
        async with running(chosen) as service:
            await looks(service, 5)
            shop.set("/item/1", Reply(SOLD_OUT))
            await hook.wait_for(1)
            await looks(service, 6)
        async with running(chosen) as service:
            await looks(service, 6)
            assert len(hook.received) == 1
            shop.set("/item/1", Reply(IN_STOCK))
            await hook.wait_for(2)
            await looks(service, 5)
        wrong, right = hook.received
        assert "known to be in stock" in wrong.title and "control watch" in wrong.body
        assert "Reads right again" in right.title


async def test_a_dear_control_watch_reads_right_all_the_same(tmp_path: Path) -> None:
    """B3: what the goods cost is no fault of the reader, so a ceiling they exceed is no notice."""
    async with Shop() as shop, JsonReceiver() as hook:
        shop.set("/item/1", Reply(IN_STOCK))
        wishes = [replace(watch("Known", shop.url("/item/1"), max_price=100), control=True)]
        async with running(settings(tmp_path, wishes, {"hook": hook.url()})) as service:
            await looks(service, 8)
        assert hook.received == []


async def test_the_summary_comes_once_a_day(tmp_path: Path) -> None:
    """B5: one quiet message with what is in stock; a restart on the same day brings no second one."""
    now = datetime.now(ZoneInfo("Asia/Tokyo"))
    async with Shop() as shop, JsonReceiver() as hook:
        shop.set("/item/1", Reply(SOLD_OUT))
        wishes = [watch("Lamp", shop.url("/item/1"))]
        chosen = settings(tmp_path, wishes, {"hook": hook.url()}, summary=time(now.hour, now.minute))
        async with running(chosen) as service:
            await looks(service, 3)
            (told,) = await hook.wait_for(1)
        assert "Daily summary" in told.title and "Watches: 1" in told.body
        async with running(chosen) as service:
            await looks(service, 5)
        assert len(hook.received) == 1


async def test_a_disk_that_fails_costs_no_summary(tmp_path: Path) -> None:
    """S4, B5: what cannot be remembered is told all the same, once, and ends nothing."""
    clock, told = SystemClock(), []
    now = clock.now()
    chosen = Settings(path=tmp_path, database=tmp_path, timezone="UTC", summary=time(now.hour, now.minute))

    async def fails(*_: object) -> None:
        raise StoreError("the disk is full")

    async def tell() -> None:
        told.append(1)

    summary = Summary(lambda: chosen, tell, clock, fails, fails)
    await summary.look()
    await summary.look()
    assert told == [1]


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-11-25T08:00:00+09:00", "2026-11-25T08:00:00+09:00"),
        ("2026-11-25T07:59:59+09:00", "2026-11-24T08:00:00+09:00"),
        ("2026-11-25T23:10:00+09:00", "2026-11-25T08:00:00+09:00"),
    ],
)
def test_when_a_summary_is_due(now: str, due: str) -> None:
    """The newest such moment of the user's own day."""
    zone = ZoneInfo("Asia/Tokyo")
    assert due_at(time(8), datetime.fromisoformat(now).astimezone(UTC), zone) == datetime.fromisoformat(due)


async def test_evidence_that_goes_is_one_notice(tmp_path: Path) -> None:
    """B3: a page that loses the data that told its stock is read on, and that is said once, after three looks without it."""
    async with Shop() as shop, JsonReceiver() as hook:
        shop.set("/item/1", lambda n: Reply(product_page(state="out_of_stock", nonce=str(n))))
        wishes = [watch("Lamp", shop.url("/item/1"))]
        chosen = settings(tmp_path, wishes, {"hook": hook.url()})
        async with running(chosen) as service:
            await looks(service, 5)
            shop.set("/item/1", lambda n: Reply(product_page(state="out_of_stock", nonce=str(n), json_ld=False)))
            (told,) = await hook.wait_for(1)
            await looks(service, 8)
            shop.set("/item/1", lambda n: Reply(product_page(state="out_of_stock", nonce=str(n))))
            await looks(service, 5)
        async with running(chosen) as service:
            shop.set("/item/1", lambda n: Reply(product_page(state="out_of_stock", nonce=str(n), json_ld=False)))
            await looks(service, 8)
        assert len(hook.received) == 1
        assert "page changed" in told.title and "json-ld → " in told.body and "phrase" in told.body


async def test_a_change_of_stock_is_no_change_of_the_page(tmp_path: Path) -> None:
    """Buttons and phrases come and go with the stock; that is news of the goods and of nothing else."""
    async with Shop() as shop, JsonReceiver() as hook:
        shop.set("/item/1", Reply(SOLD_OUT))
        chosen = settings(tmp_path, [watch("Lamp", shop.url("/item/1"))], {"hook": hook.url()})
        async with running(chosen) as service:
            await looks(service, 5)
            shop.set("/item/1", Reply(IN_STOCK))
            await hook.wait_for(1)
            await looks(service, 6)
        assert len(hook.received) == 1
