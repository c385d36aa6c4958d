"""Words mean what shops mean by them: stock phrases in short statements, controls by role, words and enabledness."""

import time
import tomllib
from importlib.resources import files

import pytest

from tests.watchers.reading import URL, product
from watchers.model import Availability as A
from watchers.model import Evidence, Source
from watchers.page import Page
from watchers.readers.lexicon import Role, fold, lexicon
from watchers.readers.wording import read_wording

WORDS = lexicon()


def evidence(page: str) -> tuple[Evidence, ...]:
    return read_wording(Page(URL, page.encode()), ["Desk Lamp"]).evidence


@pytest.mark.parametrize(("text", "state", "quantity"), [
    ("在庫あり。", A.IN_STOCK, None), ("残り３点 ご注文はお早めに", A.IN_STOCK, 3), ("在庫数：12", A.IN_STOCK, 12), ("在庫：×", A.OUT_OF_STOCK, None),
    ("現在在庫切れです。この商品の再入荷予定は立っておりません。", A.OUT_OF_STOCK, None), ("現在お取り扱いできません。", A.OUT_OF_STOCK, None),
    ("売り切れました", A.OUT_OF_STOCK, None), ("予定数の販売を終了しました", A.OUT_OF_STOCK, None), ("販売休止中です", A.OUT_OF_STOCK, None),
    ("通常2～3日以内に発送します。", A.IN_STOCK, None), ("通常１〜２か月以内に発送します。", A.BACKORDER, None), ("通常1~2ヶ月以内に発送します。", A.BACKORDER, None),
    ("お取り寄せ", A.BACKORDER, None), ("受注生産", A.MADE_TO_ORDER, None), ("抽選受付中", A.LOTTERY, None), ("生産終了", A.DISCONTINUED, None),
    ("在庫残りわずか", A.IN_STOCK, None), ("在庫：僅少", A.IN_STOCK, None), ("ラスト1点", A.IN_STOCK, 1), ("残り在庫2個", A.IN_STOCK, 2), ("即納可能", A.IN_STOCK, None), ("最短翌日出荷", A.IN_STOCK, None),
    ("次回入荷時期未定", A.OUT_OF_STOCK, None), ("次回入荷は未定です", A.OUT_OF_STOCK, None), ("再入荷の予定はございません。", A.OUT_OF_STOCK, None), ("ご予約受付終了", A.OUT_OF_STOCK, None), ("予約受付は終了いたしました", A.OUT_OF_STOCK, None),
    ("予約受付を締め切りました。", A.OUT_OF_STOCK, None), ("完売御礼", A.OUT_OF_STOCK, None), ("ネット在庫完売", A.OUT_OF_STOCK, None), ("予定数終了", A.OUT_OF_STOCK, None), ("予定数量に達したため販売を終了しました", A.OUT_OF_STOCK, None),
    ("抽選受付終了", A.OUT_OF_STOCK, None), ("抽選販売は終了しました", A.OUT_OF_STOCK, None), ("予約販売は終了しました", A.OUT_OF_STOCK, None), ("応募受付終了", A.OUT_OF_STOCK, None), ("メーカー欠品", A.OUT_OF_STOCK, None), ("メーカー欠品のため入荷未定", A.OUT_OF_STOCK, None),
    ("一時欠品中", A.OUT_OF_STOCK, None), ("ただいま売り切れ中です", A.OUT_OF_STOCK, None), ("ご注文受付停止中", A.OUT_OF_STOCK, None), ("売約済", A.OUT_OF_STOCK, None), ("通販：×", A.OUT_OF_STOCK, None), ("在庫：欠品", A.OUT_OF_STOCK, None), ("品切れ・重版未定", A.OUT_OF_STOCK, None),
    ("お取り寄せ（1～2週間）", A.BACKORDER, None), ("取り寄せ可能", A.BACKORDER, None), ("メーカーに在庫確認", A.BACKORDER, None), ("入荷次第、順次発送いたします", A.BACKORDER, None), ("3～5週間以内に発送", A.BACKORDER, None), ("1～2か月で発送", A.BACKORDER, None),
    ("予約可能", A.PREORDER, None), ("予約商品（12月発売）", A.PREORDER, None), ("発売日にお届け", A.PREORDER, None), ("受注受付中", A.MADE_TO_ORDER, None), ("抽選応募受付中", A.LOTTERY, None), ("抽選申込期間中", A.LOTTERY, None),
    ("店頭在庫のみ", A.IN_STORE_ONLY, None), ("通販不可", A.IN_STORE_ONLY, None), ("抽選受付開始前", A.COMING_SOON, None), ("近日予約開始", A.COMING_SOON, None), ("メーカー廃番", A.DISCONTINUED, None), ("この商品の販売は終了しております。", A.DISCONTINUED, None),
    ("この商品の発売予定日は2027年3月1日です。", A.PREORDER, None), ("ただいま予約受付中！", A.PREORDER, None), ("店頭販売のみ", A.IN_STORE_ONLY, None),
    ("In Stock.", A.IN_STOCK, None), ("Only 2 left in stock - order soon.", A.IN_STOCK, 2), ("Availability: Out Of Stock", A.OUT_OF_STOCK, None),
    ("Currently unavailable. We don't know when or if this item will be back in stock.", A.OUT_OF_STOCK, None), ("5 in stock", A.IN_STOCK, 5),
    ("0 in stock", A.OUT_OF_STOCK, None), ("not in stock", A.OUT_OF_STOCK, None), ("1,204 in stock", A.IN_STOCK, 1204), ("Available on backorder", A.BACKORDER, None),
    ("This item has been discontinued.", A.DISCONTINUED, None), ("Coming soon", A.COMING_SOON, None), ("Pre-order", A.PREORDER, None),
    ("Nur noch 3 auf Lager", A.IN_STOCK, 3), ("Derzeit nicht verfügbar", A.OUT_OF_STOCK, None), ("Sofort lieferbar", A.IN_STOCK, None),
    ("Plus que 2 en stock", A.IN_STOCK, 2), ("Rupture de stock", A.OUT_OF_STOCK, None), ("Sólo queda(n) 1 en stock.", A.IN_STOCK, 1),
    ("Agotado", A.OUT_OF_STOCK, None), ("Non disponibile", A.OUT_OF_STOCK, None), ("Disponibilità immediata", A.IN_STOCK, None),
    ("Em estoque", A.IN_STOCK, None), ("Op voorraad", A.IN_STOCK, None), ("Tükendi", A.OUT_OF_STOCK, None), ("متوفر", A.IN_STOCK, None),
])  # fmt: skip
def test_what_a_statement_says(text: str, state: A, quantity: int | None) -> None:
    """Phrases of every language mean their state, in any width, case and kind of dash, with the number that is left."""
    said = WORDS.statements(text)
    assert state in {s.state for s in said}, said
    assert quantity in {s.quantity for s in said}
    assert {s.state.is_orderable for s in said} == {state.is_orderable}


