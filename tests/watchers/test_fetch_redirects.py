"""Redirects are followed by our own rules: few, guarded, recorded, and carrying nothing across origins."""

from __future__ import annotations

import time

import pytest

from tests.shop import Reply, Shop
from tests.watchers.fetching import fetching, refused
from watchers.fetch import Fetcher
from watchers.model import Cause, Limits, Manners, Validators


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_followed_and_recorded(status: int) -> None:
    """The reader learns where the page came from, and by which way."""
    async with Shop() as shop, fetching(shop) as fetcher:
        shop.set("/old", Reply(redirect="/mid?x=1#part", status=status))
        shop.set("/mid", Reply(redirect="../new", status=status))
        shop.set("/new", Reply("page"))
        fetched = await fetcher.get(shop.url("/old"))
        assert (fetched.body, fetched.status) == (b"page", 200)
        assert fetched.url == shop.url("/old")
        assert fetched.final_url == shop.url("/new")
        assert fetched.hops == (shop.url("/mid?x=1"), shop.url("/new"))


async def test_five_redirects_are_enough() -> None:
    """One more than the limit is a fault that names both ends."""
    async with Shop() as shop, fetching(shop) as fetcher:
        for number in range(7):
            shop.set(f"/{number}", Reply(redirect=f"/{number + 1}"))
        shop.set("/5", Reply("end"))
        assert (await fetcher.get(shop.url("/0"))).body == b"end"
        shop.set("/5", Reply(redirect="/6?token=hush"))
        error = await refused(fetcher, shop.url("/0"), Cause.HTTP)
        assert "more than 5 times" in error.detail
        assert "hush" not in error.detail
        assert shop.hits("/6") == 0


async def test_a_loop_ends() -> None:
    """A page that leads to itself costs six requests, once."""
    async with Shop() as shop, fetching(shop) as fetcher:
        shop.set("/a", Reply(redirect="/a"))
        await refused(fetcher, shop.url("/a"), Cause.HTTP)
        assert shop.hits("/a") == 6


@pytest.mark.parametrize(
    "to", ["ftp://a/b", "file:///etc/passwd", "javascript:alert(1)", "data:text/html,x", "http://[1"]
)
async def test_only_the_web_is_followed(to: str) -> None:
    """Other schemes and broken addresses are a fault of the shop."""
    async with Shop() as shop, fetching(shop) as fetcher:
        shop.set("/a", Reply(redirect=to))
        await refused(fetcher, shop.url("/a"), Cause.HTTP)
        assert shop.hits() == 1


async def test_a_redirect_without_a_target_is_a_page() -> None:
    """There is nowhere to go, so what came is what there is."""
    async with Shop() as shop, fetching(shop) as fetcher:
        shop.set("/a", Reply("moved, somewhere", status=302))
        fetched = await fetcher.get(shop.url("/a"))
        assert (fetched.status, fetched.body, fetched.hops) == (302, b"moved, somewhere", ())


async def test_secrets_stay_with_their_origin() -> None:
    """The user's headers, cookies and credentials reach the listing's own origin, there and back, and no other."""
    async with Shop() as shop, Shop() as other:
        fetcher = Fetcher(Limits(), exempt={("127.0.0.1", shop.port), ("127.0.0.1", other.port)})
        try:
            shop.set("/own", Reply(redirect="/away"))
            shop.set("/away", Reply(redirect=other.url("/there"), headers={"Set-Cookie": "s=1"}))
            other.set("/there", Reply(redirect=shop.url("/home"), headers={"Set-Cookie": "o=2"}))
            shop.set("/home", Reply("page"))
            manners = Manners(headers={"X-Api-Key": "hush", "Cookie": "me=1"}, user_agent="Me/1")
            url = f"http://me:hush@127.0.0.1:{shop.port}/own"
            fetched = await fetcher.get(url, manners=manners, validators=Validators('"1"', "x"))
            assert fetched.body == b"page"
            own, away, home = (request.headers for request in shop.requests)
            there = other.requests[0].headers
            for asked in (own, away, home):
                assert asked["x-api-key"] == "hush"
                assert asked["authorization"].startswith("Basic ")
            assert (own["cookie"], away["cookie"], home["cookie"]) == ("me=1", "me=1", "me=1; s=1")
            assert {"x-api-key", "authorization", "cookie"}.isdisjoint(there)
            assert there["user-agent"] == "Me/1"
            assert own["if-none-match"] == '"1"'
            for asked in (away, there, home):
                assert {"if-none-match", "if-modified-since"}.isdisjoint(asked), "they belong to the first address"
        finally:
            await fetcher.close()


