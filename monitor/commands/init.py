"""`restock init`: a configuration of one's own, and a phone that rings."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from monitor import initialise
from monitor.commands.base import config_path
from monitor.commands.faults import Fault
from monitor.commands.terminal import say
from monitor.whereabouts import language_here, program, zone_here

_WORDS = {
    "en": (
        "Wrote {path} with a private ntfy topic. Keep the topic to yourself: whoever knows it can read it.",
        "The old file is kept as {kept}.",
        '1. Install the app "ntfy" on the phone (App Store, Google Play or F-Droid) and let it show notifications.',
        "2. In the app press +, and type the topic {topic}{where} (the QR code opens the same topic in a browser).",
        "Then: `{restock} test phone` sends a test message, `{restock} run` starts watching.",
    ),
    "ja": (
        "{path} を作りました。専用の ntfy トピックが入っています。トピック名を知っている人は誰でも読めるので、人に教えないでください。",
        "元のファイルは {kept} として残してあります。",
        "1. スマートフォンにアプリ「ntfy」を入れ（App Store・Google Play・F-Droid）、通知を許可します。",
        "2. アプリの＋を押し、トピック名 {topic}{where} を入力します（QRコードを読むと、同じトピックがブラウザーで開きます）。",
        "続いて `{restock} test phone` でテスト通知を送り、`{restock} run` で監視を始めます。",
    ),
}
_SERVER = re.compile(r"[A-Za-z0-9.-]+(?::[0-9]{1,5})?")


def init(config: Path | None, force: bool, language: str | None, server: str) -> int:
    """Write a configuration that rings a phone, and show how the phone joins in; raises Fault, replaces nothing unasked."""
    path, language = config_path(config), language or language_here()
    if not _SERVER.fullmatch(server):
        raise Fault(f'--server "{server}": expected a host name such as ntfy.sh or ntfy.example.com:8443')
    there, untouched = path.exists(), initialise.untouched(path)
    if there and not untouched and not force:
        raise Fault(
            f"{path} is there already, and nothing was changed; --force replaces it and keeps the old one beside it"
        )
    topic = initialise.new_topic()
    text, kept = initialise.starter(topic, language, server, zone_here(language)), None
    try:
        if there:
            kept = initialise.write_over(path, text, keep=not untouched)
        else:
            initialise.write_new(path, text)
    except OSError as error:
        raise Fault(f"cannot write {path}: {error.strerror}; name another file with --config") from error
    wrote, old, first, second, then = _WORDS[language]
    say(wrote.format(path=path))
    if kept is not None:
        say(old.format(kept=kept))
    _show_code(initialise.subscribe_link(topic, server))
    where = "" if server == "ntfy.sh" else f" ({server})"
    say(first, second.format(topic=topic, where=where), then.format(restock=program()))
    return 0


def _show_code(link: str) -> None:
    code = initialise.qr_code(link, colours=sys.stdout.isatty())
    try:
        code.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        code = ""  # a terminal without block letters: the link below must do
    say("", *([code] if code else []), link, "")
