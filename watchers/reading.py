"""From a page to what it says: the whole pure reading path, in the order of its doubts.

wall? -> gone? -> whole? -> readable? -> this product? -> the user's own rules -> the shop's own reader -> data -> words -> weigh

Each step either ends it with a reason or hands on to the next.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from watchers.identity import check_identity
from watchers.model import Availability, Cause, Evidence, Identity, Listing, Offer, Reading
from watchers.nesting import too_deep
from watchers.page import Page
from watchers.readers.appstate import State, read_state
from watchers.readers.block import Block, text_of
from watchers.readers.lexicon import Role, lexicon
from watchers.readers.offers import offers_of
from watchers.readers.span import resting_spans
from watchers.readers.structured import Structured, read_structured
from watchers.readers.wording import Wording, read_wording
from watchers.ruled import by_rules, finished, looks_cut
from watchers.shops import Shop, Told, shop_of
from watchers.shops.verdict import goods
from watchers.walls import find_wall
from watchers.weigh import Weighed, weigh

_REFUSALS = frozenset({401, 403, 407, 429, 451, 503})
_TAIL = 64 * 1024  # bytes in which a page's end tag is looked for; some put scripts after it
_MOST_CONTROLS = 400  # looked at for an order control that is hidden
_SHELL_TEXTS, _SHELL_BYTES = 12, 50_000  # a page that shows so little for its size was not drawn yet


def read(
    page: Page, listing: Listing, known: Identity | None = None, *, shop: Callable[[str], Shop | None] = shop_of
) -> Reading:
    """Say what a page says about the listing's product, with the evidence, or why it cannot be told.

    `shop` finds the reader of a shop by its address; one that settles the page is believed, one that abstains is not missed.
    """
    reading = _read(page, listing, known, shop)
    return finished(reading, page, listing.rules) if listing.rules else reading


def _read(page: Page, listing: Listing, known: Identity | None, shop: Callable[[str], Shop | None]) -> Reading:
    if wall := find_wall(page):
        return Reading(Availability.BLOCKED, cause=Cause.BLOCKED, detail=f'a {wall.kind} page ("{wall.words}")')
    if failed := _by_status(page.status):
        return failed
    if not page.complete:
        return _nothing(Cause.TRUNCATED, "the page is cut off: its end was not sent")
    if page.charset_problem:
        return _nothing(Cause.NO_EVIDENCE, f"the text cannot be read: {page.charset_problem}")
    if not page.is_json and too_deep(page.body):
        return _nothing(Cause.NO_EVIDENCE, "the page nests its elements too deeply to be read safely")
    found = read_structured(page, listing)
    title = found.title
    evidence: list[Evidence] = []

    def without(cause: Cause | None, detail: str, availability: Availability = Availability.UNKNOWN) -> Reading:
        return Reading(
            availability,
            evidence=tuple(evidence),
            cause=cause,
            detail=detail,
            title=title,
            image=found.image,
            identity=found.identity,
        )

    own = shop(page.url)
    told = own.read(page, listing) if own else None
    if not (told and told.identified) and (contradiction := check_identity(page, listing, known, found.identity)):
        return without(Cause.IDENTITY, contradiction)
    if ruled := by_rules(page, listing, told, found):
        return _doubted(ruled, page, found) if ruled.availability.is_orderable and not page.is_json else ruled
    if told:
        return _as_told(told, found)
    if page.is_json:
        return _data_only(read_state(page, listing, ()))
    evidence.extend(found.evidence)
    titles = _titles(page, found)
    seen = read_wording(page, titles)
    evidence.extend(seen.evidence)
    if not title and seen.block:
        title = seen.block.title[:200]
    if gone := _gone(page, found, seen):
        return without(Cause.HTTP, f'the page says "{gone}"', Availability.GONE)
    if other := _not_a_product(page, found, seen):
        return without(Cause.NO_EVIDENCE, other)
    priced = seen.block is not None and seen.block.priced and not _awaits_script(seen.block)
    verdict = weigh(evidence, block=seen.block is not None, priced=priced, stated=seen.stated)
    data = found.offers
    if not verdict.availability.is_verdict:
        state = read_state(page, listing, titles)
        if state.evidence:
            evidence.extend(state.evidence)
            data = (*data, *state.offers)
            drawn = _is_shell(seen, page) and not _orders_in_markup(page)
            verdict = weigh(evidence, block=seen.block is not None, priced=priced, stated=seen.stated, drawn=drawn)
    verdict = _of_the_named_variant(verdict, listing, found)
    if verdict.availability.is_orderable and not _whole_block(page, seen):
        return without(Cause.TRUNCATED, "the page ends within its product block")
    if not verdict.availability.is_verdict:
        return without(verdict.cause, _why(verdict, seen, page))
    return Reading(
        verdict.availability,
        offers=_of_the_shop(own, title, offers_of(verdict, data, seen.evidence, seen, page.url)),
        evidence=_strongest_first(verdict, evidence),
        title=title,
        image=found.image,
        identity=found.identity,
        spans=() if verdict.availability.is_orderable else resting_spans(page, seen, verdict),
    )


def _doubted(ruled: Reading, page: Page, found: Structured) -> Reading:
    """Hold a yes of the user's rules against what no rule looks at: a page that says it is gone, or that is cut."""
    seen = read_wording(page, _titles(page, found))
    if gone := _gone(page, found, seen):
        return replace(
            ruled, availability=Availability.GONE, offers=(), cause=Cause.HTTP, detail=f'the page says "{gone}"'
        )
    if looks_cut(page) and not _whole_block(page, seen):
        why = "the page ends before its end tag; what your rules look for may be in the part that is missing"
        return replace(ruled, availability=Availability.UNKNOWN, offers=(), cause=Cause.TRUNCATED, detail=why)
    return ruled


