"""Thin readers: the shop's own block decides, known words only, an order control that can be used for every yes."""

from __future__ import annotations

import pytest

from tests.watchers.shops.making import html, look
from watchers.model import Availability as A
from watchers.model import Condition, Reading, Source
from watchers.shops import SHOPS, shop_of

RAIL = '<div class="recommend"><ul><li><p class="bcs_stock">在庫あり</p><p class="salesInfo">在庫あり</p><p class="bcs_price">¥999</p><a class="btn" href="#">カートに入れる</a></li></ul></div>'
CART = '<a class="btn cart" href="#">カートに入れる</a>'

# address of a product, and its page around the words and the order control under test
SHAPES = {
    "yodobashi": (
        "https://www.yodobashi.com/product/100000001000000001/",
        '<h1 id="products_maintitle">卓上ランプ</h1><span id="js_scl_unitPrice">￥4,980</span><div id="js_buyBoxMain"><ul><li><div class="salesInfo"><p>{words}</p></div></li><li>{cart}</li></ul></div>',
    ),
    "bic": ("https://www.biccamera.com/bc/item/1234567/", '<h1>卓上ランプ</h1><p class="bcs_price"><span class="val">4,980</span>円（税込）</p><p class="bcs_stock">{words}</p>{cart}'),
    "yamada": ("https://www.yamada-denkiweb.com/1234567890/", '<h1>卓上ランプ</h1><p>¥4,980</p><div class="item-notice-block">{words}</div>{cart}'),
    "nojima": ("https://online.nojima.co.jp/commodity/1/4900000000001/", '<h1>卓上ランプ</h1><p>4,980円</p><span class="hassoumeyasu2">{words}</span>{cart}'),
    "sony": ("https://pur.store.sony.jp/lamp/products/LP-1/LP-1_purchase/", '<h1>卓上ランプ</h1><span class="s5-sonystoreBlock__buyAtStorePrice">4,980円</span><a class="s5-shippingLabel">{words}</a>{cart}'),
    "books": ("https://books.rakuten.co.jp/rb/12345678/", '<div id="productTitle"><h1>卓上ランプの本</h1></div><div id="purchaseBox"><p class="price">4,980円</p><p class="status-text">{words}</p>{cart}</div>'),
    "joshin": ("https://joshinweb.jp/game/1/4900000000001.html", '<h1>卓上ランプ</h1><p>4,980円</p><form name="cart_button"><span class="fsL">{words}</span>{cart}</form>'),
    "tsukumo": ("https://shop.tsukumo.co.jp/goods/4900000000001/", '<h1>卓上ランプ</h1><p>4,980円</p><span class="stock-status">{words}</span>{cart}'),
    "dospara": ("https://www.dospara.co.jp/SBR1/IC123456.html", '<h1>卓上ランプ</h1><p>4,980円</p><p class="tx-delivery-date-class-disp_elm">{words}</p>{cart}'),
    "kojima": ("https://www.kojima.net/ec/prod_detail.html?prod=4900000000001", '<h1>卓上ランプ</h1><p>4,980円</p><p class="deliv opt-large">{words}</p>{cart}'),
    "toysrus": ("https://www.toysrus.co.jp/s/dsg-123456700", '<h1>卓上ランプ</h1><p>4,980円</p><span id="isStock_a">{words}</span><span id="isStock_c" hidden>在庫なし/入荷予定あり</span>{cart}'),
    "sofmap": ("https://www.sofmap.com/product_detail.aspx?sku=12345678", '<h1>卓上ランプ</h1><p class="price">¥4,980</p><span class="ic stock">{words}</span>{cart}'),
}  # fmt: skip
ORDER = {
    "books": '<button class="new_addToCart">買い物かごに入れる</button>',
    "sofmap": '<a class="button cart" href="#">カートに入れる</a>',
}


def seen(shop: str, said: str, cart: str | None = None, *, after: str = RAIL) -> Reading:
    url, shape = SHAPES[shop]
    order = ORDER.get(shop, CART) if cart is None else cart
    return look(html(shape.format(words=said, cart=order) + after, title="卓上ランプ"), url)


