"""Amazon's buy box: each state is told from what stands in the box of the asked product, and from nothing else."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.watchers.shops.amazon_pages import (
    ASIN,
    OFFER_ID,
    OWN,
    SELLER,
    URL,
    accordion,
    cart,
    delivery,
    desktop,
    form,
    mobile,
    price,
    row,
    see_all,
    sold_by,
    stock,
)
from watchers.memory import Memory
from watchers.model import Availability, Cause, Condition, Listing, Reading, Source, Validators
from watchers.page import Page
from watchers.reading import read

PLAIN = form(price("￥4,980") + delivery() + stock("在庫あり。") + cart() + sold_by())


def look(body: bytes, url: str = URL, *, landed: str | None = None) -> Reading:
    return read(Page(landed or url, body, requested_url=url), Listing(url))


def test_sold_and_sent_by_amazon_itself() -> None:
    """The offer has price, shipping, seller, condition, delivery day, image, id and an order link on the same host."""
    seen = look(desktop(PLAIN))
    offer = seen.offers[0]
    assert seen.availability is Availability.IN_STOCK
    assert (offer.price, offer.currency, offer.shipping, offer.quantity) == (Decimal(4980), "JPY", Decimal(0), None)
    assert (offer.seller, offer.condition, offer.available_on) == ("Amazon.co.jp", Condition.NEW, "12月3日 木曜日")
    assert (
        offer.order_url
        == f"https://www.amazon.co.jp/gp/aws/cart/add.html?ASIN.1={ASIN}&Quantity.1=1&OfferListingId.1={OFFER_ID}"
    )
    assert seen.title == "電気ケトル K-100" and seen.image == "https://m.media-amazon.com/images/I/kettle.jpg"
    assert f"asin:{ASIN}" in seen.identity.ids
    assert {e.source for e in seen.evidence} == {Source.SHOP}


def test_a_marketplace_seller_is_named_and_few_are_counted() -> None:
    """The seller's own name stands in the offer, and 残り3点 is a quantity."""
    box = form(
        price("￥6,200") + stock("残り3点 ご注文はお早めに") + cart() + sold_by("湯沸かし商店", link=True),
        seller=SELLER,
    )
    offer = look(desktop(box)).offers[0]
    assert (offer.seller, offer.quantity, offer.price) == ("湯沸かし商店", 3, Decimal(6200))


def test_amazons_outlet_is_another_seller_and_comes_after_the_new_offer() -> None:
    """A used row stands behind the new one, whatever their order on the page, with its own seller, price and count."""
    used = row(
        "usedAccordionRow",
        "中古品",
        form(price("￥3,980") + stock("残り1点") + cart() + sold_by("Amazonアウトレット", link=True)),
    )
    new = row("newAccordionRow", "新品", form(price("￥4,980") + stock("在庫あり。") + cart() + sold_by()))
    seen = look(desktop(accordion(used, new)))
    assert [(o.seller, o.price, o.condition, o.quantity) for o in seen.offers] == [
        ("Amazon.co.jp", Decimal(4980), Condition.NEW, None),
        ("Amazonアウトレット", Decimal(3980), Condition.USED, 1),
    ]


