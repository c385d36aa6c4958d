"""A journal torn by a power cut: what stands before the tear is there, whole; what is after it never happened (S3, S7)."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from random import Random

import pytest

from monitor import dbfile
from monitor.model import DeliveryState
from monitor.storage import Storage
from tests.monitor.news import NOW, change

EVENTS = 30


@pytest.fixture
async def crashed(tmp_path: Path) -> Path:
    """The files of a service that died with everything still in its journal."""
    path, left = tmp_path / "live" / "restock.db", tmp_path / "left"
    path.parent.mkdir()
    async with await Storage.open(path) as storage:
        for number in range(EVENTS):
            await storage.record([change(f"e{number:02}", number, url=f"https://shop.example/{number}")], NOW)
        await asyncio.to_thread(shutil.copytree, path.parent, left)
    assert (left / "restock.db-wal").stat().st_size > 100_000, "the news stands in the journal"
    return left


@pytest.mark.parametrize("how", ["cut", "flipped", "zeroed"])
async def test_a_torn_journal_loses_only_its_end(crashed: Path, tmp_path: Path, how: str) -> None:
    """S7: cut anywhere, one bit wrong, or its end never written: sound, each event whole, and no event after a lost one."""
    random, kept = Random(how), []
    for number in range(15):
        folder = tmp_path / f"{how}-{number}"
        await asyncio.to_thread(shutil.copytree, crashed, folder)
        (folder / "restock.db-shm").unlink(missing_ok=True)
        journal = folder / "restock.db-wal"
        whole = journal.read_bytes()
        place = random.randrange(32, len(whole))
        torn = {
            "cut": whole[:place],
            "flipped": whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :],
            "zeroed": whole[:place] + bytes(len(whole) - place),
        }[how]
        journal.write_bytes(torn)
        async with await Storage.open(folder / "restock.db") as storage:
            events = sorted(one.event_id for one in await storage.history())
            assert events == [f"e{n:02}" for n in range(len(events))]
            owed = await storage.owed()
            assert sorted(one.event_id for one in owed) == sorted([*events, *events])
            assert {one.state for one in owed} <= {DeliveryState.PENDING}
            assert len(await storage.beliefs()) == len(events)
        assert dbfile.check(folder / "restock.db") is None
        kept.append(len(events))
    assert len(set(kept)) > 5, "the tears really fell in different places"
    assert min(kept) < EVENTS
