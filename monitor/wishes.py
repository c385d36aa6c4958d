"""Whether what a page offers is what was wished for: pure, and able to say why.

Yes needs an offer that is known to meet the wish. Where the wish needs a value that the page hides, the answer is
"cannot tell", which changes no belief; the reason then becomes one quiet notice, so that nobody waits in vain.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from decimal import Decimal
from urllib.parse import urlsplit

from monitor.model import Answer, Rates, Wish
from watchers.model import Availability, Condition, Observation, Offer

_MOST = Decimal(10) ** 12  # a page's number beyond this is nonsense, and reckoning with it could fill the memory
TAX = Decimal("1.10")  # Japanese consumption tax, where only a price without it is shown
_ORDER = {state: rank for rank, state in enumerate(Availability)}  # best first
_USED_WORDS = re.compile(r"中古|ジャンク|整備済|\b(?:pre-?owned|used|refurbished|renewed)\b", re.IGNORECASE)
_SEGMENTS = re.compile(r"\s*[/,;|・、]\s*")
# Where one product page sells for many sellers; there a missing name is not the shop's own.
_MARKETPLACES = re.compile(
    r"(?:^|\.)(?:amazon(?:\.[a-z]{2,3}){1,2}|ebay(?:\.[a-z]{2,3}){1,2}|walmart\.com|newegg\.com|aliexpress\.com|mercari\.com|"
    r"fril\.jp|kakaku\.com|(?:auctions|paypayfleamarket)\.yahoo\.co\.jp)$"
)
# Malls whose addresses name the shop: whoever lists such a page has chosen its seller.
_CHOSEN_BY_ADDRESS = re.compile(r"^(?:item\.rakuten|store\.shopping\.yahoo)\.co\.jp$")
# What a shop adds to its host's name when it names itself.
_COMPANY = re.compile(
    r"(?:com|net|jp|inc|llc|ltd|corp|co|gmbh|ag|kk|shop|store|online|official|electronics|direct|japan)*"
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer, the offer it speaks of, and why in short words.

    `hint` names the quiet notice the page deserves although it is no yes: "other_state:lottery", "no_price:price",
    "no_price:rate", "hidden:variant" and their like; "" for none.
    """

    answer: Answer
    offer: Offer | None = None  # on yes the best one; with a hint the one it speaks of
    why: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class _Judged:
    """How one offer fares: the answer, how far it came before it failed, and what was missing."""

    answer: Answer
    step: int
    why: str
    lacks: str = ""


def answer(observation: Observation, wish: Wish, rates: Rates) -> Verdict:
    """Say whether an offer on this page meets the wish; prices compare in the wish's currency."""
    if not observation.availability.is_verdict:
        cause = observation.cause or observation.availability
        return Verdict(Answer.CANNOT_TELL, why=f"no verdict: {cause}" + _tail(observation.detail))
    offers = _offers(observation)
    accepted = [offer for offer in offers if offer.availability in wish.accept]
    judged = [(offer, _judge(offer, observation, wish, rates)) for offer in accepted]
    met = [(offer, j) for offer, j in judged if j.answer is Answer.YES]
    if met:
        best, how = min(met, key=lambda pair: cost_key(pair[0], wish.currency, rates))
        return Verdict(Answer.YES, best, how.why)
    unclear = [(offer, j) for offer, j in judged if j.answer is Answer.CANNOT_TELL]
    if unclear:
        offer, how = max(unclear, key=lambda pair: pair[1].step)
        return Verdict(Answer.CANNOT_TELL, offer, how.why, how.lacks)
    aside = _orderable_otherwise(offers, observation, wish, rates)
    if aside is not None:
        return Verdict(Answer.NO, aside, f"{aside.availability} is not accepted", f"other_state:{aside.availability}")
    if judged:
        return Verdict(Answer.NO, why=max((j for _, j in judged), key=lambda j: j.step).why)
    return Verdict(Answer.NO, why=f"{observation.availability} is not accepted")


def effective_price(offer: Offer, currency: str, rates: Rates) -> Decimal | None:
    """Give what the offer costs with tax and known shipping in `currency`; None when that cannot be known.

    Unknown shipping counts as 0; a range counts its top end unless the offer names its variant.
    """
    price = _asked(offer)
    rate = _rate(offer.currency, currency, rates)
    if price is None or rate is None:
        return None
    return (price * (TAX if offer.tax_excluded else 1) + _shipping(offer)) * rate


