"""What is allowed and still worth saying: budgets that cannot serve what is asked, and risks taken on purpose."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import timedelta

from monitor.manners import host_settings
from monitor.model import Watch
from monitor.settings import Settings
from monitor.values import host_of, nearest, show_duration
from watchers.model import Listing

FLOOR = timedelta(seconds=5)  # below it a shop may take offence
_AMAZON = "the Amazon Conditions of Use forbid robots and other automated reading of its pages"
_MERCARI = "the Mercari terms of use (メルカリ利用規約) forbid automated access to its pages"


def is_demo(url: str) -> bool:
    """Tell whether a listing is the built-in shop, which has no budget."""
    return url.startswith("demo:")


def _by_host(settings: Settings) -> Mapping[str, list[tuple[Watch, Listing]]]:
    hosts: dict[str, list[tuple[Watch, Listing]]] = defaultdict(list)
    for watch in settings.watches:
        for listing in watch.listings:
            if not is_demo(listing.url):
                hosts[host_of(listing.url)].append((watch, listing))
    return hosts


def stretch(settings: Settings) -> dict[str, float]:
    """Give for each host the factor, 1 or more, by which its budget lengthens the intervals asked for there."""
    return {
        host: max(
            1.0, sum(1 / listing.interval.total_seconds() for _, listing in pairs) / host_settings(settings, host).rate
        )
        for host, pairs in _by_host(settings).items()
    }


def reachable(settings: Settings) -> dict[str, timedelta]:
    """Give for each host the shortest interval that its budget can serve, all its listings counted."""
    factors = stretch(settings)
    return {
        host: min(listing.interval for _, listing in pairs) * factors[host]
        for host, pairs in _by_host(settings).items()
    }


def notes(settings: Settings) -> list[str]:
    """Say, a line each, what the settings allow and a person should know."""
    found = [*_budgets(settings), *_hot(settings), *_rates(settings), *_terms(settings), *_risks(settings)]
    return list(dict.fromkeys(found))


def _budgets(settings: Settings) -> Iterator[str]:
    factors, shortest = stretch(settings), reachable(settings)
    for host, pairs in _by_host(settings).items():
        if factors[host] > 1.0:
            asked = min(listing.interval for _, listing in pairs)
            yield (
                f"{host}: {len(pairs)} listings ask for a look every {show_duration(asked)}, and its budget of "
                f"{host_settings(settings, host).rate:g}/s reaches every {_round(shortest[host])}: "
                f'raise their interval, or [hosts."{host}"] rate if the shop allows it'
            )


def _hot(settings: Settings) -> Iterator[str]:
    for host, pairs in _by_host(settings).items():
        rate = host_settings(settings, host).rate
        for watch in dict.fromkeys(watch for watch, _ in pairs):
            for window in watch.hot:
                every = window.every.total_seconds()
                load = sum(
                    1 / min(every, listing.interval.total_seconds())
                    if other.name == watch.name
                    else 1 / listing.interval.total_seconds()
                    for other, listing in pairs
                )
                if load > rate:
                    yield (
                        f'watch "{watch.name}": in the hot window at {window.at:%H:%M} the budget of {host} ({rate:g}/s) '
                        f"reaches a look every {_round(window.every * (load / rate))}, not every {show_duration(window.every)}"
                    )


def _round(span: timedelta) -> str:
    seconds = span.total_seconds()
    return show_duration(timedelta(seconds=round(seconds, 1) if seconds < 60 else round(seconds)))


def _rates(settings: Settings) -> Iterator[str]:
    """A ceiling in another currency than yen is compared with prices in that currency alone, unless it has a rate."""
    for watch in settings.watches:
        code = watch.wish.currency
        if watch.wish.max_price is not None and code != "JPY" and code not in settings.rates:
            yield (
                f'watch "{watch.name}": max_price is in {code}, so only prices in {code} can be compared with it: '
                f"for others add {code} = (yen for one) to [monitor.rates]"
            )


def _terms(settings: Settings) -> Iterator[str]:
    for host in _by_host(settings):
        labels = host.split(".")
        if "amazon" in labels[:-1]:
            yield f"{_AMAZON}; looking at them is your own choice, and they often refuse"
        elif "mercari" in labels[:-1]:
            yield f"{_MERCARI}; looking at them is your own choice, and they often refuse"


def _risks(settings: Settings) -> Iterator[str]:
    watched = list(_by_host(settings))
    for host, manners in settings.hosts.items():
        if manners.proxy is not None:
            yield f'[hosts."{host}"] proxy: the proxy looks names up, so addresses behind names are not guarded'
        if not any(host in (lane, lane.rpartition(":")[0]) for lane in watched):
            yield f'[hosts."{host}"]: no listing is there{nearest(host, watched)}'
    for watch in settings.watches:
        for listing in watch.listings:
            if not listing.tls_verify:
                yield f'watch "{watch.name}": tls_verify = false: whoever stands between can show {host_of(listing.url)} as they like'
    if settings.min_interval < FLOOR:
        yield f"monitor.min_interval is {show_duration(settings.min_interval)}: below 5s, look only at shops of your own"
    if not settings.watches:
        yield "nothing is watched yet: add a [[watch]]"
    told = {name for watch in settings.watches for name in watch.channels} | {settings.retry.fallback}
    for name in settings.channels:
        if settings.watches and name not in told:
            yield f"[channels.{name}]: no watch tells it"
