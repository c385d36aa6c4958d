"""docs/shops.md says of every shop how it is read, and says it truly."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.shops import BEGIN, END, HEAD, basis, main, names
from watchers.shops import SHOPS, shop_of

DOCS = Path(__file__).parents[2] / "docs" / "shops.md"


def shown() -> list[list[str]]:
    text = DOCS.read_text("utf-8")
    table = text[text.index(BEGIN) + len(BEGIN) : text.index(END)].strip().splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table]


def test_every_shop_has_a_row_that_says_how_it_is_read() -> None:
    """The table's shops and their readers are those of the code; only the counts depend on the pages at hand."""
    head, _, *rows = shown()
    assert tuple(head) == HEAD
    assert [(row[0], row[1]) for row in rows] == names()


@pytest.mark.parametrize("shop", SHOPS, ids=lambda shop: shop.name)
def test_a_shop_is_found_by_its_hosts_and_by_nothing_like_them(shop: object) -> None:
    """Whole host names and their sub-domains; a name that only contains one is another shop."""
    for host in shop.hosts:  # type: ignore[attr-defined]
        assert shop_of(f"https://{host}/x") is not None
        assert shop_of(f"https://www.{host}/x") is not None
        assert shop_of(f"https://not{host}/x") is not shop
        assert shop_of(f"https://{host}.example/x") is None
    assert basis(shop).endswith(("real pages", "documented structure", "generic path"))  # type: ignore[arg-type]


def test_without_pages_the_table_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No manifest, no counts: one line and exit code 2."""
    assert main([str(tmp_path / "manifest.jsonl")]) == 2
    assert "no such manifest" in capsys.readouterr().err
