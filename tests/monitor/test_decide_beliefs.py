"""What stands in a belief after each look: exactly what was confirmed, since when, and nothing left over."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from monitor.decide import confirm_in
from monitor.model import Answer, Belief, Kind
from monitor.settings import ConfirmSettings
from tests.monitor.story import CALM, Story, in_stock, sold_out, yen
from watchers.model import Availability


def test_a_committed_yes_knows_offer_state_and_since() -> None:
    """State and offer are the page's, since is the first look, and the leaning is used up."""
    story = sold_out().looks("y")
    first = story.now
    story.look("p", 0.7)
    belief = story.belief
    assert (belief.answer, belief.availability, belief.since) == (Answer.YES, Availability.PREORDER, first)
    assert belief.offer == yen(49980, availability=Availability.PREORDER)
    assert (belief.leaning, belief.rang_at, belief.last_yes) == (None, story.now, story.now)


def test_while_it_is_a_yes_offer_and_state_follow_the_page() -> None:
    """A new price or a preorder that became stock is believed at once; since stays."""
    story = in_stock()
    since = story.belief.since
    story.look("y", offers=(yen(48000),))
    assert story.belief.offer == yen(48000)
    story.look("p")
    assert story.belief.availability is Availability.PREORDER
    assert (story.belief.since, story.belief.last_yes) == (since, story.now)
    assert story.take() == []


def test_while_it_is_a_no_the_state_follows_the_page() -> None:
    """From sold out to too dear to a lottery: all no, each believed as it is."""
    story = sold_out()
    for word, state in (("d", Availability.IN_STOCK), ("l", Availability.LOTTERY), ("n", Availability.OUT_OF_STOCK)):
        story.look(word)
        assert (story.belief.answer, story.belief.availability) == (Answer.NO, state)


def test_a_committed_no_leaves_nothing_of_the_yes() -> None:
    """Offer and leaning go, since and the no's first look are set."""
    story = in_stock().looks("n")
    first = story.now
    story.looks("nn", 1)
    belief = story.belief
    assert (belief.answer, belief.offer, belief.leaning) == (Answer.NO, None, None)
    assert (belief.since, belief.no_first_at, belief.availability) == (first, first, Availability.OUT_OF_STOCK)


def test_a_yes_that_never_rang_also_ends_slowly() -> None:
    """What was in stock at the first look needs as firm a no as what rang."""
    story = Story().looks("yy", 0.7).looks("n")
    assert story.belief.answer is Answer.YES


def test_an_edit_after_a_ring_does_not_make_a_no_hasty() -> None:
    """With the answer forgotten by an edit, one look is no confirmed no: the next yes is told quietly."""
    story = in_stock().edit()
    story.belief = _forgetful(story)
    story.looks("n").looks("yy", 0.7)
    assert story.take() == [Kind.STILL]


def _forgetful(story: Story) -> Belief:
    return replace(story.belief, answer=None, availability=None)


def test_an_edit_is_answered_once() -> None:
    """The first answer after an edit uses it up, whichever it is."""
    for words in ("n", "yy"):
        story = sold_out().edit().looks(words)
        assert not story.belief.edited
    story = in_stock().edit().looks("nn")
    assert story.belief.answer is Answer.NO
    assert not story.belief.edited
    story = in_stock().edit().looks("?b$")
    assert story.belief.edited


def test_could_not_confirm_is_forgotten_with_an_answer() -> None:
    """A confirmed yes, or a look that says no, lets the notice come again."""
    story = sold_out(CALM).looks("y").looks("b", 11)
    assert "unconfirmed" in story.belief.told
    story.looks("y", 1)
    assert story.belief.answer is Answer.YES
    assert "unconfirmed" not in story.belief.told
    story = in_stock(CALM).looks("nnn").looks("y").looks("b", 11)
    assert "unconfirmed" in story.belief.told
    assert "unconfirmed" not in story.looks("n").belief.told


def test_a_notice_asks_for_quick_looks_only_for_a_while() -> None:
    """A lottery seen once is looked at again soon; walls for 10 s leave it to the usual interval."""
    story = sold_out().looks("l").looks("b", 5)
    assert confirm_in(story.belief, story.now, story.confirm) == pytest.approx(2)
    story.looks("b", 6)
    assert confirm_in(story.belief, story.now, story.confirm) is None
    assert story.look("l", 30) is not None


def test_a_notice_that_ends_asks_for_no_quick_look() -> None:
    """Leaving a lottery is nothing to hurry for."""
    story = sold_out().looks("ll n")
    assert story.belief.aside is not None
    assert confirm_in(story.belief, story.now, story.confirm) is None


def test_a_candidate_seen_late_is_asked_about_at_once() -> None:
    """When the time is nearly up, the last look comes when it is, not after."""
    story = sold_out().looks("y").looks("b", 9.9)
    late = story.now + timedelta(seconds=0.5)
    assert confirm_in(story.belief, late, story.confirm) == 0


def test_a_ring_while_flapping_waits_its_ten_minutes_exactly() -> None:
    """At ten minutes after the last ring the next may come, a moment earlier it may not."""
    for wait, told in ((599.0, []), (600.0, [Kind.RESTOCK])):
        story = in_stock(ConfirmSettings(flap_changes=2)).looks("nn y n nn", 30)
        assert story.belief.flapping_since is not None
        rang = story.belief.rang_at
        assert rang is not None
        story.take()
        gap = wait - (story.now - rang).total_seconds() - 2
        story.looks("n", gap / 2).looks("n", gap / 2)
        # keeps flapping: two more changes lie in the window
        story.look("y", 0.5)
        story.look("n", 0.5)
        story.look("y", 0.5)
        story.look("y", 0.5)
        assert story.take() == told, wait


