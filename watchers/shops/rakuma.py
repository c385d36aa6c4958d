"""Rakuma (fril.jp): one person's one thing. The page's JSON-LD stays InStock after the sale, so the button decides.

Documented structure (public implementations of 2026): `a.btn_buy` reads 購入に進む; sold things show SOLD OUT in
`.type-modal__contents--button--sold` in its place. Deleted ones answer 404.
"""

from __future__ import annotations

import re

from watchers.model import Availability
from watchers.shops.counter import Counter

RAKUMA = Counter(
    name="ラクマ",
    hosts=("fril.jp",),
    address=re.compile(r"^/(?P<id>[0-9a-f]{32})(?![0-9a-f])"),
    kind="rakuma",
    marks=(b"btn_buy", b"type-modal__contents--button--sold"),
    block=".type-modal__contents--button--sold, .btn_buy",
    controls="a.btn_buy, button.btn_buy",
    price=".item__price",
    title=".item__name, h1",
    alone=True,
    words={"SOLD OUT": Availability.OUT_OF_STOCK},
    condition=None,
    sells_alone=False,
)
