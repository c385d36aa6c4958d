"""Log lines are JSON, carry their keys, and show no secret, whoever wrote them."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from monitor import logs, redact
from monitor.model import Kind, Watch, Wish
from monitor.settings import ChannelSettings, HostSettings, Secret, Settings
from watchers.model import Listing

CANARY = "canary-k3s9x7q2m5"


@pytest.fixture(autouse=True)
def restore() -> Iterator[None]:
    """Leave the process's logging as it was."""
    before = list(logging.getLogger().handlers), logging.getLogger().level
    known = [(held, set(held)) for held in (redact._known, redact._topics, redact._own)]
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    logging.getLogger().handlers[:] = before[0]
    logging.getLogger().setLevel(before[1])
    for held, kept in known:
        held.clear()
        held.update(kept)


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    out, err = capsys.readouterr()
    assert out == "", "logs belong on stderr"
    return [json.loads(line) for line in err.splitlines()]


def test_an_event_is_one_json_line_with_its_keys(capsys: pytest.CaptureFixture[str]) -> None:
    """What was bound and what was given are keys of one line, Japanese as it is, the time in UTC first."""
    logs.configure(level="info")
    with structlog.contextvars.bound_contextvars(watch="ゲーム機", channel="phone"):
        structlog.get_logger().info("delivery.sent", attempt=2, event_id="k7f3q2")
    _, err = capsys.readouterr()
    assert "ゲーム機" in err
    event = json.loads(err)
    assert list(event)[:6] == ["at", "level", "event", "watch", "channel", "event_id"]
    assert event["at"].endswith("Z")
    assert (event["event"], event["channel"], event["attempt"]) == ("delivery.sent", "phone", 2)


def test_below_the_level_nothing_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    """A debug event of a check costs no line at info."""
    logs.configure(level="info")
    structlog.get_logger().debug("look.done")
    logging.getLogger("some.library").debug("detail")
    assert lines(capsys) == []
    logs.configure(level="debug")
    structlog.get_logger().debug("look.done")
    assert [event["event"] for event in lines(capsys)] == ["look.done"]


@pytest.mark.parametrize(
    "name", ["apprise", "apprise.plugins.ntfy", "urllib3.connectionpool", "aiohttp.client", "asyncio"]
)
def test_libraries_never_debug(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Libraries that print webhook paths at debug stay above it, even when we debug."""
    logs.configure(level="debug")
    logging.getLogger(name).debug("POST /services/%s", CANARY)
    assert lines(capsys) == []
    logging.getLogger(name).error("slow")
    (event,) = lines(capsys)
    assert (event["event"], event["logger"], event["level"]) == ("slow", name, "error")


@pytest.mark.parametrize(
    "text",
    [
        f"https://user:{CANARY}@shop.example/item",
        f"https://shop.example/item?token={CANARY}&a=b",
        f"ntfys://{CANARY}",
        f"mailto://me:{CANARY}@mail.example",
        f"discord://123456789/{CANARY}",
        f"Failed to reach https://hooks.chat.example/services/T000/{CANARY}: refused",
        f"https://shop.example/#{CANARY}",
    ],
)
def test_addresses_lose_their_secrets(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Logins, queries, token-like path parts and whole channel URLs are masked: ours, a library's, an exception's."""
    logs.configure()
    structlog.get_logger().warning("ours", why=text, deep={"list": [text]})
    structlog.get_logger().warning(text)
    logging.getLogger("apprise").warning("theirs %s", text)
    try:
        raise RuntimeError(text)
    except RuntimeError:
        structlog.get_logger().exception("broke")
        logging.getLogger("x").exception("broke")
    _, err = capsys.readouterr()
    assert CANARY not in err
    assert err.count("\n") == 5
    assert "***" in err


def test_listing_pages_stay_readable() -> None:
    """A product page's address is no secret: whoever reads the log must find the listing."""
    for url in ("https://www.amazon.co.jp/dp/B0CXXXXXXX", "https://shop.example/ja/item/12345.html", "demo://switch-2"):
        assert redact.clean(f"look at {url} now") == f"look at {url} now"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("ntfys://my-topic", "published to my-topic"),
        ("json://hooks.example/Abcdefgh", "POST /Abcdefgh"),
        ("tgram://12345678:abcdefghij/987654321", "bot abcdefghij"),
        ("mailto://someone:pass-word@mail.example", "535 rejected pass-word"),
        ("slack://TokenAAAA/TokenBBBB/TokenCCCC", "invalid_auth TokenBBBB"),
        ("pover://userkey1234@apptoken123", "bad apptoken123"),
    ],
)
def test_parts_of_a_known_channel_are_masked_anywhere(url: str, shown: str) -> None:
    """A library that repeats only the topic, the token or the password of a channel gives nothing away."""
    assert redact.clean(shown) == shown
    redact.remember([Secret(url)])
    assert redact.clean(shown) != shown
    assert "***" in redact.clean(shown)


