"""A message says in two seconds what a person needs, in their language (design.md section 8, D3, D8)."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import monitor
from monitor.episode import URGENCY
from monitor.model import Kind, Place
from monitor.wording import LANGUAGES, words
from notifiers.message import Message, Urgency
from tests.monitor.letters import AMAZON, NOW, OFFER, alert, deliver, write
from watchers.model import Availability, Cause, Condition, Offer

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
        (
            replace(OFFER, price_high=Decimal(51000), shipping=Decimal(500)),
            None,
            "¥49,980〜¥51,000・送料 ¥500（計 ¥51,500）",
        ),
        (
            replace(OFFER, price_high=Decimal(51000), shipping=Decimal(500), variant="Black"),
            None,
            "¥49,980〜¥51,000・送料 ¥500（計 ¥50,480）",
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


def test_cheaper_is_not_claimed_of_what_is_sold_out() -> None:
    """The reason to ring is said while it holds."""
    assert "Costs less" in write(alert(cheaper=True)).body
    assert "Costs less" not in write(alert(cheaper=True), standing=False).body
    assert "Costs less" not in write(alert()).body


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
    assert lines[1].startswith("2 more")
    assert "1 more" in write(alert(Kind.CONFIG_REFUSED, detail=problem, count=2)).body
    assert "more" not in write(alert(Kind.CONFIG_REFUSED, detail=problem, count=1)).body


def test_each_problem_of_a_configuration_has_its_line() -> None:
    """A few problems are all spelled out; of many the first eight, and how many there are besides."""
    problems = tuple(f"config.toml:{n}: watch[{n}].max_prise: no such setting" for n in range(1, 12))
    few = write(alert(Kind.CONFIG_REFUSED, detail=problems[0], subjects=problems[:3], count=3)).body.splitlines()
    assert few[:3] == list(problems[:3])
    assert "more" not in "".join(few)
    many = write(alert(Kind.CONFIG_REFUSED, detail=problems[0], subjects=problems, count=11)).body.splitlines()
    assert many[:8] == list(problems[:8])
    assert many[8].startswith("3 more")


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


def test_seeing_again_says_how_things_stand() -> None:
    """The state of the one page, or where something of a whole shop is in stock now."""
    one = alert(Kind.SEES_AGAIN, offer=None, after=Availability.OUT_OF_STOCK, count=1)
    assert write(one).body.splitlines()[0] == "Now out of stock"
    assert write(one, language="ja").body.splitlines()[0] == "現在は在庫なし"
    place = Place("https://shop.example/1", OFFER)
    host = alert(Kind.SEES_AGAIN, offer=None, after=None, count=3, watch=None, subjects=("A", "B"), others=(place,))
    assert "In stock there now\n- shop.example, ¥49,980 https://shop.example/1" in write(host).body
    assert "now" not in write(replace(one, after=Availability.UNKNOWN)).body.lower()


def test_back_again_says_that_it_was_sold_out_in_between() -> None:
    """Else nobody understands what "again" means."""
    assert "sold out after the last alert" in write(alert(Kind.BACK_AGAIN)).body
    assert "いったん売り切れ" in write(alert(Kind.BACK_AGAIN), language="ja").body


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


@pytest.mark.parametrize(
    ("kind", "subjects", "count", "ja", "en"),
    [
        (Kind.UNMUTED, ("Deck",), 3, "通知の停止が終わりました: Deck", "The mute is over: Deck"),
        (Kind.UNMUTED, (), 0, "通知の停止が終わりました", "The mute is over"),
        (Kind.MUTED, ("Deck",), 0, "通知を停止しました: Deck", "Muted: Deck"),
        (Kind.MUTED, (), 0, "すべての通知を停止しました", "Everything is muted"),
        (Kind.SNOOZED, ("Deck",), 0, "スヌーズしました: Deck", "Snoozed: Deck"),
        (Kind.SNOOZE_OVER, ("Deck",), 0, "スヌーズが終わりました: Deck", "The snooze is over: Deck"),
    ],
)
def test_mutes_say_whose_they_are(kind: Kind, subjects: tuple[str, ...], count: int, ja: str, en: str) -> None:
    """The watch or everything, and at the end how much was held back; why it ended is for the history alone."""
    news = alert(kind, watch=subjects[0] if subjects else None, subjects=subjects, count=count, detail="it was ended")
    for language, title in (("ja", ja), ("en", en)):
        message = write(news, language=language)
        assert message.title == title
        assert "it was ended" not in message.body
        assert (str(count) in message.body.splitlines()[0]) is (kind is Kind.UNMUTED)


@pytest.mark.parametrize(
    "kind, ja, en",
    [
        (Kind.STORAGE_DOWN, "データベースに書き込めません", "The database cannot be written"),
        (Kind.STORAGE_BACK, "データベースに再び書き込めるようになりました", "The database can be written again"),
        (Kind.RESTORED, "データベースをバックアップから復元しました", "The database was restored from a backup"),
    ],
)
def test_news_of_the_database_says_what_it_means(kind: Kind, ja: str, en: str) -> None:
    """S3, S4: in both languages a title, what to do or that there is nothing to do, and the detail as it is."""
    news = alert(kind, watch=None, url=None, title=None, offer=None, detail="the disk is full")
    for language, title in (("ja", ja), ("en", en)):
        message = write(news, language=language)
        assert message.title == title
        assert "the disk is full" in message.body
        assert len(message.body.splitlines()) >= 3
