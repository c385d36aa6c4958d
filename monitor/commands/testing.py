"""`restock test`: a real message through a channel, past the outbox, and what the channel said to it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from zoneinfo import ZoneInfo

from monitor.commands.base import load_settings
from monitor.commands.faults import Exit, Fault
from monitor.commands.terminal import note, say_json, say_table
from monitor.ids import new_event_id
from monitor.messages import render
from monitor.model import Alert, Delivery, DeliveryState, Kind
from monitor.redact import clean
from monitor.settings import ChannelSettings, Settings
from monitor.whereabouts import program
from notifiers.channel import make_channel
from notifiers.message import Outcome, Result, Urgency

_AT_ONCE = 8


def test_channels(name: str | None, everything: bool, config: Path | None, as_json: bool) -> int:
    """Send one test message to each channel meant; exit 0 only when every one of them accepted it."""
    settings = load_settings(config, check_channels=True)
    chosen = _chosen(name, everything, settings)
    if not chosen:
        note(f"{settings.path} has no channels yet; `{program()} init` makes one for a phone")
        return Exit.CONFIGURATION
    with ThreadPoolExecutor(min(_AT_ONCE, len(chosen))) as pool:
        outcomes = list(pool.map(lambda channel: _send(channel, settings), chosen))
    if as_json:
        say_json(
            [
                {"channel": channel.name, "result": outcome.result, "detail": clean(outcome.detail)}
                for channel, outcome in zip(chosen, outcomes, strict=True)
            ]
        )
    else:
        say_table(
            ("channel", "result", "took", "why"),
            [
                (channel.name, outcome.result.value, f"{outcome.elapsed_s:.1f} s", clean(outcome.detail))
                for channel, outcome in zip(chosen, outcomes, strict=True)
            ],
        )
    accepted = all(outcome.result is Result.ACCEPTED for outcome in outcomes)
    return Exit.OK if accepted else Exit.CONFIGURATION


def _chosen(name: str | None, everything: bool, settings: Settings) -> Sequence[ChannelSettings]:
    if everything == (name is not None):
        raise Fault("name one channel, or write --all for every one of them")
    if name is None:
        return list(settings.channels.values())
    if name not in settings.channels:
        near = get_close_matches(name, settings.channels, n=1)
        hint = f'did you mean "{near[0]}"?' if near else f"there are: {', '.join(settings.channels) or 'none yet'}"
        raise Fault(f'no channel is called "{name}" in {settings.path}; {hint}')
    return [settings.channels[name]]


def _send(settings_of: ChannelSettings, settings: Settings) -> Outcome:
    channel = make_channel(settings_of.name, settings_of.url.reveal(), settings_of.urgent)
    now = datetime.now(UTC)
    alert = Alert(new_event_id(), Kind.TEST, Urgency.URGENT if settings_of.urgent else Urgency.NORMAL, now)
    delivery = Delivery(0, alert.event_id, settings_of.name, DeliveryState.SENDING, alert, now, now)
    message = render(
        [delivery],
        language=settings_of.language or settings.language,
        zone=ZoneInfo(settings.timezone),
        now=now,
        standing=lambda _alert: None,
        late_after=settings.retry.late_after,
    )
    return channel.send(message)
