"""The words the monitor speaks: what is wished, what is believed, what is told.

Frozen data only; money is Decimal with an ISO 4217 currency, times are aware UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum

from notifiers.message import Urgency
from watchers.model import Availability, Cause, Condition, Listing, Offer

DEFAULT_ACCEPT = frozenset({Availability.IN_STOCK, Availability.PREORDER})


@dataclass(frozen=True, slots=True)
class Wish:
    """What makes an offer worth an alert."""

    accept: frozenset[Availability] = DEFAULT_ACCEPT
    max_price: Decimal | None = None
    currency: str = "JPY"  # of max_price
    sellers: tuple[str, ...] = ()  # empty: any seller
    condition: frozenset[Condition] = frozenset()  # empty: any condition
    variant: str | None = None
    quantity: int = 1  # at least so many, where the page says how many


@dataclass(frozen=True, slots=True)
class HotWindow:
    """A daily stretch in which a watch is looked at more often."""

    at: time  # local time of the user's zone
    length: timedelta
    every: timedelta
    days: frozenset[int] = frozenset(range(7))  # Monday is 0, as datetime.weekday()


@dataclass(frozen=True, slots=True)
class Watch:
    """One thing a person wants, as configured."""

    name: str
    wish: Wish
    listings: tuple[Listing, ...]
    channels: tuple[str, ...] = ()  # resolved names, never empty once loaded
    hot: tuple[HotWindow, ...] = ()
    control: bool = False  # known to be in stock: tests the reader of its shop, and never rings


class Answer(StrEnum):
    """Whether an offer exists that meets the wish."""

    YES = "yes"
    NO = "no"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True, slots=True)
class Leaning:
    """A change of mind not yet confirmed; never stored, dies with a restart."""

    answer: Answer
    first_at: datetime
    last_at: datetime
    looks: int = 1  # looks that agree
    blind_looks: int = 0  # no-verdicts since the last agreeing look
    offer: Offer | None = None
    hint: str = ""  # which quiet notice this leans to, for `Belief.aside`; "" leans to none
    given_up: bool = False  # a candidate yes that nobody could confirm in time; it may still be confirmed


@dataclass(frozen=True, slots=True)
class Belief:
    """What we hold true of one listing for one watch, and since when; no-verdicts never change it."""

    watch: str
    url: str
    fingerprint: str = ""  # of the URL, wish and rules; a new one means the question was edited
    answer: Answer | None = None  # None: never seen
    availability: Availability | None = None
    offer: Offer | None = None  # the offer that answers the wish best, while the answer is yes
    since: datetime | None = None
    last_conclusive: datetime | None = None
    last_yes: datetime | None = None  # newest look that agreed with a yes
    no_first_at: datetime | None = None  # first look of the newest confirmed no
    rang_at: datetime | None = None  # newest ring
    told: frozenset[str] = frozenset()  # quiet notices already given for the present state
    edited: bool = False  # the question changed: what is in stock now goes into a digest
    title: str | None = None
    identity_ids: frozenset[str] = frozenset()
    leads: bool = False  # this yes was told as the watch's first (or cheapest) place; later places are quiet
    hushed: bool = False  # this yes was recorded while flapping and told to nobody yet
    kinds: frozenset[str] = frozenset()  # kinds of data that told the truth here; see `stamps.KINDS`
    # --- not stored ---
    kinds_missed: int = 0  # conclusive looks in a row without one of them
    leaning: Leaning | None = None
    gone: Leaning | None = None
    aside: Leaning | None = None  # towards (or away from) a quiet notice
    recent: tuple[tuple[datetime, Answer], ...] = ()  # the last raw answers, newest last, for flapping
    turns: tuple[datetime, ...] = ()  # when raw answers last changed, newest last, for flapping
    flapping_since: datetime | None = None
    looked_at: datetime | None = None  # newest look of any kind
    looks_blind: int = 0  # no-verdicts in a row
    last_cause: Cause | None = None
    last_detail: str = ""

    def settled(self) -> Belief:
        """Give what survives a restart: every field above the line, transient ones back at their defaults."""
        return replace(
            self,
            told=self.told - {"flapping"},
            kinds_missed=0,
            leaning=None,
            gone=None,
            aside=None,
            recent=(),
            turns=(),
            flapping_since=None,
            looked_at=None,
            looks_blind=0,
            last_cause=None,
            last_detail="",
        )


class Kind(StrEnum):
    """What happened. Listing news first, then the service's own news."""

    RESTOCK = "restock"  # a wished offer exists now and did not before: rings
    ALSO = "also"  # another listing of a watch that has already rung: quiet
    BACK_AGAIN = "back_again"  # returned too soon after an alert to ring
    ALREADY = "already"  # wished for and in stock at the first look
    STILL = "still"  # in stock after a long silence, an edit or a restored database
    SOLD_OUT = "sold_out"  # a yes ended; recorded, told to nobody
    OTHER_STATE = "other_state"  # orderable in a way that is not accepted: lottery, invitation, backorder
    NO_PRICE = "no_price"  # in stock, a ceiling is set, no readable price
    HIDDEN = "hidden"  # in stock, but the page hides another value that the wish needs
    UNCONFIRMED = "unconfirmed"  # seen once, could not confirm
    FLAPPING = "flapping"
    GONE = "gone"
    BLIND = "blind"
    SEES_AGAIN = "sees_again"
    DEAD_LETTER = "dead_letter"  # a delivery was given up on another channel
    CHANNEL_DOWN = "channel_down"  # a channel hangs or keeps refusing: told on another one, once
    CHANNEL_GONE = "channel_gone"  # a removed channel had deliveries waiting
    CONFIG_REFUSED = "config_refused"
    CONFIG_HELD = "config_held"  # a reload that would drop most watches waits for a second save
    STARTED = "started"  # the last stop was unclean
    STORAGE_DOWN = "storage_down"  # the database takes nothing: news goes out from memory
    STORAGE_BACK = "storage_back"  # it works again, and what was decided meanwhile is written
    RESTORED = "restored"  # the database was damaged or gone: a backup took its place
    MUTED = "muted"  # a mute was set: recorded, told to nobody
    UNMUTED = "unmuted"  # a mute is over: closes the digest of what was held back
    SNOOZED = "snoozed"  # recorded, told to nobody
    SNOOZE_OVER = "snooze_over"  # recorded; what is still in stock then is told as STILL
    PAGE_CHANGED = "page_changed"  # a kind of evidence that told the truth here is gone from the page
    CONTROL_WRONG = "control_wrong"  # goods known to be in stock read otherwise
    CONTROL_RIGHT = "control_right"
    SUMMARY = "summary"  # once a day
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Transition:
    """A confirmed change of belief or of "is this what was wished for"."""

    event_id: str  # six characters of a-z and 2-9, unique in the database
    kind: Kind
    watch: str
    url: str
    at: datetime  # when the deciding look was made
    since: datetime | None = None  # first look that saw the new state
    before: Availability | None = None
    after: Availability | None = None
    offer: Offer | None = None
    title: str | None = None
    cause: Cause | None = None
    detail: str = ""
    silent: bool = False  # recorded, told to nobody