@pytest.mark.parametrize(
    ("words", "label", "expected", "told"),
    [
        ("この商品の発売予定日は2027年3月5日です。", "予約注文する", Availability.PREORDER, "2027年3月5日"),
        ("This item will be released on March 5, 2027.", "Pre-order now", Availability.PREORDER, "March 5, 2027"),
        ("通常1～2か月以内に発送します。", "カートに入れる", Availability.BACKORDER, "1~2か月"),
        ("Usually ships within 3 to 4 weeks.", "Add to Cart", Availability.BACKORDER, "3 to 4 weeks"),
        ("一時的に在庫切れ; 入荷時期は未定です。", "カートに入れる", Availability.BACKORDER, None),
        ("通常6～10日以内に発送します。", "カートに入れる", Availability.IN_STOCK, None),
        ("In Stock", "Add to Cart", Availability.IN_STOCK, None),
        ("Auf Lager", "In den Einkaufswagen", Availability.IN_STOCK, None),
        ("Habituellement expédié sous 1 à 2 mois", "Ajouter au panier", Availability.BACKORDER, None),
    ],
)
def test_what_an_order_would_be(words: str, label: str, expected: Availability, told: str | None) -> None:
    """A cart button is an order for now, for later or for the release day, by the words beside it."""
    seen = look(desktop(form(price("￥4,980") + stock(words) + cart(label) + sold_by())))
    assert seen.availability is expected
    assert seen.offers[0].order_url is not None
    if told is not None:
        assert told in (seen.offers[0].available_on or "")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("現在在庫切れです。", Availability.OUT_OF_STOCK),
        ("現在お取り扱いできません。", Availability.OUT_OF_STOCK),
        ("一時的に在庫切れ; 入荷時期は未定です。", Availability.OUT_OF_STOCK),
        ("Currently unavailable.", Availability.OUT_OF_STOCK),
        ("Derzeit nicht verfügbar.", Availability.OUT_OF_STOCK),
        ("Actuellement indisponible.", Availability.OUT_OF_STOCK),
        ("No disponible por el momento.", Availability.OUT_OF_STOCK),
        ("Attualmente non disponibile.", Availability.OUT_OF_STOCK),
        ("Momenteel niet beschikbaar.", Availability.OUT_OF_STOCK),
        ("För närvarande inte tillgänglig.", Availability.OUT_OF_STOCK),
        ("Obecnie niedostępny.", Availability.OUT_OF_STOCK),
        ("Şu anda mevcut değil.", Availability.OUT_OF_STOCK),
        ("Não disponível.", Availability.OUT_OF_STOCK),
        ("販売終了", Availability.DISCONTINUED),
        ("この商品の発売予定日は2027年3月5日です。", Availability.COMING_SOON),
    ],
)
def test_a_refusal_in_every_language_of_a_marketplace(words: str, expected: Availability) -> None:
    """Without a button the words settle it, and name the bytes they stand in, so that an unchanged no is not read again."""
    body = desktop(form(f'<div id="outOfStock" class="a-box"><span>{words}</span></div>', offer_id="", seller=""))
    seen = look(body)
    assert seen.availability is expected
    assert seen.offers[0].order_url is None and seen.offers[0].price is None
    [(begin, end)] = seen.spans
    assert body[begin:].startswith(b'id="outOfStock"') and end < len(body)


def test_a_refusal_and_a_button_settle_nothing() -> None:
    """A visible no beside a button that can be pressed is no verdict, and both are named."""
    seen = look(desktop(form(price("￥4,980") + stock("現在在庫切れです。") + cart())))
    assert (seen.availability, seen.cause) == (Availability.UNKNOWN, Cause.NO_EVIDENCE)
    assert "現在在庫切れです" in seen.detail and "カートに入れる" in seen.detail


@pytest.mark.parametrize(
    "button",
    [
        cart(attributes="disabled"),
        cart(attributes='style="display:none"'),
        cart(attributes="hidden"),
        cart(attributes='aria-disabled="true"'),
        cart(wrapper="a-button a-button-disabled"),
        f'<div class="aok-hidden">{cart()}</div>',
        f"<template>{cart()}</template>",
        f"<!-- {cart()} -->",
        f"<fieldset disabled>{cart()}</fieldset>",
        cart("再入荷通知"),
        '<input type="submit" value="リストに追加">',
        "",
    ],
)
def test_a_button_nobody_can_press_orders_nothing(button: str) -> None:
    """In stock by its words and its price, yet no order can be placed: never a yes."""
    seen = look(desktop(form(price("￥4,980") + delivery() + stock("在庫あり。") + button + sold_by())))
    assert not seen.availability.is_orderable


