"""Only public addresses are reached, whatever they are dressed as, and only the user's word makes an exception."""

from __future__ import annotations

import ipaddress
import socket
from contextvars import Context

import pytest
from yarl import URL

from tests.shop import Reply, Shop
from tests.watchers.fetching import fetching, refused
from watchers.fetch import Fetcher
from watchers.guard import Guard, literal, objection, parse_allow
from watchers.model import Cause, Limits, Manners

PRIVATE = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.254",
    "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.9", "192.0.0.10", "192.0.2.1",
    "192.88.99.1", "192.168.0.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255",
    "240.0.0.1", "255.255.255.255", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::",
    "2002:a00:1::1", "2002:c0a8:1::", "2001:0:7f00:1:0:0:f5ff:fffe", "100::1", "2001:db8::1", "3fff::1", "fc00::1",
    "fd12::1", "fe80::1", "fec0::1", "ff02::1", "ff0e::1",
]  # fmt: skip
PUBLIC = [
    "1.1.1.1", "8.8.8.8", "93.184.216.34", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1", "192.0.1.1",
    "223.255.255.255", "2606:4700::1111", "2400:cb00::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1",
]  # fmt: skip


@pytest.mark.parametrize("text", PRIVATE)
def test_what_is_not_public_is_refused(text: str) -> None:
    """Loopback, private, shared, link-local, special and multicast addresses are refused in every dress."""
    assert objection(ipaddress.ip_address(text)) is not None


@pytest.mark.parametrize("text", PUBLIC)
def test_what_is_public_is_not(text: str) -> None:
    """Addresses beside the refused networks, and public ones in a translated form, are let through."""
    assert objection(ipaddress.ip_address(text)) is None


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.0.0.1.", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("0x7f000001", "127.0.0.1"),
        ("0x7f.1", "127.0.0.1"),
        ("017700000001", "127.0.0.1"),
        ("0177.0.0.1", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("0", "0.0.0.0"),
        ("[::1]", "::1"),
        ("::ffff:127.0.0.1", "::ffff:127.0.0.1"),
        ("fe80::1%eth0", "fe80::1"),
    ],
)
def test_every_spelling_of_an_address_is_read_as_one(host: str, address: str) -> None:
    """What a resolver would take for an address, we take for that address."""
    assert literal(host) == ipaddress.ip_address(address)


@pytest.mark.parametrize(
    "host", ["shop.example", "1.example", "0xdeadbeef.example", "localhost", "127.0.0.1.example", ""]
)
def test_a_name_is_not_an_address(host: str) -> None:
    """Names are left to the resolver, and judged when it has spoken."""
    assert literal(host) is None


HOSTS = [
    "127.0.0.1", "127.0.0.1.", "127.0.0.2", "2130706433", "0x7f000001", "0x7f.0.0.1", "017700000001", "0177.0.0.01", "127.1",
    "0", "0.0.0.0", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]",
    "１２７.0.0.1", "127。0。0。1", "localhost", "LOCALHOST",
]  # fmt: skip


@pytest.mark.parametrize("host", HOSTS)
async def test_no_spelling_of_loopback_is_reached(host: str) -> None:
    """A live server on loopback sees no connection, however its address is written."""
    async with Shop() as shop:
        shop.set("/", Reply("secret"))
        fetcher = Fetcher(Limits())
        try:
            error = await refused(fetcher, f"http://{host}:{shop.port}/", Cause.FORBIDDEN_ADDRESS)
            assert "[fetch] allow" in error.detail
            assert shop.connections == 0
        finally:
            await fetcher.close()


@pytest.mark.parametrize("host", ["localhost.", socket.gethostname()])
async def test_no_name_of_this_machine_is_reached(host: str) -> None:
    """Names that lead here are judged by where they lead; one that leads nowhere is a DNS fault."""
    async with Shop() as shop:
        fetcher = Fetcher(Limits())
        try:
            with pytest.raises(Exception, match=r"^(forbidden_address|dns): "):
                await fetcher.get(f"http://{host}:{shop.port}/")
            assert shop.connections == 0
        finally:
            await fetcher.close()


@pytest.mark.parametrize("host", HOSTS)
async def test_no_redirect_leads_to_loopback(host: str) -> None:
    """A shop cannot send us to our own machine."""
    async with Shop() as shop, Shop() as victim, fetching(shop) as fetcher:
        shop.set("/item", Reply(redirect=f"http://{host}:{victim.port}/"))
        await refused(fetcher, shop.url("/item"), Cause.FORBIDDEN_ADDRESS)
        assert (shop.hits("/item"), victim.connections) == (1, 0)


