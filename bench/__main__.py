"""`make bench`: the table of aims, measured in one run; prints what is missed, and which floor.

Figures of CPU are ratios to a bare aiohttp GET loop on the same machine, interleaved with the product's rounds.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import measures
from bench.measures import Shop
from monitor import logs


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; `better` says which side of aim and floor is good."""

    name: str
    value: float
    unit: str
    aim: float
    floor: float
    more_is_better: bool
    note: str = ""

    def verdict(self) -> str:
        """Say whether the aim is reached, only the floor, or neither."""
        reached: Callable[[float], bool] = (
            (lambda mark: self.value >= mark) if self.more_is_better else (lambda mark: self.value <= mark)
        )
        return "aim" if reached(self.aim) else "floor" if reached(self.floor) else "MISSED"


async def checks(shop: Shop, quick: bool) -> list[Row]:
    """CPU a check against the bare loop; intervals so short that both run flat out, as "checks per CPU-second" asks."""
    seconds, rounds = (1.5, 1) if quick else (2.5, 3)
    rows = []
    for name, path, listings, interval, aim, floor in (
        ("30 KB page, changing", "/30", 100, 0.03, 0.60, 0.40),
        ("30 KB page, its block changing too", "/30?block", 100, 0.03, 0.60, 0.40),
        ("1 MB page, changing", "/1000", 20, 0.04, 0.90, 0.60),
        ("1 MB page, its block changing too", "/1000?block", 20, 0.04, 0.90, 0.60),
        ("304 answers", "/304", 100, 0.02, 0.50, 0.35),
    ):
        share, product, bare = await measures.ratio(shop, path, listings, interval, seconds, rounds)
        rows.append(Row(name, share, "x bare", aim, floor, True, f"{product:.2f} ms against {bare:.2f} ms CPU"))
    few = await measures.product_cpu(shop, "/304", 100, 0.2, seconds)
    many = await measures.product_cpu(shop, "/304", 10_000, 20.0, seconds)
    rows.append(Row("CPU per check at 10,000 listings / at 100", many / few, "x", 1.05, 1.2, False))
    return rows


async def alerts(shop: Shop, quick: bool) -> list[Row]:
    """From the deciding byte to the channel's acceptance."""
    flips = 5 if quick else 20
    alone = sorted(await measures.alert_latency(shop, flips))
    p95 = alone[int(0.95 * (len(alone) - 1))] * 1000
    four = statistics.median(await measures.alert_latency(shop, max(3, flips // 4), good=4)) * 1000
    ten = statistics.median(await measures.alert_latency(shop, max(3, flips // 4), good=4, hanging=6)) * 1000
    note = f"of {len(alone)}; median {statistics.median(alone) * 1000:.1f} ms"
    return [
        Row("fetch done -> channel accepted, p95", p95, "ms", 15, 50, False, note),
        Row(
            "delay that 6 hanging channels of 10 add", ten - four, "ms", 30, 150, False, f"{ten:.0f} against {four:.0f}"
        ),
    ]


async def pace(shop: Shop, quick: bool) -> list[Row]:
    """Real interval against the asked one."""
    value = await measures.kept_interval(shop, 1000, 3.0, 6.0 if quick else 18.0)
    return [Row("real / asked interval, 1,000 listings every 3 s", value, "x", 1.01, 1.03, False)]


async def size(shop: Shop, listings: int) -> None:
    """Print this process's memory with so many listings; run in a process of its own."""
    sys.stdout.write(f"{await measures.memory(shop, listings)}\n")


def child(shop: Shop, listings: int) -> float:
    """Measure memory in a fresh process."""
    command = [sys.executable, "-m", "bench", "--memory", str(listings), "--port", str(shop.port)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-1])


def memory(shop: Shop) -> list[Row]:
    """Resident memory at 1,000 listings and for each further one."""
    thousand, four = child(shop, 1000), child(shop, 4000)
    return [
        Row("memory at 1,000 listings", thousand, "MB", 75, 100, False),
        Row("memory of a further listing", (four - thousand) / 3000 * 1024, "KB", 3, 10, False),
    ]


def start_up(shop: Shop, quick: bool) -> list[Row]:
    """Start of the program, and start to the first check."""
    version, first = [], []
    for _ in range(3 if quick else 7):
        began = time.monotonic()
        subprocess.run([sys.executable, "-m", "monitor", "--version"], check=True, capture_output=True)
        version.append(time.monotonic() - began)
    for _ in range(2 if quick else 5):
        with tempfile.TemporaryDirectory() as folder:
            first.append(first_check(Path(folder)))
    return [
        Row("restock --version", statistics.median(version), "s", 0.25, 0.25, False),
        Row("process start -> first check", statistics.median(first), "s", 0.7, 1.5, False),
    ]


def first_check(folder: Path) -> float:
    """Start `restock run` on one listing of a shop of our own; give seconds until the shop is asked."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as shop:
        port = shop.getsockname()[1]
        config = folder / "config.toml"
        config.write_text(
            '[monitor]\nlanguage = "en"\n'
            f'[fetch]\nallow = ["127.0.0.1/32:{port}"]\n'
            '[channels.here]\nurl = "console://"\n'
            f'[[watch]]\nname = "x"\nlistings = ["http://127.0.0.1:{port}/item"]\n',
            "utf-8",
        )
        shop.settimeout(30)
        began = time.monotonic()
        command = [sys.executable, "-m", "monitor", "run", "--config", str(config)]
        service = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        connection, _ = shop.accept()
        took = time.monotonic() - began
        connection.close()
        service.kill()
        service.wait()
        return took


def show(rows: list[Row]) -> int:
    """Print the table; 1 when a floor is missed."""
    table = Table("measure", "value", "aim", "floor", "", "")
    for row in rows:
        verdict = row.verdict()
        style = {"aim": "green", "floor": "yellow"}.get(verdict, "red")
        table.add_row(
            row.name,
            f"{row.value:.3g} {row.unit}",
            f"{row.aim:g}",
            f"{row.floor:g}",
            f"[{style}]{verdict}[/]",
            row.note,
        )
    console = Console(width=None if sys.stdout.isatty() else 150)
    console.print(table)
    missed = [row.name for row in rows if row.verdict() == "MISSED"]
    console.print(f"Floors missed: {', '.join(missed)}" if missed else "Every floor holds.")
    return 1 if missed else 0


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="bench")
    parser.add_argument("--quick", action="store_true", help="one short round of each")
    parser.add_argument("--only", default="", help="checks, alerts, pace, memory or start")
    parser.add_argument("--memory", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    logs.configure(json=True, level="critical", final=True)
    if chosen.memory:
        asyncio.run(size(Shop(chosen.port), chosen.memory))
        return 0
    rows: list[Row] = []
    with measures.local_shop() as shop:
        parts: dict[str, Callable[[], list[Row]]] = {
            "checks": lambda: asyncio.run(checks(shop, chosen.quick)),
            "alerts": lambda: asyncio.run(alerts(shop, chosen.quick)),
            "pace": lambda: asyncio.run(pace(shop, chosen.quick)),
            "memory": lambda: memory(shop),
            "start": lambda: start_up(shop, chosen.quick),
        }
        for name, part in parts.items():
            if chosen.only in ("", name):
                sys.stderr.write(f"measuring {name} ...\n")
                rows += part()
    return show(rows)


if __name__ == "__main__":
    sys.exit(main())
