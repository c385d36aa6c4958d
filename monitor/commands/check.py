"""`restock check`: look once, and show what is seen and why, so that a person agrees or sees the mistake."""

from __future__ import annotations

import asyncio
import gzip
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from monitor.commands.base import config_path, find_watch, load_settings
from monitor.commands.faults import Fault
from monitor.commands.sight import as_data, as_lines
from monitor.commands.terminal import note, say, say_json
from monitor.config import ConfigError
from monitor.demo import DemoShop, Rhythm, is_demo
from monitor.demo_pages import PRODUCTS, demo_product
from monitor.manners import manners_for
from monitor.model import Rates, Watch
from monitor.settings import Settings
from monitor.values import host_of, nearest
from monitor.whereabouts import program
from monitor.wishes import Verdict, answer
from watchers.model import Listing, Manners, Observation
from watchers.observe import Observer
from watchers.page import Page
from watchers.reading import read

_ADDRESS = re.compile(r"[\w-]++(?:\.[\w-]++)+(?::\d+)?(?:/\S*)?")  # a URL whose https:// was left out
_GZIP = b"\x1f\x8b"
_MOST_BYTES = 64 * 1024 * 1024  # of a saved page


@dataclass(frozen=True, slots=True)
class Sight:
    """One look and, where the listing belongs to a watch, how it answers the wish."""

    seen: Observation
    watch: Watch | None = None
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """One listing to look at, and the watch it belongs to."""

    listing: Listing
    watch: Watch | None = None


def check(target: str, config: Path | None, page: Path | None, as_json: bool, save: Path | None = None) -> int:
    """Look at a URL or at every listing of a watch, or read a saved page; raises Fault for what cannot be looked at."""
    target = target.strip()
    if not target:
        raise Fault("nothing to look at: name a page, as https://HOST/..., or a watch of the configuration")
    if _ADDRESS.fullmatch(target) and not _is_watch(target, config):
        raise Fault(f'"{target}" is no URL yet: try {program()} check https://{target}')
    settings = _settings(config, needed="://" not in target)
    targets = _targets(target, settings)
    pages: list[Page] = []
    if page is not None:
        if len(targets) > 1:
            raise Fault(f'"{target}" has {len(targets)} listings: give the URL that {page} was saved from instead')
        saved = _saved(page, targets[0].listing)
        pages, seen = [saved], [_read_saved(saved, targets[0].listing)]
    else:
        seen = asyncio.run(look([target.listing for target in targets], settings, pages.append))
    rates = Rates(settings.rates if settings else {})
    sights = [
        Sight(look, place.watch, answer(look, place.watch.wish, rates) if place.watch else None)
        for place, look in zip(targets, seen, strict=True)
    ]
    if as_json:
        data = [as_data(sight.seen, sight.watch, sight.verdict) for sight in sights]
        say_json(data[0] if "://" in target else data)
    else:
        for sight in sights:
            say(*as_lines(sight.seen, sight.watch, sight.verdict))
    if save is not None:
        _keep(pages, [place.listing for place in targets], save)
    return 0


def _keep(pages: list[Page], listings: list[Listing], folder: Path) -> None:
    """Keep what was fetched, cleaned of personal parts, and say what to do with it."""
    from monitor.keepsake import keep

    if not pages:
        raise Fault("nothing to save: no page came back")
    for page in pages:
        listing = next((one for one in listings if one.url == page.requested_url), listings[0])
        try:
            kept = keep(page, listing, folder, datetime.now(UTC))
        except OSError as error:
            raise Fault(f"cannot write into {folder}: {error.strerror}; name another folder with --save") from None
        note(
            f"kept {kept.file}, and a line in {kept.manifest}: correct its truth to what you saw, then attach both to a report"
        )
        if not kept.same:
            note("without tokens and personal parts the page reads otherwise than before: say so in the report")
        note(
            "tokens, e-mail addresses, post codes and names were taken out as far as they could be told: look before you send it"
        )


