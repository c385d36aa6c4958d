"""Real Apprise into real receivers on this machine: what arrives, what counts as accepted, and what stays secret."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

import pytest

from notifiers.channel import AppriseChannel, ChannelError, make_channel
from notifiers.console import ConsoleChannel
from notifiers.message import Message, Outcome, Result, Urgency
from tests.receivers import CUT, LOGIN, TOO_MANY, Act, JsonReceiver, MailReceiver, NtfyReceiver

LINK = "https://shop.example/商品/%E3%81%82?色=赤&next=a%2Fb+c"
ASCII_LINK = "https://shop.example/%E5%95%86%E5%93%81/%E3%81%82?%E8%89%B2=%E8%B5%A4&next=a%2Fb+c"
BODY = "価格 ￥49,980（税込）\n:smile: \\n \\t {{ body }} {title} %s <b>*太字*</b> &amp; @everyone [k7f3q2]"
NEWS = Message("任天堂 Switch 2 が再入荷", BODY, Urgency.URGENT, LINK, ("k7f3q2",))


async def send(url: str, message: Message = NEWS, *, urgent: bool = True) -> Outcome:
    return await asyncio.to_thread(make_channel("phone", url, urgent).send, message)


async def test_ntfy_takes_japanese_a_priority_and_a_click_target() -> None:
    """Title and body arrive as written; the click target is ASCII, encoded once; no Japanese in any header."""
    async with NtfyReceiver() as phone:
        assert (await send(phone.url())).result is Result.ACCEPTED
        (got,) = phone.received
    assert (got.title, got.body, got.path) == (NEWS.title, BODY, "restock")
    assert got.headers["X-Priority"] in ("5", "max")
    assert got.headers["X-Click"] == ASCII_LINK
    assert all(value.isascii() for value in got.headers.values())
    assert "X-Icon" not in got.headers


@pytest.mark.parametrize(
    ("urgency", "urgent", "levels"),
    [
        (Urgency.URGENT, True, ("5", "max")),
        (Urgency.URGENT, False, ("", "3", "default")),
        (Urgency.NORMAL, True, ("", "3", "default")),
        (Urgency.QUIET, True, ("2", "low")),
    ],
)
async def test_ntfy_rings_only_when_it_may(urgency: Urgency, urgent: bool, levels: tuple[str, ...]) -> None:
    """Urgency and the channel's own permission decide together; ntfy takes a missing priority for 3."""
    async with NtfyReceiver() as phone:
        await send(phone.url(), Message("t", "b", urgency), urgent=urgent)
        assert phone.received[0].headers.get("X-Priority", "") in levels


async def test_text_is_inert() -> None:
    """Escapes, emoji names, templates and markup arrive letter by letter (D13)."""
    async with JsonReceiver() as hook:
        await send(hook.url())
        (got,) = hook.received
    assert got.body == f"{BODY}\n{LINK}"
    assert got.title == NEWS.title
    assert got.raw["type"] == "warning"
    assert (got.raw["link"], got.raw["urgency"], got.raw["events"]) == (LINK, "urgent", ["k7f3q2"])


async def test_mail_has_one_subject_line() -> None:
    """A title with line breaks cannot add a header; Japanese arrives in subject and body."""
    async with MailReceiver() as mail:
        news = Message("再入荷\r\nBcc: thief@example.com", BODY, Urgency.NORMAL)
        assert (await send(mail.url(), news)).result is Result.ACCEPTED
        (got,) = mail.received
    assert got.title == "再入荷 Bcc: thief@example.com"
    assert "Bcc" not in got.headers
    assert got.path == "me@example.com"
    assert got.body.replace("\r\n", "\n").strip() == BODY


async def test_titles_are_one_line_everywhere() -> None:
    """Line breaks and control characters in a title become spaces, whatever the service does with them."""
    async with JsonReceiver() as hook:
        await send(hook.url(), Message("a\r\nb\x00c\u2028d", "b"))
        assert hook.received[0].title == "a b c d"


async def test_a_title_longer_than_the_service_takes_is_told_whole_in_the_text() -> None:
    """What would be cut stands in the body."""
    long = "長" * 260
    async with JsonReceiver() as hook:
        await send(hook.url(), Message(long, "本文"))
        (got,) = hook.received
    assert len(got.title) <= 250
    assert got.title.endswith("…")
    assert got.body.startswith(long)


@pytest.mark.parametrize("kind", [JsonReceiver, NtfyReceiver])
@pytest.mark.parametrize(
    ("act", "result", "words"),
    [
        (Act(500), Result.REFUSED, "500"),
        (TOO_MANY, Result.REFUSED, "429"),
        (Act(401, body='{"code":40101,"error":"unauthorized"}'), Result.REFUSED, "login"),
        (LOGIN, Result.REFUSED, "redirect"),
        (CUT, Result.UNCERTAIN, "cut"),
    ],
    ids=["500", "429", "401", "login page", "cut"],
)
async def test_only_a_success_is_a_success(kind: Any, act: Act, result: Result, words: str) -> None:
    """A redirect to a log-in page that answers 200 is no acceptance, and nothing is retried by the library (D5)."""
    async with kind(act) as receiver:
        outcome = await send(receiver.url())
        assert outcome.result is result
        assert words in outcome.detail
        assert len(receiver.received) == 1


