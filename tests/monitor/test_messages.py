"""A message says in two seconds what a person needs, in their language, and nothing foreign in it can act (D8, D9, D13)."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import monitor
from monitor.episode import URGENCY
from monitor.inert import clean, safe_link
from monitor.messages import render, render_digest_parts
from monitor.model import Alert, Delivery, DeliveryState, Kind, Place
from monitor.wording import LANGUAGES, fill, words
from notifiers.message import Message, Urgency
from watchers.model import Availability, Cause, Condition, Offer

NOW = datetime(2026, 11, 25, 3, 2, 12, tzinfo=UTC)
TOKYO = ZoneInfo("Asia/Tokyo")
AMAZON = "https://www.amazon.co.jp/dp/B0ABCDEFGH"
OFFER = Offer(Availability.IN_STOCK, Decimal(49980), "JPY", seller="Amazon.co.jp", quantity=3)


def alert(kind: Kind = Kind.RESTOCK, **more: Any) -> Alert:
    """News of one listing, made two seconds after it was first seen."""
    fields: dict[str, Any] = {
        "watch": "Nintendo Switch 2", "url": AMAZON, "title": "Nintendo Switch 2", "offer": OFFER,
        "since": NOW - timedelta(seconds=2), "max_price": Decimal(52000), "after": Availability.IN_STOCK,
    }  # fmt: skip
    return Alert("k7f3q2", kind, URGENCY[kind], **{"at": NOW, **fields, **more})


def deliver(news: Alert, **more: Any) -> Delivery:
    return Delivery(1, news.event_id, "phone", DeliveryState.PENDING, news, news.at, news.at, **more)


def write(
    *news: Alert | Delivery,
    language: str = "en",
    standing: bool | Callable[[Alert], bool | None] | None = True,
    now: datetime = NOW,
) -> Message:
    deliveries = [one if isinstance(one, Delivery) else deliver(one) for one in news]
    answer = standing if callable(standing) else lambda _: standing
    return render(deliveries, language=language, zone=TOKYO, now=now, standing=answer, late_after=timedelta(seconds=60))


# --- a restock ---


def test_a_restock_in_english() -> None:
    """What, where, price against ceiling, seller, how many, since when, the link and the tag."""
    message = write(alert())
    assert message == Message(
        "In stock: Nintendo Switch 2, ¥49,980 at Amazon.co.jp",
        "¥49,980 (ceiling ¥52,000) · shipping unknown\n"
        "Sold by Amazon.co.jp · 3 left\n"
        "In stock since 12:02:10\n"
        f"{AMAZON}\n"
        "[k7f3q2]",
        Urgency.URGENT,
        AMAZON,
        ("k7f3q2",),
    )


def test_a_restock_in_japanese() -> None:
    """The same, as a Japanese person would write it."""
    message = write(alert(), language="ja")
    assert message.title == "在庫あり: Nintendo Switch 2 ¥49,980（Amazon.co.jp）"
    assert message.body.splitlines() == [
        "¥49,980（上限 ¥52,000）・送料不明",
        "販売: Amazon.co.jp・残り3点",
        "12:02:10 から在庫あり",
        AMAZON,
        "[k7f3q2]",
    ]


@pytest.mark.parametrize(
    ("offer", "ceiling", "line"),
    [
        (OFFER, 52000, "¥49,980（上限 ¥52,000）・送料不明"),
        (OFFER, None, "¥49,980"),
        (replace(OFFER, shipping=Decimal(0)), 52000, "¥49,980（上限 ¥52,000）・送料無料"),
        (replace(OFFER, shipping=Decimal(0)), None, "¥49,980・送料無料"),
        (replace(OFFER, shipping=Decimal(550)), 52000, "¥49,980（上限 ¥52,000）・送料 ¥550（計 ¥50,530）"),
        (replace(OFFER, tax_excluded=True, price=Decimal(40000)), None, "税抜 ¥40,000・税込 ¥44,000"),
        (
            replace(OFFER, tax_excluded=True, price=Decimal(40000), shipping=Decimal(1)),
            None,
            "税抜 ¥40,000・税込 ¥44,000・送料 ¥1（計 ¥44,001）",
        ),
        (replace(OFFER, price_high=Decimal(51000)), 52000, "¥49,980〜¥51,000（上限 ¥52,000）・送料不明"),
        (replace(OFFER, price=Decimal("449.5"), currency="USD"), None, "$449.50"),
        (replace(OFFER, price=Decimal("12.5"), currency="EUR"), None, "€12.50"),
        (replace(OFFER, price=None), None, "価格の表示なし"),
        (replace(OFFER, price=Decimal("NaN")), None, "価格の表示なし"),
        (replace(OFFER, price=Decimal("1E+999999")), None, "価格の表示なし"),
        (replace(OFFER, price=Decimal(449), currency="<b>"), None, "449"),
    ],
)
def test_the_price_against_the_ceiling(offer: Offer, ceiling: int | None, line: str) -> None:
    """Money as people write it, shipping and tax added up, and "unknown" where a ceiling makes it matter."""
    news = alert(offer=offer, max_price=None if ceiling is None else Decimal(ceiling))
    assert write(news, language="ja").body.splitlines()[0] == line


def test_money_in_english() -> None:
    """Yen, dollars and euros have their own signs and decimals."""
    titles = [
        write(alert(offer=replace(OFFER, price=Decimal("1234.5"), currency=code))).title
        for code in ("JPY", "USD", "EUR")
    ]
    assert [title.split(", ", 1)[1] for title in titles] == [
        f"{money} at Amazon.co.jp" for money in ("¥1,234", "$1,234.50", "€1,234.50")
    ]


def test_facts_that_are_known_are_said_and_no_others() -> None:
    """Condition if not new, variant, points and release words; nothing for what the page does not say."""
    rich = replace(OFFER, condition=Condition.USED, variant="Black", points=1500, available_on="12月5日発売")
    body = write(alert(offer=rich), language="ja").body
    assert "販売: Amazon.co.jp・残り3点・状態: 中古・種類: Black・1,500ポイント・発売・お届け: 12月5日発売" in body
    bare = write(alert(offer=Offer(Availability.IN_STOCK), max_price=None), language="ja").body
    assert bare.splitlines() == ["価格の表示なし", "12:02:10 から在庫あり", AMAZON, "[k7f3q2]"]
    assert "新品" not in write(alert(offer=replace(OFFER, condition=Condition.NEW)), language="ja").body


def test_the_page_title_is_shown_where_it_differs_from_the_name() -> None:
    """So that a wrong product is noticed; not when it only repeats the name."""
    assert "Page title: Switch 2 Case" in write(alert(title="Switch 2 Case")).body
    assert "Page title" not in write(alert(title="ＮＩＮＴＥＮＤＯ  switch 2")).body


def test_other_places_come_in_the_order_given() -> None:
    """Each with its shop, price, state if it is another, and its own link."""
    places = (
        Place("https://books.rakuten.co.jp/rb/1/", replace(OFFER, price=Decimal(50980))),
        Place("https://shop.example:8443/2", Offer(Availability.PREORDER)),
    )
    lines = write(alert(others=places)).body.splitlines()
    assert lines[-5:-2] == [
        "Also in stock, cheapest first",
        "- Rakuten Books, ¥50,980 https://books.rakuten.co.jp/rb/1/",
        "- shop.example:8443 (open for pre-order) https://shop.example:8443/2",
    ]
    many = write(alert(others=places[:1] * 12)).body
    assert many.count("Rakuten Books") == 10
    assert "And 2 more places" in many


@pytest.mark.parametrize(
    ("kind", "more", "ja", "en"),
    [
        (Kind.RESTOCK, {"cheaper": True}, "さらに安く在庫あり", "Cheaper, in stock"),
        (Kind.ALSO, {}, "ほかの店でも在庫あり", "Also in stock"),
        (Kind.BACK_AGAIN, {}, "再び在庫あり", "In stock again"),
        (Kind.ALREADY, {}, "すでに在庫あり", "Already in stock"),
        (Kind.STILL, {}, "引き続き在庫あり", "Still in stock"),
        (Kind.NO_PRICE, {"offer": Offer(Availability.IN_STOCK)}, "在庫あり・価格不明", "In stock, price unreadable"),
        (Kind.NO_PRICE, {"detail": "rate"}, "在庫あり・価格の比較不可", "In stock, price not comparable"),
        (Kind.HIDDEN, {"detail": "seller"}, "在庫あり・要確認", "In stock, please check"),
        (Kind.UNCONFIRMED, {}, "在庫ありかも（未確認）", "Perhaps in stock"),
        (Kind.FLAPPING, {}, "在庫表示が不安定", "Stock keeps changing"),
        (Kind.GONE, {}, "ページが消えました", "Page gone"),
        (Kind.BLIND, {"cause": Cause.DNS}, "在庫を確認できません", "Cannot see the stock"),
        (Kind.SEES_AGAIN, {}, "在庫を再び確認できます", "Can see the stock again"),
    ],
)
def test_how_each_kind_begins(kind: Kind, more: dict[str, Any], ja: str, en: str) -> None:
    """The first words of the title say what happened."""
    assert write(alert(kind, **more), language="ja").title.startswith(f"{ja}: Nintendo Switch 2")
    assert write(alert(kind, **more)).title.startswith(f"{en}: Nintendo Switch 2")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", [s for s in Availability if s.is_orderable])
def test_every_state_has_its_words(state: Availability, language: str) -> None:
    """An orderable state is named as such, in every place where it stands."""
    message = write(alert(Kind.OTHER_STATE, offer=replace(OFFER, availability=state)), language=language)
    name = words(language)(f"states.{state}")
    assert message.title.lower().startswith(f"{name}: ")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("detail", ["seller", "condition", "variant", "something new"])
def test_what_is_hidden_is_named(detail: str, language: str) -> None:
    """The notice says which value the page hides; one we have no words for is still a sentence."""
    body = write(alert(Kind.HIDDEN, detail=detail), language=language).body
    known = words(language).has(f"say.hidden_{detail}")
    assert words(language)(f"say.hidden_{detail}" if known else "say.hidden") in body


@pytest.mark.parametrize(("detail", "currency", "said"), [
    ("price", None, "The price could not be read"), ("rate", "USD", "There is no exchange rate for USD"),
    ("rate", None, "The page does not say in which currency"),
])  # fmt: skip
def test_why_a_price_cannot_be_compared(detail: str, currency: str | None, said: str) -> None:
    """Unreadable, without a rate and without a currency are three things to do."""
    offer = Offer(Availability.IN_STOCK, None if detail == "price" else Decimal(449), currency)
    assert said in write(alert(Kind.NO_PRICE, detail=detail, offer=offer)).body


# --- late, repeated, sold out again ---


@pytest.mark.parametrize(
    ("language", "standing", "title", "line", "urgency"),
    [
        ("en", False, "Was in stock 41 min ago, now sold out: ", "Seen in stock 11:21:12, 41 min ago; now sold out", "normal"),
        ("en", True, "In stock, first seen 41 min ago: ", "Seen in stock 11:21:12, 41 min ago; still in stock now", "urgent"),
        ("en", None, "Seen in stock 41 min ago: ", "11:21:12, 41 min ago; whether it still is, is not known", "urgent"),
        ("ja", False, "41分前に在庫あり・現在は売り切れ: ", "11:21:12 に在庫ありを確認（41分前）。現在は売り切れです", "normal"),
        ("ja", True, "在庫あり（41分前から）: ", "11:21:12 に在庫ありを確認（41分前）。現在も在庫があります", "urgent"),
        ("ja", None, "41分前に在庫あり: ", "11:21:12 に在庫ありを確認（41分前）。現在の在庫は分かりません", "urgent"),
    ],
)  # fmt: skip
def test_late_news_says_so(language: str, standing: bool | None, title: str, line: str, urgency: str) -> None:
    """How old it is and whether it still holds, in title and text; what is sold out wakes nobody."""
    then = NOW - timedelta(minutes=41)
    message = write(alert(at=then, since=then), language=language, standing=standing)
    assert message.title.startswith(title)
    assert line in message.body
    assert message.urgency == urgency


def test_late_begins_after_the_time_set() -> None:
    """A minute old is not late, a second more is; sold out is said at any age."""
    assert write(alert(at=NOW - timedelta(seconds=60))).title.startswith("In stock: ")
    assert write(alert(at=NOW - timedelta(seconds=61))).title.startswith("In stock, first seen 1 min ago: ")
    quick = write(alert(at=NOW - timedelta(seconds=12)), standing=False)
    assert quick.title.startswith("Was in stock 12 s ago, now sold out: ")
    assert write(alert(at=NOW + timedelta(days=1))).title.startswith("In stock: ")


def test_late_news_of_another_kind_says_so_too() -> None:
    """A notice that waited out an outage carries its time."""
    for kind in (Kind.GONE, Kind.OTHER_STATE, Kind.STARTED, Kind.CONFIG_HELD):
        assert "News from 09:02:12, 3 h ago" in write(alert(kind, at=NOW - timedelta(hours=3))).body
        assert "News from" not in write(alert(kind)).body


def test_another_day_has_its_date() -> None:
    """A time of today stands alone; yesterday in the reader's zone is named."""
    yesterday = datetime(2026, 11, 24, 14, 59, 59, tzinfo=UTC)  # 23:59:59 in Tokyo
    assert "In stock since 24 Nov 23:59:59" in write(alert(since=yesterday)).body
    assert "11月24日 23:59:59 から在庫あり" in write(alert(since=yesterday), language="ja").body
    assert "In stock since 00:00:00" in write(alert(since=yesterday + timedelta(seconds=1))).body


