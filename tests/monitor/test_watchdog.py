"""A loop that stands still is shown at 5 s and ended at 60 s; a process that was frozen has not stood still (S8)."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from monitor import watchdog
from monitor.commands.faults import Exit

ROOT = Path(__file__).parents[2]
CHILD = """
import asyncio, re, sys, time
from monitor import logs
from monitor.watchdog import Watchdog, prepare

def stand_still(seconds):
    time.sleep(seconds)

async def main(how):
    logs.configure(json=True)
    prepare()
    dog = Watchdog(0.4, 1.5)
    dog.start()
    await asyncio.sleep(0.2)
    print("ready", flush=True)
    if how == "short":
        stand_still(0.9)
    elif how == "long":
        stand_still(60)
    elif how == "pattern":
        re.match(r"(a+)+$", "a" * 60 + "b")  # never lets another thread run
    await asyncio.sleep(1.0)
    print("stalls", dog.stalls, flush=True)
    dog.stop()

asyncio.run(main(sys.argv[1]))
"""


async def child(how: str) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", CHILD, how), cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"ready\n"
    return process


async def ended(process: asyncio.subprocess.Process, within: float = 20.0) -> tuple[int | None, str, str]:
    out, err = await asyncio.wait_for(process.communicate(), within)
    return process.returncode, out.decode(), err.decode()


def test_the_numbers_are_those_promised() -> None:
    """S8: 5 s, 60 s, exit code 70."""
    assert (watchdog.STALL_S, watchdog.END_S, watchdog.EXIT_CODE) == (5.0, 60.0, Exit.INTERNAL)


async def test_a_stall_is_logged_with_its_stack_and_passes() -> None:
    """S8: one line with the very place where the loop stands; it goes on when the loop does."""
    code, out, err = await ended(await child("short"))
    assert code == 0
    assert "stalls 1" in out
    stalled = [line for line in err.splitlines() if "loop.stalled" in line]
    assert len(stalled) == 1
    assert "stand_still" in stalled[0]
    assert "loop.turns" in err


async def test_a_loop_that_stays_still_ends_the_process() -> None:
    """S8: exit 70, for the supervisor to start it anew."""
    began = time.monotonic()
    code, _, err = await ended(await child("long"))
    assert code == 70
    assert time.monotonic() - began < 8
    assert "loop.dead" in err
    assert "stand_still" in err


@pytest.mark.skipif(not hasattr(signal, "SIGVTALRM"), reason="no such timer here")
async def test_code_that_lets_no_thread_run_is_ended_by_the_kernel() -> None:
    """S8: an exploding pattern holds every thread still, the watchdog's too; the process ends, stacks on stderr."""
    code, _, err = await ended(await child("pattern"))
    assert code == -signal.SIGVTALRM
    assert "in match" in err


async def test_a_frozen_process_has_not_stalled() -> None:
    """S8, S6: stopped for twice its patience and let go on, it lives, and no stall is logged."""
    process = await child("none")
    os.kill(process.pid, signal.SIGSTOP)
    await asyncio.sleep(3.0)
    assert process.returncode is None
    os.kill(process.pid, signal.SIGCONT)
    code, out, err = await ended(process)
    assert code == 0
    assert "stalls 0" in out, err


async def test_the_lag_of_the_loop_is_known() -> None:
    """B4: how late the loop turns, for whoever asks."""
    dog = watchdog.Watchdog(5.0, 60.0)
    dog.start()
    try:
        await asyncio.sleep(0.6)
        assert dog.lag < 0.5
        time.sleep(0.9)  # noqa: ASYNC251
        await asyncio.sleep(0.01)
        assert dog.lag > 0.3
    finally:
        dog.stop()
