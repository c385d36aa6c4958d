"""`restock run`: the service in the foreground, on the example configuration the first time.

What is imported here is light: a second start must be refused before the service is loaded.
"""

from __future__ import annotations

from pathlib import Path

from monitor import initialise
from monitor.commands.base import config_path, load_settings
from monitor.commands.faults import Fault
from monitor.commands.terminal import say
from monitor.config_read import read
from monitor.lock import require_free
from monitor.problems import ConfigError
from monitor.settings import Settings
from monitor.whereabouts import language_here, program, zone_here

DEFAULT_DATABASE = "restock.db"

NEXT_STEPS = {
    "en": """\
That was the built-in demo shop. What to do next:
  {path}: put your own pages there and save; the running service follows
  {restock} init: rings your phone; makes a private ntfy topic and shows its QR code
  {restock} check URL: shows what is seen on a page, and why
""",
    "ja": """\
今のは内蔵のデモ商店からの通知です。次にすること:
  {path}: 見張りたいページを書いて保存すると、動いているサービスにそのまま反映されます
  {restock} init: スマートフォンで受け取れるように、専用の ntfy トピックを作ってQRコードを表示します
  {restock} check URL: ページがどう読み取られるかを、根拠とともに表示します
""",
}

_COPIED = {
    "en": "No {path} here yet: copied the example, which watches a demo shop. Its first alert comes within 20 s.",
    "ja": "{path} がまだないので、デモ商店を見張る見本を書き込みました。20秒以内に最初の通知が届きます。",
}


def run(config: Path | None, log_level: str | None) -> int:
    """Run until asked to stop; a first run without a configuration begins with a copy of the example."""
    path = config_path(config)
    if config is None and not path.exists():
        try:
            language = language_here()
            initialise.copy_example(path, language, zone_here(language))
        except OSError as error:
            raise Fault(f"cannot write {path.absolute()}: {error.strerror}; start from a folder of your own") from error
        say(_COPIED[language].format(path=path))
    if (database := database_of(path)) is not None:
        require_free(database)
    from monitor.commands.serving import configure_logs, serve

    live = configure_logs(log_level)
    settings = _load(config)
    hint = NEXT_STEPS[settings.language].format(path=path, restock=program())
    return serve(settings, live=live, hint=hint, check_channels=True)


def database_of(path: Path) -> Path | None:
    """Give the database that a configuration names, before the file is judged; None where that cannot be told yet."""
    try:
        monitor = read(path)[1].get("monitor", {})
        name = monitor.get("database", DEFAULT_DATABASE) if isinstance(monitor, dict) else None
        if not isinstance(name, str) or "${" in name:
            return None
        database = path.absolute().parent / Path(name.strip()).expanduser()
        return database if database.parent.is_dir() else None
    except (ConfigError, OSError, RuntimeError, ValueError):  # whatever is wrong is said when the file is judged
        return None


def _load(config: Path | None) -> Settings:
    """Load all but what only Apprise can judge, which is judged while the service starts; raises ConfigError in full."""
    try:
        return load_settings(config)
    except ConfigError:
        load_settings(config, check_channels=True)  # every problem at once, those of the channels too
        raise