def test_a_repeat_is_marked() -> None:
    """What may have arrived before says so, alone and in a digest."""
    again = deliver(alert(), repeat=True)
    assert write(again).title.endswith("at Amazon.co.jp (repeat)")
    assert write(again, language="ja").title.endswith("（再送）")
    lines = write(again, alert()).body.splitlines()
    assert ["(repeat)" in line for line in lines] == [True, False]


# --- the service's own news ---


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("cause", Cause)
def test_blindness_says_why_and_what_to_do(cause: Cause, language: str) -> None:
    """Each cause in plain words, with its remedy."""
    body = write(alert(Kind.BLIND, cause=cause, detail="HTTP 503", count=1), language=language).body
    assert words(language)(f"causes.{cause}") in body
    assert words(language)(f"advice.{cause}") in body
    assert "HTTP 503" in body


def test_a_blind_host_names_its_watches() -> None:
    """One alarm for a host: its name, how many, which."""
    news = alert(Kind.BLIND, watch=None, cause=Cause.BLOCKED, count=3, subjects=("Switch", "Deck", "Quest"))
    message = write(news, language="ja")
    assert message.title == "在庫を確認できません: Amazon.co.jp の3件"
    assert "対象: Switch、Deck、Quest" in message.body
    assert write(news).title == "Cannot see the stock: 3 watches at Amazon.co.jp"