@dataclass(frozen=True, slots=True)
class Place:
    """Another listing of the same watch where the wish is met now."""

    url: str
    offer: Offer


@dataclass(frozen=True, slots=True)
class Alert:
    """A transition, or a piece of the service's own news, worth telling: data, not words."""

    event_id: str
    kind: Kind
    urgency: Urgency
    at: datetime
    watch: str | None = None
    url: str | None = None  # the listing's URL from the config
    title: str | None = None
    offer: Offer | None = None
    since: datetime | None = None
    before: Availability | None = None
    after: Availability | None = None
    max_price: Decimal | None = None
    currency: str = "JPY"
    others: tuple[Place, ...] = ()
    cause: Cause | None = None
    detail: str = ""
    count: int = 0  # watches or deliveries concerned, for the service's own news
    subjects: tuple[str, ...] = ()  # names concerned, for the service's own news
    cheaper: bool = False  # rings although another place has rung: this one costs less
    gather: bool = False  # wait for the gathering time so that several become one digest
    held_until: datetime | None = None  # when the mute ended that held this back; patience with a channel begins there


class DeliveryState(StrEnum):
    """The life of a delivery."""

    PENDING = "pending"
    SENDING = "sending"
    DONE = "done"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One alert for one channel, owed until the channel accepts it."""

    id: int  # 0 until stored
    event_id: str
    channel: str
    state: DeliveryState
    alert: Alert
    created_at: datetime
    due_at: datetime
    attempts: int = 0
    repeat: bool = False  # an earlier send may have arrived: marked "(repeat)"
    last_error: str = ""
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Spell:
    """A stretch of time with the same belief and price."""

    watch: str
    url: str
    answer: Answer
    availability: Availability
    price: Decimal | None
    currency: str | None
    began: datetime
    last_seen: datetime
    ended: datetime | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """Everything one observation changed; stored in one transaction or not at all."""

    belief: Belief
    transition: Transition | None = None
    alert: Alert | None = None
    channels: tuple[str, ...] = ()
    due_at: datetime | None = None  # of the deliveries; None means now


@dataclass(frozen=True, slots=True)
class Rates:
    """Exchange rates as configured: yen for one unit of a currency; one without a rate cannot be compared."""

    per_unit: Mapping[str, Decimal] = field(default_factory=dict)  # the yen itself is 1 unless given
