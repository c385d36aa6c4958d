"""Rakuten Ichiba: the inventory of each variant, from the JSON that the item page carries for its own script.

The buy area is drawn by that script, so the page itself shows no button; the data names what it will draw. Facts of 2026-10
(public implementations) and one page of 2025:
- a variant can be ordered when its quantity is above 0, or when it has a delivery date for back orders: shops that order
  from the maker (取り寄せ) keep the quantity at 0 for ever;
- `isSoldOut` is always false and says nothing;
- prices are with tax; the sale window is the shop's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from urllib.parse import parse_qsl, unquote, urlsplit

from watchers.model import Availability, Cause, Condition, Listing, Offer
from watchers.page import Page
from watchers.shops.island import dig, island, price, record, records, text, whole
from watchers.shops.rakuten_api import BOOKS, ICHIBA, read_answer
from watchers.shops.rakuten_sale import denied, not_sold_now
from watchers.shops.shop import Told, host_of
from watchers.shops.verdict import YEN, cannot_tell, goods, tell

_HOST = "item.rakuten.co.jp"
_ISLAND = "item-page-app-data"
_WHERE = "#item-page-app-data purchaseInfo"
_MARKUP = re.compile(r"<[^<>]{0,100}>")


class Rakuten:
    """The item pages of every shop of the mall."""

    name = "楽天市場"
    hosts = (_HOST, "openapi.rakuten.co.jp", "app.rakuten.co.jp")
    basis = "real pages"

    def product(self, url: str) -> str | None:
        """Return "rakuten:shop/number" for an item's address."""
        if host_of(url) != _HOST:
            return None
        parts = [unquote(part) for part in urlsplit(url).path.split("/") if part]
        return f"rakuten:{parts[0]}/{parts[1]}".lower() if len(parts) == 2 else None

    def read(self, page: Page, listing: Listing) -> Told | None:
        """Say what the page's inventory says of the item; without that data the page is read as any other."""
        if page.is_json:
            states = BOOKS if "/api/Books" in page.url else ICHIBA
            return read_answer(page, listing, states, self.name, self.product(listing.url))
        data = island(page, _ISLAND)
        roots = (record(data, "newApi", "itemInfoSku"), record(data, "api", "data", "itemInfoSku"))
        info = next((root for root in roots if record(root, "purchaseInfo")), None)
        if info is None:
            return None
        title = _MARKUP.sub(" ", text(info, "title") or "")
        item = _Item(info, record(data, "shop"), " ".join(title.split()))
        if other := _another(listing.url, page.url, info):
            return cannot_tell(other, cause=Cause.IDENTITY, title=item.title)
        offers = list(item.offers())
        if stopped := not_sold_now(info, page, offers):
            if not isinstance(stopped, Availability):
                return cannot_tell(stopped, title=item.title)
            offers = [replace(offer, availability=stopped) for offer in offers]
        elif denied(page, offers):
            return cannot_tell(
                "the inventory has pieces left, yet the page's microdata says sold out", title=item.title
            )
        return tell(
            page,
            offers,
            _of_address(listing, info),
            where=_WHERE,
            words={offer.availability: _words(offer) for offer in reversed(offers)},
            title=item.title,
            image=text(info, "media", "images", 0, "location"),
            ids=[self.product(page.url) or self.product(listing.url)],
        )


