"""The controls of a page that have to do with ordering: by role, words and enabledness, never by a shop's selector."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from watchers.model import Availability
from watchers.readers.lexicon import Lexicon, Role
from watchers.readers.markup import spelled
from watchers.readers.outline import Control, Outline

_MOST_WORDS = 12  # texts joined to a control's words; a link around half a page is no control

# A form or link that puts something into a cart, as the common shop programs address it.
_CART_TARGET = re.compile(
    r"cart/add|add[-_]?to[-_]?(?:cart|basket|bag)|addcart|add_cart|cart_?in\b|cart[-_/]add|basket/add|addtobasket|"
    r"checkout/cart|cart\?add|cart/change_sku|/cart/?(?:$|\s)|cart\.(?:php|cgi|aspx|html)|wishlist-to-cart|product_addtocart"
)
# Class words of a control that cannot be used; "disabled:opacity-50" only says how it would look.
_DEAD_CLASS = re.compile(
    r"(?:^|[\s_-])(?:disabled?|sold-?out|out-?of-?stock|unavailable|inactive|no-?stock)(?=$|[\s_-])(?!-opacity|-cursor)"
)
_BUTTON_CLASS = re.compile(r"(?:^|[\s_-])(?:btn|buttons?|cta)(?=$|[\s_-])|cart|buy|purchase|kounyu|basket")
_CART_NAME = re.compile(r"add-?to-?(?:cart|basket|bag)|addcart|cart-?in|add-cart|buy-?now|into-?cart")


@dataclass(frozen=True, slots=True)
class OrderControl:
    """A control in the visible page that orders, refuses or promises news."""

    element: int
    role: Role
    state: Availability  # what an order through it would be; for a refusal, why there is none
    enabled: bool
    words: str
    awaits_script: bool = False  # sent disabled whatever the stock is: only something else can say yes


def order_controls(outline: Outline, lexicon: Lexicon) -> list[OrderControl]:
    """Return every control that has to do with ordering, in document order, wherever it stands."""
    return list(_recognised(outline, lexicon))


def _recognised(outline: Outline, lexicon: Lexicon) -> Iterator[OrderControl]:
    pictures = [element for element, _ in outline.images]
    for control in outline.controls:
        said = None
        shown = ""
        for words in _wordings(outline, control, pictures):
            shown = shown or words
            if said := lexicon.control(words):
                shown = words
                break
        if said is None:
            if not _adds_to_cart(outline, control, shown):
                continue
            said = Role.ORDER, Availability.IN_STOCK
        role, state = said
        if control.tag == "a" and role is not Role.NOTIFY and not _may_be_button(control):
            continue
        enabled = control.enabled and not _dead(control.names)
        awaits = enabled and "disabled" in control.attributes
        yield OrderControl(control.element, role, state, enabled, shown[:80], awaits)


def _wordings(outline: Outline, control: Control, pictures: list[int]) -> Iterator[str]:
    """Yield what a visitor reads on the control: its text, else what stands for its picture."""
    if control.tag == "input":
        for key in ("value", "alt", "title", "aria-label"):
            if words := control.attributes.get(key):
                yield words
        return
    texts = [outline.texts[number][1] for number in outline.texts_in(control.element, _MOST_WORDS)]
    if texts:
        yield " ".join(texts)
        if len(texts) > 1:
            yield from texts
    end = outline.ends[control.element]
    for _, alternative in outline.images[bisect_left(pictures, control.element) : bisect_left(pictures, end)]:
        if alternative:
            yield alternative
    for key in ("aria-label", "title"):
        if words := control.attributes.get(key):
            yield words


def _may_be_button(control: Control) -> bool:
    """True for a link that looks or acts like a button, not one that leads to some other page."""
    attributes = control.attributes
    href = (attributes.get("href") or "").strip().lower()
    return (
        attributes.get("role") == "button"
        or href in ("", "#")
        or href.startswith(("javascript:", "#"))
        or _CART_TARGET.search(href) is not None
        or "onclick" in attributes
        or _BUTTON_CLASS.search(spelled(control.names)) is not None
    )


def _adds_to_cart(outline: Outline, control: Control, shown: str) -> bool:
    """True for a wordless control that by its name and its form can only add to a cart."""
    if shown.strip() or control.tag == "a":
        return False
    name = f"{control.names} {control.attributes.get('name') or ''} {control.attributes.get('src') or ''}"
    if not _CART_NAME.search(spelled(name)):
        return False
    return any(
        outline.inside(control.element, form) and _CART_TARGET.search(target.lower()) for form, target in outline.forms
    )


@lru_cache(maxsize=4_096)
def _dead(names: str) -> bool:
    return _DEAD_CLASS.search(spelled(names)) is not None
