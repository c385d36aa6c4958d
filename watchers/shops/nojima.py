"""Nojima Online: the estimate of shipping, `.hassoumeyasu2`, which is where 完売御礼 stands.

Documented structure (public implementations). For a yes a cart button that is no other product's.
"""

from __future__ import annotations

import re

from watchers.model import Availability
from watchers.shops.counter import CONTROLS, Counter

NOJIMA = Counter(
    name="ノジマオンライン",
    hosts=("online.nojima.co.jp",),
    address=re.compile(r"/commodity/1/([0-9]{13})(?![0-9])|/([0-9]{13})/1/cd/"),
    kind="jan",
    marks=(b"hassoumeyasu2",),
    block=".hassoumeyasu2",
    controls=CONTROLS,
    apart=True,
    words={
        "即納": Availability.IN_STOCK,
        "24時間以内": Availability.IN_STOCK,
        "完売御礼": Availability.OUT_OF_STOCK,
        "予約準備中": Availability.COMING_SOON,
        "入荷次第": Availability.BACKORDER,
        "販売終了": Availability.DISCONTINUED,
    },
)
