"""A channel URL is one Apprise target with our manners, or is refused in words that do not repeat it."""

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifiers.url import channel_url, refusal, scheme

CANARY = "c4n4ry5ecret"


@pytest.mark.parametrize(
    ("url", "forced"),
    [
        ("ntfys://topic", "ntfys://topic?redirect=no&retry=0&verify=yes"),
        (" ntfys://topic?click=x ", "ntfys://topic?click=x&redirect=no&retry=0&verify=yes"),
        ("ntfys://t?Retry=5&%72edirect=yes;verify=no&x=1", "ntfys://t?x=1&redirect=no&retry=0&verify=yes"),
        ("slack://T/A/x/#general", "slack://T/A/x/#general?redirect=no&retry=0&verify=yes"),
        ("console://", "console://"),
        ("CONSOLE://", "CONSOLE://"),
    ],
)
def test_our_manners_win(url: str, forced: str) -> None:
    """Redirects and retries are off and certificates verified, whatever the URL asked for and however it spelt it."""
    assert channel_url(url) == forced
    assert channel_url(forced) == forced


@given(
    st.lists(
        st.sampled_from(
            [
                "retry=9",
                "RETRY=9",
                "redirect=yes",
                "verify=no",
                "+x=1",
                "click=a%26b",
                "verify",
                "%76erify=no",
                " retry=3",
            ]
        )
    ),
    st.sampled_from("&;"),
)
def test_apprise_agrees(pairs: list[str], between: str) -> None:
    """Apprise itself reads the forced values back, and keeps the other parameters."""
    from apprise.utils.parse import parse_url

    read = parse_url(channel_url(f"json://host/path?{between.join(pairs)}"))
    assert {name: read["qsd"][name] for name in ("redirect", "retry", "verify")} == {
        "redirect": "no",
        "retry": "0",
        "verify": "yes",
    }
    assert ("click" in read["qsd"]) == ("click=a%26b" in pairs)


@pytest.mark.parametrize(
    "url",
    ["console://", "ntfys://topic", "ntfy://localhost:8080/topic", "json://127.0.0.1:1/x", "mailto://localhost:25?mode=insecure&from=a@example.com&to=b@example.com",
     "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ", "https://discord.com/api/webhooks/123/abc", "syslog://", "ntfys://t?verify=yes"],
)  # fmt: skip
def test_what_can_be_told_is_accepted(url: str) -> None:
    """One target, known to Apprise or ours."""
    assert refusal(url) is None


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "expected an Apprise URL"),
        (CANARY, "expected an Apprise URL"),
        (f"ntfyz://{CANARY}", 'did you mean "ntfy://"?'),
        (f"https://shop.example/{CANARY}", "Apprise refuses"),
        ("json://", "Apprise refuses"),
        (f"slack://{CANARY}", "Apprise refuses"),
        ("ntfys://", "names nobody to tell"),
        ("ntfys:///?priority=5", "names nobody to tell"),
        (f"ntfys://{CANARY}/b/c", "names 2 targets"),
        (f"ntfys://host/{CANARY},c", "names 2 targets"),
        (f"ntfy://{CANARY}, ntfy://b", "targets"),
        (f"mailto://u:{CANARY}@example.com?to=a@example.com,b@example.com", "names 2 targets"),
        (f"mailto://u:{CANARY}@example.com?to=nonsense", "no valid address"),
        (f"ntfys://{CANARY}?verify=no", "always verified"),
        (f"ntfys://{CANARY}?%56erify=false", "always verified"),
    ],
)
def test_what_cannot_be_told_is_refused_in_words(url: str, words: str, caplog: pytest.LogCaptureFixture) -> None:
    """Several targets, nobody, an unknown service: named, without the URL, and Apprise logs nothing."""
    with caplog.at_level(logging.DEBUG, logger="apprise"):
        why = refusal(url)
    assert why is not None
    assert words in why
    assert CANARY not in why
    assert caplog.text == ""


def test_apprise_may_log_again_afterwards(caplog: pytest.LogCaptureFixture) -> None:
    """Only the question is silent, not the service."""
    refusal("json://")
    logging.getLogger("apprise").warning("heard")
    assert "heard" in caplog.text


def test_schemes() -> None:
    """Case does not matter; a text without :// has none."""
    assert [scheme(url) for url in ("NTFYS://x", "x", "a:b", "")] == ["ntfys", "", "", ""]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (f"slack://{CANARY}", "it is written slack://TOKEN_A/TOKEN_B/TOKEN_C"),
        (f"discord://{CANARY}", "it is written discord://WEBHOOK_ID/WEBHOOK_TOKEN"),
        (f"gotify://{CANARY}", "it is written gotify://HOST/TOKEN"),
        (f"mailtos://u:{CANARY}@h", "it is written mailtos://USER:PASSWORD@example.com?to=ADDRESS"),
        (f"https://shop.example/{CANARY}", "json:// or jsons://"),
    ],
)
def test_a_missing_part_is_shown_by_how_it_is_written(url: str, words: str) -> None:
    """The service's own form of a URL says what is missing; the URL itself stays secret."""
    why = refusal(url)
    assert why is not None and words in why
    assert CANARY not in why


def test_a_service_that_lacks_a_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names the package, and does not blame the URL."""
    from apprise.manager_plugins import NotificationManager

    plugin = NotificationManager()["mqtt"]
    monkeypatch.setattr(plugin, "enabled", False)
    assert "it needs the package paho-mqtt" in (refusal("mqtt://localhost/topic") or "")
