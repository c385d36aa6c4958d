"""A fetch brings the page that was sent, whole, with what is needed to read it and to ask for it again."""

from __future__ import annotations

import asyncio
import tomllib
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from tests.shop import CODECS, Reply, Shop, product_page, wall_page
from tests.watchers.fetching import fetching, refused
from watchers.asking import VERSION, retry_after
from watchers.model import Cause, Manners, Validators

PAGE = product_page(filler_kb=60)


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
@pytest.mark.parametrize("encoding", [None, *CODECS])
async def test_a_page_comes_whole(encoding: str | None, framing: str) -> None:
    """Every coding and framing gives the same bytes; only a closed connection leaves the end unannounced."""
    async with Shop() as shop, fetching(shop) as fetcher:
        reply = Reply(PAGE, encoding=encoding, framing=framing)  # type: ignore[arg-type]
        shop.set("/item", reply)
        fetched = await fetcher.get(shop.url("/item"))
        assert fetched.body == PAGE
        assert fetched.framed is (framing != "close")
        assert fetched.wire_bytes == len(reply.coded)
        assert (fetched.status, fetched.url, fetched.final_url, fetched.hops) == (
            200,
            shop.url("/item"),
            fetched.url,
            (),
        )
        assert 0 < fetched.elapsed_s < 5


@pytest.mark.parametrize("cut_at", [0, 1, 700, 1300])
@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize("encoding", [None, *CODECS])
async def test_part_of_a_framed_page_is_no_page(encoding: str | None, framing: str, cut_at: int) -> None:
    """A body that ends before its announced end is truncated, whatever has arrived."""
    async with Shop() as shop, fetching(shop) as fetcher:
        shop.set("/item", Reply(PAGE, encoding=encoding, framing=framing, cut_at=cut_at))  # type: ignore[arg-type]
        error = await refused(fetcher, shop.url("/item"), Cause.TRUNCATED)
        assert error.status == 200
        assert shop.hits() == 1, "a cut page waits for the next look"