@pytest.mark.parametrize("name", ["", 'name="submit.add-to-cart"', 'id="add-to-cart-button"'])
def test_other_goods_around_an_empty_box_do_not_count(name: str) -> None:
    """The rail's cart buttons belong to other ASINs, inside the box or out of it, whatever they are called."""
    rail = (
        '<div><form><input type="hidden" name="ASIN" value="B0OTHER001">'
        f'<input type="submit" {name} value="カートに入れる"></form></div>'
    )
    box = form(price("￥4,980") + stock("在庫あり。"))
    assert not look(desktop(box + rail)).availability.is_orderable
    assert not look(desktop(box, middle=rail)).availability.is_orderable


def test_only_other_sellers_are_an_offer_without_a_name() -> None:
    """ "See all buying options": somebody has it, neither price nor seller is known."""
    seen = look(
        desktop(form("<span>おすすめ出品の要件を満たす出品はありません</span>" + see_all(), seller="", offer_id=""))
    )
    offer = seen.offers[0]
    assert seen.availability is Availability.IN_STOCK
    assert (offer.price, offer.seller, offer.condition, offer.order_url) == (None, None, None, None)


@pytest.mark.parametrize(
    ("link", "expected", "condition"),
    [
        ("中古品 (4)点: ￥2,480より", Decimal(2480), Condition.USED),
        ("New (15) from $17.94", Decimal("17.94"), Condition.NEW),
        ("新品 &amp; 中古品 (5)点: ￥1,234より", None, None),
    ],
)
def test_the_price_of_other_sellers_counts_only_where_all_are_of_one_kind(
    link: str, expected: Decimal | None, condition: Condition | None
) -> None:
    """ "Used from …" is the cheapest used offer; "new & used from …" does not say which it is."""
    middle = f'<div id="olpLinkWidget_feature_div"><a href="/gp/offer-listing/{ASIN}">{link}</a></div>'
    offer = look(desktop(form(see_all(), seller="", offer_id=""), middle=middle)).offers[0]
    assert (offer.price, offer.condition) == (expected, condition)


@pytest.mark.parametrize(
    ("box", "words"),
    [
        (form('<div id="outOfStock">この商品は、選択した配送先に配送できません。</div>'), "cannot be sent"),
        (
            form(price("￥4,980") + stock("This item cannot be shipped to your selected delivery location.") + cart()),
            "cannot be sent",
        ),
        (form('<div id="partialStateBuybox">購入するには、サイズを選択してください</div>'), "variant"),
        (form(price("￥4,980") + stock("Qwertz uiop.") + cart()), "not known"),
    ],
)
def test_what_is_no_answer_says_why(box: str, words: str) -> None:
    """Another place, no variant chosen, words nobody knows: no verdict, with the reason."""
    seen = look(desktop(box))
    assert (seen.availability, seen.cause) == (Availability.UNKNOWN, Cause.NO_EVIDENCE)
    assert words in seen.detail


def test_an_invitation_is_asked_for() -> None:
    """The invitation button is an entry, not an order: no cart link."""
    button = '<span class="a-button"><span class="a-button-inner"><button class="a-button-text">招待をリクエスト</button></span></span>'
    seen = look(desktop(form(price("￥59,980") + button)))
    assert seen.availability is Availability.INVITATION
    assert seen.offers[0].order_url is None


def test_a_price_that_only_the_cart_shows_is_unknown() -> None:
    """ "Add to cart to see the price": in stock, without a price, never the crossed-out one."""
    old = '<span class="a-price a-text-price"><span class="a-offscreen">￥9,999</span></span><span>価格はカートに入れると表示されます</span>'
    seen = look(desktop(form(f'<div id="corePrice_feature_div">{old}</div>' + stock("在庫あり。") + cart())))
    assert seen.availability is Availability.IN_STOCK and seen.offers[0].price is None


