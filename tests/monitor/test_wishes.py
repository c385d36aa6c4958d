"""Yes needs an offer known to meet the wish; a value that the page hides is "cannot tell", and says what is missing."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model import Answer, Rates, Wish
from monitor.wishes import Verdict, answer, effective_price
from tests.monitor.story import START, yen
from watchers.model import Availability, Cause, Condition, Observation, Offer

YES, NO, CANNOT_TELL = Answer.YES, Answer.NO, Answer.CANNOT_TELL
CEILING = Wish(max_price=Decimal(52000))
DOLLARS = Rates({"USD": Decimal(130), "EUR": Decimal(160)})


def page(
    *offers: Offer, state: Availability | None = None, title: str = "Deck", host: str = "shop.example"
) -> Observation:
    """A page that was read, with these offers."""
    best = state or min((o.availability for o in offers), key=list(Availability).index)
    return Observation(f"https://{host}/item/1", START, best, offers=offers, title=title)


def ask(wish: Wish, *offers: Offer, rates: Rates | None = None, **more: object) -> Verdict:
    return answer(page(*offers, **more), wish, rates or Rates())  # type: ignore[arg-type]


@pytest.mark.parametrize("state", [s for s in Availability if not s.is_verdict])
def test_no_verdict_is_cannot_tell(state: Availability) -> None:
    """A page that was not read answers nothing, whatever offers came along, and says its cause."""
    seen = replace(page(yen(100)), availability=state, cause=Cause.BLOCKED, detail="a captcha")
    verdict = answer(seen, CEILING, Rates())
    assert (verdict.answer, verdict.offer, verdict.hint) == (CANNOT_TELL, None, "")
    assert "blocked" in verdict.why
    assert "a captcha" in verdict.why


@pytest.mark.parametrize("state", [s for s in Availability if s.is_verdict])
def test_a_verdict_without_offers_is_an_offer_without_a_price(state: Availability) -> None:
    """The state alone answers a wish without a ceiling; nothing but the default states is a yes."""
    verdict = answer(Observation("https://shop.example/1", START, state), Wish(), Rates())
    accepted = state in (Availability.IN_STOCK, Availability.PREORDER)
    assert verdict.answer is (YES if accepted else NO)
    assert verdict.offer == (Offer(state) if accepted or state.is_orderable else None)


@pytest.mark.parametrize(
    ("offer", "expected"),
    [
        (yen(51999), YES),
        (yen(52000), YES),  # equal passes
        (yen(52001), NO),
        (yen(51000, shipping=Decimal(1000)), YES),
        (yen(51000, shipping=Decimal(1001)), NO),
        (yen(52000, shipping=None), YES),  # unknown counts as 0
        (yen(47272, tax_excluded=True), YES),  # 51,999.2
        (yen(47273, tax_excluded=True), NO),  # 52,000.3
        (yen(47272, tax_excluded=True, shipping=Decimal(1)), NO),
        (yen(40000, price_high=Decimal(52000)), YES),
        (yen(40000, price_high=Decimal(52001)), NO),  # a range counts its top end
        (yen(40000, price_high=Decimal(60000), variant="red"), YES),  # unless the variant is known
        (yen(None, price_high=Decimal(52000)), YES),
        (yen(None), CANNOT_TELL),
        (yen(0), CANNOT_TELL),
        (yen("NaN"), CANNOT_TELL),
        (yen(-1), CANNOT_TELL),
        (yen("9E+999999"), CANNOT_TELL),
        (yen("sNaN"), CANNOT_TELL),
        (yen(50000, shipping=Decimal("9E+999999")), YES),  # nonsense is unknown
        (yen(50000, shipping=Decimal(-9999)), YES),
        (yen(53000, shipping=Decimal(-9999)), NO),
        (Offer(Availability.IN_STOCK, Decimal(400), "USD"), YES),
        (Offer(Availability.IN_STOCK, Decimal("400.01"), "USD"), NO),
        (Offer(Availability.IN_STOCK, Decimal(1), "GBP"), CANNOT_TELL),
        (Offer(Availability.IN_STOCK, Decimal(1), None), CANNOT_TELL),
    ],
)
def test_the_ceiling(offer: Offer, expected: Answer) -> None:
    """Price with tax and known shipping, in the wish's currency, against the ceiling."""
    verdict = ask(CEILING, offer, rates=DOLLARS)
    assert verdict.answer is expected
    assert verdict.hint.startswith("no_price:") is (expected is CANNOT_TELL)
    assert verdict.why


