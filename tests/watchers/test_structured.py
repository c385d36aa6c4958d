"""Structured data is reported as it stands: what it says of this listing's product, where, and nothing of other goods."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchers.model import Availability, Condition, Listing, Source
from watchers.page import Page
from watchers.readers.structured import Structured, read_structured

URL = "https://shop.example/item/12345"
OFFER = {"@type": "Offer", "price": "52,000", "priceCurrency": "JPY", "availability": "https://schema.org/InStock"}
DECK = {"@context": "https://schema.org", "@type": "Product", "name": "Deck", "url": URL, "sku": "D-1", "offers": OFFER}
RIVAL = {**DECK, "name": "Rival", "url": "https://shop.example/item/99999", "sku": "R-1"}


def script(*values: object) -> str:
    return "".join(f'<script type="application/ld+json">{json.dumps(v, ensure_ascii=False)}</script>' for v in values)


def look(
    *values: object,
    head: str = "<title>Deck | Shop</title>",
    body: str = "",
    url: str = URL,
    variant: str | None = None,
) -> Structured:
    page = Page(url, f"<html><head>{head}{script(*values)}</head><body>{body}</body></html>".encode())
    return read_structured(page, Listing(url, variant=variant))


def says(found: Structured) -> list[Availability]:
    return [e.says for e in found.evidence]


def test_an_offer_with_its_terms_and_its_place() -> None:
    """State, price, seller, condition, quantity, ids, title and image are read, and the place is named."""
    offer = {**OFFER, "seller": {"@type": "Organization", "name": "Shop KK"}, "itemCondition": "https://schema.org/UsedCondition",
             "inventoryLevel": {"@type": "QuantitativeValue", "value": 3}}  # fmt: skip
    found = look({**DECK, "offers": [offer], "image": ["/a.jpg"], "gtin13": "0490000000001", "productID": "n/a"})
    (evidence,) = found.evidence
    assert (evidence.says, evidence.source) == (Availability.IN_STOCK, Source.JSON_LD)
    assert (evidence.where, evidence.words) == ("ld+json[0].offers.availability", "https://schema.org/InStock")
    terms = evidence.offer
    assert terms and (terms.price, terms.currency, terms.seller) == (Decimal(52000), "JPY", "Shop KK")
    assert (terms.condition, terms.quantity, terms.variant, terms.order_url) == (Condition.USED, 3, None, None)
    assert (found.title, found.image, found.product_found) == ("Deck", "https://shop.example/a.jpg", True)
    assert found.identity.ids == {"path:/item/12345", "sku:D-1", "gtin:490000000001"}
    assert len(found.spans) == 1


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("https://schema.org/InStock", Availability.IN_STOCK),
        ("http://schema.org/InStock/", Availability.IN_STOCK),
        ("schema:InStock", Availability.IN_STOCK),
        ("in stock", Availability.IN_STOCK),
        ("in_stock", Availability.IN_STOCK),
        ({"@id": "https://schema.org/LimitedAvailability"}, Availability.IN_STOCK),
        (["https://schema.org/OnlineOnly"], Availability.IN_STOCK),
        ("InStoreOnly", Availability.IN_STORE_ONLY),
        ("PreOrder", Availability.PREORDER),
        ("PreSale", Availability.PREORDER),
        ("https://schema.org/BackOrder", Availability.BACKORDER),
        ("MadeToOrder", Availability.MADE_TO_ORDER),
        ("Reserved", Availability.OUT_OF_STOCK),
        ("out of stock", Availability.OUT_OF_STOCK),
        ("SoldOut", Availability.OUT_OF_STOCK),
        ("oos", Availability.OUT_OF_STOCK),
        ("Discontinued", Availability.DISCONTINUED),
        ("NotInStock", None),
        ("available", None),
        ("pending", None),
        ("true", None),
        ("", None),
        (True, None),
        (None, None),
        ("https://schema.org/InStock | OutOfStock", None),
    ],
)
def test_only_words_on_the_list_are_evidence(word: object, state: Availability | None) -> None:
    """Every form of the known words is understood; any other is no evidence, and its price is still told."""
    found = look({**DECK, "offers": {**OFFER, "availability": word}})
    assert says(found) == ([state] if state else [])
    assert found.offers[0].price == Decimal(52000)


@pytest.mark.parametrize(
    "value",
    [
        {"@graph": [{"@type": "BreadcrumbList", "itemListElement": [RIVAL]}, DECK]},
        [{"@type": "WebSite", "name": "Shop"}, [DECK]],
        {"@type": ["Thing", ["Product", "Vehicle"]], **{k: v for k, v in DECK.items() if k != "@type"}},
        {**DECK, "@type": "https://schema.org/Product"},
        {"@type": "ItemPage", "mainEntity": DECK},
        {"@type": "Offer", **OFFER, "itemOffered": {k: v for k, v in DECK.items() if k != "offers"}},
        {"@graph": [{**DECK, "offers": {"@id": "#o"}}, {"@id": "#o", **OFFER}]},
        {
            **DECK,
            "isRelatedTo": RIVAL,
            "isSimilarTo": [RIVAL],
            "isAccessoryOrSparePartFor": RIVAL,
            "review": {"itemReviewed": RIVAL},
        },
    ],
)
def test_the_product_is_found_wherever_it_is_nested(value: object) -> None:
    """Graphs, lists, pages and references are followed; rails, trails and reviews are not."""
    found = look(value)
    assert says(found) == [Availability.IN_STOCK]
    assert found.title == "Deck"


def test_other_goods_are_no_evidence() -> None:
    """A list, a rail, and a product with another address or number say nothing about this one."""
    sold = {**OFFER, "availability": "SoldOut"}
    assert says(look({"@type": "ItemList", "itemListElement": [{"@type": "ListItem", "item": DECK}]})) == []
    alone = look(RIVAL)
    assert says(alone) == [] and not alone.product_found and "none of them" in alone.problems[0]
    assert says(look({**DECK, "offers": sold}, RIVAL)) == [Availability.OUT_OF_STOCK]
    assert says(look(RIVAL, {**DECK, "offers": sold})) == [Availability.OUT_OF_STOCK]
    assert says(look({**DECK, "url": RIVAL["url"]})) == []
    canonical = f'<title>x</title><link rel="canonical" href="{RIVAL["url"]}">'
    assert says(look({**RIVAL, "url": "https://shop.example/item/77777"}, head=canonical)) == []


def test_among_several_the_address_the_number_or_the_title_decides() -> None:
    """Without an address the product named in the page's address or title is taken; without either, none."""
    bare = [{"@type": "Product", "name": name, "sku": sku, "offers": {**OFFER, "availability": word}}
            for name, sku, word in (("Deck", "12345", "SoldOut"), ("Something else", "2", "InStock"))]  # fmt: skip
    assert says(look(*bare, head="")) == [Availability.OUT_OF_STOCK]
    by_title = [{**b, "sku": "x"} for b in bare]
    assert says(look(*reversed(by_title))) == [Availability.OUT_OF_STOCK]
    unclear = look(*by_title, head="<title>Welcome to our shop</title>")
    assert says(unclear) == [] and "2 products" in unclear.problems[0]
    assert says(look(*by_title, head="<title>Deck and Something else</title>")) == []


