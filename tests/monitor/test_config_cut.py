"""S9: wherever a file is cut, what is left is refused, or held, or loses few watches; nothing crashes and nothing is silent."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from monitor.config import ConfigError, load
from monitor.problems import Problem
from monitor.reload import must_hold, vanished
from monitor.settings import Settings
from tests.monitor.test_reload import following

FILE = """\
# 見張りの設定
[monitor]
language = "ja"
interval = "30s"

[channels.phone]
url = "json://127.0.0.1:1/hook"
urgent = true

[hosts."shop.example"]
rate = "1/s"
headers = { X-Note = "a # b" }

[confirm]
looks = 2
"""
WATCH = """
[[watch]]  # {n}
name = "星図 {n}"
max_price = 52000
listings = [
  "https://shop.example/{n}",
  {{ url = "https://other.example/{n}", interval = "1m" }},
]
[[watch.hot]]
at = "10:00"
for = "10m"
every = "2s"
"""


def outcome(path: Path, body: bytes) -> Settings | ConfigError:
    path.write_bytes(body)
    try:
        return load(path, env={}, check_channels=False)
    except ConfigError as error:
        assert all(isinstance(problem, Problem) and "\n" not in str(problem) for problem in error.problems)
        assert error.problems
        return error


@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_every_cut_is_refused_or_held_or_small(
    tmp_path: Path, mark: bytes, ending: bytes, pytestconfig: pytest.Config
) -> None:
    """S9: each prefix in bytes, characters cut in two included, with and without byte order mark and Windows lines."""
    text = FILE + "".join(WATCH.format(n=n) for n in range(6))
    body = mark + text.encode().replace(b"\n", ending)
    path = tmp_path / "config.toml"
    whole = outcome(path, body)
    assert isinstance(whole, Settings)
    assert len(whole.watches) == 6
    known = {watch.name for watch in whole.watches}
    parsed = held = 0
    for end in range(0, len(body), 1 if pytestconfig.option.torture else 5):
        cut = outcome(path, body[:end])
        if isinstance(cut, ConfigError):
            continue
        parsed += 1
        assert {watch.name for watch in cut.watches} <= known
        lost = known - {watch.name for watch in cut.watches}
        if must_hold(whole, cut):
            held += 1
        else:
            assert len(lost) < 3 or 2 * len(lost) < len(known), f"{lost} lost silently by a cut at {end}"
        assert set(vanished(whole, cut)) == lost
    assert parsed > held > 3, "the injector must meet cuts that parse"


async def test_a_cut_within_a_line_is_refused_once_and_believed_twice(tmp_path: Path) -> None:
    """S9: 52000 cut to 520 is a price still; the same file saved again is meant, and a line less is an edit."""
    path = tmp_path / "config.toml"
    text = (
        FILE
        + "".join(WATCH.format(n=n) for n in range(2))
        + '[[watch]]\nname = "last"\nurl = "demo://camera"\nmax_price = 52000\n'
    )
    path.write_text(text, "utf-8")
    async with following(path) as heard:
        cut = text.rstrip()[:-2]
        path.write_text(cut, "utf-8")
        refused = await heard.next()
        assert isinstance(refused, ConfigError)
        assert "cut off" in str(refused)
        assert refused.problems[0].line == text.rstrip().count("\n") + 1
        await heard.nothing()
        path.write_text(cut, "utf-8")
        assert isinstance(await heard.next(), Settings), "the second time it is meant"
        path.write_text(text, "utf-8")
        assert isinstance(await heard.next(), Settings)
        path.write_text(text.rstrip(), "utf-8")
        assert isinstance(await heard.next(), Settings), "a missing line end at the very end cuts nothing"
        path.write_text("\n".join(text.splitlines()[:-1]) + "\n", "utf-8")
        edited = await heard.next()
        assert isinstance(edited, Settings)
        assert edited.watches[-1].wish.max_price is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" \n\n",
        b"\xef\xbb\xbf",
        b"#" * 10_000_000,
        b"\x00" * 100,
        b"\xff\xfe[\x00",
        b"[" * 5000,
        b"a = " + b"[" * 200_000,
    ],
)
def test_what_is_no_file_of_ours_is_refused(tmp_path: Path, body: bytes) -> None:
    """S9: empty, blank, 10 MB, binary and bottomless files are one problem each."""
    refused = outcome(tmp_path / "config.toml", body)
    assert isinstance(refused, ConfigError)
    assert len(refused.problems) == 1
    assert len(str(refused)) < 500


async def test_the_file_is_a_folder_for_a_while(tmp_path: Path) -> None:
    """S9: whatever stands in the file's place, the old settings hold and the next good save counts."""
    path = tmp_path / "config.toml"
    text = FILE + WATCH.format(n=1)
    path.write_text(text, "utf-8")
    async with following(path, glance=0.1) as heard:
        path.unlink()
        path.mkdir()
        refused = await heard.next()
        assert isinstance(refused, ConfigError)
        path.rmdir()
        path.write_text(text + WATCH.format(n=2), "utf-8")
        async with asyncio.timeout(10):
            while not isinstance(news := await heard.next(), Settings):
                pass
        assert len(news.watches) == 2