def _as_told(told: Told, found: Structured) -> Reading:
    """Take a shop's own word, and what the page's data adds about which product it is."""
    return Reading(
        told.availability,
        offers=told.offers,
        evidence=told.evidence,
        cause=told.cause,
        detail=told.detail,
        title=told.title or found.title,
        image=told.image or found.image,
        identity=Identity(told.title or found.identity.title, found.identity.ids | told.ids),
        spans=told.spans,
    )


def _of_the_shop(own: Shop | None, title: str | None, offers: tuple[Offer, ...]) -> tuple[Offer, ...]:
    """Name the seller, and the condition of what it sells, where the page of a known shop that sells alone does not."""
    if own is None or not getattr(own, "sells_alone", False):
        return offers
    usual = goods(title, getattr(own, "condition", None))
    return tuple(replace(o, seller=o.seller or own.name, condition=o.condition or usual) for o in offers)


def _of_the_named_variant(verdict: Weighed, listing: Listing, found: Structured) -> Weighed:
    """Keep a verdict only if it is known to be about the variant that the listing names.

    The words of a page speak of whichever variant it shows; only its data tells them apart.
    """
    if listing.variant is None or not verdict.availability.is_verdict:
        return verdict
    told = [e for e in found.evidence if e.offer and e.offer.variant] or [*found.evidence]
    opened = any(e.says.is_orderable for e in told)
    if told and opened == verdict.availability.is_orderable:
        return verdict
    if told and not opened:
        return Weighed(told[0].says, (told[0],))
    why = "the page shows another variant as sold out" if told else "nothing on the page tells its variants apart"
    return Weighed(
        Availability.UNKNOWN, (), Cause.NO_EVIDENCE, f'cannot tell about the variant "{listing.variant}": {why}'
    )


def _orders_in_markup(page: Page) -> bool:
    """True when an order control stands anywhere in the page, seen or hidden: then no script needs to draw one."""
    words = lexicon()
    for node in page.dom.css("button, input[type=submit], input[type=button], [role=button]")[:_MOST_CONTROLS]:
        said = words.control(" ".join((node.text() or node.attributes.get("value") or "").split())[:200])
        if said is not None and said[0] is not Role.NOTIFY:
            return True
    return False


