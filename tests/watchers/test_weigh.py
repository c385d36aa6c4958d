"""Weighing is a pure table: what the sides say decides, and what cannot be settled names both of them."""

from itertools import product as combinations

import pytest

from watchers.model import Availability as A
from watchers.model import Cause, Evidence, Source
from watchers.weigh import Weighed, weigh


def data(state: A) -> Evidence:
    return Evidence(state, Source.JSON_LD, "ld+json[0]", state.value)


def button(state: A) -> Evidence:
    return Evidence(state, Source.BUTTON, "button", state.value)


def phrase(state: A) -> Evidence:
    return Evidence(state, Source.PHRASE, "p", state.value)


def judged(*evidence: Evidence, block: bool = True, priced: bool = True) -> Weighed:
    return weigh(evidence, block=block, priced=priced)


@pytest.mark.parametrize(
    ("evidence", "verdict"),
    [
        ([data(A.IN_STOCK), button(A.IN_STOCK)], A.IN_STOCK),
        ([button(A.IN_STOCK)], A.IN_STOCK),
        ([data(A.IN_STOCK), phrase(A.IN_STOCK)], A.IN_STOCK),
        # A visible no beats a structured yes: one sold-out page in four still claims InStock in its data.
        ([data(A.IN_STOCK), phrase(A.OUT_OF_STOCK)], A.OUT_OF_STOCK),
        ([data(A.IN_STOCK), button(A.OUT_OF_STOCK)], A.OUT_OF_STOCK),
        ([data(A.IN_STOCK), phrase(A.IN_STOCK), button(A.OUT_OF_STOCK)], A.OUT_OF_STOCK),
        ([data(A.OUT_OF_STOCK)], A.OUT_OF_STOCK),
        # A structured no against an enabled order control is a backorder only if the words say so.
        ([data(A.OUT_OF_STOCK), button(A.IN_STOCK)], A.UNKNOWN),
        ([data(A.OUT_OF_STOCK), button(A.IN_STOCK), phrase(A.BACKORDER)], A.BACKORDER),
        ([data(A.OUT_OF_STOCK), button(A.PREORDER)], A.PREORDER),
        ([phrase(A.OUT_OF_STOCK), button(A.IN_STOCK)], A.UNKNOWN),
        ([phrase(A.OUT_OF_STOCK), phrase(A.BACKORDER), button(A.IN_STOCK)], A.BACKORDER),
        ([phrase(A.OUT_OF_STOCK), phrase(A.PREORDER), button(A.IN_STOCK)], A.UNKNOWN),
        ([phrase(A.OUT_OF_STOCK), button(A.IN_STOCK), data(A.OUT_OF_STOCK)], A.OUT_OF_STOCK),
        # Words refine what an order is.
        ([button(A.IN_STOCK), phrase(A.LOTTERY)], A.LOTTERY),
        ([button(A.INVITATION)], A.INVITATION),
        ([button(A.IN_STOCK), phrase(A.PREORDER)], A.PREORDER),
        ([button(A.IN_STOCK), data(A.PREORDER)], A.PREORDER),
        ([button(A.IN_STOCK), phrase(A.IN_STOCK), data(A.PREORDER)], A.IN_STOCK),
        ([button(A.OUT_OF_STOCK), phrase(A.DISCONTINUED)], A.DISCONTINUED),
        ([button(A.OUT_OF_STOCK), phrase(A.COMING_SOON)], A.COMING_SOON),
        # Nothing positive in the product's own block is no yes.
        ([data(A.IN_STOCK)], A.UNKNOWN),
        ([phrase(A.IN_STOCK)], A.UNKNOWN),
        ([phrase(A.IN_STOCK), phrase(A.OUT_OF_STOCK)], A.UNKNOWN),
        # Variants: any that can be had will do, once the block says so too.
        ([data(A.IN_STOCK), data(A.OUT_OF_STOCK), button(A.IN_STOCK)], A.IN_STOCK),
        ([data(A.IN_STOCK), data(A.OUT_OF_STOCK)], A.UNKNOWN),
        ([], A.UNKNOWN),
    ],
)
def test_the_table_of_sides(evidence: list[Evidence], verdict: A) -> None:
    """Each combination of what data, buttons and phrases say has one outcome, in whatever order they were found."""
    assert judged(*evidence).availability is verdict
    assert judged(*reversed(evidence)).availability is verdict


def test_no_verdict_always_names_its_cause_and_what_was_missing() -> None:
    """Whatever the sides, a no-verdict has a cause and words for it, and a verdict has neither but rests on something."""
    states = (None, A.IN_STOCK, A.OUT_OF_STOCK)
    for said, shown, written, block in combinations(states, states, states, (True, False)):
        evidence = [make(s) for make, s in ((data, said), (button, shown), (phrase, written)) if s]
        found = judged(*evidence, block=block)
        if found.availability.is_verdict:
            assert found.cause is None and found.rests_on
        else:
            assert found.cause is Cause.NO_EVIDENCE and found.detail


def test_a_yes_is_never_given_without_the_product_block() -> None:
    """Data and buttons that stand in no product block order nothing."""
    for evidence in ([data(A.IN_STOCK)], [button(A.IN_STOCK)], [data(A.IN_STOCK), phrase(A.IN_STOCK)]):
        assert not judged(*evidence, block=False).availability.is_orderable


def test_a_button_alone_needs_a_price_or_a_word_beside_it() -> None:
    """An "add to cart" with neither price nor any word about stock may be any template's."""
    assert judged(button(A.IN_STOCK), priced=False).availability is A.UNKNOWN
    assert judged(button(A.IN_STOCK), phrase(A.IN_STOCK), priced=False).availability is A.IN_STOCK


def test_both_sides_of_a_contradiction_are_named() -> None:
    """A person reads which words stood against which."""
    detail = judged(data(A.OUT_OF_STOCK), button(A.IN_STOCK)).detail
    assert "out_of_stock" in detail and "in_stock" in detail and "yet" in detail


def test_a_shops_own_reader_is_believed_as_it_is() -> None:
    """Evidence of a shop's reader stands above everything generic; one open variant opens the listing."""
    shop = [Evidence(s, Source.SHOP, "api", s.value) for s in (A.OUT_OF_STOCK, A.IN_STOCK)]
    assert judged(shop[0], data(A.IN_STOCK), button(A.IN_STOCK)).availability is A.OUT_OF_STOCK
    assert judged(*shop).availability is A.IN_STOCK
    assert judged(Evidence(A.UNKNOWN, Source.SHOP, "api", "?")).availability is A.UNKNOWN
