"""Frozen dataclasses to rows and back.

Whole objects are stored as JSON through pydantic, so that a new field with a default needs no new column; what is
searched or sorted has a column of its own. Times are text of one width, so that they sort as they are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError, to_jsonable_python

from monitor.model import Alert, Answer, Delivery, DeliveryState, Spell, Transition
from monitor.store_errors import StoreError
from watchers.model import Availability

T = TypeVar("T")
_adapters: dict[type[Any], TypeAdapter[Any]] = {}  # made when first needed: building one takes milliseconds
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")  # pages bring them in JSON escapes; UTF-8 cannot hold them

DELIVERY_COLUMNS = "id, event_id, channel, state, alert, created_at, due_at, attempts, repeat, last_error, settled_at"
SPELL_COLUMNS = "watch, url, answer, availability, price, currency, began, last_seen, ended"
ALARM_COLUMNS = "scope, cause, since, told_at, reminded_at, data"


@dataclass(frozen=True, slots=True)
class AlarmRow:
    """An alarm that stands, as it outlives a restart."""

    scope: str  # "watch:NAME|URL" or "host:HOST|CAUSE", chosen by the caller
    cause: str
    since: datetime
    told_at: datetime
    reminded_at: datetime | None = None
    data: Mapping[str, Any] = field(default_factory=dict)  # JSON-ready, and the caller's own


def dump(thing: object) -> str:
    """Write one of the model's dataclasses as JSON, leaving out what is at its default."""
    adapter = _adapter(type(thing))
    try:
        return adapter.dump_json(thing, exclude_defaults=True).decode()
    except PydanticSerializationError:
        return adapter.dump_json(whole(thing), exclude_defaults=True).decode()


def load(kind: type[T], text: str, where: str) -> T:
    """Read what `dump` wrote; StoreError names `where` when it cannot be read."""
    try:
        thing: T = _adapter(kind).validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "its text"
        raise StoreError(
            f"database: {where} cannot be read: {place}: {first['msg']}; update Restock or restore a backup"
        ) from None
    return thing


def stamp(at: datetime) -> str:
    """Write an aware time as sortable UTC text; ValueError for a naive one."""
    if at.tzinfo is None:
        raise ValueError(f"a time without a zone cannot be stored: {at}")
    return at.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def unstamp(text: str) -> datetime:
    """Read a stored time, aware UTC."""
    return datetime.fromisoformat(text)


def whole(thing: Any) -> Any:
    """Give the same value with halves of characters replaced in every text, however deep."""
    if isinstance(thing, str):
        return _HALF_CHARACTER.sub("\ufffd", thing) if type(thing) is str else thing
    if isinstance(thing, Mapping):
        return {whole(key): whole(value) for key, value in thing.items()}
    if isinstance(thing, tuple | list | set | frozenset):
        return type(thing)(whole(item) for item in thing)
    if is_dataclass(thing) and not isinstance(thing, type):
        return replace(thing, **{f.name: whole(getattr(thing, f.name)) for f in fields(thing) if f.init})
    return thing


def to_json(thing: object) -> Any:
    """Give a JSON-ready value for anything of the model: money and times as text, sets as sorted lists."""
    return to_jsonable_python(_sorted_sets(whole(thing)))


def delivery(row: tuple[Any, ...]) -> Delivery:
    """Build a Delivery from a row of DELIVERY_COLUMNS."""
    id_, event_id, channel, state, alert, created, due, attempts, repeat, error, settled = row
    return Delivery(
        id=id_,
        event_id=event_id,
        channel=channel,
        state=DeliveryState(state),
        alert=load(Alert, alert, f"delivery {id_}"),
        created_at=unstamp(created),
        due_at=unstamp(due),
        attempts=attempts,
        repeat=bool(repeat),
        last_error=error,
        settled_at=None if settled is None else unstamp(settled),
    )


def spell(row: tuple[Any, ...]) -> Spell:
    """Build a Spell from a row of SPELL_COLUMNS."""
    watch, url, answer, availability, price, currency, began, last_seen, ended = row
    return Spell(
        watch=watch,
        url=url,
        answer=Answer(answer),
        availability=Availability(availability),
        price=None if price is None else Decimal(price),
        currency=currency,
        began=unstamp(began),
        last_seen=unstamp(last_seen),
        ended=None if ended is None else unstamp(ended),
    )


def transition(row: tuple[str, str]) -> Transition:
    """Build a Transition from its id and its data."""
    return load(Transition, row[1], f"transition {row[0]}")


def alarm(row: tuple[Any, ...]) -> AlarmRow:
    """Build an AlarmRow from a row of ALARM_COLUMNS."""
    scope, cause, since, told_at, reminded_at, data = row
    reminded = None if reminded_at is None else unstamp(reminded_at)
    return AlarmRow(scope, cause, unstamp(since), unstamp(told_at), reminded, json.loads(data))


def pack(data: Mapping[str, Any]) -> str:
    """Write a small mapping as JSON text."""
    return json.dumps(to_json(data), ensure_ascii=False, sort_keys=True)


def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]


def _sorted_sets(thing: Any) -> Any:
    if isinstance(thing, set | frozenset):
        return sorted(_sorted_sets(item) for item in thing)
    if isinstance(thing, Mapping):
        return {key: _sorted_sets(value) for key, value in thing.items()}
    if isinstance(thing, tuple | list):
        return [_sorted_sets(item) for item in thing]
    if is_dataclass(thing) and not isinstance(thing, type):
        return {f.name: _sorted_sets(getattr(thing, f.name)) for f in fields(thing)}
    return thing
