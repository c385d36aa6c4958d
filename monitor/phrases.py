"""One alert in words: its headline, and the lines below it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from urllib.parse import urlsplit

from monitor.inert import TITLE_LIMIT, clean, clip, copyable, safe_link
from monitor.model import Alert, Kind
from monitor.wishes import TAX, fold
from monitor.wording import Words
from watchers.model import Availability, Condition, Offer

IN_STOCK_KINDS = frozenset({Kind.RESTOCK, Kind.ALSO, Kind.BACK_AGAIN, Kind.ALREADY, Kind.STILL})
_OFFERING = IN_STOCK_KINDS | {Kind.OTHER_STATE, Kind.NO_PRICE, Kind.HIDDEN, Kind.UNCONFIRMED}
_LISTING_KINDS = _OFFERING | {Kind.FLAPPING, Kind.GONE, Kind.SOLD_OUT}
_SIGHT_KINDS = frozenset({Kind.BLIND, Kind.SEES_AGAIN, Kind.CONTROL_WRONG, Kind.CONTROL_RIGHT, Kind.PAGE_CHANGED})
_CHANNEL_KINDS = frozenset({Kind.DEAD_LETTER, Kind.CHANNEL_GONE, Kind.CHANNEL_DOWN})
_MUTE_KINDS = frozenset({Kind.MUTED, Kind.UNMUTED, Kind.SNOOZED, Kind.SNOOZE_OVER})
_NAME, _SHOP, _FACT, _PAGE, _DETAIL = 90, 60, 60, 100, 300  # characters
_PLACES = 10  # other places in stock that are spelled out
_LISTED = 30  # names in a summary
_PROBLEMS = 8  # of a configuration that are spelled out
_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Scene:
    """Who reads, when and where; and who can say whether an offer still stands."""

    words: Words
    zone: tzinfo
    now: datetime
    standing: Callable[[Alert], bool | None]
    late_after: timedelta


class Phrases:
    """The words for one alert; everything foreign in them is made harmless here."""

    def __init__(self, alert: Alert, scene: Scene, *, repeat: bool = False) -> None:
        self.alert = alert
        self.scene = scene
        self.words = scene.words
        self.repeat = repeat
        self.in_stock = alert.kind in IN_STOCK_KINDS
        self.stands = scene.standing(alert) if self.in_stock else None
        self.sold_out = self.in_stock and self.stands is False
        self.late = scene.now - alert.at > scene.late_after
        self.shop = self.words.shop(alert.url)
        self.link = _link(alert)
        self.tag = f"[{alert.event_id}]" if alert.event_id else ""

    # --- the headline ---

    @property
    def name(self) -> str:
        """What it is about, as the person calls it; "" for news that is about no watch."""
        alert = self.alert
        if alert.kind not in _LISTING_KINDS | _SIGHT_KINDS or (alert.kind in _SIGHT_KINDS and alert.count > 1):
            return ""
        return clean(alert.watch, _NAME) or clean(alert.title, _NAME) or self.shop or self.words("unnamed")

    @property
    def lead(self) -> str:
        """How the headline begins: what happened; "" for news that is about no watch."""
        words, kind = self.words, self.alert.kind
        if kind not in _LISTING_KINDS | _SIGHT_KINDS:
            return ""
        if self.in_stock and (self.late or self.sold_out):
            form = {True: "late_standing", False: "late_gone", None: "late_unknown"}[self.stands]
        elif kind is Kind.RESTOCK and self.alert.cheaper:
            form = "cheaper"
        elif kind is Kind.NO_PRICE and self.alert.detail == "rate":
            form = "no_rate"
        else:
            form = str(kind)
        return capital(words(f"lead.{form}", state=self.state, ago=self.ago))

    @property
    def headline(self) -> str:
        """One line that says what, where and for how much; at most 200 characters."""
        title = self.plain_headline
        return self.words("title.repeat", title=title) if self.repeat else title

    @property
    def plain_headline(self) -> str:
        """The headline without the mark of a repeat."""
        return clip(self._headline(), TITLE_LIMIT - 20)

    @property
    def brief_cause(self) -> str:
        """Why nothing can be seen, in a few words; "" for news that needs no cause."""
        if self.alert.kind is not Kind.BLIND or self.alert.cause is None:
            return ""
        return self.words(f"briefly.{self.alert.cause}")

    def _headline(self) -> str:
        alert, words = self.alert, self.words
        if alert.kind in _CHANNEL_KINDS:
            return words(f"title.{alert.kind}", channel=self._subject())
        if alert.kind in _SIGHT_KINDS and alert.count > 1:
            return words("title.host", lead=self.lead, shop=self.shop, count=words.number(alert.count))
        if alert.kind in _MUTE_KINDS:
            every = words.has(f"title.{alert.kind}_all") and not alert.subjects
            return words(f"title.{alert.kind}{'_all' if every else ''}", name=self._subject())
        if alert.kind not in _LISTING_KINDS | _SIGHT_KINDS:
            return words(f"title.{alert.kind}")
        price = self.price(alert.offer)
        form = "placeless" if not self.shop else "priced" if price and alert.kind in _OFFERING else "plain"
        return words(f"title.{form}", lead=self.lead, name=self.name, price=price, shop=self.shop)

    @property
    def state(self) -> str:
        """The state the alert speaks of."""
        alert = self.alert
        state = alert.offer.availability if alert.offer is not None else alert.after
        return self.words(f"states.{state or Availability.IN_STOCK}")

    @property
    def ago(self) -> str:
        """How long ago the deciding look was."""
        return self.words.ago(self.scene.now - self.alert.at)

    # --- the lines below ---

    @property
    def lines(self) -> list[str]:
        """What else a person needs, most needed first; whole lines, none of them empty."""
        if self.alert.kind in _LISTING_KINDS:
            told = [*self._offer(), self._when(), *self._say(), self._page(), *self._others()]
            lines = [capital(line) for line in told]
        else:
            lines = [*self._service(), self._news_from()]
        return [line for line in lines if line]

    def _offer(self) -> list[str]:
        alert, words, offer = self.alert, self.words, self.alert.offer
        if offer is None or alert.kind not in _OFFERING:
            return []
        facts = [
            self._seller(offer),
            words("fact.left", count=words.number(offer.quantity)) if offer.quantity is not None else "",
            self._condition(offer),
            self._fact("variant", variant=offer.variant),
            words("fact.points", points=words.number(offer.points)) if offer.points else "",
            self._fact("available_on", words=offer.available_on),
        ]
        return [self._cost(offer), words.joined(*facts)]

    def _cost(self, offer: Offer) -> str:
        words, ceiling = self.words, self._ceiling()
        price = self.price(offer)
        if not price:
            return "" if self.alert.kind is Kind.NO_PRICE else words("price.none")
        line = words("price.line", price=price, ceiling=ceiling) if ceiling else words("price.open", price=price)
        paid = _paid(offer)
        form = "taxed" if offer.price_high is None else "taxed_most"
        taxed = words(f"price.{form}", price=words.money(paid, offer.currency)) if offer.tax_excluded and paid else ""
        return words.joined(line, taxed, self._shipping(offer, paid))

    def _shipping(self, offer: Offer, paid: Decimal | None) -> str:
        words, shipping = self.words, offer.shipping
        fee = words.money(shipping, offer.currency)
        if shipping is None or not fee or shipping < 0:
            return words("price.no_shipping") if self.alert.max_price is not None else ""
        if shipping == 0:
            return words("price.free")
        total = words.money(None if paid is None else paid + shipping, offer.currency)
        return words("price.shipping", shipping=fee, total=total)

    def price(self, offer: Offer | None) -> str:
        """The price as shown: a range with both ends, and whether it is before tax."""
        if offer is None:
            return ""
        low = self.words.money(offer.price, offer.currency)
        high = self.words.money(offer.price_high, offer.currency)
        shown = self.words("price.range", low=low, high=high) if low and high and low != high else low or high
        return self.words("price.untaxed", price=shown) if shown and offer.tax_excluded else shown

    def _ceiling(self) -> str:
        return self.words.money(self.alert.max_price, self.alert.currency)

    def _seller(self, offer: Offer) -> str:
        seller = clean(offer.seller, _FACT)
        return self.words("fact.seller", seller=seller) if seller else ""

    def _condition(self, offer: Offer) -> str:
        if offer.condition is None or offer.condition is Condition.NEW:
            return ""
        return self.words("fact.condition", condition=self.words(f"conditions.{offer.condition}"))

    def _fact(self, key: str, **value: str | None) -> str:
        ((name, text),) = value.items()
        shown = clean(text, _FACT)
        return self.words(f"fact.{key}", **{name: shown}) if shown else ""

    def _when(self) -> str:
        alert, kind = self.alert, self.alert.kind
        if not self.in_stock:
            return self._news_from()
        at = self._clock(alert.since or alert.at)
        if self.late or self.sold_out:
            form = {True: "late_standing", False: "late_gone", None: "late_unknown"}[self.stands]
            return self.words(f"since.{form}", state=self.state, time=at, ago=self.ago)
        return self.words(f"since.{'already' if kind is Kind.ALREADY else 'plain'}", state=self.state, time=at)

    def _news_from(self) -> str:
        if not self.late:
            return ""
        return self.words("since.late_news", time=self._clock(self.alert.at), ago=self.ago)

    def _say(self) -> list[str]:
        alert, words, kind = self.alert, self.words, self.alert.kind
        if kind is Kind.RESTOCK:
            return [words("say.cheaper")] if alert.cheaper and not self.sold_out else []
        if kind in (Kind.NO_PRICE, Kind.HIDDEN):
            return [self._missing()]
        if not words.has(f"say.{kind}"):
            return []
        at = self._clock(alert.since or alert.at)
        said = [words(f"say.{kind}", time=at, state=self.state)]
        return [*said, self._cause()] if kind is Kind.UNCONFIRMED else said

    def _missing(self) -> str:
        alert, words = self.alert, self.words
        if alert.kind is Kind.HIDDEN:
            form = f"hidden_{alert.detail}"
            return words(f"say.{form}" if words.has(f"say.{form}") else "say.hidden")
        currency = clean(alert.offer.currency, 8) if alert.offer is not None else ""
        form = "no_price" if alert.detail != "rate" else "no_rate" if currency else "no_currency"
        return words(f"say.{form}", ceiling=self._ceiling(), currency=currency)

    def _cause(self) -> str:
        cause = self.alert.cause
        return self.words("fact.cause", cause=self.words(f"causes.{cause}")) if cause is not None else ""

    def _detail(self, key: str = "detail") -> str:
        detail = clean(self.alert.detail, _DETAIL)
        return self.words(f"fact.{key}", detail=detail) if detail else ""

    def _page(self) -> str:
        title = clean(self.alert.title, _PAGE)
        return self.words("fact.page", title=title) if title and fold(title) != fold(self.name) else ""

    def _others(self) -> list[str]:
        others, words = self.alert.others, self.words
        if not others:
            return []
        if self.alert.kind is Kind.SEES_AGAIN:
            lines = [words("fact.others_now")]
        else:
            lines = [words("fact.others_then" if self.late else "fact.others")]
        for place in others[:_PLACES]:
            price, shop = self.price(place.offer), words.shop(place.url)
            shown = words("fact.priced_place", shop=shop, price=price) if price else shop
            if place.offer.availability is not Availability.IN_STOCK:
                shown = words("fact.stated_place", place=shown, state=words(f"states.{place.offer.availability}"))
            lines.append(f"{words('bullet')}{shown} {safe_link(place.url) or ''}".rstrip())
        if len(others) > _PLACES:
            lines.append(words("fact.others_many", count=len(others) - _PLACES))
        return lines

    def _service(self) -> list[str]:
        alert, words, kind = self.alert, self.words, self.alert.kind
        count, channel = words.number(alert.count), self._subject()
        said = words(f"say.{kind}", count=count, channel=channel)
        if kind is Kind.BLIND:
            advice = words(f"advice.{alert.cause}") if alert.cause is not None else ""
            return [said, self._cause(), self._detail(), advice, self._about()]
        if kind is Kind.SEES_AGAIN:
            return [self._now(), said, self._about(), *self._others()]
        if kind is Kind.SUMMARY:
            return [said, *self._standing()]
        if kind is Kind.PAGE_CHANGED:
            return [said, self._detail("moved")]
        if kind is Kind.CONTROL_WRONG:
            return [self._now(), said, self._detail("read")]
        if kind in _MUTE_KINDS:
            return [said]
        if kind in _CHANNEL_KINDS:
            todo = words("say.dead_letter_do", channel=channel) if kind is not Kind.CHANNEL_GONE else ""
            return [said, self._detail("last_answer"), todo]
        if kind is Kind.CONFIG_REFUSED:
            return [*self._problems(), said]
        return [said, self._about(), self._detail()]

    def _standing(self) -> list[str]:
        """What a summary lists: what is in stock, and what cannot be seen."""
        words = self.words
        there = [name for subject in self.alert.subjects[:_LISTED] if (name := clean(subject, _NAME))]
        blind = [name for line in self.alert.detail.split("\n")[:_LISTED] if (name := clean(line, _NAME))]
        more = max(0, len(self.alert.subjects) - _LISTED)
        return [
            words("fact.there", names=words("comma").join(there)) if there else words("say.summary_none"),
            words("fact.there_more", count=words.number(more)) if more else "",
            words("fact.unseen", names=words("comma").join(blind)) if blind else "",
        ]

    def _now(self) -> str:
        """What one page that can be read again says of its stock."""
        after = self.alert.after
        if after is None or not after.is_verdict:
            return ""
        return capital(self.words("say.now", state=self.state))

    def _problems(self) -> list[str]:
        """Each problem of a configuration on a line of its own, as it can be copied."""
        problems = self.alert.subjects[:_PROBLEMS] or (self.alert.detail,)
        more = self.alert.count - len(problems)
        told = [copyable(problem, _DETAIL) for problem in problems]
        return [*told, self.words("say.config_refused_more", count=self.words.number(more))] if more > 0 else told

    def _about(self) -> str:
        names = [clean(subject, _NAME) for subject in self.alert.subjects]
        if not any(names) or names == [self.name]:
            return ""
        return self.words("fact.about", names=self.words("comma").join(name for name in names if name))

    def _subject(self) -> str:
        """Whom it is about; a channel as it stands in the configuration, since `restock test NAME` must take it."""
        if not self.alert.subjects:
            return ""
        name = self.alert.subjects[0]
        return copyable(name, _NAME) if self.alert.kind in _CHANNEL_KINDS else clean(name, _NAME)

    def _clock(self, at: datetime) -> str:
        return self.words.clock(at, self.scene.now, self.scene.zone)


def capital(line: str) -> str:
    """Begin a line with a capital."""
    return line[:1].upper() + line[1:]


def _paid(offer: Offer) -> Decimal | None:
    """What the goods cost with tax, at the upper end where a range is shown."""
    ends = [end for end in (offer.price, offer.price_high) if end is not None and end.is_finite()]
    if not ends:
        return None
    price = offer.price if offer.variant is not None and offer.price is not None else max(ends)
    return price * TAX if offer.tax_excluded else price


def _link(alert: Alert) -> str | None:
    """Where a tap leads: the order link if it stays with the listing's own shop, else the listing."""
    order = safe_link(alert.offer.order_url) if alert.offer is not None else None
    page = safe_link(alert.url)
    if order is None:
        return page
    host = urlsplit(order).hostname
    own = urlsplit(page).hostname if page else _LOOPBACK if (alert.url or "").startswith("demo:") else None
    return order if host == own else page
