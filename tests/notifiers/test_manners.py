"""Each service is asked in its own way: how loud, where a click goes, and nothing that pings a crowd."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifiers.manners import ascii_link, inert, loudness, manner, max_chars, one_line
from notifiers.message import Message, Urgency

NEWS = Message("再入荷", "本文", Urgency.URGENT, "https://shop.example/商品?色=赤", ("k7f3q2",))


@pytest.mark.parametrize(("urgency", "level"), [("urgent", "5"), ("normal", "3"), ("quiet", "2")])
def test_ntfy_has_three_levels(urgency: str, level: str) -> None:
    """An urgent message is at ntfy's highest priority, a quiet one makes no sound."""
    given = manner("ntfys", {}, NEWS, Urgency(urgency))
    assert given.params["priority"] == level
    assert given.carries_link


def test_pushover_rings_until_acknowledged() -> None:
    """Urgent is an emergency with Apprise 2's own names for its repeat: `interval`, never `retry`."""
    params = manner("pover", {}, NEWS, Urgency.URGENT).params
    assert (params["priority"], params["interval"], params["expire"]) == ("emergency", 30, 600)
    assert "retry" not in params
    assert manner("pover", {}, NEWS, Urgency.NORMAL).params["priority"] == "normal"
    assert manner("pover", {"sound": "gamelan"}, NEWS, Urgency.URGENT).params["sound"] == "gamelan"


def test_what_the_user_wrote_wins_while_it_is_urgent() -> None:
    """A priority in the URL holds for urgent messages; a notice stays a notice."""
    assert manner("ntfy", {"priority": "4"}, NEWS, Urgency.URGENT).params["priority"] == "4"
    assert manner("ntfy", {"priority": "4"}, NEWS, Urgency.QUIET).params["priority"] == "2"


def test_gotify_and_telegram() -> None:
    """Gotify has a priority; Telegram only sound or none."""
    assert manner("gotify", {}, NEWS, Urgency.URGENT).params == {"priority": "emergency"}
    assert manner("tgram", {}, NEWS, Urgency.QUIET).params == {"silent": True}
    assert manner("tgram", {}, NEWS, Urgency.URGENT).params == {"silent": False}


def test_an_unknown_service_is_asked_plainly() -> None:
    """No parameter is invented for services without manners."""
    assert not manner("mailto", {}, NEWS, Urgency.URGENT).params


def test_only_an_urgent_channel_is_loud() -> None:
    """A channel that may not wake anybody gets the same words at normal urgency."""
    assert loudness(NEWS, urgent=True) is Urgency.URGENT
    assert loudness(NEWS, urgent=False) is Urgency.NORMAL


@pytest.mark.parametrize(
    ("link", "spelt"),
    [
        ("https://shop.example/a?b=c%2Fd+e&f=1#g", "https://shop.example/a?b=c%2Fd+e&f=1#g"),
        ("https://shop.example/商品/1?色=赤", "https://shop.example/%E5%95%86%E5%93%81/1?%E8%89%B2=%E8%B5%A4"),
        ("https://お店.example:8443/x", "https://xn--t8jz70l.example:8443/x"),
        ("https://shop.example/a b\nc", "https://shop.example/a%20bc"),
    ],
)
def test_links_become_ascii_once(link: str, spelt: str) -> None:
    """Japanese is percent-encoded, what is encoded stays, and no line break gets into a header."""
    assert ascii_link(link) == spelt


@given(st.text())
def test_any_link_is_safe_in_a_header(link: str) -> None:
    """Whatever a link holds, what is sent is printable ASCII on one line."""
    spelt = ascii_link(link)
    assert spelt.isascii()
    assert spelt.isprintable()
    assert ascii_link(spelt) == spelt


@given(st.text())
def test_a_subject_is_one_line(text: str) -> None:
    """No subject can smuggle in a header (D13)."""
    assert len(one_line(text).splitlines()) <= 1
    assert not set(one_line(text)) & set("\r\n\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")


def test_crowds_are_not_called() -> None:
    """A product named @everyone wakes nobody but the reader (D13)."""
    assert "@everyone" not in inert("discord", "x @everyone @here <@123456789012345678>")
    assert inert("tgram", "a <b> c") == "a ＜b＞ c"
    assert inert("ntfy", "x @everyone") == "x @everyone"


def test_ntfy_keeps_below_its_own_limit() -> None:
    """Kana take three bytes: 1,200 of them are within ntfy's 4,096, where it would make a file of the message."""
    assert max_chars("ntfy", 7800) * 3 < 4096
    assert max_chars("discord", 2000) == 2000
