"""T3 and T5 to T7 under pressure: cut pages, lying shops and crowds of looks, through the real fetcher, reader and service."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from monitor.model import Answer
from monitor.settings import BlindSettings
from tests.monitor.running import QUICK, looks, quick_backoff, running, seconds, settings, watch
from tests.receivers import JsonReceiver
from tests.shop import CODECS, Reply, Shop, product_page, soft_404_page, wall_page
from tests.torture.conftest import Tally
from tests.watchers.reading import PAGES, address, look, saved
from watchers.model import Availability, Cause, Limits, Listing
from watchers.observe import Observer

__all__ = ["quick_backoff"]

Trials = Callable[[int, int], int]
IN_STOCK = product_page(state="in_stock", price=49800)
SOLD_OUT = product_page(state="out_of_stock", price=49800)
FRAMINGS = ("length", "chunked", "close")


def observer(*shops: Shop) -> Observer:
    """Give eyes that may look at these shops on loopback."""
    return Observer(Limits(allow=tuple(f"127.0.0.1/32:{shop.port}" for shop in shops)))


@pytest.mark.parametrize("encoding", [None, *CODECS])
@pytest.mark.parametrize("framing", FRAMINGS)
async def test_a_page_cut_anywhere_is_neither_yes_nor_no(
    tally: Tally, trials: Trials, encoding: str | None, framing: str
) -> None:
    """T3: at every 2 % of the bytes (every 20 % in the quick tier), in each framing and coding, no verdict but whole."""
    pages = {"in stock": IN_STOCK, "sold out": SOLD_OUT, "large": product_page(state="in_stock", filler_kb=300)}
    names = list(pages)[: trials(1, 3)]
    step = trials(20, 2)
    async with Shop() as shop:
        eyes = observer(shop)
        try:
            for name in names:
                body = pages[name]
                whole = Reply(body, encoding=encoding, framing=framing)  # type: ignore[arg-type]
                shop.set("/item", whole)
                seen = await eyes.observe(Listing(shop.url("/item")), fresh=True)
                expected = Availability.OUT_OF_STOCK if name == "sold out" else Availability.IN_STOCK
                assert seen.availability is expected, "the injector must cut a page that reads well"
                size = len(whole.payload)
                for percent in [*range(0, 100, step), 99]:
                    at = size * percent // 100
                    if encoding is None and framing == "close" and b"</html" in body[:at][-1024:]:
                        continue  # all of the page is here; only the blank behind it is cut
                    shop.set("/item", replace(whole, cut_at=at))
                    seen = await eyes.observe(Listing(shop.url("/item")), fresh=percent % 4 == 0)
                    ok = not seen.availability.is_verdict and seen.cause in (Cause.TRUNCATED, Cause.NO_EVIDENCE)
                    tally.trial(
                        f"T3 cut {framing} {encoding or 'plain'}",
                        ok=ok and (seen.cause is Cause.TRUNCATED or at == 0),
                        why=f"{name} at {percent} %: {seen.availability} {seen.cause} {seen.detail}",
                    )
        finally:
            await eyes.close()


def test_a_page_cut_before_it_was_framed_never_becomes_a_yes(tally: Tally, trials: Trials) -> None:
    """T3: a copy that was cut on its way to an honest server has lost its refusal, and still is no yes."""
    step = trials(12, 1)
    for file in sorted(PAGES.glob("*.html")):
        body, url = saved(file.stem), address(file.stem)
        whole = look(body, url)
        if whole.availability.is_orderable:
            continue
        for percent in range(0, 100, step):
            cut = body[: len(body) * percent // 100]
            framed, bare = look(cut, url), look(cut, url, framed=False)
            tally.trial(
                "T3 cut before framing, never a yes",
                ok=not framed.availability.is_orderable,
                why=f"{file.stem} at {percent} %: {framed.availability}, whole {whole.availability}",
            )
            tally.trial(
                "T3 cut and unframed, never a verdict",
                ok=not bare.availability.is_verdict or b"</html" in cut[-1024:].lower(),
                why=f"{file.stem} at {percent} %: {bare.availability}",
            )


# --- what a shop may answer instead of the truth of the moment ---------------------------------------------------------


def layouts(state: str) -> list[bytes]:
    """Give the same truth in the layouts of an A/B test."""
    return [
        product_page(state=state, price=49800),
        product_page(state=state, price=49800, json_ld=False),
        product_page(state=state, price=49800, filler_kb=40, related=False, nonce="b"),
        product_page(state=state, price=49800, lang="en", currency="JPY"),
        product_page(state=state, price=49800, phrase=state == "out_of_stock"),
    ]


async def test_layouts_that_alternate_ring_once_for_one_restock(
    tmp_path: Path, tally: Tally, trials: Trials, rng: Random
) -> None:
    """T5: another layout at each look is the same answer; a flip of the stock rings once, whichever layout shows it."""
    state = "out_of_stock"
    pages = {name: layouts(name) for name in ("out_of_stock", "in_stock")}
    async with Shop() as shop, JsonReceiver() as hook:
        shop.set("/item", lambda n: Reply(pages[state][rng.randrange(5)], encoding=rng.choice([None, *CODECS])))
        chosen = settings(tmp_path, [watch("Star projector", shop.url("/item"))], {"hook": hook.url()})
        async with running(chosen) as service:
            for flip in range(1, trials(1, 5) + 1):
                state = "out_of_stock"
                await looks(service, 12)
                tally.trial("T5 A/B layouts", ok=len(hook.received) == flip - 1, why=f"rang while sold out: {flip}")
                state = "in_stock"
                await hook.wait_for(flip)
                await looks(service, 12)
                tally.trial("T5 A/B layouts", ok=len(hook.received) == flip, why=f"{len(hook.received)} of {flip}")


@pytest.mark.parametrize("first", ["yes", "no"])
async def test_stale_edges_that_alternate_never_ring(tmp_path: Path, tally: Tally, trials: Trials, first: str) -> None:
    """T5: two edges, one stale, answering in turn: a yes is never seen twice in a row, so nothing rings; one quiet notice
    may say that the listing flaps.
    """
    for _ in range(trials(1, 5)):
        async with Shop() as shop, JsonReceiver() as hook:
            odd = first == "yes"
            shop.set("/item", lambda n, odd=odd: Reply(IN_STOCK if (n % 2 == 1) is odd else SOLD_OUT))  # type: ignore[misc]
            wishes = [watch("Star projector", shop.url("/item"))]
            confirm = replace(QUICK, flap_changes=4)
            folder = tmp_path / f"{shop.port}"
            folder.mkdir()
            async with running(settings(folder, wishes, {"hook": hook.url()}, confirm=confirm)) as service:
                await looks(service, trials(24, 60), within=30)
                await asyncio.sleep(0.3)
            titles = [one.title for one in hook.received]
            tally.trial(
                "T5 stale edges alternating",
                ok=len(titles) <= 1 and not any("🟢" in title for title in titles),
                why=titles,
            )


@pytest.mark.parametrize(
    "intervals", [1, pytest.param(2, marks=pytest.mark.torture), pytest.param(3, marks=pytest.mark.torture)]
)
async def test_short_stock_rings_once(tmp_path: Path, tally: Tally, trials: Trials, intervals: int) -> None:
    """T5: stock that stands for one, two or three intervals is told, once; the confirming look waits for no interval."""
    for number in range(trials(1, 10)):
        async with Shop() as shop, JsonReceiver() as hook:
            shop.set("/item", Reply(SOLD_OUT))
            wishes = [watch("Star projector", shop.url("/item"), interval=0.5)]
            folder = tmp_path / f"{number}"
            folder.mkdir()
            loop = asyncio.get_running_loop()
            async with running(settings(folder, wishes, {"hook": hook.url()})) as service:
                await looks(service, 2)
                began = loop.time()
                shop.set("/item", Reply(IN_STOCK))
                await asyncio.sleep(0.55 * intervals + 0.4)  # the beat may be a tenth late; then a confirming look
                shop.set("/item", Reply(SOLD_OUT))
                await looks(service, 4)
                await asyncio.sleep(0.2)
            rang = len(hook.received)
            late = hook.received[0].at - began if rang else None
            tally.trial(
                f"T5 short stock of {intervals} interval(s)", ok=rang == 1, latency=late, why=f"rang {rang} times"
            )


@pytest.mark.usefixtures("quick_backoff")
async def test_blind_then_back_rings_and_is_told(tmp_path: Path, tally: Tally, trials: Trials) -> None:
    """T6, B1: no, then nothing but faults, then yes: an alert, the alarm before it, and one word of seeing again."""
    faults = [
        Reply(wall_page()),
        Reply(soft_404_page(), status=500),
        Reply(IN_STOCK, cut_at=1500),
        Reply(b"", status=503),
    ]
    for number in range(trials(1, 4)):
        async with Shop() as shop, JsonReceiver() as hook:
            shop.set("/item", Reply(SOLD_OUT))
            folder = tmp_path / f"{number}"
            folder.mkdir()
            wishes = [watch("Star projector", shop.url("/item"))]
            blind = BlindSettings(after=seconds(0.8))
            async with running(settings(folder, wishes, {"hook": hook.url()}, blind=blind)) as service:
                await looks(service, 3)
                shop.set("/item", faults[number])
                await hook.wait_for(1, seconds=15)
                await asyncio.sleep(0.5)
                alarms = len(hook.received)
                shop.set("/item", Reply(IN_STOCK))
                await hook.wait_for(3, seconds=15)
                await asyncio.sleep(0.5)
                belief = service.beliefs["Star projector", shop.url("/item")]
            ok = alarms == 1 and len(hook.received) == 3 and belief.answer is Answer.YES
            tally.trial("T6 B1 blind, then back", ok=ok, why=[one.title for one in hook.received])


async def test_not_modified_that_lies_delays_and_never_hides(tmp_path: Path, tally: Tally) -> None:
    """T5: a shop that says "not modified" for ever is asked for the page itself at least every `full_every`."""
    state = SOLD_OUT
    async with Shop() as shop, JsonReceiver() as hook:

        def lies(_: int) -> Reply:
            asked = shop.requests[-1].headers
            if "if-none-match" in asked:
                return Reply(status=304, etag='"1"', framing="close", content_type=None)
            return Reply(state, etag='"1"')

        shop.set("/item", lies)
        chosen = settings(tmp_path, [watch("Lamp", shop.url("/item"))], {"hook": hook.url()}, full_every=seconds(1.0))
        async with running(chosen) as service:
            await looks(service, 6)
            assert service.stats.not_modified >= 2, "the injector must lie"
            state = IN_STOCK
            loop = asyncio.get_running_loop()
            began = loop.time()
            await hook.wait_for(1)
            tally.trial("T5 304s that lie", ok=hook.received[0].at - began < 2.5, latency=hook.received[0].at - began)


def hidden_changes() -> dict[str, tuple[bytes, bytes]]:
    """Give pairs of pages, sold out and then in stock, whose difference a careless repeat of the last "no" would not see."""
    bare = product_page(state="out_of_stock", price=49800, json_ld=False)
    pairs = _hidden_changes(SOLD_OUT)
    return pairs | {f"{name}, no data": pair for name, pair in _hidden_changes(bare).items()}


def _hidden_changes(before: bytes) -> dict[str, tuple[bytes, bytes]]:
    refusal = '<p class="stock">在庫切れ　次回入荷は未定です</p>'.encode()
    control = '<button type="submit" class="order" disabled>売り切れ</button>'.encode()
    live = '<button type="submit" class="order">カートに入れる</button>'.encode()
    assert refusal in before and control in before
    block = before[before.index(b"<main") : before.index(b"</main>") + 7]
    fresh = block.replace(refusal, '<p class="stock">在庫あり</p>'.encode()).replace(control, live)
    claims = before.replace(b"OutOfStock", b"InStock")
    now = claims.replace(block, fresh)
    head, _, tail = now.partition(b"<main")
    return {
        "plain": (before, now),
        "old block kept in a template": (before, now.replace(b"</body>", b"<template>" + block + b"</template></body>")),
        "old block kept in a comment before": (before, head + b"<!--" + block + b"-->" + b"<main" + tail),
        "old block kept in a script": (before, now.replace(b"</body>", b"<script type='text/x'>" + block + b"</script></body>")),
        "old block kept hidden": (before, now.replace(b"</body>", b"<div hidden>" + block + b"</div></body>")),
        "block moved down by a new header": (before, now.replace(b"<body>", b"<body><p>sale</p>" * 50)),
        "same length": (before, now.replace(b"</html>", b"</html>" + b" " * max(0, len(before) - len(now)))),
    }  # fmt: skip


@pytest.mark.parametrize("name", hidden_changes())
async def test_what_is_remembered_hides_no_change(tally: Tally, name: str) -> None:
    """T5: repeating the last "no" is right only while nothing that could turn it has changed."""
    before, after = hidden_changes()[name]
    async with Shop() as shop:
        eyes = observer(shop)
        try:
            listing = Listing(shop.url("/item"))
            shop.set("/item", Reply(before))
            seen = [await eyes.observe(listing) for _ in range(3)]
            assert [one.availability for one in seen] == [Availability.OUT_OF_STOCK] * 3
            assert seen[-1].cost.repeated, "the injector must meet the memory"
            shop.set("/item", Reply(after))
            quick = await eyes.observe(listing)
            full = await eyes.observe(listing, fresh=True)
            ok = quick.availability is full.availability
            tally.trial(
                "T5 memory hides nothing", ok=ok, why=f"{name}: {quick.availability}, read whole {full.availability}"
            )
        finally:
            await eyes.close()


# --- nothing is shared -------------------------------------------------------------------------------------------------

_MARK = re.compile(r"item-(\d+)")


async def test_crowds_of_looks_never_mix_pages(tally: Tally, trials: Trials, rng: Random) -> None:
    """T7: 10,000 looks at once over many listings, each with its own title and price, in every coding and framing, small and
    large, some cut: every observation speaks of its own page alone.
    """
    listings, rounds = trials(150, 1000), trials(4, 10)
    async with Shop() as shop, Shop() as other:
        shops = (shop, other)
        eyes = observer(*shops)
        urls: list[str] = []
        for number in range(listings):
            state = ("in_stock", "out_of_stock", "preorder")[number % 3]
            page = product_page(
                f"item-{number}", state, 10_000 + number, sku=f"item-{number}", filler_kb=rng.choice([0, 0, 0, 5, 300])
            )
            reply = Reply(
                page, encoding=rng.choice([None, *CODECS]), framing=rng.choice(FRAMINGS), delay=rng.random() / 20
            )  # type: ignore[arg-type]
            place = shops[number % 2]
            place.set(f"/{number}", reply if number % 11 else replace(reply, cut_at=len(reply.payload) // 2))
            urls.append(place.url(f"/{number}"))
        try:
            for turn in range(rounds):
                order = list(range(listings))
                rng.shuffle(order)
                seen = await asyncio.gather(*(eyes.observe(Listing(urls[n]), fresh=turn % 2 == 1) for n in order))
                for number, one in zip(order, seen, strict=True):
                    ok, why = speaks_of(number, one, cut=number % 11 == 0)
                    tally.trial("T7 looks at once never mix", ok=ok and one.url == urls[number], why=why)
        finally:
            await eyes.close()


def speaks_of(number: int, seen: object, *, cut: bool) -> tuple[bool, str]:
    """Tell whether an observation is about this listing and nothing else, with its state and price."""
    from watchers.model import Observation

    assert isinstance(seen, Observation)
    named = {int(n) for n in _MARK.findall(f"{seen.title} {seen.identity} {seen.evidence} {seen.offers}")}
    if cut:
        return seen.cause is Cause.TRUNCATED and not named, f"{number}: {seen}"
    state = (Availability.IN_STOCK, Availability.OUT_OF_STOCK, Availability.PREORDER)[number % 3]
    prices = {offer.price for offer in seen.offers if offer.price is not None}
    ok = seen.availability is state and named == {number} and prices <= {10_000 + number}
    return ok and (
        state is Availability.OUT_OF_STOCK or bool(prices)
    ), f"{number}: {Counter(named)} {prices} {seen.availability} {seen.detail}"
