"""F1, F2, F3, F5: what else a shop, a resolver or a certificate can do to us, and what it costs."""

from __future__ import annotations

import asyncio
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

import aiohttp
import aiohttp.connector
import pytest

from tests.shop import CODECS, Reply, Shop, product_page
from tests.watchers.fetching import fetching, refused
from watchers.decode import Body
from watchers.fetch import Fetcher, FetchError
from watchers.model import Cause, Limits, Listing
from watchers.observe import Observer

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
PAGE = product_page(state="in_stock")


class Names(aiohttp.abc.AbstractResolver):
    """A resolver of ours: each name answers its lists of addresses in turn, the last for ever; a name without one hangs."""

    def __init__(self, **names: list[list[str]]) -> None:
        self.names = {name.replace("_", "."): answers for name, answers in names.items()}
        self.asked: list[str] = []

    async def resolve(self, host: str, port: int = 0, family: int = socket.AF_INET) -> list[Any]:
        self.asked.append(host)
        if host not in self.names:
            await asyncio.Event().wait()
        answers = self.names[host]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        return [
            {
                "hostname": host, "host": address, "port": port, "proto": 0, "flags": socket.AI_NUMERICHOST,
                "family": socket.AF_INET6 if ":" in address else socket.AF_INET,
            }
            for address in answer
        ]  # fmt: skip

    async def close(self) -> None:
        """Hold nothing."""


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """Put our resolver in the place of the system's, and let no answer be remembered."""
    resolver = Names()
    monkeypatch.setattr("watchers.fetch._resolver", lambda: resolver)
    monkeypatch.setattr("watchers.fetch._DNS_TTL", 0)
    monkeypatch.setattr("watchers.fetch._KEEP_ALIVE", 0.0)
    return resolver


@asynccontextmanager
async def other_address(shop: Shop) -> AsyncIterator[Shop]:
    """Open a second shop on the same port of another loopback address: the first stands for a public one."""
    async with Shop(host="127.0.0.2") as victim:
        yield victim


async def test_a_name_that_is_rebound_is_judged_again(names: Names) -> None:
    """F2: a name that led to an allowed address leads to a forbidden one a moment later: no byte is sent there."""
    async with Shop() as shop, fetching(shop) as fetcher:
        for forbidden in (["127.0.0.2"], ["10.0.0.1"], ["::1"], ["::ffff:10.0.0.1"], ["169.254.169.254"], ["0.0.0.0"]):
            names.names["shop.example"] = [["127.0.0.1"], forbidden]
            shop.set("/", Reply("page", headers={"Connection": "close"}))
            assert (await fetcher.get(f"http://shop.example:{shop.port}/")).body == b"page"
            error = await refused(fetcher, f"http://shop.example:{shop.port}/", Cause.FORBIDDEN_ADDRESS)
            assert "[fetch] allow" in error.detail
        assert names.asked.count("shop.example") >= 12, "the injector must be asked each time"


async def test_a_redirect_to_a_name_is_judged_where_it_leads(names: Names) -> None:
    """F2: each hop's name is judged by its address."""
    async with Shop() as shop, Shop() as victim, fetching(shop) as fetcher:
        names.names |= {
            "shop.example": [["127.0.0.1"]],
            "inner.example": [["127.0.0.1"]],
            "meta.example": [["169.254.169.254"]],
        }
        for to in (
            f"http://inner.example:{victim.port}/",
            "http://meta.example/latest/",
            f"//inner.example:{victim.port}/",
        ):
            shop.set("/", Reply(redirect=to))
            await refused(fetcher, f"http://shop.example:{shop.port}/", Cause.FORBIDDEN_ADDRESS)
        assert victim.connections == 0


async def test_one_good_address_among_bad_ones_is_used(names: Names) -> None:
    """F2: of several addresses of a name, only those allowed are connected to."""
    async with Shop() as shop, fetching(shop) as fetcher:
        names.names["shop.example"] = [["10.0.0.1", "127.0.0.1"], ["127.0.0.1", "::1"]]
        shop.set("/", Reply("page"))
        for _ in range(2):
            assert (await fetcher.get(f"http://shop.example:{shop.port}/")).body == b"page"


async def test_a_name_that_hangs_holds_nobody_else_up(names: Names) -> None:
    """F5: a hundred names without an answer end with the total time; another shop is as quick as ever meanwhile."""
    async with Shop() as shop, fetching(shop, total=1.0) as fetcher:
        shop.set("/", Reply(PAGE))
        hung = [asyncio.create_task(fetcher.get(f"http://n{n}.example/")) for n in range(100)]
        await asyncio.sleep(0.05)
        took = [(await fetcher.get(shop.url("/"))).elapsed_s for _ in range(20)]
        assert sorted(took)[10] < 0.1
        began = time.monotonic()
        ends = await asyncio.gather(*hung, return_exceptions=True)
        assert time.monotonic() - began < 3.0
        assert {end.cause for end in ends if isinstance(end, FetchError)} <= {Cause.TIMEOUT, Cause.DNS}
        assert all(isinstance(end, FetchError) for end in ends)


