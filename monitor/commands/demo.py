"""`restock demo`: the whole service on a shop of its own in a temporary folder; nothing is kept."""

from __future__ import annotations

import tempfile
from pathlib import Path

from monitor.commands.base import load_settings
from monitor.commands.run import NEXT_STEPS
from monitor.commands.serving import configure_logs, serve
from monitor.commands.terminal import say
from monitor.whereabouts import language_here, program, zone_here

_CONFIG = """\
[monitor]
language = "{language}"
timezone = "{zone}"

[confirm]
rearm_after = "10s"  # each return rings

[channels.terminal]
url = "console://"
urgent = true

[[watch]]
name = "{name}"
max_price = 52000
listings = ["demo://{language}/switch-2"]
"""

_WORDS = {
    "en": (
        "Demo: Switch 2",
        "A shop opens inside this computer. Its product is sold out, and will be back in seconds.",
    ),
    "ja": ("デモ: Switch 2", "このパソコンの中に商店を開きました。商品は今は売り切れで、数秒後に入荷します。"),
}


def demo(language: str | None, once: bool, log_level: str | None) -> int:
    """Show a real alert within seconds, from a shop on loopback; Ctrl-C ends it, `once` after the first alert."""
    live = configure_logs(log_level or "warning")
    language = language or language_here()
    name, opening = _WORDS[language]
    with tempfile.TemporaryDirectory(prefix="restock-demo-") as folder:
        path = Path(folder) / "config.toml"
        path.write_text(_CONFIG.format(language=language, name=name, zone=zone_here(language)), "utf-8")
        settings = load_settings(path)
        say(opening)
        hint = NEXT_STEPS[language].format(path="config.toml", restock=program())
        return serve(settings, live=live, hint=hint, once=once, reload=False)
