"""Yodobashi.com: the buy box of the page, apart from the successor models beside it, which say 在庫あり of themselves.

The block, its words and the control's id are those of public implementations from 2017 to 2026 and of one page of 2018.
"""

from __future__ import annotations

import re

from watchers.model import Availability
from watchers.shops.counter import Counter

YODOBASHI = Counter(
    name="ヨドバシ.com",
    hosts=("yodobashi.com",),
    address=re.compile(r"/product(?:-detail)?/(?P<id>[0-9]{18})(?![0-9])"),
    kind="yodobashi",
    marks=(b"js_buyBoxMain",),
    block="#js_buyBoxMain",
    price="#js_scl_unitPrice",
    points="#js_scl_pointrate, #js_scl_pointValue",
    title="#products_maintitle",
    words={
        "在庫あり": Availability.IN_STOCK,
        "在庫残少": Availability.IN_STOCK,
        "お取り寄せ": Availability.BACKORDER,
        "予約受付中": Availability.PREORDER,
        "予約販売準備中": Availability.COMING_SOON,
        "予定数の販売を終了": Availability.OUT_OF_STOCK,
        "販売休止中": Availability.OUT_OF_STOCK,
        "予約受付を終了": Availability.OUT_OF_STOCK,
        "販売を終了しました": Availability.DISCONTINUED,
        "販売終了": Availability.DISCONTINUED,
    },
    basis="real pages",
)
