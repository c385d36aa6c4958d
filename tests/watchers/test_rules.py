"""The user's own rules: a verdict rests on something present and shown, stands above other evidence, and below every doubt about the page."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, replace
from decimal import Decimal

import pytest

from tests.watchers.reading import URL, offer_data, product
from watchers.model import Availability, Cause, Condition, Evidence, Identity, Listing, Offer, Reading, Rules, Source
from watchers.page import Page
from watchers.readers.ruling import RuleMistake, parse_rule
from watchers.reading import read
from watchers.shops import Told

YES, NO, UNKNOWN = Availability.IN_STOCK, Availability.OUT_OF_STOCK, Availability.UNKNOWN
BUY = '<button class="buy" type="submit">Order now</button>'
GONE = '<p class="soldout">SOLD OUT</p>'


def rules(*, yes: str | list[str] = (), no: str | list[str] = (), price: str | list[str] = ()) -> Rules:  # type: ignore[assignment]
    def parsed(some: str | list[str], decides: bool) -> tuple[object, ...]:
        return tuple(parse_rule(one, decides=decides) for one in ([some] if isinstance(some, str) else some))

    return Rules(parsed(yes, True), parsed(no, True), parsed(price, False))  # type: ignore[arg-type]


def look(body: str | bytes | dict[str, object], known: Identity | None = None, /, **chosen: object) -> Reading:
    """Read a page, or a JSON answer, with rules."""
    answer: dict[str, object] = {k: chosen.pop(k) for k in ("status", "headers", "framed") if k in chosen}
    url = str(chosen.pop("url", URL))
    raw = json.dumps(body).encode() if isinstance(body, dict) else body.encode() if isinstance(body, str) else body
    return read(Page(url, raw, **answer), Listing(url, rules=rules(**chosen)), known)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "rule",
    [
        "css: .product > button.buy:not([disabled])",
        "xpath: //div[@class='product']//button[contains(@class, 'buy')]",
        "xpath: //button/text()[contains(., 'Order')]",
        'regex: <button[^>]*class="buy"',
        "text: ＯＲＤＥＲ　ＮＯＷ",
        "jmes(#state): item.stock > `0`",
        "jmes(#assigned): variants[].available",
    ],
)
def test_each_kind_finds_what_is_there(rule: str) -> None:
    """The same rule settles a yes or a no, names what it found, and finds nothing on a page without it."""
    data = '<script id="state">{"item": {"stock": 3}}</script>'
    data += '<script id="assigned">window.data = {"variants": [{"available": false}, {"available": true}]};</script>'
    for said, chosen in ((YES, {"yes": rule}), (NO, {"no": rule})):
        reading = look(product(BUY + data), **chosen)  # type: ignore[arg-type]
        assert reading.availability is said, reading
        assert reading.evidence[0].source is Source.RULE
        assert reading.evidence[0].says is said
        assert rule in reading.evidence[0].where
    empty = product(
        "<p>Nothing</p>"
        '<script id="state">{"item": {"stock": 0}}</script>'
        '<script id="assigned">window.data = {"variants": [{"available": false}]};</script>'
    )
    reading = look(empty, yes=rule, no="css: .soldout")
    assert (reading.availability, reading.cause) == (UNKNOWN, Cause.NO_EVIDENCE)
    assert rule in reading.detail
    assert "css: .soldout" in reading.detail


def test_both_is_unknown_and_names_both() -> None:
    reading = look(product(BUY + GONE), yes="css: button.buy", no=["css: .nowhere", "text: sold out"])
    assert (reading.availability, reading.cause) == (UNKNOWN, Cause.NO_EVIDENCE)
    assert "in_stock_when css: button.buy" in reading.detail
    assert "sold_out_when text: sold out" in reading.detail
    assert not reading.offers


@pytest.mark.parametrize("rule", ["css: .buy", "xpath: //*[@class='buy']", "text: order now"])
@pytest.mark.parametrize(
    "veil",
    [
        "<div hidden>%s</div>",
        '<div style="display:none">%s</div>',
        "<noscript>%s</noscript>",
        "<dialog>%s</dialog>",
        '<div aria-hidden="true">%s</div>',
    ],
)
def test_what_is_hidden_does_not_count(rule: str, veil: str) -> None:
    """A hidden button and a hidden refusal are no evidence, whichever parser found them."""
    page = product(veil % BUY)
    reading = look(page, yes=rule, no="css: .soldout")
    assert (reading.availability, reading.cause) == (UNKNOWN, Cause.NO_EVIDENCE)
    assert look(page, yes="css: .lamp", no=rule).availability is UNKNOWN
    if not rule.startswith("text"):
        assert "is there, but hidden" in reading.detail


@pytest.mark.parametrize("rule", ["css: .buy", "xpath: //*[@class='buy']", "css: .buy span", "xpath: //span"])
@pytest.mark.parametrize(
    "control",
    [
        '<button class="buy" disabled><span>Order now</span></button>',
        '<a role="button" class="buy" aria-disabled="true"><span>Order now</span></a>',
        '<fieldset disabled><button class="buy"><span>Order now</span></button></fieldset>',
    ],
)
def test_a_disabled_control_is_no_yes(rule: str, control: str) -> None:
    """It may still show that a thing is sold out."""
    reading = look(product(control), yes=rule, no="css: .soldout")
    assert (reading.availability, reading.cause) == (UNKNOWN, Cause.NO_EVIDENCE)
    assert "is there, but disabled" in reading.detail
    assert look(product(control), no=rule).availability is NO


def test_one_side_alone_settles_its_side_and_leaves_the_rest_to_the_readers() -> None:
    """A page that the rule does not find is read as any other is."""
    sold_out = product(offer_data("OutOfStock") + "<p>Sold out</p>")
    assert look(sold_out, yes="css: .nowhere").availability is NO
    assert look(sold_out, yes="css: h1").availability is YES
    on_sale = product('<form action="/cart"><p>€20.00</p><button>Add to cart</button></form>' + offer_data("InStock"))
    assert look(on_sale, no="css: .nowhere").availability is YES
    assert look(on_sale, no="css: h1").availability is NO


def test_rules_stand_above_the_page_s_own_data_and_take_the_rest_from_it() -> None:
    reading = look(product(BUY + offer_data("OutOfStock")), yes="css: .buy")
    assert reading.availability is YES
    (offer,) = reading.offers
    assert (offer.availability, offer.price, offer.currency) == (YES, Decimal(20), "EUR")
    assert reading.title == "Desk Lamp"
    assert [e.source for e in reading.evidence] == [Source.RULE, Source.JSON_LD]


def test_every_doubt_about_the_page_comes_first() -> None:
    """A status, a cut, unreadable text, another product, or a page that says it is gone: no rule makes a yes of it."""
    page = product(BUY)
    assert look(page, yes="css: .buy").availability is YES
    assert look(page, yes="css: .buy", status=503).availability is Availability.BLOCKED
    assert look(page, yes="css: .buy", status=404).availability is Availability.GONE
    assert look(page[:-30], yes="css: .buy", framed=False).cause is Cause.TRUNCATED
    for cut in range(page.index(BUY) + len(BUY), page.index("</body>")):
        assert look(page[:cut], yes="css: .buy").availability is not YES or "</div>" in page[:cut]
    other = '<link rel="canonical" href="https://shop.example/p/another-one">'
    assert look(product(BUY, head=other), yes="css: .buy").cause is Cause.IDENTITY
    gone = look(product(BUY, title="404 Page not found"), yes="css: .buy")
    assert (gone.availability, gone.cause) == (Availability.GONE, Cause.HTTP)


@dataclass(frozen=True)
class OneShop:
    """A shop whose reader always says the same."""

    told: Told
    name: str = "One"
    hosts: tuple[str, ...] = ("shop.example",)

    def product(self, url: str) -> str | None:
        return None

    def read(self, page: Page, listing: Listing) -> Told | None:
        return self.told


@pytest.mark.parametrize("cause", [Cause.IDENTITY, Cause.BLOCKED, Cause.HTTP, Cause.NO_EVIDENCE])
def test_a_shop_s_doubt_about_the_page_comes_first_and_its_doubt_about_the_stock_does_not(cause: Cause) -> None:
    told = Told(UNKNOWN, cause=cause, detail="the shop's own word")
    listing = Listing(URL, rules=rules(yes="css: .buy"))
    reading = read(Page(URL, product(BUY).encode()), listing, shop=lambda url: OneShop(told))
    assert (reading.availability is YES) == (cause is Cause.NO_EVIDENCE)
    assert reading.cause is (None if cause is Cause.NO_EVIDENCE else cause)


def test_of_several_offers_only_what_they_share_is_known() -> None:
    """A rule does not say which seller it speaks of, and no price is mixed of two; the variant is the listing's."""
    offers = (
        Offer(NO, Decimal(20), "EUR", seller="One", condition=Condition.NEW),
        Offer(NO, Decimal(20), "USD", seller="Two", condition=Condition.NEW),
    )
    told = Told(NO, offers=offers, evidence=(Evidence(NO, Source.SHOP, "here", "no"),))
    listing = Listing(URL, variant="blue", rules=rules(yes="css: .buy"))
    reading = read(Page(URL, product(BUY).encode()), listing, shop=lambda url: OneShop(told))
    assert reading.offers == (Offer(YES, condition=Condition.NEW, variant="blue"),)
    priced = replace(listing, rules=rules(yes="css: .buy", price="regex: Desk"))
    assert read(Page(URL, product(BUY).encode()), priced, shop=lambda url: OneShop(told)).offers[0].price is None


