"""Which part of a page's state is the listing's product, and what its fields say of stock.

Both by allow-lists: a node counts only when it carries the listing's own id or name, and a field only when its name is one
that shop software uses for stock. Two fields that disagree say nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

from watchers.model import Availability, Offer
from watchers.readers.appstate.fields import PIECES, folded, named, price_of, said
from watchers.readers.block import similarity

_MOST_NODES = 60_000
_DEEPEST = 24
_MOST_VARIANTS = 300
_ID_KEYS = named(
    "id productid sku skuid itemid code productcode itemcode slug handle urlkey url canonicalurl producturl "
    "pdpurl gtin gtin13 ean jan mpn partnumber number productnumber styleid masterid item key path"
)
_NAME_KEYS = named("name title productname displayname producttitle itemname fullname")
_VARIANTS = named("variants skus items children options sizes variations productvariants colors combinations")
_INNER = named(
    "stock inventory availability offers offer purchase buybox sellability price pricing product item "
    "productdata stockinfo onlineavailability currentvariant selectedvariant selectedsku defaultvariant flags"
)
# State of other goods, of the cart, of what is only shown beside the product.
_ELSEWHERE = re.compile(
    r"recommend|related|similar|upsell|cross|bundle|accessor|recent|viewed|sponsor|review|also|suggest|carousel|wish|cart|basket|"
    r"breadcrumb|categor|navig|menu|facet|filter|rail|trend|compar|complement|addon|footer|header|search|store(?:s|list)",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?:19|20)\d\d")
_PIECE = re.compile(r"[^\w]+")


@dataclass(frozen=True, slots=True)
class Stated:
    """What one node of the state says of stock."""

    says: Availability
    path: str
    words: str
    offer: Offer


def stated(name: str, root: object, url: str, titles: Sequence[str], variant: str | None) -> list[Stated]:
    """Return what the nodes of the listing's product say, one for each variant where it has several; [] when none is it."""
    wanted = _tokens(url)
    for path, node, above in _nodes(name, root):
        if not _is_it(node, wanted, titles):
            continue
        if found := _read(path, node, variant):
            return found
        # Some keep the names of a product in a part of their own, beside its stock.
        if above is not None and variant is None and (one := _own(path.rpartition(".")[0], above)):
            return [one]
    return []


def stated_alone(root: object, variant: str | None) -> list[Stated]:
    """Return what an answer says that is one product and nothing else, by whatever id; [] for a list of several."""
    if isinstance(root, list):
        root = root[0] if len(root) == 1 else None
    if not isinstance(root, dict):
        return []
    for path, node in (("json", root), *((f"json.{key}", root.get(key)) for key in ("product", "item", "data"))):
        if isinstance(node, dict) and _is_named(node) and (found := _read(path, node, variant)):
            return found
    return []


def _is_named(node: Mapping[str, object]) -> bool:
    names = _ID_KEYS | _NAME_KEYS
    return any(folded(key) in names and isinstance(value, (str, int)) for key, value in node.items())


def _nodes(name: str, root: object) -> Iterator[tuple[str, Mapping[str, object], Mapping[str, object] | None]]:
    """Yield the objects of a tree with the object each is a value of, outer ones first, never into other goods' state."""
    level: list[tuple[str, object, Mapping[str, object] | None]] = [(name, root, None)]
    seen = 0
    for _ in range(_DEEPEST):
        below: list[tuple[str, object, Mapping[str, object] | None]] = []
        for path, value, above in level:
            seen += 1
            if seen > _MOST_NODES:
                return
            if isinstance(value, dict):
                yield path, value, above
                below.extend(
                    (f"{path}.{key}", inner, value if isinstance(inner, dict) else None)
                    for key, inner in value.items()
                    if isinstance(inner, (dict, list)) and isinstance(key, str) and not _ELSEWHERE.search(key)
                )
            elif isinstance(value, list):
                below.extend(
                    (f"{path}[{i}]", inner, None)
                    for i, inner in enumerate(value[:2_000])
                    if isinstance(inner, (dict, list))
                )
        level = below
        if not level:
            return