@pytest.mark.parametrize("text", [
    "なくなり次第販売終了となります", "予約商品と通常商品の同時購入はできません", "会員限定販売", "お一人様1点限り", "店頭在庫を確認する", "販売終了予定：12月末", "予約受付期間：10月1日～11月30日", "○：在庫あり ×：在庫なし", "在庫あり：○　残りわずか：△　在庫なし：×",
    "在庫切れの場合はご了承ください", "売り切れの際はお待ちいただくことがあります", "在庫限り", "在庫切れ商品を除く", "Never sold out", "out of stock items", "If it's sold out, we notify you",
    "When this item is back in stock we email you", "294 sold", "Hide out of stock products", "Some items may be out of stock", "Email me when available",
    "Wenn nicht auf Lager, benachrichtigen wir Sie", "Si le produit est en rupture de stock", "Si está agotado", "Se esaurito", "Sold by Example Ltd", "Stock Ginseng", "",
    "We were founded in 1922 and our kettles have been sold out of our shop in the old town ever since, which is why no one here ever says in stock without a smile on the face",
])  # fmt: skip
def test_prose_conditions_and_traps_say_nothing(text: str) -> None:
    """A condition, a filter, a count of sales or a story is no statement about stock."""
    assert WORDS.statements(text) == ()


@pytest.mark.parametrize(("words", "role", "state"), [
    ("カートに入れる", Role.ORDER, A.IN_STOCK), ("カートに入れる（税込1,000円）", Role.ORDER, A.IN_STOCK), ("予約する", Role.ORDER, A.PREORDER),
    ("予約購入手続きへ", Role.ORDER, A.PREORDER), ("取り寄せカートに入れる", Role.ORDER, A.BACKORDER), ("注文不可", Role.REFUSAL, A.OUT_OF_STOCK), ("抽選受付終了", Role.REFUSAL, A.OUT_OF_STOCK), ("予約準備中", Role.REFUSAL, A.COMING_SOON),
    ("再入荷通知を受け取る", Role.NOTIFY, A.OUT_OF_STOCK), ("抽選に申し込む", Role.ORDER, A.LOTTERY), ("招待をリクエスト", Role.ORDER, A.INVITATION), ("再入荷お知らせメール", Role.NOTIFY, A.OUT_OF_STOCK),
    ("売り切れました", Role.REFUSAL, A.OUT_OF_STOCK), ("SOLD OUT", Role.REFUSAL, A.OUT_OF_STOCK), ("Add to Cart - $12.00", Role.ORDER, A.IN_STOCK),
    ("ADD TO BAG", Role.ORDER, A.IN_STOCK), ("Pre-order now", Role.ORDER, A.PREORDER), ("Notify me when available", Role.NOTIFY, A.OUT_OF_STOCK),
    ("Add to cart: notify me when available", Role.NOTIFY, A.OUT_OF_STOCK), ("Coming Soon", Role.REFUSAL, A.COMING_SOON), ("In den Warenkorb", Role.ORDER, A.IN_STOCK),
    ("Ajouter au panier", Role.ORDER, A.IN_STOCK), ("Añadir a la cesta", Role.ORDER, A.IN_STOCK), ("Aggiungi al carrello", Role.ORDER, A.IN_STOCK),
    ("Add to cart - Item: a very long name of a lamp that goes on and on for the sake of those who cannot see it", Role.ORDER, A.IN_STOCK),
])  # fmt: skip
def test_what_a_control_does(words: str, role: Role, state: A) -> None:
    """A control is known by its words, refusals and promises of news before orders."""
    assert WORDS.control(words) == (role, state)