def test_without_a_ceiling_no_price_is_needed() -> None:
    """A wish without max_price takes any price, also an unreadable one."""
    assert ask(Wish(), yen(None)).answer is YES
    assert ask(Wish(), Offer(Availability.IN_STOCK, Decimal(1), "XXX")).answer is YES


def test_currencies_meet_by_way_of_the_yen() -> None:
    """Rates are yen for one unit; a wish in dollars compares euros through both."""
    offer = Offer(Availability.IN_STOCK, Decimal(130), "EUR")
    assert effective_price(offer, "USD", DOLLARS) == Decimal(160)
    assert effective_price(yen(1300), "USD", DOLLARS) == Decimal(10)
    assert effective_price(offer, "GBP", DOLLARS) is None


@pytest.mark.parametrize(
    ("state", "expected"),
    [(s, YES if s in (Availability.IN_STOCK, Availability.LOTTERY) else NO) for s in Availability if s.is_verdict],
)
def test_accepted_states(state: Availability, expected: Answer) -> None:
    """Only the states the wish accepts are a yes."""
    wish = Wish(accept=frozenset({Availability.IN_STOCK, Availability.LOTTERY}))
    assert ask(wish, yen(1, availability=state)).answer is expected


@pytest.mark.parametrize("state", [s for s in Availability if s.is_verdict])
def test_orderable_but_not_accepted_hints(state: Availability) -> None:
    """What can be ordered in another way deserves a quiet word, what cannot be ordered does not."""
    verdict = ask(CEILING, yen(50000, availability=state))
    other = state.is_orderable and state not in CEILING.accept
    assert verdict.hint == (f"other_state:{state}" if other else "")
    assert ask(CEILING, yen(99999, availability=state)).hint == ""  # it fails the wish in more than its state
    assert ask(CEILING, yen(None, availability=state)).hint.startswith("other_state:") is other


def test_an_offer_is_never_better_than_its_page() -> None:
    """Structured data that still says in stock on a page that says sold out rings nobody."""
    assert ask(Wish(), yen(100), state=Availability.OUT_OF_STOCK).answer is NO
    assert ask(Wish(), yen(100), state=Availability.BACKORDER).hint == "other_state:backorder"
    assert ask(Wish(), yen(100), yen(90, availability=Availability.OUT_OF_STOCK)).offer == yen(100)
    sold_out = yen(90, availability=Availability.OUT_OF_STOCK)
    assert ask(Wish(), yen(100), sold_out, state=Availability.OUT_OF_STOCK).answer is NO


def test_an_only_offer_is_in_the_state_of_its_page() -> None:
    """The page's verdict was weighed from more than the offer's words: a backorder button makes it a backorder."""
    sold_out = yen(100, availability=Availability.OUT_OF_STOCK)
    verdict = ask(Wish(), sold_out, state=Availability.BACKORDER)
    assert verdict.hint == "other_state:backorder"
    assert verdict.offer == yen(100, availability=Availability.BACKORDER)
    assert ask(Wish(), sold_out, sold_out, state=Availability.BACKORDER).hint == ""
    assert ask(Wish(variant="L"), replace(sold_out, variant="L"), state=Availability.IN_STOCK).answer is NO


def test_the_best_offer_is_the_cheapest_all_in() -> None:
    """Lowest price with tax and shipping among those that meet the wish; one without a price comes last."""
    offers = [
        yen(48000, shipping=Decimal(3000)),
        yen(50000, shipping=Decimal(0)),
        yen(46000, tax_excluded=True),
        yen(1, availability=Availability.OUT_OF_STOCK),
    ]
    assert ask(CEILING, *offers).offer == offers[1]
    assert ask(Wish(), yen(None), yen(99999)).offer == yen(99999)


