"""Nothing foreign in a message can act: no mention, mark-up, link or invisible character survives (D13)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.inert import clean, copyable, safe_link
from monitor.model import Alert, Kind, Place
from monitor.wording import LANGUAGES, fill
from notifiers.message import Urgency
from tests.monitor.letters import AMAZON, NOW, OFFER, alert, deliver, write
from watchers.model import Availability, Cause, Condition, Offer

COPYABLE = {Kind.CONFIG_REFUSED, Kind.DEAD_LETTER, Kind.CHANNEL_DOWN, Kind.CHANNEL_GONE}

# --- links ---


def test_the_link_is_the_order_link_of_the_same_shop() -> None:
    """An order link on the listing's host wins; one elsewhere does not."""
    own = "https://www.amazon.co.jp/gp/buy?asin=B0ABCDEFGH"
    assert write(alert(offer=replace(OFFER, order_url=own))).link == own
    for other in ("https://evil.example/dp/1", "javascript:alert(1)", "https://www.amazon.co.jp@evil.example/", ""):
        assert write(alert(offer=replace(OFFER, order_url=other))).link == AMAZON
    demo = alert(url="demo://switch-2", offer=replace(OFFER, order_url="http://127.0.0.1:4242/item/1"))
    assert write(demo).link == "http://127.0.0.1:4242/item/1"
    assert write(alert(url="demo://switch-2")).link is None
    assert write(alert(url="file:///etc/passwd", offer=replace(OFFER, order_url="https://a.example/"))).link is None


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://shop.example/a?b=c&d=%E3%81%82#e", "https://shop.example/a?b=c&d=%E3%81%82#e"),
        ("https://user:pass@shop.example/a", "https://shop.example/a"),
        ("https://日本.example/あ", "https://xn--wgv71a.example/%E3%81%82"),
        ("https://shop.example/@everyone<b>", "https://shop.example/%40everyone%3Cb%3E"),
        ("https://shop.example/a b\nc", "https://shop.example/a%20bc"),
        ("http://[::1]:8080/x", "http://[::1]:8080/x"),
        ("ftp://shop.example/", None), ("javascript:alert(1)", None), ("https://", None), ("", None), (None, None),
        ("https://shop.example:99999/", None), ("https://sh[op/", None), ("https://a" + "b" * 3000, None),
    ],
)  # fmt: skip
def test_links_are_web_links_in_plain_ascii(url: str | None, link: str | None) -> None:
    """Only http and https, without credentials, with nothing a service could read as mark-up."""
    assert safe_link(url) == link


# --- inert words ---


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("@everyone buy", "＠everyone buy"),
        ("<!channel> <@U1> <b>x</b>", "＜!channel＞ ＜＠U1＞ ＜b＞x＜/b＞"),
        ("[tap](https://evil.example)", "［tap］(https：／／evil.example)"),
        ("evil.example/path www.evil.example", "evil.example／path www．evil.example"),
        ("**a** _b_ `c` ~d~ ||e|| # f", "＊＊a＊＊ ＿b＿ ｀c｀ ～d～ ｜｜e｜｜ ＃ f"),
        ("a\r\nBcc: x\u2028y\x1b[31m\x00", "a Bcc: x y ［31m"),
        ("a\u202eb\u200bc\ufeffd\u2066e\u00adf", "abcdef"),
        ("  a \t b　c ", "a b c"),
        ("{0.__class__} %s {name}", "｛0.＿＿class＿＿｝ %s ｛name｝"),
        ("Nintendo Switch 2(日本語・国内専用) Amazon.co.jp", "Nintendo Switch 2(日本語・国内専用) Amazon.co.jp"),
        ("\ufe0f\u3164", ""), (None, ""),
    ],
)  # fmt: skip
def test_foreign_text_is_made_inert(text: str | None, seen: str) -> None:
    """A person reads the same, a machine finds no mention, mark-up, link or control character."""
    assert clean(text, 90) == seen


@pytest.mark.parametrize(
    "words",
    [
        'config.toml:14: watch "A".max_prise: no such setting (did you mean "max_price"?)',
        "config.toml:3: channels.phone.url: ${NOPE} is not set: set NOPE in the environment",
        "config.toml:2: channels: expected a table, as [channels.NAME]; `restock init` writes one",
        'expected a list in [ ], {a = 1} | C:\\me #1 ~ *** 50% "console://", "mailto://..." or "demo://en/switch-2"',
    ],
)
def test_our_own_words_can_be_copied(words: str) -> None:
    """Keys, brackets, quotes and commands in a refusal of the configuration keep their letters."""
    assert copyable(words, 300) == words
    body = write(alert(Kind.CONFIG_REFUSED, detail=words, count=1)).body
    assert body.splitlines()[0] == words
    assert "restock test my_phone" in write(alert(Kind.CHANNEL_DOWN, subjects=("my_phone",))).body


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("@everyone <@U1> <!channel> a@b me @ home", "＠everyone ＜＠U1＞ ＜!channel＞ a＠b me @ home"),
        ("[tap](https://evil.example) http://[::1]/", "[tap］(https：／／evil.example) http：／／[::1]/"),
        ("tg://resolve?x javascript://x //y", "tg：／／resolve?x javascript：／／x //y"),
        ("a\r\nb\x1b[2Jc\u202ed", "a b [2Jcd"),
    ],
)  # fmt: skip
def test_what_acts_is_harmless_in_copyable_words_too(text: str, seen: str) -> None:
    """A value from the file calls nobody, is no tag and no link; control characters are gone."""
    assert copyable(text, 300) == seen


