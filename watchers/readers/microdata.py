"""Microdata of products as the same plain nodes that JSON-LD gives, so that one reader serves both."""

from __future__ import annotations

from collections.abc import Iterator

from selectolax.lexbor import LexborNode

from watchers.page import Page

MAX_NODES = 20_000
MAX_PRODUCTS = 200
_TYPE_BYTES = 300  # an attribute `itemtype` with its value
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

    Pages that name no type of product in their markup cost a few byte searches and no tree.
    """
    if b"itemprop" not in page.body or b"itemscope" not in page.body or not _names_a_product(page.body):
        return
    budget = [MAX_NODES]
    count = 0
    for node in page.dom.css("[itemscope][itemtype*='Product' i]"):
        if _inside_item(node):
            continue
        yield f"microdata[{count}]", _item(node, budget)
        count += 1
        if count == MAX_PRODUCTS or budget[0] <= 0:
            return


def _names_a_product(body: bytes) -> bool:
    at = body.find(b"itemtype")
    while at >= 0:
        if b"product" in body[at : at + _TYPE_BYTES].lower():
            return True
        at = body.find(b"itemtype", at + _TYPE_BYTES // 2)
    return False


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


def _item(root: LexborNode, budget: list[int]) -> dict[str, object]:
    """Gather the properties of an item, and those of the items that are its properties."""
    items = {root.mem_id: _bare(root.attributes)}
    owners: dict[int, int | None] = {root.mem_id: root.mem_id}  # by element: the item that what is inside it belongs to
    for node in root.css("[itemprop]"):
        if node.mem_id == root.mem_id:
            continue
        budget[0] -= 1
        if budget[0] <= 0:
            break
        tag, attributes = node.tag or "", node.attributes
        owner = items.get(_owner(node.parent, owners, budget) or 0)
        names = (attributes.get("itemprop") or "").split()
        if owner is None or not names or tag in _SKIPPED:
            continue
        value: object
        if "itemscope" in attributes:
            value = items[node.mem_id] = _bare(attributes)
            owners[node.mem_id] = node.mem_id
        else:
            value = _value(node, tag, attributes)
        for name in names:
            _add(owner, name, value)
    return items[root.mem_id]


def _bare(attributes: dict[str, str | None]) -> dict[str, object]:
    item: dict[str, object] = {"@type": (attributes.get("itemtype") or "").split()}
    if attributes.get("itemid"):
        item["@id"] = attributes["itemid"]
    return item


def _owner(node: LexborNode | None, owners: dict[int, int | None], budget: list[int]) -> int | None:
    """Return the item that an element's content belongs to; None within what is never read and within nameless items."""
    passed: list[int] = []
    found: int | None = None
    while node is not None:
        name = node.mem_id
        if name in owners:
            found = owners[name]
            break
        passed.append(name)
        budget[0] -= 1
        if (node.tag or "") in _SKIPPED or "itemscope" in node.attributes:
            break
        node = node.parent
    owners.update(dict.fromkeys(passed, found))
    return found


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
