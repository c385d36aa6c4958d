"""The pages of common shop software read right in every state, with price and currency, by the generic path alone."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.watchers.platforms import (
    document,
    eccube,
    japanese,
    magento,
    magento_form,
    nopcommerce,
    odoo,
    opencart,
    prestashop,
    shopify,
    shopware,
    woo_blocks,
    woo_form,
    woo_variations,
    woocommerce,
)
from watchers.model import Availability as A
from watchers.model import Listing
from watchers.page import Page
from watchers.reading import read

HEADERS = {"content-type": "text/html; charset=utf-8"}
WOO = "https://lumen.example/product/garden-lantern/"
# The words of WooCommerce's own translations: order, sold out, three left, available on backorder.
WOO_WORDS = {
    "en": ("Add to cart", "Out of stock", "3 in stock", "Available on backorder"),
    "de": ("In den Warenkorb", "Nicht vorrätig", "3 vorrätig", "Verfügbar bei Nachbestellung"),
    "fr": ("Ajouter au panier", "Rupture de stock", "3 en stock", "Disponible sur commande"),
    "es": ("Añadir al carrito", "Agotado", "3 disponibles", "Se puede reservar"),
    "it": ("Aggiungi al carrello", "Esaurito", "3 disponibili", "Disponibile su ordinazione"),
    "ja": ("お買い物カゴに追加", "在庫切れ", "3個在庫あり", "バックオーダー可能"),
    "nl": ("Toevoegen aan winkelwagen", "Uitverkocht", "3 op voorraad", "Beschikbaar via nabestelling"),
    "pt": ("Adicionar ao carrinho", "Fora de estoque", "3 em estoque", "Disponível por encomenda"),
}


def seen(page: str, url: str) -> tuple[A, Decimal | None, str | None]:
    reading = read(Page(url, page.encode(), headers=HEADERS), Listing(url), shop=lambda _: None)
    offer = reading.offers[0] if reading.offers else None
    return reading.availability, offer.price if offer else None, offer.currency if offer else None


@pytest.mark.parametrize("data", [True, False], ids=["with data", "without"])
@pytest.mark.parametrize("lang", WOO_WORDS)
def test_woocommerce_in_its_languages(lang: str, data: bool) -> None:
    """Stock paragraph and form, with JSON-LD and without; the rail's own button and price never count."""
    add, out, left, later = WOO_WORDS[lang]
    money = (Decimal(15), "GBP")

    def page(inner: str, state: str) -> str:
        return woocommerce(inner, lang, add, state if data else "")

    assert seen(page(f'<p class="stock in-stock">{left}</p>{woo_form(add)}', "InStock"), WOO) == (A.IN_STOCK, *money)
    assert seen(page(woo_form(add), "InStock"), WOO) == (A.IN_STOCK, *money)
    assert seen(page(f'<p class="stock out-of-stock">{out}</p>', "OutOfStock"), WOO) == (A.OUT_OF_STOCK, *money)
    later = f'<p class="stock available-on-backorder">{later}</p>{woo_form(add)}'
    assert seen(page(later, "BackOrder"), WOO) == (A.BACKORDER, *money)


