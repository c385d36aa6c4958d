"""Bic Camera: the stock field of the product, and a cart button that is no other product's.

Documented structure of 2026-05 (`.bcs_stock`, `.bcs_price`, `.bcs_point`, `.bcs_red`); rails use the same names in lists.
"""

from __future__ import annotations

import re

from watchers.model import Availability
from watchers.shops.counter import CONTROLS, Counter

BICCAMERA = Counter(
    name="ビックカメラ.com",
    hosts=("biccamera.com",),
    address=re.compile(r"/bc/item/(?P<id>[0-9]{4,12})(?![0-9])"),
    kind="bic",
    marks=(b"bcs_stock", b"bcs_red"),
    block=".bcs_stock, .bcs_red",
    controls=CONTROLS,
    price=".bcs_price",
    points=".bcs_point",
    apart=True,
    words={
        "在庫がなくなりました": Availability.OUT_OF_STOCK,
        "販売休止中": Availability.OUT_OF_STOCK,
        "ご購入できません": Availability.OUT_OF_STOCK,
        "お取り寄せ": Availability.BACKORDER,
    },
)