async def test_the_same_host_on_another_port_is_another_origin() -> None:
    """An origin is scheme, host and port; another name of the machine is another origin too."""
    async with Shop() as shop, fetching(shop) as fetcher:
        shop.set("/a", Reply(redirect=shop.url("/b", host="localhost")))
        shop.set("/b", Reply("page"))
        await fetcher.get(shop.url("/a"), manners=Manners(headers={"X-Api-Key": "hush"}))
        assert "x-api-key" not in shop.requests[-1].headers


async def test_credentials_a_redirect_brings_are_dropped() -> None:
    """A shop cannot make us log in anywhere."""
    async with Shop() as shop, fetching(shop) as fetcher:
        shop.set("/a", Reply(redirect=f"http://you:hush@127.0.0.1:{shop.port}/b"))
        shop.set("/b", Reply("page"))
        fetched = await fetcher.get(shop.url("/a"))
        assert "authorization" not in shop.requests[-1].headers
        assert fetched.final_url == shop.url("/b")


async def test_a_chain_keeps_its_cookies() -> None:
    """Shops set a cookie and send us round to see it; it lasts to the end of the chain, and they may take it back."""
    async with Shop() as shop, fetching(shop) as fetcher:
        shop.set("/a", Reply(redirect="/b", headers={"Set-Cookie": "seen=1; Path=/; HttpOnly"}))
        shop.set("/b", Reply(redirect="/c", headers={"Set-Cookie": "seen=2"}))
        shop.set("/c", Reply(redirect="/d", headers={"Set-Cookie": "seen=; Max-Age=0"}))
        shop.set("/d", Reply("page"))
        await fetcher.get(shop.url("/a"))
        assert [request.headers.get("cookie") for request in shop.requests] == [None, "seen=1", "seen=2", None]


async def test_a_flood_of_cookies_is_cut() -> None:
    """At most fifty are carried; odd ones are left out."""
    lines = "".join(f"Set-Cookie: c{number}={number}\r\n" for number in range(80))
    raw = f"HTTP/1.1 302 Found\r\nLocation: /b\r\nSet-Cookie: nothing\r\nSet-Cookie: =x\r\n{lines}Content-Length: 0\r\n\r\n"
    async with Shop() as shop, fetching(shop) as fetcher:
        shop.set("/a", Reply(raw=raw.encode()))
        shop.set("/b", Reply("page"))
        await fetcher.get(shop.url("/a"))
        cookies = shop.requests[-1].headers["cookie"].split("; ")
        assert cookies == [f"c{number}={number}" for number in range(50)]


async def test_validators_of_a_redirected_page_are_not_kept() -> None:
    """They belong to another address than the one asked next time."""
    async with Shop() as shop, fetching(shop) as fetcher:
        shop.set("/old", Reply(redirect="/new"))
        shop.set("/new", Reply("page", etag='"1"'))
        assert (await fetcher.get(shop.url("/old"))).validators == Validators()
        assert (await fetcher.get(shop.url("/new"))).validators == Validators('"1"')


async def test_a_fresh_look_is_fresh_to_the_end() -> None:
    """No cache answers at any step of the chain."""
    async with Shop() as shop, fetching(shop) as fetcher:
        shop.set("/old", Reply(redirect="/new"))
        shop.set("/new", Reply("page"))
        await fetcher.get(shop.url("/old"), fresh=True)
        assert [request.headers["cache-control"] for request in shop.requests] == ["no-cache", "no-cache"]


async def test_a_chain_has_one_total_time() -> None:
    """Five slow steps do not get five times the time, nor a second chance."""
    async with Shop() as shop, fetching(shop, total=0.5) as fetcher:
        shop.set("/a", Reply(redirect="/a", delay=0.2))
        error = await refused(fetcher, shop.url("/a"), Cause.TIMEOUT)
        assert "0.5 s in all" in error.detail
        assert shop.hits("/a") == 3


async def test_the_last_step_has_only_what_is_left() -> None:
    """What the first steps took is gone."""
    async with Shop() as shop, fetching(shop, total=0.6) as fetcher:
        shop.set("/a", Reply(redirect="/b", delay=0.4))
        shop.set("/b", Reply("late", delay=5.0))
        began = time.monotonic()
        await refused(fetcher, shop.url("/a"), Cause.TIMEOUT)
        assert time.monotonic() - began < 0.9
