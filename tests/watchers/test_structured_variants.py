"""A listing for one variant reads that variant; one for the whole product reads them all, each under its name."""

from tests.watchers.test_structured import DECK, OFFER, URL, look, says
from watchers.model import Availability
from watchers.readers.structured import Structured


def variant(number: int, color: str, word: str) -> dict[str, object]:
    url = f"{URL}?variant={number}"
    return {"@type": "Product", "name": f"Deck {color}", "color": color, "sku": f"D-{number}", "url": url,
            "offers": {**OFFER, "url": url, "price": 1000 * number, "availability": word}}  # fmt: skip


GROUP = {"@type": "ProductGroup", "name": "Deck", "url": URL, "productGroupID": "G1",
         "hasVariant": [variant(1, "Red", "OutOfStock"), variant(2, "Blue", "InStock")]}  # fmt: skip


def states(found: Structured) -> dict[str | None, str]:
    return {o.variant: o.availability.value for o in found.offers}


def test_a_group_keeps_its_variants_apart() -> None:
    """Without a wish for one, every variant is an offer under its name, and the group's id is what is remembered."""
    found = look(GROUP)
    assert states(found) == {"Red": "out_of_stock", "Blue": "in_stock"}
    assert [e.where for e in found.evidence] == [f"ld+json[0].hasVariant[{i}].offers.availability" for i in (0, 1)]
    assert found.identity.ids == {"path:/item/12345", "group:G1"}


def test_the_address_narrows_to_its_variant() -> None:
    """`?variant=` reads that one only, and an unknown one is no evidence rather than another's."""
    assert says(look(GROUP, url=f"{URL}?variant=1")) == [Availability.OUT_OF_STOCK]
    assert says(look(GROUP, url=f"{URL}?sku=D-2")) == [Availability.IN_STOCK]
    missing = look(GROUP, url=f"{URL}?variant=3")
    assert says(missing) == [] and 'no variant "3"' in missing.problems[0]


def test_the_setting_narrows_by_name_or_number() -> None:
    """Name, colour, number: whatever names the variant, in any case and width."""
    for wanted in ("red", "RED", "Ｒｅｄ", "Deck Red", "d-1", "1"):
        assert says(look(GROUP, variant=wanted)) == [Availability.OUT_OF_STOCK], wanted
    assert says(look(GROUP, variant="Green")) == []
    assert says(look(DECK, variant="Green")) == []


def test_offers_of_one_product_may_be_variants() -> None:
    """A list of offers told apart by their address or number is narrowed the same way."""
    offers = [
        {**OFFER, "sku": f"D-{n}", "url": f"{URL}?variant={n}", "availability": a}
        for n, a in ((1, "SoldOut"), (2, "InStock"))
    ]
    assert states(look({**DECK, "offers": offers})) == {"D-1": "out_of_stock", "D-2": "in_stock"}
    assert says(look({**DECK, "offers": offers}, url=f"{URL}?variant=1")) == [Availability.OUT_OF_STOCK]
    assert "sku:D-1" not in look({**DECK, "offers": offers}).identity.ids


def test_a_page_drawn_for_the_variant_is_believed() -> None:
    """One offer without a variant of its own is the one the address asked for; one of another variant is not."""
    assert says(look(DECK, url=f"{URL}?variant=1")) == [Availability.IN_STOCK]
    other = {**DECK, "offers": {**OFFER, "url": f"{URL}?variant=2"}}
    assert says(look(other, url=f"{URL}?variant=1")) == []


def test_a_product_and_its_group_say_it_once() -> None:
    """Shops repeat the product beside its group: the same offer counts once."""
    red = {**variant(1, "Red", "InStock"), "url": URL}
    assert (
        len(look(red, {**GROUP, "hasVariant": [variant(1, "Red", "InStock"), {"url": f"{URL}?variant=9"}]}).offers) == 1
    )


def test_open_graph_cannot_speak_for_a_variant() -> None:
    """Meta tags describe the page, not the variant asked for."""
    tags = '<title>Deck</title><meta property="product:availability" content="instock">'
    assert says(look(head=tags)) == [Availability.IN_STOCK]
    assert says(look(head=tags, variant="Red")) == []