def test_a_part_of_a_page_needs_no_end() -> None:
    """Some shops answer with the product block alone."""
    assert look(f"<div>{BUY}</div>", yes="css: .buy").availability is YES


@pytest.mark.parametrize("key", ["yes", "no"])
def test_a_pattern_past_its_time_is_a_rule_error_that_names_it(key: str) -> None:
    """F4: it ends, and it is no verdict, whatever the other rules find."""
    rule = "regex: (a|aa)+$"
    reading = look(product(BUY + "<p>" + "a" * 400 + "!</p>"), **{"yes": "css: .buy", key: rule})
    assert (reading.availability, reading.cause) == (UNKNOWN, Cause.RULE_ERROR)
    assert rule in reading.detail
    assert "250 ms" in reading.detail


@pytest.mark.parametrize(
    ("body", "rule", "words"),
    [
        (product(BUY), "jmes: stock", "the answer is a page, not JSON"),
        ({"stock": 1}, "css: .buy", "the answer is JSON, not a page"),
        ({"stock": 1}, "xpath: //p", "the answer is JSON, not a page"),
        ({"stock": 1}, "text: stock", "the answer is JSON, not a page"),
        ({"stock": 1}, "jmes: length(stock) > `0`", "cannot be worked out on this answer"),
        (product("<script id=s>let x = 5;</script>"), "jmes(#s): stock", "holds no JSON"),
        (product(f"<script id=s>{'[' * 99}{']' * 99}</script>"), "jmes(#s): stock", "nested too deeply"),
    ],
)
def test_a_rule_that_cannot_be_asked_is_a_rule_error(body: str | dict[str, object], rule: str, words: str) -> None:
    reading = look(body, yes=rule)
    assert (reading.availability, reading.cause) == (UNKNOWN, Cause.RULE_ERROR)
    assert f'in_stock_when "{rule}"' in reading.detail
    assert words in reading.detail


