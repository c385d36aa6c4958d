"""P4: secrets planted in every place a secret can be turn up in no log, output, database, export or message, at debug level."""

from __future__ import annotations

import asyncio
import base64
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.receivers import Act, JsonReceiver, NtfyReceiver
from tests.shop import Reply, Shop, product_page, wall_page
from tests.watchers.test_fetch_faults import closed_port

# Each with a sign that has to be quoted in an address, where one can stand there.
CANARIES = {
    "channel user": "canaryUserA1b2c3",
    "channel password": "canaryPass+A1b2c3",
    "channel path token": "canaryPathT0kenA1b2",
    "channel host token": "canaryhosttopica1b2",
    "channel query value": "canaryQueryA1b2c3d4",
    "channel header": "canaryHeaderA1b2c3d4",
    "env only": "canaryEnvFileA1b2c3d4",
    "file secret": "canaryFileA1b2c3d4e5",
    "host header": "canaryHostHdrA1b2c3d4",
    "cookie": "canaryCookieA1b2c3d4",
    "proxy user": "canaryProxyUserA1b2",
    "proxy password": "canaryProxyPassA1b2",
}


def shapes(secret: str) -> Iterator[bytes]:
    """Give a secret as it stands, quoted for addresses, and inside a Basic login."""
    yield secret.encode()
    yield quote(secret, safe="").encode()
    for before in ("", "a", "ab"):  # base64 in each of its three alignments, without the uneven ends
        yield base64.b64encode((before + secret).encode()).rstrip(b"=")[4:-2]


def assert_silent(where: str, text: bytes) -> None:
    """Fail when a canary sings, without printing the rest."""
    for name, secret in CANARIES.items():
        for shape in shapes(secret):
            at = text.find(shape)
            assert at < 0, f"{name} in {where}: ...{text[max(0, at - 200) : at + 60]!r}"


def configuration(folder: Path, shop: Shop, hook: JsonReceiver, phone: NtfyReceiver, more: str = "") -> Path:
    c = CANARIES
    (folder / ".env").write_text(
        f"TOKEN={c['env only']}\nPASS='{c['channel password']}'\nTOPIC={c['channel host token']}\n"
    )
    (folder / "cookie").write_text(f"id={c['cookie']}\n")
    (folder / "place").write_text(f"json://127.0.0.1:{hook.port}/{c['file secret']}\n")
    dead = closed_port()
    login = f"{c['channel user']}:{quote(c['channel password'], safe='')}"
    path = folder / "config.toml"
    path.write_text(
        f"""
[monitor]
language = "en"
min_interval = "100ms"
interval = "300ms"
[confirm]
again_after = "100ms"
gather = "0s"
rearm_after = "0s"
[retry]
delays = ["200ms"]
[blind]
after = "1s"
[channels.hook]
url = "json://{login}@127.0.0.1:{hook.port}/{c["channel path token"]}/?+X-Auth={c["channel header"]}&-tag={c["channel query value"]}"
urgent = true
[channels.moody]
url = "file:place"
[channels.phone]
url = "ntfy://{c["channel user"]}:${{PASS}}@127.0.0.1:{phone.port}/${{TOKEN}}"
[channels.dead]
url = "jsons://{login}@127.0.0.1:{dead}/{c["channel path token"]}"
[channels.mail]
url = "mailto://{c["channel user"]}:${{PASS}}@127.0.0.1:{dead}?from=a@example.com&to=b@example.com"
[channels.nowhere]
url = "xml://{login}@nowhere.invalid/{c["channel path token"]}"
[fetch]
allow = ["127.0.0.1/32:{shop.port}"]
[hosts."127.0.0.1"]
rate = "50/s"
headers = {{ X-Key = "{c["host header"]}", Cookie = "file:cookie", Authorization = "Bearer ${{TOKEN}}" }}
[hosts."proxied.example"]
proxy = "http://{c["proxy user"]}:{c["proxy password"]}@127.0.0.1:{dead}"
headers = {{ X-Key = "{c["host header"]}" }}
[hosts."nowhere.invalid"]
headers = {{ Cookie = "file:cookie" }}
[[watch]]
name = "Flips"
url = "{shop.url("/flips")}"
[[watch]]
name = "Proxied"
url = "http://proxied.example/item"
[[watch]]
name = "Nowhere"
url = "http://nowhere.invalid/item"
[[watch]]
name = "Echo"
url = "{shop.url("/echo")}"
[[watch]]
name = "Wall"
url = "{shop.url("/wall")}"
[[watch]]
name = "Cut"
url = "{shop.url("/cut")}"
[[watch]]
name = "Away"
url = "{shop.url("/away")}"
[[watch]]
name = "Forbidden"
url = "http://127.0.0.1:{dead}/item"
{more}"""
    )
    return path


def environment() -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if name != "RESTOCK_CONFIG"},
        "PYTHONPATH": str(Path(__file__).parents[1]),
        "PYTHONUTF8": "1",
        "PYTHONWARNINGS": "ignore",
    }


