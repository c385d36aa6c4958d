"""Every way a shop can fail or lie ends soon, under its right cause, in one line that a person understands."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from pathlib import Path

import pytest

from tests.shop import Reply, Shop, product_page
from tests.watchers.fetching import fetching, refused
from watchers.address import clean
from watchers.fetch import Fetcher
from watchers.model import Cause, Limits, Manners

KEY = Path(__file__).parents[1] / "tls" / "self_signed.pem"
OK = b"HTTP/1.1 200 OK\r\n"


def closed_port() -> int:
    """Return a loopback port where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def self_signed() -> ssl.SSLContext:
    """Return the server side of a certificate that nobody vouches for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(KEY)
    return context


async def test_a_closed_port_is_tried_twice() -> None:
    """Refused: the line names host and port."""
    port = closed_port()
    fetcher = Fetcher(Limits(allow=(f"127.0.0.1:{port}",)))
    try:
        error = await refused(fetcher, f"http://127.0.0.1:{port}/item?token=hush", Cause.HTTP)
        assert error.detail == f"no connection to 127.0.0.1:{port}: connection refused"
        assert error.status is None
    finally:
        await fetcher.close()


async def test_a_name_without_an_address_is_a_dns_fault() -> None:
    """The reserved top-level name "invalid" never resolves."""
    fetcher = Fetcher(Limits())
    try:
        assert "shop.invalid" in (await refused(fetcher, "https://shop.invalid/", Cause.DNS)).detail
    finally:
        await fetcher.close()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "shop.example/item",
        "ftp://shop.example/",
        "http://",
        "http:///x",
        "http://[::1/",
        "http://a:b/",
        "http://a:99999/",
    ],
)
async def test_what_is_no_address_is_said(url: str) -> None:
    """Nothing is asked for; the line shows what was given."""
    fetcher = Fetcher(Limits())
    try:
        assert "is not an http or https address" in (await refused(fetcher, url, Cause.HTTP)).detail
    finally:
        await fetcher.close()


@pytest.mark.parametrize(
    ("raw", "cause"),
    [
        (b"hello\r\n\r\n", Cause.HTTP),
        (b"SSH-2.0-OpenSSH_9.2\r\n", Cause.HTTP),
        (OK + b"Content-Length: -5\r\n\r\nhello", Cause.HTTP),
        (OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", Cause.HTTP),
        (OK + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", Cause.HTTP),
        (OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", Cause.HTTP),
        (OK + b"Content-Encoding: lzma\r\nContent-Length: 5\r\n\r\nhello", Cause.HTTP),
        (OK + b"Content-Encoding: gzip\r\nContent-Length: 20\r\n\r\nhello, hello, hello!", Cause.HTTP),
        (OK + b"Content-Length: 9\r\n\r\nhello", Cause.TRUNCATED),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", Cause.TRUNCATED),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n", Cause.TRUNCATED),
        (OK + b"X: " + b"a" * 9000 + b"\r\nContent-Length: 5\r\n\r\nhello", Cause.TOO_BIG),
        (OK + b"X" * 9000 + b": a\r\nContent-Length: 5\r\n\r\nhello", Cause.TOO_BIG),
        (OK + b"".join(b"X-%d: a\r\n" % n for n in range(101)) + b"Content-Length: 0\r\n\r\n", Cause.TOO_BIG),
        (OK + b"".join(b"X-%d: %b\r\n" % (n, b"a" * 1000) for n in range(70)) + b"Content-Length: 0\r\n\r\n", Cause.TOO_BIG),
    ],
)  # fmt: skip
async def test_a_broken_answer_has_its_cause(raw: bytes, cause: Cause) -> None:
    """What is not HTTP, contradicts itself, stops early or is bloated is told apart, and asked once."""
    async with Shop() as shop, fetching(shop) as fetcher:
        shop.set("/", Reply(raw=raw))
        await refused(fetcher, shop.url("/"), cause)
        assert shop.hits() == 1


async def test_headers_up_to_the_limits_pass() -> None:
    """Real shops send long policies and many cookies."""
    many = {f"X-{number}": "a" * 550 for number in range(97)}
    async with Shop() as shop, fetching(shop) as fetcher:
        shop.set("/many", Reply("ok", headers=many))
        shop.set("/long", Reply("ok", headers={"X": "a" * 8100}))
        assert (await fetcher.get(shop.url("/many"))).body == b"ok"
        assert (await fetcher.get(shop.url("/long"))).headers["x"] == "a" * 8100


async def test_early_hints_are_no_answer() -> None:
    """An interim answer is passed over."""
    async with Shop() as shop, fetching(shop) as fetcher:
        shop.set("/", Reply(raw=b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK + b"Content-Length: 2\r\n\r\nok"))
        fetched = await fetcher.get(shop.url("/"))
        assert (fetched.status, fetched.body) == (200, b"ok")


async def test_a_lost_connection_is_tried_once_more() -> None:
    """A server that hangs up gets one more try at once, and no third."""
    async with Shop() as shop, fetching(shop) as fetcher:
        shop.set("/moody", lambda n: Reply(raw=b"") if n == 1 else Reply("page"))
        shop.set("/dead", Reply(raw=b""))
        assert (await fetcher.get(shop.url("/moody"))).body == b"page"
        assert shop.hits("/moody") == 2
        error = await refused(fetcher, shop.url("/dead"), Cause.HTTP)
        assert "closed the connection without an answer" in error.detail
        assert shop.hits("/dead") == 2


async def test_silence_is_tried_once_more() -> None:
    """A server that says nothing is given up between bytes, and asked once more at once."""
    async with Shop() as shop, fetching(shop, between_bytes=0.2) as fetcher:
        shop.set("/moody", lambda n: Reply("page", delay=0.0 if n == 2 else 5.0))
        shop.set("/dead", Reply("page", delay=5.0))
        assert (await fetcher.get(shop.url("/moody"))).body == b"page"
        began = time.monotonic()
        error = await refused(fetcher, shop.url("/dead"), Cause.TIMEOUT)
        assert "nothing for 0.2 s" in error.detail
        assert shop.hits("/dead") == 2
        assert 0.35 < time.monotonic() - began < 2


async def test_silence_in_the_middle_is_given_up() -> None:
    """Half a page and then nothing."""
    async with Shop() as shop, fetching(shop, between_bytes=0.2) as fetcher:
        shop.set("/", Reply("x" * 100, drip=(50, 3.0)))
        await refused(fetcher, shop.url("/"), Cause.TIMEOUT)


async def test_a_drip_ends_with_the_total_time() -> None:
    """A byte now and then keeps nobody waiting for ever, and earns no second try."""
    async with Shop() as shop, fetching(shop, total=0.5, between_bytes=0.3) as fetcher:
        shop.set("/", Reply("x" * 1000, drip=(1, 0.05)))
        began = time.monotonic()
        error = await refused(fetcher, shop.url("/"), Cause.TIMEOUT)
        assert "0.5 s in all" in error.detail
        assert shop.hits() == 1
        assert time.monotonic() - began < 1.5


async def test_a_handshake_that_never_ends_is_given_up() -> None:
    """Connecting has a time of its own, TLS included."""
    async with Shop() as shop, fetching(shop, connect=0.2) as fetcher:
        began = time.monotonic()
        error = await refused(fetcher, f"https://127.0.0.1:{shop.port}/", Cause.TIMEOUT)
        assert "0.2 s to accept a connection" in error.detail
        assert time.monotonic() - began < 2
        assert shop.connections == 2


async def test_slow_shops_do_not_slow_others() -> None:
    """Fifty that drip leave the fifty-first as quick as ever."""
    async with Shop() as shop, fetching(shop, total=1.0) as fetcher:
        shop.set("/drip", Reply("x" * 1000, drip=(1, 0.05)))
        shop.set("/item", Reply(product_page(), encoding="gzip"))
        slow = [asyncio.create_task(fetcher.get(shop.url("/drip"))) for _ in range(50)]
        await asyncio.sleep(0.1)
        quick = [await fetcher.get(shop.url("/item")) for _ in range(20)]
        assert sorted(page.elapsed_s for page in quick)[10] < 0.1
        assert all(isinstance(end, Exception) for end in await asyncio.gather(*slow, return_exceptions=True))


async def test_a_large_page_is_left_early() -> None:
    """The limit on the wire ends a flood that announces nothing, without taking it all."""
    async with Shop() as shop, fetching(shop, max_wire=100_000) as fetcher:
        shop.set("/", Reply(b"x" * 5_000_000, framing="close"))
        error = await refused(fetcher, shop.url("/"), Cause.TOO_BIG)
        assert error.status == 200
        assert shop.hits() == 1


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
async def test_a_bomb_is_left_early(encoding: str) -> None:
    """A small body that unpacks to a huge one stops at the ratio."""
    async with Shop() as shop, fetching(shop) as fetcher:
        shop.set("/", Reply(bytes(30_000_000), encoding=encoding))
        await refused(fetcher, shop.url("/"), Cause.TOO_BIG)
        shop.set("/", Reply("page"))
        assert (await fetcher.get(shop.url("/"))).body == b"page"


async def test_a_certificate_nobody_vouches_for_is_refused() -> None:
    """No request is sent over such a connection, and none without encryption either."""
    async with Shop(tls=self_signed()) as shop, fetching(shop) as fetcher:
        shop.set("/", Reply("page"))
        error = await refused(fetcher, shop.url("/"), Cause.TLS)
        assert "self-signed certificate" in error.detail
        assert shop.hits() == 0
        fetched = await fetcher.get(shop.url("/"), manners=Manners(tls_verify=False))
        assert fetched.body == b"page", "the user may opt out for one host"
        await refused(fetcher, shop.url("/"), Cause.TLS)


async def test_opting_out_does_not_spread() -> None:
    """A redirect to another origin is verified whatever the listing's own host is allowed."""
    async with Shop(tls=self_signed()) as shop, Shop(tls=self_signed()) as other:
        fetcher = Fetcher(Limits(), exempt={("127.0.0.1", shop.port), ("127.0.0.1", other.port)})
        try:
            shop.set("/", Reply(redirect=other.url("/")))
            other.set("/", Reply("page"))
            await refused(fetcher, shop.url("/"), Cause.TLS, manners=Manners(tls_verify=False))
            assert (shop.hits(), other.hits()) == (1, 0)
        finally:
            await fetcher.close()


