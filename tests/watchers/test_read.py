"""The whole reading path is pure and truthful: every state of a small shop is read right, and no change to a page that
takes the goods away leaves a yes."""

import re
import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.watchers.reading import KETTLE, PAGES, URL, address, look, offer_data, product, saved
from watchers.model import Availability as A
from watchers.model import Cause, Evidence, Identity, Listing, Source
from watchers.page import Page
from watchers.reading import read
from watchers.shops import Told

EXPECTED = {
    "shopify-in": A.IN_STOCK, "shopify-sold-out": A.OUT_OF_STOCK, "woocommerce-out": A.OUT_OF_STOCK, "woocommerce-backorder": A.BACKORDER,
    "magento-low": A.IN_STOCK, "prestashop-out": A.OUT_OF_STOCK, "colorme-sold-out": A.OUT_OF_STOCK, "base-in": A.IN_STOCK, "stores-sold-out": A.OUT_OF_STOCK,
    "eccube-preorder": A.PREORDER, "makeshop-restock-mail": A.OUT_OF_STOCK, "electronics-backordered": A.BACKORDER, "electronics-paused": A.OUT_OF_STOCK,
    "lottery": A.LOTTERY, "invitation": A.INVITATION, "discontinued": A.DISCONTINUED, "store-only": A.IN_STORE_ONLY, "coming-soon": A.COMING_SOON,
    "marketplace-unavailable": A.OUT_OF_STOCK, "marketplace-unavailable-cart": A.BACKORDER, "soft-404": A.GONE, "search-results": A.UNKNOWN, "shell": A.UNKNOWN,
    "login": A.UNKNOWN, "contradiction": A.UNKNOWN, "streamed": A.IN_STOCK, "variants": A.IN_STOCK, "variants-all-out": A.OUT_OF_STOCK,
}  # fmt: skip
ORDERABLE = [name for name, state in EXPECTED.items() if state.is_orderable]
REFUSED = [name for name, state in EXPECTED.items() if state.is_verdict and not state.is_orderable]


def read_saved(name: str) -> object:
    return look(saved(name), address(name))


@pytest.mark.parametrize("name", EXPECTED)
def test_each_of_our_pages_reads_as_a_shopper_would(name: str) -> None:
    """Shop software of many makes, each state once; every no-verdict has a cause and says what was missing."""
    reading = look(saved(name), address(name))
    assert reading.availability is EXPECTED[name], (reading.detail, reading.evidence)
    if reading.availability.is_verdict:
        assert reading.cause is None and reading.evidence and reading.offers
        assert reading.offers[0].availability is reading.availability
    else:
        assert reading.cause is not None and len(reading.detail) > 10


def test_every_page_of_ours_has_its_case() -> None:
    """A page without an expectation proves nothing."""
    assert {path.stem for path in PAGES.glob("*.html")} == EXPECTED.keys()


@pytest.mark.parametrize("name", EXPECTED)
def test_reading_is_pure(name: str) -> None:
    """The same page reads the same, twice over, from the same object and from a new one."""
    page = Page(address(name), saved(name))
    listing = Listing(address(name))
    first = read(page, listing)
    assert read(page, listing) == first == read(Page(address(name), saved(name)), listing)


def test_offers_carry_price_quantity_and_currency() -> None:
    """What the block shows of price and of pieces left is in the offer."""
    offer = look(saved("base-in")).offers[0]
    assert (offer.price, offer.currency, offer.quantity) == (1650, "JPY", 3)
    offer = look(saved("magento-low")).offers[0]
    assert (offer.price, offer.currency, offer.quantity) == (199, "EUR", 3)


@pytest.mark.parametrize("name", ORDERABLE)
def test_a_truncated_page_says_yes_only_with_its_whole_block(name: str) -> None:
    """Cut at any byte, a page that can be ordered says yes only if its whole product block was there."""
    whole = saved(name)
    for cut in range(0, len(whole), 7):
        part = whole[:cut]
        unframed = look(part, address(name), framed=False)
        assert not unframed.availability.is_orderable or b"</html" in part
        if look(part, address(name)).availability.is_orderable:
            assert b"</body" in part or len(part) > whole.index(b"</form" if b"</form" in whole else b"</main"), cut


