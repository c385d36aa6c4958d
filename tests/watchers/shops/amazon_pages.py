"""Small pages in the structure of Amazon's, about a kettle that does not exist: the blocks, ids and forms a real page has.

Around the buy box stands what real pages carry to mislead: hidden templates, other goods with cart buttons, old prices.
"""

from __future__ import annotations

ASIN = "B0KETTLE01"
URL = f"https://www.amazon.co.jp/dp/{ASIN}"
OWN = "AN1VRQENFRJN5"  # Amazon itself in Japan
SELLER = "A1KETTLESELLER"
OFFER_ID = "kEttle%2Foffer%2Bid0123456789abcdef"


def form(content: str, *, asin: str = ASIN, seller: str = OWN, offer_id: str = OFFER_ID) -> str:
    """The order form around a buying option."""
    return (
        f'<form id="addToCart" method="post" action="/gp/product/handle-buy-box">'
        f'<input type="hidden" name="items[0.base][asin]" value="{asin}"><input type="hidden" id="ASIN" name="ASIN" value="{asin}">'
        f'<input type="hidden" id="offerListingID" name="offerListingID" value="{offer_id}">'
        f'<input type="hidden" id="merchantID" name="merchantID" value="{seller}">{content}</form>'
    )


def price(shown: str) -> str:
    """A price to pay with its crossed-out list price and its price a piece, as drawn since 2021."""
    return (
        f'<div id="corePrice_feature_div"><span class="a-price priceToPay"><span class="a-offscreen">{shown}</span>'
        f'<span aria-hidden="true"><span class="a-price-whole">{shown}</span></span></span>'
        '<span class="a-price a-text-price" data-a-strike="true"><span class="a-offscreen">￥9,999</span></span>'
        '(<span class="a-price a-text-price"><span class="a-offscreen">￥12</span></span> / 個)</div>'
    )


def stock(words: str) -> str:
    """The line about stock."""
    return f'<div id="availabilityInsideBuyBox_feature_div"><div id="availability"><span class="a-size-medium">{words}</span></div></div>'


def cart(label: str = "カートに入れる", *, attributes: str = "", wrapper: str = "a-button a-button-primary") -> str:
    """The cart button with the caption drawn over it."""
    return (
        f'<span id="submit.add-to-cart" class="{wrapper}"><span class="a-button-inner">'
        f'<input id="add-to-cart-button" name="submit.add-to-cart" title="{label}" type="submit" value="{label}" {attributes}>'
        f'<span class="a-button-text" aria-hidden="true">{label}</span></span></span>'
    )


def sold_by(name: str = "Amazon.co.jp", *, link: bool = False) -> str:
    """Who sends and who sells."""
    shown = f'<a id="sellerProfileTriggerId" href="/sp?seller={SELLER}">{name}</a>' if link else f"<span>{name}</span>"
    return (
        '<div id="merchantInfoFeature_feature_div" data-feature-name="merchantInfoFeature">'
        '<div class="offer-display-feature-label"><span>販売元</span></div>'
        f'<div class="offer-display-feature-text"><span class="offer-display-feature-text-message">{shown}</span></div></div>'
    )


def delivery(*, fee: str = "無料", day: str = "12月3日 木曜日", condition: str = "") -> str:
    """What sending costs and when it arrives."""
    return (
        '<div id="deliveryBlockMessage"><div id="mir-layout-DELIVERY_BLOCK">'
        '<div id="mir-layout-DELIVERY_BLOCK-slot-PRIMARY_DELIVERY_MESSAGE_LARGE">'
        f'<span data-csa-c-delivery-price="{fee}" data-csa-c-delivery-time="{day}" data-csa-c-delivery-condition="{condition}">'
        f'{fee} 配送 <span class="a-text-bold">{day}</span></span></div></div></div>'
    )


def row(name: str, caption: str, content: str) -> str:
    """One row of an accordion of buying options; only the open one shows its content."""
    return (
        f'<div id="{name}" class="a-box" data-a-accordion-row-name="{name}">'
        f'<div id="{name}" class="a-accordion-row-a11y" role="button"><h5>{caption}</h5></div>'
        f'<div class="a-accordion-inner" style="display: none">{content}</div></div>'
    )


