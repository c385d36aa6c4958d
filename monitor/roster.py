"""Who is watched: the slots and beliefs of a configuration, and how its shops are looked at.

Start and reload are the same thing: a configuration is carried in, and what did not change goes on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import structlog

from monitor.changes import fingerprint
from monitor.clock import Clock
from monitor.demo import DemoShop
from monitor.looking import Looker
from monitor.manners import host_settings, manners_for
from monitor.model import Belief, Watch
from monitor.schedule import Key, Schedule, Slot
from monitor.settings import Settings
from monitor.values import host_of
from watchers.model import Listing
from watchers.observe import Observer

log = structlog.get_logger("restock.service")


class Roster:
    """Keeps slots, beliefs, lanes and the observer in step with the configuration in force."""

    def __init__(
        self, slots: dict[Key, Slot], beliefs: dict[Key, Belief], schedule: Schedule, looker: Looker, clock: Clock
    ) -> None:
        self._slots = slots
        self._beliefs = beliefs
        self._schedule = schedule
        self._looker = looker
        self._clock = clock
        self._demo: DemoShop | None = None
        self._inside: Settings | None = None
        self._retired: list[Observer] = []  # looks may still be under way through them

    async def carry_in(self, new: Settings, stored: Mapping[Key, Belief]) -> None:
        """Watch what `new` says; `stored` has the beliefs of listings watched before."""
        old = self._inside
        await self._ready_demo(new)
        if old is None or new.fetch != old.fetch or new.full_every != old.full_every:
            if old is not None:
                self._retired.append(self._looker.observer)
            self._looker.observer = self._new_observer(new)
        self._inside = self._looker.settings = new
        self._mind_manners(new)
        wanted = {(watch.name, listing.url): (watch, listing) for watch in new.watches for listing in watch.listings}
        for key in [key for key in self._slots if key not in wanted]:
            slot = self._slots.pop(key)
            self._schedule.remove(slot)
            self._beliefs.pop(key, None)
            self._looker.forget(slot)
        for key, (watch, listing) in wanted.items():
            if key in self._slots:
                self._go_on(self._slots[key], watch, listing)
            else:
                self._add(watch, listing, stored.get(key))
        self._looker.wake.set()

    async def close(self) -> None:
        """Close what looks were made through."""
        for observer in (*self._retired, self._looker.observer):
            await observer.close()
        if self._demo is not None:
            await self._demo.stop()

    def _add(self, watch: Watch, listing: Listing, belief: Belief | None) -> None:
        mark = fingerprint(watch, listing)
        belief = edited(belief or Belief(watch.name, listing.url, fingerprint=mark), mark)
        slot = Slot(watch, listing, host_of(listing.url), self._clock.monotonic())
        slot.seen_at = slot.due - self._silence(belief, listing)
        self._beliefs[slot.key] = belief
        self._slots[slot.key] = slot
        self._schedule.add(slot)

    def _silence(self, belief: Belief, listing: Listing) -> float:
        """Give the seconds without a look that count from before a restart: half a patience, so that a crash loop shows."""
        if belief.last_conclusive is None or self._inside is None:
            return 0.0
        blind = self._inside.blind
        most = max(blind.after, blind.intervals * listing.interval) / 2
        return max(timedelta(0), min(most, self._clock.now() - belief.last_conclusive)).total_seconds()

    def _go_on(self, slot: Slot, watch: Watch, listing: Listing) -> None:
        slot.watch, slot.listing = watch, listing
        mark = fingerprint(watch, listing)
        if mark != self._beliefs[slot.key].fingerprint:
            self._beliefs[slot.key] = edited(self._beliefs[slot.key], mark)
            self._looker.observer.forget(listing)
        self._looker.hasten(slot, self._clock.monotonic())

    def _mind_manners(self, settings: Settings) -> None:
        for watch in settings.watches:
            for listing in watch.listings:
                host = host_of(listing.url)
                chosen = host_settings(settings, host)
                self._schedule.lane(host, chosen.rate, chosen.concurrency)
                self._looker.manners[host] = manners_for(settings, host)

    # --- how shops are looked at ---

    def _new_observer(self, settings: Settings) -> Observer:
        demo = self._demo
        return Observer(
            settings.fetch,
            exempt=() if demo is None else (demo.address,),
            resolve=self._resolve,
            full_every=settings.full_every.total_seconds(),
        )

    async def _ready_demo(self, settings: Settings) -> None:
        wants = any(listing.url.startswith("demo:") for watch in settings.watches for listing in watch.listings)
        if not wants or self._demo is not None:
            return
        demo = DemoShop()
        try:
            await demo.start()
        except OSError as error:
            log.error("demo.failed", why=str(error))  # its watch then says what it cannot see, like any other
            return
        self._demo = demo
        if self._inside is not None:  # the observer at work does not know this address yet
            self._retired.append(self._looker.observer)
            self._looker.observer = self._new_observer(settings)

    def _resolve(self, url: str) -> str:
        if url.startswith("demo:") and self._demo is not None:
            return self._demo.resolve(url)
        return url


def edited(belief: Belief, mark: str) -> Belief:
    """Note on a belief that the question was edited since it was formed."""
    if belief.fingerprint == mark:
        return belief
    return replace(belief.settled(), fingerprint=mark, edited=True)
