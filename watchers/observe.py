"""One look at one listing: fetch, then read, then say what was found and what it cost."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

from watchers.fetch import Fetched, Fetcher, FetchError
from watchers.memory import Memory
from watchers.model import (
    Availability,
    Cause,
    Cost,
    Identity,
    Limits,
    Listing,
    Manners,
    Observation,
    Offer,
    Reading,
    RuleKind,
    Rules,
    Validators,
)
from watchers.page import Page
from watchers.reading import read

_OFF_LOOP = 256 * 1024  # a body past this may cost more than 20 ms to read
_READ_BUDGET = 2.0  # seconds
_READERS = 2  # large pages read at once
_REMEMBERED = 20_000  # listings

_Key = tuple[str, str | None, Rules | None]  # all that a reading depends on, besides the page
_MAY_TAKE_LONG = frozenset({RuleKind.REGEX, RuleKind.XPATH})  # a person's pattern may need its whole time limit


def _key(listing: Listing) -> _Key:
    return listing.url, listing.variant, listing.rules


def _slow(rules: Rules | None) -> bool:
    """True when a rule of the listing may hold up the event loop: the page is then read beside it."""
    if rules is None:
        return False
    return any(r.kind in _MAY_TAKE_LONG for r in (*rules.in_stock_when, *rules.sold_out_when, *rules.price_at))


def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_READERS, thread_name_prefix="read")


def _same(url: str) -> str:
    return url


class Observer:
    """Looks at listings; knows how, and remembers just enough not to read an unchanged page twice."""

    def __init__(
        self,
        limits: Limits | None = None,
        *,
        exempt: Collection[tuple[str, int]] = (),
        resolve: Callable[[str], str] = _same,
        full_every: float = 600.0,
        seen: Callable[[Page], None] | None = None,
    ) -> None:
        self._fetcher = Fetcher(limits or Limits(), exempt=exempt)
        self._resolve = resolve
        self._full_every = full_every
        self._seen = seen  # shown every page that was fetched, for whoever wants to keep one
        self._memories: OrderedDict[_Key, Memory] = OrderedDict()
        self._readers = _threads()
        self._reading = asyncio.Semaphore(_READERS)  # the budget of a page counts from when its turn comes

    async def close(self) -> None:
        """Close connections and reading threads."""
        self._readers.shutdown(wait=False, cancel_futures=True)
        await self._fetcher.close()

    def forget(self, listing: Listing) -> None:
        """Drop what is remembered of a listing: its next look is a full one."""
        self._memories.pop(_key(listing), None)

    async def observe(
        self,
        listing: Listing,
        *,
        manners: Manners = Manners(),  # noqa: B008 - frozen
        fresh: bool = False,
        known: Identity | None = None,
    ) -> Observation:
        """Look once; every expected fault comes back as an observation without a verdict.

        `fresh` asks the shop for an answer that no cache gave, and reads it whole (a confirming look).
        """
        key = _key(listing)
        url = self._resolve(listing.url)
        memory = None if fresh else self._memories.get(key)
        began = time.monotonic()
        stale = memory is not None and began - memory.read_at >= self._full_every
        validators = memory.validators if memory is not None and not stale else None
        if not listing.tls_verify and manners.tls_verify:
            manners = replace(manners, tls_verify=False)
        try:
            fetched = await self._fetcher.get(url, manners=manners, validators=validators, fresh=fresh)
        except FetchError as fault:
            self._memories.pop(key, None)
            return self._failed(listing, fault, time.monotonic() - began)
        arrived, at = time.monotonic(), datetime.now(UTC)
        repeated = True
        if memory is not None and fetched.not_modified:
            reading = memory.reading
        elif memory is not None and not stale and self._unchanged(memory, fetched):
            reading = memory.reading
            memory.validators = fetched.validators
        else:
            repeated = False
            page, reading = await self._read(fetched, replace(listing, url=url), known)
            self._remember(key, reading, page, fetched.validators, arrived)
        cost = Cost(arrived - began, time.monotonic() - arrived, fetched.wire_bytes, fetched.not_modified, repeated)
        return Observation(
            url=listing.url,
            at=at,
            availability=reading.availability,
            offers=self._linked(reading, listing.url, url),
            evidence=reading.evidence,
            cause=reading.cause,
            detail=reading.detail,
            title=reading.title,
            image=reading.image,
            identity=reading.identity,
            final_url=fetched.final_url,
            status=fetched.status,
            retry_after=fetched.retry_after,
            cost=cost,
        )

    @staticmethod
    def _unchanged(memory: Memory, fetched: Fetched) -> bool:
        """True when this answer must read as the last one did. A "yes" needs the whole page to be the same."""
        if fetched.status != 200 or fetched.final_url != memory.final_url:
            return False
        if memory.reading.availability.is_orderable:
            return memory.same_body(fetched.body)
        return memory.same_no(fetched.body) or memory.same_body(fetched.body)

    def _remember(self, key: _Key, reading: Reading, page: Page, validators: Validators, now: float) -> None:
        if reading.cause is not None or page.status != 200:
            self._memories.pop(key, None)  # after a no-verdict the next look is a full one
            return
        self._memories[key] = Memory.of(reading, page, validators, now)
        self._memories.move_to_end(key)
        if len(self._memories) > _REMEMBERED:
            self._memories.popitem(last=False)

    async def _read(self, fetched: Fetched, listing: Listing, known: Identity | None) -> tuple[Page, Reading]:
        page = Page(
            fetched.final_url,
            fetched.body,
            status=fetched.status,
            headers=fetched.headers,
            requested_url=listing.url,
            framed=fetched.framed,
        )
        if self._seen is not None:
            self._seen(page)
        if len(fetched.body) <= _OFF_LOOP and not _slow(listing.rules):
            reading = read(page, listing, known)
        else:
            async with self._reading:
                reading = await self._read_aside(page, listing, known)
        return page, reading

    async def _read_aside(self, page: Page, listing: Listing, known: Identity | None) -> Reading:
        """Read on a thread, within the budget; a thread that goes on beyond it is left behind, for it cannot be stopped."""
        work = asyncio.get_running_loop().run_in_executor(self._readers, read, page, listing, known)
        try:
            async with asyncio.timeout(_READ_BUDGET):
                return await work
        except TimeoutError:
            self._readers.shutdown(wait=False)
            self._readers = _threads()
            detail = f"reading this page took longer than {_READ_BUDGET:g} s"
            return Reading(Availability.UNKNOWN, cause=Cause.TIMEOUT, detail=detail)

    @staticmethod
    def _linked(reading: Reading, asked: str, url: str) -> tuple[Offer, ...]:
        """Give offers of a built-in shop the address it has in this run."""
        if asked == url:
            return reading.offers
        return tuple(replace(offer, order_url=offer.order_url or url) for offer in reading.offers)

    @staticmethod
    def _failed(listing: Listing, fault: FetchError, elapsed: float) -> Observation:
        blocked = fault.cause is Cause.BLOCKED
        return Observation(
            url=listing.url,
            at=datetime.now(UTC),
            availability=Availability.BLOCKED if blocked else Availability.UNKNOWN,
            cause=fault.cause,
            detail=fault.detail,
            status=fault.status,
            retry_after=fault.retry_after,
            cost=Cost(fetch_s=elapsed),
        )
