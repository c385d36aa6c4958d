"""Quiet notices are told once a stretch; a flapping listing is one notice and few rings (T5)."""

from __future__ import annotations

import pytest

from monitor.decide import confirm_in
from monitor.model import Answer, Kind, Wish
from monitor.settings import ConfirmSettings
from tests.monitor.story import CALM, Story, in_stock, sold_out
from watchers.model import Availability

# --- quiet notices ---


def test_a_lottery_is_told_once_a_stretch() -> None:
    """Orderable but not accepted: one quiet notice, again only after it ended."""
    story = sold_out().looks("l")
    assert story.take() == []
    assert confirm_in(story.belief, story.now, story.confirm) == pytest.approx(0.7)
    story.look("l", 0.7)
    assert story.take() == [Kind.OTHER_STATE]
    story.looks("lll").restart().looks("lll ?b n lll")
    assert story.take() == []
    story.looks("nnn ll")
    assert story.take() == [Kind.OTHER_STATE]
    assert story.belief.answer is Answer.NO


def test_another_state_is_another_notice() -> None:
    """A lottery that becomes an invitation is news again, and back again is too."""
    story = sold_out().looks("ll ii ll")
    assert [(t.kind, t.detail, t.after) for t in story.transitions] == [
        (Kind.OTHER_STATE, "lottery", Availability.LOTTERY),
        (Kind.OTHER_STATE, "invitation", Availability.INVITATION),
        (Kind.OTHER_STATE, "lottery", Availability.LOTTERY),
    ]


def test_in_stock_without_a_price_is_told_once_and_ends_nothing() -> None:
    """A ceiling and no readable price: one quiet notice; the belief stays whatever it was."""
    story = sold_out(CALM).looks("$$$ $$")
    assert story.take() == [Kind.NO_PRICE]
    assert story.belief.answer is Answer.NO
    story.looks("yy", 0.7)
    assert story.take() == [Kind.RESTOCK]
    story.looks("yyy $ y $ y")
    assert story.take() == []
    story.looks("$$$ $$$")
    assert story.take() == [Kind.NO_PRICE]
    assert story.belief.answer is Answer.YES
    story.looks("y")
    assert story.take() == []


def test_a_hidden_variant_is_told_once() -> None:
    """A value that the wish needs and the page hides is named, quietly."""
    story = Story(wish=Wish(variant="red")).looks("yyyy")
    assert [(t.kind, t.detail) for t in story.transitions] == [(Kind.HIDDEN, "variant")]
    assert story.belief.answer is None


def test_a_notice_gives_way_to_an_answer_and_comes_next() -> None:
    """One look confirms one thing; the lottery that ends a yes is told after it."""
    story = Story(confirm=ConfirmSettings(no_looks=2)).looks("n").looks("yy", 0.7)
    story.take()
    story.looks("ll")
    assert [t.kind for t in story.transitions] == [Kind.SOLD_OUT]
    story.look("l")
    assert [t.kind for t in story.transitions] == [Kind.SOLD_OUT, Kind.OTHER_STATE]


# --- flapping ---


def test_flapping_is_one_notice_and_few_rings() -> None:
    """Four raw changes in ten minutes: one notice, then a majority decides, one ring in ten minutes at most."""
    story = sold_out().looks("nynny nnn", 30)
    assert story.take() == [Kind.FLAPPING]
    assert story.belief.answer is Answer.NO
    story.looks("yy")  # two of the last five
    assert story.take() == []
    story.looks("y")  # three
    assert story.take() == [Kind.RESTOCK]
    for _ in range(4):
        story.looks("nnn yyy", 24)
    assert story.take() == []
    assert confirm_in(story.belief, story.now, story.confirm) is None
    story.looks("nnn yyy", 24)  # ten minutes after the ring
    assert story.take() == [Kind.RESTOCK]


def test_while_flapping_only_a_look_that_agrees_decides() -> None:
    """A majority of yes does not ring on a look that says no."""
    story = Story(confirm=ConfirmSettings(flap_changes=2)).looks("nnyn yyn")
    assert story.belief.flapping_since is not None
    assert story.take() == [Kind.FLAPPING, Kind.RESTOCK]
    story = Story(confirm=ConfirmSettings(flap_changes=3)).looks("n yyny n")
    assert (story.belief.answer, story.take()) == (Answer.YES, [Kind.RESTOCK, Kind.FLAPPING])


def test_flapping_ends_after_a_calm_window_and_tells_what_it_hushed() -> None:
    """A return that was hushed is told once the flapping is over, so that nothing is lost."""
    story = in_stock()
    story.looks("nnn yyy nnn yyy nnn yyy", 10)
    assert story.take() == [Kind.BACK_AGAIN, Kind.FLAPPING]
    assert story.belief.hushed
    story.looks("y" * 15, 30)
    assert story.take() == []
    story.looks("y" * 10, 30)
    assert story.take() == [Kind.BACK_AGAIN]
    story.looks("yyyy", 30)
    assert story.take() == []
    story.looks("nnn", 30).looks("yy", 0.7)
    assert story.take() == [Kind.RESTOCK]


def test_three_changes_are_no_flapping() -> None:
    """Fewer changes than four in ten minutes, or four over a longer time, are ordinary news."""
    story = sold_out().looks("yy nnn yy", 20)
    assert Kind.FLAPPING not in story.take()
    story = sold_out()
    for _ in range(4):
        story.looks("yy nnn", 100)
    assert Kind.FLAPPING not in story.take()
