"""Every pattern of ours against text made to freeze it: they are found by importing everything, so none can be forgotten."""

from __future__ import annotations

import contextlib
import importlib
import pkgutil
import re
import time
from collections.abc import Iterable, Iterator
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

PACKAGES = ("monitor", "notifiers", "watchers")


def patterns() -> dict[str, re.Pattern[Any]]:
    """Give every compiled pattern that a module of ours, or a class or container in it, holds; by name."""
    found: dict[int, tuple[str, re.Pattern[Any]]] = {}
    for package in PACKAGES:
        root = importlib.import_module(package)
        names = [package, *(info.name for info in pkgutil.walk_packages(root.__path__, package + "."))]
        for name in names:
            if name.endswith("__main__"):
                continue
            module = importlib.import_module(name)
            for label, value in vars(module).items():
                for place, pattern in _inside(value, f"{name}.{label}", 3):
                    found.setdefault(id(pattern), (place, pattern))
    return dict(found.values())


def _inside(value: object, place: str, depth: int) -> Iterator[tuple[str, re.Pattern[Any]]]:
    if isinstance(value, re.Pattern):
        yield place, value
    elif depth and isinstance(value, dict):
        for key, inner in value.items():
            yield from _inside(inner, f"{place}[{key!r}]", depth - 1)
    elif depth and isinstance(value, tuple | list | set | frozenset):
        for number, inner in enumerate(value):
            yield from _inside(inner, f"{place}[{number}]", depth - 1)
    elif depth and isinstance(value, type) and value.__module__.split(".")[0] in PACKAGES:
        for key, inner in vars(value).items():
            yield from _inside(inner, f"{place}.{key}", depth - 1)


COMMON = (
    "a", " ", "\n", "\t ", "0", "0.", "1,", "1 ", "9,9", "<", ">", '"', "'", "\\", "=", "a=", 'a="', "<a ", "<script ", "<script>", "<!--", "-->", "</", "/*", "//", "*/", "&",
    "&quot;", "<meta ", "<meta charset", "charset=", "://", "a://", "%41", "()", "[{", "円", "¥1", "1円", "￥１，", "1 000 ", "税込", "在庫", "残り", "残り1", "カート", "あ", "é", "e\u0301",
    "-", "–", "~", "1~", "from ", "送料", "{", "{n}", "${", "\\u", "\u200b", "\u202e", "@", "@everyone", "`", "<!channel>", "only 1 left ", "in stock ", "ld+json", "<title>", "|", "a|", "?", "a.", ".a", "a-", "_", "a_",
)  # fmt: skip


def hostile(pattern: re.Pattern[Any]) -> list[str]:
    """Give pieces to repeat: common ones, and beginnings of what the pattern itself looks for, each short of a match."""
    pieces = dict.fromkeys(COMMON)
    source = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    with contextlib.suppress(RecursionError, re.error):
        tree = parser.parse(
            source, pattern.flags & ~re.UNICODE if isinstance(pattern.pattern, bytes) else pattern.flags
        )
        for pick in (0, 1, 2):
            sample = "".join(_sample(tree, pick))[:200]
            for cut in (len(sample), len(sample) - 1, len(sample) - 2, len(sample) // 2, 2, 1):
                if 0 < cut <= len(sample):
                    pieces[sample[:cut]] = None
                    pieces[sample[:cut] + " "] = None
    return [clean for piece in pieces if (clean := piece.encode("utf-8", "ignore").decode())]


def _sample(tree: Iterable[Any], pick: int) -> Iterator[str]:
    """Give one text that a parsed pattern matches, more or less; `pick` chooses among its branches."""
    for what, value in tree:
        if what is op.LITERAL:
            yield chr(value)
        elif what is op.NOT_LITERAL:
            yield "x" if value != ord("x") else "y"
        elif what is op.ANY:
            yield "x"
        elif what is op.IN:
            yield _one_of(value)
        elif what in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
            low, high, inner = value
            times = max(low, min(int(high), 1 + pick)) if pick else low
            for _ in range(min(times, 20)):
                yield from _sample(inner, pick)
        elif what is op.SUBPATTERN:
            yield from _sample(value[3], pick)
        elif what is op.ATOMIC_GROUP:
            yield from _sample(value, pick)
        elif what is op.BRANCH:
            branches = value[1]
            yield from _sample(branches[(pick * 7) % len(branches)], pick)


def _one_of(parts: Iterable[Any]) -> str:
    parts = list(parts)
    if parts and parts[0][0] is op.NEGATE:
        banned = [value for kind, value in parts if kind is op.LITERAL]
        return next(c for c in "xyz0 -" if ord(c) not in banned)
    for kind, value in parts:
        if kind is op.LITERAL:
            return chr(value)
        if kind is op.RANGE:
            return chr(value[0])
        if kind is op.CATEGORY:
            return {"CATEGORY_DIGIT": "1", "CATEGORY_SPACE": " "}.get(str(value), "a")
    return "a"


def superlinear(
    pattern: re.Pattern[Any], piece: str, steps: Iterable[int], *, anchored: bool
) -> tuple[int, float] | None:
    """Meet texts of this piece, each four times the last (KiB), in the way the pattern is used; give the size and CPU seconds where
    the time grew eightfold, None when it never did.
    """
    last = None
    for kib in steps:
        text: Any = piece * (kib * 1024 // len(piece.encode()) + 1)
        if isinstance(pattern.pattern, bytes):
            text = text.encode()
        spent = _spent(pattern, text, anchored)
        if last is not None and spent > 8 * last + 0.02:
            spent = min(
                spent, _spent(pattern, text, anchored), _spent(pattern, text, anchored)
            )  # unless the machine hiccuped
            if spent > 8 * last + 0.02:
                return kib, spent
        last = spent
    return None


def _spent(pattern: re.Pattern[Any], text: Any, anchored: bool) -> float:
    began = time.thread_time()
    pattern.match(text)
    pattern.fullmatch(text)
    if not anchored:
        for _ in pattern.finditer(text):
            pass
    return time.thread_time() - began