async def test_plain_text_where_tls_was_expected_is_a_tls_fault() -> None:
    """A server that speaks HTTP on the port of HTTPS."""

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(speak, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    fetcher = Fetcher(Limits(), exempt={("127.0.0.1", port)})
    try:
        await refused(fetcher, f"https://127.0.0.1:{port}/", Cause.TLS)
    finally:
        await fetcher.close()
        server.close()


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "http://me:hush@127.0.0.1:1", "nonsense"])
async def test_a_broken_proxy_is_said_without_its_password(proxy: str) -> None:
    """The line points to the proxy, not to the shop."""
    fetcher = Fetcher(Limits())
    try:
        error = await refused(fetcher, "http://shop.example/", Cause.HTTP, manners=Manners(proxy=proxy))
        assert "proxy" in error.detail
        assert "hush" not in error.detail
    finally:
        await fetcher.close()


async def test_a_header_that_cannot_be_sent_is_said_without_its_value() -> None:
    """A line break in a header of the user's is refused before anything is sent."""
    async with Shop() as shop, fetching(shop) as fetcher:
        manners = Manners(headers={"X-Key": "hush\r\nX-Evil: 1"})
        error = await refused(fetcher, shop.url("/"), Cause.HTTP, manners=manners)
        assert "headers" in error.detail
        assert "hush" not in error.detail
        assert shop.hits() == 0


