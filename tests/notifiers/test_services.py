"""The manners arrive: Apprise's own plug-ins for services with fixed hosts, pointed at a receiver on this machine."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs

import pytest
from aiohttp import web
from apprise import plugins

from notifiers.channel import make_channel
from notifiers.message import Message, Result, Urgency

LINK = "https://shop.example/商品/1"
NEWS = Message("再入荷 @everyone", "本文 <!channel> @here a&b [k7f3q2]", Urgency.URGENT, LINK, ("k7f3q2",))
QUIET = Message("始まりました", "本文", Urgency.QUIET)


class Anything:
    """Takes every request and says what each of these services says when it is content."""

    def __init__(self) -> None:
        self.base = ""
        self.taken: list[dict[str, Any]] = []

    async def take(self, request: web.Request) -> web.Response:
        text = await request.text()
        try:
            self.taken.append(json.loads(text))
        except ValueError:
            self.taken.append({key: values[0] for key, values in parse_qs(text).items()})
        if "slack" in request.path:
            return web.Response(text="ok")
        return web.json_response({"ok": True, "status": 1, "request": "r", "result": {"id": 1}})


@pytest.fixture
async def service() -> AsyncIterator[Anything]:
    """Give a server on this machine that stands in for all of them."""
    anything = Anything()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", anything.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    anything.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield anything
    await runner.cleanup()


async def sent(service: Anything, url: str, message: Message = NEWS) -> dict[str, Any]:
    outcome = await asyncio.to_thread(make_channel("phone", url, True).send, message)
    assert outcome.result is Result.ACCEPTED, outcome.detail
    assert len(service.taken) == 1
    return service.taken.pop()


async def test_pushover(service: Anything, monkeypatch: pytest.MonkeyPatch) -> None:
    """An urgent message is an emergency that repeats every 30 s for ten minutes; a quiet one has no sound, but is shown."""
    monkeypatch.setattr(plugins.N_MGR["pover"], "notify_url", f"{service.base}/pushover")
    url = f"pover://{'u' * 30}@{'a' * 30}"
    got = await sent(service, url)
    assert (got["priority"], got["retry"], got["expire"], got["sound"]) == ("2", "30", "600", "siren")
    assert got["url"] == "https://shop.example/%E5%95%86%E5%93%81/1"
    assert (got["title"], got["message"]) == (NEWS.title, NEWS.body)
    assert (await sent(service, url, QUIET))["priority"] == "-1"


async def test_gotify(service: Anything) -> None:
    """Ten wakes, three only shows; the link is in the text, since Gotify has no field for it."""
    url = f"{service.base.replace('http', 'gotify')}/tokentoken"
    got = await sent(service, url)
    assert got["priority"] == 10
    assert got["message"] == f"{NEWS.body}\n{LINK}"
    assert (await sent(service, url, QUIET))["priority"] == 3


async def test_telegram(service: Anything, monkeypatch: pytest.MonkeyPatch) -> None:
    """A quiet message makes no sound; what looks like a tag is neither HTML nor lost."""
    monkeypatch.setattr(plugins.N_MGR["tgram"], "notify_url", f"{service.base}/telegram")
    url = "tgram://123456789:abcdefg_hijklmnop/12315544"
    got = await sent(service, url)
    assert got["disable_notification"] is False
    assert "＜!channel＞" in got["text"]
    assert "a&amp;b" in got["text"]
    assert (await sent(service, url, QUIET))["disable_notification"] is True


async def test_slack(service: Anything, monkeypatch: pytest.MonkeyPatch) -> None:
    """No mention survives: what looks like one is shown, not followed (D13)."""
    monkeypatch.setattr(plugins.N_MGR["slack"], "webhook_url", f"{service.base}/slack")
    got = json.dumps(await sent(service, "slack://TTTTTTTTT/BBBBBBBBB/ABCdefGHIjklMNOpqrSTUvwx/"), ensure_ascii=False)
    assert "<!" not in got
    assert "&lt;!channel&gt;" in got
    assert "a&amp;b" in got
    assert "&amp;lt;" not in got, "escaped twice, it would be shown with its entities"
    assert LINK in got


async def test_discord(service: Anything, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is called, whatever the product's name says (D13)."""
    monkeypatch.setattr(plugins.N_MGR["discord"], "notify_url", f"{service.base}/discord")
    got = await sent(service, "discord://123456789012/abcdefghijklmnop")
    assert "@everyone" not in str(got)
    assert "@here" not in str(got)
    assert "再入荷" in got["content"]
    assert "avatar_url" not in got