def cost_key(offer: Offer, currency: str, rates: Rates) -> tuple[bool, Decimal]:
    """Sort offers by effective price, those without one last."""
    price = effective_price(offer, currency, rates)
    return price is None, price if price is not None else Decimal(0)


def _offers(observation: Observation) -> list[Offer]:
    """Give the page's offers, none better than the page's own verdict: a visible no beats a structured yes.

    An only offer, if it is for no variant in particular, is in the state that the page was found to be in: that was
    weighed from more than the offer's own words.
    """
    page = observation.availability
    if not observation.offers:
        return [Offer(page)]
    if len(observation.offers) == 1 and observation.offers[0].variant is None:
        return [replace(observation.offers[0], availability=page)]
    return [
        replace(offer, availability=page) if _ORDER[offer.availability] < _ORDER[page] else offer
        for offer in observation.offers
    ]


def _orderable_otherwise(offers: list[Offer], observation: Observation, wish: Wish, rates: Rates) -> Offer | None:
    """Give the best offer that can be ordered, though not in an accepted way, and fails the wish in nothing else."""
    fit = [
        offer
        for offer in offers
        if offer.availability.is_orderable
        and offer.availability not in wish.accept
        and _judge(offer, observation, wish, rates).answer is not Answer.NO
    ]
    return min(fit, key=lambda o: (_ORDER[o.availability], *cost_key(o, wish.currency, rates)), default=None)


def _judge(offer: Offer, observation: Observation, wish: Wish, rates: Rates) -> _Judged:
    """Hold one offer against everything in the wish but its state: a plain no first, then what is hidden."""
    checks = (
        _seller(offer, observation, wish),
        _condition(offer, observation, wish),
        _variant(offer, observation, wish),
        _quantity(offer, wish),
        _price(offer, wish, rates),
    )
    for step, check in enumerate(checks):
        if check.answer is Answer.NO:
            return replace(check, step=step)
    for step, check in enumerate(checks):
        if check.answer is Answer.CANNOT_TELL:
            return replace(check, step=step)
    words = "; ".join(check.why for check in checks if check.why)
    return _Judged(Answer.YES, len(checks), f"{offer.availability}" + _tail(words))


def _yes(why: str = "") -> _Judged:
    return _Judged(Answer.YES, 0, why)


def _no(why: str) -> _Judged:
    return _Judged(Answer.NO, 0, why)


def _hidden(lacks: str, why: str) -> _Judged:
    return _Judged(Answer.CANNOT_TELL, 0, why, lacks)


def _seller(offer: Offer, observation: Observation, wish: Wish) -> _Judged:
    if not wish.sellers:
        return _yes()
    host = urlsplit(observation.url).hostname or ""
    if offer.seller is not None:
        wished = {fold(name) for name in wish.sellers}
        if fold(offer.seller) in wished:
            return _yes(f"sold by {offer.seller}")
        if _CHOSEN_BY_ADDRESS.search(host):
            return _yes(f"sold by {offer.seller}, whose page it is")
        if _is_the_shop(offer.seller, host) or _is_named(offer.seller, observation.url, host):
            return _yes(f"sold by the shop itself, {offer.seller}")
        return _no(f"sold by {offer.seller}, not by {' or '.join(wish.sellers)}")
    if any(other.seller is not None for other in observation.offers):
        return _no(f"this offer names no seller; wished: {' or '.join(wish.sellers)}")
    if _MARKETPLACES.search(host):
        return _hidden("hidden:seller", "the page names no seller, and this shop has many")
    return _yes("the shop is the only seller")


def _is_the_shop(seller: str, host: str) -> bool:
    """True where a shop that sells alone names itself: "Best Buy" at bestbuy.com, "apodiscounter.de" at its own host."""
    if _MARKETPLACES.search(host):
        return False
    named = re.sub(r"[\W_]+", "", fold(seller))
    labels = host.removeprefix("www.").split(".")
    if named == "".join(labels).replace("-", ""):
        return True
    own = labels[-3] if len(labels) > 2 and len(labels[-2]) <= 3 else labels[-2] if len(labels) > 1 else ""
    own = own.replace("-", "")
    return bool(own) and named.startswith(own) and _COMPANY.fullmatch(named[len(own) :]) is not None