@pytest.mark.parametrize("reply", [Reply(raw=b""), Reply(raw=b"junk\r\n\r\n"), Reply("x", cut_at=0), Reply(redirect="/?k=hush"), Reply(redirect="ftp://u:hush@h/?hush"), Reply(redirect="http://u:hush@10.0.0.1/?hush"), Reply("x", headers={"Content-Encoding": "lzma"}), Reply("x", delay=2.0)])  # fmt: skip
async def test_no_fault_tells_a_secret(reply: Reply) -> None:
    """User-info and queries, where keys stand, are in no line and no representation."""
    async with Shop() as shop, fetching(shop, between_bytes=0.1) as fetcher:
        shop.set("/", reply)
        with pytest.raises(Exception, match=r"^(http|truncated|timeout|forbidden_address): ") as caught:
            await fetcher.get(f"http://me:hush@127.0.0.1:{shop.port}/?key=hush#hush")
        assert "hush" not in f"{caught.value!s} {caught.value!r} {caught.value.__dict__}"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://u:p@shop.example/a/b?k=v#f", "https://shop.example/a/b"),
        ("https://shop.example:8443/a", "https://shop.example:8443/a"),
        ("http://u:p@[::1/?k=v", "[::1/"),
        ("/relative?k=v", "/relative"),
    ],
)
def test_addresses_are_shown_without_secrets(url: str, shown: str) -> None:
    """What is shown says where, and no more."""
    assert clean(url) == shown