def test_an_ended_flapping_may_be_told_of_again() -> None:
    """A new stretch of flapping is a new notice."""
    story = sold_out().looks("nynynn", 10)
    assert story.take() == [Kind.FLAPPING]
    story.looks("n" * 25)
    assert story.belief.flapping_since is None
    story.looks("ynynn", 10)
    assert story.take() == [Kind.FLAPPING]


def test_the_ceiling_is_met_by_what_is_believed() -> None:
    """The believed offer of a yes is the one that meets the wish, not the page's first."""
    story = sold_out()
    for _ in range(2):
        story.look("y", offers=(yen(70000, seller="Scalper"), yen(51000, seller="Shop")))
    assert story.belief.offer is not None
    assert story.belief.offer.price == Decimal(51000)


def test_a_notice_in_waiting_dies_of_age_like_a_candidate() -> None:
    """Two looks at a lottery ten minutes apart are two first looks; its end has no such haste."""
    story = sold_out().looks("l").looks("l", 600)
    assert story.take() == []
    story.look("l")
    assert story.take() == [Kind.OTHER_STATE]
    story.looks("n").looks("n", 3600).looks("ll")
    assert story.take() == [Kind.OTHER_STATE]


def test_nothing_waits_once_it_is_settled() -> None:
    """A notice told, or ended, or taken back leaves no leaning behind."""
    for words in ("l l", "l l n n n", "l n", "l l n l"):
        assert sold_out().looks(words).belief.aside is None, words
    assert sold_out().looks("l l n").belief.aside is not None


def test_an_agreeing_look_after_walls_asks_for_the_next_at_once() -> None:
    """With three looks wanted, a second that agrees starts the quick asking anew, and its offer is the newest."""
    story = Story(confirm=ConfirmSettings(looks=3, unconfirmed_notice=False)).looks("n y").looks("b", 11)
    assert confirm_in(story.belief, story.now, story.confirm) is None
    story.look("y", 1, offers=(yen(48000),))
    assert confirm_in(story.belief, story.now, story.confirm) == pytest.approx(0.7)
    assert story.belief.leaning is not None
    assert story.belief.leaning.offer == yen(48000)


def test_a_first_look_that_says_no_forgets_what_could_not_be_confirmed() -> None:
    """Also where nothing was believed yet."""
    story = Story().looks("y").looks("b", 11)
    assert story.take() == [Kind.UNCONFIRMED]
    assert "unconfirmed" not in story.looks("n").belief.told


def test_while_flapping_since_is_the_newest_unbroken_run() -> None:
    """What the majority decided began with the first of the looks that agree without a break."""
    story = sold_out().looks("yynyy", 10)  # the fourth change makes it flap, and most of the last five say yes
    assert story.belief.flapping_since is None
    story = sold_out().looks("ynyny", 10)
    assert story.belief.flapping_since is not None
    assert story.belief.answer is Answer.NO, "where two copies of a page answer in turn, no yes was seen twice"
    story.looks("y", 10)
    assert (story.belief.answer, story.belief.since) == (Answer.YES, story.now - timedelta(seconds=10))
    began = story.now + timedelta(seconds=10)
    story.looks("nnn", 10)
    assert (story.belief.answer, story.belief.since, story.belief.no_first_at) == (Answer.NO, began, began)


def test_changes_count_for_exactly_the_window() -> None:
    """Four changes within ten minutes flap, a second more apart they do not."""
    for gap, flaps in ((200.0, True), (200.5, False)):
        story = sold_out(ConfirmSettings(unconfirmed_notice=False)).looks("ynyn", gap)
        assert (story.belief.flapping_since is not None) is flaps


def test_a_hushed_yes_that_ended_is_never_told() -> None:
    """Once it is sold out again there is nothing to catch up on."""
    story = in_stock().looks("nnn yyy nnn yyy", 10)
    assert story.belief.hushed
    story.looks("nnn", 10)
    assert not story.belief.hushed
    story.take()
    story.looks("n" * 25).looks("yy", 0.7).looks("yyy")
    assert story.take() == [Kind.RESTOCK]


def test_a_page_that_stays_away_is_known_to_be_gone() -> None:
    """It counts as seen from then on, whatever was believed; a candidate goes with it, and a second absence is news."""
    story = sold_out().looks("y").looks("ggg", 300)
    assert (story.belief.availability, story.belief.leaning) == (Availability.GONE, None)
    assert story.belief.last_conclusive == story.now
    assert story.take() == [Kind.UNCONFIRMED, Kind.GONE]
    story.looks("g")
    assert story.belief.last_conclusive == story.now
    story.looks("n").looks("ggg", 300)
    assert story.take() == [Kind.GONE]


def test_every_look_is_noted() -> None:
    """When somebody last looked, and in what words it failed; a page that was read clears them."""
    story = sold_out()
    story.look("b", detail="a captcha")
    assert (story.belief.looked_at, story.belief.last_detail) == (story.now, "a captcha")
    story.look("n")
    assert (story.belief.looked_at, story.belief.last_detail, story.belief.gone) == (story.now, "", None)


def test_a_candidate_from_the_future_dies_in_its_time() -> None:
    """A clock set back a day does not keep a candidate alive for a day."""
    story = sold_out().looks("y").looks("b", -86400)
    leaning = story.belief.leaning
    assert leaning is not None
    assert (leaning.first_at, leaning.last_at) == (story.now, story.now)
    story.look("y", 121)
    assert story.take() == []
    story.look("y", 1)
    assert story.take() == [Kind.RESTOCK]
