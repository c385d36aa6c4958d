"""What a page's structured data says about the listing's product: JSON-LD first, then microdata, then Open Graph.

It reports what the data says; whether to believe it is weighed elsewhere (of real sold-out pages one in four still claims
InStock here). Data about other goods on the page, in rails, lists and reviews, is no evidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from watchers.identity import absolute, address
from watchers.model import Availability, Evidence, Identity, Listing, Offer, Source
from watchers.page import Page
from watchers.readers import microdata, opengraph
from watchers.readers.jsonld import Graph
from watchers.readers.subject import Candidate, Subject, chosen, variant_asked
from watchers.readers.terms import Node, Resolve, Term, listed, terms_of, text_of, types_of

_MOST_OFFERS = 200


@dataclass(frozen=True, slots=True)
class Structured:
    """The structured data about one listing; evidence holds only states that the data names."""

    evidence: tuple[Evidence, ...] = ()
    offers: tuple[Offer, ...] = ()  # every offer read; its availability is UNKNOWN where none is named
    title: str | None = None
    image: str | None = None
    identity: Identity = Identity()
    product_found: bool = False  # some block describes the listing's product
    problems: tuple[str, ...] = ()  # what could not be read, or not be used, and why
    spans: tuple[tuple[int, int], ...] = ()  # bytes of the JSON-LD blocks that the evidence came from


def read_structured(page: Page, listing: Listing) -> Structured:
    """Read the schema.org and Open Graph data of a page; never raises, and builds no tree unless microdata asks for it."""
    if page.is_json:
        return Structured()
    problems = [f"ld+json[{b.index}] at byte {b.span[0]} {b.problem}" for b in page.json_ld if b.problem]
    subject = Subject(page, listing)
    graph = Graph(page)
    found = _from(Source.JSON_LD, graph.products(), graph.resolve, page, listing, subject)
    problems.extend(found.problems)
    if not _tells(found):
        second = _from(Source.MICRODATA, microdata.products(page), _itself, page, listing, subject)
        problems.extend(second.problems)
        second.refused = (second.refused or found.refused) and not _tells(second)
        found = second if _tells(second) or not found.nodes else found
    terms, source = found.terms, found.source
    tags = opengraph.read(page)
    evidence = _evidence(terms, source)
    if tags and not found.refused and variant_asked(listing) is None:
        evidence += _evidence([tags], Source.OPEN_GRAPH)
        terms = terms or [tags]
    head = page.head
    return Structured(
        evidence=evidence,
        offers=tuple(dict.fromkeys(term.offer for term in terms)),
        title=next(filter(None, (text_of(node.get("name")) for node in found.nodes)), None) or head.meta("og:title"),
        image=_image(found.nodes, page),
        identity=_identity(found.nodes, page),
        product_found=bool(found.nodes),
        problems=tuple(problems),
        spans=_spans(page, terms) if source is Source.JSON_LD else (),
    )


@dataclass(slots=True)
class _Found:
    source: Source
    nodes: list[Node]
    terms: list[Term]
    problems: list[str]
    refused: bool = False  # the data is about other goods, or not about the variant asked for


def _tells(found: _Found) -> bool:
    return any(term.offer.availability is not Availability.UNKNOWN for term in found.terms)


def _itself(value: object) -> object:
    return value


def _from(
    source: Source,
    products: Iterable[tuple[str, Node]],
    resolve: Resolve,
    page: Page,
    listing: Listing,
    subject: Subject,
) -> _Found:
    candidates = [Candidate(place, node) for place, node in products]
    mine = chosen(candidates, subject)
    result = _Found(source, [c.node for c in mine], [], [])
    if candidates and not mine:
        result.refused = True
        names = "a product" if len(candidates) == 1 else f"{len(candidates)} products"
        result.problems.append(f"{source} describes {names}, none of them this listing's")
        return result
    for candidate in mine:
        result.terms.extend(_variants(candidate, resolve, page.url))
    result.terms = _once(result.terms)[:_MOST_OFFERS]
    wanted = variant_asked(listing)
    if wanted and result.terms:
        kept = subject.narrowed(result.terms, mine, wanted)
        if not kept:
            result.refused = True
            result.problems.append(f'{source} names no variant "{wanted.value}"')
        result.terms = kept
    return result


def _once(terms: list[Term]) -> list[Term]:
    """Offers without those that a second block repeats, perhaps with another word for the variant."""
    if len(terms) < 2:
        return terms
    kept: dict[Offer, list[Term]] = {}
    for term in terms:
        same = kept.setdefault(replace(term.offer, variant=None), [])
        if not any(not term.names or not other.names or term.names & other.names for other in same):
            same.append(term)
    return [term for same in kept.values() for term in same]


def _variants(candidate: Candidate, resolve: Resolve, base: str) -> list[Term]:
    """The offers of a product, or of each variant of a group with the variant's name."""
    node, place = candidate.node, candidate.place
    variants = listed(node.get("hasVariant"))[:_MOST_OFFERS]
    terms: list[Term] = []
    for index, raw in enumerate(variants):
        variant = resolve(raw)
        if isinstance(variant, dict):
            name = _variant_name(variant) if len(variants) > 1 else None
            own = terms_of(variant, f"{place}.hasVariant[{index}]", resolve, base, variant=name)
            terms.extend(_named(own, variant, base))
        if len(terms) >= _MOST_OFFERS:
            break
    if terms:
        return terms
    return list(
        _named(terms_of(node, place, resolve, base), node, base)
        if not variants
        else terms_of(node, place, resolve, base)
    )


