"""A shop on loopback whose products come back, so that anyone sees a real alert within seconds.

It is looked at like any other shop: over HTTP, through the address guard (from which its one address is exempt), by
the generic readers. A product begins sold out, returns after a few seconds, stays a while, sells out, and so on.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from aiohttp import web

from monitor.demo_pages import PRODUCTS, demo_product, missing_page, product_page

SCHEME = "demo"
_HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How long a product stays away and stays; seconds.

    The first absence also lasts `first_looks` looks, so that a restarted service, which believes that the product is
    still in stock, sees it sold out before it returns, and has something to say. Later absences are longer than the
    default `rearm_after`, so that each return rings.
    """

    first_away: float = 6.0
    first_looks: int = 3
    there: float = 40.0
    away: float = 70.0


@dataclass(slots=True)
class _Shelf:
    """One product's turn of the rhythm; it begins with the first look."""

    began: float
    looks: int = 0
    returned: float | None = None


class DemoShop:
    """The built-in shop: `async with DemoShop() as shop`, then `shop.resolve("demo://switch-2")`."""

    def __init__(self, rhythm: Rhythm | None = None, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._rhythm = rhythm or Rhythm()
        self._monotonic = monotonic
        self._shelves: dict[str, _Shelf] = {}
        self._runner: web.AppRunner | None = None
        self._port = 0

    async def start(self) -> Self:
        """Open for business on a free loopback port; OSError when there is none."""
        application = web.Application()
        application.router.add_get("/{lang:ja|en}/{slug}", self._show)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, _HOST, 0).start()
        except OSError:
            await runner.cleanup()
            raise
        self._runner, self._port = runner, runner.addresses[0][1]
        return self

    async def stop(self) -> None:
        """Close the shop; closing twice is fine."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def address(self) -> tuple[str, int]:
        """The one address that the address guard has to let through."""
        return _HOST, self._port

    def resolve(self, url: str) -> str:
        """Give the address that a `demo://` listing has in this run; any other URL comes back as it is."""
        if not is_demo(url):
            return url
        language, slug = demo_product(url)
        return f"http://{_HOST}:{self._port}/{language}/{slug}"

    async def _show(self, request: web.Request) -> web.Response:
        language, slug = request.match_info["lang"], request.match_info["slug"]
        if slug not in PRODUCTS:
            return web.Response(text=missing_page(language), status=404, content_type="text/html")
        orderable = self._is_there(f"{language}/{slug}")
        etag = f"{language}-{slug}-{'there' if orderable else 'away'}"
        if any(known.value == etag for known in request.if_none_match or ()):
            return web.Response(status=304, headers={"ETag": f'"{etag}"'})
        page = product_page(PRODUCTS[slug], language, orderable=orderable, url=str(request.url))
        return web.Response(text=page, content_type="text/html", headers={"ETag": f'"{etag}"'})

    def _is_there(self, key: str) -> bool:
        now, rhythm = self._monotonic(), self._rhythm
        shelf = self._shelves.setdefault(key, _Shelf(began=now))
        if shelf.returned is None:
            if now - shelf.began < rhythm.first_away or shelf.looks < rhythm.first_looks:
                shelf.looks += 1
                return False
            shelf.returned = now
        return (now - shelf.returned) % (rhythm.there + rhythm.away) < rhythm.there


def is_demo(url: str) -> bool:
    """Tell whether a listing belongs to the built-in shop."""
    return url.lower().startswith(f"{SCHEME}://")
