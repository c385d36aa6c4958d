"""Watchers look: a listing goes in, an observation comes out. They never know what is wished for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from watchers.observe import Observer

__all__ = ["Observer"]


def __getattr__(name: str) -> object:
    """Load the observer only when somebody looks: the words of `model` cost no HTTP stack."""
    if name == "Observer":
        from watchers.observe import Observer

        return Observer
    raise AttributeError(name)