@pytest.mark.parametrize(
    ("stock", "said"),
    [
        (1, YES), (True, YES), ("yes", YES), ([0, 2], YES), ({"shop": 1}, YES),
        (0, UNKNOWN), (False, UNKNOWN), (None, UNKNOWN), ("", UNKNOWN), ("false", UNKNOWN), ([], UNKNOWN), ([0, False], UNKNOWN), ({}, UNKNOWN),
    ],
)  # fmt: skip
def test_a_json_answer(stock: object, said: Availability) -> None:
    """What is false, empty or nothing but that is no match; a list says yes when one of its values does."""
    assert look({"item": {"stock": stock}}, yes="jmes: item.stock").availability is said


def test_a_json_answer_with_its_price() -> None:
    reading = look(
        {"price": {"value": 4980, "code": "JPY"}, "state": "sold"},
        no="jmes: state == 'sold'",
        price="jmes: price.value",
        url="https://shop.example.jp/api/1",
    )
    assert reading.availability is NO
    assert (reading.offers[0].price, reading.offers[0].currency) == (Decimal(4980), "JPY")


@pytest.mark.parametrize(
    ("inside", "rule", "price"),
    [
        ('<b class="now">€1,299.00</b>', "css: .now", "1299.00"),
        ("<b itemprop='price' content='1299.00'>only today</b>", "xpath: //b[@itemprop='price']", "1299.00"),
        ("<meta itemprop='price' content='1299.00'>", "css: meta[itemprop=price]", "1299.00"),
        ("<meta itemprop='price' content='1299.00'>", "xpath: //meta[@itemprop='price']/@content", "1299.00"),
        ("<p>Price: €1,299.00</p>", "xpath: substring-after(//p, ':')", "1299.00"),
        ("<p>Price: €1,299.00</p>", r"regex: Price: (€[\d,.]+)", "1299.00"),
        ('<script id="s">{"p": "1299.00"}</script>', "jmes(#s): p", "1299.00"),
        ('<b class="now">ask us</b>', "css: .now", None),
        ('<b class="now">€10.00</b><b class="now">€12.00</b>', "css: .now", None),
        ('<b class="now" hidden>€10.00</b>', "css: .now", None),
        ('<b class="now" hidden>€10.00</b><b class="now">€12.00</b>', "css: .now", "12.00"),
    ],
)
def test_a_price(inside: str, rule: str, price: str | None) -> None:
    """What is shown, else the value it holds; a price that cannot be told apart stays unknown, never the data's."""
    for settled in ({"yes": "css: .buy"}, {}):
        page = product(
            f'<form action="/cart">{BUY}<button>Add to cart</button></form>{inside}', head=offer_data("InStock")
        )
        reading = look(page, price=rule, **settled)  # type: ignore[arg-type]
        assert reading.availability is YES
        (offer,) = reading.offers
        assert offer.price == (Decimal(price) if price else None)
        assert offer.currency == "EUR"
        assert any(e.where == f"price_at {rule}" for e in reading.evidence)


