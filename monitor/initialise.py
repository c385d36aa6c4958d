"""The first configuration: a copy of the example, or a file of one's own with a private ntfy topic."""

from __future__ import annotations

import io
import os
import re
import secrets
from importlib import resources
from pathlib import Path

_EXAMPLE = "config.example.toml"
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"  # nothing that looks like something else when typed from a screen
_TOPIC_LETTERS = 20  # 32 letters each: 100 bits; whoever knows the topic can read and write it


def example() -> str:
    """Give the text of config.example.toml: from the checkout, else from inside the installed package."""
    beside = Path(__file__).parents[1] / _EXAMPLE
    if beside.is_file():
        return beside.read_text("utf-8")
    return resources.files("monitor").joinpath("data", _EXAMPLE).read_text("utf-8")


def localised(language: str, zone: str) -> str:
    """Give the example with a language, a time zone, and the demo shop in that language."""
    text = example()
    for line, here in (
        ('language = "ja"', f'language = "{language}"'),
        ('timezone = "Asia/Tokyo"', f'timezone = "{zone}"'),
        ('listings = ["demo://switch-2"]', f'listings = ["demo://{"en/" if language == "en" else ""}switch-2"]'),
    ):
        text = text.replace(f"\n{line}", f"\n{here}", 1)
    return text


def copy_example(path: Path, language: str = "ja", zone: str = "Asia/Tokyo") -> None:
    """Write the example as a new configuration; raises OSError, FileExistsError too."""
    write_new(path, localised(language, zone))


def untouched(path: Path) -> bool:
    """Tell whether the file is still word for word a copy of the example: nobody's work is lost by replacing it."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return False
    language, zone = (re.search(rf'^{key} = "([^"]*)"', text, re.MULTILINE) for key in ("language", "timezone"))
    return language is not None and zone is not None and text == localised(language[1], zone[1])


def new_topic() -> str:
    """Make a topic that nobody can guess."""
    return "restock-" + "".join(secrets.choice(_ALPHABET) for _ in range(_TOPIC_LETTERS))


def starter(topic: str, language: str, server: str = "ntfy.sh", zone: str = "Asia/Tokyo") -> str:
    """Give a small configuration that rings a phone through ntfy, with the demo shop to begin with."""
    target = f"ntfys://{topic}" if server == "ntfy.sh" else f"ntfys://{server}/{topic}"
    text = _STARTER_JA if language == "ja" else _STARTER_EN
    return text.replace("NTFY_TARGET", target).replace("TIME_ZONE", zone)


def subscribe_link(topic: str, server: str = "ntfy.sh") -> str:
    """Give the page of a topic, which any phone's camera opens."""
    return f"https://{server}/{topic}"


def qr_code(link: str, *, colours: bool) -> str:
    """Draw a QR code with half blocks; with colours it is black on white whatever the terminal's own colours are."""
    import segno

    drawn = io.StringIO()
    segno.make(link, error="m", micro=False).terminal(out=drawn, border=2, compact=True)
    lines = drawn.getvalue().rstrip("\n").splitlines()
    return "\n".join(f"\x1b[97;40m{line}\x1b[0m" if colours else line for line in lines)


def write_new(path: Path, text: str) -> None:
    """Write a new file that only its owner can read; raises FileExistsError and OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)


def write_over(path: Path, text: str, *, keep: bool) -> Path | None:
    """Put a new text in a file's place in one step; with `keep` give where a copy of the old one went.

    Raises OSError, and then the old file stands as it was.
    """
    kept = _free_name(path) if keep else None
    if kept is not None:
        write_new(kept, path.read_text("utf-8", errors="surrogateescape"))
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        write_new(fresh, text)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    return kept


def _free_name(path: Path) -> Path:
    kept = path.with_name(f"{path.name}.old")
    number = 1
    while kept.exists():
        number += 1
        kept = path.with_name(f"{path.name}.old{number}")
    return kept


_STARTER_EN = """\
# Save this file and the running service follows. All settings: docs/configuration.md

[monitor]
language = "en"                  # of messages: en or ja
timezone = "TIME_ZONE"
interval = "30s"                 # between two looks at a page

[channels.phone]
url = "NTFY_TARGET"
urgent = true                    # a restock makes the phone ring

[channels.terminal]
url = "console://"

[[watch]]
name = "Demo: Switch 2"          # the built-in shop; delete this watch once you have your own
max_price = 52000                # yen
listings = ["demo://en/switch-2"]

# [[watch]]
# name = "Nintendo Switch 2"
# max_price = 52000
# listings = ["https://www.example.com/item/12345"]
"""

_STARTER_JA = """\
# 保存すると、動いているサービスにすぐ反映されます。すべての設定項目: docs/configuration.md

[monitor]
language = "ja"                  # 通知の言語: ja または en
timezone = "TIME_ZONE"
interval = "30s"                 # 同じページを見に行く間隔

[channels.phone]
url = "NTFY_TARGET"
urgent = true                    # 入荷したらスマートフォンを鳴らす

[channels.terminal]
url = "console://"

[[watch]]
name = "デモ: Switch 2"          # 内蔵のデモ商店。自分の監視を書いたら消してかまいません
max_price = 52000                # 円
listings = ["demo://switch-2"]

# [[watch]]
# name = "Nintendo Switch 2"
# max_price = 52000
# listings = ["https://www.example.com/item/12345"]
"""