SHOPIFY = "https://lumen.example/products/garden-lantern"
SOLD = '<button type="submit" name="add" class="product-form__submit button" disabled><span>Sold out</span></button>'
ADD = '<button type="submit" name="add" class="product-form__submit button"><span>Add to cart</span></button>'
PRESTA = "https://lumen.example/home/12-garden-lantern.html"
MAGENTO = "https://lumen.example/garden-lantern.html"
OPENCART = "https://lumen.example/index.php?route=product/product&product_id=12"
ECCUBE = "https://lumen.example/products/detail/12"
OTHER = "https://lumen.example/garden-lantern"
SHOPWARE = "https://lumen.example/Garten-Laterne/LAN-12"
IN, OUT = (
    '<div class="stock available"><span>In stock</span></div>',
    '<div class="stock unavailable"><span>Out of stock</span></div>',
)
CART = '<form action="https://lumen.example/products/add_cart/12" method="post"><button type="submit" class="add-cart">カートに入れる</button></form>'
NONE = '<button type="button" class="ec-blockBtn--action" disabled="disabled">ただいま品切れ中です。</button>'
BUY = '<form action="/checkout/line-item/add" method="post"><button class="btn btn-buy" title="In den Warenkorb">In den <span>Warenkorb</span></button></form>'
BASE = '<section id="itemDetail"><h1 class="itemTitle">庭のランタン</h1><div class="itemPrice">¥3,300</div><p class="tax">税込</p>{}</section>'
COLORME = (
    '<form name="product_form" method="post" action="https://lumen.shop-pro.jp/cart/proxy/basket/items/add"><h2 class="product_name">'
    '庭のランタン</h2><table><tr><th>販売価格</th><td class="sales_price">3,300円(税込)</td></tr><tr><th>在庫数</th><td>{}</td></tr></table>{}</form>'
)
CASES: dict[str, tuple[str, str, A, int, str | None]] = {
    "WooCommerce, one variation left": (woocommerce(woo_variations(True, False)), WOO, A.IN_STOCK, 15, "GBP"),
    "WooCommerce, no variation left": (woocommerce(woo_variations(False, False)), WOO, A.OUT_OF_STOCK, 15, "GBP"),
    "WooCommerce blocks, in": (woo_blocks(woo_form()), WOO, A.IN_STOCK, 15, "USD"),
    "WooCommerce blocks, out": (woo_blocks('<p class="stock out-of-stock">Out of stock</p>'), WOO, A.OUT_OF_STOCK, 15, "USD"),
    "Magento, in": (magento(IN, magento_form(False)), MAGENTO, A.IN_STOCK, 15, "USD"),
    "Magento, in, before its script": (magento(IN, magento_form(True)), MAGENTO, A.IN_STOCK, 15, "USD"),
    "Magento, out": (magento(OUT, ""), MAGENTO, A.OUT_OF_STOCK, 15, "USD"),
    "PrestaShop, in": (prestashop("<i>&#xE5CA;</i> In stock"), PRESTA, A.IN_STOCK, 15, "EUR"),
    "PrestaShop, no word": (prestashop(""), PRESTA, A.IN_STOCK, 15, "EUR"),
    "PrestaShop, last": (prestashop("Last items in stock"), PRESTA, A.IN_STOCK, 15, "EUR"),
    "PrestaShop, out": (prestashop("Out-of-Stock", disabled=True), PRESTA, A.OUT_OF_STOCK, 15, "EUR"),
    "PrestaShop, too few": (prestashop("There are not enough products in stock", disabled=True), PRESTA, A.OUT_OF_STOCK, 15, "EUR"),
    "Shopify, in": (shopify(ADD, True, "InStock"), SHOPIFY, A.IN_STOCK, 15, "USD"),
    "Shopify, out": (shopify(SOLD, False, "OutOfStock"), SHOPIFY, A.OUT_OF_STOCK, 15, "USD"),
    "Shopify, out, data behind": (shopify(SOLD, False, "InStock"), SHOPIFY, A.OUT_OF_STOCK, 15, "USD"),
    "OpenCart, in": (opencart("In Stock"), OPENCART, A.IN_STOCK, 15, "USD"),
    "OpenCart, preorder": (opencart("Pre-Order"), OPENCART, A.PREORDER, 15, "USD"),
    "OpenCart, out, button stays": (opencart("Out Of Stock"), OPENCART, A.UNKNOWN, 0, None),
    "EC-CUBE, in": (eccube(CART), ECCUBE, A.IN_STOCK, 3300, "JPY"),
    "EC-CUBE, out": (eccube(NONE), ECCUBE, A.OUT_OF_STOCK, 3300, "JPY"),
    "EC-CUBE, out by its meta too": (eccube(NONE, '<meta property="product:availability" content="oos">'), ECCUBE, A.OUT_OF_STOCK, 3300, "JPY"),
    "BASE, in": (
        japanese(BASE.format('<form action="https://cart.thebase.in/cart/add"><button type="submit">カートに入れる</button></form>')),
        "https://lumen.thebase.in/items/12",
        A.IN_STOCK,
        3300,
        "JPY",
    ),
    "BASE, out": (japanese(BASE.format('<p class="soldOut">SOLD OUT</p>')), "https://lumen.thebase.in/items/12", A.OUT_OF_STOCK, 3300, "JPY"),
    "Color Me, few": (
        japanese(COLORME.format("残り2個です", '<input type="submit" class="btn_cart" value="カートに入れる">')),
        "https://lumen.example/?pid=12",
        A.IN_STOCK,
        3300,
        "JPY",
    ),
    "Color Me, out": (
        japanese(COLORME.format("在庫 0 個 売切れ", '<input type="button" value="SOLD OUT" disabled>')),
        "https://lumen.example/?pid=12",
        A.OUT_OF_STOCK,
        3300,
        "JPY",
    ),
    "MakeShop, out": (
        japanese(
            '<div id="M_itemDetail"><h1>庭のランタン</h1><p class="price">3,300円<span>(税込)</span></p><p class="stock">在庫状況：×</p>'
            '<div class="M_soldout"><span>申し訳ございません。只今品切れ中です。</span></div></div>'
        ),
        "https://lumen.example/shopdetail/000000000012/",
        A.OUT_OF_STOCK,
        3300,
        "JPY",
    ),
    "Odoo, in": (odoo('<a role="button" id="add_to_cart" class="btn btn-primary a-submit" href="#">Add to cart</a>'), OTHER, A.IN_STOCK, 15, "EUR"),
    "Odoo, out": (
        odoo('<a role="button" id="add_to_cart" class="btn a-submit disabled" href="#">Add to cart</a><div class="text-danger">Out of Stock</div>'),
        OTHER,
        A.OUT_OF_STOCK,
        15,
        "EUR",
    ),
    "Shopware, in": (shopware("Sofort verfügbar, Lieferzeit: 1-3 Tage", BUY, "InStock"), SHOPWARE, A.IN_STOCK, 15, "EUR"),
    "Shopware, out, data behind": (shopware("Nicht mehr verfügbar", "", "LimitedAvailability"), SHOPWARE, A.OUT_OF_STOCK, 15, "EUR"),
    "nopCommerce, in": (nopcommerce("In stock", '<button type="button" class="add-to-cart-button">Add to cart</button>'), OTHER, A.IN_STOCK, 15, "USD"),
    "nopCommerce, out": (nopcommerce("Out of stock", "<button>Notify me when available</button>"), OTHER, A.OUT_OF_STOCK, 15, "USD"),
    "Sylius, out": (
        document('<div class="row"><h1>Garden Lantern</h1><div class="fs-3">$15.00</div><div class="alert"><div>Out of stock.</div></div></div>'),
        OTHER,
        A.OUT_OF_STOCK,
        15,
        "USD",
    ),
    "Spree, out": (
        document('<div><h1>Garden Lantern</h1><p>$15.00</p><form action="/line_items"><button type="submit" disabled>Sold Out</button></form></div>'),
        OTHER,
        A.OUT_OF_STOCK,
        15,
        "USD",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_shop_software_reads_right(name: str) -> None:
    """State, price and currency of each page; a page that contradicts itself is no verdict."""
    page, url, state, price, currency = CASES[name]
    if state is A.UNKNOWN:
        assert seen(page, url)[0] is state
    else:
        assert seen(page, url) == (state, Decimal(price), currency)
