"""Toys "R" Us Japan: one field for each state of stock, of which all but one carry `hidden`.

Documented structure (three public implementations of 2017 to 2019); the newer pages without these fields are read by the
generic path.
"""

from __future__ import annotations

import re

from watchers.model import Availability
from watchers.shops.counter import CONTROLS, Counter

TOYSRUS = Counter(
    name="トイザらス",
    hosts=("toysrus.co.jp",),
    address=re.compile(r"/s/dsg-(?P<id>[0-9]{6,12})(?![0-9])"),
    kind="toysrus",
    marks=(b"isStock_",),
    block="[id^=isStock_]",
    controls=CONTROLS,
    apart=True,
    words={
        "在庫あり": Availability.IN_STOCK,
        "在庫なし": Availability.OUT_OF_STOCK,
        "予約受付中": Availability.PREORDER,
        "予約受付終了": Availability.OUT_OF_STOCK,
    },
)
