"""What the service remembers is written whole, found again after a restart, and forgotten only when it is settled."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest

from monitor.model import Alert, Answer, Belief, Change, DeliveryState, Kind, Leaning, Place, Transition
from monitor.storage import AlarmRow, Storage, StoreError, reading
from notifiers.message import Urgency
from tests.monitor.news import NOW, URL, alert, at, change, no, offer, yes
from watchers.model import Availability, Cause

KEY = ("w", URL)


@pytest.fixture
async def storage(tmp_path: Path) -> AsyncIterator[Storage]:
    async with await Storage.open(tmp_path / "restock.db") as opened:
        yield opened


async def reopened(storage: Storage) -> Storage:
    await storage.close()
    return await Storage.open(storage.path)


async def test_a_belief_survives_a_restart_without_its_leanings(storage: Storage) -> None:
    """Everything above the line comes back equal; a change of mind that was not confirmed dies."""
    belief = replace(
        yes(5, since=1), fingerprint="f", told=frozenset({"no_price", "other"}), title="テスト ¥", edited=True,
        rang_at=at(2), identity_ids=frozenset({"asin:B0", "sku:1"}), leaning=Leaning(Answer.NO, at(6), at(6)),
        looks_blind=3, last_cause=Cause.BLOCKED,
    )  # fmt: skip
    await storage.record([Change(belief)], NOW)
    again = await reopened(storage)
    assert await again.beliefs() == {KEY: belief.settled()}
    assert belief.settled() != belief
    await again.close()


async def test_a_restart_knows_the_newest_look(storage: Storage) -> None:
    """A yes seen a minute ago is a minute old after a restart, however long ago it was written."""
    await storage.record([Change(yes(0)), Change(no(0, url="https://shop.example/2"))], NOW)
    await storage.seen([("w", URL, at(7200)), ("w", "https://shop.example/2", at(7100)), ("nobody", URL, at(9))])
    await storage.seen([("w", URL, at(60))])  # late news of an older look takes nothing back
    beliefs = await storage.beliefs()
    assert beliefs[KEY].last_conclusive == beliefs[KEY].last_yes == at(7200)
    sold_out = beliefs["w", "https://shop.example/2"]
    assert (sold_out.last_conclusive, sold_out.last_yes) == (at(7100), None)


async def test_a_change_is_stored_with_one_delivery_a_channel(storage: Storage) -> None:
    """Belief, spell, transition and deliveries are there together, and come back as they went in."""
    news = replace(
        change("k7f3q2"), channels=("phone", "mail", "phone"), due_at=at(10),
        alert=replace(
            alert("k7f3q2"), max_price=Decimal("52000.50"), others=(Place("https://b.example", offer(1)),),
            cause=Cause.HTTP, subjects=("a", "b"),
        ),
    )  # fmt: skip
    made = await storage.record([news], NOW)
    assert [(d.channel, d.state, d.due_at, d.created_at, d.repeat) for d in made] == [
        ("phone", DeliveryState.PENDING, at(10), NOW, False),
        ("mail", DeliveryState.PENDING, at(10), NOW, False),
    ]
    assert len({d.id for d in made} - {0}) == 2
    assert {d.alert for d in made} == {news.alert}
    again = await reopened(storage)
    assert await again.owed() == made
    assert await again.history() == [news.transition]
    assert (await again.deliveries()) == made[::-1]
    await again.close()


async def test_one_bad_change_keeps_all_of_its_request_out(storage: Storage) -> None:
    """A request whose second change cannot be written leaves nothing of its first."""
    bad = replace(change("bbbbbb"), belief=replace(yes(0, url="https://x.example"), since=datetime(2026, 1, 1)))  # noqa: DTZ001
    with pytest.raises(ValueError, match="without a zone"):
        await storage.record([change("aaaaaa"), bad], NOW)
    assert await storage.history() == []
    assert await storage.beliefs() == {}
    assert await storage.spells("w") == []
    assert await storage.owed() == []


async def test_a_taken_event_id_is_replaced_everywhere(tmp_path: Path) -> None:
    """Two events never share an id: the later one gets a fresh one in transition, alert and deliveries."""
    ids = iter(["aaaaaa", "cccccc"])
    async with await Storage.open(tmp_path / "restock.db", new_id=lambda: next(ids)) as storage:
        await storage.record([change("aaaaaa")], NOW)
        second = await storage.record([change("aaaaaa", 60)], at(60))
        assert {(d.event_id, d.alert.event_id) for d in second} == {("cccccc", "cccccc")}
        assert [t.event_id for t in await storage.history()] == ["cccccc", "aaaaaa"]


async def test_the_same_event_twice_is_one_event(storage: Storage) -> None:
    """A caller that could not know whether its record arrived may ask again: what is owed is given, nothing doubled."""
    first = await storage.record([change("aaaaaa")], NOW)
    await storage.settle([first[0].id], DeliveryState.DONE, now=NOW)
    assert await storage.record([change("aaaaaa")], NOW) == first[1:]
    assert len(await storage.deliveries()) == 2


async def test_a_spell_is_extended_not_repeated(storage: Storage) -> None:
    """Same answer, availability and price: one row; another price or answer: the old ends where the new begins."""
    await storage.record([Change(no(0))], at(0))
    await storage.record([Change(no(30, since=0))], at(30))
    await storage.record([Change(no(20, since=0))], at(31))  # an older look takes nothing back
    await storage.record([Change(yes(60))], at(60))
    await storage.record([Change(yes(90, since=60, price=45000))], at(90))
    await storage.seen([("w", URL, at(120))])
    await storage.record([Change(no(200, since=150))], at(200))
    found = [
        (s.answer, s.price, s.currency, s.began, s.last_seen, s.ended) for s in reversed(await storage.spells("w", URL))
    ]
    assert found == [
        (Answer.NO, None, None, at(0), at(30), at(60)),
        (Answer.YES, Decimal(49980), "JPY", at(60), at(60), at(90)),
        (Answer.YES, Decimal(45000), "JPY", at(90), at(120), at(150)),
        (Answer.NO, None, None, at(150), at(200), None),
    ]


async def test_an_edited_question_ends_the_spell(storage: Storage) -> None:
    """A belief that starts over leaves no spell that claims to hold on."""
    await storage.record([Change(yes(0))], at(0))
    await storage.record([Change(Belief("w", URL, fingerprint="new", edited=True))], at(100))
    (spell,) = await storage.spells("w")
    assert (spell.last_seen, spell.ended) == (at(0), at(0))


async def test_what_was_being_sent_is_owed_again_as_a_repeat(storage: Storage) -> None:
    """After a crash in mid-send the delivery is pending at once and says that it may have arrived; others do not."""
    first = await storage.record([change("aaaaaa", 0)], at(0))
    second = await storage.record([change("bbbbbb", 5)], at(5))
    await storage.sending([first[0].id], at(6))
    await storage.settle([first[1].id], DeliveryState.DONE, now=at(6))
    assert (await storage.deliveries())[-1].state is DeliveryState.SENDING
    again = await reopened(storage)
    assert [(d.id, d.state, d.repeat) for d in await again.owed()] == [
        (first[0].id, DeliveryState.PENDING, True),
        (second[0].id, DeliveryState.PENDING, False),
        (second[1].id, DeliveryState.PENDING, False),
    ]
    await again.close()


async def test_settling_says_what_became_of_it(storage: Storage) -> None:
    """Pending again keeps what is not given; done is final; dead keeps its reason."""
    one, two = await storage.record([change("aaaaaa")], NOW)
    await storage.sending([one.id, two.id], NOW)
    await storage.settle(
        [one.id], DeliveryState.PENDING, now=at(1), due_at=at(9), attempts=1, error="refused: 5\ud83d00", repeat=True
    )
    await storage.settle([one.id], DeliveryState.PENDING, now=at(2))
    await storage.settle([two.id], DeliveryState.DONE, now=at(3), attempts=1)
    await storage.settle([two.id], DeliveryState.PENDING, now=at(4))
    await storage.sending([two.id], at(4))
    done, waiting = await storage.deliveries()
    assert (waiting.due_at, waiting.attempts, waiting.last_error, waiting.repeat) == (
        at(9),
        1,
        "refused: 5\ufffd00",
        True,
    )
    assert waiting.settled_at is None
    assert (done.state, done.settled_at, done.attempts, done.due_at) == (DeliveryState.DONE, at(3), 1, NOW)
    await storage.settle([one.id], DeliveryState.DEAD, now=at(5), error="given up")
    dead = (await storage.deliveries())[1]
    assert (dead.state, dead.settled_at, dead.last_error) == (DeliveryState.DEAD, at(5), "given up")
    assert await storage.owed() == []


async def test_a_clock_that_jumped_delays_nothing(storage: Storage) -> None:
    """Due times past the longest back-off are drawn in; earlier ones stay."""
    one, two = await storage.record([change("aaaaaa")], NOW)
    await storage.settle([one.id], DeliveryState.PENDING, now=NOW, due_at=NOW + timedelta(days=1))
    owed = {d.id: d.due_at for d in await storage.owed(not_after=at(900))}
    assert owed == {one.id: at(900), two.id: NOW}
    assert (await storage.deliveries())[1].due_at == at(900)


async def test_the_service_has_news_of_its_own(storage: Storage) -> None:
    """News without an id gets one, becomes a transition and a delivery for each channel, with its alarm in one commit."""
    news = Alert("", Kind.BLIND, Urgency.NORMAL, NOW, "w", URL, cause=Cause.BLOCKED, detail="captcha")
    alarm = AlarmRow("watch:w|" + URL, "blocked", at(-300), NOW, data={"members": [["w", URL]]})
    (made,) = await storage.announce(news, ["mail"], NOW, raises=alarm)
    assert len(made.event_id) == 6
    assert made.alert.event_id == made.event_id
    assert await storage.history() == [
        Transition(made.event_id, Kind.BLIND, "w", URL, NOW, cause=Cause.BLOCKED, detail="captcha")
    ]
    assert await storage.alarms() == [alarm]
    await storage.announce(news, [], at(60), reminds=alarm.scope)
    assert (await storage.alarms())[0].reminded_at == at(60)
    await storage.announce(news, ["mail"], at(90), clears=alarm.scope)
    assert await storage.alarms() == []


async def test_alarms_stand_until_they_are_cleared(storage: Storage) -> None:
    """A restart finds the alarms with when they were told, and one of a scope replaces the other."""
    await storage.raise_alarm("host:a|dns", Cause.DNS, at(5), {"members": [["w", URL]], "detail": "テスト"})
    await storage.raise_alarm("host:b|tls", Cause.TLS, at(1))
    await storage.remind("host:a|dns", at(50))
    again = await reopened(storage)
    b, a = await again.alarms()
    assert (a.scope, a.cause, a.since, a.told_at, a.reminded_at) == ("host:a|dns", "dns", at(5), at(5), at(50))
    assert (a.data, b.data) == ({"members": [["w", URL]], "detail": "テスト"}, {})
    await again.raise_alarm("host:a|dns", Cause.HTTP, at(60), told_at=at(61))
    await again.clear_alarm("host:b|tls")
    await again.clear_alarm("host:nobody")
    assert await again.alarms() == [AlarmRow("host:a|dns", "http", at(60), at(61))]
    await again.close()


async def test_history_is_newest_first_and_one_watch_if_asked(storage: Storage) -> None:
    """Order, limit and watch are honoured."""
    await storage.record([change("aaaaaa", 0), change("bbbbbb", 9, watch="v")], NOW)
    await storage.record([change("cccccc", 5)], NOW)
    assert [t.event_id for t in await storage.history()] == ["bbbbbb", "cccccc", "aaaaaa"]
    assert [t.event_id for t in await storage.history("w")] == ["cccccc", "aaaaaa"]
    assert [t.event_id for t in await storage.history(limit=1)] == ["bbbbbb"]


async def test_forgetting_spares_what_is_owed(storage: Storage) -> None:
    """Old settled news and ended spells go; an unsettled delivery stays with its transition, and the open spell too."""
    one, two = await storage.record([change("aaaaaa", 0, channels=("phone", "mail"))], at(0))
    (three,) = await storage.record([change("bbbbbb", 1, channels=("phone",))], at(1))
    await storage.record([Change(no(2))], at(2))
    (four,) = await storage.record([change("cccccc", 100, channels=("phone",))], at(100))
    await storage.settle([one.id, four.id], DeliveryState.DONE, now=at(101))
    await storage.settle([three.id], DeliveryState.DEAD, now=at(3))
    gone = await storage.prune(at(50))
    assert {t.event_id for t in await storage.history()} == {"aaaaaa", "cccccc"}
    assert {d.id for d in await storage.deliveries()} == {one.id, two.id, four.id}
    assert [s.answer for s in await storage.spells("w")] == [Answer.YES, Answer.NO]  # the first ended before
    assert gone == 3
    assert await storage.prune(at(50)) == 0
    assert {d.id for d in await storage.owed()} == {two.id}
    await storage.prune(at(1000))
    assert {t.event_id for t in await storage.history()} == {"aaaaaa"}
    assert {d.id for d in await storage.deliveries()} == {two.id}
    assert (await storage.beliefs())[KEY].answer is Answer.YES
    assert len(await storage.spells("w")) == 1


async def test_forgetting_much_gives_the_disk_back(storage: Storage) -> None:
    """A thousand old events leave in pieces, and the file becomes smaller."""
    for start in range(0, 1200, 400):
        made = await storage.record([change(f"e{n}", n, channels=("phone",)) for n in range(start, start + 400)], NOW)
        await storage.settle([d.id for d in made], DeliveryState.DONE, now=NOW)
    storage = await reopened(storage)
    before = storage.path.stat().st_size
    assert await storage.prune(at(5000)) >= 2400
    assert await storage.history() == []
    await storage.close()
    assert storage.path.stat().st_size < before / 2


async def test_an_export_is_plain_json_and_whole(storage: Storage) -> None:
    """Transitions and deliveries, oldest first, that json can write; money is text, never a float."""
    await storage.record([change("aaaaaa", 0), replace(change("bbbbbb", 1), alert=None)], NOW)
    out = json.loads(json.dumps(await storage.export()))
    assert [(t["event_id"], t["told"], t["offer"]["price"]) for t in out["transitions"]] == [
        ("aaaaaa", True, "49980"),
        ("bbbbbb", False, "49980"),
    ]
    assert [(d["channel"], d["state"], d["alert"]["title"]) for d in out["deliveries"]] == [
        ("phone", "pending", "テスト"),
        ("mail", "pending", "テスト"),
    ]
    assert out["transitions"][0]["at"] == "2026-11-25T03:00:00Z"


async def test_meta_remembers(storage: Storage) -> None:
    """A value is there after a restart, the newest one; an unknown key is None."""
    await storage.set_meta("clean_stop", "no")
    await storage.set_meta("clean_stop", "yes")
    again = await reopened(storage)
    assert (await again.meta("clean_stop"), await again.meta("other")) == ("yes", None)
    await again.close()


async def test_half_a_character_from_a_page_is_no_reason_to_lose_news(storage: Storage) -> None:
    """JSON on pages may hold lone surrogates, which UTF-8 cannot: they become replacement marks."""
    news = change("aaaaaa")
    assert news.transition is not None and news.alert is not None
    hurt = replace(
        news,
        belief=replace(news.belief, title="\ud83dx", told=frozenset({"\udc00"})),
        transition=replace(news.transition, offer=replace(offer(), seller="店\ud83d")),
        alert=replace(news.alert, others=(Place(URL, replace(offer(), variant="\ud83d")),)),
    )
    made = await storage.record([hurt], NOW)
    assert (await storage.beliefs())[KEY].title == "\ufffdx"
    assert (await storage.history())[0].offer == replace(offer(), seller="店\ufffd")
    assert len(await storage.owed()) == len(made) == 2


async def test_times_are_kept_in_utc_whatever_their_zone(storage: Storage) -> None:
    """A time of Tokyo sorts and returns as the same instant."""
    tokyo = timezone(timedelta(hours=9))
    belief = replace(yes(0), since=at(0).astimezone(tokyo), last_conclusive=at(0).astimezone(tokyo))
    await storage.record([Change(belief)], at(0).astimezone(tokyo))
    (spell,) = await storage.spells("w")
    assert spell.began == at(0)
    assert spell.began.tzinfo is UTC or spell.began.utcoffset() == timedelta(0)


async def test_reading_beside_a_running_service_sees_commits_and_changes_nothing(storage: Storage) -> None:
    """`list`, `history` and `export` need no lock, see what was committed, and cannot write."""
    await storage.record([change("aaaaaa")], NOW)
    async with await reading(storage.path) as look:
        assert [t.event_id for t in await look.history()] == ["aaaaaa"]
        await storage.record([change("bbbbbb", 1)], NOW)
        assert len(await look.history()) == 2
        assert (await look.beliefs())[KEY].availability is Availability.IN_STOCK
        with pytest.raises(StoreError, match="may not be written"):
            await look.set_meta("x", "y")
        with pytest.raises(StoreError):
            await look.owed()
    await storage.record([change("cccccc", 2)], NOW)
    await storage.close()
    async with await reading(storage.path) as look:  # and after the service has stopped
        assert len((await look.export())["transitions"]) == 3


async def test_closing_finishes_what_was_asked(storage: Storage) -> None:
    """Requests under way at the stop are committed; later ones are refused; closing again is harmless."""
    asked = [asyncio.create_task(storage.record([change(f"e{n}", n)], NOW)) for n in range(20)]
    await asyncio.sleep(0)
    await asyncio.gather(storage.close(), storage.close())
    assert len(await asyncio.gather(*asked)) == 20
    with pytest.raises(StoreError, match="already closed"):
        await storage.meta("x")
    assert not storage.path.with_name("restock.db-wal").exists()
    again = await reopened(storage)
    assert len(await again.history()) == 20
    await again.close()
