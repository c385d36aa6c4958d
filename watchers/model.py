"""The words a watcher speaks: listings go in, observations come out.

Everything here is frozen data. A watcher knows what a page says; it never knows what is wished for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum


class Availability(StrEnum):
    """What a listing says a shopper can do today."""

    IN_STOCK = "in_stock"
    PREORDER = "preorder"
    BACKORDER = "backorder"
    MADE_TO_ORDER = "made_to_order"
    INVITATION = "invitation"
    LOTTERY = "lottery"
    IN_STORE_ONLY = "in_store_only"
    COMING_SOON = "coming_soon"
    OUT_OF_STOCK = "out_of_stock"
    DISCONTINUED = "discontinued"
    GONE = "gone"
    BLOCKED = "blocked"
    UNKNOWN = "unknown"

    @property
    def is_verdict(self) -> bool:
        """True when the page settled the question; the three no-verdicts never change a belief."""
        return self not in _NO_VERDICTS

    @property
    def is_orderable(self) -> bool:
        """True when an order (or an entry for one) can be placed on the web today."""
        return self in _ORDERABLE


_NO_VERDICTS = frozenset({Availability.GONE, Availability.BLOCKED, Availability.UNKNOWN})
_ORDERABLE = frozenset(
    {
        Availability.IN_STOCK,
        Availability.PREORDER,
        Availability.BACKORDER,
        Availability.MADE_TO_ORDER,
        Availability.INVITATION,
        Availability.LOTTERY,
    }
)


class Cause(StrEnum):
    """Why a check brought no verdict. The words are part of the promises: logs and alarms carry them."""

    BLOCKED = "blocked"
    HTTP = "http"
    DNS = "dns"
    TLS = "tls"
    TIMEOUT = "timeout"
    TRUNCATED = "truncated"
    TOO_BIG = "too_big"
    IDENTITY = "identity"
    NO_EVIDENCE = "no_evidence"
    RULE_ERROR = "rule_error"
    FORBIDDEN_ADDRESS = "forbidden_address"
    NOT_RUNNING = "not_running"


class Source(StrEnum):
    """Where a piece of evidence was found, strongest first; `weigh` trusts them in this order."""

    RULE = "rule"  # the user's own rule
    SHOP = "shop"  # the shop's own reader or official API
    JSON_LD = "json-ld"
    MICRODATA = "microdata"
    OPEN_GRAPH = "open-graph"
    APP_STATE = "app-state"
    BUTTON = "button"  # an order control in the product block, with its words
    PHRASE = "phrase"  # a stock phrase inside the product block


class Condition(StrEnum):
    """The state the goods are in, as the offer names it."""

    NEW = "new"
    USED = "used"
    REFURBISHED = "refurbished"


@dataclass(frozen=True, slots=True)
class Offer:
    """One seller's terms on a listing; None always means "the page does not say"."""

    availability: Availability
    price: Decimal | None = None
    currency: str | None = None  # ISO 4217
    price_high: Decimal | None = None  # top end where the page shows a range
    tax_excluded: bool = False  # True when only a price without tax (税抜) is shown
    shipping: Decimal | None = None
    points: int | None = None
    seller: str | None = None
    condition: Condition | None = None
    quantity: int | None = None  # pieces left
    variant: str | None = None
    order_url: str | None = None  # built from a checked id on the listing's own host, never copied from page text
    available_on: str | None = None  # release or delivery words, as shown


@dataclass(frozen=True, slots=True)
class Evidence:
    """A thing present on the page that supports a state."""

    says: Availability
    source: Source
    where: str  # JSON path or CSS-like place
    words: str  # the words or value found there, shortened
    offer: Offer | None = None


class RuleKind(StrEnum):
    """The language a user's rule is written in."""

    CSS = "css"
    XPATH = "xpath"  # XPath 1
    REGEX = "regex"
    JMES = "jmes"  # JMESPath, on an answer that is JSON or on JSON in a script block
    TEXT = "text"  # words that a visitor reads


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the user, checked when the file was read."""

    kind: RuleKind
    expression: str
    script: str | None = None  # CSS selector of the script block whose JSON a `jmes` rule reads

    def __str__(self) -> str:
        """Give the rule as it is written in the file."""
        return f"{self.kind}{f'({self.script})' if self.script else ''}: {self.expression}"


@dataclass(frozen=True, slots=True)
class Rules:
    """What the user says a page shows; any rule of a kind is enough, and none of a kind leaves it to the readers."""

    in_stock_when: tuple[Rule, ...] = ()
    sold_out_when: tuple[Rule, ...] = ()
    price_at: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """One place where a thing may be sold: a URL plus how to look at it."""

    url: str
    interval: timedelta = timedelta(seconds=30)
    variant: str | None = None
    tls_verify: bool = True
    rules: Rules | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a shop may send us and how long it may take; seconds and bytes."""

    allow: tuple[str, ...] = ()  # "CIDR:port" exceptions to the address guard
    connect: float = 5.0  # TCP, and TLS, each
    between_bytes: float = 10.0
    total: float = 20.0
    max_wire: int = 5 * 1024 * 1024
    max_body: int = 10 * 1024 * 1024
    max_ratio: float = 100.0  # decoded : wire, once past 1 MiB decoded
    max_redirects: int = 5
    max_header_line: int = 8 * 1024
    max_headers: int = 100
    max_head: int = 64 * 1024  # all headers together


@dataclass(frozen=True, slots=True)
class Manners:
    """How we behave towards one host: who we say we are, what we send along, which way we go."""

    headers: Mapping[str, str] = field(default_factory=dict)
    proxy: str | None = None
    user_agent: str | None = None  # None: an honest name of our own
    tls_verify: bool = True


@dataclass(frozen=True, slots=True)
class Validators:
    """What lets a shop answer "not modified"."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """What a product page says it is; remembered from the first conclusive look."""

    title: str | None = None
    ids: frozenset[str] = frozenset()  # "asin:B0…", "sku:…", "gtin:…", "path:/item/1"


@dataclass(frozen=True, slots=True)
class Reading:
    """What the words of one page say: the pure result of reading, before time and cost are known."""

    availability: Availability
    offers: tuple[Offer, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    cause: Cause | None = None  # set exactly when availability is a no-verdict
    detail: str = ""  # what was missing or contradictory, in one line
    title: str | None = None
    image: str | None = None
    identity: Identity = Identity()
    spans: tuple[tuple[int, int], ...] = ()  # byte stretches of the body that a "no" rests on, where it can be repeated


@dataclass(frozen=True, slots=True)
class Cost:
    """What one look cost: seconds, wire bytes, and how much could be skipped."""

    fetch_s: float = 0.0
    read_s: float = 0.0
    wire_bytes: int = 0
    not_modified: bool = False  # the shop answered 304
    repeated: bool = False  # the bytes the last verdict rested on were unchanged


@dataclass(frozen=True, slots=True)
class Observation:
    """What one check found, or why it found nothing."""

    url: str  # the listing's URL, as configured
    at: datetime  # when the deciding byte arrived, aware UTC
    availability: Availability
    offers: tuple[Offer, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    cause: Cause | None = None
    detail: str = ""
    title: str | None = None
    image: str | None = None
    identity: Identity = Identity()
    final_url: str | None = None
    status: int | None = None  # HTTP status, when there was an answer
    retry_after: float | None = None  # seconds the shop asked us to wait
    official: bool = False  # an official API: one look is enough
    cost: Cost = Cost()