def _is_named(seller: str, url: str, host: str) -> bool:
    """True where a shop's own reader names the shop itself: "ヨドバシ.com" at yodobashi.com."""
    if _MARKETPLACES.search(host):
        return False
    from watchers.shops import shop_of  # the readers load the page parser, which nobody needs who only looks at wishes

    shop = shop_of(url)
    return shop is not None and fold(shop.name) == fold(seller)


def _condition(offer: Offer, observation: Observation, wish: Wish) -> _Judged:
    """Unknown counts as new only where nothing on the page says used."""
    if not wish.condition:
        return _yes()
    if offer.condition is not None:
        return _yes(offer.condition) if offer.condition in wish.condition else _no(f"the goods are {offer.condition}")
    if Condition.NEW not in wish.condition:
        return _hidden("hidden:condition", "the page does not say whether the goods are used")
    if any(other.condition in (Condition.USED, Condition.REFURBISHED) for other in observation.offers):
        return _hidden("hidden:condition", "other offers on the page are used, this one does not say")
    if _USED_WORDS.search(unicodedata.normalize("NFKC", observation.title or "")):
        return _hidden("hidden:condition", "the title speaks of used goods, the offer does not say")
    return _yes("condition not shown, taken as new")


def _variant(offer: Offer, observation: Observation, wish: Wish) -> _Judged:
    if wish.variant is None:
        return _yes()
    if offer.variant is not None:
        if _segments(wish.variant) <= _segments(offer.variant):
            return _yes(offer.variant)
        return _no(f"variant {offer.variant}, not {wish.variant}")
    if any(other.variant is not None for other in observation.offers):
        return _no(f"this offer names no variant; wished: {wish.variant}")
    return _hidden("hidden:variant", f"the page does not say which variant this is; wished: {wish.variant}")


def _quantity(offer: Offer, wish: Wish) -> _Judged:
    if offer.quantity is not None and offer.quantity < wish.quantity:
        return _no(f"only {offer.quantity} left, wished: {wish.quantity}")
    return _yes()


def _price(offer: Offer, wish: Wish, rates: Rates) -> _Judged:
    if wish.max_price is None:
        return _yes()
    if _asked(offer) is None:
        return _hidden("no_price:price", "no readable price, and a ceiling is set")
    price = effective_price(offer, wish.currency, rates)
    if price is None:
        money = offer.currency or "an unnamed currency"
        return _hidden("no_price:rate", f"no exchange rate from {money} to {wish.currency}")
    shipping = "" if offer.shipping is not None else ", shipping unknown"
    said = f"{price.normalize():f} {wish.currency}{shipping}"
    if price > wish.max_price:
        return _no(f"{said}: above the ceiling of {wish.max_price:f}")
    return _yes(f"{said}: within the ceiling of {wish.max_price:f}")


def _asked(offer: Offer) -> Decimal | None:
    """Give the price that counts; nothing, zero and nonsense are no price."""
    ends = [end for end in (offer.price, offer.price_high) if end is not None]
    if not ends or not all(end.is_finite() and 0 < end < _MOST for end in ends):
        return None
    return offer.price if offer.variant is not None and offer.price is not None else max(ends)


def _shipping(offer: Offer) -> Decimal:
    shipping = offer.shipping
    return shipping if shipping is not None and shipping.is_finite() and 0 < shipping < _MOST else Decimal(0)


def _rate(source: str | None, target: str, rates: Rates) -> Decimal | None:
    """Give what one unit of `source` is worth in `target`, by way of the yen."""
    if source is None:
        return None
    if source == target:
        return Decimal(1)
    known = {"JPY": Decimal(1), **rates.per_unit}
    if source not in known or target not in known or not known[target]:
        return None
    return known[source] / known[target]


def fold(name: str) -> str:
    """Make names comparable: full-width as half-width, case and spacing aside."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _segments(variant: str) -> frozenset[str]:
    return frozenset(part for part in _SEGMENTS.split(fold(variant)) if part)


def _tail(words: str) -> str:
    return f" ({words})" if words else ""
