"""A digest names every product on a line of its own, and is split between lines, never cut (D9)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from monitor.messages import render, render_digest_parts
from monitor.model import Alert, Kind
from monitor.wording import LANGUAGES
from notifiers.message import Urgency
from tests.monitor.letters import NOW, TOKYO, alert, deliver, write


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