async def test_allow_opens_one_port_of_one_network() -> None:
    """`allow` lets exactly the named network and port through."""
    async with Shop() as shop, Shop() as other:
        shop.set("/", Reply("open"))
        fetcher = Fetcher(Limits(allow=(f"127.0.0.0/8:{shop.port}",)))
        try:
            assert (await fetcher.get(shop.url("/"))).body == b"open"
            assert (await fetcher.get(shop.url("/", host="localhost"))).body == b"open"
            await refused(fetcher, other.url("/"), Cause.FORBIDDEN_ADDRESS)
            assert other.connections == 0
        finally:
            await fetcher.close()


async def test_an_exemption_may_come_later() -> None:
    """The built-in shop gets its port after the fetcher is made."""
    async with Shop() as shop:
        shop.set("/", Reply("demo"))
        exempt: set[tuple[str, int]] = set()
        fetcher = Fetcher(Limits(), exempt=exempt)
        try:
            await refused(fetcher, shop.url("/"), Cause.FORBIDDEN_ADDRESS)
            exempt.add(("127.0.0.1", shop.port))
            assert (await fetcher.get(shop.url("/"))).body == b"demo"
        finally:
            await fetcher.close()


async def test_the_users_proxy_is_reached_and_asked_for_names() -> None:
    """A proxy on loopback is the user's word; what it is asked for is still judged where the URL says it."""
    async with Shop() as proxy:
        proxy.set("http://shop.example/item", Reply("by proxy"))
        manners = Manners(proxy=f"http://user:hush@127.0.0.1:{proxy.port}")
        fetcher = Fetcher(Limits())
        try:
            assert (await fetcher.get("http://shop.example/item", manners=manners)).body == b"by proxy"
            assert "proxy-authorization" in proxy.requests[0].headers
            for host in ("127.0.0.1", "127.1", "2130706433", "localhost", "a.localhost.", "[::1]", "169.254.169.254"):
                await refused(fetcher, f"http://{host}/item", Cause.FORBIDDEN_ADDRESS, manners=manners)
            assert proxy.hits() == 1
        finally:
            await fetcher.close()


def test_one_refused_address_does_not_hide_another() -> None:
    """Each request has its own word with the guard."""
    guard = Guard()
    first = guard.begin()
    info = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 80))
    with pytest.raises(OSError, match="loopback"):
        guard.socket(info)
    second = guard.begin()
    assert len(first.refused) == 1
    assert second.refused == []


def test_without_a_request_the_guard_still_guards() -> None:
    """A connection that nobody announced is judged all the same."""
    info = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", 80))
    with pytest.raises(OSError, match="private"):
        Context().run(Guard().socket, info)


@pytest.mark.parametrize(
    ("text", "address", "port", "yes"),
    [
        ("127.0.0.1/32:8099", "127.0.0.1", 8099, True),
        ("127.0.0.1:8099", "127.0.0.1", 8099, True),
        (" 192.168.0.0/16:80 ", "192.168.3.4", 80, True),
        ("192.168.0.0/16:80", "192.169.0.1", 80, False),
        ("192.168.0.0/16:80", "192.168.3.4", 81, False),
        ("[fd00::]/8:443", "fd12::1", 443, True),
        ("fd00::/8:443", "fd12::1", 443, True),
        ("[::1]:443", "::1", 443, True),
        ("0.0.0.0/0:80", "::1", 80, False),
    ],
)
def test_allow_entries_are_read(text: str, address: str, port: int, yes: bool) -> None:
    """CIDR:port covers its network on its port and nothing else."""
    assert parse_allow(text).covers(ipaddress.ip_address(address), port) is yes


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("127.0.0.1", "CIDR:port"),
        ("127.0.0.1/32", "CIDR:port"),
        ("127.0.0.1/32:0", "1 to 65535"),
        ("127.0.0.1/32:65536", "1 to 65535"),
        ("127.0.0.1/32:８０", "1 to 65535"),
        ("127.0.0.1/32:*", "1 to 65535"),
        ("localhost:80", '"localhost"'),
        ("10.1.2.3/8:80", '"10.0.0.0/8"'),
        ("", "CIDR:port"),
    ],
)
def test_a_wrong_allow_entry_is_explained(text: str, hint: str) -> None:
    """The message says what was expected, and what was probably meant."""
    with pytest.raises(ValueError, match=r"expected|did you mean") as caught:
        parse_allow(text)
    assert hint in str(caught.value)
    with pytest.raises(ValueError, match=r"expected|did you mean"):
        Fetcher(Limits(allow=(text,)))


def test_mapped_addresses_are_named_as_what_they_are() -> None:
    """The remedy names the address that would have to be allowed, which then lets the mapped form through too."""
    url = URL("http://[::ffff:127.0.0.1]:8099/")
    assert '"127.0.0.1/32:8099"' in str(Guard().refusal_by_url(url))
    assert Guard(allow=["127.0.0.1/32:8099"]).refusal_by_url(url) is None
