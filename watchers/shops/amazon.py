"""Amazon, every marketplace: whose buy box it is, what it takes today, from whom and for how much.

Structure: `shops.md` section 2, and pages of 2018 to 2026, desktop and mobile. A box that is not where it was, or that says
nothing this reader knows, makes it abstain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from selectolax.lexbor import LexborHTMLParser, LexborNode

from watchers.model import Availability, Cause, Condition, Evidence, Listing, Offer, Source
from watchers.page import Page
from watchers.shops.amazon_address import (
    MARKETPLACES,
    Marketplace,
    asin_of,
    is_offer_list,
    marketplace_of,
    seller_of,
)
from watchers.shops.amazon_box import (
    chosen_variant,
    closed,
    ends_in,
    find_box,
    front_of,
    is_family,
    is_variant,
    options_of,
    product_asin,
    resting_span,
)
from watchers.shops.amazon_offers import (
    LIST,
    Option,
    kind_in_data,
    listed,
    listed_asin,
    nobody_sells,
    offer_of,
    others_offer,
)
from watchers.shops.amazon_price import points_in, price_in
from watchers.shops.amazon_row import Row, read_row
from watchers.shops.amazon_seller import renewed_title, seller_in
from watchers.shops.amazon_settle import cannot, settle
from watchers.shops.amazon_tree import first_of, is_within, reads, seen, some, text_of
from watchers.shops.shop import Told

_LARGE, _MOST_TAGS = 2_000_000, 150_000  # Amazon's largest pages, of 3 MB, have fewer than 20,000 tags
_TITLES = ("productTitle", "title", "ebooksProductTitle", "aod-asin-title-text")
_IMAGES = ("landingImage", "imgBlkFront", "ebooksImgBlkFront", "main-image", "aod-asin-image-id")


@dataclass(frozen=True, slots=True)
class Amazon:
    """All marketplaces: they share their pages, and differ in host, language and money."""

    name: str = "Amazon"
    hosts: tuple[str, ...] = tuple(place.host for place in MARKETPLACES)
    basis: str = "real pages"

    def product(self, url: str) -> str | None:
        """Return "asin:B0…" for a product's address, in any of the forms Amazon gives out."""
        asin = asin_of(url)
        return f"asin:{asin}" if asin else None

    def read(self, page: Page, listing: Listing) -> Told | None:
        """Say what the buy box, or the list of all offers, says of the listing's product."""
        place = marketplace_of(page.url)
        asked = asin_of(listing.url) or asin_of(page.url)
        if place is None or asked is None or page.is_json:
            return None
        if is_offer_list(page.url) and not ends_in(page.body):
            return _offer_list(page, listing, place, asked)
        if b"uybox" not in page.body and b"uyBox" not in page.body:
            return None
        if len(page.body) > _LARGE and page.body.count(b"<") > _MOST_TAGS:
            return None
        return _product_page(page, listing, place, asked)


def _product_page(page: Page, listing: Listing, place: Marketplace, asked: str) -> Told | None:
    told = None
    if (front := front_of(page)) is not None:
        told = _read_tree(front, page, listing, place, asked)
    # What the front leaves open, or without a price, may stand further behind.
    if (
        told is None
        or told.cause is not None
        or (told.offers and told.offers[0].price is None and told.offers[0].order_url)
    ):
        return _read_tree(page.dom, page, listing, place, asked)
    return told


def _read_tree(dom: LexborHTMLParser, page: Page, listing: Listing, place: Marketplace, asked: str) -> Told | None:
    box = find_box(dom)
    if box is None:
        return None
    asin = product_asin(box, page.body)
    if asin is None:
        return None
    ids = frozenset({f"asin:{asin}"})
    if asin != asked:
        if not is_family(asked, asin, page.body):
            return cannot(Cause.IDENTITY, f"asked for {asked}, the page is about {asin}", ids)
        ids |= {f"asin:{asked}"}  # the address of a family: Amazon shows one of its variants
    elsewhere = marketplace_of(listing.url)
    if elsewhere is not None and elsewhere != place:
        return cannot(Cause.IDENTITY, f"asked {elsewhere.name}, was sent to {place.name}", ids)
    title = text_of(first_of(dom, *_TITLES)) or None
    options = list(_options(dom, box, place, page, asin, title))
    if not options:
        return None
    if not closed(box) and not (dom is page.dom and ends_in(page.body)):
        return cannot(Cause.TRUNCATED, "the page ends within its buy box", ids)
    variant = chosen_variant(dom)
    if listing.variant is not None and not is_variant(listing.variant, variant):
        shows = f'shows the variant "{variant}"' if variant else "does not say which variant it shows"
        return cannot(
            Cause.NO_EVIDENCE, f'the page {shows}, not "{listing.variant}": list the address of that one', ids
        )
    if variant is not None:
        options = [replace(option, offer=replace(option.offer, variant=variant)) for option in options]
    told = settle(options, seller_of(listing.url), place, ids)
    refused = told.availability.is_verdict and not told.availability.is_orderable and seller_of(listing.url) is None
    spans = resting_span(page, told.evidence[0].words) if refused and len(options) == 1 else ()
    return replace(told, title=title, image=_image(dom), identified=True, spans=spans)