def test_the_first_price_rule_that_finds_one_wins() -> None:
    page = product(BUY + '<b class="now">¥5,000</b>')
    reading = look(page, yes="css: .buy", price=["css: .sale", "css: .now"], url="https://shop.example.jp/p/thing")
    assert (reading.offers[0].price, reading.offers[0].currency) == (Decimal(5000), "JPY")


def test_a_price_rule_that_cannot_be_asked_makes_no_yes_and_leaves_a_no() -> None:
    slow = "regex: (a|aa)+$"
    page = product(BUY + GONE + "<p>" + "a" * 400 + "!</p>")
    assert look(page, yes="css: .buy", price=slow).cause is Cause.RULE_ERROR
    assert look(page, no="css: .soldout", price=slow).availability is NO


@pytest.mark.parametrize(
    "rule", ["text: 在庫なし", "css: .zaiko", "xpath: //p[contains(., '在庫')]", "regex: 在庫.{0,3}なし"]
)
def test_a_page_in_euc_jp(rule: str) -> None:
    """Rules read characters, whatever bytes they came as; elements may cut Japanese words."""
    page = product('<p class="zaiko">在庫<b>なし</b></p>', lang="ja").replace("utf-8", "euc-jp").encode("euc-jp")
    reading = look(page, no=rule)
    assert reading.availability is NO, reading.detail
    assert "在庫" in reading.evidence[0].words


def test_xpath_reads_on_past_what_stops_its_parser() -> None:
    """A zero byte, an XML declaration that names a charset, comments, and depth end no page early."""
    deep = "<div>" * 300 + "\x00<!-- <b class='never'> -->" + BUY + "</div>" * 300
    page = '<?xml version="1.0" encoding="euc-jp"?>' + product(deep)
    assert look(page, yes="xpath: //button[@class='buy']").availability is YES
    assert look(page, yes="xpath: //b", no="xpath: //i").availability is UNKNOWN
    split = product('<p class="s">In <i hidden>no </i>stock<!-- x --> now</p>')
    reading = look(split, yes="xpath: //p[@class='s']")
    assert reading.evidence[0].words == "In stock now"


def test_words_are_whole_words() -> None:
    """Japanese has no blanks to go by."""
    assert look(product("<p>Martin Stockhausen</p>"), yes="text: in stock", no="text: sold out").availability is UNKNOWN
    assert look(product("<p>Martin Stockhausen: in stock.</p>"), yes="text: in stock").availability is YES
    assert look(product("<p>現在庫なしです</p>"), no="text: 在庫なし").availability is NO


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("css: a[", "expected a CSS selector"),
        ("css:", "expected something to look for"),
        ("css(#a): b", "without parentheses"),
        ("xpath: //p[", "expected an XPath 1 expression"),
        ("xpath: //re:x", "Undefined namespace prefix"),
        ("xpath: not(//p)", "what is absent"),
        ("xpath: count(//p)", "what is absent"),
        ("regex: (a", "missing )"),
        ("regex: (?s)^(?!.*sold out)", "matches an empty page"),
        ("jmes: a..b", "at character 3"),
        ("jmes: !stock", "empty answer"),
        ("jmes: nothing(a)", "Unknown function"),
        ("jmes(a[): b", "inside the parentheses"),
        ("jmes(#a: b", "expected jmes(SELECTOR)"),
        ("nothing", "a kind before the colon"),
    ],
)
def test_a_mistake_is_told_when_the_rule_is_read(rule: str, words: str) -> None:
    """Among them rules that hold of an empty page: absence proves nothing."""
    with pytest.raises(RuleMistake) as caught:
        parse_rule(rule, decides=True)
    assert words in str(caught.value)


def test_a_library_is_loaded_only_for_its_kind() -> None:
    """Listings without rules cost nothing of them."""
    code = (
        "import sys; from tests.watchers.test_rules import look; from tests.watchers.reading import product;"
        "heavy = {'lxml', 'regex', 'jmespath'}; print(sorted(heavy & set(sys.modules)));"
        "look(product('<p>a</p>'), yes='css: p', no='text: b'); print(sorted(heavy & set(sys.modules)));"
        "look(product('<p>a</p>'), yes='regex: a'); print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split("\n") == ["[]", "[]", "['regex']", ""]