def _tokens(url: str) -> frozenset[str]:
    """Return what an address calls its product: ids and the slug, folded; short words and plain words are no id."""
    parts = urlsplit(url)
    segments = [unquote(segment) for segment in parts.path.split("/") if segment]
    found = {segment.rpartition(".")[0] or segment for segment in segments[-3:]} | set(segments[-1:])
    found |= {
        piece
        for segment in segments[-2:]
        for piece in _PIECE.split(segment)
        if len(piece) >= 4 and piece.isdigit() and not _YEAR.fullmatch(piece)
    }
    found |= {value for _, value in parse_qsl(parts.query) if len(value) >= 4}
    return frozenset(
        token
        for text in found
        if len(token := folded(text)) >= 4 and (any(c.isdigit() for c in token) or len(token) >= 10)
    )


def _is_it(node: Mapping[str, object], wanted: frozenset[str], titles: Sequence[str]) -> bool:
    for key, value in node.items():
        name = folded(key) if isinstance(key, str) else ""
        if name in _ID_KEYS and isinstance(value, (str, int)) and not isinstance(value, bool):
            text = str(value)
            own = _tokens(text) if "/" in text else {folded(text)}
            if not wanted.isdisjoint(own):
                return True
        elif (
            name in _NAME_KEYS
            and isinstance(value, str)
            and len(value) >= 6
            and any(similarity(value, title) >= 0.9 and len(value) * 2 >= len(title) for title in titles)
        ):
            return True
    return False


def _read(path: str, node: Mapping[str, object], variant: str | None) -> list[Stated]:
    offers = _variants(path, node)
    if variant is not None:
        asked = folded(variant)
        return [one for one in offers if one.offer.variant and folded(one.offer.variant) == asked]
    own = _own(path, node)
    if own is not None and own.says.is_orderable != any(one.says.is_orderable for one in offers) and offers:
        return []  # the product and its variants contradict each other
    return [own] if own is not None else offers


def _variants(path: str, node: Mapping[str, object]) -> list[Stated]:
    found: list[Stated] = []
    for key, value in node.items():
        if folded(key) in _VARIANTS and isinstance(value, list):
            for place, inner in enumerate(value[:_MOST_VARIANTS]):
                if isinstance(inner, dict) and (one := _own(f"{path}.{key}[{place}]", inner, _name_of(inner))):
                    found.append(one)
    return found


def _name_of(node: Mapping[str, object]) -> str | None:
    for key in ("title", "name", "label", "value", "size", "displayName", "sku", "id"):
        if isinstance(value := node.get(key), (str, int)) and str(value).strip():
            return str(value)[:80]
    return None


def _own(path: str, node: Mapping[str, object], variant: str | None = None) -> Stated | None:
    """Return what a node's own fields agree on, or None."""
    says: dict[Availability, tuple[str, str]] = {}
    count: int | None = None
    for where, key, value in _fields(path, node):
        if (state := said(key, value)) is not None:
            says.setdefault(state, (where, f"{key}: {str(value)[:60]}"))
        if key in PIECES and isinstance(value, int) and not isinstance(value, bool) and 0 < value < 100_000:
            count = value
    kinds = {state.is_orderable for state in says}
    if len(kinds) != 1:
        return None
    order = (
        Availability.PREORDER,
        Availability.BACKORDER,
        Availability.DISCONTINUED,
        Availability.COMING_SOON,
        Availability.IN_STOCK,
        Availability.OUT_OF_STOCK,
    )
    state = next(state for state in order if state in says)
    where, words = says[state]
    price, currency = price_of(node)
    quantity = count if state is Availability.IN_STOCK else None
    return Stated(state, where, words, Offer(state, price, currency, quantity=quantity, variant=variant))


def _fields(path: str, node: Mapping[str, object], depth: int = 0) -> Iterator[tuple[str, str, object]]:
    for key, value in node.items():
        if not isinstance(key, str):
            continue
        name = folded(key)
        if isinstance(value, dict):
            if name in _INNER and depth < 2:
                yield from _fields(f"{path}.{key}", value, depth + 1)
        else:
            yield f"{path}.{key}", name, value
