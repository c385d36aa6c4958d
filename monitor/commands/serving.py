"""Run the service in the foreground: signals, the live status line, and a hint after the first demo alert."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

from monitor import logs
from monitor.commands.faults import Exit
from monitor.commands.signals import SIGNALS, listen_late
from monitor.commands.terminal import say
from monitor.config import load
from monitor.demo import is_demo
from monitor.model import Delivery, Kind
from monitor.service import Service
from monitor.settings import Settings
from monitor.status import farewell, in_force, status_line
from monitor.storage import Storage
from monitor.watchdog import Watchdog, prepare
from notifiers.message import Urgency

_LONGEST_STOP = 9.0  # seconds; a send that hangs may not hold the process longer than the promised ten
_REFRESH = 0.5
_SHOW_CURSOR = "\x1b[?25h"


def configure_logs(level: str | None) -> bool:
    """JSON lines into a pipe, short lines from warnings up on a terminal; True when it is a terminal."""
    terminal = sys.stderr.isatty()
    logs.configure(json=not terminal, level=level or ("warning" if terminal else "info"), final=True)
    return terminal


def serve(
    settings: Settings,
    *,
    live: bool,
    hint: str = "",
    once: bool = False,
    reload: bool = True,
    check_channels: bool = False,
) -> int:
    """Run until asked to stop and give the exit code; raises StoreError and AlreadyRunning.

    `hint` is printed after the first alert of a demo watch; `once` stops after the first alert was told.
    `check_channels` asks Apprise about each channel while the first looks are made, and raises ConfigError before
    anything is told.
    """
    try:
        return asyncio.run(
            _serve(settings, live=live, hint=hint, once=once, reload=reload, check_channels=check_channels)
        )
    finally:
        listen_late()


async def _serve(settings: Settings, *, live: bool, hint: str, once: bool, reload: bool, check_channels: bool) -> int:
    stopping = asyncio.Event()
    asked = _listen(stopping)
    prepare()
    watchdog = Watchdog()
    watchdog.start()
    storage = await Storage.open(settings.database)
    ready = asyncio.create_task(asyncio.to_thread(load, settings.path), name="channels") if check_channels else None
    try:
        service = Service(settings, storage)
        service.watchdog = watchdog
        helpers: set[asyncio.Task[None]] = set()

        def start(work: asyncio.Task[None]) -> None:
            helpers.add(work)
            work.add_done_callback(helpers.discard)

        bell = _follow_alerts(service, hint, stopping if once else None, start)
        if live:
            logs.told_here(lambda: _consoles(service.settings))
            service.on_loaded = lambda new: _show(in_force(new))
            start(asyncio.create_task(_show_status(service, bell), name="status"))
        try:
            await service.run(stopping, reload=reload, ready=ready)
        finally:
            for helper in tuple(helpers):
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)
    finally:
        await storage.close()
        watchdog.stop()
        _hand_signals_back()
    if live and asked.is_set():
        _show(farewell(service.settings.language))
    return Exit.OK


def _consoles(settings: Settings) -> list[str]:
    return [name for name, channel in settings.channels.items() if channel.url.reveal().startswith("console:")]


def _show(line: str) -> None:
    """Print for the person at the terminal, above the live line while there is one."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _follow_alerts(
    service: Service, hint: str, stop_after: asyncio.Event | None, start: Callable[[asyncio.Task[None]], None]
) -> asyncio.Event:
    """Act on alerts: the bell (a live display swallows the channel's own), the hint and the end of a `--once`."""
    bell, hinted = asyncio.Event(), False

    def on_alert(deliveries: Sequence[Delivery]) -> None:
        nonlocal hinted
        alerts = [delivery.alert for delivery in deliveries]
        if any(alert.urgency is Urgency.URGENT for alert in alerts):
            bell.set()
        of_demo = any(alert.url is not None and is_demo(alert.url) for alert in alerts)
        if of_demo and hint and not hinted:
            hinted = True
            start(asyncio.create_task(_hint_when_told(service, hint), name="hint"))
        if stop_after is not None and any(alert.kind is Kind.RESTOCK for alert in alerts):
            start(asyncio.create_task(_stop_when_told(service, stop_after), name="once"))

    service.on_alert = on_alert
    return bell


async def _told(service: Service, longest: float = 5.0) -> None:
    """Wait until nothing is waiting to be sent, at most so many seconds."""
    for _ in range(int(longest / 0.1)):
        await asyncio.sleep(0.1)  # the alert that woke us is counted as pending by now
        if service.snapshot().pending == 0:
            return


async def _hint_when_told(service: Service, hint: str) -> None:
    await _told(service)
    say(hint)


async def _stop_when_told(service: Service, stopping: asyncio.Event) -> None:
    await _told(service)
    stopping.set()


async def _show_status(service: Service, bell: asyncio.Event) -> None:
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    console = Console(stderr=True)
    # What is printed meanwhile goes above the line, if it goes to this terminal at all.
    with Live(console=console, auto_refresh=False, transient=True, redirect_stdout=sys.stdout.isatty()) as live:
        while True:
            await asyncio.sleep(_REFRESH)
            settings = service.settings
            line = status_line(service.snapshot(), settings.language, ZoneInfo(settings.timezone))
            live.update(Text(line, style="dim", no_wrap=True, overflow="ellipsis"), refresh=True)
            if bell.is_set():
                bell.clear()
                console.bell()


def _listen(stopping: asyncio.Event) -> asyncio.Event:
    """The first signal asks to stop; a second one, or too long a wait, ends the process: nothing stored is lost.

    The event that comes back is set once a signal came.
    """
    loop, signalled = asyncio.get_running_loop(), asyncio.Event()

    def asked() -> None:
        if stopping.is_set():
            _leave_now()
        signalled.set()
        stopping.set()
        limit = threading.Timer(_LONGEST_STOP, _leave_now)
        limit.daemon = True
        limit.start()

    for number in SIGNALS:
        try:
            loop.add_signal_handler(number, asked)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(asked))
    return signalled


def _hand_signals_back() -> None:
    """While the loop closes it would leave signals to their default, which ends the process with another code."""
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        with contextlib.suppress(NotImplementedError):  # Windows
            loop.remove_signal_handler(number)
    listen_late()


def _leave_now() -> None:
    """End without waiting for anybody. What is owed stands in the database and goes out at the next start."""
    try:
        if sys.stderr.isatty():
            sys.stderr.write(_SHOW_CURSOR)
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(Exit.OK)
