"""A page is read as its writer meant it, whatever its label claims; what cannot be read is said, not guessed (T8)."""

import time

import pytest

from watchers import charset
from watchers.numerals import normal
from watchers.page import Page, replaced

TEXT = "①㈱Ⅲ髙 これは在庫ありの商品です。価格は税込み1,200円。"
VENDOR_EUC = {
    "①": b"\xad\xa1",
    "㈱": b"\xad\xea",
    "Ⅲ": b"\xad\xb7",
    "髙": b"\xfc\xe2",
}  # rows 13 and 92 of the Windows form


def eucjp(text: str) -> bytes:
    return b"".join(VENDOR_EUC.get(c) or c.encode("euc_jp") for c in text)


@pytest.mark.parametrize("label", ["euc-jp", "EUC_JP", "x-euc-jp", "utf-8", "shift_jis", "iso-8859-1", "nonsense", ""])
def test_eucjp_is_found_out_under_any_label(label: str) -> None:
    """EUC-JP with vendor characters is read letter by letter under a true, a lying and no header."""
    read = charset.decode(eucjp(TEXT), f"text/html; charset={label}" if label else "text/html")
    assert (read.text, read.encoding, read.problem) == (TEXT, "euc_jp", None)


@pytest.mark.parametrize("label", ["shift_jis", "Windows-31J", "euc-jp", "utf-8", "latin1", ""])
def test_shift_jis_is_read_with_the_superset(label: str) -> None:
    """Shift_JIS keeps ①㈱Ⅲ髙 and is found out under a lying header too."""
    read = charset.decode(TEXT.encode("cp932"), f"text/html; charset={label}")
    assert (read.text, read.encoding, read.problem) == (TEXT, "cp932", None)


@pytest.mark.parametrize("label", ["shift_jis", "euc-jp", "iso-8859-1", "utf-8", ""])
def test_valid_utf8_is_utf8_whatever_the_label(label: str) -> None:
    """No label talks multi-byte text out of being UTF-8."""
    assert charset.decode(TEXT.encode(), f"text/html; charset={label}").text == TEXT


def test_the_byte_order_mark_comes_first() -> None:
    """A mark beats the header, and is not part of the text."""
    assert charset.decode(b"\xef\xbb\xbf" + TEXT.encode(), "text/html; charset=euc-jp").text == TEXT
    for encoding, mark in (("utf-16-le", b"\xff\xfe"), ("utf-16-be", b"\xfe\xff")):
        assert charset.decode(mark + TEXT.encode(encoding), "text/html; charset=utf-8").text == TEXT


def test_the_meta_tag_speaks_up_to_the_end_of_the_head() -> None:
    """Without a header the meta tag decides, wherever in the head it stands; behind the head it is not heard."""
    word = "Цена".encode("cp1251") * 30
    head = (
        b"<html><head><!--"
        + b"x" * 5000
        + b'--><META http-equiv=Content-Type content="text/html; charset=windows-1251">'
    )
    assert "Цена" in charset.decode(head + b"</head>" + word).text
    late = b"<html><head></head><body><meta charset=windows-1251>" + word
    assert charset.decode(late).problem
    assert charset.meta_label(b"<?xml version='1.0' encoding='EUC-JP'?>") == "euc_jp"
    assert charset.meta_label(b"<head>" + b" " * charset.HEAD_BYTES + b"<meta charset=euc-jp>") is None


def test_western_text_without_a_label() -> None:
    """Lone accents between letters are Windows Latin, also where the header says UTF-8."""
    text = "Qualité très élevée, prix 12 €, à côté"
    assert charset.decode(text.encode("cp1252"), "text/html; charset=utf-8").text == text


def test_seven_bit_japanese() -> None:
    """ISO-2022-JP is ASCII to a careless eye."""
    assert charset.decode("在庫あり".encode("iso2022_jp")).text == "在庫あり"


def test_a_few_broken_bytes_do_not_spoil_a_page() -> None:
    """One replaced character in a thousand is allowed, two are a problem in words."""
    fine = ("在庫あり" * 500).encode() + b"\xff"
    assert charset.decode(fine).problem is None
    assert replaced(charset.decode(fine).text) == 1
    bad = ("在庫あり" * 500).encode() + b"\xe5\x9c" * 3 + b" "
    problem = charset.decode(bad).problem
    assert problem and "could not be read" in problem


def test_unknown_bytes_are_said_to_be_unknown() -> None:
    """Cyrillic without a label is not passed off as something else."""
    assert charset.decode("Нет в наличии, ожидается поступление".encode("cp1251")).problem


def test_labels_never_reach_odd_codecs() -> None:
    """Only listed encodings are used: the interpreter has codecs that are no character sets."""
    for name in ("idna", "undefined", "zip", "unicode_escape", "utf-7", "rot13"):
        assert charset.header_label(f"text/html; charset={name}") is None


@pytest.mark.parametrize("junk", [b"\xad\xa1", b"\xff\xfe", b"\x8f\xa1\xa1", b"\xff\x80\xa1", b"\x8e"])
def test_hostile_bytes_cost_little(junk: bytes) -> None:
    """Megabytes of characters that need repair are given up on, quickly and with a problem."""
    body = "これは在庫ありの商品です。".encode("euc_jp") * 1000 + junk * (4_000_000 // len(junk))
    begun = time.process_time()
    read = charset.decode(body, "text/html; charset=euc-jp")
    assert read.problem
    assert time.process_time() - begun < 2


def test_the_tree_is_built_from_the_decoded_text() -> None:
    """The parser itself takes all bytes for UTF-8: the page hands it text."""
    page = Page("https://shop.example/", b"<html><body><h1>" + eucjp(TEXT) + b"</h1></body></html>")
    node = page.dom.css_first("h1")
    assert node is not None and node.text() == TEXT
    assert page.encoding == "euc_jp" and page.charset_problem is None


def test_ornaments_do_not_run_into_numbers() -> None:
    """① is not the digit of a price beside it."""
    assert normal("①１，２００円") == " 1,200円"


@pytest.mark.parametrize("size", [10, 16_383, 16_384, 16_385, 40_000])
@pytest.mark.parametrize("letter", ["é", "在", "😀"])
def test_plain_utf8_is_told_without_a_copy(size: int, letter: str) -> None:
    """The quick look agrees with the full one, wherever a piece of it ends within a character, and finds every fault."""
    whole = b"x" * size + letter.encode() * 10_000
    assert charset.is_plain_utf8(whole)
    for broken in (
        whole[:-1],
        whole[:size] + b"\xff" + whole[size:],
        whole + b"\xef\xbf\xbd",
        whole + b"\x80" * 40_000,
    ):
        assert not charset.is_plain_utf8(broken)
    for marked in (b"\xef\xbb\xbf" + whole, b"\x1b$B" + b"a" * size):
        assert not charset.is_plain_utf8(marked)
    assert not charset.is_plain_utf8(whole, "text/html; charset=utf-16")


def test_high_bytes_alone_take_linear_time() -> None:
    """Five megabytes that are no text are given up on quickly."""
    began = time.process_time()
    for body in (b"\x80" * 5_000_000, b"\xff\x40" * 2_500_000, b"\xe3" * 5_000_000):
        charset.decode(body)
    assert time.process_time() - began < 3
