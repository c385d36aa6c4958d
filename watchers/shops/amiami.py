"""AmiAmi: answers of the item endpoint. The pages themselves are drawn by script, or read by the generic path.

Documented structure (public implementations): `cart_type` 7 takes back orders, 8 pre-orders, 9 orders; `order_closed_flg`
ends them. Other cart types are not known and settle nothing.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

from watchers.model import Availability, Cause, Condition, Listing, Offer
from watchers.page import Page
from watchers.shops.island import price, record, text
from watchers.shops.shop import Told, belongs, host_of
from watchers.shops.verdict import YEN, cannot_tell, tell

_CARTS = {"7": Availability.BACKORDER, "8": Availability.PREORDER, "9": Availability.IN_STOCK}


class AmiAmi:
    """amiami.jp and amiami.com; their product addresses name a gcode or an scode."""

    name = "あみあみ"
    hosts = ("amiami.jp", "amiami.com")
    basis = "documented structure"

    def product(self, url: str) -> str | None:
        """Return "amiami:FIGURE-123…" for an address with a gcode or an scode."""
        if not belongs(host_of(url), self.hosts):
            return None
        asked = dict(parse_qsl(urlsplit(url).query))
        code = asked.get("gcode") or asked.get("scode")
        return f"amiami:{code.upper()}" if code and len(code) <= 60 else None

    def read(self, page: Page, listing: Listing) -> Told | None:
        """Read an item answer; a page is left to the generic path."""
        item = record(page.json, "item") if page.is_json else {}
        code, cart = text(item, "gcode"), text(item, "cart_type")
        if code is None or (cart is None and "order_closed_flg" not in item):
            return None
        asked = self.product(listing.url)
        own = {f"amiami:{one.upper()}" for key in ("gcode", "scode") if (one := text(item, key))}
        if asked and asked not in own:
            return cannot_tell(
                f"the answer is about {code}, not what the listing's address names", cause=Cause.IDENTITY
            )
        closed = text(item, "order_closed_flg") == "1"
        offer = Offer(
            Availability.OUT_OF_STOCK if closed else _CARTS.get(cart or "", Availability.UNKNOWN),
            price(item, "c_price_taxed") or price(item, "price"),
            YEN,
            seller=self.name,
            condition=Condition.USED if text(item, "condition_flg") == "1" else Condition.NEW,
            available_on=text(item, "releasedate"),
        )
        said = "order_closed_flg 1" if closed else f"cart_type {cart}"
        return tell(page, [offer], listing, where="item.cart_type", words=said, title=text(item, "gname"), ids=[asked])
