"""Every command and the service show a host the same manners, whether or not its address has a port."""

import asyncio
import json
from pathlib import Path

import pytest

from monitor.cli import run as command
from monitor.manners import host_settings, manners_for
from monitor.settings import HostSettings, Secret, Settings
from tests.shop import Reply, Shop, product_page


def test_a_port_without_manners_of_its_own_has_those_of_its_host() -> None:
    """A rate for a host holds for its ports; one for host:port wins there; a stranger has the defaults."""
    settings = Settings(
        Path("c.toml"),
        Path("r.db"),
        hosts={
            "a.example": HostSettings(rate=2, headers={"X-Key": Secret("k")}, proxy=Secret("http://p.example")),
            "a.example:81": HostSettings(rate=4),
        },
    )
    assert [host_settings(settings, host).rate for host in ("a.example", "a.example:80", "a.example:81")] == [2, 2, 4]
    assert host_settings(settings, "b.example:80") == HostSettings()
    manners = manners_for(settings, "a.example:80")
    assert (dict(manners.headers), manners.proxy, manners.user_agent) == ({"X-Key": "k"}, "http://p.example", None)


async def test_check_sends_what_the_service_would_send(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Headers and user agent of [hosts."127.0.0.1"] go out with a `check` of a page on an unusual port there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RESTOCK_CONFIG", raising=False)
    async with Shop() as shop:
        shop.set("/item", Reply(product_page()))
        (tmp_path / "config.toml").write_text(
            f'[fetch]\nallow = ["127.0.0.1/32:{shop.port}"]\n[channels.t]\nurl = "console://"\n'
            '[hosts."127.0.0.1"]\nuser_agent = "somebody/1"\nheaders = { X-Club = "member" }\n',
            "utf-8",
        )
        assert await asyncio.to_thread(command, ["check", shop.url("/item"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["status"] == 200
    assert shop.requests[-1].headers["user-agent"] == "somebody/1"
    assert shop.requests[-1].headers["x-club"] == "member"
