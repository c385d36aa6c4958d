"""My Nintendo Store: the first button of the product, which reads 品切れ where nothing can be ordered.

Documented structure (public implementations of 2019 to 2022); newer pages without it are read by the generic path.
"""

from __future__ import annotations

import re

from watchers.model import Availability
from watchers.shops.counter import Counter

MY_NINTENDO = Counter(
    name="マイニンテンドーストア",
    hosts=("store-jp.nintendo.com",),
    address=re.compile(r"/(?:item|list)/(?:[a-z-]{2,40}/){1,3}(?P<id>[0-9A-Za-z_]{5,40})(?:\.html|/|\?)"),
    kind="nintendo",
    marks=(b"productDetail--buttons",),
    block=".productDetail--buttons, .productDetail--buttons__container",
    controls=".productDetail--buttons__button--primary, .productDetail--buttons__container > button",
    title=".productDetail--headline__title, h1",
    alone=True,
    words={
        "品切れ": Availability.OUT_OF_STOCK,
        "SOLD OUT": Availability.OUT_OF_STOCK,
        "抽選販売受付中": Availability.LOTTERY,
    },
)