YES = [
    ("yodobashi", "在庫あり", A.IN_STOCK), ("yodobashi", "在庫残少 ご注文はお早めに!", A.IN_STOCK), ("yodobashi", "お取り寄せ", A.BACKORDER), ("yodobashi", "ただいま予約受付中！", A.PREORDER),
    ("bic", "在庫あり", A.IN_STOCK), ("bic", "お取り寄せ", A.BACKORDER), ("yamada", "24時間以内に出荷", A.IN_STOCK), ("yamada", "お取り寄せ", A.BACKORDER), ("nojima", "即納（24時間以内に出荷）", A.IN_STOCK),
    ("sony", "在庫あり", A.IN_STOCK), ("sony", "予約受付中", A.PREORDER), ("books", "在庫あり", A.IN_STOCK), ("books", "予約受付中", A.PREORDER), ("books", "メーカー取り寄せ", A.BACKORDER),
    ("books", "通常3～7日程度で発送", A.IN_STOCK), ("joshin", "在庫あり", A.IN_STOCK), ("sofmap", "在庫あり", A.IN_STOCK), ("tsukumo", "在庫あり", A.IN_STOCK), ("dospara", "在庫あり", A.IN_STOCK), ("kojima", "在庫あり", A.IN_STOCK), ("toysrus", "在庫あり", A.IN_STOCK),
]  # fmt: skip
NO = [
    ("yodobashi", "予定数の販売を終了しました", A.OUT_OF_STOCK), ("yodobashi", "販売休止中です", A.OUT_OF_STOCK), ("yodobashi", "販売を終了しました", A.DISCONTINUED),
    ("yodobashi", "予約受付を終了しました", A.OUT_OF_STOCK), ("yodobashi", "ただいま予約販売準備中!", A.COMING_SOON), ("bic", "この商品は在庫がなくなりました。", A.OUT_OF_STOCK),
    ("bic", "販売休止中です", A.OUT_OF_STOCK), ("yamada", "好評につき売り切れました", A.OUT_OF_STOCK), ("yamada", "予約受付終了", A.OUT_OF_STOCK), ("yamada", "予約開始待ち", A.COMING_SOON),
    ("nojima", "完売御礼", A.OUT_OF_STOCK), ("nojima", "予約準備中", A.COMING_SOON), ("sony", "入荷待ち", A.OUT_OF_STOCK), ("sony", "販売終了", A.DISCONTINUED), ("books", "ご注文できない商品*", A.OUT_OF_STOCK),
    ("joshin", "販売休止中です", A.OUT_OF_STOCK), ("joshin", "販売終了しました", A.DISCONTINUED), ("sofmap", "在庫切れ", A.OUT_OF_STOCK), ("tsukumo", "在庫なし", A.OUT_OF_STOCK), ("dospara", "在庫なし", A.OUT_OF_STOCK), ("kojima", "ネット在庫完売", A.OUT_OF_STOCK), ("toysrus", "在庫なし/入荷予定あり", A.OUT_OF_STOCK),
]  # fmt: skip


@pytest.mark.parametrize(("shop", "said", "state"), YES)
def test_known_words_with_an_order_control_are_a_yes(shop: str, said: str, state: A) -> None:
    """The state in the shop's own words, with the shop as the seller of new goods, by the shop's own reader."""
    reading = seen(shop, said)
    assert (reading.availability, reading.evidence[0].source) == (state, Source.SHOP), reading
    assert shop == "sofmap" or reading.offers[0].condition is Condition.NEW
    assert reading.offers[0].seller == shop_of(SHAPES[shop][0]).name  # type: ignore[union-attr]


@pytest.mark.parametrize(("shop", "said", "state"), NO)
def test_known_refusals_are_a_no_although_a_rail_sells_other_goods(shop: str, said: str, state: A) -> None:
    """The rail's 在庫あり and its cart button are other products'."""
    assert seen(shop, said, "").availability is state


