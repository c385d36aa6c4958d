"""The state behind a page's scripts speaks only of the listing's own product, by known names, and never alone for a yes."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from tests.watchers.reading import look
from watchers.model import Availability as A
from watchers.model import Listing, Source
from watchers.page import Page
from watchers.readers.appstate import read_state

URL = "https://shop.example/products/desk-lamp-4711"
TITLE = "Desk Lamp with a long arm"
PRODUCT = {"id": "4711", "name": TITLE, "inStock": True, "price": {"value": 49.9, "currency": "EUR"}}


def carried(state: object, how: str = "next") -> str:
    """A page drawn by script that carries this state in the way of some framework."""
    text = json.dumps(state)
    row = json.dumps(f"5:{text}\n")
    cut = row.index(", ")
    script = {
        "next": f'<script id="__NEXT_DATA__" type="application/json">{text}</script>',
        "stream": f'<script>self.__next_f.push([1,{row[:cut]}"])</script>'
        f'<script>self.__next_f.push([1,"{row[cut:]})</script>',
        "assigned": f"<script>window.__INITIAL_STATE__ = {text};(function(){{}})()</script>",
        "parsed": f"<script>window.__PRELOADED_STATE__=JSON.parse({json.dumps(text)})</script>",
        "var": f"<script>var productData = {text}</script>",
        "nuxt": '<script id="__NUXT_DATA__" type="application/json">[["Reactive",1],{"product":2},'
        '{"id":3,"name":4,"inStock":5},"4711","Desk Lamp with a long arm",true]</script>',
    }[how]
    return f"<!doctype html><html><head><title>{TITLE} | Shop</title></head><body><div id=root></div>{script}</body></html>"


def state(page: str, listing: Listing | None = None) -> list[tuple[A, str]]:
    found = read_state(Page(URL, page.encode()), listing or Listing(URL), [TITLE])
    assert all(one.source is Source.APP_STATE for one in found.evidence)
    return [(one.says, one.words) for one in found.evidence]


@pytest.mark.parametrize("how", ["next", "stream", "assigned", "parsed", "var", "nuxt"])
def test_state_is_found_however_it_is_carried(how: str) -> None:
    """Scripts of data, streams in pieces, assignments, parsed strings and Nuxt's flat lists."""
    assert state(carried({"props": {"pageProps": {"product": PRODUCT}}}, how)) == [(A.IN_STOCK, "instock: True")]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"soldOut": True}, A.OUT_OF_STOCK),
        ({"stockStatus": "OUT_OF_STOCK"}, A.OUT_OF_STOCK),
        ({"availability": "https://schema.org/PreOrder"}, A.PREORDER),
        ({"inventoryQuantity": 0}, A.OUT_OF_STOCK),
        ({"is_in_stock": True, "is_on_backorder": True}, A.BACKORDER),
        ({"stock": {"stockLevelStatus": "lowStock"}}, A.IN_STOCK),
        ({"inStock": True, "soldOut": True}, None),  # two fields that disagree say nothing
        ({"quantity": 1}, None),  # of a cart, or of a pack
        ({"isPublished": True, "visible": True}, None),
        ({"soldOut": False}, None),  # not sold out is no stock
    ],
)
def test_only_known_fields_count(fields: dict[str, object], says: A | None) -> None:
    """What can be bought is an allow-list of names and values."""
    found = state(carried({"product": {"id": "4711", "name": TITLE, **fields}}))
    assert [one for one, _ in found] == ([says] if says else [])


@pytest.mark.parametrize("key", ["recommendations", "relatedProducts", "recentlyViewed", "cart", "upsell"])
def test_other_goods_are_no_evidence(key: str) -> None:
    """The state of a rail says nothing, not even about the same id; nor does another product anywhere."""
    assert state(carried({"page": {key: [PRODUCT]}})) == []
    assert state(carried({"page": {"products": [{**PRODUCT, "id": "99", "name": "Chair"}]}})) == []


def test_any_variant_will_do_unless_one_is_asked_for() -> None:
    """Variants are offers of their own."""
    variants = [{"title": "Red", "available": False}, {"title": "Blue", "available": True}]
    page = carried({"product": {"id": "4711", "variants": variants}})
    assert [says for says, _ in state(page)] == [A.IN_STOCK]
    assert [says for says, _ in state(page, Listing(URL, variant="Red"))] == [A.OUT_OF_STOCK]
    assert state(page, Listing(URL, variant="Green")) == []


def test_state_alone_is_no_yes_for_a_page() -> None:
    """The page is drawn by script: its state and its structured data must agree; a hidden button shows that it is not."""
    data = '<script type="application/ld+json">{"@type":"Product","name":"%s","offers":{"availability":"%s"}}</script>'
    page = carried({"product": PRODUCT})
    assert look(page, URL).availability is A.UNKNOWN
    agreed = page.replace("</head>", data % (TITLE, "InStock") + "</head>")
    reading = look(agreed, URL)
    assert (reading.availability, reading.offers[-1].price) == (A.IN_STOCK, Decimal("49.9"))
    assert not look(agreed.replace("InStock", "OutOfStock"), URL).availability.is_orderable
    hidden = agreed.replace("<div id=root>", "<div id=root><button hidden>Add to cart</button>")
    assert look(hidden, URL).availability is A.UNKNOWN
    told = "".join(f"<p>Line {n} about the lamp</p>" for n in range(20))
    emptied = agreed.replace("<div id=root>", f"<h1>{TITLE}</h1><p>€49.90</p>{told}<div id=root>")
    assert look(emptied, URL).availability is A.UNKNOWN  # it shows its product, and no way to order it
    away = carried({"product": {**PRODUCT, "inStock": False}})
    assert look(away, URL).availability is A.OUT_OF_STOCK


def test_an_answer_that_is_one_product_is_read() -> None:
    """A shop's own product endpoint; a list of several, or fields that say nothing, stay no verdict."""
    headers = {"content-type": "application/json"}
    shop = {
        "id": 9,
        "handle": "desk-lamp",
        "available": True,
        "variants": [{"id": 1, "available": True, "price": 4990}],
    }
    assert look(json.dumps(shop), URL, headers=headers).availability is A.IN_STOCK
    assert (
        look(json.dumps({"product": {**shop, "available": False, "variants": []}}), URL, headers=headers).availability
        is A.OUT_OF_STOCK
    )
    store = [
        {"id": 9, "is_in_stock": True, "prices": {"price": "4990", "currency_code": "EUR", "currency_minor_unit": 2}}
    ]
    reading = look(json.dumps(store), URL, headers=headers)
    assert (reading.availability, reading.offers[0].price) == (A.IN_STOCK, Decimal("49.90"))
    assert look(json.dumps([shop, shop]), URL, headers=headers).availability is A.UNKNOWN
    assert (
        look(json.dumps({"id": 9, "variants": [{"id": 1, "price": "49.90"}]}), URL, headers=headers).availability
        is A.UNKNOWN
    )


@pytest.mark.parametrize("broken", ['{"a":', "[" * 5000, '{"a":1}}}', "window.x={a:1}", '"' * 100])
def test_what_does_not_parse_is_left_alone(broken: str) -> None:
    """Code, cut data and nested brackets raise nothing and say nothing."""
    page = (
        f'<html><title>{TITLE}</title><script type="application/json">{broken} inStock stock available</script></html>'
    )
    assert state(page) == []
    assert state(page.replace(' type="application/json"', "").replace(broken, f"window.__STATE__ = {broken}")) == []
