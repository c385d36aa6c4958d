"""A kept page says what the shop's page said, and nothing of the person who looked."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from monitor.cli import run as command
from monitor.keepsake import cleaned, keep, plain_address
from tests.shop import product_page
from tests.truth import cases, judge
from watchers.model import Availability, Listing
from watchers.page import Page
from watchers.reading import read

URL = "https://shop.example/item/1?color=red&utm_source=mail&sessionid=9f8e"
PERSONAL = {
    "token": '<input type="hidden" name="csrf_token" value="CANARY-token-1">',
    "meta": '<meta name="csrf-token" content="CANARY-meta-2">',
    "state": '<script>var s={"sessionId":"CANARY-session-3","customerId":88123456,"price":1}</script>',
    "mail": "<p>canary4@mail.example</p>",
    "post code": "<p>お届け先 〒150-0042</p>",
    "greeting": "<span>こんにちは、カナリア花子さん</span>",
    "opaque": '<a href="/x?h=QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVowMTIzNDU2Nzg5QUJD&y=1">',
}
TRACES = ("CANARY", "88123456", "canary4", "150-0042", "花子", "QUJDREVG")


def page(state: str = "in_stock", extra: str = "") -> Page:
    body = product_page(state=state, price=49800).decode().replace("</main>", f"{extra}</main>")
    return Page(URL, body.encode(), headers={"content-type": "text/html; charset=utf-8", "set-cookie": "sid=CANARY"})


@pytest.mark.parametrize("name", PERSONAL)
def test_what_is_personal_goes(name: str) -> None:
    """Tokens, sessions, addresses and names are taken out wherever they stand."""
    left = cleaned(PERSONAL[name])
    assert left != PERSONAL[name]
    assert not any(trace in left for trace in TRACES)


def test_what_the_page_says_stays() -> None:
    """Prices, stock, titles, codes and numbers of goods are no personal parts."""
    text = '<h1>ABC-123-4567</h1><p>￥52,800</p><b>4901234567894</b>{"sku":"HP-1001","availability":"InStock"} class="price-token"'
    assert cleaned(text) == text


@pytest.mark.parametrize("state", ["in_stock", "out_of_stock", "preorder"])
def test_a_kept_page_is_a_case_of_the_manifest(tmp_path: Path, state: str) -> None:
    """Kept and read again from its file, the page says the same, and the truth tool takes its line."""
    full = page(state, "".join(PERSONAL.values()))
    kept = keep(full, Listing(URL), tmp_path, datetime(2026, 11, 25, tzinfo=UTC))
    assert kept.same
    (case,) = cases(kept.manifest)
    score = judge(case)
    assert (score.got, score.outcome) == (state, "right")
    assert case.truth["price"] == 49800 and score.price_right
    assert read(full, Listing(URL)).offers[0].price == Decimal(49800)
    text = kept.manifest.read_text("utf-8") + gzip.decompress(kept.file.read_bytes()).decode()
    assert not any(trace in text for trace in TRACES)
    assert case.url == plain_address(URL) == "https://shop.example/item/1?color=red"


def test_two_pages_of_one_address_are_two_files(tmp_path: Path) -> None:
    """Nothing kept before is written over."""
    now = datetime(2026, 11, 25, tzinfo=UTC)
    files = {keep(page(state), Listing(URL), tmp_path, now).file for state in ("in_stock", "out_of_stock")}
    assert len(files) == 2
    assert [case.expected for case in cases(tmp_path / "manifest.jsonl")] == ["in_stock", "out_of_stock"]


def test_check_keeps_a_saved_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On the command line, and the kept file can be given back to `check --page`."""
    monkeypatch.chdir(tmp_path)
    Path("page.html").write_bytes(page("out_of_stock", PERSONAL["token"]).body)
    assert command(["check", "https://shop.example/item/1", "--page", "page.html", "--save", "kept"]) == 0
    said = capsys.readouterr()
    assert "correct its truth" in said.err
    line = json.loads(Path("kept/manifest.jsonl").read_text("utf-8"))
    assert line["truth"]["status"] == Availability.OUT_OF_STOCK
    assert command(["check", line["url"], "--page", f"kept/{line['file']}"]) == 0
    assert "out_of_stock" in capsys.readouterr().out
    Path("file").write_text("in the way")
    assert command(["check", "https://shop.example/item/1", "--page", "page.html", "--save", "file"]) == 2