@pytest.mark.parametrize("kind", [Kind.DEAD_LETTER, Kind.CHANNEL_DOWN, Kind.CHANNEL_GONE])
def test_a_channel_in_trouble_is_named_with_its_last_words(kind: Kind) -> None:
    """Which channel, how many messages, what it answered last, how to check it."""
    message = write(alert(kind, subjects=("phone",), count=3, detail="answered 403"))
    assert "“phone”" in message.title
    assert "3" in message.body
    assert "Last answer: answered 403" in message.body
    assert ("restock test phone" in message.body) is (kind is not Kind.CHANNEL_GONE)


def test_a_refused_configuration_shows_the_first_problem_as_it_is() -> None:
    """The problem's own words come first, unchanged, then what is in force and how many more there are."""
    problem = 'config.toml:14: watch "deck".chanels: no such setting (did you mean "channels"?)'
    lines = write(alert(Kind.CONFIG_REFUSED, detail=problem, count=3)).body.splitlines()
    assert lines[0] == problem
    assert lines[2].startswith("2 more")
    assert "more" not in write(alert(Kind.CONFIG_REFUSED, detail=problem, count=1)).body


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", Kind)
def test_every_kind_makes_a_message(kind: Kind, language: str) -> None:
    """Title, a body beyond the tag, the tag at its end; alone and in a digest."""
    for news in (alert(kind), alert(kind, offer=None, watch=None, url=None, title=None, since=None, after=None)):
        message = write(news, language=language)
        assert message.title
        assert len(message.body.splitlines()) > 1 or kind is Kind.SOLD_OUT
        assert message.body.endswith("[k7f3q2]")
        assert message.urgency is URGENCY[kind]
        assert write(news, news, language=language).body.count("[k7f3q2]") == 2


