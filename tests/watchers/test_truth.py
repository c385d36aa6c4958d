"""The truth measure tells right from wrong by itself, and on the captured shop pages the reading has no false yes."""

import gzip
import json
from pathlib import Path

import pytest

from tests import truth
from tests.watchers.reading import KETTLE, PAGES

CAPTURED = Path(__file__).parents[3] / "shared" / "pages" / "manifest.jsonl"
LEAST_RIGHT = 0.85  # of html pages; the reading reaches more, a change that loses this much is a mistake


def manifest(tmp_path: Path, **truths: object) -> Path:
    rows = []
    for name, expected in truths.items():
        name = name.replace("_", "-")
        target = tmp_path / f"{name}.html.gz"
        target.write_bytes(gzip.compress((PAGES / f"{name}.html").read_bytes()))
        said = expected if isinstance(expected, dict) else {"status": expected}
        url = KETTLE if name.startswith("shopify") else None
        rows.append({"file": target.name, "url": url, "shop": "ours", "kind": "html", "truth": said})
    path = tmp_path / "manifest.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    return path


def outcomes(path: Path) -> dict[str, str]:
    return {case.file.split(".")[0]: truth.judge(case).outcome for case in truth.cases(path)}


def test_the_measure_knows_its_four_outcomes(tmp_path: Path) -> None:
    """Right, missed, wrong and false yes are told apart, finer states mapped, also_ok taken."""
    path = manifest(
        tmp_path,
        shopify_in="in_stock",
        base_in="out_of_stock",
        woocommerce_out="in_stock",
        contradiction="in_stock",
        lottery="out_of_stock",
        coming_soon="out_of_stock",
        soft_404="not_a_product",
        streamed={"status": "unknown", "also_ok": ["in_stock"]},
        eccube_preorder="in_stock",
    )
    assert outcomes(path) == {
        "shopify-in": "right",
        "base-in": "false yes",
        "woocommerce-out": "wrong",
        "contradiction": "missed",
        "lottery": "right",
        "coming-soon": "right",
        "soft-404": "right",
        "streamed": "right",
        "eccube-preorder": "wrong",
    }


def test_a_false_yes_fails_the_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The exit code says what matters most; the table names the page and why."""
    assert truth.main([str(manifest(tmp_path, base_in="out_of_stock"))]) == 1
    assert "false yes: base-in.html.gz: out_of_stock, got in_stock" in capsys.readouterr().out
    assert truth.main([str(manifest(tmp_path, base_in="in_stock")), "--generic"]) == 0
    assert truth.main([str(tmp_path / "missing.jsonl")]) == 2


def test_json_lines_carry_the_documented_fields(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One object a page, with what was expected and read."""
    path = manifest(tmp_path, base_in={"status": "in_stock", "price": 1650, "currency": "JPY"})
    truth.main([str(path), "--json"])
    line = json.loads(capsys.readouterr().out)
    wanted = {"file", "expected", "got", "price", "currency", "quantity", "seller", "condition", "evidence"}
    assert wanted <= line.keys()
    assert (line["price"], line["currency"], line["quantity"]) == (1650, "JPY", 3)


def test_a_bad_line_is_named(tmp_path: Path) -> None:
    """A manifest that is none says which line is wrong."""
    path = tmp_path / "manifest.jsonl"
    path.write_text('{"file": "x"}\n', "utf-8")
    with pytest.raises(SystemExit, match=r"manifest\.jsonl:1"):
        list(truth.cases(path))


def test_no_false_yes_on_captured_pages() -> None:
    """Of the real pages in the shared folder none that cannot be ordered reads as orderable, and most read right."""
    if not CAPTURED.is_file():
        pytest.skip(f"no captured pages at {CAPTURED.parent}: nothing to measure against")
    scores = [truth.judge(case, generic=True) for case in truth.cases(CAPTURED)]
    assert [score.case.file for score in scores if score.outcome == "false yes"] == []
    pages = [score for score in scores if score.case.kind == "html"]
    assert sum(score.outcome == "right" for score in pages) >= LEAST_RIGHT * len(pages)
    assert all(score.reading.detail for score in scores if not score.reading.availability.is_verdict)
