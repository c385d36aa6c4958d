"""How truthful is the reading? Runs saved pages with known answers through the same path that the service uses.

    python tests/truth.py MANIFEST [--generic] [--json]

MANIFEST has one JSON object a line: `file` (relative to the manifest; .gz or plain), `url` (or null), `shop`, `kind`
(html or json), optionally `status` and `headers` of the answer, and `truth` with `status`, `also_ok`, `price`,
`currency`. Percentages count html pages; a false yes (orderable where it is not) counts on all, and makes the exit code 1.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from watchers.model import Availability, Listing, Offer, Reading
from watchers.page import Page
from watchers.reading import read

# What our finer states are called in a manifest that has only the coarse ones.
COARSE = {
    Availability.IN_STORE_ONLY: "out_of_stock",
    Availability.COMING_SOON: "out_of_stock",
    Availability.DISCONTINUED: "out_of_stock",
    Availability.LOTTERY: "out_of_stock",
    Availability.INVITATION: "out_of_stock",
    Availability.MADE_TO_ORDER: "backorder",
}
ORDERABLE = frozenset({"in_stock", "preorder", "backorder"})
NO_VERDICT = frozenset({"blocked", "gone", "unknown", "not_a_product"})
NOWHERE = "https://unknown.invalid/"  # for pages whose address nobody kept


@dataclass(frozen=True, slots=True)
class Case:
    """One saved page and what a shopper would see on it."""

    file: str
    path: Path
    url: str | None
    shop: str
    kind: str
    status: int
    headers: dict[str, str]
    truth: dict[str, Any]

    @property
    def expected(self) -> str:
        return str(self.truth["status"])

    @property
    def accepted(self) -> frozenset[str]:
        """Every answer that is right."""
        return frozenset({self.expected, *(self.truth.get("also_ok") or ())})


@dataclass(frozen=True, slots=True)
class Score:
    """What the reading made of a case."""

    case: Case
    reading: Reading

    @property
    def got(self) -> str:
        return str(self.reading.availability)

    @property
    def coarse(self) -> str:
        return COARSE.get(self.reading.availability, self.got)

    @property
    def outcome(self) -> str:
        """right, missed (no verdict where there was one), wrong, or false yes."""
        accepted = self.case.accepted
        if self.coarse in accepted:
            return "right"
        if self.coarse in ORDERABLE and not accepted & ORDERABLE:
            return "false yes"
        if not self.reading.availability.is_verdict:
            return "right" if accepted & NO_VERDICT else "missed"
        return "wrong"

    @property
    def price_right(self) -> bool | None:
        """Whether the price is the named one; None where the manifest names none, or there is no verdict to price."""
        wanted = self.case.truth.get("price")
        if wanted is None or self.case.expected in NO_VERDICT:
            return None
        offer = self.offer
        if offer is None or offer.price is None:
            return False
        currency = self.case.truth.get("currency")
        return abs(offer.price - Decimal(str(wanted))) < Decimal("0.005") and currency in (None, offer.currency)

    @property
    def offer(self) -> Offer | None:
        return self.reading.offers[0] if self.reading.offers else None


def cases(manifest: Path) -> Iterator[Case]:
    """Yield the cases of a manifest; a line that is not one names its number."""
    for number, line in enumerate(manifest.read_text("utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            yield Case(
                file=row["file"],
                path=manifest.parent / row["file"],
                url=row.get("url"),
                shop=row.get("shop") or Path(row["file"]).parts[0],
                kind=row.get("kind") or ("json" if ".json" in row["file"] else "html"),
                status=int(row.get("status") or 200),
                headers={str(k).lower(): str(v) for k, v in (row.get("headers") or {}).items()},
                truth=row["truth"],
            )
        except (ValueError, KeyError, TypeError) as problem:
            raise SystemExit(f"{manifest}:{number}: not a case: {problem!r}") from problem


def judge(case: Case, *, generic: bool = False) -> Score:
    """Read one saved page as if it had just been fetched whole from its address."""
    body = case.path.read_bytes()
    if body[:2] == b"\x1f\x8b":
        body = gzip.decompress(body)
    url = case.url or NOWHERE
    page = Page(url, body, status=case.status, headers=case.headers)
    listing = Listing(url)
    return Score(case, read(page, listing, shop=lambda _: None) if generic else read(page, listing))


def as_json(score: Score) -> dict[str, object]:
    """One page's result as the documented line."""
    offer = score.offer
    quantities = [e.offer.quantity for e in score.reading.evidence if e.offer and e.offer.quantity is not None]
    return {
        "file": score.case.file,
        "expected": score.case.expected,
        "got": score.got,
        "outcome": score.outcome,
        "price": _number(offer.price) if offer else None,
        "currency": offer.currency if offer else None,
        "quantity": offer.quantity if offer and offer.quantity is not None else next(iter(quantities), None),
        "seller": offer.seller if offer else None,
        "condition": str(offer.condition) if offer and offer.condition else None,
        "detail": score.reading.detail,
        "evidence": [f"{e.source} {e.where}: {e.says} ({e.words})" for e in score.reading.evidence[:8]],
    }