class _Item:
    """One item's variants as offers."""

    def __init__(self, info: Mapping[str, object], shop: Mapping[str, object], title: str) -> None:
        self.title = title or None
        self._info, self._shop = info, shop
        self._buy = record(info, "purchaseInfo")
        self._kind = _sell_type(text(info, "sellType"))

    def offers(self) -> Iterator[Offer]:
        """Yield an offer for each variant that the shop shows, or the only one."""
        stock = {
            text(row, "sku") or text(row, "variantId"): whole(row, "quantity")
            for row in records(self._buy, "variantMappedInventories")
        }
        details = {text(row, "variantId"): row for row in records(self._buy, "sku")}
        shown = [sku for sku in records(self._info, "sku") if dig(sku, "hidden") is not True]
        for sku in shown:
            key = text(sku, "variantId")
            more = details.get(key, {})
            own = text(sku, "merchantDefinedSkuId")  # some shops' inventories go by their own number
            left = stock[own] if own in stock else stock.get(key)
            yield self._offer(sku, more, left if left is not None else whole(more, "newPurchaseSku", "quantity"))
        if not shown and not records(self._info, "sku"):
            left = next(iter(stock.values()), None) if len(stock) == 1 else None
            yield self._offer(
                {}, self._buy, left if left is not None else whole(self._buy, "newPurchaseSku", "quantity")
            )

    def _offer(self, sku: Mapping[str, object], more: Mapping[str, object], left: int | None) -> Offer:
        own, high = price(sku, "taxIncludedPrice"), None
        asked = record(self._buy, "purchaseBySellType", "normalPurchase", "price")
        if own is None:
            own, high = price(asked, "minPrice"), price(asked, "maxPrice")
        values = dig(sku, "selectorValues")
        names = [str(one) for one in values if isinstance(one, str)] if isinstance(values, list) else []
        state = self._state(sku, more, left)
        return Offer(
            state,
            own,
            YEN,
            high if high != own else None,
            shipping=_shipping(sku) if record(sku, "shipping") else _shipping(self._info),
            points=self._points(own),
            seller=text(self._shop, "shopName"),
            condition=goods(self.title, Condition.NEW),  # the mall asks for 【中古】 in the name of used goods
            quantity=left if left and state.is_orderable else None,
            variant=" / ".join(names) or None,
            available_on=text(more, "newPurchaseSku", "deliveryMessage") if state.is_orderable else None,
        )

    def _state(self, sku: Mapping[str, object], more: Mapping[str, object], left: int | None) -> Availability:
        sold_out = text(more, "newPurchaseSku", "stockCondition") == "sold-out"
        later = any(
            dig(part, "backOrderDeliveryDateId") not in (None, 0, "")
            for part in (sku, more, self._info if not sku else {})
        )
        if left == 0 or sold_out:
            if later:
                return Availability.BACKORDER if self._kind.is_orderable else self._kind
            return Availability.OUT_OF_STOCK
        if left is not None or dig(self._info, "unlimitedInventoryFlag") is True:
            return self._kind
        return Availability.UNKNOWN

    def _points(self, amount: Decimal | None) -> int | None:
        """The shop's multiple, a percentage of the price without tax; Rakuten's campaigns come on top and need an entry."""
        rate = next(
            (r for row in records(self._info, "pointCampaignInfo") if (r := whole(row, "pointCampaign", "pointRate"))),
            None,
        )
        if not rate or amount is None:
            return None
        return int(amount / Decimal("1.1")) * rate // 100


def _sell_type(said: str | None) -> Availability:
    kind = (said or "NORMAL").upper().replace("_", "")
    if kind == "NORMAL":
        return Availability.IN_STOCK
    return Availability.PREORDER if kind in ("PREORDER", "RESERVATION", "RESERVE") else Availability.UNKNOWN


def _shipping(part: Mapping[str, object]) -> Decimal | None:
    if dig(part, "shipping", "postageIncluded") is True:
        return Decimal(0)
    return price(part, "shipping", "singleItemShipping")


def _words(offer: Offer) -> str:
    left = f"quantity {offer.quantity or 0}"
    if offer.availability is Availability.BACKORDER:
        left = "quantity 0, with a delivery date for back orders (取り寄せ)"
    elif offer.availability is Availability.COMING_SOON:
        left = "販売期間前"
    return f"{offer.variant}: {left}" if offer.variant else left


def _another(asked: str, landed: str, info: Mapping[str, object]) -> str | None:
    """Say so when the page's data is about another item than its address."""
    own = {
        name.lower() for key in ("manageNumber", "itemId", "newItemNumber", "itemNumber") if (name := text(info, key))
    }
    for url in (asked, landed):
        parts = [unquote(part).lower() for part in urlsplit(url).path.split("/") if part]
        if host_of(url) == _HOST and len(parts) == 2:
            if own and parts[1] not in own:
                return f"the page's data is about item {min(own)}, its address names {parts[1]}"
            return None
    return None


def _of_address(listing: Listing, info: Mapping[str, object]) -> Listing:
    """Narrow a listing to the variant that its address names (?variantId=…)."""
    wanted = next((v for k, v in parse_qsl(urlsplit(listing.url).query) if k.lower() == "variantid"), None)
    if listing.variant is not None or wanted is None:
        return listing
    for sku in records(info, "sku"):
        values = dig(sku, "selectorValues")
        if text(sku, "variantId") == wanted and isinstance(values, list) and values:
            return replace(listing, variant=" / ".join(str(one) for one in values))
    return listing
