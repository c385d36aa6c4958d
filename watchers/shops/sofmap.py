"""Sofmap: the stock mark of the product, `.ic.stock`, and its cart button, `.button.cart`.

Documented structure (public implementations): the button reads 注文不可 where nothing can be ordered. Used goods have
pages of their own; the page's name says so.
"""

from __future__ import annotations

import re

from watchers.model import Availability
from watchers.shops.counter import Counter

SOFMAP = Counter(
    name="ソフマップ",
    hosts=("sofmap.com",),
    address=re.compile(
        r"/product_detail(?:_sp)?\.aspx\?(?:[^#]{0,200}&)?sku=(?P<id>[0-9]{4,15})(?![0-9])", re.IGNORECASE
    ),
    kind="sofmap",
    marks=(b"product_detail", b"button cart", b"ic stock"),
    block=".ic.stock, .button.cart",
    controls=".button.cart",
    price=".price",
    apart=True,
    words={
        "在庫切れ": Availability.OUT_OF_STOCK,
        "注文不可": Availability.OUT_OF_STOCK,
        "限定数終了": Availability.OUT_OF_STOCK,
        "取寄": Availability.BACKORDER,
    },
    condition=None,
)
