"""F4: no pattern of ours, and nothing that reads a page, takes more than its share of time on text made to freeze it."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.goods import product_page
from tests.patterns import hostile, patterns, superlinear
from watchers.head import Head
from watchers.ldjson import find_blocks, parse
from watchers.model import Listing
from watchers.page import Page
from watchers.reading import read

MIB = 1024 * 1024
BUDGET = 8.0  # seconds of CPU: what is not linear takes minutes here; a busy machine may take four times its usual

# Where a pattern is never searched for in a text, only held against the beginning or the whole of one.
ANCHORED = {
    "monitor.commands.check._ADDRESS": "fullmatch, one argument of the command line",
    "monitor.config_lines._KEY": "match",
    "monitor.prices._MONEY": "fullmatch, at most 60 characters",
    "monitor.redact._OUR_EVENT": "fullmatch, one word",
    "monitor.redact._TOKEN": "fullmatch, one part of a path",
    "monitor.secrets._LINE": "fullmatch, one line",
    "monitor.values._DURATION": "fullmatch, at most 40 characters",
    "monitor.values._RATE": "fullmatch, at most 40 characters",
    "watchers.ldjson._OPEN": "match, at most 8 KiB",
    "watchers.shops.island._SCRIPT": "match, at most 4 KiB",
    "watchers.numerals._INDIAN": "fullmatch, one amount",
}
# Searched for in texts that are bounded before they get there.
BOUNDED = {
    "monitor.values._DURATION_PART": "at most 40 characters",
    "monitor.wishes._SEGMENTS": "folded text: no two blanks side by side",
}


def test_every_pattern_is_found() -> None:
    """The search through our modules finds patterns in all three packages, in containers too, and every exception exists."""
    found = patterns()
    assert len(found) > 80
    assert {name.partition(".")[0] for name in found} == {"monitor", "notifiers", "watchers"}
    assert found.keys() >= ANCHORED.keys() | BOUNDED.keys()


def test_a_pattern_that_explodes_is_seen() -> None:
    """The measure tells a quadratic pattern from a linear one."""
    import re

    # A hiccup of the machine in the small measure hides the growth once, not five times.
    assert any(superlinear(re.compile(r"a+b"), "a", (4, 16), anchored=False) for _ in range(5))
    assert not superlinear(re.compile(r"a+b"), "a", (4, 16), anchored=True)
    assert not superlinear(re.compile(r"[^ab]++b"), "a", (4, 16), anchored=False)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("package", ["monitor", "notifiers", "watchers"])
def test_no_pattern_explodes(package: str) -> None:
    """F4: time grows with the text and no faster, for each pattern on common pieces and on beginnings of its own match."""
    slow = {
        (name, piece): found
        for name, pattern in patterns().items()
        if name.startswith(package) and name not in BOUNDED
        for piece in hostile(pattern)
        if (found := superlinear(pattern, piece, (1, 4), anchored=name in ANCHORED))
    }
    assert not slow


@pytest.mark.torture
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("package", ["monitor", "notifiers", "watchers"])
def test_no_pattern_explodes_on_five_mebibytes(package: str) -> None:
    """F4: the same up to 5 MiB; each day another third of the pieces, for all of them take more than an hour."""
    third = time.localtime().tm_yday % 3
    slow = {
        (name, piece): found
        for name, pattern in patterns().items()
        if name.startswith(package) and name not in BOUNDED
        for piece in hostile(pattern)[third::3]
        if (found := superlinear(pattern, piece, (1280, 5120), anchored=name in ANCHORED))
    }
    assert not slow


def cpu(work: Callable[[], object]) -> float:
    began = time.thread_time()
    work()
    return time.thread_time() - began


@pytest.mark.parametrize(
    "piece",
    ["/* ", '"', '\\"', '"\\', "// ", "<!--", "<![CDATA[", " ", ", ", "/**", "\\", "[", "{", '{"a":', "&quot;", "1"],
)
def test_broken_data_is_mended_or_left_quickly(piece: str) -> None:
    """F4: JSON-LD of 2 MiB that opens and never closes; it costs a second at most, and never raises."""
    text = '{"a": 1, <!-- <![CDATA[ ' + piece * (2 * MIB // len(piece))
    assert cpu(lambda: parse(text)) < BUDGET


LD = b'<script type="application/ld+json">{}</script>'


@pytest.mark.parametrize(
    "piece", [b"<script ", b"<script>", b"<style ", b"<title", b"<!--", b"<template ", b"<noscript>", b"ld+json", b"<script ld+json", b'<script type="ld+json ', b"<TEXTAREA ", b"</script", b"<", b">", b'"', LD]
)  # fmt: skip
def test_blocks_are_found_quickly(piece: bytes) -> None:
    """F4: 5 MiB of tags left open, with data behind them."""
    body = piece * (5 * MIB // len(piece)) + b"<!-- x --><script " + LD * 20
    assert cpu(lambda: list(find_blocks(body, bytes.decode))) < BUDGET


@pytest.mark.parametrize(
    "piece", [b"<meta ", b"a.", b"a=", b'<meta property="og:title" content="', b"<meta '", b'<meta ">', b">", b'"', b"<link rel=canonical ", b"canonical", b"<title", b"<title>", b"<!--", b"=", b"a =", b"a" * 99 + b" "]
)  # fmt: skip
def test_heads_are_read_quickly(piece: bytes) -> None:
    """F4: a head of 5 MiB, asked everything there is to ask."""
    filler = piece * (5 * MIB // len(piece))
    for body in (b"<head>" + filler, b"<head><meta og:title " + filler, b"<head><link rel=canonical " + filler):
        head = Head(body, lambda raw: raw.decode("utf-8", "replace"))
        assert (
            cpu(lambda head=head: (head.title, head.canonical, head.meta("og:title"), head.meta("og:image"))) < BUDGET
        )  # type: ignore[misc]


def test_a_long_or_unbalanced_meta_tag_hides_no_other() -> None:
    """A tag without end, with an odd quote, or with signs inside its quotes is passed over; the next one is read."""
    good = '<meta property="og:title" content="Lamp > Desk">'
    for bad in (
        "<meta " + "x" * 20_000 + ">",
        "<meta name='a' content='12\" wide'>",
        '<meta name="a" content="' + ">" * 200,
        "",
    ):
        head = Head(f"<head>{bad}<p>\n{good}</head>".encode(), bytes.decode)
        assert head.meta("og:title") == "Lamp > Desk" or '"' in bad, bad[:40]
    assert Head(good.encode(), bytes.decode).meta("og:title") == "Lamp > Desk"


def everywhere(piece: str, size: int) -> dict[str, bytes]:
    """Put so many bytes of a piece into each part of a sold-out page."""
    page = product_page(state="out_of_stock")
    text = (piece * (size // len(piece.encode()) + 1)).encode()
    return {
        "before": page.replace(b"<main", text + b"<main", 1),
        "block": page.replace(b'<p class="stock">', b"<p>" + text + b'</p><p class="stock">', 1),
        "head": page.replace(b"</head>", text + b"</head>", 1),
        "data": page.replace(b'{"@context"', text + b'{"@context"', 1),
        "attribute": page.replace(b"<main", b'<div class="' + text + b'"></div><main', 1),
        "title": page.replace(b"<h1>", b"<h1>" + text, 1),
        "button": page.replace(b"disabled>", b"disabled>" + text, 1),
    }


PIECES = ("<p>", "<b>", "1円 ", "残り1点 ", "在庫あり ", "カートに入れる ", " ", "a", "&amp;", "<!--", "<script ", "<option>売り切れ</option>", "<p>在庫切れ</p>", "<h1>x</h1>", "¥1,000", "\u202e", "0")  # fmt: skip


@pytest.mark.parametrize("piece", PIECES)
def test_a_page_of_repeats_is_read_in_time(piece: str, pytestconfig: pytest.Config) -> None:
    """F4: a page of repeats in any part of it costs less than the parse budget, and never makes a yes of a no."""
    size = 4 * MIB if pytestconfig.option.torture else 256 * 1024
    for where, body in everywhere(piece, size).items():
        reading = None

        def look(body: bytes = body) -> None:
            nonlocal reading
            reading = read(Page("https://shop.example/p/1", body), Listing("https://shop.example/p/1"))

        spent = cpu(look)
        assert spent < BUDGET, (where, spent)
        assert reading is not None
        assert not reading.availability.is_orderable, (where, reading)