def test_an_unframed_page_without_its_end_is_truncated() -> None:
    """A body that only ended because the connection closed needs its end tag."""
    reading = look(saved("shopify-in")[:-200], KETTLE, framed=False)
    assert (reading.availability, reading.cause) == (A.UNKNOWN, Cause.TRUNCATED)


def _edit(body: bytes, pattern: str, replacement: str) -> bytes:
    changed, count = re.subn(pattern.encode(), replacement.encode(), body)
    assert count
    return changed


@pytest.mark.parametrize("name", ORDERABLE)
@pytest.mark.parametrize("change", ["hidden", "disabled", "removed", "class", "template"])
def test_hiding_or_disabling_the_order_control_takes_the_yes_away(name: str, change: str) -> None:
    """Where the control goes, the yes goes, unless a stock phrase and the data still agree."""
    body = saved(name)
    control = r'<(button|input|a)\b(?=[^>]*(?:type="?submit|type="?button|role="?button|id="purchase|id="add|<span>))([^>]*)>' if name != "variants" else r"<(button)\b([^>]*)>"  # fmt: skip
    if change == "removed":
        changed = _edit(body, control, r"<span>")
        changed = re.sub("カートに入れる|予約する|抽選に申し込む".encode(), b"", changed)
        changed = re.sub(rb"Add to (?:cart|basket)|In den Warenkorb", b"", changed)
    elif change == "template":
        changed = _edit(body, control, r"<template><\1\2></template><b hidden>")
    else:
        attribute = {"hidden": "hidden", "disabled": "disabled", "class": 'class="hide"'}[change]
        changed = _edit(body, control, rf"<\1 {attribute} \2>")
    reading = look(changed, address(name))
    if b'id="product-addtocart-button"' in changed and change == "disabled":
        return  # Magento 2 sends it so; see the next test
    assert not reading.availability.is_orderable or _agreed_without_control(reading.evidence), reading.evidence


def test_a_button_that_waits_for_its_script_is_neither_yes_nor_no() -> None:
    """Magento 2 sends its order button disabled, in stock or not: the words and the data beside it decide."""

    def shown(stock: str, words: str = "Add to Cart", head: str = "") -> A:
        button = f'<button id="product-addtocart-button" class="action tocart" disabled>{words}</button>'
        return look(product(f"<p>$20.00</p>{stock}{button}", head=head)).availability

    assert shown('<div class="stock"><span>In stock</span></div>') is A.IN_STOCK
    assert shown("", head=offer_data("InStock")) is A.IN_STOCK
    assert shown("") is A.UNKNOWN
    assert shown("", words="Out of Stock") is A.OUT_OF_STOCK
    assert shown('<div class="stock"><span>Out of stock</span></div>') in (A.OUT_OF_STOCK, A.UNKNOWN)


def test_a_form_whose_every_variation_is_sold_out_orders_nothing() -> None:
    """WooCommerce shows the order button of a variable product whatever its variations say; one that is left is enough."""

    def shown(*stock: str) -> A:
        data = ",".join(f"{{&quot;variation_id&quot;:7,&quot;is_in_stock&quot;:{one}}}" for one in stock)
        form = (
            f'<form class="variations_form cart" data-product_variations="[{data}]"><button>Add to cart</button></form>'
        )
        return look(product(f"<p>$20.00</p>{form}")).availability

    assert shown("false", "false") is A.OUT_OF_STOCK
    assert shown("false", "true") is A.IN_STOCK


