"""The pages of the built-in shop: our own HTML, in Japanese and English, with what the generic readers look for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from urllib.parse import unquote, urlsplit


@dataclass(frozen=True, slots=True)
class Product:
    """One thing on the shelf; yen, tax included."""

    sku: str
    ja: str
    en: str
    price: int
    left: int  # pieces, while there are any


PRODUCTS: Mapping[str, Product] = {
    "switch-2": Product("DEMO-0001", "デモ商品 ゲーム機 Switch 2", "Demo Switch 2 console", 49_980, 3),
    "camera": Product("DEMO-0002", "デモ商品 フィルムカメラ", "Demo film camera", 32_800, 1),
    "sneakers": Product("DEMO-0003", "デモ商品 スニーカー 27cm", "Demo sneakers 27 cm", 16_500, 5),
}

DEFAULT_PRODUCT = "switch-2"


def demo_product(url: str) -> tuple[str, str]:
    """Give language and product of a `demo://` URL; what stands behind the product is part of its name."""
    parts = urlsplit(url)
    path = [unquote(part) for part in (parts.netloc, *parts.path.split("/")) if part]
    language = path.pop(0) if path and path[0] in ("ja", "en") else "ja"
    return language, "/".join(path) or DEFAULT_PRODUCT


_WORDS = {
    "ja": {
        "shop": "リストック デモ商店",
        "there": "在庫あり（残り{left}点）",
        "away": "在庫切れ",
        "order": "カートに入れる",
        "no_order": "売り切れ",
        "price": "￥{price:,}（税込・送料無料）",
        "note": "この商店はあなたのパソコンの中だけにあります。商品は本物ではありません。",
        "missing": "お探しの商品は見つかりませんでした。",
    },
    "en": {
        "shop": "Restock demo shop",
        "there": "In stock ({left} left)",
        "away": "Out of stock",
        "order": "Add to cart",
        "no_order": "Sold out",
        "price": "¥{price:,} (tax included, free shipping)",
        "note": "This shop exists only inside your own computer. Nothing here is for real.",
        "missing": "Sorry, this product was not found.",
    },
}

_PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<title>{name} | {shop}</title>
<link rel="canonical" href="{url}">
<script type="application/ld+json">{data}</script>
<style>body {{ font: 16px/1.6 sans-serif; max-width: 40em; margin: 2em auto; padding: 0 1em }} .price {{ font-size: 1.5em }}</style>
</head>
<body>
<header>{shop}</header>
<main class="product" id="product">
<h1>{name}</h1>
<p class="price">{price}</p>
<p class="stock">{stock}</p>
<form method="get" action="{url}"><button type="submit" name="add-to-cart" class="{kind}"{disabled}>{button}</button></form>
</main>
<footer><p>{note}</p></footer>
</body>
</html>
"""

_MISSING = """<!doctype html>
<html lang="{language}">
<head><meta charset="utf-8"><title>404 | {shop}</title></head>
<body><main><h1>404</h1><p>{missing}</p></main></body>
</html>
"""


def product_page(product: Product, language: str, *, orderable: bool, url: str) -> str:
    """Give a product's page as it stands now."""
    words, name = _WORDS[language], product.ja if language == "ja" else product.en
    data = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": name,
        "sku": product.sku,
        "url": url,
        "offers": {
            "@type": "Offer",
            "url": url,
            "price": str(product.price),
            "priceCurrency": "JPY",
            "availability": f"https://schema.org/{'InStock' if orderable else 'OutOfStock'}",
            "itemCondition": "https://schema.org/NewCondition",
            "seller": {"@type": "Organization", "name": words["shop"]},
            "shippingDetails": {
                "@type": "OfferShippingDetails",
                "shippingRate": {"@type": "MonetaryAmount", "value": "0", "currency": "JPY"},
            },
        },
    }
    if orderable:
        data["offers"]["inventoryLevel"] = {"@type": "QuantitativeValue", "value": product.left}  # type: ignore[index]
    return _PAGE.format(
        language=language,
        name=escape(name),
        shop=escape(words["shop"]),
        url=escape(url),
        data=json.dumps(data, ensure_ascii=False).replace("<", "\\u003c"),
        price=words["price"].format(price=product.price),
        stock=words["there"].format(left=product.left) if orderable else words["away"],
        kind="buy" if orderable else "buy sold-out",
        disabled="" if orderable else " disabled",
        button=words["order"] if orderable else words["no_order"],
        note=words["note"],
    )


def missing_page(language: str) -> str:
    """Give the page for a product this shop never had."""
    words = _WORDS[language]
    return _MISSING.format(language=language, shop=words["shop"], missing=words["missing"])
