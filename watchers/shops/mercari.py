"""Mercari: one person's one thing, on sale, in trade or sold; and Mercari Shops, with variants and pieces left.

From captured pages of 2025 and 2026 and answers of the item endpoint: what counts is the checkout button, drawn into the
page with a `data-testid`. A page served before the script drew it names a price and nothing else: it is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from urllib.parse import parse_qsl, urlsplit

from selectolax.lexbor import LexborNode

from watchers.model import Availability, Cause, Listing, Offer
from watchers.money import best_price
from watchers.page import Page
from watchers.readers.lexicon import Role, lexicon
from watchers.shops.dom import shown, usable, words
from watchers.shops.island import dig, price, record, records, text, whole
from watchers.shops.shop import Told, belongs, host_of
from watchers.shops.verdict import YEN, cannot_tell, condition, gone, tell

STATES = {
    "on_sale": Availability.IN_STOCK,
    "trading": Availability.OUT_OF_STOCK,
    "sold_out": Availability.OUT_OF_STOCK,
    "stop": Availability.OUT_OF_STOCK,
    "cancel": Availability.OUT_OF_STOCK,
}
_PATH = re.compile(r"/item/(?P<item>m[0-9]{6,15})(?![0-9])|/shops/product/(?P<shop>[0-9A-Za-z]{10,40})(?![0-9A-Za-z])")
_BUTTON = "[data-testid=checkout-button], [data-testid=variant-purchase-button]"
_LEFT = re.compile(r"残り\s{0,2}([0-9]{1,4})\s{0,2}点")


class Mercari:
    """jp.mercari.com and the item endpoint behind it."""

    name = "メルカリ"
    hosts = ("jp.mercari.com", "api.mercari.jp", "mercari-shops.com")
    basis = "real pages"

    def product(self, url: str) -> str | None:
        """Return "mercari:m…" for an item, "mercari-shops:…" for a shop's product."""
        if not belongs(host_of(url), self.hosts):
            return None
        parts = urlsplit(url)
        found = _PATH.search(parts.path)
        if found:
            return f"mercari:{found['item']}" if found["item"] else f"mercari-shops:{found['shop']}"
        wanted = next((v for k, v in parse_qsl(parts.query) if k == "id" and re.fullmatch(r"m[0-9]{6,15}", v)), None)
        return f"mercari:{wanted}" if wanted else None

    def read(self, page: Page, listing: Listing) -> Told | None:
        """Say what the checkout button, or the endpoint's status, says of the thing."""
        if page.is_json:
            return self._answer(page, listing)
        if b"checkout-button" not in page.body and b"variant-purchase-button" not in page.body:
            return None
        product = self.product(page.url) or self.product(listing.url)
        buttons = [node for node in page.dom.css(_BUTTON)[:10] if shown(node)]
        if product is None or not buttons:
            return None
        label = words(buttons[0])
        role = lexicon().control(label)
        if role is None or role[0] is Role.NOTIFY:
            return None
        ordered = role[0] is Role.ORDER
        if ordered and not all(_enabled(node) for node in buttons):
            return cannot_tell(f'the button says "{label}", yet it cannot be pressed')
        if ordered and (why := _data_refuses(page, product)):
            return cannot_tell(why)
        # An auction takes bids: there is no price at which the thing can be had now.
        state = Availability.IN_STOCK if ordered and "入札" not in label else Availability.OUT_OF_STOCK
        money = best_price(_first(page, "[data-testid=price], [data-testid=product-price]"), hint_currency=YEN)
        left = _LEFT.search(_around(buttons[0]))
        offer = Offer(
            state,
            money.amount if money else None,
            YEN,
            shipping=Decimal(0) if "送料込み" in _first(page, '[data-testid="配送料の負担"]') else None,
            seller=_seller(page),
            condition=condition(_first(page, '[data-testid="商品の状態"]')),
            quantity=int(left[1]) if left and state.is_orderable else None,
        )
        title = _first(page, "[data-testid=name] h1, [data-testid=display-name], h1")
        return tell(page, [offer], listing, where="checkout-button", words=label, title=title or None, ids=[product])

    def _answer(self, page: Page, listing: Listing) -> Told | None:
        """Read an answer of the item endpoint, or of the one for products of Mercari Shops."""
        if any(text(error, "code") == "InvisibleItemException" for error in records(page.json, "errors")):
            return gone("the item endpoint says that the thing is deleted")
        data = dig(page.json, "data", default=page.json)
        item = record(data, 0) if isinstance(data, list) else record({"item": data}, "item")
        if records(item, "productDetail", "variants"):
            return self._shop_answer(page, item, listing)
        status = text(item, "status")
        if status is None or text(item, "id") is None:
            return None
        wanted, own = self.product(listing.url), f"mercari:{text(item, 'id')}"
        if wanted and wanted != own:
            return cannot_tell(f"the answer is about {own}, not {wanted}", cause=Cause.IDENTITY)
        state = STATES.get(status.lower().removeprefix("item_status_"), Availability.UNKNOWN)
        if record(item, "auction_info") and state.is_orderable:
            state = Availability.OUT_OF_STOCK  # bids only: there is no price at which it can be had
        payer = text(item, "shipping_payer", "code")
        offer = Offer(
            state,
            price(item, "price"),
            YEN,
            shipping=Decimal(0) if payer == "seller" else None,
            seller=text(item, "seller", "name"),
            condition=condition(text(item, "item_condition", "name")),
        )
        image = text(item, "photos", 0) or text(item, "thumbnails", 0)
        return tell(
            page, [offer], listing, where="data.status", words=status, title=text(item, "name"), image=image, ids=[own]
        )

    def _shop_answer(self, page: Page, item: Mapping[str, object], listing: Listing) -> Told | None:
        detail = record(item, "productDetail")
        payer = text(detail, "shippingPayer", "displayName") or ""
        variants = records(detail, "variants")
        offers = []
        for variant in variants:
            left = whole(variant, "quantity")
            state = (
                Availability.UNKNOWN if left is None else Availability.IN_STOCK if left else Availability.OUT_OF_STOCK
            )
            names = [name for key in ("displayName", "size") if (name := text(variant, key))]
            offers.append(
                Offer(
                    state,
                    price(item, "price"),
                    YEN,
                    shipping=Decimal(0) if "送料込み" in payer else None,
                    seller=text(detail, "shop", "displayName"),
                    condition=condition(text(detail, "condition", "displayName")),
                    quantity=left or None,
                    variant=" / ".join(names) or None,
                )
            )
        title = text(item, "displayName") or text(item, "name")
        product = self.product(listing.url)
        return tell(page, offers, listing, where="variants.quantity", words="quantity", title=title, ids=[product])


