"""Whatever the history: nothing is invented, nothing rings twice, nothing committed is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.decide import decide
from monitor.model import Answer, Belief, Kind, Rates, Wish
from monitor.settings import ConfirmSettings
from monitor.wishes import answer, effective_price
from tests.monitor.story import SEEN, START, URL, WISH, Story, observation

GAPS = st.sampled_from([0.0, 0.7, 2.0, 5.0, 30.0, 31.0, 61.0, 121.0, 300.0, 601.0, 7 * 3600.0])
FORWARD = st.tuples(st.sampled_from(sorted(SEEN)), GAPS)
BACKWARD = st.tuples(st.sampled_from(sorted(SEEN)), st.sampled_from([-86400.0, -61.0, -1.0]))
HISTORIES = st.lists(FORWARD, max_size=40)
CONFIRM = st.builds(
    ConfirmSettings,
    looks=st.integers(1, 3),
    no_looks=st.integers(1, 4),
    rearm_after=st.sampled_from([timedelta(0), timedelta(seconds=60)]),
    flap_changes=st.sampled_from([3, 4, 1000]),
)
SLOW = settings(max_examples=100, deadline=None)


def stored(belief: Belief) -> Belief:
    """What a restart keeps, without the stamps that every look may move."""
    return replace(belief.settled(), last_conclusive=None, last_yes=None)


@settings(max_examples=300, deadline=None)
@given(history=st.lists(FORWARD | BACKWARD, max_size=40), confirm=CONFIRM)
def test_the_short_way_of_a_steady_look_changes_nothing(
    history: list[tuple[str, float]], confirm: ConfirmSettings
) -> None:
    """A look that agrees is folded in one step; the whole fold gives the very same belief and news."""
    short, whole = Story(confirm=confirm), Story(confirm=confirm)
    for word, gap in [step for step in history for _ in range(2)]:
        one = short.look(word, gap)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("monitor.decide._steady", lambda *_: None)
            other = whole.look(word, gap)
        assert (one, short.belief) == (other, whole.belief)


@SLOW
@given(history=HISTORIES, more=st.lists(st.tuples(st.sampled_from("?b"), GAPS), max_size=30))
def test_no_verdict_changes_no_belief(history: list[tuple[str, float]], more: list[tuple[str, float]]) -> None:
    """However long nobody can tell, answer, state, offer and what was told stand."""
    story = Story()
    for word, gap in history:
        story.look(word, gap)
    before = story.belief
    story.transitions.clear()
    for word, gap in more:
        story.look(word, gap)
        after = story.belief
        kept = ("answer", "availability", "offer", "since", "last_yes", "last_conclusive", "no_first_at", "rang_at")
        assert all(getattr(after, name) == getattr(before, name) for name in kept)
        assert after.told - {"flapping", "unconfirmed"} == before.told - {"flapping", "unconfirmed"}
    assert {t.kind for t in story.transitions} <= {Kind.UNCONFIRMED, Kind.FLAPPING}
    assert len(story.transitions) <= 2


@SLOW
@given(history=st.lists(FORWARD | BACKWARD, max_size=40), confirm=CONFIRM)
def test_every_ring_has_earned_it(history: list[tuple[str, float]], confirm: ConfirmSettings) -> None:
    """A ring has enough agreeing looks behind it, an offer that meets the wish, and an old enough no since the last."""
    story = Story(confirm=confirm)
    raw: list[tuple[str, object]] = []
    last_ring = None
    for word, gap in history:
        before = story.belief
        news = story.look(word, gap)
        raw.append((word, story.now))
        if news is None or news.kind is not Kind.RESTOCK:
            continue
        assert before.answer is Answer.NO
        assert news.offer is not None
        assert news.offer.availability in WISH.accept
        price = effective_price(news.offer, "JPY", Rates())
        assert price is not None
        assert WISH.max_price is not None
        assert price <= WISH.max_price
        conclusive = [word for word, _ in raw if word in "ypnldi"]
        if story.belief.flapping_since is None:
            assert set(conclusive[-confirm.looks :]) <= set("yp")
            assert len(conclusive) > confirm.looks
        else:
            assert sum(word in "yp" for word in conclusive[-5:]) >= 3
        if last_ring is not None:
            no = before.no_first_at
            assert no is not None
            assert min(story.now, no) <= story.now - confirm.rearm_after or any(gap < 0 for _, gap in history)
            if story.belief.flapping_since is not None and all(gap >= 0 for _, gap in history):
                assert story.now - last_ring >= confirm.flap_ring_every
        last_ring = story.now


@SLOW
@given(history=HISTORIES, confirm=CONFIRM)
def test_between_two_rings_lies_a_confirmed_no(history: list[tuple[str, float]], confirm: ConfirmSettings) -> None:
    """Two rings never follow each other without a sell-out or a vanished page between, recorded as such."""
    story = Story(confirm=confirm)
    ends = 0
    for word, gap in history:
        before = story.belief.answer
        news = story.look(word, gap)
        if before is Answer.YES and story.belief.answer is Answer.NO:
            assert news is not None
            assert news.kind in (Kind.SOLD_OUT, Kind.GONE)
            ends += 1
        if news is not None and news.kind is Kind.RESTOCK:
            assert before is Answer.NO
    rings = sum(t.kind is Kind.RESTOCK for t in story.transitions)
    assert rings <= ends + 1


@SLOW
@given(history=HISTORIES, cuts=st.sets(st.integers(0, 60), max_size=6))
def test_a_restart_loses_nothing_and_rings_nothing_twice(history: list[tuple[str, float]], cuts: set[int]) -> None:
    """Restarting anywhere keeps every committed state, and no yes is told twice."""
    story = Story()
    for place, (word, gap) in enumerate(history):
        if place in cuts:
            kept = stored(story.belief)
            story.restart()
            assert stored(story.belief) == kept
        before = story.belief
        news = story.look(word, gap)
        if news is not None and news.kind in (Kind.RESTOCK, Kind.ALREADY, Kind.BACK_AGAIN) and not before.hushed:
            assert before.answer is not Answer.YES
        if news is not None and news.kind is Kind.GONE:
            assert "gone" not in before.told


@SLOW
@given(
    history=st.lists(st.tuples(st.sampled_from("ynpdli$"), st.sampled_from([0.7, 30.0, 61.0, 601.0])), max_size=40),
    walls=st.lists(st.integers(0, 3), max_size=40),
    confirm=CONFIRM,
)
def test_walls_between_looks_change_no_alert(
    history: list[tuple[str, float]], walls: list[int], confirm: ConfirmSettings
) -> None:
    """The same looks at the same times give the same news, however many no-verdicts lie between them."""
    plain, walled = Story(confirm=confirm), Story(confirm=confirm)
    for place, (word, gap) in enumerate(history):
        plain.look(word, gap)
        between = walls[place] if place < len(walls) else 0
        for _ in range(between):
            walled.look("?", gap / (between + 1))
        walled.now = plain.now - timedelta(seconds=1)
        walled.look(word, 1)

    def news(story: Story) -> list[tuple[object, ...]]:
        # Notices that are not about the answer may give way to what the walls themselves are worth telling.
        about_the_answer = (Kind.RESTOCK, Kind.ALREADY, Kind.STILL, Kind.BACK_AGAIN, Kind.SOLD_OUT)
        return [(t.kind, t.at, t.silent) for t in story.transitions if t.kind in about_the_answer]

    assert news(walled) == news(plain)
    assert stored(walled.belief).answer == stored(plain.belief).answer


@SLOW
@given(history=st.lists(st.tuples(st.sampled_from("dn$?b"), GAPS), max_size=40))
def test_above_the_ceiling_never_rings(history: list[tuple[str, float]]) -> None:
    """Too dear, sold out, no price and walls, in any order, tell of no restock."""
    story = Story()
    for word, gap in history:
        story.look(word, gap)
    assert {t.kind for t in story.transitions} <= {Kind.NO_PRICE}


@SLOW
@given(history=st.lists(FORWARD | BACKWARD, max_size=50), looks=st.integers(1, 3))
def test_deciding_is_a_function(history: list[tuple[str, float]], looks: int) -> None:
    """The same past gives the same future; no stamp lies ahead of the look, and nothing is told out of time."""
    one, two = Story(confirm=ConfirmSettings(looks=looks)), Story(confirm=ConfirmSettings(looks=looks))
    for word, gap in history:
        assert one.look(word, gap) == two.look(word, gap)
        assert one.belief == two.belief
        for name in ("since", "last_conclusive", "last_yes", "no_first_at", "rang_at", "flapping_since", "looked_at"):
            stamp = getattr(one.belief, name)
            assert stamp is None or stamp <= one.now
        assert len(one.belief.recent) <= 5
        assert len(one.belief.turns) <= 4


@SLOW
@given(
    word=st.sampled_from(sorted(SEEN)),
    accept=st.frozensets(st.sampled_from([state for state, _ in SEEN.values() if state.is_verdict]), min_size=1),
)
def test_an_official_look_settles_at_once(word: str, accept: frozenset[object]) -> None:
    """One official yes after a no is a ring, whatever states are wished for; anything else is none."""
    wish = Wish(accept=accept)  # type: ignore[arg-type]
    known_no = Belief("deck", URL, answer=Answer.NO)
    seen = observation(word, START, official=True)
    belief, news = decide(known_no, seen, wish, START, ConfirmSettings(), Rates())
    yes = answer(seen, wish, Rates()).answer is Answer.YES
    assert (news is not None and news.kind is Kind.RESTOCK) is yes
    assert (belief.answer is Answer.YES) is yes
