"""A page counts only when it is about the product asked for, and a contradiction is always something present (T2)."""

import pytest

from watchers.identity import address, check_identity, same_product
from watchers.model import Identity, Listing
from watchers.page import Page

ITEM = "https://www.shop.example/item/12345"


def check(
    landed: str = ITEM,
    *,
    asked: str = ITEM,
    head: str = "",
    known: Identity | None = None,
    found: Identity = Identity(),  # noqa: B008 - frozen
) -> str | None:
    page = Page(landed, f"<html><head>{head}</head></html>".encode(), requested_url=asked)
    return check_identity(page, Listing(asked), known, found)


@pytest.mark.parametrize(
    ("asked", "landed"),
    [
        (ITEM, "https://shop.example/item/12345/"),
        (ITEM, "https://m.shop.example/item/12345"),
        (ITEM, "https://www.shop.example/ja/item/12345?utm_source=mail"),
        (ITEM, "https://www.shop.example/en-us/item/12345#top"),
        (ITEM, "https://www.shop.example/item/12345-a-new-name"),
        ("https://shop.example/old-name-p-123456", "https://shop.example/new-name-p-123456"),
        ("https://shop.example/dp/B002XA6AU4", "https://shop.example/%E6%9D%BE/dp/b002xa6au4/ref=sr_1"),
        ("https://shop.example/%E5%95%86%E5%93%81", "https://shop.example/商品"),
        ("https://shop.example/collections/new/products/deck", "https://shop.example/products/deck"),
        ("https://shop.example/detail.php?id=7&utm_medium=x", "https://shop.example/detail.php?id=7"),
        ("https://shop.example/item/12/old", "https://shop.example/item/12/new"),
        ("https://shop.example/Deck.html", "https://shop.example/deck"),
        ("http://shop.example/products/deck?variant=1", "https://shop.example/products/deck?variant=2"),
    ],
)
def test_the_same_product_under_another_address(asked: str, landed: str) -> None:
    """Aliases of the host, languages, slugs, case, encoding and tracking do not name another product."""
    assert check(landed, asked=asked) is None
    assert check(asked, asked=asked, head=f'<link rel="canonical" href="{landed}">') is None


def test_a_short_link_may_lead_to_any_product_but_not_home() -> None:
    """A link of another host without an id stands for where it leads, once and as long as its ids stay."""
    assert check(ITEM, asked="https://sho.rt/abc", head=f'<link rel="canonical" href="{ITEM}">') is None
    assert check("https://www.shop.example/", asked="https://sho.rt/abc")


@pytest.mark.parametrize(
    ("asked", "landed"),
    [
        (ITEM, "https://www.shop.example/"),
        (ITEM, "https://www.shop.example/index.html"),
        (ITEM, "https://www.shop.example/ja/"),
        (ITEM, "https://www.shop.example/item/12346"),
        (ITEM, "https://www.shop.example/category/shoes"),
        (ITEM, "https://www.shop.example/search?q=12345"),
        ("https://shop.example/shoes/runner", "https://shop.example/shoes"),
        ("https://shop.example/products/deck-red", "https://shop.example/products/deck-blue"),
        ("https://shop.example/products/deck", "https://shop.example/collections/all"),
        ("https://shop.example/seller/55555/item/11111", "https://shop.example/seller/55555/item/22222"),
        ("https://shop.example/detail.php?id=7", "https://shop.example/detail.php?id=8"),
        ("https://shop.example/dp/B002XA6AU4", "https://shop.example/dp/B002XA6AU5"),
        ("https://shop.example/item/12", "https://shop.example/item/13"),
        ("https://shop.example/detail.php?id=7", "https://shop.example/"),
    ],
)
def test_another_address_is_a_contradiction(asked: str, landed: str) -> None:
    """The top page, a category, a search and another product are refused, by redirect and by canonical address."""
    said = check(landed, asked=asked)
    assert said and "was sent to" in said
    said = check(asked, asked=asked, head=f"<link rel=canonical href='{landed}'>")
    assert said and "canonical" in said


def test_a_page_that_says_nothing_is_believed() -> None:
    """No canonical address without a redirect is neutral; so are an address by number with a speaking canonical."""
    assert check() is None
    assert check(asked="https://shop.example/p.php?id=7", landed="https://shop.example/p.php?id=7",
                 head='<link rel="canonical" href="/nice-name">') is None  # fmt: skip


def test_a_lost_id_is_a_redirect_elsewhere() -> None:
    """The same script without the id is the shop's list."""
    assert check("https://shop.example/p.php", asked="https://shop.example/p.php?id=7")


def test_the_social_address_counts_only_when_it_names_another_product() -> None:
    """Shops put their home or a category into og:url; another product there is a contradiction."""
    assert check(head='<meta property="og:url" content="https://www.shop.example/">') is None
    assert check(head='<meta property="og:url" content="https://www.shop.example/item">') is None
    assert "og:url" in (check(head='<meta property="og:url" content="/item/99999">') or "")


def test_remembered_ids_must_not_change() -> None:
    """Another number of the same kind is another product; new kinds, more numbers and case are not."""
    known = Identity("Deck", frozenset({"sku:A-1", "gtin:4900000000001", "path:/item/1"}))
    assert check(known=known, found=Identity("Deck", frozenset({"sku:a-1"}))) is None
    assert check(known=known, found=Identity("Deck", frozenset({"mpn:X"}))) is None
    assert check(known=known, found=Identity("Deck", frozenset({"sku:B-2", "sku:A-1", "path:/item/other"}))) is None
    said = check(known=known, found=Identity("Deck", frozenset({"sku:B-2"})))
    assert said == "the page's sku was a-1, now it is b-2"


def test_known_ids_vouch_for_a_moved_page() -> None:
    """A new slug with the same remembered number is the same product; the first time it is not believed."""
    old, new = "https://shop.example/products/deck", "https://shop.example/products/steam-deck"
    me = Identity("Deck", frozenset({"sku:A-1"}))
    assert check(new, asked=old, known=me, found=me, head=f'<link rel=canonical href="{new}">') is None
    assert check(new, asked=old, found=me)


def test_no_secret_is_shown() -> None:
    """The sentence names addresses without login and query."""
    said = check("https://u:pw@shop.example/?token=abc", asked="https://u:pw@shop.example/item/12345?key=abc") or ""
    assert said and "pw" not in said and "abc" not in said


def test_odd_addresses_are_no_addresses() -> None:
    """What is no web address compares with nothing and breaks nothing."""
    for url in ("", "javascript:alert(1)", "http://[", "//x", "mailto:a@b", "https://"):
        assert address(url) is None
    one, other = address("https://a.example/x/1"), address("https://a.example/x/1?page=3")
    assert one and other and same_product(one, other)
    assert check(head='<link rel="canonical" href="http://[">') is None


def test_a_short_path_is_not_the_top_page() -> None:
    """ "/tv" and "/pc" are two things and neither is the shop's front door; "/en" and "/en-us" are."""
    assert same_product(address("https://shop.example/tv"), address("https://shop.example/pc")) is not True
    assert not address("https://shop.example/ok").is_home
    assert address("https://shop.example/en").is_home
    assert address("https://shop.example/en-us/").is_home
