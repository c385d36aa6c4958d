"""Two pages on this machine that say how the service is: `/healthz` answers while the loop does, `/readyz` gives the reasons.

The conditions are those of `readiness.py` (B4). Loaded only where the settings ask for them.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web

from monitor.clock import Clock
from monitor.settings import Settings

log = structlog.get_logger("restock.pulse")
_BIND_AGAIN_S = 30.0
_LOOK_S = 1.0  # between two looks at the settings


class HealthPages:
    """`/healthz` answers while the loop does; `/readyz` says whether the work is done, and if not, why."""

    def __init__(self, settings: Callable[[], Settings], reasons: Callable[[], tuple[str, ...]], clock: Clock) -> None:
        self._settings = settings
        self._reasons = reasons
        self._clock = clock
        self._runner: web.AppRunner | None = None
        self._failed = ""
        self.port = 0

    async def run(self, stopping: asyncio.Event) -> None:
        """Serve where the settings say, follow them when they change, until asked to stop."""
        serving: str | None = None
        try:
            while True:
                wait = _LOOK_S
                if (wanted := self._settings().health) != serving:
                    await self._close()
                    serving = wanted if wanted is None or await self._open(wanted) else None
                    wait = _BIND_AGAIN_S if wanted != serving else _LOOK_S
                if await self._clock.pause(wait, stopping):
                    return
        finally:
            await self._close()

    async def _open(self, address: str) -> bool:
        host, _, port = address.rpartition(":")
        app = web.Application(middlewares=[_only_here])
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/readyz", self._readyz)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, host.strip("[]"), int(port)).start()
        except OSError as error:
            await self._close()
            if self._failed != address:
                log.warning(
                    "health.not_served",
                    address=address,
                    cause=error.strerror or str(error),
                    todo="choose another port for monitor.health",
                )
            self._failed = address
            return False
        self._failed = ""
        self.port = self._runner.addresses[0][1]
        log.info("health.served", address=address)
        return True

    async def _close(self) -> None:
        if self._runner is not None:
            with contextlib.suppress(OSError):
                await self._runner.cleanup()
            self._runner = None

    async def _healthz(self, _request: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def _readyz(self, _request: web.Request) -> web.Response:
        reasons = self._reasons()
        return web.json_response({"ready": not reasons, "reasons": list(reasons)}, status=503 if reasons else 200)


@web.middleware
async def _only_here(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Answer only those who mean this machine by name: a page elsewhere whose name leads here learns nothing (P1)."""
    if request.url.host not in ("127.0.0.1", "localhost", "::1"):
        raise web.HTTPMisdirectedRequest
    return await handler(request)
