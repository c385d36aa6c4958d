"""The demo shop: a product that is sold out, comes back within seconds, and sells out again, told apart by any reader."""

import json
import re
import socket

import aiohttp
import pytest

from monitor.demo import DemoShop, Rhythm, is_demo
from monitor.demo_pages import PRODUCTS, product_page
from watchers import Observer
from watchers.model import Availability, Cause, Listing, Observation


class Time:
    """Seconds that pass when told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


async def state(shop: DemoShop, session: aiohttp.ClientSession, url: str = "demo://switch-2") -> str:
    async with session.get(shop.resolve(url)) as answer:
        found = re.search(r'"availability": "https://schema.org/(\w+)"', await answer.text())
        assert found, answer.status
        return found[1]


async def test_a_product_comes_back_stays_and_sells_out_again() -> None:
    """Sold out for 6 s and three looks, then there for 40 s, away for 70 s, and so on."""
    time = Time()
    async with DemoShop(monotonic=time) as shop, aiohttp.ClientSession() as session:
        seen = []
        for second in (0, 2, 4, 5.9, 6, 20, 45.9, 46, 100, 115.9, 116, 150):
            time.now = 100.0 + second
            seen.append(await state(shop, session))
        away, there = "OutOfStock", "InStock"
        assert seen == [away, away, away, away, there, there, there, away, away, away, there, there]


async def test_a_slow_watch_sees_it_sold_out_three_times_first() -> None:
    """A restarted service that believes in a yes needs three looks to believe the no that makes the return news."""
    time = Time()
    async with DemoShop(monotonic=time) as shop, aiohttp.ClientSession() as session:
        seen = []
        for second in (0, 5, 10, 15):
            time.now = 100.0 + second
            seen.append(await state(shop, session))
        assert seen == ["OutOfStock"] * 3 + ["InStock"]


async def test_products_keep_their_own_time() -> None:
    """The rhythm of a product begins with its own first look."""
    time = Time()
    async with DemoShop(Rhythm(first_looks=1), monotonic=time) as shop, aiohttp.ClientSession() as session:
        assert await state(shop, session) == "OutOfStock"
        time.now += 7
        assert await state(shop, session) == "InStock"
        assert await state(shop, session, "demo://camera") == "OutOfStock"
        assert await state(shop, session, "demo://en/switch-2") == "OutOfStock"


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("demo://switch-2", "/ja/switch-2"),
        ("demo://", "/ja/switch-2"),
        ("DEMO://en/camera", "/en/camera"),
        ("demo://ja/sneakers", "/ja/sneakers"),
    ],
)
async def test_demo_urls_lead_to_the_shop(url: str, path: str) -> None:
    """A demo URL becomes an address on the free port; any other URL stays as it is."""
    async with DemoShop() as shop:
        host, port = shop.address
        assert shop.resolve(url) == f"http://{host}:{port}{path}"
        assert is_demo(url)
        assert shop.resolve("https://example.com/demo") == "https://example.com/demo"
        assert not is_demo("https://example.com/demo")


async def test_the_shop_answers_on_loopback_only_and_closes() -> None:
    """Nobody else on the network can see it, and its port is free again after stop()."""
    shop = await DemoShop().start()
    host, port = shop.address
    assert host == "127.0.0.1"
    await shop.stop()
    await shop.stop()
    with pytest.raises(OSError), socket.create_connection((host, port), 0.5):
        pass


async def test_an_unchanged_page_costs_no_second_transfer() -> None:
    """A conditional request is answered 304 while the state is the same, and in full once it changed."""
    time = Time()
    async with DemoShop(Rhythm(first_looks=1), monotonic=time) as shop, aiohttp.ClientSession() as session:
        url = shop.resolve("demo://switch-2")
        async with session.get(url) as first:
            etag = first.headers["ETag"]
        async with session.get(url, headers={"If-None-Match": etag}) as second:
            assert second.status == 304
        time.now += 10
        async with session.get(url, headers={"If-None-Match": etag}) as third:
            assert third.status == 200


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("slug", PRODUCTS)
async def test_the_generic_readers_agree_with_the_page(slug: str, language: str) -> None:
    """Looked at like any shop, through the address guard, its verdict, price, seller and number left are right."""
    time = Time()
    async with DemoShop(Rhythm(first_looks=1), monotonic=time) as shop:
        observer = Observer(exempt=[shop.address], resolve=shop.resolve)
        try:
            listing = Listing(f"demo://{language}/{slug}")
            away = await observer.observe(listing)
            time.now += 10
            there = await observer.observe(listing)
        finally:
            await observer.close()
    assert away.availability is Availability.OUT_OF_STOCK, away.detail
    assert there.availability is Availability.IN_STOCK, there.detail
    assert there.url == listing.url
    offer = there.offers[0]
    product = PRODUCTS[slug]
    assert (offer.price, offer.currency, offer.quantity) == (product.price, "JPY", product.left)
    assert offer.seller in ("リストック デモ商店", "Restock demo shop")
    assert product.ja in (there.title or "") or product.en in (there.title or "")


async def test_an_unknown_product_is_gone_not_sold_out() -> None:
    """A demo URL with a slip in it gives no verdict."""
    seen = await look_once("demo://swich-2")
    assert seen.availability in (Availability.GONE, Availability.UNKNOWN)
    assert seen.status == 404


async def test_only_the_shops_own_port_passes_the_address_guard() -> None:
    """The exemption of the demo shop opens no other port of this machine."""
    async with DemoShop() as shop:
        observer = Observer(exempt=[shop.address])
        try:
            seen = await observer.observe(Listing(f"http://127.0.0.1:{shop.address[1] ^ 1}/"))
        finally:
            await observer.close()
    assert seen.cause is Cause.FORBIDDEN_ADDRESS


async def look_once(url: str) -> Observation:
    async with DemoShop() as shop:
        observer = Observer(exempt=[shop.address], resolve=shop.resolve)
        try:
            return await observer.observe(Listing(url))
        finally:
            await observer.close()


@pytest.mark.parametrize("orderable", [True, False])
def test_page_and_data_say_the_same(orderable: bool) -> None:
    """Words, button and structured data of a page never contradict each other, and its JSON-LD is whole."""
    page = product_page(PRODUCTS["switch-2"], "ja", orderable=orderable, url="http://127.0.0.1/ja/switch-2")
    block = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    assert block
    data = json.loads(block[1])
    assert data["offers"]["availability"].endswith("InStock" if orderable else "OutOfStock")
    assert ("カートに入れる" in page, "在庫あり" in page) == (orderable, orderable)
    assert (" disabled>" in page, "売り切れ" in page, "在庫切れ" in page) == (not orderable,) * 3
