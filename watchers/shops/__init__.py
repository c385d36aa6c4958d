"""Readers of single shops. A new shop is one file here and one line in the table."""

from __future__ import annotations

from functools import lru_cache

from watchers.shops.amazon import AMAZON
from watchers.shops.amiami import AmiAmi
from watchers.shops.biccamera import BICCAMERA
from watchers.shops.booth import Booth
from watchers.shops.dospara import DOSPARA
from watchers.shops.joshin import JOSHIN
from watchers.shops.kakaku import Kakaku
from watchers.shops.kojima import KOJIMA
from watchers.shops.mercari import Mercari
from watchers.shops.monotaro import Monotaro
from watchers.shops.mynintendo import MY_NINTENDO
from watchers.shops.named import JAPANESE
from watchers.shops.nojima import NOJIMA
from watchers.shops.rakuma import RAKUMA
from watchers.shops.rakuten import Rakuten
from watchers.shops.rakuten_books import RAKUTEN_BOOKS
from watchers.shops.shop import Shop, Told, belongs, host_of
from watchers.shops.snkrdunk import Snkrdunk
from watchers.shops.sofmap import SOFMAP
from watchers.shops.sony import SONY
from watchers.shops.surugaya import Surugaya
from watchers.shops.toysrus import TOYSRUS
from watchers.shops.tsukumo import TSUKUMO
from watchers.shops.yahoo_auctions import YahooAuctions
from watchers.shops.yahoo_fleamarket import YahooFleaMarket
from watchers.shops.yahoo_shopping import YahooShopping
from watchers.shops.yamada import YAMADA
from watchers.shops.yodobashi import YODOBASHI

__all__ = ["SHOPS", "Shop", "Told", "shop_of"]

SHOPS: tuple[Shop, ...] = (
    AMAZON,
    Rakuten(),
    RAKUTEN_BOOKS,
    YahooShopping(),
    YahooAuctions(),
    YahooFleaMarket(),
    Mercari(),
    RAKUMA,
    YODOBASHI,
    BICCAMERA,
    SOFMAP,
    JOSHIN,
    YAMADA,
    NOJIMA,
    KOJIMA,
    TSUKUMO,
    DOSPARA,
    TOYSRUS,
    SONY,
    MY_NINTENDO,
    Surugaya(),
    AmiAmi(),
    Kakaku(),
    Monotaro(),
    Booth(),
    Snkrdunk(),
    *JAPANESE,
)


def shop_of(url: str) -> Shop | None:
    """Return the shop whose reader knows this address's host, or None."""
    return _by_host(host_of(url))


@lru_cache(maxsize=4_096)
def _by_host(host: str | None) -> Shop | None:
    return next((shop for shop in SHOPS if belongs(host, shop.hosts)), None)