@pytest.mark.parametrize(
    ("wished", "sellers", "expected"),
    [
        (("Amazon.co.jp",), ("Amazon.co.jp",), YES),
        (("amazon.CO.JP ",), ("Ａｍａｚｏｎ．ｃｏ．ｊｐ",), YES),  # NFKC, case and spacing aside
        (("Amazon",), ("Amazon.co.jp",), NO),  # whole names only
        (("Amazon.co.jp", "Joshin"), ("Scalper", "Joshin"), YES),
        (("Amazon.co.jp",), ("Scalper",), NO),
        (("Amazon.co.jp",), ("Scalper", None), NO),  # some offers name sellers: the nameless one is not the shop
        (("Amazon.co.jp",), (None, None), YES),  # a single-seller shop is its own seller
        ((), ("Scalper",), YES),
    ],
)
def test_sellers(wished: tuple[str, ...], sellers: tuple[str | None, ...], expected: Answer) -> None:
    """Only wished sellers count, where the page names sellers at all."""
    assert ask(Wish(sellers=wished), *(yen(1, seller=name) for name in sellers)).answer is expected


@pytest.mark.parametrize(
    "host", ["www.amazon.co.jp", "amazon.com", "www.ebay.de", "jp.mercari.com", "auctions.yahoo.co.jp", "kakaku.com"]
)
def test_a_marketplace_is_not_its_own_seller(host: str) -> None:
    """Where many sell on one page, a missing name is hidden, not the shop's own."""
    verdict = ask(Wish(sellers=("Amazon.co.jp",)), yen(1), host=host)
    assert (verdict.answer, verdict.hint) == (CANNOT_TELL, "hidden:seller")
    assert ask(Wish(sellers=("Amazon.co.jp",)), yen(1), host=f"not{host}.example").answer is YES


@pytest.mark.parametrize(
    ("host", "seller", "expected"),
    [
        ("www.bestbuy.com", "Best Buy", YES),
        ("www.apodiscounter.de", "apodiscounter.de", YES),
        ("www.digikey.de", "Digi-Key Electronics", YES),
        ("australianorganicproducts.com.au", "Australian Organic Products", YES),
        ("any-eluz.com", "Anyeluz", YES),
        ("www.bestbuy.com", "Best Buyer's Friend", NO),
        ("shop.example", "Example Pirate", NO),
        ("shop.example", "", NO),
        ("localhost", "Scalper", NO),
        ("www.amazon.com", "Amazon", NO),  # many sellers: only the wished names count
        ("www.yodobashi.com", "ヨドバシ.com", YES),  # a name that its host does not spell: the shop's reader knows it
        ("books.rakuten.co.jp", "楽天ブックス", YES),
        ("www.suruga-ya.jp", "駿河屋", YES),
        ("www.suruga-ya.jp", "あるお店", NO),
        (
            "item.rakuten.co.jp",
            "あるお店",
            YES,
        ),  # a mall whose address names the shop: who lists the page has chosen it
        ("kakaku.com", "価格.com", NO),
    ],
)
def test_a_shop_that_names_itself_is_its_own_seller(host: str, seller: str, expected: Answer) -> None:
    """At a shop that sells alone, its own name is no other seller's."""
    assert ask(Wish(sellers=("Amazon.co.jp",)), yen(1, seller=seller), host=host).answer is expected


NEW, USED, REFURBISHED = Condition.NEW, Condition.USED, Condition.REFURBISHED


@pytest.mark.parametrize(
    ("wished", "shown", "title", "expected"),
    [
        ((), (USED,), "Deck", YES),
        ((), (None,), "【中古】Deck", YES),
        ((NEW,), (NEW,), "Deck", YES),
        ((NEW,), (USED,), "Deck", NO),
        ((NEW,), (None,), "Deck", YES),
        ((NEW,), (None, USED), "Deck", CANNOT_TELL),
        ((NEW,), (None, NEW), "Deck", YES),
        ((NEW,), (None,), "【中古】Deck", CANNOT_TELL),
        ((NEW,), (None,), "Deck (ＵＳＥＤ)", CANNOT_TELL),
        ((NEW,), (None,), "Focused unused deck", YES),
        ((USED,), (None,), "Deck", CANNOT_TELL),
        ((USED, REFURBISHED), (REFURBISHED,), "Deck", YES),
    ],
)
def test_condition(
    wished: tuple[Condition, ...], shown: tuple[Condition | None, ...], title: str, expected: Answer
) -> None:
    """Unknown counts as new only where nothing on the page says used."""
    offers = [yen(1, condition=one) for one in shown]
    assert ask(Wish(condition=frozenset(wished)), *offers, title=title).answer is expected


