"""A shop's data is found by the id of its script and only there; what is cut, hidden or broken is not there."""

import json

import pytest

from tests.watchers.shops.making import html, script
from watchers.page import Page
from watchers.shops import island as of

URL = "https://shop.example/p/1"
DATA = {"item": {"name": "ランプ", "price": "1,980", "left": 3, "parts": [{"n": 1}, "x"]}}


def found(body: str | bytes) -> object:
    return of.island(Page(URL, body.encode() if isinstance(body, str) else body), "app-data")


def test_the_script_with_the_id_is_parsed() -> None:
    """Attributes in any order, quoting and case; other scripts with other ids are passed over."""
    data = json.dumps(DATA)
    assert found(html(script("other", {"item": 0}) + script("app-data", DATA))) == DATA
    assert found(html(f"<SCRIPT type='application/json' ID='app-data'>{data}</SCRIPT>")) == DATA
    assert found(html(f"<script id=app-data>{data}</script>")) == DATA


@pytest.mark.parametrize("body", [
    html(""),
    html('<div id="app-data">{"item": 1}</div>'),
    html(f"<!-- {script('app-data', DATA)} -->"),
    html(script("app-data-2", DATA)),
    html(f'<script data-for="app-data">{json.dumps(DATA)}</script>'),
    html('<script id="app-data">{"item": </script>'),
    html('<script id="app-data">' + "[" * 100_000 + "</script>"),
    html(script("app-data", DATA)).partition("</script>")[0],
])  # fmt: skip
def test_what_is_no_such_script_is_not_there(body: str) -> None:
    """Elsewhere, commented out, under another id, no JSON, too deep, or cut before its end."""
    assert found(body) is None


def test_an_island_past_its_cap_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cap is on the bytes between the tags."""
    body = html(script("app-data", {"a": "x" * 2_000}))
    assert found(body) is not None
    monkeypatch.setattr(of, "MOST_BYTES", 1_000)
    assert found(body) is None


def test_another_charset_is_read_as_the_page_is() -> None:
    """A page in EUC-JP carries its data in EUC-JP."""
    body = html(script("app-data", DATA)).replace('charset="utf-8"', 'charset="euc-jp"').encode("euc-jp")
    assert of.text(found(body), "item", "name") == "ランプ"


def test_ways_into_data_end_in_nothing_rather_than_in_an_error() -> None:
    """Missing keys, wrong types and odd numbers give None, an empty object or an empty list."""
    assert of.dig(DATA, "item", "parts", 0, "n") == 1
    assert of.dig(DATA, "item", "parts", 9, "n") is None
    assert of.dig(DATA, "item", "name", "first", default=7) == 7
    assert of.record(DATA, "item", "parts") == {}
    assert of.records(DATA, "item", "parts") == [{"n": 1}]
    assert (of.whole(DATA, "item", "left"), of.whole(DATA, "item", "name")) == (3, None)
    assert of.price(DATA, "item", "price") == 1980
    bad = [True, None, "", "free", -1, "NaN", "Infinity", 10**13, [1], {"a": 1}]
    assert [of.price({"p": value}, "p") for value in bad] == [None] * len(bad)
    assert str(of.price({"p": 4516.0}, "p")) == "4516"
    assert of.text({"t": "  あ　い\n う "}, "t") == "あ　い う"