def _options(
    dom: LexborHTMLParser, box: LexborNode, place: Marketplace, page: Page, asin: str, title: str | None
) -> Sequence[Option]:
    """Read every buying option of the box; what stands beside the box in the page's middle is the leading option's."""
    areas = list(options_of(box))
    alone = len(areas) == 1
    leading = next((number for number, (_, name) in enumerate(areas) if name.lower().startswith("new")), 0)
    line = next((n for n in some(dom, "#availability") if not is_within(n, box) and reads(n) and seen(n)), None)
    found = []
    for number, (area, name) in enumerate(areas):
        leads = number == leading
        stock = line if alone or leads else None
        row = read_row(area, name, place, stock)
        if row.asin is not None and row.asin != asin:
            continue
        if row.others:
            found.append(Option(row, others_offer(dom.root or box, place)))
            continue
        whole = dom.body
        aside = whole is not None and (alone or leads) and row.availability.is_verdict
        price = (
            price_in(whole, place.currency, own=False)
            if aside and whole is not None and price_in(area, place.currency) is None
            else None
        )
        if row.condition is None:
            row = replace(row, condition=_kind(row, title, page.body))
        if row.seller is None and aside and whole is not None:
            row = replace(row, seller=seller_in(whole, place, own=False))
        offer = offer_of(row, area, place, page.url, asin, price=price)
        if row.phrase is None and offer.availability is Availability.IN_STOCK and not _bears_out(offer):
            row = replace(
                row, why=f'"{row.why}" can be pressed, but no price, day or word about stock stands beside it'
            )
            offer = Offer(Availability.UNKNOWN)
        if offer.points is None and aside and whole is not None and place.currency == "JPY":
            offer = replace(offer, points=points_in(whole))
        found.append(Option(row, offer))
    return found


def _bears_out(offer: Offer) -> bool:
    """True when something beside the button says that it orders something: a price, or a day of delivery."""
    return offer.price is not None or offer.available_on is not None


def _kind(row: Row, title: str | None, body: bytes) -> Condition:
    """Say in which condition an option is that names none: a renewed product's listing says so in its title."""
    if title and renewed_title(title):
        return Condition.REFURBISHED
    return kind_in_data(row.offer_id, body) or Condition.NEW


def _offer_list(page: Page, listing: Listing, place: Marketplace, asked: str) -> Told | None:
    dom = page.dom
    root = dom.root
    if root is None:
        return None
    ids = frozenset({f"asin:{asked}"})
    if (about := listed_asin(root)) is not None and about != asked:
        return cannot(Cause.IDENTITY, f"asked for {asked}, the list is about {about}", frozenset({f"asin:{about}"}))
    title = text_of(first_of(dom, *_TITLES)) or None
    options = listed(root, place, page.url, asked)
    if options:
        last = some(dom, LIST)[-1]
        if not closed(last):
            return cannot(Cause.TRUNCATED, "the list ends within an offer", ids)
        return replace(settle(options, seller_of(listing.url) or seller_of(page.url), place, ids), title=title)
    if words := nobody_sells(root):
        evidence = Evidence(Availability.OUT_OF_STOCK, Source.SHOP, "offer list", words)
        return Told(Availability.OUT_OF_STOCK, (evidence,), (Offer(Availability.OUT_OF_STOCK),), title=title, ids=ids)
    return None


def _image(dom: LexborHTMLParser) -> str | None:
    node = first_of(dom, *_IMAGES)
    for name in ("data-old-hires", "src"):
        if node is not None and (address := (node.attributes.get(name) or "").strip()).startswith("https://"):
            return address
    return None


AMAZON = Amazon()
