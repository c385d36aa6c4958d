"""On captured pages of these shops: what they say, and that no spoiled copy of a page in stock is a yes."""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path

import pytest

from tests import truth
from watchers.model import Listing, Source
from watchers.page import Page
from watchers.reading import read
from watchers.shops import shop_of

CAPTURED = Path(__file__).parents[4] / "shared" / "pages" / "manifest.jsonl"
SHOPS = frozenset({
    "item.rakuten.co.jp", "item.rakuten.co.jp-api", "books.rakuten.co.jp-api", "jp.mercari.com", "api.mercari.jp", "paypayfleamarket.yahoo.co.jp", "auctions.yahoo.co.jp",
    "suruga-ya.jp", "kakaku.com", "yodobashi.com", "monotaro.com", "muji.com", "booth.pm", "snkrdunk.com", "books.rakuten.co.jp", "rakuten.co.jp", "pokemoncenter-online.com",
})  # fmt: skip
# How the order control of each shop is hidden and disabled; the others' are drawn by script.
CONTROLS = {
    "jp.mercari.com": b'data-testid="checkout-button"',
    "paypayfleamarket.yahoo.co.jp": b'id="item_buy_button"',
    "auctions.yahoo.co.jp": b'class="Button Button--buynow',
    "suruga-ya.jp": b'class="btn_buy',
    "monotaro.com": b'data-js="check_add_basket"',
}


@cache
def cases() -> tuple[truth.Case, ...]:
    if not CAPTURED.is_file():
        pytest.skip(f"no captured pages at {CAPTURED.parent}: nothing to measure against")
    return tuple(case for case in truth.cases(CAPTURED) if case.shop in SHOPS)


def body_of(case: truth.Case) -> bytes:
    return gzip.decompress(case.path.read_bytes())


def in_stock() -> list[truth.Case]:
    return [case for case in cases() if case.kind == "html" and case.expected in truth.ORDERABLE]


def test_every_page_is_read_right_with_its_price_and_how_many_are_left() -> None:
    """State, price and number of every captured page and answer of these shops."""
    scores = [truth.judge(case) for case in cases()]
    assert [(score.case.file, score.got) for score in scores if score.outcome != "right"] == []
    assert [score.case.file for score in scores if score.price_right is False] == []
    for score in scores:
        left = score.case.truth.get("quantity_left")
        assert left is None or (score.offer is not None and score.offer.quantity == left), score.case.file


def test_the_shops_own_readers_settle_the_pages_of_products() -> None:
    """The readers that claim real pages are not silent on them."""
    for case in cases():
        shop = shop_of(case.url or "")
        if shop is None or getattr(shop, "basis", "") != "real pages" or (case.shop, case.kind) == ("booth.pm", "html"):
            continue  # BOOTH's pages are the generic path's
        if case.expected in truth.ORDERABLE | {"out_of_stock"}:
            page = Page(case.url or "", body_of(case))
            told = shop.read(page, Listing(page.url))
            assert told is not None and told.availability.is_verdict, case.file


def test_no_cut_copy_of_a_page_in_stock_is_a_yes_of_the_shops_reader() -> None:
    """Cut at every twelfth part, whether the transport said so or not; the generic path may go by a block that is whole."""
    for case in in_stock():
        whole = body_of(case)
        for part in range(12):
            cut = whole[: len(whole) * part // 12]
            for framed in (True, False):
                reading = read(Page(case.url or "", cut, framed=framed), Listing(case.url or ""))
                own = any(evidence.source is Source.SHOP for evidence in reading.evidence)
                assert not (own and reading.availability.is_orderable), (case.file, part)


@pytest.mark.parametrize("spoil", [b"hidden ", b'style="display:none" ', b'aria-disabled="true" '])
def test_a_hidden_or_disabled_order_control_is_no_yes(spoil: bytes) -> None:
    """The page's data still says in stock; nobody can press the button."""
    for case in in_stock():
        if mark := CONTROLS.get(case.shop):
            body = body_of(case)
            assert mark in body, case.file
            reading = read(Page(case.url or "", body.replace(mark, spoil + mark)), Listing(case.url or ""))
            assert not reading.availability.is_orderable, case.file


def test_the_page_of_one_product_at_the_address_of_another_is_no_yes() -> None:
    """The shop's data names what it is about."""
    for case in in_stock():
        if case.shop == "kakaku.com":
            continue  # its page of 2017 names its product in og:url, which the check of identity holds against the address
        url = (case.url or "")[:-2] + ("11" if (case.url or "")[-2:] != "11" else "22")
        reading = read(Page(url, body_of(case)), Listing(url))
        assert not reading.availability.is_orderable, case.file
