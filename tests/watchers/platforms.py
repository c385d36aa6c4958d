"""Small pages in the shape that shop software gives them: the same classes, forms and order of things, our own words.

Each is sent as its software sends it, before any script ran, with a rail of other goods that are in stock.
"""

from __future__ import annotations

import html
import json

NAME = "Garden Lantern"


def document(body: str, head: str = "", lang: str = "en", title: str = NAME) -> str:
    """A whole page around a body."""
    return (
        f'<!DOCTYPE html><html lang="{lang}"><head><meta charset="utf-8"><title>{title} – Lumen Store</title>{head}</head>'
        f"<body>{body}</body></html>"
    )


def woocommerce(inner: str, lang: str = "en", add: str = "Add to cart", data: str = "") -> str:
    """WooCommerce in a classic theme; `data` is the state its JSON-LD names, if it has one."""
    offer = {
        "@type": "Offer",
        "priceSpecification": [{"@type": "UnitPriceSpecification", "price": "15.00", "priceCurrency": "GBP"}],
        "availability": f"https://schema.org/{data}",
    }
    product = {"@context": "https://schema.org/", "@type": "Product", "name": NAME, "sku": 12, "offers": [offer]}
    head = f'<script type="application/ld+json">{json.dumps(product)}</script>' if data else ""
    money = '<span class="woocommerce-Price-amount amount"><bdi><span class="woocommerce-Price-currencySymbol">&pound;</span>{}</bdi></span>'
    body = f"""
<header id="masthead" class="site-header"><a class="cart-contents" href="/cart/"><span class="count">0</span></a></header>
<div id="content"><nav class="woocommerce-breadcrumb"><a href="/">Home</a></nav><main id="main" class="site-main">
<div id="product-12" class="product type-product post-12 status-publish purchasable product-type-simple">
 <div class="summary entry-summary"><h1 class="product_title entry-title">{NAME}</h1>
 <p class="price">{money.format("15.00")}</p>
 <div class="woocommerce-product-details__short-description"><p>Warm light.</p></div>
 {inner}
 <div class="product_meta"><span class="sku_wrapper">SKU: <span class="sku">LAN-12</span></span></div></div>
 <section class="related products"><h2>Related products</h2><ul class="products columns-4">
 <li class="product type-product instock purchasable"><a href="https://lumen.example/product/hat/" class="woocommerce-LoopProduct-link">
 <h2 class="woocommerce-loop-product__title">Hat</h2><span class="price">{money.format("9.00")}</span></a>
 <a href="?add-to-cart=14" class="button product_type_simple add_to_cart_button ajax_add_to_cart">{add}</a></li></ul></section>
</div></main></div>"""
    return document(body, head, lang)


def woo_form(add: str = "Add to cart") -> str:
    """WooCommerce's form of a simple product."""
    return (
        '<form class="cart" method="post"><div class="quantity"><input type="number" name="quantity" value="1"></div>'
        f'<button type="submit" name="add-to-cart" value="12" class="single_add_to_cart_button button alt">{add}</button></form>'
    )


def woo_variations(*stock: bool) -> str:
    """WooCommerce's form of a variable product: its order button is there whatever the variations say."""
    data = [{"variation_id": 20 + n, "is_in_stock": one, "display_price": 15} for n, one in enumerate(stock)]
    quoted = html.escape(json.dumps(data, separators=(",", ":")))
    return (
        f'<form class="variations_form cart" data-product_variations="{quoted}"><table class="variations"><tr><th class="label">'
        '<label for="size">Size</label></th><td><select id="size"><option value="">Choose an option</option></select></td></tr>'
        '</table><div class="single_variation_wrap"><div class="woocommerce-variation-add-to-cart variations_button">'
        '<button type="submit" class="single_add_to_cart_button button alt">Add to cart</button></div></div></form>'
    )


def woo_blocks(inner: str) -> str:
    """WooCommerce in a block theme."""
    return document(f"""
<div class="wp-site-blocks"><main class="wp-block-group"><div class="wp-block-columns"><div class="wp-block-column">
<h1 class="wp-block-post-title">{NAME}</h1><div class="wp-block-woocommerce-product-price">
<span class="woocommerce-Price-amount amount"><bdi><span class="woocommerce-Price-currencySymbol">$</span>15.00</bdi></span></div>
{inner}</div></div><div class="wp-block-woocommerce-related-products"><h2>Related products</h2><ul class="wp-block-post-template">
<li class="wp-block-post product instock"><h3><a href="/product/hat">Hat</a></h3>
<a href="?add-to-cart=14" class="wp-block-button__link add_to_cart_button">Add to cart</a></li></ul></div></main></div>""")