def _enabled(button: LexborNode) -> bool:
    """True when the button, and the real one in its wrapping, can be pressed."""
    names = f"{button.attributes.get('name') or ''} {button.attributes.get('class') or ''}".lower()
    inner = button.css_first("button")
    return "disabled" not in names and usable(button) and (inner is None or usable(inner))


def _data_refuses(page: Page, product: str) -> str | None:
    """Say so when the page's own data names another thing, or says that this one is sold."""
    for block in page.json_ld:
        for value in block.values:
            graph = dig(value, "@graph")
            for node in graph if isinstance(graph, list) else [value]:
                if text(node, "@type") != "Product":
                    continue
                own = text(node, "productID")
                if own and not product.endswith(f":{own}"):
                    return f"the page's data is about {own}, its address names another thing"
                said = (text(node, "offers", "availability") or "").lower()
                if said.endswith(("soldout", "outofstock")):
                    return "the button takes an order, yet the page's data says sold out"
    return None


def _first(page: Page, css: str) -> str:
    return words(next((node for node in page.dom.css(css)[:5] if shown(node)), None))


def _around(button: LexborNode) -> str:
    node = button
    for _ in range(3):
        if node.parent is not None and node.parent.tag not in ("body", "html", "main"):
            node = node.parent
    return words(node)


def _seller(page: Page) -> str | None:
    """The seller's name begins the label of the link to the profile."""
    for node in page.dom.css("a[data-location='item_details:seller_info']")[:1]:
        name = (node.attributes.get("aria-label") or "").partition(",")[0].strip()
        return name[:100] or None
    return None
