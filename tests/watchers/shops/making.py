"""Small pages of our own in the shapes of the shops, and ways to spoil them."""

from __future__ import annotations

import json

from watchers.model import Listing, Reading
from watchers.page import Page
from watchers.reading import read


def html(inside: str, *, title: str = "卓上ランプ", head: str = "") -> str:
    """A whole page around what a test is about."""
    return (
        f'<!doctype html><html lang="ja"><head><meta charset="utf-8"><title>{title}</title>{head}</head>'
        f"<body><main>{inside}</main></body></html>"
    )


def script(name: str, data: object) -> str:
    """A script that carries data under an id."""
    return f'<script id="{name}" type="application/json">{json.dumps(data, ensure_ascii=False)}</script>'


def look(body: str | bytes, url: str, *, variant: str | None = None, **answer: object) -> Reading:
    """Read an answer as if it had come from its address."""
    raw = body.encode() if isinstance(body, str) else body
    return read(Page(url, raw, **answer), Listing(url, variant=variant))  # type: ignore[arg-type]


def answer(data: object, url: str, **more: object) -> Reading:
    """Read data as a shop's endpoint sends it."""
    return look(json.dumps(data, ensure_ascii=False), url, headers={"content-type": "application/json"}, **more)  # type: ignore[arg-type]
