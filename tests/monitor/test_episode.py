"""One thing wanted rings once, wherever it comes back first; later places are quiet, unless cheaper or the first is gone."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from monitor.decide import decide
from monitor.episode import GATHERED, UNTOLD, URGENCY, episode, mark
from monitor.ids import new_event_id
from monitor.model import Alert, Answer, Belief, Kind, Place, Rates, Transition, Watch, Wish
from monitor.settings import ConfirmSettings
from notifiers.message import Urgency
from tests.monitor.story import START, yen
from watchers.model import Availability, Listing, Observation, Offer

A, B, C = (f"https://{name}.example/1" for name in "abc")
WATCH = Watch("deck", Wish(max_price=Decimal(60000)), tuple(Listing(url) for url in (A, B, C)), ("phone",))
OFFICIAL = ConfirmSettings(rearm_after=START - START, no_looks=1)


class Shops:
    """The listings of one watch; a look counts at once, so that only the episode is in question."""

    def __init__(self, watch: Watch = WATCH, rates: Rates | None = None) -> None:
        self.watch = watch
        self.rates = rates or Rates()
        self.beliefs = {listing.url: Belief(watch.name, listing.url) for listing in watch.listings}
        for url in self.beliefs:
            self.look(url, None)

    def look(self, url: str, offer: Offer | None) -> Alert | None:
        state = Availability.OUT_OF_STOCK if offer is None else offer.availability
        seen = Observation(url, START, state, offers=() if offer is None else (offer,), official=True)
        belief, transition = decide(self.beliefs[url], seen, self.watch.wish, START, OFFICIAL, self.rates)
        alert = None
        if transition is not None:
            stamped = replace(transition, event_id=new_event_id())
            alert = episode(stamped, belief, self.watch, self.beliefs, self.rates)
        self.beliefs[url] = mark(belief, alert)
        return alert


def heard(alert: Alert | None) -> tuple[Kind, Urgency, bool] | None:
    return None if alert is None else (alert.kind, alert.urgency, alert.cheaper)


RINGS = (Kind.RESTOCK, Urgency.URGENT, False)
QUIET = (Kind.ALSO, Urgency.QUIET, False)
CHEAPER = (Kind.RESTOCK, Urgency.URGENT, True)


def test_the_first_rings_and_later_ones_are_quiet() -> None:
    """One ring for one thing, however many shops have it."""
    shops = Shops()
    assert heard(shops.look(A, yen(50000))) == RINGS
    assert heard(shops.look(B, yen(50000))) == QUIET
    assert heard(shops.look(C, yen(55000))) == QUIET


def test_a_cheaper_place_rings_and_says_so() -> None:
    """It must be cheaper than every place that has it now, all in."""
    shops = Shops()
    shops.look(A, yen(50000))
    assert heard(shops.look(B, yen(49000, shipping=Decimal(1000)))) == QUIET
    assert heard(shops.look(C, yen(49000, shipping=Decimal(999)))) == CHEAPER
    shops.look(B, None)
    assert heard(shops.look(B, yen(49999))) == QUIET


def test_a_price_nobody_knows_is_not_cheaper() -> None:
    """Without both prices there is nothing to compare."""
    shops = Shops(replace(WATCH, wish=Wish()))
    shops.look(A, yen(None))
    assert heard(shops.look(B, yen(1))) == QUIET
    shops.look(A, None)
    shops.look(B, None)
    shops.look(A, yen(50000))
    assert heard(shops.look(B, yen(None))) == QUIET


def test_when_the_first_is_gone_the_next_rings() -> None:
    """A place that comes while only quiet ones stand rings again: the one that rang is no longer there."""
    shops = Shops()
    shops.look(A, yen(50000))
    shops.look(B, yen(51000))
    assert shops.look(A, None) is None
    assert heard(shops.look(C, yen(52000))) == RINGS
    assert heard(shops.look(A, yen(52000))) == QUIET


def test_a_place_that_led_once_leads_no_more_when_it_returns_quietly() -> None:
    """Who leads is decided anew with each return."""
    shops = Shops()
    shops.look(A, yen(50000))
    shops.look(A, None)
    assert heard(shops.look(B, yen(50000))) == RINGS
    assert heard(shops.look(A, yen(50000))) == QUIET
    shops.look(B, None)
    assert heard(shops.look(C, yen(50000))) == RINGS


def test_the_end_of_an_episode_lets_the_next_ring() -> None:
    """All gone, then back: it rings as the first did."""
    shops = Shops()
    shops.look(A, yen(50000))
    shops.look(A, None)
    assert heard(shops.look(A, yen(50000))) == RINGS


def test_other_places_are_listed_best_first() -> None:
    """Only places where the wish is met now, cheapest all in first, those without a price last."""
    shops = Shops(replace(WATCH, wish=Wish()), Rates({"USD": Decimal(150)}))
    shops.look(A, yen(None))
    shops.look(B, yen(50000, shipping=Decimal(500)))
    alert = shops.look(C, Offer(Availability.IN_STOCK, Decimal(300), "USD"))
    assert alert is not None
    assert [place.url for place in alert.others] == [B, A]
    shops.look(B, None)
    alert = shops.look(B, yen(46000))
    assert alert is not None
    assert [place.url for place in alert.others] == [C, A]


def test_a_listing_taken_out_of_the_watch_counts_no_more() -> None:
    """Beliefs of other listings neither quieten nor are listed."""
    shops = Shops()
    shops.look(A, yen(50000))
    shops.watch = replace(WATCH, listings=(Listing(B), Listing(C)))
    alert = shops.look(B, yen(50000))
    assert heard(alert) == RINGS
    assert alert is not None
    assert alert.others == ()


def test_already_in_stock_leads_too() -> None:
    """Told at the first look is told: another place that comes later is quiet."""
    shops = Shops()
    shops.beliefs[A] = Belief("deck", A)
    first = shops.look(A, yen(50000))
    assert heard(first) == (Kind.ALREADY, Urgency.NORMAL, False)
    assert first is not None
    assert first.gather
    assert heard(shops.look(B, yen(51000))) == QUIET


def transition(kind: Kind, **more: object) -> Transition:
    return Transition("k7f3q2", kind, "deck", A, START, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_knows_its_urgency(kind: Kind) -> None:
    """Only a restock wakes anybody, and only selling out is told to nobody."""
    assert (URGENCY[kind] is Urgency.URGENT) is (kind is Kind.RESTOCK)
    alert = episode(transition(kind), Belief("deck", A), WATCH, {})
    assert (alert is None) is (kind in UNTOLD) is (kind is Kind.SOLD_OUT)
    if alert is not None:
        assert (alert.kind, alert.urgency, alert.gather) == (kind, URGENCY[kind], kind in GATHERED)


def test_what_is_hushed_is_told_to_nobody() -> None:
    """A silent transition is a row in the history, and does not lead."""
    belief = Belief("deck", A)
    assert episode(transition(Kind.RESTOCK, silent=True), belief, WATCH, {}) is None
    assert mark(belief, None) == belief


def test_an_alert_carries_what_its_message_needs() -> None:
    """Everything the transition knew, and the ceiling."""
    alert = Shops().look(B, yen(50000, seller="Joshin"))
    assert alert is not None
    assert (alert.watch, alert.url, alert.offer) == ("deck", B, yen(50000, seller="Joshin"))
    assert (alert.max_price, alert.currency, alert.before) == (Decimal(60000), "JPY", Availability.OUT_OF_STOCK)
    assert len(alert.event_id) == 6


def test_event_ids_are_short_and_plain() -> None:
    """Six characters of a-z and 2-9, and no two alike in a thousand."""
    ids = {new_event_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(len(one) == 6 and set(one) <= set("abcdefghijklmnopqrstuvwxyz23456789") for one in ids)


def test_back_again_is_quiet_where_another_place_leads() -> None:
    """It is news for the watch only when nothing else stands."""
    for leads, urgency in ((True, Urgency.QUIET), (False, Urgency.NORMAL)):
        other = Belief("deck", B, answer=Answer.YES, availability=Availability.PREORDER, leads=leads)
        belief = Belief("deck", A, answer=Answer.YES, availability=Availability.IN_STOCK, offer=yen(1))
        alert = episode(transition(Kind.BACK_AGAIN), belief, WATCH, {B: other})
        assert alert is not None
        assert (alert.kind, alert.urgency) == (Kind.BACK_AGAIN, urgency)
        assert alert.others == (Place(B, Offer(Availability.PREORDER)),)
        already = episode(transition(Kind.ALREADY), belief, WATCH, {B: other})
        assert already is not None
        assert already.urgency is Urgency.NORMAL
