"""Prices are read as people write them; what is not the price is told apart, and what is unclear stays unknown."""

import time
from decimal import Decimal

import pytest
from babel.numbers import format_currency
from hypothesis import given
from hypothesis import strategies as st

from watchers.currencies import hint_for, iso
from watchers.money import Role, best_price, parse_number, prices

D = Decimal


def best(text: str, hint: str | None = None) -> tuple[Decimal, str | None] | None:
    money = best_price(text, hint_currency=hint)
    return (money.amount, money.currency) if money else None


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("１，２３４円", "1234", "JPY"),
        ("￥１２，３４５", "12345", "JPY"),
        ("¥ 980", "980", "JPY"),
        ("1万2,800円", "12800", "JPY"),
        ("12.8万円", "128000", "JPY"),
        ("３万円", "30000", "JPY"),
        ("1億2000万円", "120000000", "JPY"),
        ("①1,200円", "1200", "JPY"),
        ("1,980円(税込)", "1980", "JPY"),
        ("$1,234.56", "1234.56", "USD"),
        ("US$12", "12", "USD"),
        ("C$5.50", "5.50", "CAD"),
        ("A$7", "7", "AUD"),
        ("HK$88", "88", "HKD"),
        ("NT$1,200", "1200", "TWD"),
        ("$12 CAD", "12", "CAD"),
        ("1.234,56 €", "1234.56", "EUR"),
        ("1 234,56 €", "1234.56", "EUR"),
        ("1.234 €", "1234", "EUR"),
        ("£19.99", "19.99", "GBP"),
        ("1 234,56 zł", "1234.56", "PLN"),
        ("CHF 1'234.50", "1234.50", "CHF"),
        ("CHF 12.–", "12", "CHF"),
        ("₹1,23,456.00", "123456.00", "INR"),
        ("R$ 1.234,56", "1234.56", "BRL"),
        ("12,50 TL", "12.50", "TRY"),
        ("١٬٢٣٤٫٥٦ ر.س", "1234.56", "SAR"),
        ("ر.س 99", "99", "SAR"),
        ("SAR 99", "99", "SAR"),
        ("EGP 1,250.00", "1250.00", "EGP"),
        ("KWD 1.250", "1.250", "KWD"),
        ("99 kr", "99", None),
    ],
)
def test_one_amount(text: str, amount: str, currency: str | None) -> None:
    """Full-width digits, 万, signs on either side and separators of many countries are read."""
    assert best(text) == (D(amount), currency)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("ポイント10倍 2,200円", "2200"),
        ("2点で1,000円OFF 3,500円", "3500"),
        ("参考価格: ￥5,500 税込 ￥4,400", "4400"),
        ("1,000円（税抜）/1,100円（税込）", "1100"),
        ("1,000円(税込1,100円)", "1100"),
        ("本体価格1,000円（税込価格1,100円）", "1100"),
        ("送料 600円 価格 1,200円", "1200"),
        ("送料無料 1,200円", "1200"),
        ("価格 1,980円 (税込) 20円相当", "1980"),
        ("-500円 2,000円", "2000"),
        ("20%OFF 800円", "800"),
        ("Was $30 Now $20", "20"),
        ("$20 + $5.99 shipping", "20"),
        ("6 ft cable $12, try 3 times", "12"),
        ("UVP 99,00 € 79,00 €", "79.00"),
        ("消費税 100円 1,100円", "1100"),
        ("3,980円以上で送料無料 1,500円", "1500"),
        ("月々 500円 12,000円", "12000"),
        ("1,000円+税", "1000"),
    ],
)
def test_the_company_an_amount_keeps(text: str, amount: str) -> None:
    """Points, discounts, postage, crossed-out prices, shares and thresholds are not the price."""
    money = best_price(text)
    assert money is not None and money.amount == D(amount)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Free",
        "1,234.56",
        "20% OFF",
        "残り3 200円",
        "$1.234",
        "1.234円",
        "999円 500円",
        "1,200円～",
        "from $10",
        "$10+",
        "$12.34.56",
    ],
)
def test_unclear_is_unknown(text: str) -> None:
    """No currency, two claims, an open end or two readings give no price at all."""
    assert best_price(text) is None


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("1,200円～3,400円", "1200", "3400"),
        ("1,200～3,400円", "1200", "3400"),
        ("¥1,200 - ¥3,400", "1200", "3400"),
        ("1,200円から3,400円", "1200", "3400"),
        ("$10-20", "10", "20"),
        ("10 – 20 €", "10", "20"),
    ],
)
def test_ranges_keep_both_ends(text: str, low: str, high: str) -> None:
    """A range is one price with a top end."""
    (money,) = prices(text)
    assert (money.amount, money.high, money.open_ended) == (D(low), D(high), False)


def test_roles_and_tax_are_told_with_their_reason() -> None:
    """Every amount comes back with what it is there for and the words that said so."""
    found = prices("参考価格 5,500円 本体 4,000円 送料 600円 400円引き")
    assert [(m.role, m.reason) for m in found] == [
        (Role.REFERENCE, "参考価格"),
        (Role.PRICE, ""),
        (Role.SHIPPING, "送料"),
        (Role.DISCOUNT, "引"),
    ]
    assert [m.tax_included for m in found] == [None, False, None, None]
    assert prices("1,200円〜")[0].open_ended
    assert prices("1,000円+税")[0].tax_included is False