@pytest.mark.parametrize("encoding", CODECS)
async def test_part_of_a_packed_page_is_no_page(encoding: str) -> None:
    """With no announced end, the coding's own end decides."""
    async with Shop() as shop, fetching(shop) as fetcher:
        size = len(Reply(PAGE, encoding=encoding).coded)
        for cut_at in (1, size // 2, size - 1):
            shop.set("/item", Reply(PAGE, encoding=encoding, framing="close", cut_at=cut_at))
            await refused(fetcher, shop.url("/item"), Cause.TRUNCATED)


async def test_part_of_a_bare_page_is_marked() -> None:
    """Nothing tells a cut from an end here, so the reader is told that the end was not announced."""
    async with Shop() as shop, fetching(shop) as fetcher:
        shop.set("/item", Reply(PAGE, framing="close", cut_at=500))
        fetched = await fetcher.get(shop.url("/item"))
        assert (fetched.body, fetched.framed) == (PAGE[:500], False)


async def test_a_reset_is_no_end() -> None:
    """A connection torn down in the middle of a page is truncated."""
    async with Shop() as shop, fetching(shop) as fetcher:
        shop.set("/item", Reply(PAGE, cut_at=3000, abort=True))
        await refused(fetcher, shop.url("/item"), Cause.TRUNCATED)


async def test_a_part_we_did_not_ask_for_is_no_page() -> None:
    """206 means that something is missing."""
    async with Shop() as shop, fetching(shop) as fetcher:
        shop.set("/item", Reply(PAGE, status=206))
        assert (await refused(fetcher, shop.url("/item"), Cause.TRUNCATED)).status == 206


@pytest.mark.parametrize("status", [200, 204, 403, 404, 410, 418, 429, 500, 503, 599, 300, 305])
async def test_every_status_comes_back_with_its_page(status: int) -> None:
    """Walls and missing pages are read like any other, so a status is never an error here."""
    async with Shop() as shop, fetching(shop) as fetcher:
        body = b"" if status == 204 else wall_page()
        shop.set("/item", Reply(body, status=status, encoding="gzip" if body else None))
        fetched = await fetcher.get(shop.url("/item"))
        assert (fetched.status, fetched.body, fetched.framed) == (status, body, True)
        assert shop.hits() == 1


async def test_headers_come_in_lower_case() -> None:
    """Names are lower-case, and repeated ones are joined."""
    raw = b"HTTP/1.1 200 OK\r\nX-Seen: 1\r\nSet-Cookie: a=b\r\nSET-COOKIE: c=d\r\nContent-Length: 2\r\n\r\nok"
    async with Shop() as shop, fetching(shop) as fetcher:
        shop.set("/", Reply(raw=raw))
        fetched = await fetcher.get(shop.url("/"))
        assert fetched.headers == {"x-seen": "1", "set-cookie": "a=b, c=d", "content-length": "2"}
        with pytest.raises(FrozenInstanceError):
            fetched.status = 1  # type: ignore[misc]


async def test_not_modified_brings_no_body() -> None:
    """With the validators of the last answer a shop may say that nothing changed."""
    async with Shop() as shop, fetching(shop) as fetcher:
        date = "Wed, 25 Nov 2026 03:00:00 GMT"
        shop.set("/item", Reply(PAGE, encoding="gzip", etag='W/"7"', last_modified=date))
        first = await fetcher.get(shop.url("/item"))
        assert first.validators == Validators('W/"7"', date)
        assert not first.not_modified
        second = await fetcher.get(shop.url("/item"), validators=first.validators)
        assert (second.status, second.not_modified, second.body, second.framed) == (304, True, b"", True)
        assert second.validators == first.validators, "they hold for the next look too"
        asked = shop.requests[-1].headers
        assert (asked["if-none-match"], asked["if-modified-since"]) == ('W/"7"', date)


async def test_not_modified_may_leave_out_what_still_holds() -> None:
    """A bare 304 keeps the validators that were sent."""
    async with Shop() as shop, fetching(shop) as fetcher:
        shop.set("/item", Reply(raw=b"HTTP/1.1 304 Not Modified\r\n\r\n"))
        sent = Validators('"7"', "Wed, 25 Nov 2026 03:00:00 GMT")
        fetched = await fetcher.get(shop.url("/item"), validators=sent)
        assert (fetched.not_modified, fetched.validators) == (True, sent)


async def test_one_validator_is_enough() -> None:
    """Shops send either; what is missing is not sent."""
    async with Shop() as shop, fetching(shop) as fetcher:
        date = "Wed, 25 Nov 2026 03:00:00 GMT"
        shop.set("/item", Reply(PAGE, last_modified=date))
        first = await fetcher.get(shop.url("/item"))
        assert first.validators == Validators(None, date)
        assert (await fetcher.get(shop.url("/item"), validators=first.validators)).not_modified
        assert "if-none-match" not in shop.requests[-1].headers


async def test_a_new_tag_replaces_the_old() -> None:
    """A changed page comes whole, with validators of its own."""
    async with Shop() as shop, fetching(shop) as fetcher:
        shop.set("/item", lambda n: Reply(f"page {n}", etag=f'"{n}"'))
        first = await fetcher.get(shop.url("/item"))
        second = await fetcher.get(shop.url("/item"), validators=first.validators)
        assert (second.status, second.body, second.validators.etag) == (200, b"page 2", '"2"')


async def test_a_fresh_look_is_unconditional() -> None:
    """A confirming look sends no validator and asks caches to step aside."""
    async with Shop() as shop, fetching(shop) as fetcher:
        shop.set("/item", Reply(PAGE, etag='"1"'))
        fetched = await fetcher.get(shop.url("/item"), validators=Validators('"1"', "x"), fresh=True)
        asked = shop.requests[-1].headers
        assert (fetched.status, fetched.body) == (200, PAGE)
        assert asked["cache-control"] == "no-cache"
        assert "if-none-match" not in asked
        assert "if-modified-since" not in asked
        await fetcher.get(shop.url("/item"))
        assert "cache-control" not in shop.requests[-1].headers, "the next look is an ordinary one again"


async def test_not_modified_without_a_question_is_a_fault() -> None:
    """A 304 to somebody who has nothing would read as an empty page."""
    async with Shop() as shop, fetching(shop) as fetcher:
        shop.set("/item", Reply(status=304))
        for validators in (None, Validators()):
            error = await refused(fetcher, shop.url("/item"), Cause.HTTP, validators=validators)
            assert "not modified" in error.detail


async def test_an_error_page_lends_no_validators() -> None:
    """The tag of a 404 page must not bring "not modified" later."""
    async with Shop() as shop, fetching(shop) as fetcher:
        shop.set("/item", Reply("gone", status=404, etag='"1"'))
        assert (await fetcher.get(shop.url("/item"))).validators == Validators()


async def test_we_say_who_we_are() -> None:
    """An honest name, our languages and what we can unpack; nothing else that would tell about the user."""
    async with Shop() as shop, fetching(shop) as fetcher:
        shop.set("/", Reply("ok"))
        await fetcher.get(shop.url("/"))
        asked = shop.requests[0].headers
        assert asked["user-agent"] == f"Restock/{VERSION} (personal stock monitor)"
        assert asked["accept-language"] == "ja,en;q=0.8"
        assert {name.split(";")[0].strip() for name in asked["accept-encoding"].split(",")} == set(CODECS)
        assert set(asked) == {"host", "accept", "accept-encoding", "accept-language", "user-agent"}


def test_the_name_carries_the_projects_version() -> None:
    """The version shops see is the one that is installed."""
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["version"] == VERSION


async def test_manners_are_heeded() -> None:
    """A host's own headers and name win over ours, and are not kept for the next host."""
    async with Shop() as shop, fetching(shop) as fetcher:
        shop.set("/", Reply("ok"))
        manners = Manners(headers={"accept-language": "de", "X-Key": "k", "Cookie": "a=b"}, user_agent="Me/1")
        await fetcher.get(shop.url("/"), manners=manners)
        asked = shop.requests[-1].headers
        assert (asked["accept-language"], asked["x-key"], asked["cookie"], asked["user-agent"]) == (
            "de",
            "k",
            "a=b",
            "Me/1",
        )
        await fetcher.get(shop.url("/"))
        assert {"x-key", "cookie"}.isdisjoint(shop.requests[-1].headers)
        assert shop.requests[-1].headers["accept-language"] == "ja,en;q=0.8"


async def test_user_info_becomes_a_header() -> None:
    """Credentials in a listing's address are sent as such, and appear neither in the request line nor in what we return."""
    async with Shop() as shop, fetching(shop) as fetcher:
        shop.set("/item", Reply("ok"))
        url = f"http://me:hush@127.0.0.1:{shop.port}/item?x=1#here"
        fetched = await fetcher.get(url)
        assert shop.requests[0].headers["authorization"] == "Basic bWU6aHVzaA=="
        assert shop.requests[0].target == "/item?x=1"
        assert fetched.url == url
        assert fetched.final_url == shop.url("/item?x=1")
        await fetcher.get(shop.url("/item"))
        assert "authorization" not in shop.requests[-1].headers, "they are this listing's alone"


async def test_no_cookie_outlives_a_look() -> None:
    """Nothing that a shop sets is sent again."""
    async with Shop() as shop, fetching(shop) as fetcher:
        shop.set("/", Reply("ok", headers={"Set-Cookie": "id=1"}))
        await fetcher.get(shop.url("/"))
        await fetcher.get(shop.url("/", host="localhost"))
        await fetcher.get(shop.url("/"))
        assert all("cookie" not in request.headers for request in shop.requests)


async def test_connections_are_kept() -> None:
    """Looks in a row use one connection, and codings, statuses and redirects do not end it."""
    async with Shop() as shop, fetching(shop) as fetcher:
        shop.set("/item", Reply(PAGE, encoding="gzip", etag='"1"'))
        shop.set("/old", Reply(redirect="/item"))
        for path in ("/item", "/none", "/old", "/item"):
            await fetcher.get(shop.url(path))
        await fetcher.get(shop.url("/item"), validators=Validators('"1"'))
        assert shop.connections == 1


async def test_pages_never_mix() -> None:
    """Hundreds of looks at once each get their own page."""
    async with Shop() as shop, fetching(shop) as fetcher:
        for number in range(300):
            shop.set(f"/{number}", Reply(f"page {number} " * (number + 1), encoding="gzip" if number % 2 else None))
        pages = await asyncio.gather(*(fetcher.get(shop.url(f"/{number}")) for number in range(300)))
        assert [page.body.decode() for page in pages] == [f"page {n} " * (n + 1) for n in range(300)]
        assert [page.url for page in pages] == [shop.url(f"/{n}") for n in range(300)]


async def test_giving_up_leaves_nothing_open() -> None:
    """A cancelled look closes its connection; the next one gets its own answer."""
    async with Shop() as shop, fetching(shop) as fetcher:
        shop.set("/slow", Reply("late " * 100, drip=(10, 0.05)))
        shop.set("/item", Reply("right"))
        look = asyncio.create_task(fetcher.get(shop.url("/slow")))
        await asyncio.sleep(0.15)
        look.cancel()
        with pytest.raises(asyncio.CancelledError):
            await look
        assert (await fetcher.get(shop.url("/item"))).body == b"right"
        assert shop.connections == 2


async def test_a_closed_fetcher_opens_again() -> None:
    """Closing is for good only when nobody asks again."""
    async with Shop() as shop, fetching(shop) as fetcher:
        shop.set("/", Reply("ok"))
        await fetcher.close()
        await fetcher.get(shop.url("/"))
        await fetcher.close()
        assert (await fetcher.get(shop.url("/"))).body == b"ok"
        assert shop.connections == 2


async def test_names_of_the_hosts_file_are_known() -> None:
    """The resolver reads the system's own names too."""
    async with Shop() as shop, fetching(shop) as fetcher:
        shop.set("/", Reply("ok"))
        assert (await fetcher.get(shop.url("/", host="localhost"))).body == b"ok"


DATE = "Wed, 25 Nov 2026 03:00:00 GMT"


@pytest.mark.parametrize(
    ("value", "date", "seconds"),
    [
        ("120", None, 120.0),
        (" 0 ", None, 0.0),
        ("1.5", None, 1.5),
        ("-5", None, 0.0),
        ("999999999999", None, 86400.0),
        ("9" * 400, None, None),
        ("Wed, 25 Nov 2026 03:02:00 GMT", DATE, 120.0),
        ("Wed, 25 Nov 2026 12:02:00 +0900", DATE, 120.0),
        ("Wed, 25 Nov 2026 02:00:00 GMT", DATE, 0.0),
        ("Wed, 25 Nov 2099 02:00:00 GMT", DATE, 86400.0),
        ("Wed, 25 Nov 2099 02:00:00 GMT", None, 86400.0),
        ("Wed, 25 Nov 2099 02:00:00 GMT", "garbage", 86400.0),
        ("Wed, 25 Nov 2009 02:00:00 GMT", None, 0.0),
        ("Wed, 25 Nov 99999 02:00:00 GMT", None, None),
        ("soon", None, None),
        ("", None, None),
        ("nan", None, None),
        ("inf", None, None),
        ("１２", None, None),
        ("1e9", None, None),
        (None, None, None),
    ],
)
def test_retry_after_is_read_in_both_forms(value: str | None, date: str | None, seconds: float | None) -> None:
    """Seconds or a date, by the shop's own clock, within a day; nonsense is no wish."""
    assert retry_after(value, date=date) == seconds


async def test_retry_after_comes_with_pages_and_faults() -> None:
    """Whoever paces the host hears it either way."""
    async with Shop() as shop, fetching(shop, max_body=100) as fetcher:
        shop.set("/busy", Reply("later", status=503, headers={"Retry-After": "30"}))
        shop.set("/large", Reply(PAGE, status=429, headers={"Retry-After": "40"}))
        assert (await fetcher.get(shop.url("/busy"))).retry_after == 30
        error = await refused(fetcher, shop.url("/large"), Cause.TOO_BIG)
        assert (error.status, error.retry_after) == (429, 40)
