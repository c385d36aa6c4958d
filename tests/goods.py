"""Small whole pages of a made-up shop: product, wall, soft 404 and top page. All return bytes, ready to serve or to read."""

from __future__ import annotations

import html
import json
import random
from decimal import Decimal
from functools import lru_cache

STATES = (
    "in_stock", "out_of_stock", "preorder", "backorder", "made_to_order", "lottery", "invitation",
    "in_store_only", "coming_soon", "discontinued",
)  # fmt: skip

_SCHEMA = {
    "in_stock": "InStock",
    "out_of_stock": "OutOfStock",
    "preorder": "PreOrder",
    "backorder": "BackOrder",
    "made_to_order": "MadeToOrder",
    "in_store_only": "InStoreOnly",
    "discontinued": "Discontinued",
}  # lottery, invitation and coming_soon have no word of their own in schema.org

# state -> (stock phrase, words on the order control, can it be pressed)
_JA = {
    "in_stock": ("在庫あり", "カートに入れる", True),
    "out_of_stock": ("在庫切れ　次回入荷は未定です", "売り切れ", False),
    "preorder": ("予約受付中", "予約する", True),
    "backorder": ("お取り寄せ（通常2～3週間で発送）", "取り寄せ注文する", True),
    "made_to_order": ("受注生産", "注文する", True),
    "lottery": ("抽選販売　応募受付中", "抽選に応募する", True),
    "invitation": ("招待制販売", "招待をリクエスト", True),
    "in_store_only": ("店頭販売のみ", "店舗の在庫を見る", False),
    "coming_soon": ("近日発売", "発売前", False),
    "discontinued": ("販売終了", "販売終了", False),
}
_EN = {
    "in_stock": ("In stock", "Add to cart", True),
    "out_of_stock": ("Out of stock", "Sold out", False),
    "preorder": ("Available for pre-order", "Pre-order now", True),
    "backorder": ("On backorder, ships in 2-3 weeks", "Backorder", True),
    "made_to_order": ("Made to order", "Order now", True),
    "lottery": ("Entries for the draw are open", "Enter the draw", True),
    "invitation": ("Available by invitation", "Request an invitation", True),
    "in_store_only": ("Available in store only", "Find a store", False),
    "coming_soon": ("Coming soon", "Coming soon", False),
    "discontinued": ("This product has been discontinued", "Discontinued", False),
}


def product_page(
    name: str = "星図プロジェクター",
    state: str = "in_stock",
    price: Decimal | int | str | None = 52800,
    *,
    lang: str = "ja",
    currency: str | None = None,
    json_ld: bool = True,
    claims: str | None = None,
    button: bool = True,
    phrase: bool = True,
    related: bool = True,
    canonical: str | None = None,
    sku: str = "HP-1001",
    seller: str | None = None,
    filler_kb: int = 0,
    nonce: object = "",
    charset: str = "utf-8",
) -> bytes:
    """Return a whole product page of a small shop.

    `state` is one of STATES; `claims` is what the JSON-LD says when it disagrees with the page; `price=None` hides the price;
    `canonical` adds a canonical link; `filler_kb` kilobytes of believable other content surround the product; `nonce` changes
    bytes outside the product block only. The rail of related goods is always in stock, whatever the product is.
    """
    words, label, live = (_JA if lang == "ja" else _EN)[str(state)]
    money = currency or ("JPY" if lang == "ja" else "USD")
    title = html.escape(name)
    data = _json_ld(name, claims or str(state), price, money, sku, seller, canonical) if json_ld else ""
    link = f'<link rel="canonical" href="{html.escape(canonical)}">' if canonical else ""
    shown = _price(price, money, lang)
    control = f'<button type="submit" class="order"{"" if live else " disabled"}>{label}</button>' if button else ""
    stock = f'<p class="stock">{words}</p>' if phrase else ""
    sold_by = (
        f'<p class="seller">{"販売元" if lang == "ja" else "Sold by"}: {html.escape(seller)}</p>' if seller else ""
    )
    before, after = _filler(filler_kb * 1024 // 3), _filler(filler_kb * 1024 - filler_kb * 1024 // 3)
    page = f"""<!DOCTYPE html>
<html lang="{lang}">
<head>
<meta charset="{charset}">
<title>{title} | {"ほしぞら商店" if lang == "ja" else "Hoshizora Store"}</title>
<meta name="request-id" content="{html.escape(str(nonce))}">
{link}
{data}
</head>
<body>
{_header(lang)}
{before}
<main id="product">
<h1>{title}</h1>
<p class="price">{shown}</p>
{stock}
{sold_by}
<form action="/cart/add" method="post"><input type="hidden" name="sku" value="{html.escape(sku)}">{control}</form>
<p class="description">{_about(lang)}</p>
</main>
{_rail(lang) if related else ""}
{after}
{_footer(lang)}
</body>
</html>
"""
    return page.encode(charset, "xmlcharrefreplace")


def wall_page(reference: str = "a1b2c3d4") -> bytes:
    """Return a bot wall: it asks to prove that a person is looking and shows no product."""
    return f"""<!DOCTYPE html>
<html lang="en"><head><title>Just a moment...</title><meta name="robots" content="noindex,nofollow"></head>
<body><h1>Checking your browser before you continue</h1>
<p>Please verify you are human by completing the captcha below.</p>
<form id="challenge-form" action="/challenge" method="post"><div class="captcha"></div></form>
<p>Access denied until the check is done. Reference: {html.escape(reference)}</p></body></html>
""".encode()


def soft_404_page(lang: str = "ja", filler_kb: int = 0) -> bytes:
    """Return the page that a shop serves with status 200 for a product that no longer exists; its rail is in stock."""
    title = "お探しのページは見つかりませんでした" if lang == "ja" else "Sorry, we could not find that page"
    return f"""<!DOCTYPE html>
<html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title></head>
<body>{_header(lang)}<main><h1>{title}</h1><p>{"商品は削除されたか、URLが変更された可能性があります。" if lang == "ja" else "The product may have been removed."}</p></main>
{_rail(lang)}{_filler(filler_kb * 1024)}{_footer(lang)}</body></html>
""".encode()


def top_page(lang: str = "ja", filler_kb: int = 0) -> bytes:
    """Return the shop's front page: many goods in stock, none of them asked for."""
    title = "ほしぞら商店" if lang == "ja" else "Hoshizora Store"
    return f"""<!DOCTYPE html>
<html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title></head>
<body>{_header(lang)}<main><h1>{title}</h1></main>{_rail(lang)}{_rail(lang)}{_filler(filler_kb * 1024)}{_footer(lang)}</body></html>
""".encode()


def _json_ld(name: str, state: str, price: object, currency: str, sku: str, seller: str | None, url: str | None) -> str:
    offer: dict[str, object] = {"@type": "Offer", "priceCurrency": currency}
    if state in _SCHEMA:
        offer["availability"] = f"https://schema.org/{_SCHEMA[state]}"
    if price is not None:
        offer["price"] = str(price)
    if seller:
        offer["seller"] = {"@type": "Organization", "name": seller}
    product: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": name,
        "sku": sku,
        "image": "/images/product.jpg",
        "offers": offer,
    }
    if url:
        product["url"] = url
    return f'<script type="application/ld+json">{json.dumps(product, ensure_ascii=False)}</script>'