@pytest.mark.parametrize(("shop", "said"), [(shop, said) for shop, said, _ in YES])
@pytest.mark.parametrize("spoil", [
    lambda cart: cart.replace("<a ", '<a aria-disabled="true" ').replace("<button ", "<button disabled "),
    lambda cart: f"<div hidden>{cart}</div>",
    lambda cart: f'<div style="display: none">{cart}</div>',
    lambda cart: f"<template>{cart}</template>",
    lambda cart: f"<fieldset disabled>{cart}</fieldset>" if "button" in cart and "<a" not in cart else "",
    lambda cart: "",
])  # fmt: skip
def test_without_a_control_that_can_be_used_there_is_no_yes(shop: str, said: str, spoil: object) -> None:
    """Disabled, hidden, in a template, or not there at all; the rail's button does not stand in for it."""
    cart = spoil(ORDER.get(shop, CART))  # type: ignore[operator]
    assert not seen(shop, said, cart).availability.is_orderable


@pytest.mark.parametrize(("shop", "said"), [(shop, said) for shop, said, _ in NO])
def test_a_refusal_beside_an_order_control_is_never_a_yes(shop: str, said: str) -> None:
    """Sony's label rules over its button; elsewhere the two are no verdict."""
    reading = seen(shop, said)
    assert not reading.availability.is_orderable
    assert (shop != "sony") or reading.availability.is_verdict


@pytest.mark.parametrize("shop", SHAPES)
def test_words_that_are_not_known_or_only_conditional_are_no_yes_of_the_block(shop: str) -> None:
    """The block's reader abstains; a page with a button alone is then the generic path's to weigh."""
    for said in ("ようこそ", "在庫切れの場合はご了承ください", ""):
        assert all(evidence.source is not Source.SHOP for evidence in seen(shop, said).evidence)


