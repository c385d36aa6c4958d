"""Tsukumo: the stock field of the product, `.stock-status`.

Documented structure (a public implementation of 2024 that knows its 在庫なし). For a yes a cart button that is no other
product's.
"""

from __future__ import annotations

import re

from watchers.model import Availability
from watchers.shops.counter import CONTROLS, Counter

TSUKUMO = Counter(
    name="ツクモ",
    hosts=("shop.tsukumo.co.jp",),
    address=re.compile(r"/goods/(?P<id>[0-9]{13})(?![0-9])"),
    kind="jan",
    marks=(b"stock-status",),
    block=".stock-status",
    controls=CONTROLS,
    apart=True,
    words={"在庫なし": Availability.OUT_OF_STOCK, "お取り寄せ": Availability.BACKORDER},
)
