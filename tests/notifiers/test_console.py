"""The terminal as a channel: readable, audible when urgent, and no trouble when it is gone."""

from __future__ import annotations

import io
import os

import pytest

from notifiers.console import ConsoleChannel
from notifiers.message import Message, Result, Urgency

NEWS = Message("再入荷", "一行目\n二行目", Urgency.URGENT, "https://shop.example/1")


def shown(message: Message, *, urgent: bool) -> str:
    stream = io.StringIO()
    assert ConsoleChannel("screen", urgent, stream).send(message).result is Result.ACCEPTED
    return stream.getvalue()


def test_an_alert_is_readable() -> None:
    """Title, each line of the body, the link; no colour codes where nobody sees colours."""
    assert shown(NEWS, urgent=False) == "\n再入荷\n  一行目\n  二行目\n  https://shop.example/1\n\n"


def test_the_bell_rings_only_when_it_may() -> None:
    """An urgent message on an urgent channel."""
    assert "\a" in shown(NEWS, urgent=True)
    assert "\a" not in shown(NEWS, urgent=False)
    assert "\a" not in shown(Message("t", "b", Urgency.NORMAL), urgent=True)


def test_stderr_is_the_place(capsys: pytest.CaptureFixture[str]) -> None:
    """Data goes to stdout; an alert is for the person at the terminal."""
    ConsoleChannel("screen", False).send(NEWS)
    out, err = capsys.readouterr()
    assert not out
    assert "再入荷" in err


def test_a_closed_pipe_is_a_refusal() -> None:
    """Nobody reads any more: said, not raised."""
    reading, writing = os.pipe()
    os.close(reading)
    stream = os.fdopen(writing, "w", encoding="utf-8")
    assert ConsoleChannel("screen", True, stream).send(NEWS).result is Result.REFUSED
    with pytest.raises(BrokenPipeError):
        stream.close()
    assert ConsoleChannel("screen", True, stream).send(NEWS).result is Result.REFUSED


def test_a_terminal_without_japanese_shows_what_it_can() -> None:
    """An encoding that lacks the characters costs characters, not the alert."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    assert ConsoleChannel("screen", False, stream).send(NEWS).result is Result.ACCEPTED
    assert b"https://shop.example/1" in raw.getvalue()