def test_a_lone_product_with_a_foreign_name_is_not_believed() -> None:
    """One block that neither address, number nor title connects with the page is somebody else's."""
    assert (
        says(look({"@type": "Product", "name": "Zzyzx 9000", "offers": OFFER}, head="<title>木製の椅子</title>")) == []
    )


def test_sellers_become_several_offers() -> None:
    """Each offer keeps its own state, price and seller; repeated ones count once."""
    offers = [
        {**OFFER, "seller": {"name": s}, "price": p, "availability": a}
        for s, p, a in (("A", 1, "InStock"), ("B", 2, "SoldOut"))
    ]
    found = look({**DECK, "offers": [*offers, offers[0]]})
    assert [(o.seller, o.price, o.availability.value, o.variant) for o in found.offers] == [
        ("A", Decimal(1), "in_stock", None),
        ("B", Decimal(2), "out_of_stock", None),
    ]
    assert [e.where for e in found.evidence] == [
        "ld+json[0].offers[0].availability",
        "ld+json[0].offers[1].availability",
    ]


def test_aggregates_are_opened() -> None:
    """Low and high price, and the offers inside with what they inherit."""
    whole = {
        "@type": "AggregateOffer",
        "lowPrice": "10.00",
        "highPrice": "20.00",
        "priceCurrency": "EUR",
        "availability": "InStock",
    }
    (offer,) = look({**DECK, "offers": whole}).offers
    assert (offer.price, offer.price_high, offer.currency) == (Decimal("10.00"), Decimal("20.00"), "EUR")
    inner = {
        **whole,
        "offers": [
            {"@type": "Offer", "price": 10, "seller": "A"},
            {"@type": "Offer", "price": 20, "availability": "SoldOut"},
        ],
    }
    found = look({**DECK, "offers": inner})
    assert [(o.price, o.currency, o.availability.value) for o in found.offers] == [
        (Decimal(10), "EUR", "in_stock"),
        (Decimal(20), "EUR", "out_of_stock"),
    ]
    assert found.evidence[1].where == "ld+json[0].offers.offers[1].availability"
    links = {**whole, "offers": [{"@type": "Offer", "url": "/other"}]}
    assert [o.price for o in look({**DECK, "offers": links}).offers] == [Decimal("10.00")]