@pytest.mark.parametrize("name", ["snsAccordionRowMiddle", "primeExclusiveAccordionRow"])
def test_the_price_of_subscribers_and_members_counts_only_where_there_is_no_other(name: str) -> None:
    """It would pass a ceiling that the price for everyone does not; alone, it is the way to order."""
    button = '<button id="rcx-subscribe-submit-button-announce">定期おトク便に申し込む</button>'
    members = row(name, "会員", form(price("￥4,482") + stock("在庫あり。") + button))
    once = row("newAccordionRow", "通常の注文", form(price("￥4,980") + stock("在庫あり。") + cart()))
    gone = row("newAccordionRow", "通常の注文", form(stock("現在在庫切れです。")))
    assert [o.price for o in look(desktop(accordion(members, once))).offers] == [Decimal(4980)]
    for alone in (look(desktop(accordion(members))), look(desktop(accordion(members, gone)))):
        assert alone.availability is Availability.IN_STOCK
        assert (alone.offers[0].price, alone.offers[0].order_url) == (Decimal(4482), None)


def test_a_price_for_members_is_not_the_price() -> None:
    """ "Join Prime to buy this item at …" beside the price for everyone."""
    prime = '<div id="pep_feature_div"><a id="pep-signup-link">プライム会員になって ￥4,480 で購入</a></div>'
    assert look(desktop(PLAIN, middle=prime)).offers[0].price == Decimal(4980)


def test_points_and_postage_of_a_japanese_page() -> None:
    """50ポイント(1%) and 配送料 ￥410 are read; free sending above an amount is not free."""
    points = '<div id="pointsInsideBuyBox_feature_div"><span>ポイント: 50pt (1%)</span></div>'
    offer = look(
        desktop(form(price("￥4,980") + points + delivery(fee="￥410") + stock("在庫あり。") + cart()))
    ).offers[0]
    assert (offer.points, offer.shipping) == (50, Decimal(410))
    conditional = delivery(condition="￥3,500以上のご注文で")
    assert look(desktop(form(price("￥980") + conditional + stock("在庫あり。") + cart()))).offers[0].shipping is None


def test_the_phones_layout() -> None:
    """On phones the form is called otherwise, the button has only a caption, and the price stands before the box."""
    button = (
        f'<form id="addToCart"><input type="hidden" name="a" value="{ASIN}"><input type="hidden" name="oid" value="{OFFER_ID}">'
        '<span class="a-button"><span class="a-button-inner"><input id="add-to-cart-button" name="submit.add-to-cart" type="submit">'
        '<span class="a-button-text" aria-hidden="true">カートに入れる</span></span></span></form>'
    )
    before = '<div id="corePriceDisplay_mobile_feature_div"><span class="a-price priceToPay"><span class="a-offscreen"> </span><span aria-hidden="true"><span class="a-price-symbol">￥</span><span class="a-price-whole">4,980</span></span></span></div>'
    offer = look(
        mobile(stock("在庫あり。") + button, before=before), f"https://www.amazon.co.jp/gp/aw/d/{ASIN}"
    ).offers[0]
    assert (offer.availability, offer.price) == (Availability.IN_STOCK, Decimal(4980))


def test_digital_goods_are_ordered_with_one_click() -> None:
    """A Kindle book has no cart: the one-click button orders, and the link is the page itself."""
    box = form(
        '<span id="kindle-price">￥990</span>'
        '<span class="a-button"><input id="one-click-button" name="submit.one-click" type="submit" value="1-Clickで今すぐ買う"></span>'
    )
    offer = look(desktop(box)).offers[0]
    assert (offer.availability, offer.price, offer.order_url) == (Availability.IN_STOCK, Decimal(990), None)


def test_a_sellers_address_is_about_that_seller_only() -> None:
    """?m= of Amazon itself: its own offer is a yes, another seller in the box is a no that says so."""
    own, other = (
        f"{URL}?m={OWN}",
        form(price("￥6,200") + stock("在庫あり。") + cart() + sold_by("湯沸かし商店", link=True), seller=SELLER),
    )
    assert look(desktop(PLAIN), own).availability is Availability.IN_STOCK
    refused = look(desktop(other), own)
    assert refused.availability is Availability.OUT_OF_STOCK
    assert "湯沸かし商店" in refused.evidence[0].words and not refused.spans
    assert look(desktop(other), f"{URL}?smid={SELLER}").offers[0].seller == "湯沸かし商店"


