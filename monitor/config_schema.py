"""Every key of the file a person edits: its kind, its default, its range and what it means.

The defaults are those of `settings.py`; the manual's tables are made from this file and a test compares them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from monitor import config_addresses as a
from monitor import config_types as t
from monitor.settings import BlindSettings, ConfirmSettings, HostSettings, RetrySettings, Settings
from watchers.model import Availability, Condition, Limits, Rule

_SERVICE = Settings(path=Path("config.toml"), database=Path("restock.db"))
_FETCH, _CONFIRM, _RETRY, _BLIND = Limits(), ConfirmSettings(), RetrySettings(), BlindSettings()
_HOST = HostSettings()


@dataclass(frozen=True)
class Means:
    """What a key means, in one line of the manual; `default` where none can be computed."""

    text: str
    default: str | None = None


def _listed(value: object) -> object:
    """Let one word stand for a list of one."""
    return value if isinstance(value, list) else [value]


Many = BeforeValidator(_listed)


class Table(BaseModel):
    """A table of the file: no key that is not named here."""

    model_config = ConfigDict(extra="forbid", strict=True, arbitrary_types_allowed=True)


class MonitorTable(Table):
    language: Annotated[str, t.Choice(("ja", "en")), Means("language of the messages")] = _SERVICE.language
    timezone: Annotated[str, t.Zone(), Means("zone of every time that is shown, and of hot windows")] = (
        _SERVICE.timezone
    )
    interval: Annotated[timedelta, t.Span("100ms", "7d"), Means("between two looks at a listing")] = _SERVICE.interval
    min_interval: Annotated[
        timedelta, t.Span("100ms", "1h"), Means("no `interval` may be shorter; lower it only for shops of your own")
    ] = _SERVICE.min_interval
    jitter: Annotated[
        float, t.Number(0, 0.5), Means("looks come earlier or later by up to this share of the interval")
    ] = _SERVICE.jitter
    accept: Annotated[list[Annotated[Availability, t.State()]], Many, Means("states that count as a yes")] = Field(
        default=sorted(_SERVICE.accept), min_length=1
    )
    database: Annotated[str, t.Text(1000), Means("where the service remembers; relative to this file")] = "restock.db"
    concurrency: Annotated[int, t.Whole(1, 1000), Means("looks under way at once, all hosts together")] = (
        _SERVICE.concurrency
    )
    full_every: Annotated[
        timedelta, t.Span("1s", "1d"), Means('a full fetch at least so often, whatever "not modified" a shop answers')
    ] = _SERVICE.full_every
    retention: Annotated[
        timedelta, t.Span("1d", "3650d"), Means("transitions and settled deliveries are kept so long")
    ] = _SERVICE.retention
    backup_every: Annotated[
        timedelta,
        t.Span("1m", "7d"),
        Means(
            "a verified copy of the database beside it, the newest three kept; one is restored if the database breaks"
        ),
    ] = _SERVICE.backup_every
    longest_mute: Annotated[timedelta, t.Span("1m", "30d"), Means("no mute and no snooze may be longer")] = (
        _SERVICE.longest_mute
    )
    heartbeat: Annotated[
        str | None,
        a.HeartbeatUrl(),
        Means(
            'an outside address asked while all is well, for a service that rings when it falls silent; may be `"file:/path"`',
            "none",
        ),
    ] = None
    heartbeat_every: Annotated[timedelta, t.Span("1s", "1d"), Means("between two heartbeats")] = (
        _SERVICE.heartbeat_every
    )
    health: Annotated[
        str | None,
        a.Loopback(),
        Means(
            "serves `/healthz` (the service answers) and `/readyz` (it does its work; else 503 and the reasons)", "none"
        ),
    ] = None
    summary: Annotated[
        time | None, t.Clock(), Means("one quiet message a day: what is in stock, what could not be seen", "none")
    ] = None
    rates: Annotated[
        dict[Annotated[str, t.Code()], Annotated[Decimal, t.Yen()]],
        Means("`USD = 155`: yen for one dollar; a currency without a rate cannot be compared"),
    ] = {}


class ChannelTable(Table):
    url: Annotated[
        str, t.SecretText(4000), Means('an Apprise URL with one target, or `console://`; may be `"file:/path"`')
    ]
    urgent: Annotated[bool, t.Flag(), Means("a restock wakes the phone")] = False
    language: Annotated[
        str | None, t.Choice(("ja", "en")), Means("language of this channel's messages", "that of `[monitor]`")
    ] = None


class HostTable(Table):
    rate: Annotated[float, t.Rate(), Means("requests a second to this host, whatever the number of watches")] = (
        _HOST.rate
    )
    concurrency: Annotated[int, t.Whole(1, 1000), Means("requests to this host at once")] = _HOST.concurrency
    headers: Annotated[
        dict[Annotated[str, a.Header()], Annotated[str, t.SecretText(8000)]],
        Means('sent along, to this host only; a value may be `"file:/path"`'),
    ] = {}
    proxy: Annotated[str | None, a.ProxyUrl(), Means('the way to this host; may be `"file:/path"`', "none")] = None
    user_agent: Annotated[str | None, t.Text(500), Means("who we say we are", "an honest name of our own")] = None


class FetchTable(Table):
    allow: Annotated[
        list[Annotated[str, a.Allow()]], Many, Means("private addresses that may be fetched all the same")
    ] = []
    connect: Annotated[float, t.Seconds("100ms", "1m"), Means("to connect, and again for TLS")] = _FETCH.connect
    between_bytes: Annotated[float, t.Seconds("100ms", "2m"), Means("of silence inside an answer")] = (
        _FETCH.between_bytes
    )
    total: Annotated[float, t.Seconds("100ms", "5m"), Means("for a whole fetch")] = _FETCH.total
    max_wire: Annotated[int, t.Bytes("1KiB", "100MiB"), Means("of a body as sent")] = _FETCH.max_wire
    max_body: Annotated[int, t.Bytes("1KiB", "200MiB"), Means("of a body once decoded")] = _FETCH.max_body
    max_ratio: Annotated[float, t.Number(1, 10_000), Means("decoded to sent, once past 1 MiB")] = _FETCH.max_ratio
    max_redirects: Annotated[int, t.Whole(0, 20), Means("followed in one look")] = _FETCH.max_redirects
    max_header_line: Annotated[int, t.Bytes("1KiB", "1MiB"), Means("of one header of an answer")] = (
        _FETCH.max_header_line
    )
    max_headers: Annotated[int, t.Whole(10, 1000), Means("headers in an answer")] = _FETCH.max_headers
    max_head: Annotated[int, t.Bytes("1KiB", "10MiB"), Means("of all headers of an answer")] = _FETCH.max_head


class ConfirmTable(Table):
    looks: Annotated[int, t.Whole(1, 10), Means("agreeing looks that make a yes")] = _CONFIRM.looks
    again_after: Annotated[timedelta, t.Span("100ms", "1m"), Means("from a first yes to the confirming look")] = (
        _CONFIRM.again_after
    )
    retry_after: Annotated[
        timedelta, t.Span("100ms", "5m"), Means("to another try when the confirming look gave no verdict")
    ] = _CONFIRM.retry_after
    give_up_after: Annotated[
        timedelta, t.Span("1s", "1h"), Means('without a verdict, then "seen once, could not confirm"')
    ] = _CONFIRM.give_up_after
    unconfirmed_notice: Annotated[bool, t.Flag(), Means('whether "seen once, could not confirm" is told')] = (
        _CONFIRM.unconfirmed_notice
    )
    no_looks: Annotated[int, t.Whole(1, 20), Means("agreeing looks that end a yes")] = _CONFIRM.no_looks
    no_spread: Annotated[timedelta, t.Span("1s", "1h"), Means("or two that lie so far apart")] = _CONFIRM.no_spread
    rearm_after: Annotated[timedelta, t.Span("0s", "7d"), Means("a no must be so old before a yes rings again")] = (
        _CONFIRM.rearm_after
    )
    gone_looks: Annotated[int, t.Whole(1, 20), Means("looks that find the page gone make a no")] = _CONFIRM.gone_looks
    gone_after: Annotated[timedelta, t.Span("0s", "1d"), Means("and must be spread over so long")] = _CONFIRM.gone_after
    quiet_after: Annotated[timedelta, t.Span("1s", "30d"), Means("yes, a longer silence, yes: a quiet digest")] = (
        _CONFIRM.quiet_after
    )
    flap_changes: Annotated[int, t.Whole(2, 100), Means("changes that make a listing flapping")] = _CONFIRM.flap_changes
    flap_window: Annotated[timedelta, t.Span("1s", "1d"), Means("when they fall into so short a time")] = (
        _CONFIRM.flap_window
    )
    flap_ring_every: Annotated[
        timedelta, t.Span("0s", "1d"), Means("a flapping listing rings at most once in so long")
    ] = _CONFIRM.flap_ring_every
    first_note: Annotated[bool, t.Flag(), Means('whether "already in stock" is told at the first look')] = (
        _CONFIRM.first_note
    )
    gather: Annotated[timedelta, t.Span("0s", "10m"), Means("first looks of so long are one message")] = _CONFIRM.gather


class RetryTable(Table):
    delays: Annotated[
        list[Annotated[timedelta, t.Span("100ms", "1d")]], Many, Means("between tries of one message; the last repeats")
    ] = Field(default=list(_RETRY.delays), min_length=1, max_length=20)
    jitter: Annotated[float, t.Number(0, 0.5), Means("share by which a delay varies")] = _RETRY.jitter
    give_up_after: Annotated[
        timedelta, t.Span("1s", "30d"), Means("a message not accepted by then is given up, and another channel told")
    ] = _RETRY.give_up_after
    deadline: Annotated[timedelta, t.Span("1s", "2m"), Means("for one send, whatever the library does")] = (
        _RETRY.deadline
    )
    pause: Annotated[timedelta, t.Span("100ms", "1h"), Means("of a channel that keeps refusing; doubles each time")] = (
        _RETRY.pause
    )
    pause_cap: Annotated[timedelta, t.Span("100ms", "1d"), Means("longest such pause")] = _RETRY.pause_cap
    pause_after: Annotated[int, t.Whole(1, 100), Means("refusals in a row that pause a channel")] = _RETRY.pause_after
    fallback: Annotated[
        str | None, t.Text(100), Means("channel that also gets what was not accepted in time", "none")
    ] = None
    fallback_after: Annotated[
        timedelta, t.Span("1s", "1d"), Means("a message not accepted by then goes to the fallback too")
    ] = _RETRY.fallback_after
    burst: Annotated[int, t.Whole(1, 1000), Means("single messages before they become digests")] = _RETRY.burst
    late_after: Annotated[timedelta, t.Span("1s", "1d"), Means("news older than this says how old it is")] = (
        _RETRY.late_after
    )


class BlindTable(Table):
    after: Annotated[
        timedelta, t.Span("1s", "7d"), Means("without a verdict is an alarm, or `intervals` if that is longer")
    ] = _BLIND.after
    intervals: Annotated[float, t.Number(1, 100), Means("so many intervals without a verdict")] = _BLIND.intervals
    host_watches: Annotated[int, t.Whole(1, 1000), Means("blind watches with one cause on one host are one alarm")] = (
        _BLIND.host_watches
    )
    remind_every: Annotated[timedelta, t.Span("1s", "30d"), Means("the alarm is repeated")] = _BLIND.remind_every


class HotTable(Table):
    at: Annotated[time, t.Clock(), Means("when the window opens, in the time zone of `[monitor]`")]
    for_: Annotated[timedelta, t.Span("1s", "1d"), Means("how long it stays open")] = Field(alias="for")
    every: Annotated[
        timedelta,
        t.Span("100ms", "1h"),
        Means("between two looks meanwhile; not below 2s, nor below `min_interval` if that is less"),
    ]
    days: Annotated[frozenset[int], t.Days(), Means("on which days", "daily")] = frozenset(range(7))


class ListingTable(Table):
    url: Annotated[str, a.ListingUrl(), Means("the page")]
    interval: Annotated[timedelta | None, t.Span("100ms", "7d"), Means("for this page alone", "that of the watch")] = (
        None
    )
    variant: Annotated[str | None, t.Text(), Means("colour, size or model on this page", "that of the watch")] = None
    tls_verify: Annotated[bool | None, t.Flag(), Means("check this page's certificate", "that of the watch")] = None
    in_stock_when: Annotated[list[Annotated[Rule, t.RuleText()]], Many, Means("any of these there: in stock")] = Field(
        default=[], max_length=20
    )
    sold_out_when: Annotated[list[Annotated[Rule, t.RuleText()]], Many, Means("any of these there: sold out")] = Field(
        default=[], max_length=20
    )
    price_at: Annotated[
        list[Annotated[Rule, t.RuleText(decides=False)]], Many, Means("the first of these that finds a price")
    ] = Field(default=[], max_length=20)


def _page(value: object) -> object:
    """Let a URL alone stand for a listing."""
    return {"url": value} if isinstance(value, str) else value


class WatchTable(Table):
    name: Annotated[str, t.Text(), Means("what you call it; no two watches share one")]
    url: Annotated[str | None, a.ListingUrl(), Means("the page, when there is only one", "none")] = None
    listings: Annotated[
        list[Annotated[ListingTable, BeforeValidator(_page)]],
        Many,
        Means("the pages: URLs, or tables with the keys below", "none"),
    ] = []
    interval: Annotated[
        timedelta | None,
        t.Span("100ms", "7d"),
        Means("between two looks at each page", "that of `[monitor]`; `demo://` 2s"),
    ] = None
    accept: Annotated[
        list[Annotated[Availability, t.State()]] | None,
        Many,
        Means("states that count as a yes", "that of `[monitor]`"),
    ] = Field(default=None, min_length=1)
    max_price: Annotated[
        tuple[Decimal, str | None] | None,
        t.Price(),
        Means('most you would pay, shipping included: 52000, "52,000円", "5万", "$49.99"', "none"),
    ] = None
    currency: Annotated[str | None, t.Code(), Means("of `max_price`", "what `max_price` says, else JPY")] = None
    sellers: Annotated[list[Annotated[str, t.Text()]], Many, Means("only these, at shops with several", "any")] = []
    condition: Annotated[list[Annotated[Condition, t.Goods()]], Many, Means("only these", "any")] = []
    variant: Annotated[str | None, t.Text(), Means("colour, size or model, as the shop writes it", "any")] = None
    quantity: Annotated[int, t.Whole(1, 999), Means("at least so many left, where the page says how many")] = 1
    channels: Annotated[list[Annotated[str, t.Text(100)]] | None, Many, Means("names of channels to tell", "all")] = (
        None
    )
    tls_verify: Annotated[bool, t.Flag(), Means("check certificates; `false` is shown in red")] = True
    hot: Annotated[list[HotTable], Many, Means("times to look more often: `[[watch.hot]]`", "none")] = []
    control: Annotated[
        bool, t.Flag(), Means("goods known to be in stock: never rings, but tells when the reader of its shop is wrong")
    ] = False


class Root(Table):
    monitor: MonitorTable = MonitorTable()
    channels: dict[Annotated[str, t.Text(100)], ChannelTable] = {}
    hosts: dict[Annotated[str, a.HostName()], HostTable] = {}
    fetch: FetchTable = FetchTable()
    confirm: ConfirmTable = ConfirmTable()
    retry: RetryTable = RetryTable()
    blind: BlindTable = BlindTable()
    watch: list[WatchTable] = []