def magento(stock: str, form: str) -> str:
    """Magento 2 in its Luma theme."""
    return document(f"""
<header class="page-header"><div class="minicart-wrapper"><a class="action showcart" href="/checkout/cart/">My Cart</a></div></header>
<main id="maincontent" class="page-main"><div class="columns"><div class="column main"><div class="product-info-main">
<div class="page-title-wrapper product"><h1 class="page-title"><span class="base" itemprop="name">{NAME}</span></h1></div>
<div class="product-info-price"><div class="price-box price-final_price" data-role="priceBox">
<span class="price-container price-final_price" itemprop="offers" itemscope itemtype="http://schema.org/Offer">
<span id="product-price-12" data-price-amount="15" data-price-type="finalPrice" class="price-wrapper"><span class="price">$15.00</span></span>
<meta itemprop="price" content="15"/><meta itemprop="priceCurrency" content="USD"/></span></div>
<div class="product-info-stock-sku">{stock}<div class="product attribute sku"><strong class="type">SKU</strong>
<div class="value" itemprop="sku">LAN-12</div></div></div></div>{form}
<div class="product-social-links"><a href="#" class="action towishlist"><span>Add to Wish List</span></a></div></div>
<div class="block related"><div class="block-title title"><strong>Related Products</strong></div><ol class="products list items product-items">
<li class="item product product-item"><strong class="product name product-item-name"><a href="/hat.html">Hat</a></strong>
<span class="price">$9.00</span><div class="stock available"><span>In stock</span></div>
<button type="button" class="action tocart primary"><span>Add to Cart</span></button></li></ol></div></div></div></main>""")


def magento_form(disabled: bool) -> str:
    """Magento's form; since 2.4 its button is sent disabled and enabled by script."""
    return (
        '<div class="product-add-form"><form action="https://lumen.example/checkout/cart/add/product/12/" method="post" '
        'id="product_addtocart_form"><div class="box-tocart"><div class="field qty"><label for="qty">Qty</label>'
        '<input type="number" name="qty" id="qty" value="1"/></div><button type="submit" title="Add to Cart" '
        f'class="action primary tocart" id="product-addtocart-button"{" disabled" if disabled else ""}><span>Add to Cart</span>'
        "</button></div></form></div>"
    )


def prestashop(availability: str, disabled: bool = False) -> str:
    """PrestaShop in its classic theme."""
    return document(f"""
<main><div class="blockcart cart-preview"><span>Cart</span></div><section id="main" itemscope itemtype="https://schema.org/Product">
<h1 class="h1" itemprop="name">{NAME}</h1><div class="product-prices"><div class="product-price h5 has-discount"><div class="current-price">
<span class="current-price-value" content="15">€15.00</span></div></div><div class="tax-shipping-delivery-label">Tax included</div></div>
<div class="product-actions"><form action="https://lumen.example/cart" method="post" id="add-to-cart-or-refresh">
<div class="product-add-to-cart"><span class="control-label">Quantity</span><div class="product-quantity"><input type="number" name="qty" value="1">
<div class="add"><button class="btn btn-primary add-to-cart" data-button-action="add-to-cart" type="submit"{" disabled" if disabled else ""}>
<i class="material-icons shopping-cart">&#xE547;</i> Add to cart</button></div></div>
<span id="product-availability" class="js-product-availability">{availability}</span></div></form></div>
<section class="featured-products"><h2>You might also like</h2><article class="product-miniature"><h3 class="product-title">
<a href="/2-hat.html">Hat</a></h3><span class="price">€9.00</span><span>In stock</span></article></section></section></main>""")


def shopify(button: str, available: bool, data: str) -> str:
    """Shopify in its Dawn theme; the badge "Sold out" is in every page, shown by the style sheet alone."""
    product = {
        "@context": "http://schema.org/",
        "@type": "Product",
        "name": NAME,
        "url": "https://lumen.example/products/garden-lantern",
        "offers": {
            "@type": "Offer",
            "availability": f"http://schema.org/{data}",
            "price": "15.00",
            "priceCurrency": "USD",
        },
    }
    return document(
        f"""
<a href="/cart" class="header__icon--cart">Cart</a><main id="MainContent"><product-info id="MainProduct"><section id="ProductInfo">
<div class="product__title"><h1>{NAME}</h1><a href="/products/garden-lantern" class="product__title"><h2 class="h1">{NAME}</h2></a></div>
<div class="price price--large{"" if available else " price--sold-out"} price--show-badge"><div class="price__container">
<div class="price__regular"><span class="visually-hidden">Regular price</span><span class="price-item price-item--regular">$15.00 USD</span></div>
</div><span class="badge price__badge-sale">Sale</span><span class="badge price__badge-sold-out">Sold out</span></div>
<product-form class="product-form"><form method="post" action="/cart/add" id="product-form-m" data-type="add-to-cart-form">
<input type="hidden" name="id" value="4"{"" if available else " disabled"}><div class="product-form__buttons">{button}</div></form></product-form>
</section></product-info><product-recommendations class="related-products"><h2>You may also like</h2><ul class="product-grid">
<li class="grid__item"><div class="card-wrapper product-card-wrapper"><h3 class="card__heading"><a href="/products/hat">Hat</a></h3>
<span class="price-item">$9.00 USD</span><button class="quick-add__submit button">Add to cart</button></div></li></ul>
</product-recommendations></main>""",
        f'<script type="application/ld+json">{json.dumps(product)}</script>',
    )


