"""A page that nests deeper than the parser can bear is refused before it is parsed; ordinary pages hardly pay for the look."""

import random
import time

import pytest
from selectolax.lexbor import LexborHTMLParser

from watchers import nesting
from watchers.nesting import too_deep

FLAT = b"<li class=x><b>name</b> <i>20</i></li>"
HARMLESS = 12_000


@pytest.mark.parametrize("filler", [b"", FLAT * 4_000, b"<p>word" * 30_000])
@pytest.mark.parametrize("deep", [b"<div>", b"<DIV><span>", b"<div></x>", b"<div></span>", b"<my-part a='>'>"])
def test_depth_is_found_wherever_it_stands(filler: bytes, deep: bytes) -> None:
    """Twenty thousand open elements before, between or after others, with or without end tags that close nothing."""
    nest = deep * 40_000
    assert too_deep(nest + filler) and too_deep(filler + nest) and too_deep(filler + nest + filler)


@pytest.mark.parametrize(
    "page",
    [
        FLAT * 40_000,
        b"<div>" * 300 + FLAT * 20_000 + b"</div>" * 300,
        b"<div><p>a<br><img src=x></div>" * 20_000,
        b"<DIV><p>a</p></div>" * 20_000,
        b"<ul><li>a<li>b</ul>" * 20_000,
        b"<script>if (a < b) c</script><p>x</p>" * 20_000,
    ],
)
def test_a_long_page_is_not_a_deep_one(page: bytes) -> None:
    """Size alone, and the end tags that people leave out, refuse no page."""
    assert not too_deep(page)


def test_what_is_let_through_parses_quickly() -> None:
    """The worst page just below the limit costs the parser less than a second on a machine that does nothing else."""
    page = b"<div></p>" * (HARMLESS - 100)
    assert not too_deep(page)
    began = time.process_time()
    LexborHTMLParser(page)
    assert time.process_time() - began < 3


def test_the_quick_bound_is_never_below_the_true_climb() -> None:
    """What stretches of tags are thought to climb is at least what they climb, whatever their order."""
    chance = random.Random(7)
    for _ in range(200):
        weights = {name: chance.randrange(-900, 900) for name in (b"<a", b"</a", b"<b", b"</b", b"<c")}
        tags = chance.choices(list(weights), k=chance.randrange(1, 60))
        size = chance.randrange(1, 20)
        stretches = [nesting.Counter(tags[at : at + size]) for at in range(0, len(tags), size)]
        total = lowest = climb = 0
        for tag in tags:
            total += weights[tag]
            lowest = min(lowest, total)
            climb = max(climb, total - lowest)
        assert nesting._highest(stretches, weights) >= climb
