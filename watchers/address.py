"""Addresses of pages: parsed once, followed by redirects, and shown without their secrets."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import encode_basic_auth
from yarl import URL


@dataclass(frozen=True, slots=True)
class Target:
    """A listing's address, ready to be asked for."""

    url: URL  # without user-info and fragment
    origin: str
    authorization: str | None = None  # a Basic header made of the user-info


def parse(text: str) -> Target:
    """Return the address in a text; ValueError unless it is http or https with a host."""
    url = _checked(URL(text))
    authorization = None
    if url.raw_user is not None or url.raw_password is not None:
        authorization = encode_basic_auth(url.user or "", url.password or "")
    url = _bare(url)
    return Target(url, str(url.origin()), authorization)


def follow(here: URL, to: str) -> URL:
    """Return where a redirect leads, without the user-info it may bring along; ValueError unless http or https."""
    return _bare(_checked(here.join(URL(to))))


def clean(url: URL | str) -> str:
    """Return an address without user-info, query and fragment: those are where secrets stand."""
    try:
        return str(_bare(url if isinstance(url, URL) else URL(url)).with_query(None))
    except (ValueError, TypeError):
        return str(url).partition("?")[0].rpartition("@")[2]


def _checked(url: URL) -> URL:
    if url.scheme not in ("http", "https") or not url.raw_host:
        raise ValueError("not an http or https address")
    return url


def _bare(url: URL) -> URL:
    if url.raw_user is not None or url.raw_password is not None:
        url = url.with_user(None)
    return url.with_fragment(None) if url.raw_fragment else url