def test_another_product_is_no_verdict_and_a_declared_family_is_the_same() -> None:
    """The ASIN of the forms must be the asked one, or a variant of the family that was asked for."""
    stranger = "https://www.amazon.co.jp/dp/B0STRANGE1"
    assert look(desktop(PLAIN), stranger).cause is Cause.IDENTITY
    assert look(desktop(PLAIN), stranger, landed=URL).cause is Cause.IDENTITY
    declared = f'{{"currentAsin" : "{ASIN}", "parentAsin" : "B0STRANGE1"}}'
    family = look(desktop(PLAIN, scripts=declared), stranger)
    assert family.availability is Availability.IN_STOCK
    assert {f"asin:{ASIN}", "asin:B0STRANGE1"} <= family.identity.ids
    beside = f'{{"currentAsin" : "{ASIN}"}}' + " " * 2_000 + '{"parentAsin" : "B0STRANGE1"}'
    assert look(desktop(PLAIN, scripts=beside), stranger).cause is Cause.IDENTITY


def test_the_canonical_address_of_a_variant_may_name_another() -> None:
    """Amazon's canonical address is often that of another variant; the forms say which one the page sells."""
    canonical = b'<head><link rel="canonical" href="https://www.amazon.co.jp/Kettle/dp/B0SIBLING1">'
    assert look(desktop(PLAIN).replace(b"<head>", canonical)).availability is Availability.IN_STOCK


def test_a_page_cut_within_its_box_is_never_a_yes() -> None:
    """Wherever the page ends before its box does, there is no yes; behind it there is one."""
    body = desktop(accordion(row("newAccordionRow", "新品", PLAIN)))
    box_ends = body.index(b'<div id="centerCol">')
    for cut in range(body.index(b'<div id="rightCol">'), box_ends, 13):
        assert not look(body[:cut]).availability.is_orderable, cut
    assert look(body[: box_ends + 40]).availability is Availability.IN_STOCK


def test_a_hidden_box_is_not_read() -> None:
    """A box in a template, a comment or a hidden part is another visitor's, or nobody's."""
    for before, after in (
        (b"<template>", b"</template>"),
        (b"<!--", b"-->"),
        (b'<div style="display:none">', b"</div>"),
    ):
        body = desktop(PLAIN).replace(b'<div id="rightCol">', before + b'<div id="rightCol">')
        body = body.replace(b'<div id="centerCol">', after + b'<div id="centerCol">')
        assert not look(body).availability.is_orderable, before


def test_only_the_front_of_a_large_page_is_needed() -> None:
    """A megabyte of reviews behind the box changes nothing in the answer."""
    body = desktop(PLAIN)
    large = body.replace(b"</body>", b"<p>" + "とてもよく沸きます。".encode() * 40_000 + b"</p></body>")
    assert look(large).offers == look(body).offers


def test_a_button_alone_is_not_believed() -> None:
    """Neither a price nor a day nor a word about stock beside it: no verdict."""
    seen = look(desktop(form(cart() + sold_by())))
    assert (seen.availability, seen.cause) == (Availability.UNKNOWN, Cause.NO_EVIDENCE)


def test_the_chosen_variant_is_named_and_another_one_is_no_answer() -> None:
    """The offer names the colour and size that the page shows; a listing that names others is not about this page."""
    chosen = (
        '<span id="inline-twister-expanded-dimension-text-color_name">ブラック</span>'
        '<div id="variation_size_name"><span class="selection">0.8L</span></div>'
    )
    body = desktop(PLAIN, middle=chosen)

    def of(variant: str) -> Reading:
        return read(Page(URL, body), Listing(URL, variant=variant))

    assert of("ブラック").offers[0].variant == of("0.8L / ブラック").offers[0].variant == "ブラック / 0.8L"
    assert of("ホワイト").cause is Cause.NO_EVIDENCE and "ブラック" in of("ホワイト").detail
    assert not read(Page(URL, desktop(PLAIN)), Listing(URL, variant="ブラック")).availability.is_verdict


