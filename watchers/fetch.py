"""Fetches pages from a hostile web: whole or not at all, within limits, from allowed addresses only."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TypeVar

import aiohttp
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from watchers.address import Target, clean, follow, parse
from watchers.asking import ChainCookies, conditions, headers, retry_after
from watchers.decode import Body
from watchers.faults import FetchError, explain
from watchers.guard import Guard
from watchers.model import Cause, Limits, Manners, Validators

__all__ = ["FetchError", "Fetched", "Fetcher"]

_MOVED = frozenset({301, 302, 303, 307, 308})
_TRANSFERS = frozenset({"", "chunked", "identity"})
_BODILESS = frozenset({204, 205, 304})
_DNS_TTL = 60  # seconds
_KEEP_ALIVE = 75.0  # seconds: longer than the usual interval between looks
_DNS_TRY = 2.5  # seconds for each of two tries
_BUFFER = 256 * 1024  # what the event loop reads at most at once
_ADDRESSES, _MANNERS = 16384, 1024  # remembered at most
_PLAIN = Manners()
_K = TypeVar("_K")
_V = TypeVar("_V")


@dataclass(frozen=True, slots=True)
class Fetched:
    """What one fetch brought back, whatever its HTTP status: walls and "not found" pages are read like any other."""

    url: str  # as asked
    final_url: str  # after redirects, without user-info
    status: int
    headers: Mapping[str, str]  # lower-case names; repeated ones joined by ", "
    body: bytes  # unpacked; its text's character set is not our concern
    framed: bool  # its end was announced by length or chunks; False: the shop just closed the connection
    wire_bytes: int
    elapsed_s: float
    hops: tuple[str, ...] = ()  # addresses that redirects led to, in order
    not_modified: bool = False
    validators: Validators = Validators()
    retry_after: float | None = None  # seconds


class Fetcher:
    """One client for all shops: kept-alive connections, cached names, one set of limits.

    `exempt` holds (address, port) pairs that the address guard lets through beside `limits.allow`; it is looked up at each
    connection. ValueError for an entry of `limits.allow` that cannot be read.
    """

    def __init__(self, limits: Limits, *, exempt: Collection[tuple[str, int]] = ()) -> None:
        self._limits = limits
        self._guard = Guard(limits.allow, exempt)
        self._timeout = self._timeouts(limits.total)
        self._session: aiohttp.ClientSession | None = None
        self._resolver: aiohttp.abc.AbstractResolver | None = None
        self._targets: dict[str, Target] = {}
        self._headers: dict[int, tuple[Manners, CIMultiDict[str]]] = {}  # by identity, which holding them keeps true

    async def get(
        self, url: str, *, manners: Manners = _PLAIN, validators: Validators | None = None, fresh: bool = False
    ) -> Fetched:
        """Fetch a page, following redirects; a connection error or time-out is tried once more at once.

        `validators` let the shop answer "not modified"; `fresh` forbids that and any cache on the way. Every HTTP status
        comes back as Fetched. Raises FetchError. Takes at most twice `limits.total`.
        """
        began = time.perf_counter()
        try:
            return await self._follow(url, manners, validators, fresh, began)
        except FetchError as error:
            if not error.transient:
                raise
        return await self._follow(url, manners, validators, fresh, began)

    async def close(self) -> None:
        """Close every connection; the fetcher opens new ones if used again."""
        session, resolver = self._session, self._resolver
        self._session = self._resolver = None
        if session is not None:
            await session.close()
        if resolver is not None:
            await resolver.close()

    async def _follow(
        self, url: str, manners: Manners, validators: Validators | None, fresh: bool, began: float
    ) -> Fetched:
        """Ask, and ask on where a redirect leads, within one total time."""
        target = self._target(url)
        own = self._said(manners, target)
        start = time.perf_counter()
        hops: list[str] = []
        cookies: ChainCookies | None = None
        here, origin, asked = target.url, target.origin, own
        extra = conditions(validators, fresh=fresh)
        if extra:
            asked = asked.copy()
            asked.update(extra)
        timeout = self._timeout
        while True:
            response = await self._ask(here, asked, timeout, manners, verify=origin != target.origin)
            try:
                if response.status not in _MOVED or (to := response.headers.get("Location")) is None:
                    final = str(here) if hops or target.authorization else url
                    return await self._take(response, url, final, hops, validators, fresh, began)
            except BaseException as error:
                response.close()
                if not isinstance(error, Exception):
                    raise  # cancelled
                told = explain(error, here, self._limits)
                told.status = response.status
                told.retry_after = _wait(response)
                raise told from None
            response.release()
            if len(hops) == self._limits.max_redirects:
                raise FetchError(
                    Cause.HTTP,
                    f"{clean(target.url)} redirects more than {self._limits.max_redirects} times, last to {clean(to)}",
                    status=response.status,
                )
            if "Set-Cookie" in response.headers:
                cookies = cookies or ChainCookies()
                cookies.keep(origin, response.headers.getall("Set-Cookie"))
            try:
                here = follow(here, to)
            except (ValueError, TypeError):
                raise FetchError(
                    Cause.HTTP, f"{clean(here)} redirects to {clean(to)[:200]}, which is no http or https address"
                ) from None
            origin = str(here.origin())
            hops.append(str(here))
            asked = headers(manners, own=False) if origin != target.origin else own.copy()
            if fresh:
                asked.update(extra)
            if cookies is not None and (cookie := cookies.header(origin, asked.get("Cookie"))):
                asked["Cookie"] = cookie
            left = self._limits.total - (time.perf_counter() - start)
            if left <= 0:
                raise FetchError(Cause.TIMEOUT, f"{clean(target.url)} took more than {self._limits.total:g} s in all")
            timeout = self._timeouts(left)

    async def _ask(
        self,
        url: URL,
        asked: CIMultiDict[str],
        within: aiohttp.ClientTimeout,
        manners: Manners,
        *,
        verify: bool,
    ) -> aiohttp.ClientResponse:
        """Send one request and return its answer, whose body is not yet read."""
        proxied = manners.proxy is not None
        if proxied and (why := self._guard.refusal_by_url(url, proxied=True)):
            raise FetchError(Cause.FORBIDDEN_ADDRESS, f"{clean(url)}: {why}")
        look = self._guard.begin(proxied=proxied)
        try:
            return await (self._session or self._open()).get(
                url,
                headers=asked,
                allow_redirects=False,
                timeout=within,
                proxy=manners.proxy,
                ssl=verify or manners.tls_verify,  # another origin never inherits the listing's opt-out
            )
        except Exception as error:
            why = look.refused[0] if look.refused else self._guard.refusal_by_url(url)
            if why:
                raise FetchError(Cause.FORBIDDEN_ADDRESS, f"{clean(url)}: {why}") from None
            raise explain(error, url, self._limits, proxied=proxied) from None

    async def _take(
        self,
        response: aiohttp.ClientResponse,
        url: str,
        final_url: str,
        hops: list[str],
        validators: Validators | None,
        fresh: bool,
        began: float,
    ) -> Fetched:
        """Read an answer to its end and hand it over, or raise FetchError or an error of the client library."""
        status, found = response.status, response.headers
        if sum(len(name) + len(value) + 4 for name, value in response.raw_headers) > self._limits.max_head:
            raise FetchError(Cause.TOO_BIG, f"{response.url.host} sent more headers than we accept")
        length = found.get("Content-Length")
        transfer = found.get("Transfer-Encoding", "").strip().lower()
        if transfer not in _TRANSFERS:
            raise FetchError(Cause.HTTP, f'the page is transferred as "{transfer[:40]}", which we cannot unpack')
        framed = length is not None or transfer == "chunked" or status in _BODILESS
        body = Body(found.get("Content-Encoding", ""), self._limits)
        content = response.content
        while data := await content.readany():
            body.feed(data)
        whole = body.finish()
        if length is not None and status not in _BODILESS and length.isdigit() and body.wire != int(length):
            raise FetchError(Cause.TRUNCATED, f"{body.wire} of {length} bytes arrived")
        if status == 206:
            raise FetchError(Cause.TRUNCATED, "the shop sent a part of the page that we did not ask for")
        not_modified = status == 304
        if not_modified and (fresh or hops or validators is None or validators == Validators()):
            raise FetchError(Cause.HTTP, "the shop answered 'not modified' though we had nothing")
        return Fetched(
            url=url,
            final_url=final_url,
            status=status,
            headers=_lowered(found),
            body=whole,
            framed=framed,
            wire_bytes=body.wire,
            elapsed_s=time.perf_counter() - began,
            hops=tuple(hops),
            not_modified=not_modified,
            validators=_validators(found, validators if not_modified else None)
            if _lasting(status, hops)
            else Validators(),
            retry_after=_wait(response),
        )

    def _target(self, url: str) -> Target:
        """Return a listing's parsed address, remembered."""
        target = self._targets.get(url)
        if target is None:
            try:
                target = parse(url)
            except (ValueError, TypeError):
                raise FetchError(Cause.HTTP, f"{clean(url)} is not an http or https address") from None
            _remember(self._targets, url, target, _ADDRESSES)
        return target

    def _said(self, manners: Manners, target: Target) -> CIMultiDict[str]:
        """Return the headers for a listing's own origin; never to be changed, for they are shared."""
        key = id(manners)
        known = self._headers.get(key)
        if known is None:
            known = (manners, headers(manners, own=True))
            _remember(self._headers, key, known, _MANNERS)
        if target.authorization is None or "Authorization" in known[1]:
            return known[1]
        said = known[1].copy()
        said["Authorization"] = target.authorization
        return said

    def _timeouts(self, total: float) -> aiohttp.ClientTimeout:
        """Waiting for a free connection never counts: `connect` stays unset, the gate alone makes requests wait."""
        limits = self._limits
        return aiohttp.ClientTimeout(
            total=total, connect=None, sock_connect=limits.connect, sock_read=limits.between_bytes
        )

    def _open(self) -> aiohttp.ClientSession:
        """Open the session, inside the running loop."""
        self._resolver = _resolver()
        connector = aiohttp.TCPConnector(
            limit=0,  # the gate limits
            ttl_dns_cache=_DNS_TTL,
            keepalive_timeout=_KEEP_ALIVE,
            resolver=self._resolver,
            socket_factory=self._guard.socket,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            read_bufsize=_BUFFER,
            max_line_size=self._limits.max_header_line,
            max_field_size=self._limits.max_header_line,
            max_headers=self._limits.max_headers,
        )
        return self._session