def _agreed_without_control(evidence: tuple[Evidence, ...]) -> bool:
    words = any(e.source is Source.PHRASE and e.says.is_orderable for e in evidence)
    return words and any(e.source is Source.JSON_LD and e.says.is_orderable for e in evidence)


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("donor", ORDERABLE)
def test_a_block_of_other_goods_beside_it_makes_no_yes(name: str, donor: str) -> None:
    """A sold-out page stays sold out when any page's product part is added as a rail below it."""
    body = saved(name).decode("euc-jp" if name.startswith("colorme") else "utf-8")
    other = saved(donor).decode()
    inner = re.search(r"<body[^>]*>(.*)</body>", other, re.S)
    assert inner
    rail = re.sub(r"</?(?:main|h1)\b[^>]*>", "", inner.group(1))
    rail = f'<div class="unit"><a href="/p/other"><img src="o.jpg" alt=""></a><h3><a href="/p/other">Other</a></h3>{rail}</div>'
    page = body.replace("</body>", f"<section><h2>Related products</h2>{rail}</section></body>")
    raw = page.encode("euc-jp", "xmlcharrefreplace") if name.startswith("colorme") else page.encode()
    assert not look(raw, address(name)).availability.is_orderable


@pytest.mark.parametrize("name", ORDERABLE)
@pytest.mark.parametrize("refused", REFUSED)
def test_swapping_the_product_parts_swaps_the_verdict(name: str, refused: str) -> None:
    """The verdict follows the product's part of the page, not the data in the head that stayed behind."""
    head = re.search(rb"^.*?<body[^>]*>", saved(name), re.S)
    part = re.search(rb"<body[^>]*>(.*)$", saved(refused), re.S)
    assert head and part
    assert not look(head.group() + part.group(1), address(name)).availability.is_orderable


def test_data_alone_is_no_yes() -> None:
    """Structured data that claims InStock over a block that says nothing is told as such."""
    reading = look(product("<p>$20.00</p>", head=offer_data("InStock")))
    assert (reading.availability, reading.cause) == (A.UNKNOWN, Cause.NO_EVIDENCE)
    assert "no order button" in reading.detail and "json-ld" in reading.detail


def test_a_changed_id_is_another_product() -> None:
    """Identity comes before evidence: a page about something else says nothing about this listing."""
    known = Identity("Desk Lamp", frozenset({"sku:LAMP-1"}))
    head = offer_data("InStock").replace('"@type":"Product",', '"@type":"Product","sku":"CHAIR-9",')
    page = Page(URL, product("<p>$20.00</p><button>Add to cart</button>", head=head).encode())
    reading = read(page, Listing(URL), known)
    assert (reading.availability, reading.cause) == (A.UNKNOWN, Cause.IDENTITY)
    assert read(page, Listing(URL)).availability is A.IN_STOCK


def test_a_named_variant_must_be_told_apart() -> None:
    """A button for some variant is no yes for the one that the listing names."""
    page = Page(URL, product("<p>$20.00</p><button>Add to cart</button>").encode())
    reading = read(page, Listing(URL, variant="Red"))
    assert reading.availability is A.UNKNOWN and "Red" in reading.detail


class _Store:
    """A shop of one host, whose reader says what it was told to say."""

    name, hosts = "Store", ("shop.example",)

    def __init__(self, told: Told | None) -> None:
        self.told = told

    def product(self, url: str) -> str | None:
        return None

    def read(self, page: Page, listing: Listing) -> Told | None:
        return self.told


def test_a_shops_own_reader_settles_or_abstains() -> None:
    """What a shop's own reader finds stands above the generic evidence; where it abstains, the page is read as any other."""
    page = Page(URL, product("<p>$20.00</p><button>Add to cart</button>").encode())
    no = Evidence(A.OUT_OF_STOCK, Source.SHOP, "api", "qty 0")
    settled = read(page, Listing(URL), shop=lambda _: _Store(Told(A.OUT_OF_STOCK, (no,))))
    assert (settled.availability, settled.evidence) == (A.OUT_OF_STOCK, (no,))
    assert read(page, Listing(URL), shop=lambda _: _Store(None)).availability is A.IN_STOCK


