"""Microdata is read like JSON-LD: nested scopes kept apart, other goods left out, and no tree where there is none."""

from decimal import Decimal

import pytest

from tests.watchers.test_structured import DECK, OFFER, URL, look, says
from watchers.model import Availability, Listing, Source
from watchers.page import Page
from watchers.readers.structured import read_structured

ITEM = """<div itemscope itemtype="http://schema.org/Product"><h1 itemprop="name">Deck</h1><meta itemprop="sku" content="D-1">
<div><span itemprop="offers" itemscope itemtype="https://schema.org/Offer">{offer}</span></div>{more}</div>"""
TERMS = '<b itemprop="price" content="1980">1,980円</b><meta itemprop="priceCurrency" content="JPY">'


def item(offer: str, more: str = "") -> str:
    return ITEM.format(offer=TERMS + offer, more=more)


@pytest.mark.parametrize(
    "word",
    [
        '<link itemprop="availability" href="http://schema.org/SoldOut">',
        '<meta itemprop="availability" content="SoldOut">',
        '<span itemprop="availability">sold out</span>',
        '<a itemprop="availability" href="https://schema.org/SoldOut">x</a>',
    ],
)
def test_properties_are_read_from_where_they_stand(word: str) -> None:
    """Links, meta tags and text name the state; price, currency, title and number come along."""
    found = look(body=item(word))
    (evidence,) = found.evidence
    assert (evidence.says, evidence.source, evidence.where) == (
        Availability.OUT_OF_STOCK, Source.MICRODATA, "microdata[0].offers.availability")  # fmt: skip
    assert evidence.offer and (evidence.offer.price, evidence.offer.currency) == (Decimal(1980), "JPY")
    assert found.title == "Deck" and "sku:D-1" in found.identity.ids


def test_scopes_do_not_leak() -> None:
    """A rail inside the product, a review and a list keep their states to themselves."""
    sold = '<link itemprop="availability" href="SoldOut">'
    stocked = item('<link itemprop="availability" href="InStock">')  # by the same name: only its place tells it apart
    inside = item(sold, stocked.replace("<div itemscope", '<div itemprop="isRelatedTo" itemscope', 1))
    assert says(look(body=inside)) == [Availability.OUT_OF_STOCK]
    assert says(look(body=item(sold, stocked))) == [Availability.OUT_OF_STOCK]
    listed = f'<div itemscope itemtype="https://schema.org/ItemList">{stocked}</div>'
    assert says(look(body=item(sold) + listed)) == [Availability.OUT_OF_STOCK]
    assert says(look(body=f"<template>{stocked}</template>{item(sold)}")) == [Availability.OUT_OF_STOCK]


def test_a_rail_beside_the_product_is_told_apart_by_title() -> None:
    """Two products on a level: the page's title decides."""
    rival = item('<link itemprop="availability" href="InStock">').replace("Deck", "Grand piano")
    assert says(look(body=rival + item('<link itemprop="availability" href="SoldOut">'))) == [Availability.OUT_OF_STOCK]


def test_json_ld_comes_first_and_microdata_fills_in() -> None:
    """Microdata is asked only when JSON-LD names no state."""
    body = item('<link itemprop="availability" href="SoldOut">')
    assert [e.source for e in look(DECK, body=body).evidence] == [Source.JSON_LD]
    silent = {**DECK, "offers": {k: v for k, v in OFFER.items() if k != "availability"}}
    assert [e.source for e in look(silent, body=body).evidence] == [Source.MICRODATA]


def test_no_itemprop_no_tree() -> None:
    """A page without microdata costs a byte search."""
    page = Page(URL, b"<html><title>Deck</title><div itemscope></div></html>")
    read_structured(page, Listing(URL))
    assert "dom" not in vars(page)


def test_deep_and_wide_pages_are_given_up_on() -> None:
    """Thousands of nested scopes and properties end at the budget, not in a crash."""
    deep = '<div itemprop="x" itemscope>' * 1500
    wide = '<i itemprop="availability">x</i>' * 30_000
    head = '<div itemscope itemtype="http://schema.org/Product"><i itemprop="name">Deck</i>'
    assert look(body=head + deep).title == "Deck"
    assert says(look(body=head + wide)) == []