@pytest.mark.parametrize("words", [
    "一緒にカートに入れる", "定期購入する", "定期便で購入する", "コピーして出品する", "店舗で受け取る", "あとで買う",
    "Add to wish list", "Add both to cart", "まとめてカートに入れる", "カートに入れました", "View cart", "お気に入りに追加", "Add to compare", "Share", "",
    "May be returned within 30 days of purchase", "How to buy", "Added to cart", "Sell yours",
])  # fmt: skip
def test_controls_that_order_nothing(words: str) -> None:
    """Wish lists, bundles, carts already filled and advice are no order controls."""
    assert WORDS.control(words) is None


def test_the_lexicon_is_whole() -> None:
    """Six languages at least know every state that a shop there names; the file has a version and no phrase twice in one list."""
    data = tomllib.loads(files("watchers.readers").joinpath("lexicon.toml").read_text("utf-8"))
    assert WORDS.version == data["version"]
    for language in ("ja", "en", "de", "fr", "es", "it"):
        table = data[language]
        assert {"in_stock", "preorder"} <= table["order"].keys()
        wanted = {"in_stock", "out_of_stock", "preorder", "backorder", "discontinued", "in_store_only", "coming_soon"}
        assert wanted <= table["is"].keys(), language
        assert table["few"]["quantity"] and table["words"]["notify"] and table["words"]["gone"]
    for name, table in data.items():
        for kind in table if isinstance(table, dict) else ():
            lists = table[kind].values() if isinstance(table[kind], dict) else [table[kind]]
            for phrases in lists:
                folded = [fold(phrase) for phrase in phrases]
                assert all(folded), (name, kind)


def test_no_order_word_is_also_a_refusal() -> None:
    """A label that orders in one language must not refuse in another."""
    data = tomllib.loads(files("watchers.readers").joinpath("lexicon.toml").read_text("utf-8"))
    orders, refusals = set(), set()
    for table in data.values():
        if isinstance(table, dict):
            orders |= {fold(p) for phrases in table.get("order", {}).values() for p in phrases}
            refusals |= {fold(p) for phrases in table.get("no", {}).values() for p in phrases}
            refusals |= {fold(p) for p in table.get("words", {}).get("notify", [])}
    assert not orders & refusals


BUTTON = "<p>$20.00</p>"


@pytest.mark.parametrize("control", [
    "<button>Add to cart</button>", "<input type=submit value='Add to cart'>", "<input type=button value='Add to cart'>", "<input type=image alt='Add to cart' src=c.png>",
    "<a role=button href='#'>Add to cart</a>", "<a class='btn' href='/x'>Add to cart</a>", "<a href='/cart/add?id=1'>Add to cart</a>", "<div role=button>Add to cart</div>",
    "<button><img src=c.png alt='Add to cart'></button>", "<button aria-label='Add to cart'><svg></svg></button>", "<button><span>Add</span> <span>to cart</span></button>",
    "<form action='/cart/add'><button class='add-to-cart'></button></form>",
])  # fmt: skip
def test_every_make_of_order_control_is_seen(control: str) -> None:
    """Buttons, inputs, pictures, links that act as buttons: the role and the words make the control."""
    assert [(e.says, e.source) for e in evidence(product(BUTTON + control))] == [(A.IN_STOCK, Source.BUTTON)]


@pytest.mark.parametrize("control", [
    "<button disabled>Add to cart</button>", "<button aria-disabled=true>Add to cart</button>", "<button class='btn btn-disabled'>Add to cart</button>",
    "<fieldset disabled><button>Add to cart</button></fieldset>", "<button class='sold-out'>Add to cart</button>", "<button>Sold out</button>", "<a class=btn href='#'>Notify me</a>",
])  # fmt: skip
def test_a_disabled_or_replaced_control_is_a_refusal(control: str) -> None:
    """What cannot be pressed, or says something else instead, refuses the order."""
    assert {e.says for e in evidence(product(BUTTON + control))} == {A.OUT_OF_STOCK}


