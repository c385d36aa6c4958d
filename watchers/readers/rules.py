"""What the user's own rules say of a page: in stock, sold out, both, neither, or a rule that cannot be asked.

A verdict rests on something present: a rule that finds nothing proves nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from watchers.currencies import hint_for
from watchers.model import Availability, Cause, Evidence, Rule, RuleKind, Rules, Source
from watchers.money import Money, best_price
from watchers.numerals import parse_number
from watchers.page import Page
from watchers.readers.selecting import Hit, RuleFault, View, select

_MOST_PRICES = 20  # shown places of one rule that are held against each other


@dataclass(frozen=True, slots=True)
class Ruled:
    """What the rules settled: a verdict with its evidence, or a no-verdict with its cause and a line for people."""

    availability: Availability
    evidence: tuple[Evidence, ...] = ()
    cause: Cause | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class PriceFound:
    """What `price_at` brought: an amount, or None with `evidence` that says what stood there."""

    money: Money | None
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class _Looked:
    """What one list of rules found: the match, or why there is none."""

    key: str
    match: Evidence | None
    missing: str = ""


def settle(rules: Rules, page: Page) -> Ruled | None:
    """Say what the rules settle, or None when they leave the page to the other readers; never raises."""
    if not rules.in_stock_when and not rules.sold_out_when:
        return None
    view = View(page)
    try:
        yes = _look("in_stock_when", rules.in_stock_when, view, Availability.IN_STOCK)
        no = _look("sold_out_when", rules.sold_out_when, view, Availability.OUT_OF_STOCK)
    except RuleFault as fault:
        return Ruled(Availability.UNKNOWN, cause=Cause.RULE_ERROR, detail=str(fault))
    if yes.match and no.match:
        both = f"{_said(yes.match)} and {_said(no.match)}"
        return Ruled(
            Availability.UNKNOWN,
            (yes.match, no.match),
            Cause.NO_EVIDENCE,
            f"your rules contradict each other on this page: {both}",
        )
    if match := yes.match or no.match:
        return Ruled(match.says, (match,))
    if rules.in_stock_when and rules.sold_out_when:
        why = f"none of your rules found anything: {yes.missing}; {no.missing}"
        return Ruled(Availability.UNKNOWN, cause=Cause.NO_EVIDENCE, detail=why)
    return None


def _said(match: Evidence) -> str:
    return f"{match.where} finds {match.words[:60]!r}"


def _look(key: str, rules: Sequence[Rule], view: View, says: Availability) -> _Looked:
    missing = []
    for rule in rules:
        hit, why = _counting(key, rule, view, says)
        if hit is not None:
            return _Looked(key, Evidence(says, Source.RULE, f"{key} {rule}", hit.words))
        missing.append(f'"{rule}" {why}')
    return _Looked(key, None, f"{key} {' and '.join(missing)}")


def _counting(key: str, rule: Rule, view: View, says: Availability) -> tuple[Hit | None, str]:
    """Return the first place that counts: it is shown, and for a yes it is no control that cannot be used."""
    why = "is not there"
    try:
        for hit in select(rule, view):
            if hit.shown and (hit.usable or says is not Availability.IN_STOCK):
                return hit, ""
            why = "is there, but disabled" if hit.shown else "is there, but hidden"
    except RuleFault as fault:
        raise RuleFault(f'{key} "{rule}": {fault}') from None
    return None, why


def price_of(rules: Rules, page: Page, currency: str | None) -> PriceFound | None:
    """Return what `price_at` finds, None without such a rule; raises RuleFault.

    `currency` is what the page's data names; a number without a sign is in it. The first rule that gives one amount wins;
    places that show different amounts give none.
    """
    view, found = View(page), None
    for rule in rules.price_at:
        try:
            hits = [hit for hit in select(rule, view) if hit.shown or hit.value is not None][:_MOST_PRICES]
        except RuleFault as fault:
            raise RuleFault(f'price_at "{rule}": {fault}') from None
        amounts = [money for hit in hits if (money := _money(rule, hit, currency, page.url)) is not None]
        claims = {(money.amount, money.currency) for money in amounts}
        money = amounts[0] if len(claims) == 1 else None
        words = " / ".join(dict.fromkeys(hit.words for hit in hits))[:100] or "nothing there"
        found = PriceFound(money, Evidence(Availability.UNKNOWN, Source.RULE, f"price_at {rule}", words))
        if money is not None:
            break
    return found


def _money(rule: Rule, hit: Hit, currency: str | None, url: str) -> Money | None:
    """Read one place: as a visitor reads it, else the value that it holds as data."""
    hint = currency or hint_for(url)
    if hit.shown and rule.kind is not RuleKind.JMES and (money := best_price(hit.words, hint_currency=hint)):
        return money
    for value in (hit.value, hit.words if hit.shown and rule.kind is not RuleKind.JMES else None):
        if isinstance(value, str) and (money := best_price(value, hint_currency=hint)):
            return money
        amount: Decimal | None = parse_number(value, currency)
        if amount:
            return Money(amount, currency or hint)
    return None
