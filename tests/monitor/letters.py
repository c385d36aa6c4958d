"""What the tests of messages share: one piece of news, its delivery, and its message in a language."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from monitor.episode import URGENCY
from monitor.messages import render
from monitor.model import Alert, Delivery, DeliveryState, Kind
from notifiers.message import Message
from watchers.model import Availability, Offer

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
    return Alert(kind=kind, urgency=URGENCY[kind], **{"event_id": "k7f3q2", "at": NOW, **fields, **more})


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