def accordion(*rows: str) -> str:
    """An accordion of buying options."""
    return f'<div id="buyBoxAccordion" class="a-box-group a-accordion">{"".join(rows)}</div>'


def see_all(words: str = "すべての購入オプションを見る") -> str:
    """The link that stands in place of the buttons when no offer is featured."""
    return f'<div id="buybox-see-all-buying-choices"><a class="a-button-text" href="/gp/offer-listing/{ASIN}">{words}</a></div>'


def desktop(box: str, *, middle: str = "", title: str = "電気ケトル K-100", scripts: str = "") -> bytes:
    """A product page as a desktop browser gets it."""
    return (
        '<!doctype html><html lang="ja"><head><meta charset="utf-8"><title>Amazon.co.jp</title></head><body>'
        '<div id="dp"><div id="rightCol"><div id="desktop_buybox" data-feature-name="desktop_buybox"><div id="buybox">'
        f"{box}"
        '<div class="aok-hidden"><span>選択した拡張機能は、この出品者では利用できません。現在在庫切れです。</span></div>'
        '<div class="a-popover-preload"><input type="submit" value="Add to Cart"></div>'
        '<span id="wishListMainButton"><a href="#">リストに追加</a></span></div></div></div>'
        f'<div id="centerCol"><h1 id="title"><span id="productTitle">{title}</span></h1>{middle}</div>'
        '<img id="landingImage" data-old-hires="https://m.media-amazon.com/images/I/kettle.jpg" src="https://m.media-amazon.com/k.jpg">'
        '<div id="sims-fbt"><div data-asin="B0OTHER001"><span class="a-price"><span class="a-offscreen">￥1</span></span>'
        '<form><input type="hidden" name="ASIN" value="B0OTHER001"><input type="submit" name="submit.add-to-cart" value="カートに入れる">'
        f"</form></div></div><script>{scripts}</script></div></body></html>"
    ).encode()


def mobile(box: str, *, before: str = "") -> bytes:
    """The same as a phone gets it: the price stands before the box, the caption alone names the button."""
    return (
        '<!doctype html><html lang="ja"><head><meta charset="utf-8"><title>Amazon.co.jp</title></head><body><div id="dp">'
        f'<div id="title_feature_div"><span id="title">電気ケトル K-100</span></div>{before}'
        f'<div id="buybox">{box}</div><div id="reviews"></div></div></body></html>'
    ).encode()


def offer_list(*offers: str, count: int | None = None) -> bytes:
    """The fragment with all offers, the first one featured."""
    featured = f'<div id="aod-pinned-offer">{offers[0]}</div>' if offers else ""
    others = "".join(f'<div id="aod-offer" class="a-section">{offer}</div>' for offer in offers[1:])
    total = len(offers) if count is None else count
    return (
        f'<div id="aod-container"><h5 id="aod-asin-title-text">電気ケトル K-100</h5>{featured}'
        f'<input type="hidden" id="aod-total-offer-count" value="{total}"><div id="aod-offer-list">{others}</div></div><div id="aod-end"></div>'
    ).encode()


def listed_offer(
    heading: str, shown: str, seller: str, *, fee: str = "", cart_button: bool = True, asin: str = ASIN
) -> str:
    """One offer of the list."""
    button = '<input name="submit.addToCart" type="submit" aria-label="カートに追加">' if cart_button else ""
    return (
        f'<div id="aod-offer-heading"><h5>{heading}</h5></div>'
        f'<div id="aod-offer-price"><span id="aod-price-1"><span class="a-price"><span class="a-offscreen">{shown}</span></span></span></div>'
        f"{delivery(fee=fee) if fee else ''}"
        f'<div id="aod-offer-soldBy"><span class="a-color-tertiary">販売元</span><a href="/gp/aag/main?seller={SELLER}">{seller}</a></div>'
        f'<span data-action="aod-atc-action" data-aod-atc-action=\'{{"oid":"{OFFER_ID}","asin":"{asin}"}}\'>{button}</span>'
    )
