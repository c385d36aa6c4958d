"""Rakuten Books: the purchase box of a product page, and answers of the Books search APIs.

The page by documented structure (public implementations of 2016 to 2026): `#purchaseBox`, `.salesStatus`, `.status-text`,
and the cart button `.new_addToCart`. The answers by real ones of 2017.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from watchers.model import Availability, Listing
from watchers.page import Page
from watchers.shops.counter import Counter
from watchers.shops.rakuten_api import BOOKS, read_answer
from watchers.shops.shop import Told


@dataclass(frozen=True, slots=True)
class RakutenBooks(Counter):
    """A counter whose shop also answers with data."""

    def read(self, page: Page, listing: Listing) -> Told | None:
        """Read an API answer by its availability code, a page by its purchase box."""
        if page.is_json:
            return read_answer(page, listing, BOOKS, self.name, self.product(listing.url))
        return Counter.read(self, page, listing)


RAKUTEN_BOOKS = RakutenBooks(
    name="楽天ブックス",
    hosts=("books.rakuten.co.jp",),
    address=re.compile(r"/rb/(?P<id>[0-9]{4,12})(?![0-9])"),
    kind="rbooks",
    marks=(b"purchaseBox", b"salesStatus", b"status-text"),
    block="#purchaseBox, .salesStatus, .status-text",
    controls=".new_addToCart, #purchaseBox button, #purchaseBox input, #purchaseBox a",
    price="#purchaseBox .price, .productPrice .price",
    points="#purchaseBox .point, .productPoint",
    title="#productTitle h1, #productTitle, h1",
    words={
        "在庫あり": Availability.IN_STOCK,
        "程度で発送": Availability.IN_STOCK,
        "予約受付中": Availability.PREORDER,
        "メーカー取り寄せ": Availability.BACKORDER,
        "メーカーに在庫確認": Availability.BACKORDER,
        "ご注文できない商品": Availability.OUT_OF_STOCK,
        "予約受付終了": Availability.OUT_OF_STOCK,
        "売り切れ": Availability.OUT_OF_STOCK,
    },
)