def test_only_a_hint_settles_a_shared_sign() -> None:
    """$ in Canada, ¥ in China and kr in Sweden are that country's; elsewhere kr stays open."""
    assert best("$5", "CAD") == (D(5), "CAD")
    assert best("¥5", "CNY") == (D(5), "CNY")
    assert best("5 kr", "SEK") == (D(5), "SEK")
    assert best("5 kr") == (D(5), None)
    assert best("$5", "EUR") == (D(5), "USD")
    assert best("500 Ft", "HUF") == (D(500), "HUF")
    assert [hint_for(u) for u in ("https://a.co.jp/x", "https://b.com.au", "https://c.com", "::")] == [
        "JPY",
        "AUD",
        None,
        None,
    ]
    assert [iso(v) for v in ("jpy", "￥", "€", "XX", None, 5)] == ["JPY", None, "EUR", None, None, None]


@given(
    st.integers(1, 10**9),
    st.sampled_from(["{n:,}円", "￥{n:,}", "¥{n}", "{n:,}円（税込）", "価格：{n:,}円", "税込 {n:,} 円", "JPY {n:,}"]),
    st.booleans(),
)
def test_yen_as_written_is_yen_as_read(n: int, form: str, wide: bool) -> None:
    """Whatever the form and the width of the digits, the amount survives."""
    text = form.format(n=n)
    if wide:
        text = text.translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789,"})
    assert best(text) == (D(n), "JPY")


@given(st.integers(1, 9_999), st.integers(0, 9_999))
def test_man_as_written_is_man_as_read(tens: int, rest: int) -> None:
    """1万2,800円 and 1万2800円 are 12,800."""
    wanted = (D(tens * 10_000 + rest), "JPY")
    assert best(f"{tens}万{rest:,}円" if rest else f"{tens}万円") == wanted
    assert best(f"{tens}万{rest}円" if rest else f"{tens}万円") == wanted


@given(
    st.decimals(D("0.01"), D("9999999"), places=2),
    st.sampled_from(
        [("en_US", "USD"), ("en_GB", "GBP"), ("de_DE", "EUR"), ("fr_FR", "EUR"), ("es_ES", "EUR"), ("it_IT", "EUR"), ("pl_PL", "PLN"),
         ("de_CH", "CHF"), ("pt_BR", "BRL"), ("en_IN", "INR"), ("tr_TR", "TRY"), ("sv_SE", "SEK"), ("en_HK", "HKD"), ("cs_CZ", "CZK")]
    ),
)  # fmt: skip
def test_amounts_survive_every_countrys_format(amount: Decimal, place: tuple[str, str]) -> None:
    """Formatted for a country and read again with its hint, an amount is the same."""
    locale, currency = place
    text = format_currency(amount, currency, locale=locale)
    found = prices(text, hint_currency=currency)
    assert [(m.amount, m.currency) for m in found] == [(amount, currency)]


@given(st.text(max_size=200))
def test_no_text_breaks_it(text: str) -> None:
    """Any text is read without an error, and amounts are sane."""
    assert all(m.amount >= 0 and m.amount < 10**12 and (m.high is None or m.high > m.amount) for m in prices(text))
    parse_number(text)


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("1,234", "1234"),
        ("1.234,56", "1234.56"),
        (1234.5, "1234.5"),
        (52000, "52000"),
        ("52000", "52000"),
        ("￥52,000", "52000"),
        ("1万2,800円", "12800"),
        ("12,99", "12.99"),
        ("0.500", "0.5"),
        ("1234.0000", "1234"),
        ("1 234,56", "1234.56"),
        ("1.234.567", "1234567"),
        ("1.234", None),
        ("12 34", None),
        ("$12-15", None),
        ("-5", None),
        (-5, None),
        ("", None),
        ("abc", None),
        ("1e5", None),
        (float("nan"), None),
        (float("inf"), None),
        (True, None),
        (None, None),
        ([], None),
        (10**20, None),
        ("9" * 100, None),
    ],
)
def test_structured_numbers(value: object, number: str | None) -> None:
    """A value is exactly one amount or nothing."""
    assert parse_number(value) == (None if number is None else D(number))


@pytest.mark.parametrize(
    "piece",
    [
        "1",
        "1,111",
        "1 ",
        "1円",
        "¥1~",
        "１，",
        "1万",
        "1 111",
        "1円(税込",
        "$",
        "送料",
        "a1 b2. ",
        "1-",
        "円1",
        "1,1.1'",
        "ab ",
    ],
)
def test_hostile_text_takes_linear_time(piece: str) -> None:
    """5 MiB of anything is read in a moment."""
    text = piece * (5 * 2**20 // len(piece.encode()))
    begun = time.process_time()
    assert len(prices(text)) <= 2000
    assert time.process_time() - begun < 4