@pytest.mark.parametrize(
    ("terms", "price", "currency", "untaxed"),
    [
        ({"price": 0}, None, "JPY", False),
        ({"price": "0.00"}, None, "JPY", False),
        ({"price": "￥52,000", "priceCurrency": None}, "52000", "JPY", False),
        ({"price": "1.234"}, None, "JPY", False),
        ({"price": None, "priceSpecification": {"price": 500, "valueAddedTaxIncluded": False}}, "500", "JPY", True),
        ({"price": None, "priceSpecification": [{"price": 900, "priceType": "https://schema.org/ListPrice"}, {"price": 500}]}, "500", "JPY", False),
        ({"price": None, "priceSpecification": {"price": 5, "referenceQuantity": {"value": 100}}}, None, "JPY", False),
        ({"price": ["500"]}, "500", "JPY", False),
        ({"price": {"x": 1}}, None, "JPY", False),
        ({"price": 1e400}, None, "JPY", False),
    ],
)  # fmt: skip
def test_prices_are_sane(terms: dict[str, object], price: str | None, currency: str, untaxed: bool) -> None:
    """Zero, list prices, prices per unit and double readings are no price; the state stands on its own."""
    found = look({**DECK, "offers": {**OFFER, **terms}})
    (offer,) = found.offers
    assert says(found) == [Availability.IN_STOCK]
    assert (offer.price, offer.currency, offer.tax_excluded) == (Decimal(price) if price else None, currency, untaxed)


def test_release_dates_come_with_preorders() -> None:
    """A preorder tells when, from the offer or the product; a stocked product does not."""
    assert (
        look({**DECK, "releaseDate": "2027-01-01", "offers": {**OFFER, "availability": "PreOrder"}})
        .offers[0]
        .available_on
        == "2027-01-01"
    )
    assert look({**DECK, "releaseDate": "2027-01-01"}).offers[0].available_on is None


def test_open_graph_is_the_last_resort_and_a_second_voice() -> None:
    """Meta tags give a state and a price; `twitter:data` and other words do not."""
    tags = ('<title>Deck</title><meta property="product:availability" content="in stock"><meta property="product:price:amount" content="1,980">'
            '<meta property="product:price:currency" content="JPY"><meta property="og:image" content="/i.png">')  # fmt: skip
    found = look(head=tags)
    (evidence,) = found.evidence
    assert (evidence.says, evidence.source, evidence.where) == (
        Availability.IN_STOCK,
        Source.OPEN_GRAPH,
        "meta[product:availability]",
    )
    assert evidence.offer and (evidence.offer.price, evidence.offer.currency) == (Decimal(1980), "JPY")
    assert [e.source for e in look({**DECK, "offers": {**OFFER, "availability": "SoldOut"}}, head=tags).evidence] == [
        Source.JSON_LD,
        Source.OPEN_GRAPH,
    ]
    assert not look(
        head='<meta name="twitter:data1" content="in stock"><meta property="og:availability" content="pending">'
    ).evidence
    assert not look(RIVAL, head=tags).evidence


def test_a_broken_block_is_named() -> None:
    """A block that cannot be read is a problem with its place, and hides nothing else."""
    found = look(DECK, head='<script type="application/ld+json">{"@type": Product}</script>')
    assert says(found) == [Availability.IN_STOCK]
    assert found.problems[0].startswith("ld+json[0] at byte ")


def test_json_ld_and_tags_need_no_tree() -> None:
    """Reading JSON-LD and meta tags never builds the document tree."""
    page = Page(URL, f"<html><head><meta property='og:title' content='Deck'>{script(DECK)}</head></html>".encode())
    assert read_structured(page, Listing(URL)).evidence and "dom" not in vars(page)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "@type",
                    "@id",
                    "@graph",
                    "offers",
                    "price",
                    "availability",
                    "url",
                    "name",
                    "hasVariant",
                    "seller",
                    "sku",
                    "image",
                ]
            ),
            inner | st.sampled_from(["Product", "Offer", "ProductGroup", "InStock", "http://[", URL]),
            max_size=6,
        )
    ),
    max_leaves=25,
)


@given(JSON)
def test_no_data_breaks_the_reading(value: object) -> None:
    """Whatever shape a block has, it is read without an error."""
    look({"@type": "Product", "url": URL, "offers": value, "hasVariant": value, "name": value, "image": value}, value)
