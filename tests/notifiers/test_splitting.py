"""A message that is too long becomes several; no word is lost, and lines stay whole where they can."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from notifiers.message import Message, Urgency
from notifiers.splitting import fits, pieces


@given(
    st.text(alphabet="abあ ", min_size=1, max_size=80),
    st.lists(st.text(alphabet="xyzか", max_size=120), min_size=1, max_size=60),
    st.integers(60, 400),
)
def test_nothing_is_lost_and_every_piece_fits(title: str, lines: list[str], limit: int) -> None:
    """All characters of title and body arrive, in order, in pieces that the service takes whole."""
    message = Message(title, "\n".join(lines), Urgency.URGENT, "https://shop.example/1", ("k7f3q2",))
    parts = pieces(message, limit)
    assert all(fits(part, limit) for part in parts)
    got = "".join(part.body for part in parts).replace("\n", "")
    assert got.endswith("".join(lines))
    assert title.strip() in parts[0].title or title.replace("\n", "") in got
    assert {(part.link, part.tags, part.urgency) for part in parts} == {(message.link, message.tags, message.urgency)}


def test_a_message_that_fits_is_left_alone() -> None:
    """No counter, no change."""
    message = Message("title", "body")
    assert pieces(message, 11) == (message,)
    assert pieces(message, 10) != (message,)


def test_whole_lines_and_a_count() -> None:
    """Each piece says which of how many it is, and breaks only between lines."""
    lines = [f"商品{number:03} は在庫あり [k7f3q2]" for number in range(40)]
    parts = pieces(Message("40 news", "\n".join(lines)), 300)
    assert [line for part in parts for line in part.body.split("\n")] == lines
    assert parts[0].title == f"40 news (1/{len(parts)})"


def test_a_short_message_service_gets_the_title_in_the_text() -> None:
    """Where the title would eat every piece, it is told once, in the body."""
    message = Message("t" * 150, "b" * 300)
    parts = pieces(message, 160)
    assert "".join(part.body for part in parts).replace("\n", "") == "t" * 150 + "b" * 300
    assert all(fits(part, 160) for part in parts)
