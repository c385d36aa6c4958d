"""What the last look left behind saves work, and never hides a change."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from tests.shop import Reply, Shop, product_page, wall_page
from watchers.model import Availability, Limits, Listing, Rule, RuleKind, Rules
from watchers.observe import Observer


@contextlib.asynccontextmanager
async def looking(shop: Shop, *, full_every: float = 600.0) -> AsyncIterator[Observer]:
    observer = Observer(Limits(allow=(f"127.0.0.1/32:{shop.port}",)), full_every=full_every)
    try:
        yield observer
    finally:
        await observer.close()


def page(state: str = "out_of_stock", **more: object) -> bytes:
    return product_page(state=state, lang="en", **more)  # type: ignore[arg-type]


async def states(observer: Observer, listing: Listing, count: int) -> list[tuple[Availability, bool]]:
    """Look so often; give what each look said and whether it only repeated."""
    seen = [await observer.observe(listing) for _ in range(count)]
    return [(one.availability, one.cost.repeated) for one in seen]


NO, YES = Availability.OUT_OF_STOCK, Availability.IN_STOCK


async def test_an_unchanged_no_is_repeated_and_a_change_is_seen_at_once() -> None:
    """Tokens may change at every look; the block may not change once."""
    async with Shop() as shop, looking(shop) as observer:
        listing = Listing(shop.url("/item"))
        shop.set("/item", lambda n: Reply(page(nonce=f"token {n}")))
        assert await states(observer, listing, 3) == [(NO, False), (NO, True), (NO, True)]
        shop.set("/item", lambda n: Reply(page("in_stock", nonce=f"token {n}")))
        assert await states(observer, listing, 1) == [(YES, False)]


async def test_a_yes_is_read_anew_unless_the_whole_page_is_the_same() -> None:
    """A yes is never given on the strength of a part of the page."""
    async with Shop() as shop, looking(shop) as observer:
        listing = Listing(shop.url("/item"))
        shop.set("/item", lambda n: Reply(page("in_stock", nonce=f"token {n}")))
        assert await states(observer, listing, 2) == [(YES, False), (YES, False)]
        shop.set("/item", Reply(page("in_stock")))
        assert await states(observer, listing, 2) == [(YES, False), (YES, True)]


@pytest.mark.parametrize("veil", ["<div hidden>", '<div style="display:none">', "<template>", "<!-- "])
async def test_a_block_that_is_hidden_is_read_anew(veil: str) -> None:
    """The old block still stands in the source, byte for byte, but nobody sees it: the page now shows another."""
    closing = {"<template>": "</template>", "<!-- ": " -->"}.get(veil, "</div>")
    old, new = page().decode(), page("in_stock").decode()
    old_main, new_main = (text[text.index("<main") : text.index("</main>") + 7] for text in (old, new))
    filler = "<p>About our shop, its opening hours and the way to it.</p>" * 60  # more than the margin of a stretch
    async with Shop() as shop, looking(shop) as observer:
        listing = Listing(shop.url("/item"))
        before = old.replace(old_main, f"<div>{filler}{old_main}{filler}</div>")
        after = old.replace(old_main, f"{veil}{filler}{old_main}{filler}{closing}{new_main}")
        shop.set("/item", Reply(before))
        assert await states(observer, listing, 1) == [(NO, False)]
        shop.set("/item", Reply(after))
        [(_, repeated)] = await states(observer, listing, 1)
        assert not repeated


async def test_a_page_is_read_whole_now_and_then_whatever_stands() -> None:
    """Repeats, 304s too, end after `full_every`, counted from the last reading and not from the last repeat."""
    async with Shop() as shop, looking(shop, full_every=0.0) as observer:
        listing = Listing(shop.url("/item"))
        shop.set("/item", Reply(page(), etag='"one"'))
        assert await states(observer, listing, 3) == [(NO, False)] * 3
        assert not any("if-none-match" in request.headers for request in shop.requests)


async def test_a_304_repeats_and_a_confirming_look_asks_for_the_page() -> None:
    """Validators are sent, but never with a confirming look, which no cache may answer."""
    async with Shop() as shop, looking(shop) as observer:
        listing = Listing(shop.url("/item"))
        shop.set("/item", Reply(page(), etag='"one"'))
        await observer.observe(listing)
        again = await observer.observe(listing)
        assert again.cost.not_modified
        fresh = await observer.observe(listing, fresh=True)
        assert not fresh.cost.repeated
        assert "if-none-match" not in shop.requests[-1].headers
        assert shop.requests[-1].headers["cache-control"] == "no-cache"


async def test_after_a_no_verdict_the_next_look_is_a_full_one() -> None:
    """A wall between two looks: what was remembered before it counts no more."""
    async with Shop() as shop, looking(shop) as observer:
        listing = Listing(shop.url("/item"))
        shop.set("/item", Reply(page(), etag='"one"'))
        await observer.observe(listing)
        shop.set("/item", Reply(wall_page()))
        assert (await observer.observe(listing)).availability is Availability.BLOCKED
        shop.set("/item", Reply(page(), etag='"one"'))
        assert await states(observer, listing, 1) == [(NO, False)]
        assert "if-none-match" not in shop.requests[-1].headers


async def test_another_address_is_another_page() -> None:
    """The same bytes behind a new redirect are judged anew, identity and all."""
    async with Shop() as shop, looking(shop) as observer:
        listing = Listing(shop.url("/item/1"))
        shop.set("/item/1", Reply(page()))
        shop.set("/", Reply(page()))
        assert await states(observer, listing, 2) == [(NO, False), (NO, True)]
        shop.set("/item/1", Reply(redirect="/"))
        moved = await observer.observe(listing)
        assert not moved.cost.repeated
        assert moved.availability is Availability.UNKNOWN


async def test_an_error_page_settles_nothing() -> None:
    """Whatever it shows, a 500 is no verdict, and nothing is repeated in its place."""
    async with Shop() as shop, looking(shop) as observer:
        listing = Listing(shop.url("/item"))
        shop.set("/item", Reply(page()))
        await observer.observe(listing)
        for status in (500, 502, 503, 403, 429, 451):
            shop.set("/item", Reply(page(), status=status))
            assert not (await observer.observe(listing)).availability.is_verdict


async def test_listings_of_one_page_that_ask_for_different_variants_share_nothing() -> None:
    """What is remembered belongs to the address and the variant."""
    async with Shop() as shop, looking(shop) as observer:
        shop.set("/item", Reply(page()))
        await observer.observe(Listing(shop.url("/item")))
        other = await observer.observe(Listing(shop.url("/item"), variant="red"))
        assert not other.cost.repeated


async def test_another_rule_reads_the_same_page_anew() -> None:
    """What is remembered belongs to the rules it was read with, and a "no" is never repeated from a part of the page."""
    async with Shop() as shop, looking(shop) as observer:
        shop.set("/item", lambda n: Reply(page(nonce=f"token {n}")))
        plain = Listing(shop.url("/item"))
        assert await states(observer, plain, 2) == [(NO, False), (NO, True)]
        ruled = replace(plain, rules=Rules(in_stock_when=(Rule(RuleKind.REGEX, "token [0-9]"),)))
        assert await states(observer, ruled, 1) == [(YES, False)]
        waiting = replace(plain, rules=Rules(in_stock_when=(Rule(RuleKind.REGEX, "token 6"),)))
        assert await states(observer, waiting, 3) == [(NO, False), (NO, False), (YES, False)]
        assert await states(observer, plain, 1) == [(NO, True)]
