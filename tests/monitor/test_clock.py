"""A pause ends when its time is up, when it is woken, and when its task is cancelled, whatever else happens in that moment."""

from __future__ import annotations

import ast
import asyncio
from pathlib import Path

import pytest

from monitor.clock import SystemClock

ROOT = Path(__file__).parents[2]


async def test_a_pause_says_why_it_ended() -> None:
    """True when it was woken, at once or later; False when its time was up."""
    wake = asyncio.Event()
    assert await SystemClock().pause(0.01, wake) is False
    assert await SystemClock().pause(0.0, wake) is False
    asyncio.get_running_loop().call_later(0.01, wake.set)
    assert await SystemClock().pause(60.0, wake) is True
    assert await SystemClock().pause(60.0, wake) is True
    assert await SystemClock().pause(0.0) is False


async def test_a_cancellation_is_never_lost() -> None:
    """S7: woken and cancelled in one step of the loop: the task ends; a task that went on would keep the service from stopping."""
    wake, went_on = asyncio.Event(), False

    async def minds() -> None:
        nonlocal went_on
        await SystemClock().pause(60.0, wake)
        went_on = True

    task = asyncio.create_task(minds())
    await asyncio.sleep(0.01)
    wake.set()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not went_on


def test_nothing_waits_in_the_way_that_loses_one() -> None:
    """`asyncio.wait_for` swallows a cancellation now and then before Python 3.12; nothing of ours uses it."""
    for package in ("monitor", "notifiers", "watchers"):
        for file in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                assert not (isinstance(node, ast.Attribute) and node.attr == "wait_for"), f"{file}:{node.lineno}"
