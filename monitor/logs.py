"""Log lines: one event with its keys each, as JSON for machines or as a short line for a person, never a secret.

Who is being looked at or told is bound once with `structlog.contextvars.bound_contextvars(watch=..., channel=...)`.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Collection, MutableMapping
from typing import Any

import structlog

from monitor.redact import clean_value

# Below WARNING these print what they send, webhook paths and all, or say nothing an operator needs.
_CHATTY = ("apprise", "urllib3", "requests", "aiohttp.access", "watchfiles", "markdown", "charset_normalizer")
_ORDER = ("at", "level", "event", "watch", "channel", "event_id")


_TOLD_TO_ALL = frozenset({"config.refused", "config.held"})  # each is a message on every channel too
_consoles: Callable[[], Collection[str]] = tuple


def told_here(consoles: Callable[[], Collection[str]]) -> None:
    """Leave out, of the short lines, what these channels print on this terminal as a message of its own."""
    global _consoles
    _consoles = consoles


class _Stderr:
    """Whatever stderr is at the moment of writing: a live display may have put itself before it."""

    def write(self, text: str) -> int:
        try:
            return sys.stderr.write(text)
        except (OSError, ValueError):
            return 0  # a log that nobody can read any more must not stop the service

    def flush(self) -> None:
        try:
            sys.stderr.flush()
        except (OSError, ValueError):
            return


_stderr = _Stderr()


def configure(json: bool = True, level: str = "info", *, final: bool = False) -> None:
    """Send every event of ours and of the libraries to stderr: JSON lines, or short lines for a terminal.

    `final` lets every logger keep this for good, which makes an event below the level cost next to nothing.
    """
    threshold = logging.getLevelNamesMapping()[level.upper()]
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.format_exc_info,  # the plain traceback: never the values of local variables
        _redact,
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False) if json else _short_line
    )
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.WriteLoggerFactory(file=_stderr),  # type: ignore[arg-type]  # write and flush suffice
        cache_logger_on_first_use=final,
    )
    _route_libraries(shared, renderer, threshold)


def _route_libraries(
    shared: list[structlog.typing.Processor], renderer: structlog.typing.Processor, threshold: int
) -> None:
    handler = logging.StreamHandler(_stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared[:-1]],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _redact, renderer],
        )
    )
    handler.set_name("restock")
    root = logging.getLogger()
    for old in [each for each in root.handlers if each.get_name() == "restock"]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(max(threshold, logging.INFO))
    for name in ("aiohttp", "asyncio"):
        logging.getLogger(name).setLevel(max(threshold, logging.INFO))
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(threshold, logging.WARNING))


def _redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Clean every value, and put the keys people look for first."""
    ordered = [key for key in _ORDER if key in event] + [key for key in event if key not in _ORDER]
    return {key: event[key] if key.startswith("_") else clean_value(key, event[key]) for key in ordered}


def _short_line(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> str:
    """Give one line for a person: the time, how bad, what, and the keys."""
    if _is_told(event):
        raise structlog.DropEvent
    at, level, what = event.pop("at", ""), event.pop("level", "info"), event.pop("event", "")
    trace = event.pop("exception", None)
    keys = " ".join(f"{key}={value}" for key, value in event.items() if value not in ("", None))
    line = f"{str(at)[11:19]} {level:<7} {what} {keys}".rstrip()
    return f"{line}\n{trace}" if trace else line


def _is_told(event: MutableMapping[str, Any]) -> bool:
    """Tell whether a message that the person sees in the same place says this."""
    consoles = _consoles()
    if event.get("event") in _TOLD_TO_ALL:
        return bool(consoles)
    return event.get("event") == "notice" and any(name in consoles for name in event.get("channels", ()))
