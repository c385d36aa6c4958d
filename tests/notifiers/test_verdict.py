"""What Apprise logs is understood: a no, or a message that may have arrived; in our words, without secrets."""

from __future__ import annotations

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifiers.message import Result
from notifiers.verdict import judge, scrub, secret_parts

D, W = logging.DEBUG, logging.WARNING


@pytest.mark.parametrize(
    ("line", "result", "words"),
    [
        ((D, "Socket Exception: HTTPConnectionPool(host='h', port=1): Read timed out. (read timeout=4.0)"), "uncertain", "no answer in time"),
        ((D, "Socket Exception: ... (Caused by ConnectTimeoutError(..., 'Connection to h timed out. (connect timeout=4.0)'))"), "refused", "could not connect"),
        ((D, "Socket Exception: ... NewConnectionError('Failed to establish: [Errno 111] Connection refused')"), "refused", "connection refused"),
        ((D, "Socket Exception: ... NameResolutionError(\"Failed to resolve 'h' ([Errno -2] Name or service not known)\")"), "refused", "name was not found"),
        ((D, "Socket Exception: ... SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]'))"), "refused", "certificate"),
        ((D, "Socket Exception: ('Connection aborted.', RemoteDisconnected('Remote end closed'))"), "uncertain", "cut"),
        ((D, "Socket Exception: ('Connection aborted.', ConnectionResetError(104, 'Connection reset by peer'))"), "uncertain", "cut"),
        ((D, "Socket Exception: Connection unexpectedly closed"), "uncertain", "cut"),
        ((D, "Socket Exception: timed out"), "uncertain", "no answer in time"),
        ((D, "Socket Exception: (535, b'5.7.8 Authentication failed')"), "refused", "mail server answered 535"),
        ((W, "Failed to send JSON POST notification: Unauthorized, error=401."), "refused", "does not know the login"),
        ((W, "Failed to send JSON POST notification: error=302."), "refused", "redirect"),
        ((W, "Failed to send JSON POST notification: error=503."), "refused", "in trouble"),
        ((W, "Failed to send JSON POST notification: error=504."), "uncertain", "504"),
        ((W, "Failed to send ntfy notification to topic 's3cret': limit reached, error=42901."), "refused", "42901: it takes no more"),
    ],
)  # fmt: skip
def test_reasons_are_told_in_our_words(line: tuple[int, str], result: str, words: str) -> None:
    """Every usual failure has its words, and only what may have arrived is uncertain (D3)."""
    outcome = judge([line], 0.1, 4.0)
    assert outcome.result is Result(result)
    assert words in outcome.detail


def test_the_message_s_own_words_decide_nothing() -> None:
    """A payload in the log that speaks of time-outs is not a time-out."""
    lines = [(D, "JSON Payload: {'title': 'Socket Exception: timed out', 'error=504': 1}"), (W, "It failed.")]
    assert judge(lines, 0.1, 4.0).result is Result.REFUSED


def test_silence_after_the_time_out_is_uncertain() -> None:
    """Without any line, the clock decides."""
    assert judge([], 4.1, 4.0).result is Result.UNCERTAIN
    assert judge([], 0.1, 4.0).result is Result.REFUSED
    assert judge([], 0.1, 4.0).detail


@given(
    st.text(min_size=3).filter(lambda text: text.strip() == text and "***" not in text and not set(text) <= set("*"))
)
def test_no_part_of_the_url_passes(secret: str) -> None:
    """Somebody else's words are passed on without the secrets they repeat."""
    assert secret not in scrub(f"a topic ({secret}) is wrong", [secret])


def test_every_part_of_a_url_is_a_secret() -> None:
    """User, password, host, path, query values, encoded or not."""
    parts = secret_parts("ntfy://us%20er:p%40ss@host.example/topic?token=abc%2Fdef&x=yz1")
    assert {"us er", "p@ss", "host.example", "topic", "abc/def", "yz1"} <= set(parts)
    assert scrub("see https://u:p@h/x?y=z or mail me@home.example", []) == "see *** or mail ***"