def test_data_answers_have_no_generic_reader() -> None:
    """A JSON answer without a reader of its own is no verdict, and says so."""
    reading = look('{"available": true, "price": 100}', headers={"content-type": "application/json"})
    assert (reading.availability, reading.cause) == (A.UNKNOWN, Cause.NO_EVIDENCE)
    assert look('{"available": tr', headers={"content-type": "application/json"}).cause is Cause.TRUNCATED


@pytest.mark.parametrize("name", [n for n in REFUSED if n != "colorme-sold-out"])
def test_a_no_can_be_repeated_only_while_its_block_stands(name: str) -> None:
    """The stretches a "no" rests on hold the refusal and all JSON-LD; every change that makes a yes changes one of them."""
    body = saved(name)
    reading = look(body, address(name))
    if not reading.spans:
        return
    parts = [body[begin:end] for begin, end in reading.spans]
    held = b"".join(parts)
    assert all(body[begin:end] in held for begin, end in (block.span for block in Page(URL, body).json_ld))
    for pattern in (
        rb"Sold out",
        rb"SOLD OUT",
        rb" disabled(?:=\"disabled\")?",
        "販売休止中です".encode(),
        rb"Out of stock",
    ):
        restocked = re.sub(pattern, b"", body)
        if look(restocked, address(name)).availability.is_orderable:
            assert not all(part in restocked for part in parts)


def test_most_refusals_have_a_span() -> None:
    """The cheap repeat is worth its code only if it is possible; a yes never has one."""
    spans = [look(saved(name), address(name)).spans for name in REFUSED]
    assert sum(map(bool, spans)) > len(spans) / 2
    assert not any(look(saved(name), address(name)).spans for name in ORDERABLE)


HOSTILE = {
    "deep": "<div>" * 1_000_000,
    "deep and closed": "<div>" * 400_000 + "</div>" * 400_000,
    "deep behind junk": "<div></x>" * 500_000,
    "deep behind crossed tags": "<div></span>" * 200_000 + "<span></div>" * 200_000,
    "deep after junk": "</div>" * 300_000 + "<div>" * 300_000,
    "deep in part": "<p>x</p>" * 100_000 + "<div>" * 20_000 + "<p>x</p>" * 100_000,
    "wide": "<p>in stock</p>" * 350_000,
    "buttons": "<button>Add to cart</button>" * 180_000,
    "open links": "<a href=/p/1>" * 380_000,
    "cards": "<div class=c><a href=/p/1><img></a><a href=/p/1>Lamp</a><b>$1.00</b></div>" * 70_000,
    "one text": "out of stock if " * 330_000,
    "one control": "<div role=button>" + "Add to cart " * 400_000,
    "rail headings": "<h2>Related products</h2><b>$1</b>" * 150_000,
    "attributes": "<p " + " ".join(f"a{n}=1" for n in range(20_000)) + ">",
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_pages_cost_little_and_never_raise(name: str) -> None:
    """Five megabytes of the worst markup are read, or refused with a reason, in about a second."""
    page = product(f"<p>$20.00</p>{HOSTILE[name]}")
    began = time.process_time()
    reading = look(page)
    assert time.process_time() - began < 3  # one, on a machine that does nothing else
    assert reading.availability is not A.BLOCKED


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400), st.integers(0, 2_000))
def test_no_bytes_make_it_raise(noise: bytes, at: int) -> None:
    """Reading answers anything at all, and noise in a sold-out page makes no yes."""
    look(noise)
    body = saved("shopify-sold-out")
    at = min(at, len(body))
    assert not look(body[:at] + noise + body[at:], KETTLE).availability.is_orderable


def test_the_reading_names_title_and_identity() -> None:
    """Title, image and ids travel with the verdict."""
    reading = look(saved("shopify-in"), KETTLE)
    assert reading.title == "Blue Kettle" and "path:/products/blue-kettle" in reading.identity.ids
    assert replace(reading, evidence=()) != reading
