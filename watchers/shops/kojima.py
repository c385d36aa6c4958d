"""Kojima Net: the delivery line of the product, `.deliv.opt-large`, where ネット在庫完売 stands.

Documented structure (a public implementation of 2024). For a yes a cart button that is no other product's.
"""

from __future__ import annotations

import re

from watchers.model import Availability
from watchers.shops.counter import CONTROLS, Counter

KOJIMA = Counter(
    name="コジマネット",
    hosts=("kojima.net",),
    address=re.compile(r"/prod_detail\.html\?(?:[^#]{0,200}&)?prod=(?P<id>[0-9]{13})(?![0-9])"),
    kind="jan",
    marks=(b"opt-large",),
    block=".deliv.opt-large",
    controls=CONTROLS,
    apart=True,
    words={"ネット在庫完売": Availability.OUT_OF_STOCK, "お取り寄せ": Availability.BACKORDER},
)
