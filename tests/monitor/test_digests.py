"""A digest names every product on a line of its own, and is split between lines, never cut (D9)."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from monitor.messages import render, render_digest_parts
from monitor.model import Alert, Kind
from monitor.wording import LANGUAGES
from notifiers.message import Urgency
from tests.monitor.letters import NOW, OFFER, TOKYO, alert, deliver, write
from watchers.model import Availability, Cause


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


def test_a_mixed_digest_begins_with_its_loudest_news() -> None:
    """The title names what wakes somebody and counts the rest; lines go from loud to quiet."""
    thing = [alert(watch=name, event_id=f"aaaaa{n}") for n, name in enumerate("ABCD", 2)]
    blind = alert(Kind.BLIND, watch="X", cause=Cause.BLOCKED)
    refused = alert(Kind.CONFIG_REFUSED, watch=None)
    mixed = write(refused, *thing[:3], blind, language="ja")
    assert (mixed.title, mixed.urgency) == ("在庫あり 3件: A、B、C ほかお知らせ2件", Urgency.URGENT)
    assert [line.split(":")[0] for line in mixed.body.splitlines()] == [
        "・在庫あり", "・在庫あり", "・在庫あり", "・設定に誤りがあります https",
        "・在庫を確認できません",
    ]  # fmt: skip
    assert write(refused, alert()).title == "In stock: Nintendo Switch 2; other news: 1"
    assert write(*thing, blind).title == "In stock (4): A, B, C and more; other news: 1"
    assert write(*thing, blind, language="ja").title == "在庫あり 4件: A、B、C など ほかお知らせ1件"
    assert write(refused, refused).title == "The configuration has a mistake (2)"
    assert write(alert(Kind.STARTED, watch=None), refused).title == "The configuration has a mistake; other news: 1"
    cheaper = alert(watch="B", cheaper=True)
    assert write(thing[0], cheaper).title == "In stock (2): A, B"
    mixed_states = write(thing[0], alert(watch="B", offer=replace(OFFER, availability=Availability.PREORDER)))
    assert mixed_states.title == "Stock news (2): A, B"


def test_what_is_sold_out_again_wakes_nobody_and_comes_last() -> None:
    """An outage over: what can still be had first."""
    gone, there, refused = alert(watch="A"), alert(watch="B"), alert(Kind.CONFIG_REFUSED, watch=None)
    message = write(gone, refused, there, standing=lambda one: one is not gone)
    assert message.title == "In stock: B; other news: 2"
    assert [line[2:5] for line in message.body.splitlines()] == ["In ", "The", "Was"]
    assert write(refused, gone, standing=False).urgency is Urgency.NORMAL
    assert write(gone, there, standing=False).title.startswith("Was in stock")
    old = alert(watch="A", at=NOW - timedelta(minutes=9))
    assert write(old, there, standing=False).title == "Stock news (2): A, B"


def test_a_products_news_stays_in_its_order() -> None:
    """However loud the newer news is, older news of the same watch comes before it (D10)."""
    older, newer = alert(Kind.GONE, watch="A", event_id="aaaaa2"), alert(watch="A", event_id="aaaaa3")
    other = alert(Kind.BACK_AGAIN, watch="B", event_id="aaaaa4")
    body = write(other, older, newer).body
    assert re.findall(r"aaaaa(\d)", body) == ["2", "3", "4"]


def test_a_blind_line_says_why() -> None:
    """In a digest too: no evidence and a refusal ask for different things."""
    news = [alert(Kind.BLIND, watch=c.value, cause=c, offer=None) for c in (Cause.BLOCKED, Cause.NO_EVIDENCE)]
    lines = write(*news, language="ja").body.splitlines()
    assert "・店に断られています https://" in lines[0]
    assert "・在庫の表示が見つかりません https://" in lines[1]
    assert "no stock shown on the page https://" in write(*news).body
    for language in LANGUAGES:
        assert all(write(*[alert(Kind.BLIND, cause=c)] * 2, language=language) for c in Cause)


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