@pytest.mark.parametrize(
    ("wished", "shown", "expected"),
    [
        ("Black / L", ("black/l",), YES),
        ("L", ("Black / L",), YES),
        ("L", ("Black / XL",), NO),
        ("Ｌ", ("L",), YES),
        ("L", ("S", "L"), YES),
        ("L", ("S", None), NO),
        ("L", (None,), CANNOT_TELL),
    ],
)
def test_variant(wished: str, shown: tuple[str | None, ...], expected: Answer) -> None:
    """Every part of the wished variant stands among the offer's parts, whole."""
    verdict = ask(Wish(variant=wished), *(yen(1, variant=one) for one in shown))
    assert verdict.answer is expected
    assert verdict.hint == ("hidden:variant" if expected is CANNOT_TELL else "")


@pytest.mark.parametrize(("left", "expected"), [(None, YES), (2, YES), (1, NO)])
def test_quantity(left: int | None, expected: Answer) -> None:
    """At least so many, where the page says how many."""
    assert ask(Wish(quantity=2), yen(1, quantity=left)).answer is expected


def test_a_plain_no_comes_before_what_is_hidden() -> None:
    """An offer of the wrong seller without a price is a no, not a riddle."""
    wish = replace(CEILING, sellers=("Joshin",))
    assert ask(wish, yen(None, seller="Scalper")).answer is NO


def test_the_why_of_a_no_names_the_nearest_miss() -> None:
    """The reason is the one of the offer that came furthest, in short words."""
    wish = replace(CEILING, sellers=("Joshin",))
    verdict = ask(wish, yen(100, seller="Scalper"), yen(61800, seller="Joshin"))
    assert verdict.why == "61800 JPY, shipping unknown: above the ceiling of 52000"
    assert ask(wish, yen(100, seller="Scalper")).why == "sold by Scalper, not by Joshin"
    assert ask(CEILING, yen(1, availability=Availability.OUT_OF_STOCK)).why == "out_of_stock is not accepted"
    assert ask(CEILING, yen(50000, shipping=Decimal(0))).why == "in_stock (50000 JPY: within the ceiling of 52000)"


money = st.decimals(min_value=-10, max_value=200000, places=2) | st.none() | st.just(Decimal("NaN"))
offers = st.builds(
    Offer,
    availability=st.sampled_from(list(Availability)),
    price=money,
    price_high=money,
    currency=st.sampled_from(["JPY", "USD", "GBP", None]),
    tax_excluded=st.booleans(),
    shipping=money,
    seller=st.sampled_from([None, "Joshin", "Scalper"]),
    condition=st.sampled_from([None, *Condition]),
    quantity=st.none() | st.integers(0, 3),
    variant=st.sampled_from([None, "red", "blue"]),
)
wishes = st.builds(
    Wish,
    accept=st.frozensets(st.sampled_from([s for s in Availability if s.is_verdict]), min_size=1),
    max_price=st.none() | st.decimals(min_value=1, max_value=200000, places=0),
    sellers=st.sampled_from([(), ("Joshin",)]),
    condition=st.frozensets(st.sampled_from(Condition)),
    variant=st.sampled_from([None, "red"]),
    quantity=st.integers(1, 2),
)


@given(
    state=st.sampled_from(list(Availability)),
    shown=st.lists(offers, max_size=4),
    wish=wishes,
)
def test_a_yes_keeps_every_promise(state: Availability, shown: list[Offer], wish: Wish) -> None:
    """Whatever the page and the wish: a yes names an accepted offer of the page within the ceiling; no verdict, no answer."""
    seen = Observation("https://shop.example/1", START, state, offers=tuple(shown))
    verdict = answer(seen, wish, DOLLARS)
    assert verdict.why
    if not state.is_verdict:
        assert verdict.answer is CANNOT_TELL
    if verdict.answer is not YES:
        return
    assert state.is_verdict
    offer = verdict.offer
    assert offer is not None
    assert offer.availability in wish.accept
    assert list(Availability).index(offer.availability) >= list(Availability).index(state)
    if wish.max_price is not None:
        paid = effective_price(offer, wish.currency, DOLLARS)
        assert paid is not None
        assert 0 < paid <= wish.max_price
    if wish.sellers and shown and any(one.seller for one in shown):
        assert offer.seller in wish.sellers
    if wish.condition and offer.condition is not None:
        assert offer.condition in wish.condition
    if wish.variant is not None:
        assert offer.variant == wish.variant
    assert offer.quantity is None or offer.quantity >= wish.quantity
