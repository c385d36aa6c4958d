"""The products that JSON-LD blocks speak of, wherever the shop's software nested them."""

from __future__ import annotations

from collections.abc import Iterator

from watchers.page import Page
from watchers.readers.terms import Node, listed, types_of

PRODUCTS = frozenset({"product", "productgroup", "individualproduct", "productmodel", "someproducts"})
# Things that shops sell under their own type; they count when they carry offers.
_GOODS = frozenset(
    [
        "book",
        "audiobook",
        "videogame",
        "game",
        "softwareapplication",
        "mobileapplication",
        "movie",
        "musicalbum",
        "vehicle",
        "car",
    ]
)
# What hangs below these is other people's goods: rails, lists, reviews, the trail of categories.
_OTHERS = frozenset(
    [
        *(
            "isRelatedTo",
            "isSimilarTo",
            "isAccessoryOrSparePartFor",
            "isConsumableFor",
            "itemListElement",
            "breadcrumb",
        ),
        *(
            "review",
            "reviews",
            "itemReviewed",
            "aggregateRating",
            "hasOfferCatalog",
            "makesOffer",
            "subjectOf",
            "related",
        ),
        *("hasVariant", "isVariantOf", "relatedLink", "significantLink", "mentions", "hasPart", "isPartOf", "addOn"),
    ]
)
_DEPTH = 16
_MOST = 200


class Graph:
    """The blocks of one page as one graph, in which `{"@id": …}` stands for the node of that id."""

    def __init__(self, page: Page) -> None:
        self._blocks = page.json_ld
        self._index: dict[str, Node] | None = None

    def resolve(self, value: object) -> object:
        """The node that a bare reference stands for; anything else as it is."""
        if (
            isinstance(value, dict)
            and len(value) <= 2
            and isinstance(value.get("@id"), str)
            and not value.keys() - {"@id", "@type"}
        ):
            if self._index is None:
                self._index = {}
                for block in self._blocks:
                    for top in block.values:
                        self._note(top, 0)
            return self._index.get(value["@id"], value)
        return value

    def _note(self, value: object, depth: int) -> None:
        assert self._index is not None
        if depth > _DEPTH:
            return
        if isinstance(value, dict):
            name = value.get("@id")
            if isinstance(name, str) and len(value) > 2:
                self._index.setdefault(name, value)
            for child in value.values():
                if isinstance(child, (dict, list)):
                    self._note(child, depth + 1)
        elif isinstance(value, list):
            for child in value:
                self._note(child, depth + 1)

    def products(self) -> Iterator[tuple[str, Node]]:
        """Yield the products that a page may be about, with their place; at most 200."""
        count = 0
        for block in self._blocks:
            name = f"ld+json[{block.index}]"
            for number, value in enumerate(block.values):
                place = name if len(block.values) == 1 else f"{name}#{number}"
                for found in self._below(value, place, 0):
                    yield found
                    count += 1
                    if count == _MOST:
                        return

    def _below(self, value: object, path: str, depth: int) -> Iterator[tuple[str, Node]]:
        if depth > _DEPTH:
            return
        if isinstance(value, list):
            for index, child in enumerate(value):
                yield from self._below(child, f"{path}[{index}]", depth + 1)
            return
        if not isinstance(value, dict):
            return
        kinds = types_of(value)
        if kinds & PRODUCTS or (kinds & _GOODS and value.get("offers")):
            yield path, value
            return
        sold = self.resolve(value.get("itemOffered")) if "offer" in kinds else None
        if isinstance(sold, dict):  # the offer is written around the product
            yield path, {**sold, "offers": [value, *listed(sold.get("offers"))]}
            return
        for key, child in value.items():
            if isinstance(child, (dict, list)) and key not in _OTHERS:
                yield from self._below(child, f"{path}.{key}", depth + 1)
