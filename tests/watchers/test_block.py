"""The product block is found without selectors: around the heading, as far as the order control, other goods left out."""

from decimal import Decimal

import pytest

from tests.watchers.reading import URL, look, product
from watchers.model import Availability as A
from watchers.page import Page
from watchers.readers.wording import read_wording

BUY = "<p>$20.00</p><button>Add to cart</button>"
SOLD = "<p>$20.00</p><button disabled>Sold out</button>"


def block_title(page: str, *titles: str) -> str | None:
    block = read_wording(Page(URL, page.encode()), titles).block
    return block.title if block else None


def test_the_heading_is_the_one_that_the_page_calls_itself() -> None:
    """A shop's name in an h1 does not win over the product's title in an h2."""
    page = f"<body><h1>Example Shop</h1><h2>Follow us</h2><div><h2>Desk Lamp</h2>{BUY}</div></body>"
    assert block_title(page, "Desk Lamp | Example Shop") in ("Desk Lamp", "Example Shop")
    assert block_title(page, "Desk Lamp") == "Desk Lamp"


def test_a_page_without_headings_is_anchored_on_its_title() -> None:
    """Where no heading names the product, the text that equals the title does."""
    page = f"<body><div class=name>Desk Lamp</div>{BUY}</body>"
    assert block_title(page, "Desk Lamp") == "Desk Lamp"
    assert block_title("<body><p>Nothing here</p></body>", "Desk Lamp") is None


def test_the_block_reaches_across_columns() -> None:
    """Heading, price and button may stand in columns of their own."""
    page = (
        "<body><header><a href='/'>Shop</a></header><div id=dp><div class=left><h1>Desk Lamp</h1></div>"
        "<div class=middle><p>$20.00</p></div><div class=right><form><input type=submit value='Add to cart'></form></div></div></body>"
    )
    assert look(page).availability is A.IN_STOCK


CARD = "<a href='/p/{n}'><img src='{n}.jpg' alt=''></a><a href='/p/{n}'>Lamp {n}</a><span>$1{n}.00</span><p>In stock</p><button>Add to cart</button>"
CARDS = "".join(f"<div class=unit>{CARD.format(n=n)}</div>" for n in range(1, 5))
# Rails as shops build them; none of them is announced by a class name.
RAILS = {
    "picture and title links": CARDS,
    "one card": f"<div>{CARD.format(n=1)}</div>",
    "title in a heading": "<ul><li><h3><a href='/p/1'>Lamp</a></h3><span>$1.00</span><button>Add to cart</button></li></ul>",
    "link around everything": "<ul><li><a href='/p/1'><img src=1.jpg><h4>Lamp</h4><span>$1.00</span></a><button>Buy now</button></li></ul>",
    "no pictures": "".join(f"<div class=row><a href='/p/{n}'>Lamp {n}</a><b>$1{n}</b><button>Add to cart</button></div>" for n in (1, 2, 3)),
    "absolute links": CARDS.replace("href='/p", "href='https://shop.example/p"),
    "relative links": CARDS.replace("href='/p", "href='../p"),
    "query links": CARDS.replace("href='/p/", "href='?pid="),
    "announced by a heading": "<h2>Customers also bought</h2><div><p>$5.00</p><button>Add to cart</button></div>",
    "announced in Japanese": "<div><h3>関連商品</h3><p>500円</p><button>カートに入れる</button></div>",
    "slides": "<div class='swiper-slide'><p>$5.00</p><button>Add to cart</button></div>",
    "product cards": "<div class='productCard'><p>$5.00</p><button>Add to cart</button></div>",
}  # fmt: skip


@pytest.mark.parametrize("rail", RAILS)
@pytest.mark.parametrize(
    "refusal", [SOLD, "<p>Sold out</p>", "<p>$20.00</p><p>Sold out</p><button>Notify me</button>", "<p>$20.00</p>", ""]
)
@pytest.mark.parametrize("where", ["after", "within", "before"])
def test_goods_in_a_rail_never_make_a_yes(rail: str, refusal: str, where: str) -> None:
    """A sold-out product, or one that says nothing, stays so among any goods that can be had."""
    others = RAILS[rail]
    if where == "before" and "announced" in rail:
        return  # a rail's heading before the product heads the product's own part in a flat page: nothing can be told apart
    inside = f"{refusal}{others}" if where == "within" else refusal
    page = product(inside, after=f"<div>{others}</div>" if where == "after" else "")
    if where == "before":
        page = page.replace("<main>", f"<main><div>{others}</div>")
    reading = look(page)
    assert not reading.availability.is_orderable, reading.evidence


@pytest.mark.parametrize("rail", RAILS)
def test_sold_out_goods_in_a_rail_do_not_hide_a_yes(rail: str) -> None:
    """A product that can be had is not refused because others are sold out."""
    others = RAILS[rail].replace("In stock", "Sold out").replace("<button>", "<button disabled>")
    assert look(product(BUY, after=f"<div>{others}</div>")).availability is A.IN_STOCK


def test_the_price_is_the_one_beside_the_button() -> None:
    """Old prices, points, rails and postage are not what the goods cost; raised cents belong to their amount."""
    prices = {
        "<p><s>$30.00</s> <b>$20.00</b></p>": "20.00",
        "<p class='was-price'>$30.00</p><p>$20.00</p>": "20.00",
        "<p>$<span>20</span> <sup>99</sup></p>": "20.99",
        "<p>税抜 2,000円</p><p>2,200円（税込）</p>": "2200",
        "<p>送料 500円</p><p>2,200円（税込）</p>": "2200",
        "<p>１２，８００円（税込）</p>": "12800",
        f"<p>$20.00</p><section><h2>Related products</h2>{CARDS}</section>": "20.00",
    }
    for inside, price in prices.items():
        offers = look(product(f"{inside}<button>Add to cart</button>")).offers
        assert offers[0].price == Decimal(price), inside


def test_several_amounts_without_a_mark_are_no_price() -> None:
    """An unread price never passes a ceiling; a guessed one might."""
    assert look(product("<p>$20.00</p><p>$18.00</p><button>Add to cart</button>")).offers[0].price is None


def test_rows_of_one_order_form_are_variants() -> None:
    """One row that can be had opens the listing; when every row is refused the one button orders nothing."""
    rows = "<tr><td>A</td><td>$1.00</td><td>{}</td></tr><tr><td>B</td><td>$2.00</td><td>{}</td></tr>"
    form = "<form><button>Add to cart</button><table><tbody>%s</tbody></table></form>"
    assert look(product(form % rows.format("In stock", "Out of stock"))).availability is A.IN_STOCK
    assert look(product(form % rows.format("Discontinued", "Out of stock"))).availability is A.OUT_OF_STOCK
