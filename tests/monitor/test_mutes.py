"""Whose news a mute or a snooze holds back, and until when (D11): what is not meant comes through."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from monitor.model import Alert, Answer, Belief, Kind, Place, Watch, Wish
from monitor.mutes import ALL, Mute, MuteKind, Refused, held_until, in_stock, length_of, named, still
from notifiers.message import Urgency
from watchers.model import Availability, Offer

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
DAY = timedelta(days=1)
OFFER = Offer(Availability.IN_STOCK, Decimal(49980), "JPY")


def alert(watch: str | None = "Deck", kind: Kind = Kind.RESTOCK, **more: Any) -> Alert:
    at = more.pop("at", NOW + timedelta(seconds=60))
    return Alert("aaaaaa", kind, Urgency.URGENT, at, watch, **more)


def mute(watch: str = "Deck", hours: float = 1, kind: MuteKind = MuteKind.MUTE) -> Mute:
    return Mute(watch, kind, NOW, NOW + timedelta(hours=hours))


def snooze(watch: str = "Deck", hours: float = 1) -> Mute:
    return mute(watch, hours, MuteKind.SNOOZE)


ABOUT_WATCHES = [
    Kind.RESTOCK, Kind.ALSO, Kind.BACK_AGAIN, Kind.ALREADY, Kind.STILL, Kind.OTHER_STATE, Kind.NO_PRICE, Kind.HIDDEN,
    Kind.UNCONFIRMED, Kind.FLAPPING, Kind.GONE, Kind.BLIND, Kind.SEES_AGAIN,
]  # fmt: skip
OF_THE_SERVICE = [
    Kind.DEAD_LETTER, Kind.CHANNEL_DOWN, Kind.CHANNEL_GONE, Kind.CONFIG_REFUSED, Kind.CONFIG_HELD, Kind.STARTED,
    Kind.TEST,
]  # fmt: skip


@pytest.mark.parametrize("kind", ABOUT_WATCHES)
def test_a_mute_holds_all_news_of_its_watch_and_of_no_other(kind: Kind) -> None:
    """Restocks and blindness alike; another watch's news goes out."""
    assert held_until([mute()], alert(kind=kind)) == NOW + timedelta(hours=1)
    assert held_until([mute(ALL)], alert(kind=kind)) == NOW + timedelta(hours=1)
    assert held_until([mute()], alert("Switch", kind)) is None
    assert held_until([], alert(kind=kind)) is None


@pytest.mark.parametrize("kind", OF_THE_SERVICE)
def test_news_of_the_service_itself_is_never_held(kind: Kind) -> None:
    """Storage, channels and configuration need somebody: --all is about watches."""
    named_ = alert(None, kind, subjects=("Deck",))
    assert held_until([mute(ALL), mute("Deck")], named_) is None


@pytest.mark.parametrize("kind", [Kind.BLIND, Kind.SEES_AGAIN])
def test_an_alarm_about_several_watches_is_held_only_when_all_of_them_are(kind: Kind) -> None:
    """A host's alarm about a muted watch and one that is not comes through; by then the muted one is no secret."""
    host = alert(None, kind, subjects=("Deck", "Switch"))
    assert held_until([mute("Deck")], host) is None
    assert held_until([mute("Deck"), mute("Switch", 3)], host) == NOW + timedelta(hours=3)
    assert held_until([mute(ALL, 2)], host) == NOW + timedelta(hours=2)
    assert held_until([snooze("Deck"), snooze("Switch")], host) is None, "a snooze is about stock, not about sight"


def test_of_overlapping_mutes_the_last_to_end_counts() -> None:
    """One ends, the other still holds."""
    both = [mute("Deck", 1), mute(ALL, 3)]
    assert held_until(both, alert()) == NOW + timedelta(hours=3)
    assert held_until(both[:1], alert()) == NOW + timedelta(hours=1)


def test_a_snooze_silences_its_episode_and_no_new_one() -> None:
    """Other places and a quick return are the same episode; a ring with nothing else in stock is a new one."""
    other = Place("https://shop.example/2", OFFER)
    for kind in (Kind.ALSO, Kind.BACK_AGAIN, Kind.FLAPPING, Kind.STILL):
        assert held_until([snooze()], alert(kind=kind)) is not None, kind
    assert held_until([snooze()], alert(others=(other,), cheaper=True)) is not None
    assert held_until([snooze()], alert(at=NOW - timedelta(seconds=5))) is not None, "the ring that was snoozed"
    assert held_until([snooze()], alert()) is None
    for kind in (Kind.BLIND, Kind.GONE, Kind.OTHER_STATE):
        assert held_until([snooze()], alert(kind=kind)) is None, kind
    assert held_until([snooze()], alert("Switch", Kind.ALSO)) is None


@pytest.mark.parametrize("words", ["forever", "8", "", "-1h", "0s", "25h", "inf", "1 fortnight", "9" * 50 + "h"])
def test_a_length_that_is_none_or_never_ends_is_refused(words: str) -> None:
    """With what is possible in the words."""
    with pytest.raises(Refused, match=r"1d|at least 1s") as caught:
        length_of(words, DAY)
    assert "\n" not in str(caught.value)
    assert length_of("1h30m", DAY) == timedelta(minutes=90)
    assert length_of("24h", DAY) == DAY


def test_a_wrong_name_is_met_with_the_nearest() -> None:
    """Names are exact; a near miss is shown, else what there is."""
    watches = [Watch("Nintendo Switch 2", Wish(), ()), Watch("Deck", Wish(), ())]
    assert named(watches, "Deck") == "Deck"
    with pytest.raises(Refused, match='did you mean "Deck"'):
        named(watches, "deck")
    with pytest.raises(Refused, match='there are: "Nintendo Switch 2", "Deck"'):
        named(watches, "Quest")
    with pytest.raises(Refused, match="there are none"):
        named([], "")
    assert named([], "Gone", {"Gone"}) == "Gone"


def test_the_reminder_names_every_place_that_stands() -> None:
    """The leading place first, the others beside it."""
    first = Belief("Deck", "https://b.example/", answer=Answer.YES, offer=OFFER, leads=True, since=NOW)
    second = Belief("Deck", "https://a.example/", answer=Answer.YES)
    beliefs = {(one.watch, one.url): one for one in (second, first, replace(first, url="x", answer=Answer.NO))}
    places = in_stock(beliefs, "Deck")
    told = still(places, Wish(max_price=Decimal(50000)), NOW)
    assert (told.kind, told.url, told.offer, told.since) == (Kind.STILL, first.url, OFFER, NOW)
    assert [one.url for one in told.others] == [second.url]
    assert in_stock(beliefs, "Switch") == []
