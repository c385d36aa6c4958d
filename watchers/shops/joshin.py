"""Joshin web: the line that says whether it sells, and the form that puts the product into the cart.

Documented structure of older implementations (`.fsL`, form `cart_button`); where a page differs, the generic path reads it.
"""

from __future__ import annotations

import re

from watchers.model import Availability
from watchers.shops.counter import Counter

JOSHIN = Counter(
    name="Joshin web",
    hosts=("joshinweb.jp",),
    address=re.compile(r"/(?P<id>[0-9]{13})\.html"),
    kind="jan",
    marks=(b"cart_button", b"fsL"),
    block=".fsL, form[name=cart_button], #cart_button",
    apart=True,
    words={
        "販売休止中": Availability.OUT_OF_STOCK,
        "販売終了": Availability.DISCONTINUED,
        "完売いたしました": Availability.OUT_OF_STOCK,
    },
)
