"""How well is each shop read? Runs every reader against saved pages with known answers and prints the table of docs/shops.md.

    python tests/shops.py MANIFEST [--write docs/shops.md]

The manifest is that of `tests/truth.py`. A cell "3 + 1 / 4" means: 3 right, 1 without a verdict, of 4 pages. With --write the
table between the two marks of that file is replaced.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.truth import Case, cases, judge
from watchers.shops import SHOPS, Shop
from watchers.shops.shop import belongs, host_of

BEGIN, END = "<!-- table: make shops -->", "<!-- end of table -->"
HEAD = ("shop", "read by", "pages", "of them generic alone", "price")
# Read by the generic path, because it is enough: what stands behind it is written in docs/shops.md.
GENERIC = {
    "Best Buy": ("bestbuy.com",),
    "Walmart": ("walmart.com", "walmart.ca"),
    "Target": ("target.com",),
    "Newegg": ("newegg.com",),
    "B&H": ("bhphotovideo.com",),
    "eBay": ("ebay.com",),
    "Etsy": ("etsy.com",),
    "Micro Center": ("microcenter.com",),
}
PLATFORMS = (
    "Shopify", "WooCommerce", "Magento", "PrestaShop", "Salesforce Commerce", "BASE", "STORES", "MakeShop", "EC-CUBE",
    "Color Me", "OpenCart", "Shopware", "Odoo", "nopCommerce", "any other shop",
)  # fmt: skip


def basis(shop: Shop) -> str:
    """Say how a shop is read and how sure that is."""
    kind = getattr(shop, "basis", "documented structure")
    return "generic path" if kind == "generic path" else f"own reader, from {kind}"


def names() -> list[tuple[str, str]]:
    """Return every row's shop and how it is read, in the table's order."""
    rows = [(shop.name, basis(shop)) for shop in SHOPS]
    known = {name for name, _ in rows}
    rows += [(name, "generic path") for name in GENERIC if name not in known]
    return rows + [(name, "generic path") for name in PLATFORMS]


def table(found: Iterable[Case]) -> list[str]:
    """Return the lines of the table."""
    hosts = {shop.name: shop.hosts for shop in SHOPS} | {
        n: h for n, h in GENERIC.items() if n not in {s.name for s in SHOPS}
    }
    by_shop: dict[str, list[Case]] = {}
    for case in found:
        host = host_of(case.url or "")
        name = next((name for name, its in hosts.items() if belongs(host, its)), "any other shop")
        by_shop.setdefault(name, []).append(case)
    lines = [f"| {' | '.join(HEAD)} |", "|---" * len(HEAD) + "|"]
    lines += [f"| {name} | {how} | {' | '.join(_counts(name, by_shop.get(name, [])))} |" for name, how in names()]
    return lines


def _counts(name: str, its: Sequence[Case]) -> tuple[str, str, str]:
    if not its:
        return ("pages of our own in its shape" if name in PLATFORMS[:-1] else "none here"), "", ""
    cells = []
    for generic in (False, True):
        outcomes = [judge(case, generic=generic).outcome for case in its]
        wrong = outcomes.count("wrong") + outcomes.count("false yes")
        cells.append(
            f"{outcomes.count('right')} + {outcomes.count('missed')} / {len(its)}"
            + (f", {wrong} wrong" if wrong else "")
        )
    priced = [right for case in its if (right := judge(case).price_right) is not None]
    return cells[0], cells[1], f"{sum(priced)} / {len(priced)}" if priced else ""


def main(arguments: list[str] | None = None) -> int:
    """Print the table, or write it where it is shown; 2 when there is no manifest."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("--write", type=Path, help="the file that shows the table")
    options = parser.parse_args(arguments)
    if not options.manifest.is_file():
        print(f"{options.manifest}: no such manifest, so no page to read: the table cannot be counted", file=sys.stderr)
        return 2
    lines = table(cases(options.manifest))
    if options.write is None:
        print("\n".join(lines))
        return 0
    text = options.write.read_text("utf-8")
    before, after = text[: text.index(BEGIN) + len(BEGIN)], text[text.index(END) :]
    options.write.write_text("\n".join([before, *lines, after]), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