def test_the_terms_of_other_goods_do_not_fill_gaps() -> None:
    """A box without price and seller does not take them from the forms of the rail beside it."""
    rail = (
        f'<div id="rail"><form><input type="hidden" name="merchantID" value="{OWN}"><span class="a-price priceToPay">'
        '<span class="a-offscreen">￥1</span></span><input type="hidden" value="￥1" name="items[0.base][customerVisiblePrice][displayString]">'
        "</form></div>"
    )
    offer = look(desktop(form(stock("在庫あり。") + cart(), seller=""), middle=rail)).offers[0]
    assert (offer.availability, offer.price, offer.seller) == (Availability.IN_STOCK, None, None)


def test_a_repeated_no_rests_on_its_words() -> None:
    """Tokens elsewhere leave the no as it was; other words, or words that went into hiding, are read anew."""
    body = desktop(
        form('<div id="outOfStock"><span>Currently unavailable.</span></div>', seller="", offer_id=""), scripts="token1"
    )
    remembered = Memory.of(look(body), Page(URL, body), Validators(), 0.0)
    assert remembered.same_no(body.replace(b"token1", b"another-token"))
    assert not remembered.same_no(body.replace(b"Currently unavailable.", b"In Stock"))
    assert not remembered.same_no(body.replace(b'<div id="rightCol">', b'<div id="rightCol" style="display:none">'))
    assert not remembered.same_no(desktop(PLAIN))


@pytest.mark.parametrize(
    ("host", "shown", "amount", "currency"),
    [
        ("amazon.de", "1.234,56€", "1234.56", "EUR"),
        ("amazon.fr", "1 234,56 €", "1234.56", "EUR"),
        ("amazon.se", "1 234,00 kr", "1234.00", "SEK"),
        ("amazon.pl", "1 234,56 zł", "1234.56", "PLN"),
        ("amazon.com.tr", "1.234,56TL", "1234.56", "TRY"),
        ("amazon.in", "₹1,23,456.00", "123456.00", "INR"),
        ("amazon.com.br", "R$ 1.234,56", "1234.56", "BRL"),
        ("amazon.com.mx", "$2,281.82", "2281.82", "MXN"),
        ("amazon.ca", "$12.00", "12.00", "CAD"),
        ("amazon.co.za", "R 1 234,00", "1234.00", "ZAR"),
        ("amazon.com", "JPY 59,980", "59980", "JPY"),
        ("amazon.co.jp", "¥59,980", "59980", "JPY"),
    ],
)
def test_the_money_of_every_marketplace(host: str, shown: str, amount: str, currency: str) -> None:
    """A bare sign is the marketplace's own money, a code is the money it names, whatever the visitor's country."""
    offer = look(
        desktop(form(price(shown) + stock("In Stock") + cart("Add to Cart"))), f"https://www.{host}/dp/{ASIN}"
    ).offers[0]
    assert (offer.price, offer.currency) == (Decimal(amount), currency)


def test_a_page_of_another_marketplace_is_another_product() -> None:
    """Sent from amazon.com to amazon.co.jp: other stock and other money, no verdict."""
    seen = look(desktop(PLAIN), f"https://www.amazon.com/dp/{ASIN}", landed=URL)
    assert seen.cause is Cause.IDENTITY and "Amazon.com" in seen.detail


def test_the_stock_line_in_the_middle_is_the_leading_options_and_a_rows_own_is_its_alone() -> None:
    """The new row takes the line beside the box where it has none, and never that of the used row."""
    used = row("usedAccordionRow", "中古品", form(price("￥3,980") + stock("残り1点") + cart()))
    new = row("newAccordionRow", "新品", form(price("￥4,980") + cart()))
    assert [o.quantity for o in look(desktop(accordion(new, used))).offers] == [None, 1]
    beside = look(desktop(accordion(new, used), middle=stock("残り7点")))
    assert [o.quantity for o in beside.offers] == [7, 1]
    refused = look(desktop(accordion(new, used), middle=stock("現在在庫切れです。")))
    assert [o.condition for o in refused.offers] == [Condition.USED]
