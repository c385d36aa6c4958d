"""A page gives views of one answer: lazily, never raising, and only of what a visitor's browser would see."""

import json
import time

import pytest

from watchers.page import Page

PRODUCT = '{"@type": "Product", "name": "Deck"}'


def page(body: str | bytes, **more: object) -> Page:
    return Page("https://shop.example/item/1", body if isinstance(body, bytes) else body.encode(), **more)  # type: ignore[arg-type]


def names(body: str) -> list[str]:
    return [v["name"] for block in page(body).json_ld for v in block.values if isinstance(v, dict)]


@pytest.mark.parametrize(
    "tag",
    [
        '<script type="application/ld+json">',
        "<script type='application/ld+json' >",
        "<script type=application/ld+json>",
        '<SCRIPT async data-x="a>b" TYPE="application/LD+JSON">',
        '<script id="x" type="application/ld+json; charset=utf-8" nonce="1">',
        '<script type="application/ld&#x2B;json">',
        '<script class="ld+json" type="application/ld+json">',
    ],
)
def test_a_block_is_found_however_its_tag_is_written(tag: str) -> None:
    """Case, quotes, order and entities of the tag do not hide a block."""
    body = f"<html><head>{tag}{PRODUCT}</script></head></html>"
    assert names(body) == ["Deck"]


@pytest.mark.parametrize(
    "hidden",
    [
        "<!-- {} -->",
        "<template>{}</template>",
        "<noscript>{}</noscript>",
        "<script>var x = '{}",
        "<textarea>{}</textarea><script>'<!--'</script><!-- {} -->",
        "<template><template></template>{}</template>",
    ],
)
def test_what_a_browser_does_not_run_does_not_count(hidden: str) -> None:
    """Blocks in comments, templates, noscript, and inside other scripts are no data; those after them are."""
    block = f'<script type="application/ld+json">{PRODUCT}</script>'
    assert names(hidden.replace("{}", block)) == []
    after = hidden.replace("{}", block) + "</script>" * hidden.startswith("<script") + block.replace("Deck", "Real")
    assert names(after) == ["Real"]


def test_unclosed_marks_inside_scripts_hide_nothing() -> None:
    """A `<!--` in another script's text is not a comment."""
    body = f'<script>var a = "<!--", b = "<template>";</script><script type="application/ld+json">{PRODUCT}</script>'
    assert names(body) == ["Deck"]


@pytest.mark.parametrize(
    "text",
    [
        '<![CDATA[ {"name": "Deck"} ]]>',
        '//<![CDATA[\n{"name": "Deck"}\n//]]>',
        '/*<![CDATA[*/ {"name": "Deck"} /*]]>*/',
        '<!-- {"name": "Deck"} -->',
        '{"name": "Deck", "list": [1, 2, ], }',
        '{"name": "Deck",\n // a remark, with "quotes"\n "url": "https://x.example//y"}',
        '{"name": "Deck", "text": "line\nbreak\tand tab"}',
        "{&quot;name&quot;: &quot;Deck&quot;}",
        '{"name": "Deck", "x": "it\\\'s"};',
        '\ufeff{"name": "Deck"}',
        '/* one */ {"name": "Deck"}',
    ],
)
def test_broken_json_is_mended(text: str) -> None:
    """The usual mistakes of shops do not lose a block."""
    assert names(f'<script type="application/ld+json">{text}</script>') == ["Deck"]


def test_mending_leaves_strings_alone() -> None:
    """Commas, slashes and brackets inside strings are content."""
    text = '{"name": "a, ] // b /* c */", "q": "say \\"x\\", }",}'
    (block,) = page(f'<script type="application/ld+json">{text}</script>').json_ld
    assert block.values == ({"name": "a, ] // b /* c */", "q": 'say "x", }'},)


def test_several_objects_in_one_block() -> None:
    """Objects set side by side are all read, each one time."""
    body = '<script type="application/ld+json">{"name": "A"} {"name": "B"}, {"name": "C"}</script>'
    assert names(body) == ["A", "B", "C"]


def test_a_broken_block_is_named_and_the_others_are_read() -> None:
    """What cannot be read carries its problem and its place in the body."""
    bad = '<script type="application/ld+json">{"name": }</script>'
    blocks = page(bad + bad.replace('{"name": }', PRODUCT)).json_ld
    assert [b.problem is None for b in blocks] == [False, True]
    assert blocks[0].problem == "is not JSON at character 9"
    for block, text in zip(blocks, ('{"name": }', PRODUCT), strict=True):
        assert page(bad + bad.replace('{"name": }', PRODUCT)).body[slice(*block.span)] == text.encode()