def test_an_unknown_language_is_english() -> None:
    """A language without words of ours still gets its news."""
    assert write(alert(), language="de") == write(alert(), language="en")


def test_both_languages_have_the_same_words() -> None:
    """No format or name in one that the other lacks."""
    folder = Path(monitor.__file__).parent / "locales"
    tables = [tomllib.loads((folder / f"{name}.toml").read_text("utf-8")) for name in LANGUAGES]

    def flat(table: dict[str, Any]) -> dict[str, set[str]]:
        return {
            f"{section}.{key}": set(re.findall(r"\{(\w+)\}", text))
            for section, entries in table.items()
            if isinstance(entries, dict)
            for key, text in entries.items()
        } | {key: set() for key, text in table.items() if isinstance(text, str)}

    first, second = map(flat, tables)
    assert first.keys() == second.keys()
    assert {key for key in first if first[key] != second[key]} <= {"say.config_refused_more"}


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
    assert not re.search(r"[@<>*`~|\\{}#]", re.sub(r"https?://\S+", "", everything))
    allowed = {
        link for one in news for link in (safe_link(one.url), _order(one), *(safe_link(p.url) for p in one.others))
    }
    assert set(re.findall(r"\S*://\S*", everything)) <= allowed
    assert message.link is None or message.link in allowed
    assert message.tags == tuple(dict.fromkeys(one.event_id for one in news))
    lines = message.body.splitlines()
    if len(news) == 1:
        assert lines[-1] == f"[{news[0].event_id}]"
    else:
        assert len(lines) == len(news)
        assert all(line.endswith(f"[{one.event_id}]") for line, one in zip(lines, news, strict=True))
    ours = sum(everything.count(name) for name in ("[monitor]", "[fetch]", *{f"[{one.event_id}]" for one in news}))
    assert everything.count("[") == everything.count("]") == ours


