"""Disks that fail, files that vanish, kills at the k-th write, stops in mid-send, months in minutes (S3 to S8)."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from monitor import dbfile
from monitor.model import DeliveryState, Kind
from tests.receivers import HANG, OK, Act, JsonReceiver
from tests.shop import Shop
from tests.torture import disk
from tests.torture.conftest import Tally
from tests.torture.serving import IN_STOCK, ROOT, SOLD_OUT, Child, looked, service, stored, until, write_config

TAG = re.compile(r"\[([a-z2-9]{6})\]")
RING = (Kind.RESTOCK, Kind.BACK_AGAIN)
ALARM, BACK = "The database cannot be written", "The database can be written again"
no_seam = pytest.mark.skipif(disk.library() is None, reason="this Python carries its own SQLite")


def titles(hook: JsonReceiver) -> list[str]:
    return [one.title for one in hook.received]


def arrived(hook: JsonReceiver) -> Counter[str]:
    return Counter(tag for one in hook.accepted for tag in TAG.findall(one.body))


class Rounds:
    """A shop whose product comes and goes, a hook, and a service that runs on a configuration."""

    def __init__(self, folder: Path, shop: Shop, hook: JsonReceiver) -> None:
        self.shop, self.hook = shop, hook
        self.config = write_config(folder, shop, {"hook": hook.url()}, ["lamp"])
        self.folder = folder
        shop.set("/item/lamp", SOLD_OUT)

    async def flip(self) -> None:
        """Sold out until that is sure, then back."""
        self.shop.set("/item/lamp", SOLD_OUT)
        await looked(self.shop, "/item/lamp", 6)
        self.shop.set("/item/lamp", IN_STOCK)

    def rings(self) -> int:
        return sum("lamp" in title and "stock" in title for title in titles(self.hook))

    async def told(self, title: str, seconds: float) -> float:
        began = time.monotonic()
        await until(lambda: title in titles(self.hook), seconds, title)
        return time.monotonic() - began


@contextlib.asynccontextmanager
async def rounds(folder: Path) -> AsyncIterator[Rounds]:
    async with Shop() as shop, JsonReceiver() as hook:
        yield Rounds(folder, shop, hook)


# --- S4: a disk that takes nothing ---


@contextlib.contextmanager
def small_disk(folder: Path, size: str = "3m") -> Iterator[Path]:
    """A real file system with a real end, on this machine's memory."""
    folder.mkdir()
    if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder]).returncode:
        pytest.skip("only root may mount a small disk here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def fill(folder: Path) -> None:
    """Take all the room there is; shows that none is left."""
    with (folder / "ballast").open("wb", buffering=0) as ballast, contextlib.suppress(OSError):
        while True:
            ballast.write(b"x" * 4096)
    with pytest.raises(OSError) as caught, (folder / "more").open("wb", buffering=0) as more:
        more.write(b"x" * 4096)
    assert caught.value.errno == errno.ENOSPC


@pytest.mark.torture
async def test_a_full_disk(tmp_path: Path, tally: Tally, limit: Callable[[float], float]) -> None:
    """S4: a real full disk: alerts in time from memory, one alarm in 30 s, normal in 30 s after, nothing told twice."""
    with small_disk(tmp_path / "disk") as folder:
        async with rounds(folder) as one:
            async with service(one.config, stop=signal.SIGTERM):
                await looked(one.shop, "/item/lamp", 3)
                fill(folder)
                began = time.monotonic()
                for number in range(1, 6):  # each writes to a journal that cannot grow
                    await one.flip()
                    flipped = time.monotonic()
                    await until(lambda n=number: one.rings() >= n, 30, "the alert")
                    taken = time.monotonic() - flipped
                    tally.trial("S4 alert while the disk is full", ok=taken <= limit(5), latency=taken, why=taken)
                await one.told(ALARM, 60)
                taken = time.monotonic() - began
                tally.trial("S4 alarm for a full disk (30 s)", ok=taken <= limit(30), latency=taken, why=taken)
                (folder / "ballast").unlink()
                (folder / "more").unlink()
                taken = await one.told(BACK, 60)
                tally.trial("S4 normal after space came back (30 s)", ok=taken <= limit(30), latency=taken, why=taken)
            history, deliveries = await stored(folder)
            assert sum(item.kind in RING for item in history) == 5, "what was decided meanwhile is written"
            assert {item.state for item in deliveries} == {DeliveryState.DONE}
            async with service(one.config, stop=signal.SIGTERM):
                await looked(one.shop, "/item/lamp", 10)
            counts = arrived(one.hook)
            tally.trial("S4 told once over a full disk and a restart", ok=set(counts.values()) == {1}, why=counts)
            assert titles(one.hook).count(ALARM) == 1


@no_seam
@pytest.mark.parametrize(
    "fault, value",
    [
        ("broken", ""),
        pytest.param("full", "", marks=pytest.mark.torture),
        pytest.param("slow", "4", marks=pytest.mark.torture),
    ],
)
async def test_a_failing_disk(
    tmp_path: Path, tally: Tally, limit: Callable[[float], float], fault: str, value: str
) -> None:
    """S4: errors and slowness of the kernel itself: alerts in time, one alarm, normal again, told once."""
    orders = tmp_path / "orders"
    orders.mkdir()
    async with rounds(tmp_path) as one:
        async with service(one.config, "-m", "tests.torture.disk", str(orders), stop=signal.SIGTERM):
            await looked(one.shop, "/item/lamp", 3)
            (orders / fault).write_text(value)
            began = time.monotonic()
            for number in (1, 2):
                await one.flip()
                flipped = time.monotonic()
                await until(lambda n=number: one.rings() >= n, 30, "the alert")
                taken = time.monotonic() - flipped
                tally.trial(f"S4 alert while the disk is {fault}", ok=taken <= limit(6), latency=taken, why=taken)
            await one.told(ALARM, 90)
            taken = time.monotonic() - began
            tally.trial(f"S4 alarm for a disk that is {fault} (30 s)", ok=taken <= limit(30), latency=taken, why=taken)
            assert fault in (orders / "done").read_text().split(), "the fault really happened"
            (orders / fault).unlink()
            taken = await one.told(BACK, 90)
            tally.trial(f"S4 normal after a disk was {fault} (30 s)", ok=taken <= limit(30), latency=taken, why=taken)
        history, deliveries = await stored(tmp_path)
        assert sum(item.kind in RING for item in history) == 2
        assert {item.state for item in deliveries} == {DeliveryState.DONE}
        async with service(one.config, stop=signal.SIGTERM):
            await looked(one.shop, "/item/lamp", 8)
        counts = arrived(one.hook)
        tally.trial(f"S4 told once over a disk that was {fault}", ok=set(counts.values()) == {1}, why=counts)
        assert titles(one.hook).count(ALARM) == 1


# --- D1 to D3, S7: killed at the k-th write ---


@no_seam
async def test_killed_at_the_kth_write(
    tmp_path: Path, tally: Tally, rng: Random, trials: Callable[[int, int], int], limit: Callable[[float], float]
) -> None:
    """D1-D3, S7: killed before the k-th disk write around a restock: it is told, twice at most, the second marked."""
    orders = tmp_path / "orders"
    orders.mkdir()
    async with rounds(tmp_path) as one:
        flips, kills = 0, 0
        for number in range(trials(2, 60)):
            async with service(one.config, "-m", "tests.torture.disk", str(orders)) as child:
                await ready(one, child, tally, limit)
                one.shop.set("/item/lamp", SOLD_OUT)
                await looked(one.shop, "/item/lamp", 6)
                (orders / "kill").write_text(str(1 + number % 12))  # a restock and its send make about as many
                one.shop.set("/item/lamp", IN_STOCK)
                flips += 1
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(child.process.wait(), 2.0 + rng.random())
                kills += child.process.returncode == -signal.SIGKILL
            (orders / "kill").unlink(missing_ok=True)
            assert dbfile.check(tmp_path / "restock.db") is None
            async with service(one.config) as child:  # what was cut short is found, or told, now
                await ready(one, child, tally, limit)
                await until(lambda n=flips: whole(one, n), 20, f"restock {flips}")
        await asyncio.sleep(0.5)
        history, deliveries = await stored(tmp_path)
        events = [item.event_id for item in history if item.kind in RING]
        assert len(events) == flips, (len(events), flips)
        counts = arrived(one.hook)
        for event in events:
            told = [item for item in one.hook.accepted if f"[{event}]" in item.body]
            ok = 1 <= counts[event] <= 3 and all("(repeat)" in item.title + item.body for item in told[1:])
            tally.trial("D1-D3 killed at the k-th disk write", ok=ok, repeats=len(told) - 1, why=(event, told))
        assert (orders / "done").read_text().split().count("kill") == kills > flips / 2, "the kills came where aimed"
        assert {item.state for item in deliveries if item.event_id in events} == {DeliveryState.DONE}


async def whole(one: Rounds, flips: int) -> bool:
    history, _ = await stored(one.folder)
    events = [item.event_id for item in history if item.kind in RING]
    return len(events) >= flips and all(arrived(one.hook)[event] for event in events)


async def ready(one: Rounds, child: Child, tally: Tally, limit: Callable[[float], float]) -> None:
    hits = one.shop.hits()
    await until(lambda: one.shop.hits() > hits, 30, "the first look")
    tally.trial("S7 looks again after a kill (5 s)", ok=child.age() <= limit(5), latency=child.age(), why=child.age())
    await looked(one.shop, "/item/lamp", 2)


AFTER_COMMIT = """
import os, signal, sys
from monitor.storage import Storage
real = Storage.record
async def record(self, changes, now):
    made = await real(self, changes, now)
    if made and os.path.exists(sys.argv[1]):
        os.unlink(sys.argv[1])
        os.kill(os.getpid(), signal.SIGKILL)
    return made
Storage.record = record
armed, sys.argv = sys.argv[1], [sys.argv[0], *sys.argv[2:]]
sys.argv.insert(1, armed)
from monitor.cli import run
sys.exit(run(sys.argv[2:]))
"""


async def test_killed_between_commit_and_offer(
    tmp_path: Path, tally: Tally, trials: Callable[[int, int], int], limit: Callable[[float], float]
) -> None:
    """D1, S7: committed and never offered: the next start tells it, once, since nobody had begun to send it."""
    armed = tmp_path / "armed"
    async with rounds(tmp_path) as one:
        for number in range(1, trials(1, 20) + 1):
            async with service(one.config, "-c", AFTER_COMMIT, str(armed)) as child:
                await ready(one, child, tally, limit)
                one.shop.set("/item/lamp", SOLD_OUT)
                await looked(one.shop, "/item/lamp", 6)
                armed.write_text("")
                one.shop.set("/item/lamp", IN_STOCK)
                assert await asyncio.wait_for(child.process.wait(), 10) == -signal.SIGKILL
            assert one.rings() == number - 1, "killed before anything was sent"
            _, deliveries = await stored(tmp_path)
            assert [item.state for item in deliveries].count(DeliveryState.PENDING) == 1
            async with service(one.config, stop=signal.SIGTERM) as child:  # a kill here might repeat what it had sent
                await until(lambda n=number: one.rings() >= n, 20, "the alert")
                await asyncio.sleep(0.3)
        for event, count in arrived(one.hook).items():
            tally.trial("D1 killed between commit and offer", ok=count == 1, repeats=count - 1, why=event)


# --- S7: asked to stop in mid-send ---


@pytest.mark.parametrize("twice", [pytest.param(False, marks=pytest.mark.torture), True], ids=["once", "twice"])
async def test_asked_to_stop_in_mid_send(
    tmp_path: Path, tally: Tally, limit: Callable[[float], float], twice: bool
) -> None:
    """S7: with a send that hangs, exit 0 within 10 s, within 1 s at the second asking; the next start repeats it."""
    async with rounds(tmp_path) as one:
        one.hook.usual = HANG
        async with service(one.config) as child:
            await looked(one.shop, "/item/lamp", 4)
            one.shop.set("/item/lamp", IN_STOCK)
            await one.hook.wait_for(1)
            child.process.send_signal(signal.SIGTERM)
            began = time.monotonic()
            if twice:
                await asyncio.sleep(0.5)
                looks = one.shop.hits()
                await asyncio.sleep(0.5)
                assert one.shop.hits() == looks, "no new looks"
                assert child.process.returncode is None, "it waits for the send in flight"
                child.process.send_signal(signal.SIGTERM)
                began = time.monotonic()
            code = await asyncio.wait_for(child.process.wait(), 20)
            taken = time.monotonic() - began
        most = 1.0 if twice else 10.0
        ok = code == 0 and taken <= limit(most)
        tally.trial(
            f"S7 SIGTERM in mid-send, {'twice (1 s)' if twice else 'once (10 s)'}", ok=ok, latency=taken, why=code
        )
        one.hook.usual = OK
        async with service(one.config, stop=signal.SIGTERM):
            await one.hook.wait_for(1, accepted=True)
            await asyncio.sleep(0.5)
        repeats = [item for item in one.hook.accepted if "lamp" in item.title]
        assert len(repeats) == 1
        assert "(repeat)" in repeats[0].title + repeats[0].body


@pytest.mark.torture
async def test_a_send_that_ends_in_time_is_waited_for(tmp_path: Path, tally: Tally) -> None:
    """S7: asked to stop while a channel takes 3 s to answer: the answer counts, and nothing is told again."""
    async with rounds(tmp_path) as one:
        one.hook.usual = Act(delay=3.0)
        async with service(one.config) as child:
            await looked(one.shop, "/item/lamp", 4)
            one.shop.set("/item/lamp", IN_STOCK)
            await asyncio.sleep(1.5)
            child.process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(child.process.wait(), 12) == 0
        one.hook.usual = OK
        async with service(one.config, stop=signal.SIGTERM):
            await looked(one.shop, "/item/lamp", 6)
            await asyncio.sleep(0.5)
        tally.trial("S7 a send that ends in time is waited for", ok=len(one.hook.received) == 1, why=titles(one.hook))


# --- S6: stopped and let go on ---


@pytest.mark.torture
async def test_stopped_for_a_while(tmp_path: Path, tally: Tally, limit: Callable[[float], float]) -> None:
    """S6: SIGSTOP for 12 s where 4 s of silence is blindness: no alarm, no alert, looks spread out, then rings as ever."""
    async with Shop() as shop, JsonReceiver() as hook:
        names = [f"thing{number}" for number in range(40)]
        config = write_config(tmp_path, shop, {"hook": hook.url()}, names, interval="2s")
        config.write_text(config.read_text().replace('after = "1h"', 'after = "4s"'))
        for name in names:
            shop.set(f"/item/{name}", SOLD_OUT)
        async with service(config, stop=signal.SIGTERM) as child:
            await until(lambda: all(shop.hits(f"/item/{name}") >= 2 for name in names), 30)
            child.process.send_signal(signal.SIGSTOP)
            await asyncio.sleep(0.5)
            hits = shop.hits()
            await asyncio.sleep(11.5)
            assert shop.hits() == hits, "it really stood still"
            child.process.send_signal(signal.SIGCONT)
            went_on = time.monotonic()
            await until(lambda: all(shop.hits(f"/item/{name}") >= 4 for name in names), 30)
            first = [request.at - went_on for request in shop.requests if request.at > went_on][: len(names)]
            burst = max(Counter(int(at * 5) for at in first).values())
            tally.trial("S6 overdue looks spread out", ok=burst <= len(names) // 2, why=sorted(first))
            await asyncio.sleep(5)
            tally.trial("S6 no false alarm after a freeze", ok=not hook.received, why=titles(hook))
            shop.set("/item/thing7", IN_STOCK)
            began = time.monotonic()
            await hook.wait_for(1)
            taken = time.monotonic() - began
            tally.trial("S6 rings as ever after a freeze", ok=taken < limit(5), latency=taken, why=taken)


# --- S5: months in minutes ---

LONG = """
import asyncio, gc, json, os, sys, threading
from pathlib import Path
from random import Random
from monitor.settings import BlindSettings
from tests.monitor.running import running, seconds, settings, watch
from tests.receivers import JsonReceiver
from tests.shop import Reply, Shop, product_page, wall_page

def rss():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

def census(database):
    return {
        "rss": rss(), "fds": len(os.listdir("/proc/self/fd")), "threads": threading.active_count(),
        "tasks": len(asyncio.all_tasks()), "database": database.stat().st_size,
    }

async def main(folder, looks, every):
    random = Random(5)
    big = "<!--" + "x" * 2_000_000 + "-->"
    async with Shop() as shop, JsonReceiver() as hook:
        shop.keep_requests = False
        sold_out, in_stock = product_page(state="out_of_stock"), product_page(state="in_stock")
        def text(page):
            return page if isinstance(page, str) else page.decode()
        large = text(sold_out).replace("</body>", big + "</body>")
        def script(number):
            kind = number % 20
            if kind == 3: return Reply(b"busy", status=500)
            if kind == 5: return Reply(wall_page(), status=403)
            if kind == 7: return Reply(sold_out, cut_at=400)
            if kind == 9: return Reply(sold_out, delay=0.6)
            if kind in (11, 12): return Reply(large, encoding="gzip")
            if kind == 13: return Reply(redirect="/")
            if kind == 15: return Reply(sold_out, abort=True, cut_at=50)
            if number % 200 < 10: return Reply(in_stock)
            return Reply(sold_out, encoding=random.choice([None, "gzip", "br", "zstd"]))
        names = [f"t{n}" for n in range(60)]
        for name in names:
            shop.set(f"/item/{name}", script)
        wishes = [watch(name, shop.url(f"/item/{name}"), interval=0.1) for name in names]
        from dataclasses import replace
        chosen = settings(folder, wishes, {"hook": hook.url()}, blind=BlindSettings(after=seconds(3600)))
        chosen = replace(chosen, fetch=replace(chosen.fetch, total=0.4), backup_every=seconds(20))
        async with running(chosen) as service:
            seen = []
            while service.stats.looks < looks:
                await asyncio.sleep(0.05)
                if service.stats.looks >= every * (len(seen) + 1):
                    hook.received.clear()
                    seen.append({"looks": service.stats.looks} | census(chosen.database))
            print(json.dumps({"census": seen, "conclusive": service.stats.conclusive, "looks": service.stats.looks}))

import watchers.gate, monitor.looking
watchers.gate.BACK_OFF_FIRST = monitor.looking.BACK_OFF_FIRST = 0.05
watchers.gate.BACK_OFF_CAP = monitor.looking.BACK_OFF_CAP = 0.1
import structlog, logging
structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
"""


@pytest.mark.torture
@pytest.mark.timeout(3600)
async def test_twenty_thousand_looks(tmp_path: Path, tally: Tally) -> None:
    """S5: with errors, time-outs and 2 MB pages: memory grows < 30 MiB after the first 2,000, everything else is flat."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", LONG, str(tmp_path), "20000", "1000"), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    assert process.returncode == 0
    found = json.loads(out.decode().strip().splitlines()[-1])
    assert 0.4 * found["looks"] < found["conclusive"] < 0.9 * found["looks"], "the faults really happened"
    census = found["census"]
    base, rest = census[1], census[2:]
    growth = max(one["rss"] for one in rest) - base["rss"]
    tally.note("S5 memory over 20,000 looks", f"grew {growth / 2**20:.1f} MiB after the first 2,000")
    tally.trial("S5 memory over 20,000 looks", ok=growth < 30 * 2**20, why=[one["rss"] >> 20 for one in census])
    for what, slack in (("fds", 40), ("threads", 4), ("tasks", 80)):
        first = max(one[what] for one in census[1:6])
        last = max(one[what] for one in census[-5:])
        tally.trial(f"S5 {what} flat", ok=last <= first + slack, why=[one[what] for one in census])
    size = census[-1]["database"]
    tally.trial("S5 the database stays small", ok=size < 20 * 2**20, why=size)
    left = {one.name.split("-")[0] for one in tmp_path.iterdir()}  # noqa: ASYNC240
    assert left <= {"restock.db", "restock.db.lock", "restock.db.backup"}, left
    shutil.rmtree(tmp_path, ignore_errors=True)
