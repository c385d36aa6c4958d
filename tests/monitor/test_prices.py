"""A ceiling is read as people write money; what could be read two ways is refused."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.prices import currency, fits, money


@pytest.mark.parametrize(
    ("value", "amount", "code"),
    [
        (52000, "52000", None), ("52,000", "52000", None), ("¥52,000", "52000", "JPY"), ("52,000円", "52000", "JPY"),
        ("５２０００", "52000", None), ("￥５２，０００", "52000", "JPY"), ("5万", "50000", None), ("5.5万円", "55000", "JPY"),
        ("$49.99", "49.99", "USD"), (49.99, "49.99", None), ("49.99 EUR", "49.99", "EUR"), ("USD 1,249.50", "1249.50", "USD"),
        ("€20", "20", "EUR"), ("1,234,567", "1234567", None), ("1.5", "1.5", None),
    ],
)  # fmt: skip
def test_money_as_people_write_it(value: object, amount: str, code: str | None) -> None:
    """A sign or code names the currency; without one the caller decides."""
    assert money(value) == (Decimal(amount), code)


@pytest.mark.parametrize(
    "wrong",
    [
        "52.000",
        "49,99",
        "5,2000",
        "",
        "free",
        0,
        -5,
        "0円",
        True,
        None,
        [],
        "¥5 USD",
        "1e5",
        float("inf"),
        float("nan"),
        10**12,
        "1万2,800円",
        "9" * 100,
    ],
)
def test_what_is_no_clear_amount_is_refused(wrong: object) -> None:
    """A ceiling misread by a factor of a thousand would ring for nothing, or never."""
    with pytest.raises(ValueError, match="expected"):
        money(wrong)


@given(st.integers(1, 10**11))
def test_grouping_and_width_change_nothing(amount: int) -> None:
    """Commas, a yen sign, 円 and full-width digits are the same amount."""
    wide = str(amount).translate({ord(str(d)): chr(0xFF10 + d) for d in range(10)})
    assert {money(text)[0] for text in (amount, str(amount), f"{amount:,}", f"¥{amount:,}", f"{amount}円", wide)} == {
        Decimal(amount)
    }


def test_currencies() -> None:
    """A code must exist; a near miss is named."""
    assert [currency(c) for c in ("JPY", "usd", "円", "yen", "€")] == ["JPY", "USD", "JPY", "JPY", "EUR"]
    with pytest.raises(ValueError, match="did you mean"):
        currency("JPYY")
    for wrong in ("", None, 5, "QQQ"):
        with pytest.raises(ValueError, match="currency code"):
            currency(wrong)


def test_yen_have_no_cents() -> None:
    """49.99 is no amount of yen: the currency was forgotten."""
    assert not fits(Decimal("49.99"), "JPY")
    assert fits(Decimal("49.99"), "USD")
    assert fits(Decimal("52000"), "JPY")
    assert not fits(Decimal("49.999"), "USD")