def _order(news: Alert) -> str | None:
    return safe_link(news.offer.order_url) if news.offer is not None else None


# --- digests ---


def several(count: int, **more: Any) -> list[Alert]:
    return [
        alert(Kind.ALREADY, watch=f"Thing {n}", url=f"https://shop.example/{n}", **more) for n in range(count)
    ]  # fmt: skip


def test_a_digest_names_every_product_on_its_own_line() -> None:
    """One line each: what happened, price, shop, link, tag; the title counts and names the first."""
    news = [replace(one, event_id=f"aaaaa{n}") for n, one in zip("23456", several(5), strict=True)]
    message = write(*news)
    assert message.title == "Already in stock (5): Thing 0, Thing 1, Thing 2 and more"
    assert message.body.splitlines()[0] == (
        "- Already in stock: Thing 0, ¥49,980 at shop.example https://shop.example/0 [aaaaa2]"
    )
    assert len(message.body.splitlines()) == 5
    assert (message.link, message.tags) == (None, tuple(one.event_id for one in news))
    assert write(*several(2), language="ja").title == "すでに在庫あり 2件: Thing 0、Thing 1"


def test_a_mixed_digest_says_so_and_is_as_loud_as_its_loudest() -> None:
    """Different news under one title; something sold out again does not wake anybody."""
    restock, refused = alert(), alert(Kind.CONFIG_REFUSED, watch=None)
    mixed = write(refused, restock)
    assert (mixed.title, mixed.urgency) == ("News (2): Nintendo Switch 2 and more", Urgency.URGENT)
    assert write(restock, alert(Kind.BACK_AGAIN)).title == "Stock news (2): Nintendo Switch 2"
    assert write(refused, restock, standing=False).urgency is Urgency.NORMAL
    assert write(refused, refused).title == "News (2)"
    assert write(restock, alert(), language="ja", standing=lambda one: one is not restock).title.startswith(
        "在庫のお知らせ 2件"
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_long_digest_is_split_between_lines(language: str) -> None:
    """500 products in parts of whole lines: every product once, every part within the limit and with its own tags."""
    news = [deliver(replace(one, event_id=f"a{n:05d}")) for n, one in enumerate(several(500))]
    parts = render_digest_parts(
        news, language=language, zone=TOKYO, now=NOW, standing=lambda _: True, late_after=timedelta(60), max_chars=4000
    )
    assert len(parts) > 5
    assert all(len(part.title) + len(part.body) + 2 <= 4000 for part in parts)
    assert [line for part in parts for line in part.body.splitlines()] == write(
        *news, language=language
    ).body.splitlines()
    assert [tag for part in parts for tag in part.tags] == [one.event_id for one in news]
    assert all(len(part.tags) == len(part.body.splitlines()) for part in parts)
    assert f"1/{len(parts)}" in parts[0].title


def test_what_fits_is_not_split() -> None:
    """One message for one delivery and for a short digest, the same as `render` writes."""
    common: dict[str, Any] = {
        "language": "en", "zone": TOKYO, "now": NOW, "standing": lambda _: True, "late_after": timedelta(seconds=60),
    }  # fmt: skip
    for news in ([deliver(alert())], [deliver(alert()), deliver(alert(Kind.GONE))]):
        assert render_digest_parts(news, max_chars=4000, **common) == [render(news, **common)]
    tiny = render_digest_parts([deliver(one) for one in several(3)], max_chars=50, **common)
    assert len(tiny) == 3


def test_nothing_to_tell_is_a_mistake_of_the_caller() -> None:
    """A message needs a delivery."""
    with pytest.raises(ValueError, match="needs a delivery"):
        write()