def _resolver() -> aiohttp.abc.AbstractResolver:
    """Return a resolver that needs no thread where aiodns is there; it reads the hosts file too."""
    try:
        return aiohttp.AsyncResolver(timeout=_DNS_TRY, tries=2)
    except RuntimeError:  # aiodns is not made for this system
        return aiohttp.ThreadedResolver()


def _remember(table: dict[_K, _V], key: _K, value: _V, most: int) -> None:
    """Keep a value, and let the oldest go when there are too many."""
    if len(table) >= most:
        del table[next(iter(table))]
    table[key] = value


def _wait(response: aiohttp.ClientResponse) -> float | None:
    return retry_after(response.headers.get("Retry-After"), date=response.headers.get("Date"))


def _lowered(found: CIMultiDictProxy[str]) -> dict[str, str]:
    lowered = {name.lower(): value for name, value in found.items()}
    if len(lowered) != len(found):
        lowered = {name: ", ".join(found.getall(name)) for name in lowered}
    return lowered


def _lasting(status: int, hops: list[str]) -> bool:
    """Whether an answer's validators may be sent next time: after a redirect they belong to another address."""
    return not hops and status in (200, 304)


def _validators(found: CIMultiDictProxy[str], before: Validators | None) -> Validators:
    """Read what to ask with next time; a "not modified" may leave out what still holds."""
    etag, modified = found.get("ETag"), found.get("Last-Modified")
    if before is not None:
        return Validators(etag or before.etag, modified or before.last_modified)
    return Validators(etag, modified)
