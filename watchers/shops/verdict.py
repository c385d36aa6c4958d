"""From a shop's offers to what its reader tells: the listing's variant chosen, the best offer first, nothing made up."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from watchers.model import Availability, Cause, Condition, Evidence, Listing, Offer, Source
from watchers.page import Page
from watchers.shops.shop import Told

YEN = "JPY"
_ORDER = {state: rank for rank, state in enumerate(Availability)}  # best first
_USED = re.compile(r"[【\[(]\s{0,3}(?:中古|USED|ジャンク)|中古品", re.IGNORECASE)
_PARTS = re.compile(r"[/,;|・、]")
_MOST_OFFERS = 200  # kept of a page, the best ones
_TAIL = 64 * 1024  # bytes in which the end tag is looked for; some pages put scripts after it
_WORN = ("傷", "キズ", "汚れ", "状態が悪い", "使用感", "中古", "ジャンク")


def tell(
    page: Page,
    offers: Sequence[Offer],
    listing: Listing,
    *,
    where: str,
    words: str | Mapping[Availability, str],
    title: str | None = None,
    image: str | None = None,
    ids: Iterable[str | None] = (),
    at_the_end: bool = False,
) -> Told:
    """Settle a page by its offers, the first of the best ones in front.

    `words` are what the page says, for all of it or by state. With a variant in the listing only its offers count; where
    the page does not name it there is no verdict. An offer in no known state settles nothing; nor does a page without an
    end say yes, unless the data read is what stands `at_the_end`.
    """
    told = Told(Availability.UNKNOWN, title=title, image=image, ids=frozenset(one for one in ids if one))
    mine = list(offers)
    if listing.variant is not None:
        named = [offer for offer in mine if offer.variant is not None]
        if not named:
            return _without(told, f'nothing on the page tells the variant "{listing.variant}" from others')
        mine = [offer for offer in named if is_variant(listing.variant, offer.variant or "")]
        if not mine:
            return _without(told, f'the page names no variant "{listing.variant}"')
    mine.sort(key=lambda offer: _ORDER[offer.availability])  # stable: the page's own order within one state
    if not mine or not mine[0].availability.is_verdict:
        return _without(told, "the shop's data names no state that is known")
    if not mine[0].availability.is_orderable and any(not offer.availability.is_verdict for offer in mine):
        return _without(told, "the shop's data names no known state for some of the variants")
    state = mine[0].availability
    if state.is_orderable and not (at_the_end or ended(page)):
        return _without(told, "the page ends before its end tag", Cause.TRUNCATED)
    said = words if isinstance(words, str) else words.get(state, str(state))
    evidence = Evidence(state, Source.SHOP, where, said[:120], mine[0])
    return Told(state, (evidence,), tuple(mine[:_MOST_OFFERS]), title, image, told.ids)


def cannot_tell(detail: str, *, cause: Cause = Cause.NO_EVIDENCE, title: str | None = None) -> Told:
    """No verdict, and why in a line for people."""
    return Told(Availability.UNKNOWN, title=title, cause=cause, detail=detail)


def gone(detail: str) -> Told:
    """The shop says that there is no such thing (any more)."""
    return Told(Availability.GONE, cause=Cause.HTTP, detail=detail)


def ended(page: Page) -> bool:
    """True when the answer is whole: parsed data, or a page that shows its end tag."""
    if page.is_json:
        return page.json is not None
    tail = page.body[-_TAIL:].lower()
    return b"</html" in tail or b"</body" in tail


def _without(told: Told, detail: str, cause: Cause = Cause.NO_EVIDENCE) -> Told:
    return replace(told, cause=cause, detail=detail)


def is_variant(wanted: str, name: str) -> bool:
    """True when every part of the wished variant ("black / M") is a part of an offer's, case and width apart."""
    return parts(wanted) <= parts(name)


def parts(name: str) -> frozenset[str]:
    """Return the parts of a variant's name, as they compare."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return frozenset(" ".join(part.split()) for part in _PARTS.split(folded) if part.strip())


def condition(words: str | None) -> Condition | None:
    """Read the state of goods in Japanese words: 新品, 未使用, 中古, 整備済み; "nearly unused" is used."""
    if not words:
        return None
    plain = unicodedata.normalize("NFKC", words)
    if "整備済" in plain or "リファービッシュ" in plain:
        return Condition.REFURBISHED
    if "未使用に近い" in plain:
        return Condition.USED
    if "新品" in plain or "未使用" in plain or "未開封" in plain:
        return Condition.NEW
    return Condition.USED if any(mark in plain for mark in _WORN) else None


def goods(title: str | None, usual: Condition | None) -> Condition | None:
    """What a name says of its goods: 【中古】 is used, 整備済み refurbished; else the shop's usual, if nothing hints at more."""
    name = unicodedata.normalize("NFKC", title or "")
    if "整備済" in name or "リファービッシュ" in name:
        return Condition.REFURBISHED
    if _USED.search(name):
        return Condition.USED
    return None if "中古" in name or "ジャンク" in name else usual
