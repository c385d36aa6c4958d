"""A no is repeated on the strength of a slice of the page only where a reading of the whole page says the same no."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.shop import product_page
from watchers.memory import Memory
from watchers.model import Availability, Listing, Validators
from watchers.page import Page
from watchers.reading import read

URL = "https://shop.example/item/1"
HEADERS = {"content-type": "text/html; charset=utf-8"}
Edit = Callable[[str], str]


def page(text: str) -> Page:
    return Page(URL, text.encode(), headers=HEADERS)


def remembered(text: str) -> Memory:
    seen = page(text)
    reading = read(seen, Listing(URL))
    assert reading.availability is Availability.OUT_OF_STOCK
    return Memory.of(reading, seen, Validators(), 0.0)


def sold_out(**more: object) -> str:
    return product_page(state="out_of_stock", **more).decode()  # type: ignore[arg-type]


def before(mark: str, new: str) -> Edit:
    return lambda text: text.replace(mark, new + mark, 1)


def instead(old: str, new: str) -> Edit:
    return lambda text: text.replace(old, new, 1)


ORDER = '<form action="/cart/add" method="post"><button type="submit">カートに入れる</button></form>'
QUIET: dict[str, Edit] = {
    "price": instead("52,800", "49,800"),
    "price in the data": instead('"52800"', '"49800"'),
    "token": before("</form>", '<input type="hidden" name="token" value="c4f1">'),
    "token anew": instead('value="HP-1001"', 'value="c4f1"'),
    "counter": before("</main>", "<p>31人がこの商品を見ています</p>"),
    "review": before("</main>", "<p>とても良い商品でした。</p>"),
    "wrapper": before("<h1>", "<div class=row></div>"),
}
LOUD: dict[str, Edit] = {
    "order button": before("</main>", ORDER),
    "order button first": before("<h1>", ORDER),
    "enabled": instead("disabled>売り切れ", ">カートに入れる"),
    "in stock": instead("在庫切れ　次回入荷は未定です", "在庫あり"),
    "phrase gone": instead("在庫切れ　次回入荷は未定です", ""),
    "hidden phrase": instead('<p class="stock">', '<p class="stock" hidden>'),
    "block in a template": lambda text: text.replace("<h1>", "<template><h1>", 1).replace(
        "</main>", "</template></main>", 1
    ),
    "commented out": lambda text: text.replace('<p class="stock">', '<!--<p class="stock">', 1).replace(
        "</form>", "</form>-->", 1
    ),
    "another product": instead("<h1>", "<h1>別の"),
    "a token that is none": instead('type="submit" class="order" disabled', 'type="hidden" class="order"'),
    "data in stock": instead("OutOfStock", "InStock"),
    "back on order": instead("在庫切れ　次回入荷は未定です", "お取り寄せ"),
}


@pytest.mark.parametrize("name", QUIET)
def test_what_says_nothing_of_stock_costs_no_reading(name: str) -> None:
    """Amounts, tokens, counters and reviews in the block change, and the no is repeated."""
    old = sold_out()
    new = QUIET[name](old)
    assert new != old
    assert remembered(old).same_no(new.encode())


@pytest.mark.parametrize("name", LOUD)
def test_what_may_turn_a_no_is_read_at_once(name: str) -> None:
    """Whatever could make it a yes, or another product, is not repeated at the very next look."""
    old = sold_out()
    new = LOUD[name](old)
    assert new != old
    assert not remembered(old).same_no(new.encode())


@pytest.mark.parametrize("state", ["in_stock", "preorder", "backorder"])
@pytest.mark.parametrize("lang", ["ja", "en"])
def test_a_return_is_seen_at_the_very_next_look(state: str, lang: str) -> None:
    """The page as the shop shows it when the thing is back."""
    old = product_page(state="out_of_stock", lang=lang).decode()
    assert not remembered(old).same_no(product_page(state=state, lang=lang))


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.lists(st.sampled_from([*QUIET.values(), *LOUD.values()]), min_size=1, max_size=4),
    st.integers(0, 30),
    st.sampled_from(["utf-8", "euc-jp", "cp932"]),
)
def test_a_repeated_no_is_what_a_full_reading_says(edits: list[Edit], filler: int, charset: str) -> None:
    """Whatever was edited, and in whatever order: if the slice repeats the no, the whole page says no as well."""
    old = sold_out(filler_kb=filler)
    new = old
    for edit in edits:
        new = edit(new)
    headers = {"content-type": f"text/html; charset={charset}"}
    kept, changed = (
        Page(URL, text.replace('charset="utf-8"', "").encode(charset, "replace"), headers=headers)
        for text in (old, new)
    )
    reading = read(kept, Listing(URL))
    if Memory.of(reading, kept, Validators(), 0.0).same_no(changed.body):
        assert read(changed, Listing(URL)).availability is reading.availability
