"""One look in words and as data: the verdict, every piece of evidence, the offers, what was missing, the wish."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from babel.numbers import format_currency

from monitor.commands.terminal import inert, plain, styled
from monitor.model import Answer, Watch
from monitor.wishes import Verdict
from watchers.model import Availability, Evidence, Observation, Offer

_ANSWER_STYLE = {Answer.YES: "green", Answer.NO: "bold", Answer.CANNOT_TELL: "yellow"}
_ANSWER_WORDS = {Answer.YES: "met", Answer.NO: "not met", Answer.CANNOT_TELL: "cannot tell"}


def as_data(seen: Observation, watch: Watch | None, verdict: Verdict | None) -> dict[str, Any]:
    """Give a look as JSON data; `wish` is null for a URL that no watch holds."""
    wish = None
    if watch is not None and verdict is not None:
        wish = {"watch": watch.name, "answer": verdict.answer, "why": verdict.why, "offer": verdict.offer}
    data: dict[str, Any] = plain(
        {
            "url": seen.url,
            "at": seen.at,
            "state": seen.availability,
            "orderable": seen.availability.is_orderable,
            "cause": seen.cause,
            "detail": seen.detail,
            "title": seen.title,
            "image": seen.image,
            "ids": seen.identity.ids,
            "status": seen.status,
            "final_url": seen.final_url,
            "offers": seen.offers,
            "evidence": seen.evidence,
            "cost": seen.cost,
            "wish": wish,
        }
    )
    return data


def as_lines(seen: Observation, watch: Watch | None, verdict: Verdict | None) -> Iterator[str]:
    """Give a look as lines for a person."""
    yield styled(inert(seen.title or seen.url), "bold")
    if seen.title:
        yield f"  {inert(seen.url)}"
    if seen.final_url and seen.final_url != seen.url:
        yield f"  led to {inert(seen.final_url)}"
    yield from _verdict(seen)
    yield from _evidence(seen.evidence)
    yield from _offers(seen.offers)
    if watch is not None and verdict is not None:
        words = styled(_ANSWER_WORDS[verdict.answer], _ANSWER_STYLE[verdict.answer])
        yield f'  wish of "{inert(watch.name)}": {words}, because {inert(verdict.why)}'
    yield f"  {styled(_cost(seen), 'dim')}"
    yield ""


def _verdict(seen: Observation) -> Iterator[str]:
    state = seen.availability
    style = "yellow" if not state.is_verdict else "green" if state.is_orderable else "bold"
    status = f" (HTTP {seen.status})" if seen.status not in (None, 200) else ""
    yield f"  verdict: {styled(state.value, style)}{status}"
    if not state.is_verdict:
        what = "the page is gone" if state is Availability.GONE else "no verdict"
        cause = f" [{seen.cause}]" if seen.cause else ""
        yield f"  {what}{cause}: {inert(seen.detail) or 'nothing on the page says whether it can be ordered'}"
    elif seen.detail:
        yield f"  {inert(seen.detail)}"


def _evidence(evidence: tuple[Evidence, ...]) -> Iterator[str]:
    if not evidence:
        yield "  evidence: none"
        return
    yield "  evidence:"
    for piece in evidence:
        words = inert(" ".join(piece.words.split()))
        yield f'    {piece.says.value:<13} {piece.source.value:<10} "{words}" at {inert(piece.where)}'


def _offers(offers: tuple[Offer, ...]) -> Iterator[str]:
    if not offers:
        return
    yield "  offers:"
    for offer in offers:
        parts = [offer.availability.value, _price(offer)]
        if offer.shipping is not None:
            parts.append(
                "free shipping" if not offer.shipping else f"+ {_money(offer.shipping, offer.currency)} shipping"
            )
        if offer.points:
            parts.append(f"{offer.points:,} points")
        if offer.quantity is not None:
            parts.append(f"{offer.quantity} left")
        parts += [offer.condition.value] if offer.condition else []
        parts += [inert(offer.variant)] if offer.variant else []
        parts.append(f"sold by {inert(offer.seller)}" if offer.seller else "seller not named")
        parts += [inert(offer.available_on)] if offer.available_on else []
        yield "    " + ", ".join(parts)


def _price(offer: Offer) -> str:
    if offer.price is None:
        return "no readable price"
    top = f" to {_money(offer.price_high, offer.currency)}" if offer.price_high not in (None, offer.price) else ""
    return _money(offer.price, offer.currency) + top + (" without tax" if offer.tax_excluded else "")


def _money(amount: Any, currency: str | None) -> str:
    if currency is None:
        return f"{amount:f} (currency not named)"
    return format_currency(amount, currency, locale="en")


def _cost(seen: Observation) -> str:
    if seen.status is None and not seen.cost.fetch_s:
        return "read from a file, or never answered"
    return (
        f"fetched in {seen.cost.fetch_s * 1000:.0f} ms, read in {seen.cost.read_s * 1000:.1f} ms, "
        f"{seen.cost.wire_bytes / 1024:.1f} KiB on the wire"
    )