async def test_no_answer_in_time_is_uncertain() -> None:
    """The message was read, so it may have arrived."""
    async with JsonReceiver(Act(delay=2.0)) as hook:
        outcome = await send(hook.url() + "?rto=0.3")
        assert outcome.result is Result.UNCERTAIN
        assert 0.25 < outcome.elapsed_s < 1.5


async def test_mail_refusals() -> None:
    """A mail server's no is a no, with its code."""
    async with MailReceiver(Act(451), Act(554)) as mail:
        for code in ("451", "554"):
            outcome = await send(mail.url())
            assert outcome.result is Result.REFUSED
            assert code in outcome.detail


async def test_messages_on_one_channel_do_not_wait_for_each_other() -> None:
    """The library's pause of 5.5 s between messages never applies, and each message has its own priority (D5)."""
    async with NtfyReceiver() as phone:
        channel = make_channel("phone", phone.url(), True)
        began = time.monotonic()
        for urgency in (Urgency.URGENT, Urgency.QUIET, Urgency.URGENT):
            await asyncio.to_thread(channel.send, Message("t", "b", urgency))
        assert time.monotonic() - began < 2.0
        assert [one.headers["X-Priority"] for one in phone.received] == ["max", "low", "max"]


async def test_what_the_url_asks_of_redirects_and_retries_is_overruled() -> None:
    """`redirect=yes` and `retry=3` in a URL change nothing."""
    async with JsonReceiver(LOGIN, Act(500)) as hook:
        for _ in range(2):
            outcome = await send(hook.url() + "?redirect=yes&retry=3&wait=0.1")
            assert outcome.result is Result.REFUSED
        assert len(hook.received) == 2


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nosuch://s3cret-host/s3cret", "not a URL that Apprise knows"),
        ("ntfy://s3cret-host/s3cret-one/s3cret-two", "2 recipients"),
        ("pover://s3cret", "Pushover"),
    ],
)
async def test_a_url_that_cannot_work_is_refused_by_name(url: str, words: str) -> None:
    """The channel's name and the reason, never the URL; sending says the same instead of raising."""
    channel = AppriseChannel("phone", url, True)
    with pytest.raises(ChannelError, match='channel "phone"') as caught:
        channel.check()
    assert words in str(caught.value)
    assert "s3cret" not in str(caught.value)
    outcome = await asyncio.to_thread(channel.send, NEWS)
    assert outcome.result is Result.REFUSED
    assert "s3cret" not in outcome.detail


CANARY = "c4n4ry"


@pytest.mark.parametrize(
    "act", [Act(), Act(403, body=f'{{"error":"bad {CANARY}"}}'), LOGIN, CUT], ids=["ok", "403", "302", "cut"]
)
async def test_no_secret_leaks(act: Act, caplog: pytest.LogCaptureFixture) -> None:
    """User, password, topic, path and query of the URL are in no outcome, no log record and no repr, at any level (P4)."""
    for name in (None, "apprise", "urllib3", "requests"):
        caplog.set_level(logging.DEBUG, logger=name)
    async with (
        JsonReceiver(act) as hook,
        NtfyReceiver(act) as phone,
        MailReceiver(act if act.status == 200 else Act(554)) as mail,
    ):
        caplog.clear()
        urls = [
            f"json://u-{CANARY}:p-{CANARY}@127.0.0.1:{hook.port}/path-{CANARY}?x-{CANARY}=q-{CANARY}&+X-Key=h-{CANARY}",
            f"ntfy://u-{CANARY}:p-{CANARY}@127.0.0.1:{phone.port}/topic-{CANARY}?email=e-{CANARY}",
            mail.url(f"{CANARY}@example.com"),
            f"json://127.0.0.1:1/path-{CANARY}",
            f"json://nohost-{CANARY}.invalid/path",
            f"pover://{CANARY}@{CANARY}",
        ]
        for url in urls:
            channel = make_channel("phone", url, True)
            outcome = await asyncio.to_thread(channel.send, NEWS)
            assert CANARY not in f"{outcome} {channel!r}"
    assert phone.received
    records = [record for record in caplog.records if record.name != "mail.log"]  # the test's own mail server
    assert CANARY not in " ".join(f"{record.getMessage()} {record.exc_text}" for record in records)


def test_making_a_channel_loads_nothing() -> None:
    """The start of the service does not wait for Apprise; the console needs none."""
    channel = make_channel("phone", "ntfys://topic", True)
    assert isinstance(channel, AppriseChannel)
    assert channel._target is None
    assert isinstance(make_channel("screen", "console://", False), ConsoleChannel)