@pytest.mark.parametrize("shop", SHAPES)
@pytest.mark.parametrize("cut", range(5, 100, 10))
def test_no_cut_page_is_a_yes(shop: str, cut: int) -> None:
    """Wherever the page ends before its end tag, nothing can be ordered there."""
    url, shape = SHAPES[shop]
    body = html(shape.format(words="在庫あり", cart=ORDER.get(shop, CART)) + RAIL).encode()
    assert not look(body[: (len(body) - 15) * cut // 100], url).availability.is_orderable


def test_the_price_is_the_products_own() -> None:
    """With tax, not the rail's."""
    assert seen("yodobashi", "在庫あり").offers[0].price == 4980
    assert seen("bic", "在庫あり").offers[0].price == 4980
    assert seen("sony", "在庫あり").offers[0].price == 4980


def test_labels_of_several_models_that_disagree_settle_nothing() -> None:
    """One model waits for stock, another has it: the page does not say which is meant."""
    assert not seen("sony", "入荷待ち", CART + '<a class="s5-shippingLabel">在庫あり</a>').availability.is_verdict


def test_the_cart_button_is_found_behind_a_menu_of_links() -> None:
    """However many links stand before it; a link to a page about buying is no order control."""
    menu = "".join(f'<a href="/c/{n}">売り場 {n}</a>' for n in range(500))
    url, shape = SHAPES["bic"]
    body = html(menu + shape.format(words="在庫あり", cart=CART))
    assert look(body, url).evidence[0].source is Source.SHOP
    guide = html(menu + shape.format(words="在庫あり", cart='<a href="/guide/how-to">購入する</a>'))
    assert not look(guide, url).availability.is_orderable


@pytest.mark.parametrize(
    ("name", "condition"),
    [
        ("卓上ランプ", Condition.NEW),
        ("【中古】卓上ランプ", Condition.USED),
        ("卓上ランプ［整備済み品］", Condition.REFURBISHED),
        ("中古で人気の卓上ランプ", None),
    ],
)
def test_used_goods_of_a_shop_that_mostly_sells_new_ones(name: str, condition: Condition | None) -> None:
    """The name of the goods says so, by the shop's reader and by the generic path alike."""
    url, shape = SHAPES["bic"]
    body = html(shape.format(words="在庫あり", cart=CART).replace("卓上ランプ", name), title=name)
    assert look(body, url).offers[0].condition is condition
    assert look(body, "https://www.ksdenki.com/shop/g/g4900000000001/").offers[0].condition is condition


def test_several_fields_with_stock_settle_nothing() -> None:
    """A carousel that is no list repeats the field's name: whose stock it is cannot be said."""
    other = '<div class="carousel"><div><p class="bcs_stock">在庫あり</p></div><div><p class="bcs_stock">在庫あり</p></div></div>'
    assert all(e.source is not Source.SHOP for e in seen("bic", "在庫あり", after=other).evidence)
    assert not seen("bic", "この商品は在庫がなくなりました。", after=other).availability.is_orderable


NINTENDO = "https://store-jp.nintendo.com/item/accessory/HAC_A_ABCDE/"


@pytest.mark.parametrize(("button", "state"), [
    ('<a class="productDetail--buttons__button--primary js-addToCartButton" href="#">カートに入れる</a>', A.IN_STOCK),
    ('<a class="productDetail--buttons__button--primary" href="#">予約する</a>', A.PREORDER),
    ('<a class="productDetail--buttons__button--primary" href="#">抽選に応募する</a>', A.LOTTERY),
    ('<button class="productDetail--buttons__button--primary" disabled>品切れ</button>', A.OUT_OF_STOCK),
    ('<button class="productDetail--buttons__button--primary" disabled>カートに入れる</button>', A.OUT_OF_STOCK),
])  # fmt: skip
def test_the_first_button_of_my_nintendo_store(button: str, state: A) -> None:
    """The button alone says it: its words, and whether it can be pressed."""
    body = f'<h1 class="productDetail--headline__title">卓上ランプ</h1><p>4,980円</p><div class="productDetail--buttons"><div class="productDetail--buttons__container">{button}</div></div>'
    assert look(html(body), NINTENDO).availability is state


PRODUCTS = [
    ("https://www.yodobashi.com/product/100000001000000001/?gad=1", "yodobashi:100000001000000001"), ("https://www.yodobashi.com/category/1/", None),
    ("https://www.biccamera.com/bc/item/1234567/", "bic:1234567"), ("https://www.biccamera.com/bc/category/?q=x", None), ("https://a.sofmap.com/product_detail.aspx?aac=on&sku=12345678", "sofmap:12345678"),
    ("https://joshinweb.jp/game/1/4900000000001.html", "jan:4900000000001"), ("https://www.yamada-denkiweb.com/1234567890/", "yamada:1234567890"), ("https://www.yamada-denkiweb.com/category/1/", None),
    ("https://www.ksdenki.com/shop/g/g4900000000001/", "jan:4900000000001"), ("https://www.edion.com/detail.html?p_cd=00012345678", "edion:00012345678"), ("https://online.nojima.co.jp/commodity/1/4900000000001/", "jan:4900000000001"),
    ("https://online.nojima.co.jp/NAME/2810000000001/1/cd/", "jan:2810000000001"), ("https://pur.store.sony.jp/ps5/products/ps5/CFI-1_product/", "sony:cfi-1"), (NINTENDO, "nintendo:hac_a_abcde"),
    ("https://store-jp.nintendo.com/list/hardware-accessory/controller/HAC_A_X1234.html", "nintendo:hac_a_x1234"), ("https://books.rakuten.co.jp/rb/12345678/?l-id=x", "rbooks:12345678"), ("https://shop.tsukumo.co.jp/goods/4900000000001/", "jan:4900000000001"),
    ("https://www.monotaro.com/g/01234567/", "monotaro:01234567"), ("https://www.muji.com/jp/ja/store/cmdty/detail/4550000000001", "jan:4550000000001"),
]  # fmt: skip


@pytest.mark.parametrize(("url", "product"), PRODUCTS)
def test_addresses(url: str, product: str | None) -> None:
    """The id that an address names, or that it names none; a host that only ends alike is another shop's."""
    shop = shop_of(url)
    assert shop is not None
    assert shop.product(url) == product
    assert shop.product("https://example.com/") is None
    assert all(shop_of(f"https://not{host}/") is not shop for host in shop.hosts)


def test_every_shop_says_how_sure_it_is() -> None:
    """The table of shops in the documents is made from this."""
    assert {shop.basis for shop in SHOPS if hasattr(shop, "basis")} <= {
        "real pages",
        "documented structure",
        "generic path",
    }
    assert all(shop.name and shop.hosts for shop in SHOPS)