def test_a_topic_that_is_a_word_masks_no_word_of_ours(capsys: pytest.CaptureFixture[str]) -> None:
    """The topic "restock" is masked in addresses; kinds, events, and names of watches and channels stay readable."""
    redact.remember_all(
        Settings(
            Path("config.toml"),
            Path("restock.db"),
            channels={
                "phone": ChannelSettings("phone", Secret("ntfys://restock")),
                "family-chat": ChannelSettings("family-chat", Secret("ntfys://ntfy.example/family-chat")),
                "mail": ChannelSettings("mail", Secret("json://127.0.0.1/delivery")),
            },
            watches=(Watch("Nintendo console", Wish(), (Listing("https://a.example/"),)),),
        )
    )
    redact.remember([Secret("ntfys://ntfy.example/Nintendo"), Secret("ntfys://mysecretplace")])
    logs.configure()
    structlog.get_logger().warning(
        "delivery.sent", kind=Kind.RESTOCK, was="restock", watch="Nintendo console", channel="family-chat",
        path="/home/me/restock/restock.db", why="Nintendo is at https://ntfy.example/restock and mysecretplace",
    )  # fmt: skip
    (event,) = lines(capsys)
    del event["at"], event["level"]
    assert event == {
        "event": "delivery.sent", "kind": "restock", "was": "restock", "watch": "Nintendo console",
        "channel": "family-chat", "path": "/home/me/restock/restock.db",
        "why": "Nintendo is at https://ntfy.example/*** and ***",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("url", "shown", "hidden"),
    [
        ("mailto://me:hunter@mail.example", "535 rejected hunter", "hunter"),
        ("json://me:sunshine@hooks.example", "sunshine!", "sunshine"),
        ("ntfys://restock-k3s9x7q2m5abcdefgh23", "xrestock-k3s9x7q2m5abcdefgh23x", "k3s9x7q2m5"),
        ("ntfys://a-topic-of-many-plain-words", "<a-topic-of-many-plain-words>", "plain-words"),
        ("ntfys://secretly", "watch secretly.", "secretly"),
        ("ntfys://hidden", "POST https://ntfy.sh/hidden/json", "hidden"),
    ],
)
def test_what_is_secret_stays_so(url: str, shown: str, hidden: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Passwords of any kind and tokens anywhere; a long enough topic as a word; a short one in an address."""
    redact.remember([Secret(url)])
    logs.configure()
    structlog.get_logger().warning("delivery.dead", cause=shown)
    structlog.get_logger().warning(shown)
    logging.getLogger("apprise").error("failed: %s", shown)
    _, err = capsys.readouterr()
    assert err.count("***") == 3
    assert hidden not in err


def test_settings_in_a_channel_url_do_not_blank_common_words() -> None:
    """Remembering a channel does not mask words such as its priority or its host."""
    redact.remember([Secret("ntfys://ntfy.sh/secret-topic?priority=urgent&format=markdown")])
    assert redact.clean("urgent markdown ntfy.sh") == "urgent markdown ntfy.sh"


def test_a_whole_configuration_is_remembered() -> None:
    """Channels, headers and proxies of a configuration are masked from then on."""
    redact.remember_all(
        Settings(
            Path("config.toml"),
            Path("restock.db"),
            channels={"phone": ChannelSettings("phone", Secret("ntfys://topic-aaa"))},
            hosts={
                "shop.example": HostSettings(
                    headers={"X-Key": Secret("header-bbb")}, proxy=Secret("http://me:proxy-ccc@p.example")
                )
            },
        )
    )
    assert redact.clean("topic-aaa header-bbb proxy-ccc p.example") == "*** *** *** p.example"


def test_secrets_as_values_and_under_telling_names(capsys: pytest.CaptureFixture[str]) -> None:
    """A Secret is masked wherever it is nested, and so is whatever is called a token, password or cookie."""
    logs.configure()
    structlog.get_logger().info("x", a=Secret(CANARY), b=[{"c": Secret(CANARY)}], token=CANARY, Cookie=CANARY, n=3)
    (event,) = lines(capsys)
    assert CANARY not in json.dumps(event)
    assert event["n"] == 3


def test_a_traceback_shows_no_locals(capsys: pytest.CaptureFixture[str]) -> None:
    """A crash is one line with the path of calls, and no variable's value."""
    logs.configure()

    def broken() -> None:
        password = CANARY
        raise ValueError(len(password))

    try:
        broken()
    except ValueError:
        structlog.get_logger().exception("look.crashed")
    (event,) = lines(capsys)
    assert "in broken" in event["exception"]
    assert CANARY not in json.dumps(event)


def test_a_terminal_gets_short_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """Asked for, a line is for people: time, level, event, keys."""
    logs.configure(json=False, level="warning")
    structlog.get_logger().warning("host.backoff", host="shop.example", seconds=30, none=None)
    structlog.get_logger().info("quiet")
    _, err = capsys.readouterr()
    assert err.endswith(" warning host.backoff host=shop.example seconds=30\n")


def test_configuring_twice_writes_once(capsys: pytest.CaptureFixture[str]) -> None:
    """A second configuration replaces the first."""
    logs.configure()
    logs.configure()
    logging.getLogger("x").warning("once")
    assert len(lines(capsys)) == 1


def test_a_closed_stderr_does_not_stop_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    """When nobody can read the log any more, logging is silent instead of raising."""

    class Closed:
        def write(self, _text: str) -> int:
            raise BrokenPipeError

        def flush(self) -> None:
            raise ValueError("closed")

    logs.configure()
    monkeypatch.setattr("sys.stderr", Closed())
    structlog.get_logger().warning("nobody hears this")
    logging.getLogger("x").warning("nor this")


@pytest.mark.timeout(5)
def test_hostile_text_is_cleaned_in_no_time() -> None:
    """Cleaning stays linear on text made to freeze it."""
    for text in (
        "a" * 500_000,
        "a://" * 100_000,
        "https://" + "a1/" * 200_000,
        "x://" + "%" * 500_000,
        "a+-." * 200_000,
    ):
        redact.clean(text)
