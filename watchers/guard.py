"""Which addresses may be reached: the public internet, and what the user has named (reliability.md, F2).

Judged at the socket, because a check of names never sees what a name resolves to a moment later, nor a literal address.
"""

from __future__ import annotations

import socket
from collections.abc import Collection, Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from yarl import URL

Address = IPv4Address | IPv6Address
AddressInfo = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[object, ...]]

# Refused whatever the standard library of the day thinks of them.
_SPECIAL = tuple(
    (ip_network(network), what)
    for network, what in (
        ("192.0.0.0/24", "a protocol address"),  # RFC 6890
        ("100.64.0.0/10", "an address inside a provider's network"),  # RFC 6598
        ("192.88.99.0/24", "a relay address"),  # RFC 7526
        ("64:ff9b:1::/48", "a local translation address"),  # RFC 8215
        ("3fff::/20", "a documentation address"),  # RFC 9637
        ("fec0::/10", "a site-local address"),  # RFC 3879
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052


@dataclass(frozen=True, slots=True)
class Allowed:
    """An exception to the guard: addresses of one network, on one port."""

    network: IPv4Network | IPv6Network
    port: int

    def covers(self, address: Address, port: int) -> bool:
        """Return whether this exception lets the connection through."""
        return port == self.port and address.version == self.network.version and address in self.network


def parse_allow(text: str) -> Allowed:
    """Read "CIDR:port", such as "127.0.0.1/32:8099" or "[fd00::]/8:80"; ValueError says what is wrong."""
    network, colon, port = text.strip().rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or not 1 <= int(port) <= 65535:
        raise ValueError(f'expected CIDR:port with a port from 1 to 65535, such as "127.0.0.1/32:8099", got "{text}"')
    bare = network.replace("[", "").replace("]", "")
    try:
        return Allowed(ip_network(bare), int(port))
    except ValueError:
        pass
    try:
        wider = ip_network(bare, strict=False)
    except ValueError:
        raise ValueError(
            f'expected an address or network before the port, such as "192.168.1.10/32", got "{network}"'
        ) from None
    raise ValueError(f'"{network}" has bits set behind the mask: did you mean "{wider}" or "{bare.partition("/")[0]}"?')


@lru_cache(maxsize=1024)
def objection(address: Address) -> str | None:
    """Return why an address is refused, in words that follow "is", or None for a public one."""
    if isinstance(address, IPv6Address):
        inside = _inside(address)
        if inside is not None:
            why = objection(inside)
            return why and f"{why} ({inside}) in other clothes"
    for network, what in _SPECIAL:
        if address.version == network.version and address in network:
            return what
    if address.is_loopback:
        return "a loopback address"
    if address.is_unspecified:
        return "the empty address"
    if address.is_multicast:
        return "a multicast address"
    if address.is_link_local:
        return "a link-local address"
    if not address.is_global:
        return "a private address"
    return "a reserved address" if address.is_reserved else None


def _inside(address: IPv6Address) -> Address | None:
    """Return the IPv4 address that an IPv6 address leads to."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.sixtofour  # Teredo (2001::/32) is not global, so it never gets through


@lru_cache(maxsize=4096)
def literal(host: str) -> Address | None:
    """Return the address that a host *is*, in any form that a system's resolver would take for one, or None for a name."""
    bare = host.strip("[]").rstrip(".")
    try:
        return ip_address(bare.partition("%")[0])
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(bare)) if bare and bare[0].isdigit() else None  # 2130706433, 0x7f.1, 127.1
    except (OSError, UnicodeError):
        return None


class Look:
    """One request's word with the guard: what it may skip, and what was refused it."""

    __slots__ = ("proxied", "refused")

    def __init__(self, *, proxied: bool = False) -> None:
        self.proxied = proxied  # every connection goes to the user's own proxy
        self.refused: list[str] = []


_LOOK: ContextVar[Look | None] = ContextVar("look", default=None)


class ForbiddenAddress(OSError):
    """Raised inside the connector, which flattens it; the reason travels in the Look."""


class Guard:
    """Makes sockets for allowed addresses only."""

    def __init__(self, allow: Iterable[str] = (), exempt: Collection[tuple[str, int]] = ()) -> None:
        self._allow = tuple(parse_allow(entry) for entry in allow)
        self._exempt = exempt  # (address, port); looked up at each use, so it may grow

    def begin(self, *, proxied: bool = False) -> Look:
        """Open a request: refusals of the current task, and of tasks it starts, are noted in the Look returned."""
        look = Look(proxied=proxied)
        _LOOK.set(look)
        return look

    def refusal(self, address: Address, port: int) -> str | None:
        """Return why a connection is refused and what would allow it, or None."""
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped  # the very same machine: judged, allowed and named as such
        why = objection(address)
        if why is None or (str(address), port) in self._exempt:
            return None
        if any(entry.covers(address, port) for entry in self._allow):
            return None
        width = address.max_prefixlen
        return f'{address} is {why}; if you trust it, add "{address}/{width}:{port}" to [fetch] allow'

    def refusal_by_url(self, url: URL, *, proxied: bool = False) -> str | None:
        """Return why a URL that names an address is refused, or None.

        The last word is the socket's; this one counts where a proxy connects for us, and gives odd spellings their reason.
        """
        host, port = url.raw_host or "", url.port or 0
        address = literal(host)
        if address is not None:
            return self.refusal(address, port)
        if proxied and (name := host.rstrip(".").lower()) and (name == "localhost" or name.endswith(".localhost")):
            return self.refusal(IPv4Address("127.0.0.1"), port)  # the proxy would resolve it, to itself
        return None

    def socket(self, info: AddressInfo) -> socket.socket:
        """Make the socket for one address, or raise ForbiddenAddress; the connector's `socket_factory`."""
        family, kind, protocol, _, place = info
        look = _LOOK.get()
        if look is None or not look.proxied:
            why = self.refusal(ip_address(str(place[0]).partition("%")[0]), int(str(place[1])))
            if why is not None:
                if look is not None:
                    look.refused.append(why)
                raise ForbiddenAddress(why)
        return socket.socket(family=family, type=kind, proto=protocol)