async def restock(
    folder: Path, *arguments: str, meanwhile: Callable[[], Awaitable[None]] | None = None
) -> tuple[int, bytes]:
    """Run a command as its users do, and end it once `meanwhile` is over; give its exit code and everything it wrote."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "monitor", *arguments, cwd=folder, env=environment(),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    ended = asyncio.create_task(process.communicate())
    try:
        async with asyncio.timeout(60):
            if meanwhile is not None:
                await meanwhile()
                process.send_signal(signal.SIGTERM)
            written, _ = await ended
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode is not None
    return process.returncode, written


def echoes(shop: Shop) -> Reply:
    """Answer with what we were sent, as a debugging page of a careless shop does: in words, title and data."""
    sent = " ".join(shop.requests[-1].headers.values()).encode().replace(b"<", b"")
    page = product_page("Echo", "out_of_stock", lang="en")
    return Reply(page.replace(b"</main>", b"<p>" + sent + b"</p></main>"))


async def life(path: Path, shop: Shop) -> None:
    """Let the service work, save a broken file under it, then a good one with another secret in it."""
    text = path.read_text()  # noqa: ASYNC240

    async def looked(times: int) -> None:
        until = shop.hits("/flips") + times
        while shop.hits("/flips") < until:
            await asyncio.sleep(0.05)

    await looked(12)
    path.write_text(text.replace("urgent = true", f'urgent = "{CANARIES["channel header"]}"'))  # noqa: ASYNC240
    await asyncio.sleep(2.5)
    path.write_text(text.replace("&-tag=", "&-tag=x"))  # noqa: ASYNC240
    await asyncio.sleep(2.5)
    await looked(6)


@pytest.mark.timeout(400)
async def test_no_canary_sings(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    """P4: a whole life of the service at debug level, faults of every kind, and every command, in words and as data."""
    sold_out, in_stock = product_page(state="out_of_stock"), product_page(state="in_stock", price=49800)
    acts = [
        Act(500, body=f"no {CANARIES['channel path token']} here"),
        Act(cut=True),
        Act(401),
        Act(302, headers={"Location": "/login"}),
    ]
    async with Shop() as shop, JsonReceiver(*acts) as hook, NtfyReceiver() as phone:
        shop.set("/flips", lambda n: Reply(in_stock if n % 12 in range(4, 10) else sold_out))
        shop.set("/echo", lambda n: echoes(shop))
        shop.set("/wall", Reply(wall_page(), status=403))
        shop.set("/cut", Reply(in_stock, cut_at=900))
        shop.set("/away", Reply(redirect=f"http://u:{CANARIES['cookie']}@10.0.0.1/?k={CANARIES['host header']}"))
        path = configuration(tmp_path, shop, hook, phone)
        heard: dict[str, bytes] = {}
        code, heard["run"] = await restock(tmp_path, "run", "--log-level", "debug", meanwhile=lambda: life(path, shop))
        assert code == 0, heard["run"][-2000:]
        for sign in (
            b"look.done",
            b"delivery.",
            b"notice",
            b"config.refused",
            b"config.loaded",
            b"Nowhere",
            b"Proxied",
            b"forbidden_address",
        ):
            assert sign in heard["run"], f"the scenario must reach {sign!r}"
        assert shop.requests[-1].headers["x-key"] == CANARIES["host header"], "the secrets must be in use"
        assert any(CANARIES["channel path token"] in one.path for one in hook.received)
        commands = [
            ["validate"], ["list"], ["export"], ["test", "--all"], ["check", shop.url("/echo")], ["history", "Flips"],
        ]  # fmt: skip
        if pytestconfig.option.torture:
            commands += [
                ["validate", "--json"], ["list", "--json"], ["history", "Nowhere", "--json"], ["test", "dead"], ["check", "Flips", "--json"],
                ["check", "Proxied"], ["check", "Away"], ["check", shop.url("/cut?k=1")],
            ]  # fmt: skip
        for arguments in commands:
            code, heard[" ".join(arguments[:2])] = await restock(tmp_path, *arguments)
            assert code in (0, 1, 2, 3, 4), (arguments, heard[" ".join(arguments[:2])][-500:])
        for where, written in heard.items():
            assert_silent(where, written)
        with pytest.raises(AssertionError, match="in the file"):
            assert_silent("the file", path.read_bytes())
        files = [file for file in tmp_path.glob("*") if file.name not in (".env", "cookie", "place", "config.toml")]  # noqa: ASYNC240
        assert any(file.suffix == ".db" for file in files)
        for file in files:
            if file.is_file():
                assert_silent(file.name, file.read_bytes())
        for one in [*hook.received, *phone.received]:
            assert_silent("a message", (one.title + one.body).encode())


@pytest.mark.torture
@pytest.mark.timeout(600)
async def test_no_mistake_in_a_file_sings(tmp_path: Path) -> None:
    """P4: a file with a mistake beside or in each secret is refused in words that hold none."""
    async with Shop() as shop, JsonReceiver() as hook, NtfyReceiver() as phone:
        path = configuration(tmp_path, shop, hook, phone)
        text = path.read_text()
        for name, (old, new) in {
            "unknown keys": ("url =", "ulr ="),
            "wrong types": ("urgent = true", 'urgent = "yes"'),
            "no end": ('{ X-Key = "', "{ X-Key = "),
            "unset": ("${TOKEN}", "${TOKEM}"),
            "bad scheme": ("json://", "jsno://"),
            "bad proxy": ('proxy = "http://', 'proxy = "htp://'),
            "bad header": ('X-Key = "', 'X-Key = "\\u0000'),
            "cut": (text[text.index("&-tag=") :], ""),
        }.items():
            assert old in text, name
            path.write_text(text.replace(old, new))
            for command in (["validate"], ["validate", "--json"], ["run", "--log-level", "debug"]):
                code, written = await restock(tmp_path, *command)
                assert code == 2, (name, command, written[-500:])
                assert_silent(f"{name}: {command}", written)
        path.write_text(text)
        for file in (".env", "cookie", "place"):
            body = (tmp_path / file).read_bytes()
            for spoiled in (body + b"\xff", body + body, b"=" + body, body[:-8].replace(b"=", b" ")):
                (tmp_path / file).write_bytes(spoiled)
                code, written = await restock(tmp_path, "validate")
                assert_silent(f"{file} spoiled", written)
            (tmp_path / file).write_bytes(body)
