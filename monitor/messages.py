"""Alerts to messages: one alert is a message of its own, several are a digest that names each of them.

Pure. The words are fixed formats in the reader's language; foreign text in them is inert, links come from the
configuration or from the listing's own shop, and each event's id stands in brackets behind what it is about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta, tzinfo

from monitor.inert import TITLE_LIMIT, clip
from monitor.model import Alert, Delivery
from monitor.phrases import Phrases, Scene, capital
from monitor.wording import Words, words
from notifiers.message import Message, Urgency

_LOUDEST = (Urgency.URGENT, Urgency.NORMAL, Urgency.QUIET)
_NAMED = 3  # names in a digest's title


def render(
    deliveries: Sequence[Delivery],
    *,
    language: str,
    zone: tzinfo,
    now: datetime,
    standing: Callable[[Alert], bool | None],
    late_after: timedelta,
) -> Message:
    """Write one message for these deliveries; ValueError when there are none.

    `standing` says whether an alert's offer is still believed in; None when nobody can say. News older than
    `late_after` says how old it is. What has sold out again wakes nobody.
    """
    if not deliveries:
        raise ValueError("a message needs a delivery")
    scene = Scene(words(language), zone, now, standing, late_after)
    told = [Phrases(delivery.alert, scene, repeat=delivery.repeat) for delivery in deliveries]
    return _single(told[0]) if len(told) == 1 else _digest(_loudest_first(told), scene.words)


def render_digest_parts(
    deliveries: Sequence[Delivery],
    *,
    language: str,
    zone: tzinfo,
    now: datetime,
    standing: Callable[[Alert], bool | None],
    late_after: timedelta,
    max_chars: int,
) -> list[Message]:
    """Write as many messages as these deliveries need at `max_chars` of title and body each.

    Every part holds whole lines and only the tags of its own; a line that alone is too long has a part of its own.
    """
    scene = Scene(words(language), zone, now, standing, late_after)
    told = [Phrases(delivery.alert, scene, repeat=delivery.repeat) for delivery in deliveries]
    if len(told) == 1:
        return [_single(told[0])]
    told = _loudest_first(told)
    groups = list(
        _groups(told, scene.words, max_chars - TITLE_LIMIT if max_chars > 2 * TITLE_LIMIT else max_chars // 2)
    )
    return [
        _digest(group, scene.words, part=(number, len(groups)) if len(groups) > 1 else None)
        for number, group in enumerate(groups, start=1)
    ]


def _groups(told: Sequence[Phrases], words: Words, room: int) -> Iterator[list[Phrases]]:
    held: list[Phrases] = []
    used = 0
    for phrases in told:
        size = len(_line(phrases, words)) + 1
        if held and used + size > room:
            yield held
            held, used = [], 0
        held.append(phrases)
        used += size
    if held:
        yield held


def _single(told: Phrases) -> Message:
    urgency = told.alert.urgency
    if told.sold_out and urgency is Urgency.URGENT:
        urgency = Urgency.NORMAL
    body = "\n".join(part for part in (*told.lines, told.link, told.tag) if part)
    return Message(told.headline, body, urgency, told.link, _tags([told]))


def _digest(told: Sequence[Phrases], words: Words, part: tuple[int, int] | None = None) -> Message:
    title = _digest_title(told, words)
    if part is not None:
        title = words("title.part", title=clip(title, TITLE_LIMIT - 20), number=part[0], of=part[1])
    loud = {
        Urgency.NORMAL if one.sold_out and one.alert.urgency is Urgency.URGENT else one.alert.urgency for one in told
    }
    urgency = next(urgency for urgency in _LOUDEST if urgency in loud)
    return Message(title, "\n".join(_line(one, words) for one in told), urgency, None, _tags(told))


def _loudest_first(told: Sequence[Phrases]) -> list[Phrases]:
    """Put what matters most first; news of one watch stays together and in its order."""
    units: dict[str, list[Phrases]] = {}
    for number, one in enumerate(told):
        units.setdefault(f"watch {one.alert.watch}" if one.alert.watch else f"news {number}", []).append(one)
    ranked = sorted(units.values(), key=lambda unit: min(_rank(one) for one in unit))
    return [one for unit in ranked for one in unit]


def _rank(told: Phrases) -> tuple[int, bool]:
    """Give how much it matters, less is more: loudness, then whether it can be had; what is sold out again comes last."""
    if told.sold_out:
        return len(_LOUDEST), False
    return _LOUDEST.index(told.alert.urgency), not told.in_stock


def _digest_title(told: Sequence[Phrases], words: Words) -> str:
    """Say the loudest thing first, by name, then how much else there is."""
    best = min(_rank(one) for one in told)
    loudest = [one for one in told if _rank(one) == best]
    lead = _shared_lead(loudest, words)
    if not lead:
        lead = loudest[0].lead or loudest[0].plain_headline
        loudest = [one for one in loudest if (one.lead or one.plain_headline) == lead]
    names = list(dict.fromkeys(name for one in loudest if one.lead and (name := one.name or one.shop)))
    form = "nameless" if not names else "names" if len(names) <= _NAMED else "more"
    rest = len(told) - len(loudest)
    begin = lead if len(loudest) == 1 else words("title.digest_count", lead=lead, count=words.number(len(loudest)))
    listed = words("comma").join(clip(name, 40) for name in names[:_NAMED])
    title = words(f"title.digest_{form}", begin=begin, names=listed)
    return clip(
        words("title.digest_rest", title=clip(title, 160), count=words.number(rest)) if rest else title, TITLE_LIMIT
    )


def _shared_lead(loudest: Sequence[Phrases], words: Words) -> str:
    """Give words that begin the title for all of these; "" when they have no more in common than being news."""
    leads = {one.lead for one in loudest}
    if len(leads) == 1:
        return leads.pop()
    if not all(one.in_stock for one in loudest):
        return ""
    states = {one.state for one in loudest}
    if len(states) == 1 and all(one.stands for one in loudest):
        return capital(states.pop())
    return words("title.digest_stock")


def _line(told: Phrases, words: Words) -> str:
    """One alert on one line: its headline, why if that is its news, its link and, at the end, its tag."""
    head = words.joined(words("bullet") + told.headline, told.brief_cause)
    return " ".join(part for part in (head, told.link or "", told.tag) if part)


def _tags(told: Sequence[Phrases]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.alert.event_id for one in told if one.alert.event_id))