def _is_watch(name: str, config: Path | None) -> bool:
    try:
        find_watch(load_settings(config), name)
    except (Fault, ConfigError):
        return False
    return True


def _settings(config: Path | None, *, needed: bool) -> Settings | None:
    """Give the configuration; a URL can be looked at without one, and beside a broken one nobody named."""
    if needed or config is not None:
        return load_settings(config)
    if not config_path(config).exists():
        return None
    try:
        return load_settings(config)
    except ConfigError as error:
        note(
            f"{config_path(config)} has {len(error.problems)} problem(s), so it is left aside; see: {program()} validate"
        )
        return None


def _targets(target: str, settings: Settings | None) -> list[Target]:
    if "://" not in target:
        assert settings is not None  # a name needs the configuration
        watch = find_watch(settings, target)
        return [Target(listing, watch) for listing in watch.listings]
    must_be_lookable(target)
    for watch in settings.watches if settings else ():
        for listing in watch.listings:
            if listing.url == target:
                return [Target(listing, watch)]
    return [Target(Listing(target))]


def must_be_lookable(url: str) -> None:
    """Refuse what is no page of a shop; raises Fault."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise Fault(f'cannot look at "{url}": {error}; expected https://HOST/...') from None
    if is_demo(url):
        if (product := demo_product(url)[1]) not in PRODUCTS:
            known = nearest(product, list(PRODUCTS)) or f"; there are {', '.join(PRODUCTS)}"
            raise Fault(f'the demo shop has no "{product}"{known}')
        return
    if parts.scheme.lower() not in ("http", "https"):
        raise Fault(f'cannot look at "{url}": expected http:// or https://, not {parts.scheme}://')
    if not host or any(letter.isspace() or not letter.isprintable() for letter in url):
        raise Fault(f'cannot look at "{url}": expected https://HOST/... without blanks')


async def look(
    listings: list[Listing], settings: Settings | None, seen: Callable[[Page], None] | None = None
) -> list[Observation]:
    """Look once at each listing, with the manners the configuration asks for; `seen` is shown each page that came back."""
    shop = DemoShop(Rhythm(first_away=0.0, first_looks=0))  # just opened: everything is there to be looked at
    if any(is_demo(listing.url) for listing in listings):
        await shop.start()
    observer = Observer(settings.fetch if settings else None, exempt=[shop.address], resolve=shop.resolve, seen=seen)
    try:
        return [
            await observer.observe(listing, manners=_manners(listing.url, settings), fresh=True) for listing in listings
        ]
    finally:
        await observer.close()
        await shop.stop()


def _manners(url: str, settings: Settings | None) -> Manners:
    return Manners() if settings is None else manners_for(settings, host_of(url))


def _saved(path: Path, listing: Listing) -> Page:
    """Give a saved page as if its URL had just answered with it; no status and no headers are known."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise Fault(f"cannot read {path}: larger than {_MOST_BYTES >> 20} MiB, so not a saved page")
        body = path.read_bytes()
    except FileNotFoundError:
        raise Fault(
            f"cannot read {path}: there is no such file; save the page in a browser first (its HTML alone), and name that file"
        ) from None
    except OSError as error:
        raise Fault(f"cannot read {path}: {error.strerror}; name the HTML file of a saved page") from None
    if body.startswith(_GZIP):
        try:
            body = gzip.decompress(body)
        except (OSError, EOFError) as error:
            raise Fault(f"cannot read {path}: not a whole .gz file ({error})") from None
    if not body.strip():
        raise Fault(f"{path} is empty: save the page once more, when it is shown in full")
    return Page(listing.url, body)


def _read_saved(page: Page, listing: Listing) -> Observation:
    reading = read(page, listing)
    return Observation(
        url=listing.url,
        at=datetime.now(UTC),
        availability=reading.availability,
        offers=reading.offers,
        evidence=reading.evidence,
        cause=reading.cause,
        detail=reading.detail,
        title=reading.title,
        image=reading.image,
        identity=reading.identity,
    )