def test_depth_and_size_are_limited() -> None:
    """65 levels, 100,000 levels, 2 MiB and a missing end tag are problems, not crashes."""

    def problem(text: str, end: str = "</script>") -> str | None:
        return page(f'<script type="application/ld+json">{text}{end}').json_ld[0].problem

    assert problem("[" * 64 + "]" * 64) is None
    assert "64 levels" in (problem("[" * 66 + "]" * 66) or "")
    assert problem("[" * 100_000 + "]" * 100_000)
    assert problem('{"a":' * 100_000)
    assert "larger than" in (problem(f'"{"x" * 2_100_000}"') or "")
    assert problem(PRODUCT, "") == "has no end tag"


def test_blocks_are_decoded_with_the_page() -> None:
    """A block in an EUC-JP, Shift_JIS or seven-bit page is Japanese, not rubbish."""
    body = '<html><p>これは在庫ありの商品です</p><script type="application/ld+json">{"name": "商品名"}</script>'
    for encoding in ("euc_jp", "cp932", "iso2022_jp", "utf-8"):
        (block,) = page(body.encode(encoding)).json_ld
        assert block.values == ({"name": "商品名"},), encoding


def test_finding_needs_no_tree() -> None:
    """JSON-LD is read from the bytes alone."""
    looked = page(f'<script type="application/ld+json">{PRODUCT}</script>')
    assert looked.json_ld and "dom" not in vars(looked)


@pytest.mark.parametrize(
    "filler",
    [
        b"ld+json ",
        b'<script type="application/ld+json"',
        b"<!--",
        b"<script>",
        b'<script type="application/ld+json">{</script>',
        b'<!--<script type="application/ld+json">',
        b"<template>",
        b'<meta content="',
        b"canonical <link ",
    ],
)
def test_hostile_bytes_take_linear_time(filler: bytes) -> None:
    """5 MiB of half-open marks are looked through in a moment."""
    looked = page(b"<html>" + filler * (5 * 2**20 // len(filler)))
    begun = time.process_time()
    assert len(looked.json_ld) <= 64
    assert looked.head.canonical is None and looked.head.meta("og:url") is None
    assert time.process_time() - begun < 2


@pytest.mark.parametrize(
    "text", ["," * 500_000, '"' * 500_000, "/*" * 300_000, "//" * 300_000, "{" + " ," * 300_000, "\\" * 500_000]
)
def test_mending_takes_linear_time(text: str) -> None:
    """Text that fights the mending is given up on quickly."""
    begun = time.process_time()
    assert page(f'<script type="application/ld+json">{text}</script>').json_ld[0].problem
    assert time.process_time() - begun < 2


def test_data_is_told_from_pages() -> None:
    """The type, or the first byte where there is none, tells data from a page; data must parse entirely."""
    assert page('{"stock": 1}').json == {"stock": 1}
    assert page(" [1]").is_json
    assert page("x", headers={"content-type": "application/vnd.api+json; charset=utf-8"}).is_json
    assert not page("{x}", headers={"content-type": "text/html"}).is_json
    assert page("<p>").json is None
    cut = page('{"stock": 1')
    assert cut.is_json and cut.json is None and not cut.complete
    assert page('{"stock": 1}').complete
    assert page("[" * 100_000).json is None
    assert page(json.dumps({"a": "在庫"}, ensure_ascii=False).encode("cp932")).is_json


def test_only_a_page_that_ends_is_complete() -> None:
    """Framed by the transport, or `</html` in the last KiB; nothing else counts (T3)."""
    assert page("<html>cut", framed=True).complete
    assert not page("<html>cut", framed=False).complete
    assert page("<html></HTML>\n", framed=False).complete
    assert not page("<html></html>" + " " * 1100, framed=False).complete


def test_the_head_is_read_from_bytes() -> None:
    """Canonical address and meta tags come decoded, the commented and those of the body left out."""
    looked = page(
        '<html><head><title> A &amp;\n B </title><!-- <link rel="canonical" href="/wrong"><meta property="og:url" content="/no"> -->'
        "<link href='/item/1?a=1&amp;b=2' rel='alternate canonical'><meta content=\"a > b\" PROPERTY=og:title />"
        '</head><body><meta property="og:url" content="/body"></body></html>'
    )
    assert looked.head.title == "A & B"
    assert looked.head.canonical == "/item/1?a=1&b=2"
    assert looked.head.meta("og:title") == "a > b"
    assert looked.head.meta("og:url") is None


def test_the_address_asked_for_is_remembered() -> None:
    """A page knows whether it is where we asked."""
    assert not page("").redirected
    assert page("", requested_url="https://shop.example/other").redirected