def _number(amount: Decimal | None) -> float | int | None:
    if amount is None:
        return None
    try:
        return int(amount) if amount == amount.to_integral_value() else float(amount)
    except InvalidOperation:
        return None


OUTCOMES = ("right", "missed", "wrong", "false yes")


def table(scores: list[Score]) -> str:
    """The result by shop and in total, and every page that was not right, with the reason."""
    lines = [f"{'shop':38}" + "".join(f"{name:>11}" for name in OUTCOMES)]
    pages = [score for score in scores if score.case.kind == "html"]
    for shop in sorted({score.case.shop for score in pages}):
        counts = _counts([score for score in pages if score.case.shop == shop])
        lines.append(f"{shop:38}" + "".join(f"{counts[name] or '':>11}" for name in OUTCOMES))
    counts, data = _counts(pages), _counts([score for score in scores if score.case.kind != "html"])
    share = " ".join(f"{name} {100 * counts[name] / max(len(pages), 1):.1f} %" for name in OUTCOMES)
    priced = [score.price_right for score in pages if score.price_right is not None]
    lines += [
        f"{'total, html pages':38}" + "".join(f"{counts[name]:>11}" for name in OUTCOMES),
        f"{'total, data answers':38}" + "".join(f"{data[name]:>11}" for name in OUTCOMES),
        f"of {len(pages)} html pages: {share}",
        f"price right on {sum(priced)} of {len(priced)} html pages whose price is named",
        "",
    ]
    for score in sorted(pages, key=lambda score: score.outcome):
        if score.outcome != "right":
            lines.append(f"{score.outcome}: {score.case.file}: {score.case.expected}, got {score.got}. {_why(score)}")
    lines += [
        f"false yes: {score.case.file}: {score.case.expected}, got {score.got}. {_why(score)}"
        for score in scores
        if score.case.kind != "html" and score.outcome == "false yes"
    ]
    return "\n".join(lines)


def _counts(scores: list[Score]) -> dict[str, int]:
    return {name: sum(score.outcome == name for score in scores) for name in OUTCOMES}


def _why(score: Score) -> str:
    shown = "; ".join(f"{e.source} {e.says} ({e.words})" for e in score.reading.evidence[:4])
    return score.reading.detail or shown


def main(arguments: list[str] | None = None) -> int:
    """Run a manifest; 1 on any false yes, 2 when there is no manifest."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("--generic", action="store_true", help="without the readers of single shops")
    parser.add_argument("--json", action="store_true", help="one JSON object a page")
    options = parser.parse_args(arguments)
    if not options.manifest.is_file():
        print(f"{options.manifest}: no such manifest", file=sys.stderr)
        return 2
    scores = []
    for case in cases(options.manifest):
        scores.append(judge(case, generic=options.generic))
        if options.json:
            print(json.dumps(as_json(scores[-1]), ensure_ascii=False))
    if not options.json:
        print(table(scores))
    return 1 if any(score.outcome == "false yes" for score in scores) else 0


if __name__ == "__main__":
    sys.exit(main())
