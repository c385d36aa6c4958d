"""A yes is confirmed before it rings, a no before the next may; what cannot be told changes nothing (T5, T6)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from monitor.decide import confirm_in
from monitor.model import Answer, Kind
from monitor.settings import ConfirmSettings
from tests.monitor.story import CALM, HOUR, START, Story, in_stock, sold_out, yen
from watchers.model import Availability, Identity

T6: dict[str, tuple[Callable[[], Story], list[Kind], Answer]] = {
    "never seen, yes": (lambda: Story().looks("yy", 0.7), [Kind.ALREADY], Answer.YES),
    "never seen, no": (lambda: Story().looks("n"), [], Answer.NO),
    "no, yes": (lambda: sold_out().looks("yy", 0.7), [Kind.RESTOCK], Answer.YES),
    "no, no verdict, yes": (lambda: sold_out().looks("?b?").looks("yy", 0.7), [Kind.RESTOCK], Answer.YES),
    "no, no verdict for a day, yes": (
        lambda: sold_out().looks("b", 24 * HOUR).looks("yy", 0.7),
        [Kind.RESTOCK],
        Answer.YES,
    ),
    "no, silence for a day, yes": (
        lambda: sold_out().looks("y", 24 * HOUR).looks("y", 0.7),
        [Kind.RESTOCK],
        Answer.YES,
    ),
    "yes, no verdict up to 6 h, yes": (lambda: in_stock().looks("b", 6 * HOUR - 30).looks("y"), [], Answer.YES),
    "yes, no verdict past 6 h, yes": (lambda: in_stock().looks("b", 6 * HOUR).looks("yyy"), [Kind.STILL], Answer.YES),
    "yes, asleep past 6 h, yes": (lambda: in_stock().looks("y", 8 * HOUR).looks("yyy"), [Kind.STILL], Answer.YES),
    "yes, no verdict, no": (lambda: in_stock().looks("bbnnn"), [], Answer.NO),
    "yes, no": (lambda: in_stock().looks("nnn"), [], Answer.NO),
    "yes, edited, yes": (lambda: in_stock().edit().looks("yyy"), [Kind.STILL], Answer.YES),
    "no, edited, yes": (lambda: sold_out().edit().looks("yyy"), [Kind.STILL], Answer.YES),
    "no, edited, no, yes": (lambda: sold_out().edit().looks("n").looks("yy", 0.7), [Kind.RESTOCK], Answer.YES),
    "yes, edited, no": (lambda: in_stock().edit().looks("nnn"), [], Answer.NO),
    "new database, yes": (lambda: Story().looks("yyyy"), [Kind.ALREADY], Answer.YES),
}


@pytest.mark.parametrize("restarts", [False, True], ids=["running", "across a restart"])
@pytest.mark.parametrize("row", T6)
def test_what_follows_what(row: str, restarts: bool) -> None:
    """Every row of T6 holds, and more of the same tells nothing more, with or without a restart."""
    make, told, answer = T6[row]
    story = make()
    assert story.take() == told
    assert story.belief.answer is answer
    if restarts:
        story.restart()
    story.looks("yyy" if answer is Answer.YES else "nnn")
    assert story.take() == []
    assert story.belief.answer is answer


def test_first_looks_may_be_told_to_nobody() -> None:
    """Without first_note the yes is believed and recorded, and nobody hears of it."""
    story = Story(confirm=ConfirmSettings(first_note=False)).looks("yyy")
    assert [(t.kind, t.silent) for t in story.transitions] == [(Kind.ALREADY, True)]
    assert story.belief.answer is Answer.YES


# --- T5: no -> yes ---


def test_one_look_rings_nobody() -> None:
    """A yes seen once is a candidate: nothing is believed or told."""
    story = sold_out().looks("y")
    assert story.take() == []
    assert story.belief.answer is Answer.NO
    assert story.belief.settled().leaning is None


def test_a_no_starts_over() -> None:
    """Yes, no, yes is one agreeing look, not two."""
    story = sold_out().looks("yny", 0.7)
    assert story.take() == []
    story.look("y", 0.7)
    assert story.take() == [Kind.RESTOCK]


def test_an_official_answer_needs_no_second_look() -> None:
    """An official API needs one look."""
    story = sold_out()
    story.look("y", official=True)
    assert story.take() == [Kind.RESTOCK]


@pytest.mark.parametrize("looks", [1, 2, 3])
def test_as_many_looks_as_configured(looks: int) -> None:
    """`confirm.looks` agreeing looks ring, one fewer does not."""
    story = Story(confirm=ConfirmSettings(looks=looks)).looks("n").looks("y" * (looks - 1), 0.7)
    assert story.take() == []
    story.look("y", 0.7)
    assert story.take() == [Kind.RESTOCK]


def test_no_verdicts_between_two_looks_neither_confirm_nor_deny() -> None:
    """A wall between the two looks leaves the candidate waiting."""
    story = sold_out().looks("y?b", 1).looks("y", 2)
    assert story.take() == [Kind.RESTOCK]


@pytest.mark.parametrize(
    ("interval", "age", "rings"), [(30, 120, True), (30, 121, False), (60, 180, True), (60, 181, False)]
)
def test_a_candidate_dies_of_age(interval: int, age: int, rings: bool) -> None:
    """A candidate yes lives two minutes, or three intervals where that is longer."""
    story = Story(interval=timedelta(seconds=interval)).looks("n").looks("y")
    story.look("y", age)
    assert (story.take() == [Kind.RESTOCK]) is rings


def test_a_candidate_dies_with_a_restart() -> None:
    """After a restart two looks are needed again."""
    story = sold_out().looks("y").restart().looks("y", 0.7)
    assert story.take() == []
    story.look("y", 0.7)
    assert story.take() == [Kind.RESTOCK]


def test_since_is_the_first_look_that_saw_it() -> None:
    """The message can say since when, and the transition when it was decided."""
    story = sold_out()
    story.look("y", 30)
    first = story.now
    news = story.look("y", 0.7)
    assert news is not None
    assert (news.since, news.at) == (first, story.now)
    assert news.event_id == ""
    assert (news.before, news.after) == (Availability.OUT_OF_STOCK, Availability.IN_STOCK)
    assert news.offer == yen(49980)


def test_when_the_confirming_look_is_due() -> None:
    """0.7 s after the first look, again 2 s after one without a verdict, and no longer than 10 s."""
    story = sold_out()
    confirm = story.confirm
    assert confirm_in(story.belief, story.now, confirm) is None
    story.look("y")
    assert confirm_in(story.belief, story.now, confirm) == pytest.approx(0.7)
    assert confirm_in(story.belief, story.now + timedelta(seconds=0.5), confirm) == pytest.approx(0.2)
    assert confirm_in(story.belief, story.now + timedelta(seconds=5), confirm) == 0
    story.look("b", 0.7)
    waits = []
    while (wait := confirm_in(story.belief, story.now, confirm)) is not None:
        waits.append(round(wait, 3))
        story.look("b", wait)
    assert waits == [2, 2, 2, 2, 1.3]
    assert story.take() == [Kind.UNCONFIRMED]
    assert confirm_in(story.belief, story.now, confirm) is None
    story.looks("yy", 0.7)
    assert story.take() == [Kind.RESTOCK]
    assert confirm_in(story.belief, story.now, confirm) is None


def test_a_yes_needs_no_confirming_look_once_believed_and_a_no_never() -> None:
    """Quick looks are for a candidate yes alone."""
    story = in_stock().looks("yn")
    assert confirm_in(story.belief, story.now, story.confirm) is None


def test_three_looks_are_all_quick() -> None:
    """With looks = 3 the second agreeing look asks for the third."""
    story = Story(confirm=ConfirmSettings(looks=3)).looks("n").looks("yy", 0.7)
    assert confirm_in(story.belief, story.now, story.confirm) == pytest.approx(0.7)


def test_could_not_confirm_is_said_once() -> None:
    """After 10 s without a verdict one notice names why; it comes again only after the page was read."""
    story = sold_out().looks("y").looks("b", 9.9)
    assert story.take() == []
    news = story.look("b", 0.1)
    assert news is not None
    assert (news.kind, news.cause, news.offer) == (Kind.UNCONFIRMED, "blocked", yen(49980))
    story.looks("bb").look("y", 10 * 60)
    story.restart().looks("bbb")
    assert story.take() == [Kind.UNCONFIRMED]
    story.looks("nyb")
    assert story.take() == [Kind.UNCONFIRMED]


def test_could_not_confirm_can_be_switched_off() -> None:
    """`unconfirmed_notice = false` is silence, and the candidate still lives."""
    story = Story(confirm=ConfirmSettings(unconfirmed_notice=False)).looks("ny").looks("b", 11)
    assert story.take() == []
    story.look("y")
    assert story.take() == [Kind.RESTOCK]


# --- T5: yes -> no, and the next ring ---


@pytest.mark.parametrize(
    ("words", "every", "ends"),
    [("nn", 29, False), ("nn", 30, True), ("nnn", 1, True), ("nyn", 30, False), ("n?n", 15, True), ("n", 999, False)],
)
def test_a_no_needs_three_looks_or_two_well_apart(words: str, every: float, ends: bool) -> None:
    """Yes -> no needs 3 agreeing looks, or 2 spread over 30 s; a yes between starts over."""
    story = in_stock(CALM).looks(words, every)
    assert (story.belief.answer is Answer.NO) is ends
    assert story.take() == []


def test_selling_out_is_recorded() -> None:
    """The end of a yes is a transition, dated from its first look."""
    story = in_stock()
    story.look("n")
    first = story.now
    story.looks("nn", 1)
    (news,) = story.transitions
    assert (news.kind, news.since, news.before, news.after) == (
        Kind.SOLD_OUT,
        first,
        Availability.IN_STOCK,
        Availability.OUT_OF_STOCK,
    )


@pytest.mark.parametrize(("wait", "told"), [(59, Kind.BACK_AGAIN), (60, Kind.RESTOCK)])
def test_the_next_ring_needs_an_old_enough_no(wait: float, told: Kind) -> None:
    """An alert after an alert needs a confirmed no whose first look is 60 s old; earlier it is "back again"."""
    story = in_stock().looks("n").looks("nn", 1)
    story.look("y", wait - 2 - 0.7)
    story.look("y", 0.7)
    assert story.take() == [told]


def test_a_short_no_before_any_ring_does_not_hush_the_first() -> None:
    """The first alert waits for nothing but its confirming look."""
    story = Story().looks("n", 1).looks("yy", 0.7)
    assert story.take() == [Kind.RESTOCK]


def test_an_unconfirmed_no_never_rings_again() -> None:
    """A single no between is no end: nothing is told when the yes returns."""
    story = in_stock(CALM).looks("nyy ny")
    assert story.take() == []


# --- gone ---


def test_gone_for_good_is_a_no_from_its_first_look() -> None:
    """Three looks over ten minutes: a notice, the belief ends, and the next yes rings."""
    story = in_stock()
    story.look("g")
    first = story.now
    story.looks("g", 300)
    assert story.take() == []
    assert story.belief.answer is Answer.YES
    news = story.look("g", 300)
    assert news is not None
    assert (news.kind, news.since, news.after) == (Kind.GONE, first, Availability.GONE)
    assert (story.belief.answer, story.belief.no_first_at) == (Answer.NO, first)
    story.restart().looks("ggggg", 600)
    assert story.take() == [Kind.GONE]
    story.looks("yy", 0.7)
    assert story.take() == [Kind.RESTOCK]


@pytest.mark.parametrize(("words", "every"), [("ggggg", 149), ("gg", 600), ("ggngg", 299), ("ggygg", 299)])
def test_gone_needs_looks_and_time(words: str, every: float) -> None:
    """Many looks in little time, few in much, or a page between: nothing is gone."""
    story = sold_out(ConfirmSettings(unconfirmed_notice=False)).looks(words, every)
    assert story.take() == []


def test_walls_between_do_not_hide_that_it_is_gone() -> None:
    """A no-verdict of another kind neither counts nor starts over."""
    story = sold_out().looks("gbg?g", 150)
    assert story.take() == [Kind.GONE]


def test_gone_at_first_sight_is_told() -> None:
    """A listing that was never there is a no with a notice, not silence."""
    story = Story().looks("ggg", 300)
    assert story.take() == [Kind.GONE]
    assert story.belief.answer is Answer.NO


# --- the clock, and what is remembered ---


def test_a_clock_set_back_breaks_nothing() -> None:
    """A day backwards: candidates live, the next ring comes in its time, nothing waits for yesterday."""
    story = in_stock(CALM).looks("nnn")
    story.look("y", -24 * HOUR)
    story.look("y", 0.7)
    assert story.take() == [Kind.BACK_AGAIN]
    story.looks("nnn", 30).looks("yy", 0.7)
    assert story.take() == [Kind.RESTOCK]
    story = sold_out(CALM).looks("y")
    assert confirm_in(story.belief, story.now - timedelta(days=1), story.confirm) == pytest.approx(0.7)
    story.look("y", -24 * HOUR)
    assert story.take() == [Kind.RESTOCK]


def test_what_a_product_is_called_is_learnt_once() -> None:
    """Title and ids come from the first look that read the page, and stay."""
    story = Story()
    story.look("?", title="Just a moment...", identity=Identity("Just a moment...", frozenset({"path:/x"})))
    assert story.belief.title is None
    story.look("n", title="Deck", identity=Identity("Deck OLED", frozenset({"sku:1"})))
    story.look("n", title="Other", identity=Identity("Other", frozenset({"sku:2"})))
    assert (story.belief.title, story.belief.identity_ids) == ("Deck OLED", frozenset({"sku:1"}))


def test_how_long_nobody_could_tell_is_counted() -> None:
    """No-verdicts in a row, with their cause, until the page is read again."""
    story = sold_out().looks("bb?")
    assert (story.belief.looks_blind, story.belief.last_cause) == (3, "no_evidence")
    assert story.belief.last_conclusive == START + timedelta(seconds=30)
    story.look("n")
    assert (story.belief.looks_blind, story.belief.last_cause) == (0, None)


def test_a_price_that_falls_under_the_ceiling_rings() -> None:
    """The edge is "a wished offer exists now and did not before", whatever changed."""
    story = Story().looks("ddd")
    assert story.belief.answer is Answer.NO
    story.looks("yy", 0.7)
    assert story.take() == [Kind.RESTOCK]
    assert story.belief.offer is not None
    assert story.belief.offer.price == Decimal(49980)


def test_settled_keeps_exactly_what_is_stored() -> None:
    """A restart drops every transient field and nothing else."""
    story = in_stock().looks("n b g l", 100)
    kept = replace(
        story.belief.settled(),
        leaning=story.belief.leaning, gone=story.belief.gone, aside=story.belief.aside, recent=story.belief.recent,
        turns=story.belief.turns, flapping_since=story.belief.flapping_since, looked_at=story.belief.looked_at,
        looks_blind=story.belief.looks_blind, last_cause=story.belief.last_cause, last_detail=story.belief.last_detail,
    )  # fmt: skip
    assert kept == story.belief
    assert story.belief.settled().settled() == story.belief.settled()