def _price(price: Decimal | int | str | None, currency: str, lang: str) -> str:
    if price is None:
        return "会員価格はログイン後に表示されます" if lang == "ja" else "Sign in to see the price"
    amount = f"{Decimal(str(price)):,}"
    if currency == "JPY":
        return f"￥{amount}（税込）" if lang == "ja" else f"¥{amount}"
    return f"${amount}" if currency == "USD" else f"{amount} {currency}"


def _header(lang: str) -> str:
    items = ("ホーム", "新着", "ランキング", "カート") if lang == "ja" else ("Home", "New", "Ranking", "Cart")
    links = "".join(f'<a href="/{number}">{words}</a>' for number, words in enumerate(items))
    return f"<header><nav>{links}</nav></header>"


def _footer(lang: str) -> str:
    words = "© ほしぞら商店　特定商取引法に基づく表記" if lang == "ja" else "© Hoshizora Store. Terms and shipping."
    return f"<footer><p>{words}</p></footer>"


def _about(lang: str) -> str:
    if lang == "ja":
        return (
            "天井いっぱいに星空を映す家庭用プラネタリウムです。投影する星は約六万個、静かなモーターでゆっくり回ります。"
        )
    return "Fills your ceiling with some sixty thousand stars and turns them slowly on a silent motor."


def _rail(lang: str) -> str:
    names = ("月球儀", "星座早見盤", "双眼鏡") if lang == "ja" else ("Moon globe", "Star wheel", "Binoculars")
    heading, stock, label = (
        ("この商品を見た人はこちらも見ています", "在庫あり", "カートに入れる")
        if lang == "ja"
        else ("Customers also viewed", "In stock", "Add to cart")
    )
    cards = "".join(
        f'<li class="card"><a href="/item/rail-{i}">{n}</a><span>{_price(2980 + i, "JPY", lang)}</span>'
        f'<span class="stock">{stock}</span><button>{label}</button></li>'
        for i, n in enumerate(names)
    )
    return f'<aside class="related recommendations"><h2>{heading}</h2><ul>{cards}</ul></aside>'


_WORDS = (
    "telescope", "mirror", "lens", "tripod", "eyepiece", "mount", "finder", "focuser", "catalogue", "nebula", "cluster", "comet", "orbit", "dusk",
    "meridian", "zenith", "parallax", "望遠鏡", "接眼", "架台", "星雲", "彗星", "軌道", "夜空", "観測", "入門", "流星", "月面", "惑星",
)  # fmt: skip


@lru_cache(maxsize=64)
def _filler(size: int) -> str:
    """Return about `size` UTF-8 bytes of reviews and styles, the same every time, that compress about as real pages do (5 : 1)."""
    if size <= 0:
        return ""
    chance = random.Random(size)
    parts: list[str] = []
    made = 0
    while made < size:
        words = " ".join(chance.choices(_WORDS, k=14))
        part = (
            f'<div class="review" id="r{chance.randrange(16**8):08x}"><span class="stars s{chance.randrange(1, 6)}"></span>'
            f'<h3>{chance.choice(_WORDS)}</h3><p>{words}</p><time datetime="2026-0{chance.randrange(1, 10)}-11">·</time></div>\n'
        )
        parts.append(part)
        made += len(part.encode())
    return f'<section class="reviews">{"".join(parts)}</section>'