def _variant_name(variant: Node) -> str | None:
    parts = [text_of(variant.get(key)) for key in ("color", "size", "pattern", "material")]
    joined = " / ".join(part for part in parts if part)
    return joined or text_of(variant.get("name")) or text_of(variant.get("sku"))


def _named(terms: Iterable[Term], product: Node, base: str) -> Iterable[Term]:
    """Give offers the names by which their variant may be asked for."""
    for term in terms:
        yield Term(term.offer, term.words, term.where, term.url, term.node, product, base)


def _evidence(terms: Sequence[Term], source: Source) -> tuple[Evidence, ...]:
    """One piece of evidence for each different offer that names a state; a repeated offer counts once."""
    seen: dict[Offer, Evidence] = {}
    for term in terms:
        state = term.offer.availability
        if state is not Availability.UNKNOWN and term.offer not in seen:
            seen[term.offer] = Evidence(state, source, term.where, term.words, term.offer)
    return tuple(seen.values())


def _identity(nodes: Sequence[Node], page: Page) -> Identity:
    """What the page says it is. A number that belongs to one of several variants changes with them: it is left out."""
    ids: set[str] = set()
    here = address(page.url)
    if here:
        ids.add(f"path:{here.key}")
    for node in nodes:
        grouped = "productgroup" in types_of(node) or node.get("hasVariant") or node.get("isVariantOf")
        offers = [o for o in listed(node.get("offers")) if isinstance(o, dict)]
        varied = bool(grouped) or len(offers) > 1 or any("variant=" in str(o.get("url")) for o in offers)
        for key, kind in _KINDS:
            value = text_of(node.get(key))
            if kind == "gtin":
                value = value.replace("-", "").lstrip("0") if value and value.replace("-", "").isdigit() else None
            if value and len(value) <= 100 and value.lower() not in _NO_ID and (not varied or kind == "group"):
                ids.add(f"{kind}:{value}")
    title = next(filter(None, (text_of(node.get("name")) for node in nodes)), None)
    return Identity(title, frozenset(ids))


_NO_ID = frozenset({"n/a", "na", "none", "null", "undefined", "0", "-", "false", "unknown", "default"})
_KINDS = (
    ("productGroupID", "group"),
    ("sku", "sku"),
    ("productID", "product"),
    ("mpn", "mpn"),
    *((key, "gtin") for key in ("gtin", "gtin8", "gtin12", "gtin13", "gtin14", "isbn")),
)


def _image(nodes: Sequence[Node], page: Page) -> str | None:
    for value in (*(node.get("image") for node in nodes), page.head.meta("og:image")):
        for item in listed(value):
            if isinstance(item, dict):
                item = item.get("url") or item.get("contentUrl") or item.get("contentURL")
                item = next(iter(listed(item)), None)
            if isinstance(item, str) and item.strip():
                full = absolute(page.url, item)
                if full.startswith(("https://", "http://")) and len(full) <= 2000:
                    return full
    return None


def _spans(page: Page, terms: Sequence[Term]) -> tuple[tuple[int, int], ...]:
    used = {term.where.partition("]")[0] for term in terms}
    return tuple(block.span for block in page.json_ld if f"ld+json[{block.index}" in used)