def opencart(availability: str) -> str:
    """OpenCart: its button stays whatever the availability says."""
    return document(f"""
<div id="product-info" class="container"><div id="content"><h1>{NAME}</h1><ul class="list-unstyled"><li>Brand: <a href="/b">Lumen</a></li>
<li>Product Code: LAN-12</li><li>Availability: {availability}</li></ul><ul class="list-unstyled"><li><h2><span class="price-new">$15.00</span></h2></li>
<li>Ex Tax: $12.50</li></ul><div id="product"><form id="form-product"><label for="input-quantity">Qty</label>
<input type="text" name="quantity" value="1" id="input-quantity"/><button type="submit" id="button-cart" class="btn btn-primary btn-lg btn-block">
Add to Cart</button></form></div></div></div>""")


def eccube(form: str, meta: str = "") -> str:
    """EC-CUBE 4, whose product has no main heading."""
    head = (
        '<meta property="og:title" content="庭のランタン"><meta property="product:price:amount" content="3300">'
        f'<meta property="product:price:currency" content="JPY">{meta}'
    )
    return document(
        f"""
<div class="ec-layoutRole"><div class="ec-cartNavi"><span>￥0</span></div><div class="ec-productRole"><div class="ec-productRole__profile">
<div class="ec-productRole__title"><h2 class="ec-headingTitle">庭のランタン</h2></div><div class="ec-productRole__price"><div class="ec-price">
<span class="ec-price__price">￥3,300</span><span class="ec-price__tax">税込</span></div></div>
<div class="ec-productRole__code">商品コード： <span>LAN-12</span></div>{form}
<form action="/products/add_favorite/12" method="post"><button type="submit" id="favorite">お気に入りに追加</button></form></div></div></div>""",
        head,
        "ja",
        "庭のランタン",
    )


def japanese(body: str, head: str = "") -> str:
    """A hosted Japanese shop around its product part."""
    return document(body, f'<meta property="og:title" content="庭のランタン">{head}', "ja", "庭のランタン")


def odoo(controls: str) -> str:
    """Odoo's shop."""
    return document(f"""
<main><div id="wrap"><section id="product_detail" class="oe_website_sale"><div id="product_details"><h1 itemprop="name">{NAME}</h1>
<form action="/shop/cart/update" method="POST"><div class="product_price"><h3><span class="oe_price"><span class="oe_currency_value">15.00</span> €
</span></h3></div><div id="o_wsale_cta_wrapper">{controls}</div></form></div></section></div></main>""")


def shopware(delivery: str, buy: str, link: str) -> str:
    """Shopware 6, in German."""
    return document(
        f"""
<main class="content-main"><div class="product-detail" itemscope itemtype="https://schema.org/Product">
<h1 class="product-detail-name" itemprop="name">Garten-Laterne</h1><div class="product-detail-buy" itemprop="offers" itemscope
itemtype="https://schema.org/Offer"><meta itemprop="priceCurrency" content="EUR"><div class="product-detail-price-container">
<meta itemprop="price" content="15"><p class="product-detail-price">15,00 €*</p></div><p class="product-detail-tax">Preise inkl. MwSt.</p>
<link itemprop="availability" href="https://schema.org/{link}"><p class="delivery-information">{delivery}</p>{buy}</div></div></main>""",
        "",
        "de",
        "Garten-Laterne",
    )


def nopcommerce(stock: str, controls: str) -> str:
    """nopCommerce."""
    return document(f"""
<div class="page product-details-page"><form method="post" id="product-details-form"><div itemscope itemtype="http://schema.org/Product">
<div class="overview"><div class="product-name"><h1 itemprop="name">{NAME}</h1></div><div class="availability"><div class="stock">
<span class="label">Availability:</span><span class="value">{stock}</span></div></div><div class="prices" itemprop="offers" itemscope
itemtype="http://schema.org/Offer"><div class="product-price"><span itemprop="price" content="15.00">$15.00</span>
<meta itemprop="priceCurrency" content="USD"></div></div>{controls}<div class="overview-buttons">
<button type="button" class="button-2 add-to-compare-list-button">Add to compare list</button></div></div></div></form></div>""")
