"""Yamada Web.com: the notice beside the product, `.item-notice-block`.

Documented structure (public implementations, words of 2026-10). For a yes a cart button that is no other product's.
"""

from __future__ import annotations

import re

from watchers.model import Availability
from watchers.shops.counter import CONTROLS, Counter

YAMADA = Counter(
    name="ヤマダウェブコム",
    hosts=("yamada-denkiweb.com",),
    address=re.compile(r"^/(?P<id>[0-9]{7,12})(?:/|\?|\Z)"),
    kind="yamada",
    marks=(b"item-notice-block",),
    block=".item-notice-block",
    controls=CONTROLS,
    apart=True,
    words={
        "24時間以内に出荷": Availability.IN_STOCK,
        "在庫あり": Availability.IN_STOCK,
        "お取り寄せ": Availability.BACKORDER,
        "好評につき売り切れました": Availability.OUT_OF_STOCK,
        "予約受付終了": Availability.OUT_OF_STOCK,
        "予約開始待ち": Availability.COMING_SOON,
    },
)
