"""Why a fetch brought nothing, in words a person can act on."""

from __future__ import annotations

import os
import ssl

import aiohttp
from yarl import URL

from watchers.address import clean
from watchers.model import Cause, Limits


class FetchError(Exception):
    """A fetch that brought no page: its cause, and one clear line without user-info or query of any URL."""

    def __init__(
        self,
        cause: Cause,
        detail: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
        transient: bool = False,
    ) -> None:
        super().__init__(detail)
        self.cause = cause
        self.detail = detail
        self.status = status  # HTTP status, when there was an answer
        self.retry_after = retry_after  # seconds the shop asked us to wait
        self.transient = transient  # worth one more try at once

    def __str__(self) -> str:
        return f"{self.cause}: {self.detail}"


def explain(error: BaseException, url: URL, limits: Limits, *, proxied: bool = False) -> FetchError:
    """Return the FetchError that stands for an error of the client library while asking for `url`."""
    host = _authority(url)
    if isinstance(error, FetchError):
        return error
    if isinstance(error, TimeoutError):
        once_more = isinstance(error, aiohttp.ServerTimeoutError)  # not when all the time there is was used
        return FetchError(Cause.TIMEOUT, _timeout(error, host, limits), transient=once_more)
    if isinstance(error, aiohttp.ClientSSLError | ssl.SSLError | ssl.CertificateError):
        return FetchError(Cause.TLS, f"no secure connection to {host}: {_tls(error)}")
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        name = "the proxy's name or " if proxied else ""
        return FetchError(Cause.DNS, f"{name}the name {url.host} has no address: {_os(error)}", transient=True)
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return FetchError(
            Cause.HTTP, f"the proxy refused to reach {host}: it answered {error.status}", status=error.status
        )
    if isinstance(error, aiohttp.ClientProxyConnectionError):
        return FetchError(Cause.HTTP, f"no connection to the proxy for {host}: {_os(error)}", transient=True)
    if isinstance(error, aiohttp.ClientConnectorError):
        return FetchError(Cause.HTTP, f"no connection to {host}: {_os(error)}", transient=True)
    if isinstance(error, aiohttp.InvalidURL):
        remedy = "; check its proxy under [hosts]" if proxied else ""
        return FetchError(Cause.HTTP, f"{clean(url)} is not an address that can be fetched{remedy}")
    return _explain_talk(error, host)


def _explain_talk(error: BaseException, host: str) -> FetchError:
    """Explain what went wrong on a connection that stood; the parser's own errors differ only by their words."""
    if isinstance(error, aiohttp.ClientPayloadError):
        return FetchError(Cause.TRUNCATED, f"{host} broke off before the end of the page")
    if isinstance(error, aiohttp.ClientResponseError):
        if "Got more than" in error.message:
            return FetchError(Cause.TOO_BIG, f"{host} sent a header line longer than we accept")
        if "Too many headers" in error.message:
            return FetchError(Cause.TOO_BIG, f"{host} sent more headers than we accept")
        return FetchError(Cause.HTTP, f"{host} answered with something that is not HTTP")
    if isinstance(error, aiohttp.ServerDisconnectedError):  # the library has tried twice by now
        return FetchError(Cause.HTTP, f"{host} closed the connection without an answer")
    if isinstance(error, aiohttp.ClientOSError | OSError):
        return FetchError(Cause.HTTP, f"the connection to {host} broke: {_os(error)}")
    if isinstance(error, ValueError):  # its words may hold a header's value
        return FetchError(Cause.HTTP, f"no request to {host} can be made: check its headers and proxy under [hosts]")
    return FetchError(Cause.HTTP, f"asking {host} failed: {type(error).__name__}")


def _authority(url: URL) -> str:
    port = url.explicit_port
    return f"{url.host}:{port}" if port is not None else str(url.host)


def _timeout(error: TimeoutError, host: str, limits: Limits) -> str:
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return f"{host} took more than {limits.connect:g} s to accept a connection"
    if isinstance(error, aiohttp.SocketTimeoutError):
        return f"{host} sent nothing for {limits.between_bytes:g} s"
    return f"{host} took more than {limits.total:g} s in all"


def _tls(error: BaseException) -> str:
    inner = getattr(error, "certificate_error", None) or getattr(error, "os_error", None) or error
    return str(getattr(inner, "verify_message", "") or getattr(inner, "reason", "") or type(inner).__name__)


def _os(error: BaseException) -> str:
    inner = getattr(error, "os_error", error)
    number = getattr(inner, "errno", None)
    if isinstance(number, int) and number > 0:
        return os.strerror(number).lower()
    return str(getattr(inner, "strerror", None) or "no reason given").lower()
