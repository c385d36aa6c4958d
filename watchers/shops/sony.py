"""Sony Store (pur.store.sony.jp): the shipping label of the model, `.s5-shippingLabel`.

Documented structure of 2026-10. The page keeps its cart button while the label reads 入荷待ち: the label rules. Where the
labels of several models disagree, nothing is settled.
"""

from __future__ import annotations

import re

from watchers.model import Availability
from watchers.shops.counter import CONTROLS, Counter

SONY = Counter(
    name="ソニーストア",
    hosts=("store.sony.jp",),
    address=re.compile(r"/products/(?:[^/?#]{1,60}/)?(?P<id>[^/?#]{2,60})_(?:product|purchase)/"),
    kind="sony",
    marks=(b"s5-shippingLabel",),
    block=".s5-shippingLabel",
    controls=CONTROLS,
    price=".s5-sonystoreBlock__buyAtStorePrice",
    rules=True,
    apart=True,
    words={
        "在庫あり": Availability.IN_STOCK,
        "予約受付中": Availability.PREORDER,
        "入荷待ち": Availability.OUT_OF_STOCK,
        "在庫なし": Availability.OUT_OF_STOCK,
        "販売終了": Availability.DISCONTINUED,
    },
)
