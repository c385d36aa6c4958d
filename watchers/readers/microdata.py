"""Microdata of products as the same plain nodes that JSON-LD gives, so that one reader serves both."""

from __future__ import annotations

from collections.abc import Iterator

from selectolax.lexbor import LexborNode

from watchers.page import Page

MAX_NODES = 20_000
MAX_PRODUCTS = 200
_DEPTH = 64
_URL_TAGS = {
    "a": "href",
    "link": "href",
    "area": "href",
    "img": "src",
    "source": "src",
    "iframe": "src",
    "object": "data",
}
_SKIPPED = frozenset({"script", "style", "template", "noscript"})


def products(page: Page) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield the product items of a page that stand in no other item's rail: their place and their properties.

    Pages without the word `itemprop` cost one byte search and no tree.
    """
    if b"itemprop" not in page.body or b"itemscope" not in page.body:
        return
    budget = [MAX_NODES]
    count = 0
    for node in page.dom.css("[itemscope][itemtype*='Product' i]"):
        if _inside_item(node):
            continue
        yield f"microdata[{count}]", _item(node, budget, 0)
        count += 1
        if count == MAX_PRODUCTS or budget[0] <= 0:
            return


def _inside_item(node: LexborNode) -> bool:
    """True for a product that is a property of something else (a rail, a review), or is hidden in a template."""
    if "itemprop" in node.attributes and node.attributes["itemprop"] not in ("mainEntity", "itemOffered", ""):
        return True
    parent = node.parent
    for _ in range(_DEPTH):
        if parent is None:
            return False
        attributes = parent.attributes
        if (parent.tag or "") in _SKIPPED:
            return True
        if "itemscope" in attributes and any(
            word in (attributes.get("itemtype") or "").lower()
            for word in ("product", "itemlist", "review", "offercatalog")
        ):
            return True
        parent = parent.parent
    return False


def _item(node: LexborNode, budget: list[int], depth: int) -> dict[str, object]:
    kind = (node.attributes.get("itemtype") or "").split()
    item: dict[str, object] = {"@type": kind}
    if node.attributes.get("itemid"):
        item["@id"] = node.attributes["itemid"]
    _collect(node, item, budget, depth)
    return item


def _collect(node: LexborNode, item: dict[str, object], budget: list[int], depth: int) -> None:
    """Gather the properties below a node without entering other items."""
    if depth > _DEPTH:
        return
    child = node.child
    while child is not None and budget[0] > 0:
        tag = child.tag or ""
        if tag.startswith("-") or tag in _SKIPPED:  # text, comments
            child = child.next
            continue
        budget[0] -= 1
        attributes = child.attributes
        names = (attributes.get("itemprop") or "").split()
        scoped = "itemscope" in attributes
        if names:
            value: object = _item(child, budget, depth + 1) if scoped else _value(child, tag, attributes)
            for name in names:
                _add(item, name, value)
        if not scoped:
            _collect(child, item, budget, depth + 1)
        child = child.next


def _value(node: LexborNode, tag: str, attributes: dict[str, str | None]) -> str:
    if attributes.get("content") is not None:
        return (attributes["content"] or "").strip()
    if tag in _URL_TAGS and attributes.get(_URL_TAGS[tag]) is not None:
        return (attributes[_URL_TAGS[tag]] or "").strip()
    if tag in ("data", "meter", "input") and attributes.get("value") is not None:
        return (attributes["value"] or "").strip()
    if tag == "time" and attributes.get("datetime"):
        return (attributes["datetime"] or "").strip()
    return " ".join(node.text(deep=True)[:2000].split())


def _add(item: dict[str, object], name: str, value: object) -> None:
    if name not in item:
        item[name] = value
        return
    present = item[name]
    if isinstance(present, list):
        present.append(value)
    else:
        item[name] = [present, value]
