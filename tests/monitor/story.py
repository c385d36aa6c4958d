"""A tiny language for histories: what each look saw, and what came of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from monitor.decide import decide
from monitor.model import Belief, Kind, Rates, Transition, Wish
from monitor.settings import ConfirmSettings
from watchers.model import Availability, Cause, Observation, Offer

START = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
URL = "https://shop.example/item/1"
WISH = Wish(max_price=Decimal(52000))
INTERVAL = timedelta(seconds=30)
HOUR = 3600.0
CALM = ConfirmSettings(flap_changes=1000)  # for histories that would otherwise count as flapping


def yen(price: int | str | None, **terms: object) -> Offer:
    """An offer in stock for so many yen."""
    terms.setdefault("availability", Availability.IN_STOCK)
    return Offer(price=None if price is None else Decimal(price), currency="JPY", **terms)  # type: ignore[arg-type]


SEEN = {
    "y": (Availability.IN_STOCK, (yen(49980),)),
    "n": (Availability.OUT_OF_STOCK, ()),
    "?": (Availability.UNKNOWN, ()),
    "b": (Availability.BLOCKED, ()),
    "g": (Availability.GONE, ()),
    "l": (Availability.LOTTERY, ()),
    "i": (Availability.INVITATION, ()),
    "$": (Availability.IN_STOCK, (yen(None),)),  # in stock, no price
    "d": (Availability.IN_STOCK, (yen(60000),)),  # in stock, too dear
    "p": (Availability.PREORDER, (yen(49980, availability=Availability.PREORDER),)),
}


def observation(word: str, at: datetime = START, **more: object) -> Observation:
    """What one letter of the language stands for."""
    state, offers = SEEN[word]
    cause = {"?": Cause.NO_EVIDENCE, "b": Cause.BLOCKED, "g": Cause.HTTP}.get(word)
    fields: dict[str, object] = {"offers": offers, "cause": cause, **more}
    return Observation(URL, at, state, **fields)  # type: ignore[arg-type]


class Story:
    """One listing through time; every look is folded, every transition kept."""

    def __init__(
        self,
        belief: Belief | None = None,
        *,
        wish: Wish = WISH,
        confirm: ConfirmSettings | None = None,
        interval: timedelta = INTERVAL,
    ) -> None:
        self.belief = belief or Belief("deck", URL)
        self.wish = wish
        self.confirm = confirm or ConfirmSettings()
        self.interval = interval
        self.now = START
        self.transitions: list[Transition] = []

    def look(self, word: str, after: float = 30.0, **more: object) -> Transition | None:
        """Let so many seconds pass, then look."""
        self.now += timedelta(seconds=after)
        self.belief, transition = decide(
            self.belief, observation(word, self.now, **more), self.wish, self.now, self.confirm, Rates(), self.interval
        )
        if transition is not None:
            self.transitions.append(transition)
        return transition

    def looks(self, words: str, every: float = 30.0) -> Story:
        """Look once for every letter."""
        for word in words.replace(" ", ""):
            self.look(word, every)
        return self

    def restart(self) -> Story:
        """Forget what a restart forgets."""
        self.belief = self.belief.settled()
        return self

    def edit(self) -> Story:
        """Change the question, as saving the file does."""
        self.belief = replace(self.belief.settled(), fingerprint="new", edited=True)
        return self

    def take(self) -> list[Kind]:
        """Give what would be told since the last time somebody asked."""
        kinds = [t.kind for t in self.transitions if t.kind is not Kind.SOLD_OUT and not t.silent]
        self.transitions.clear()
        return kinds


def sold_out(confirm: ConfirmSettings | None = None) -> Story:
    """A listing known to be sold out, that never rang."""
    story = Story(confirm=confirm).looks("n")
    assert story.take() == []
    return story


def in_stock(confirm: ConfirmSettings | None = None) -> Story:
    """A listing that has just rung."""
    story = sold_out(confirm).looks("yy", 0.7)
    assert story.take() == [Kind.RESTOCK]
    return story