def test_text_is_shortened_visibly() -> None:
    """No more than the limit, with a sign that something is missing; a megabyte costs nothing."""
    assert clean("abc def", 5) == "abc…"
    assert len(clean("あ" * 1_000_000, 90)) == 90


def test_formats_are_filled_in_one_pass() -> None:
    """What is filled in is never read as a format."""
    assert fill("{a} {b}", a="{b}", b="{a.__class__}") == "{b} {a.__class__}"


_NASTY = st.text(max_size=300) | st.text("@<>[]*_`~|#\\{}\r\n\u202e\u200b\ufeff\u2066 a:/.", max_size=60)
_OFFERS = st.builds(
    Offer, availability=st.sampled_from(Availability), price=st.none() | st.decimals(), currency=st.none() | _NASTY,
    price_high=st.none() | st.decimals(), tax_excluded=st.booleans(), shipping=st.none() | st.decimals(),
    points=st.none() | st.integers(), seller=st.none() | _NASTY, condition=st.none() | st.sampled_from(Condition),
    quantity=st.none() | st.integers(), variant=st.none() | _NASTY, order_url=st.none() | _NASTY,
    available_on=st.none() | _NASTY,
)  # fmt: skip
_TIMES = st.integers(-(10**8), 10**8).map(lambda seconds: NOW + timedelta(seconds=seconds))
_ALERTS = st.builds(
    Alert, event_id=st.text("abcdefghijklmnopqrstuvwxyz23456789", min_size=6, max_size=6),
    kind=st.sampled_from(Kind), urgency=st.sampled_from(Urgency),
    at=_TIMES,
    watch=st.none() | _NASTY, url=st.none() | _NASTY | st.builds("https://shop.example/{}".format, _NASTY),
    title=st.none() | _NASTY, offer=st.none() | _OFFERS,
    since=st.none() | _TIMES,
    after=st.none() | st.sampled_from(Availability), max_price=st.none() | st.decimals(), currency=_NASTY,
    others=st.lists(st.builds(Place, url=_NASTY, offer=_OFFERS), max_size=3).map(tuple),
    cause=st.none() | st.sampled_from(Cause), detail=_NASTY | st.sampled_from(["seller", "rate", "price"]),
    count=st.integers(0, 600), subjects=st.lists(_NASTY, max_size=3).map(tuple), cheaper=st.booleans(),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    news=st.lists(_ALERTS, min_size=1, max_size=4),
    language=st.sampled_from(LANGUAGES),
    repeat=st.booleans(),
    standing=st.sampled_from([True, False, None]),
)
def test_whatever_the_words_a_message_is_inert(
    news: list[Alert], language: str, repeat: bool, standing: bool | None
) -> None:
    """Any text in any field: one-line title of at most 200, nothing invisible, no mention, mark-up or foreign link."""
    message = write(*(deliver(one, repeat=repeat) for one in news), language=language, standing=standing)
    assert 0 < len(message.title) <= 200
    for char in message.title + message.body.replace("\n", ""):
        assert unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}, hex(ord(char))
    everything = message.title + "\n" + message.body
    copied = any(one.kind in COPYABLE for one in news)  # their words are from the configuration
    acting = r"@[\w!&]|[<>]|\]\(" if copied else r"[@<>*`~|\\{}#]"
    assert not re.search(acting, re.sub(r"https?://\S+", "", everything))
    allowed = {
        link for one in news for link in (safe_link(one.url), _order(one), *(safe_link(p.url) for p in one.others))
    }
    found = {link for link in re.findall(r"\S*://\S*", everything) if not copied or re.search(r"\w://[\w\[]", link)}
    assert found <= allowed
    assert message.link is None or message.link in allowed
    assert sorted(message.tags) == sorted({one.event_id for one in news})
    lines = message.body.splitlines()
    if len(news) == 1:
        assert lines[-1] == f"[{news[0].event_id}]"
    else:
        assert len(lines) == len(news)
        assert sorted(line[-8:] for line in lines) == sorted(f"[{one.event_id}]" for one in news)
    ours = sum(everything.count(name) for name in ("[monitor]", "[fetch]", *{f"[{one.event_id}]" for one in news}))
    assert copied or everything.count("[") == everything.count("]") == ours


def _order(news: Alert) -> str | None:
    return safe_link(news.offer.order_url) if news.offer is not None else None