@pytest.mark.parametrize("wrapped", [
    "<div hidden>{}</div>", "<div aria-hidden=true>{}</div>", "<div style='display: none'>{}</div>", "<div class='hide'>{}</div>", "<div class='d-none'>{}</div>",
    "<div class='is-hidden x'>{}</div>", "<div class='visually-hidden'>{}</div>", "<template>{}</template>", "<noscript>{}</noscript>", "<!-- {} -->", "<div class='modal fade'>{}</div>",
    "<dialog>{}</dialog>", "<div class='related-products'>{}</div>", "<div id='recentlyViewed'>{}</div>", "<nav>{}</nav>", "<footer>{}</footer>", "<script type='text/template'>{}</script>",
    "<div class='mini-cart'>{}</div>", "<section><h2>You may also like</h2>{}</section>", "<div class='reviews'>{}</div>", "<label>{}</label>" ,
])  # fmt: skip
@pytest.mark.parametrize("inner", ["<button>Add to cart</button>", "<p>In stock</p>", "<p>Sold out</p>"])
def test_hidden_and_foreign_markup_is_no_evidence(wrapped: str, inner: str) -> None:
    """Templates, dialogs, rails, menus, reviews and everything hidden says nothing about this product."""
    if wrapped.startswith("<label>") and "button" in inner:
        return  # a button inside a label is a button
    assert evidence(product(BUTTON + wrapped.format(inner))) == ()


def test_tailwind_and_bootstrap_width_classes_do_not_hide() -> None:
    """ "hidden md:block" and "d-none d-md-block" are shown on a desktop."""
    for names in ("hidden md:block", "d-none d-md-block", "hidden-xs", "hide-on-mobile"):
        assert evidence(product(f"{BUTTON}<div class='{names}'><button>Add to cart</button></div>")), names


def test_words_of_the_product_text_and_of_choices_are_no_statements() -> None:
    """The goods' own description and the name of a size say nothing about the listing."""
    page = product(
        f"{BUTTON}<label>M - sold out</label><select><option>Sold out</option></select>"
        "<div class='product-description'><p>Out of stock</p></div>"
    )
    assert evidence(page) == ()


def test_a_label_and_its_value_in_two_elements_are_read_together() -> None:
    """在庫 in one cell and なし in the next is one statement."""
    assert [e.says for e in evidence(product("<dl><dt>在庫</dt><dd>なし</dd></dl>"))] == [A.OUT_OF_STOCK]
    assert [e.says for e in evidence(product("<table><tr><th>Availability</th><td>Yes</td></tr></table>"))] == [
        A.IN_STOCK
    ]


@pytest.mark.parametrize("text", [
    "在庫" * 1_250_000, "sold " * 1_000_000, "a" * 5_000_000, "only 1 " * 700_000, "1,1" * 1_600_000, "." * 5_000_000, "out of stock. " * 350_000,
])  # fmt: skip
def test_hostile_text_costs_linear_time(text: str) -> None:
    """Five mebibytes of the worst words are read in well under a second."""
    began = time.process_time()
    WORDS.statements(text)
    WORDS.control(text)
    for start in range(0, 200_000, 400):
        WORDS.statements(text[start : start + 400])
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    "text",
    [
        "在庫切れ　次回入荷は未定です",
        "在庫切れ（次回入荷は未定です）",
        "在庫切れ・次回入荷は未定です",
        "売り切れ 次回入荷は12月です",
        "完売 ありがとうございました",
        "【完売】ご好評につき",
        "品切れ中！入荷待ち",
        "現在品切れ　入荷予定なし",
        "在庫状況：在庫切れ　入荷日は未定",
        "在庫：× 次回入荷未定です",
        "Sold out until spring",
        "Unavailable for now",
        "Ausverkauft - bald wieder da",
        "Rupture de stock (retour en mai)",
        "Agotado, vuelve pronto",
    ],
)
def test_a_refusal_followed_by_more_words_is_a_refusal(text: str) -> None:
    """A visible no that is overlooked may become a false yes: what is said behind it does not unsay it."""
    assert {said.state for said in lexicon().statements(text)} == {A.OUT_OF_STOCK}


@pytest.mark.parametrize(
    "text", ["売り切れの際はご容赦ください", "在庫切れの場合 お取り寄せ", "Sold out items ship later"]
)
def test_a_refusal_under_a_condition_is_none(text: str) -> None:
    """What a shop says it does when goods are sold out does not say that they are."""
    assert not lexicon().statements(text)