# --- certificates ------------------------------------------------------------------------------------------------------


def openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


def certificate(folder: Path, name: str, *, alt: str, days: str = "2", start: str | None = None) -> ssl.SSLContext:
    """Let the authority in this folder sign a certificate; give the server side of it."""
    (folder / f"{name}.ext").write_text(f"subjectAltName={alt}\n")
    openssl(
        folder,
        "req",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        f"{name}.key",
        "-subj",
        f"/CN={name}",
        "-out",
        f"{name}.csr",
    )
    openssl(
        folder, "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", days,
        "-extfile", f"{name}.ext", "-out", f"{name}.pem",
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
    return context


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs the openssl command to make certificates")
async def test_certificates_are_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """F3: a good certificate passes; an expired one, one of another name and one of an unknown authority end before any request."""
    openssl(
        tmp_path,
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        "ca.key",
        "-subj",
        "/CN=Test",
        "-days",
        "2",
        "-out",
        "ca.pem",
    )
    trusting = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
    trusting.set_alpn_protocols(("http/1.1",))
    monkeypatch.setattr(aiohttp.connector, "_SSL_CONTEXT_VERIFIED", trusting)
    good = certificate(tmp_path, "good", alt="IP:127.0.0.1")
    expired = certificate(tmp_path, "expired", alt="IP:127.0.0.1", days="-1")
    elsewhere = certificate(tmp_path, "elsewhere", alt="DNS:other.example")
    unknown = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    unknown.load_cert_chain(Path(__file__).parents[1] / "tls" / "self_signed.pem")
    for context, words in ((good, None), (expired, "expired"), (elsewhere, "127.0.0.1"), (unknown, "self-signed")):
        async with Shop(tls=context) as shop, fetching(shop) as fetcher:
            shop.set("/", Reply("page"))
            if words is None:
                assert (await fetcher.get(shop.url("/"))).body == b"page", "the authority must be trusted here"
                continue
            error = await refused(fetcher, shop.url("/"), Cause.TLS)
            assert words in error.detail, error.detail
            assert shop.hits() == 0
            async with Shop() as plain:
                plain.set("/", Reply(redirect=shop.url("/")))
                both = Fetcher(Limits(), exempt={("127.0.0.1", shop.port), ("127.0.0.1", plain.port)})
                try:
                    await refused(both, plain.url("/"), Cause.TLS)
                finally:
                    await both.close()
            assert shop.hits() == 0


# --- floods ------------------------------------------------------------------------------------------------------------

CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
FLOODS = {
    "interim answers": b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" * 100_000,
    "headers": OK + b"X: y\r\n" * 1_000_000,
    "one header": OK + b"X: " + b"y" * 5_000_000,
    "a header name": OK + b"Y" * 5_000_000,
    "folded header": OK + b"X: y\r\n" + b" z\r\n" * 1_000_000,
    "status line": b"HTTP/1.1 200 " + b"O" * 5_000_000,
    "chunk extension": CHUNKED + b"1;" + b"e" * 5_000_000,
    "chunk extensions": CHUNKED + b"1;eeeeeeeeeeeeeeee\r\nx\r\n" * 200_000,
    "chunk size": CHUNKED + b"0" * 5_000_000,
    "small chunks": CHUNKED + b"1\r\nx\r\n" * 1_000_000,
    "trailers": CHUNKED + b"1\r\nx\r\n0\r\n" + b"X: y\r\n" * 1_000_000,
    "length beyond numbers": OK + b"Content-Length: " + b"9" * 4000 + b"\r\n\r\nx",
    "body": OK + b"\r\n" + b"x" * 12_000_000,
    "cookies": OK + b"Set-Cookie: a=b; Path=/\r\n" * 5_000,
    "nothing but blanks": b"\r\n" * 2_000_000,
}


@pytest.mark.parametrize("flood", FLOODS)
async def test_a_flood_ends_soon(flood: str) -> None:
    """F1: answers without end, at every place of the protocol, cost a second of CPU time at most and bring no page."""
    async with Shop() as shop, fetching(shop, total=3.0) as fetcher:
        shop.set("/", Reply(raw=FLOODS[flood]))
        began, spent = time.monotonic(), time.process_time()
        with pytest.raises(FetchError) as caught:
            await fetcher.get(shop.url("/"))
        assert caught.value.cause in (Cause.TOO_BIG, Cause.HTTP, Cause.TRUNCATED, Cause.TIMEOUT), caught.value
        assert time.monotonic() - began < 6.5
        assert time.process_time() - spent < 4.0
        shop.set("/", Reply("page"))
        assert (await fetcher.get(shop.url("/"))).body == b"page"


@pytest.mark.parametrize("part", ["head", "header", "chunk size", "trailer", "interim"])
async def test_a_drip_anywhere_ends_with_the_total_time(part: str) -> None:
    """F5: one byte now and then, in the head, in a header, in a chunk's size, behind the last chunk, or empty answers before it."""
    raw = {
        "head": b"HTTP/1.1 200 OK" + b"K" * 500,
        "header": OK + b"X: " + b"y" * 500,
        "chunk size": CHUNKED + b"0" * 500,
        "trailer": CHUNKED + b"0\r\n" + b"X: y\r\n" * 500,
        "interim": b"HTTP/1.1 103 Early Hints\r\n\r\n" * 500,
    }[part]
    async with Shop() as shop, fetching(shop, total=0.6, between_bytes=0.3) as fetcher:
        shop.set("/", Reply(raw=raw, drip=(3, 0.05)))
        began = time.monotonic()
        with pytest.raises(FetchError) as caught:
            await fetcher.get(shop.url("/"))
        assert caught.value.cause is Cause.TIMEOUT, caught.value
        assert time.monotonic() - began < 2.0


@pytest.mark.parametrize(
    ("coding", "unit"),
    [("zstd", b"\x50\x2a\x4d\x18\x00\x00\x00\x00"), ("zstd", b"\x5f\x2a\x4d\x18\x01\x00\x00\x00x"), ("gzip", CODECS["gzip"](b"")), ("zstd", CODECS["zstd"](b"")), ("deflate", CODECS["deflate"](b"")), ("br", CODECS["br"](b""))],
)  # fmt: skip
def test_empty_parts_of_every_coding_are_cheap(coding: str, unit: bytes) -> None:
    """F1: five megabytes of empty members, frames and skippable frames cost little and unpack to nothing."""
    began = time.process_time()
    body = Body(coding, Limits())
    try:
        for _ in range(5 * 16 - 1):
            body.feed(unit * (65_536 // len(unit)))
        whole = body.finish()
    except FetchError as error:
        assert error.cause in (Cause.TOO_BIG, Cause.HTTP, Cause.TRUNCATED)
    else:
        assert whole == b""
    assert time.process_time() - began < 1.0


async def test_no_answer_makes_a_look_raise() -> None:
    """Whatever bytes arrive, as HTTP, as a coding or as a page, a look ends with an observation; spoiled ones are never a yes
    unless they read so whole.
    """
    rng = Random(20261125)
    async with Shop() as shop:
        eyes = Observer(Limits(allow=(f"127.0.0.1:{shop.port}",), total=3.0))
        try:
            for turn in range(120):
                coding = rng.choice([None, *CODECS])
                reply = Reply(PAGE, encoding=coding, framing=rng.choice(["length", "chunked", "close"]))  # type: ignore[arg-type]
                raw = bytearray(reply.head + reply.payload)
                for _ in range(rng.choice([1, 3, 30])):
                    at = rng.randrange(len(raw))
                    kind = rng.randrange(3)
                    if kind == 0:
                        raw[at] = rng.randrange(256)
                    elif kind == 1:
                        del raw[at : at + rng.randrange(1, 40)]
                    else:
                        raw[at:at] = bytes(rng.randrange(256) for _ in range(rng.randrange(1, 40)))
                shop.set(f"/{turn}", Reply(raw=bytes(raw)))
                seen = await eyes.observe(Listing(shop.url(f"/{turn}")))
                assert seen.availability.is_verdict or seen.detail
        finally:
            await eyes.close()


async def test_many_large_pages_at_once_all_get_read() -> None:
    """F4: the budget for reading a page counts from when its turn comes, not from when it arrived."""
    page = product_page(state="out_of_stock", filler_kb=1000)
    async with Shop() as shop:
        eyes = Observer(Limits(allow=(f"127.0.0.1:{shop.port}",)))
        try:
            reply = Reply(page, encoding="gzip")
            for number in range(40):
                shop.set(f"/{number}", reply)
            seen = await asyncio.gather(*(eyes.observe(Listing(shop.url(f"/{n}"))) for n in range(40)))
            assert [one.detail for one in seen if not one.availability.is_verdict] == []
        finally:
            await eyes.close()


async def test_a_page_that_takes_too_long_blinds_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """F4, F5: pages past the budget end with a cause, and the threads they hold are not missed by the next page."""
    import threading

    import watchers.observe

    honest, release = watchers.observe.read, threading.Event()

    def stuck(page: Any, listing: Any, known: Any) -> Any:
        if "/stuck" in listing.url:
            release.wait(10)
        return honest(page, listing, known)

    monkeypatch.setattr(watchers.observe, "read", stuck)
    monkeypatch.setattr(watchers.observe, "_READ_BUDGET", 0.3)
    page = product_page(state="out_of_stock", filler_kb=300)
    async with Shop() as shop:
        eyes = Observer(Limits(allow=(f"127.0.0.1:{shop.port}",)))
        try:
            for path in ("/stuck1", "/stuck2", "/stuck3", "/fine"):
                shop.set(path, Reply(page))
            seen = await asyncio.gather(*(eyes.observe(Listing(shop.url(f"/stuck{n}"))) for n in (1, 2, 3)))
            assert [one.cause for one in seen] == [Cause.TIMEOUT] * 3
            assert (await eyes.observe(Listing(shop.url("/fine")))).availability.is_verdict
        finally:
            release.set()
            await eyes.close()
