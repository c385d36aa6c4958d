"""Whatever is recorded, sent, settled and restarted, storage answers as a plain list in memory would."""

import asyncio
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from monitor import rows
from monitor.model import Alert, Answer, Belief, Change, Delivery, DeliveryState, Kind, Place, Transition
from monitor.storage import Storage
from notifiers.message import Urgency
from tests.monitor.news import NOW, at, change, no, yes
from watchers.model import Availability, Cause, Condition, Offer

MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # what is tested here is order, not the disk
URLS = ("https://a.example/1", "https://b.example/2")
records = st.tuples(
    st.just("record"), st.sampled_from(URLS), st.booleans(), st.integers(1, 3), st.integers(0, 2), st.booleans()
)
settles = st.tuples(st.sampled_from(["sending", "done", "dead", "pending"]), st.lists(st.integers(1, 12), max_size=3))
steps = st.lists(
    records | settles | st.just(("restart",)) | st.tuples(st.just("seen"), st.sampled_from(URLS)), max_size=14
)


class Memory:
    """The plain thing that storage must agree with."""

    def __init__(self) -> None:
        self.deliveries: dict[int, Delivery] = {}
        self.events: list[str] = []
        self.beliefs: dict[tuple[str, str], Belief] = {}
        self.spells: dict[str, list[list[Any]]] = {url: [] for url in URLS}

    def record(self, news: Change, made: list[Delivery]) -> None:
        self.beliefs["w", news.belief.url] = news.belief
        now = news.belief.last_conclusive
        price = news.belief.offer.price if news.belief.offer else None
        spells = self.spells[news.belief.url]
        if spells and spells[-1][:2] == [news.belief.answer, price]:
            spells[-1][3] = now
        else:
            spells.append([news.belief.answer, price, now, now])
        if news.transition:
            self.events.append(news.transition.event_id)
        self.deliveries |= {d.id: d for d in made}

    def settle(self, word: str, ids: list[int], number: int) -> None:
        for id_ in ids:
            old = self.deliveries.get(id_)
            if old is None or old.state is DeliveryState.DONE:
                continue
            if word == "sending":
                if old.state is DeliveryState.PENDING:
                    self.deliveries[id_] = replace(old, state=DeliveryState.SENDING)
                continue
            over = at(number) if word in ("done", "dead") else None
            self.deliveries[id_] = replace(old, state=DeliveryState(word), settled_at=over, attempts=number)

    def restart(self) -> None:
        for id_, old in self.deliveries.items():
            if old.state is DeliveryState.SENDING:
                self.deliveries[id_] = replace(old, state=DeliveryState.PENDING, repeat=True)


async def play(path: Path, sequence: list[Any]) -> None:
    memory, storage = Memory(), await Storage.open(path)
    for number, step in enumerate(sequence):
        match step:
            case ("record", url, wanted, price, channels, told):
                belief = yes(number, price=price, url=url) if wanted else no(number, url=url)
                news = replace(change(f"e{number}", number, url=url), belief=belief, channels=("a", "b")[:channels])
                news = news if told else replace(news, transition=None, alert=None)
                made = await storage.record([news], NOW)
                assert [d.channel for d in made] == list(news.channels if told else ())
                memory.record(news, made)
            case ("restart",):
                await storage.close()
                storage = await Storage.open(path)
                owed = await storage.owed()
                memory.restart()
                assert owed == [d for d in memory.deliveries.values() if d.state is DeliveryState.PENDING]
            case ("seen", url):
                await storage.seen([("w", url, at(number))])
                if memory.spells[url]:
                    memory.spells[url][-1][3] = at(number)
                    old = memory.beliefs["w", url]
                    last_yes = at(number) if old.answer is Answer.YES else old.last_yes
                    memory.beliefs["w", url] = replace(old, last_conclusive=at(number), last_yes=last_yes)
            case ("sending", ids):
                await storage.sending(ids, at(number))
                memory.settle("sending", ids, number)
            case (word, ids):
                await storage.settle(ids, DeliveryState(word), now=at(number), attempts=number)
                memory.settle(word, ids, number)
        assert await storage.deliveries() == list(memory.deliveries.values())[::-1]
    assert [t.event_id for t in await storage.history()] == memory.events[::-1]
    assert await storage.beliefs() == memory.beliefs
    for url, spells in memory.spells.items():
        stored = [[s.answer, s.price, s.began, s.last_seen] for s in reversed(await storage.spells("w", url))]
        assert stored == spells
        found = list(reversed(await storage.spells("w", url)))
        assert [s.ended for s in found] == [s.began for s in found[1:]] + [None] * bool(found)
    await storage.close()


@given(steps)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_storage_agrees_with_a_plain_memory(sequence: list[Any]) -> None:
    """Any sequence of records, sends, settlements, looks and restarts ends as the plain memory says."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        asyncio.run(play(Path(folder) / "restock.db", sequence))


# --- the codec ---

times = st.datetimes(min_value=datetime(2000, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone
texts = st.text(max_size=8)
money = st.none() | st.decimals(0, 10**9, places=2)
states = st.none() | st.sampled_from(Availability)
offers = st.none() | st.builds(
    Offer, st.sampled_from(Availability), price=money, currency=st.none() | st.just("JPY"), seller=st.none() | texts,
    condition=st.none() | st.sampled_from(Condition), quantity=st.none() | st.integers(0, 99),
)  # fmt: skip
common = {"since": st.none() | times, "offer": offers, "title": st.none() | texts}
events = common | {
    "kind": st.sampled_from(Kind), "at": times, "before": states, "after": states, "detail": texts,
    "cause": st.none() | st.sampled_from(Cause),
}  # fmt: skip
transitions = st.builds(Transition, texts, watch=texts, url=texts, **events)
alerts = st.builds(
    Alert, texts, urgency=st.sampled_from(Urgency), max_price=money, subjects=st.lists(texts).map(tuple),
    others=st.lists(st.builds(Place, texts, offers.filter(bool)), max_size=2).map(tuple), **events,
)  # fmt: skip
beliefs = st.builds(
    Belief, texts, texts, answer=st.none() | st.sampled_from(Answer), availability=states, last_yes=st.none() | times,
    told=st.frozensets(texts), identity_ids=st.frozensets(texts), edited=st.booleans(), **common,
)  # fmt: skip


@given(transitions | alerts | beliefs)
@settings(max_examples=100, deadline=None)
def test_what_is_written_is_read_back_equal(thing: Transition | Alert | Belief) -> None:
    """Any transition, alert or belief survives its JSON, whatever text, time or money is in it."""
    assert rows.load(type(thing), rows.dump(thing), "it") == thing


@given(times, times)
@example(NOW, NOW.replace(microsecond=5))
@settings(deadline=None)
def test_stamps_sort_as_the_times_do(one: Any, two: Any) -> None:
    """Stored times compare as text the way they compare as times, and come back exact."""
    assert (rows.stamp(one) < rows.stamp(two)) == (one < two)
    assert rows.unstamp(rows.stamp(one)) == one


def test_json_of_anything_is_plain_and_steady() -> None:
    """Money and times become text, sets sorted lists, keys text; a half character is replaced."""
    belief = replace(yes(0), told=frozenset({"b", "a"}), title="x\ud83d")
    out = rows.to_json({"belief": belief, "kinds": (Kind.RESTOCK,), 1: None})
    assert out["belief"]["told"] == ["a", "b"]
    assert out["belief"]["offer"]["price"] == "49980"
    assert out["belief"]["since"] == "2026-11-25T03:00:00Z"
    assert out["belief"]["title"] == "x\ufffd"
    assert out["kinds"] == ["restock"]
