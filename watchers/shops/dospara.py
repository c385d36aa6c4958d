"""Dospara: the delivery label of the product, where 在庫なし stands.

Documented structure (a public implementation of 2024). For a yes a cart button that is no other product's.
"""

from __future__ import annotations

import re

from watchers.model import Availability
from watchers.shops.counter import CONTROLS, Counter

DOSPARA = Counter(
    name="ドスパラ",
    hosts=("dospara.co.jp",),
    address=re.compile(r"/(?:SBR[0-9]{1,6}/)?(?P<id>IC[0-9]{4,8})\.html"),
    kind="dospara",
    marks=(b"tx-delivery-date-class-disp_elm",),
    block=".tx-delivery-date-class-disp_elm",
    controls=CONTROLS,
    apart=True,
    words={"在庫なし": Availability.OUT_OF_STOCK, "お取り寄せ": Availability.BACKORDER},
)
