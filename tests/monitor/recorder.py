"""A child that records restocks until it is killed, printing each event id once it was acknowledged.

Run as `python -m tests.monitor.recorder DATABASE PREFIX`; used by test_storage_crash.py.
"""

import asyncio
import itertools
import sys
from pathlib import Path

from monitor.model import DeliveryState
from monitor.storage import Storage
from tests.monitor.news import NOW, change


async def main(database: Path, prefix: str) -> None:
    storage = await Storage.open(database)
    await storage.owed()
    print("ready", flush=True)

    async def one(number: int) -> None:
        name = f"{prefix}{number}"
        made = await storage.record([change(name, number, url=f"https://shop.example/{name}")], NOW)
        print("recorded", name, flush=True)
        ids = [delivery.id for delivery in made]
        await storage.sending(ids, NOW)
        await storage.settle(ids, DeliveryState.DONE, now=NOW)
        print("settled", name, flush=True)

    for start in itertools.count(0, 5):
        await asyncio.gather(*(one(start + n) for n in range(5)))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