def _awaits_script(block: Block) -> bool:
    """True when every order control is sent disabled whatever the stock is: a price beside it says nothing then."""
    orders = [control for control in block.controls if control.role is Role.ORDER and control.enabled]
    return bool(orders) and all(control.awaits_script for control in orders)


def _whole_block(page: Page, seen: Wording) -> bool:
    """True when the page goes on after its product block, or shows its end: a block cut in the middle proves nothing."""
    tail = page.body[-_TAIL:].lower()
    if b"</html" in tail or b"</body" in tail:
        return True
    return seen.block is not None and seen.outline.ends[seen.block.root] < len(seen.outline.tags)


def _nothing(cause: Cause, detail: str) -> Reading:
    return Reading(Availability.UNKNOWN, cause=cause, detail=detail)


def _by_status(status: int) -> Reading | None:
    if status in (404, 410):
        return Reading(Availability.GONE, cause=Cause.HTTP, detail=f"the shop answered HTTP {status}: no such page")
    if status in _REFUSALS:
        return Reading(Availability.BLOCKED, cause=Cause.BLOCKED, detail=f"the shop answered HTTP {status}")
    if status >= 400:
        return _nothing(Cause.HTTP, f"the shop answered HTTP {status}")
    return None


def _data_only(state: State) -> Reading:
    """Read an answer that is data: the object that carries the listing's own id stands in the product block's place."""
    if state.evidence:
        return Reading(state.evidence[0].says, offers=state.offers, evidence=state.evidence)
    return _nothing(
        Cause.NO_EVIDENCE,
        "the answer is data, not a page, and no object in it carries this product's id and says something of stock",
    )


def _titles(page: Page, found: Structured) -> list[str]:
    head = page.head
    names = [found.title, head.meta("og:title"), head.title]
    if (
        not any(names) and head.names_title and (title := page.dom.css_first("title"))
    ):  # some pages put it after their head
        names.append(title.text(deep=False).strip())
    return [name for name in names if name]


def _gone(page: Page, found: Structured, seen: Wording) -> str | None:
    """Return the words of a soft 404: they head the page, and nothing on it can be ordered."""
    words = lexicon()
    if any(e.says.is_verdict for e in found.evidence):
        return None
    if seen.block and any(c.role is Role.ORDER and c.enabled for c in seen.block.controls) and seen.block.priced:
        return None
    heads = [page.head.title or "", *(text_of(seen.outline, number) for number in seen.outline.headings[:4])]
    heads += [text for _, text in seen.outline.texts if len(text) <= 90][:40]
    for text in heads:
        if words.says_gone(text):
            return text[:100]
    return None


def _not_a_product(page: Page, found: Structured, seen: Wording) -> str | None:
    """Say what else the page is, when nothing in its data names a product."""
    if found.evidence or found.product_found or seen.evidence:
        return None
    if seen.outline.passwords:
        return "this is a login page"
    others = sum(c.role is Role.ORDER and c.enabled for c in seen.controls)
    if others > 1:
        return f"this looks like a list or a search: {others} order buttons, each of another product"
    if urlsplit(page.url).path in ("", "/"):
        return "this is the shop's top page"
    return None


def _why(verdict: Weighed, seen: Wording, page: Page) -> str:
    if not page.body.strip():
        return "the answer is empty: there is no page in it"
    if not seen.evidence and _is_shell(seen, page):
        return f"the page is an empty shell, drawn by script: {verdict.detail}"
    if seen.outline.too_large:
        return "the page has more elements than any product page; it was not read to its end"
    return verdict.detail


def _is_shell(seen: Wording, page: Page) -> bool:
    """True for a page that shows so little for its size that a script must be meant to draw it."""
    return len(seen.outline.texts) < (_SHELL_TEXTS if len(page.body) > _SHELL_BYTES else 3)


def _strongest_first(verdict: Weighed, evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
    rest = [e for e in evidence if e not in verdict.rests_on]
    return (*verdict.rests_on, *rest)
