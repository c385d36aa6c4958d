"""Readers of single shops. A new shop is one file here and one line in the table."""

from __future__ import annotations

from functools import lru_cache

from watchers.shops.amazon import AMAZON
from watchers.shops.shop import Shop, Told, belongs, host_of

__all__ = ["SHOPS", "Shop", "Told", "shop_of"]

SHOPS: tuple[Shop, ...] = (AMAZON,)


def shop_of(url: str) -> Shop | None:
    """Return the shop whose reader knows this address's host, or None."""
    return _by_host(host_of(url))


@lru_cache(maxsize=4_096)
def _by_host(host: str | None) -> Shop | None:
    return next((shop for shop in SHOPS if belongs(host, shop.hosts)), None)
