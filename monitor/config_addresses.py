"""The kinds of value that name a place on the network: pages, hosts, proxies, headers and exceptions to the guard."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

from monitor import values
from monitor.config_types import Kind
from monitor.demo_pages import PRODUCTS as DEMO_PRODUCTS
from monitor.demo_pages import demo_product

LISTING_SCHEMES = ("http", "https", "demo")
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_OURS = ("host", "content-length", "transfer-encoding", "connection", "accept-encoding")


class Allow(Kind):
    """An exception to the address guard."""

    name = "CIDR:port"
    range = "an address range and one port"

    def read(self, value: object) -> str:
        return values.allow_entry(value)


class ListingUrl(Kind):
    """The address of a page to look at."""

    name = "URL"
    range = "http, https or demo; a host; no login"

    def read(self, value: object) -> str:
        parts = _split(value, "https://shop.example/item/1")
        assert isinstance(value, str)
        if parts.scheme not in LISTING_SCHEMES or "://" not in value:
            raise ValueError(
                f"expected a URL that begins with https://, http:// or demo://{values.nearest(parts.scheme, LISTING_SCHEMES)}"
            )
        if not parts.hostname and parts.scheme != "demo":
            raise ValueError("expected a URL with a host, such as https://shop.example/item/1")
        if parts.scheme == "demo" and (product := demo_product(value.strip())[1]) not in DEMO_PRODUCTS:
            known = values.nearest(product, list(DEMO_PRODUCTS)) or f"; there are {', '.join(DEMO_PRODUCTS)}"
            raise ValueError(f"expected a product of the demo shop, such as demo://switch-2{known}")
        if "@" in parts.netloc:
            raise ValueError('expected a URL without a login; put a header into [hosts."..."] headers')
        return parts.scheme + value.strip()[len(parts.scheme) :]


class ProxyUrl(Kind):
    """The address of a proxy."""

    name = "secret URL"
    range = "http or https"

    def read(self, value: object) -> str:
        return _web_address(value, "a proxy such as http://proxy.example:3128")


class HeartbeatUrl(Kind):
    """The address of a service that rings when it is no longer asked; whoever knows it can keep it quiet."""

    name = "secret URL"
    range = "http or https"

    def read(self, value: object) -> str:
        return _web_address(value, "an address such as https://hc.example/ping/...")


class Loopback(Kind):
    """An address and a port on this machine that nobody else can reach."""

    name = "address:port"
    range = "127.0.0.1, ::1 or localhost, and a port"

    def read(self, value: object) -> str:
        host, _, port = value.strip().rpartition(":") if isinstance(value, str) else ("", "", "")
        if (
            host.strip("[]") not in ("127.0.0.1", "::1", "localhost")
            or not port.isdecimal()
            or not 0 < int(port) < 65536
        ):
            raise ValueError('expected an address of this machine and a port, such as "127.0.0.1:8098"')
        return f"{host}:{int(port)}"


def _web_address(value: object, expected: str) -> str:
    """Give an http or https address; `expected` says what it should be and ends in an example."""
    parts = _split(value, expected.rpartition(" ")[2])
    assert isinstance(value, str)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        more = "; SOCKS is not supported" if parts.scheme.startswith("socks") else ""
        raise ValueError(f"expected {expected}{more}")
    return value.strip()


def _split(value: object, example: str) -> SplitResult:
    """Split a URL, refusing what no client should be asked to repair."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"expected a URL in quotes such as {example}")
    text = value.strip()
    if len(text) > 4096 or any(c.isspace() or not c.isprintable() for c in text):
        raise ValueError("expected a URL without spaces, of at most 4096 characters")
    try:
        parts = urlsplit(text)
        if parts.port == 0:
            raise ValueError
    except ValueError:
        raise ValueError(f"expected a URL with a valid host and port, such as {example}") from None
    return parts


class Header(Kind):
    """The name of a request header."""

    name = "header name"

    def read(self, value: object) -> str:
        if not isinstance(value, str) or not _TOKEN.fullmatch(value):
            raise ValueError("expected the name of a header, such as Accept-Language")
        if value.lower() in _OURS:
            raise ValueError(f"{value} is set by the connection itself; remove it")
        return value


class HostName(Kind):
    """A host, perhaps with a port of its own, without scheme or path."""

    name = "host name"
    range = "a host, or host:port"

    def read(self, value: object) -> str:
        key = values.host_key(value) if isinstance(value, str) else ""
        name, colon, port = key.rpartition(":")
        bracketed = re.fullmatch(r"\[([0-9a-f:.]+)\](:\d+)?", key)
        if bracketed:
            return bracketed[1] + (bracketed[2] or "")
        if key.count(":") == 1 and port.isdigit() and 1 <= int(port) <= 65535:
            key, tail = name, colon + port
        else:
            tail = ""
        if not re.fullmatch(r"[a-z0-9._-]+|[0-9a-f.]*:[0-9a-f:.]+", key):
            raise ValueError('expected only a host, such as [hosts."www.example.com"], without https:// or a path')
        return key + tail
