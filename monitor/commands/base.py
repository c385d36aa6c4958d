"""What most commands begin with: which file, its settings, the watch somebody named."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from monitor.commands.faults import Fault
from monitor.model import Watch
from monitor.settings import Settings
from monitor.whereabouts import program

DEFAULT_CONFIG = Path("config.toml")


def config_path(given: Path | None) -> Path:
    """Give the file that is meant: the one named on the command line or in $RESTOCK_CONFIG, else config.toml here."""
    return given if given is not None else DEFAULT_CONFIG


def load_settings(given: Path | None, *, check_channels: bool = False) -> Settings:
    """Load the configuration and remember its secrets, so that nothing prints them; raises Fault or ConfigError.

    `check_channels` also asks Apprise about each channel: for commands that send, or that judge the file.
    """
    from monitor.config import load
    from monitor.redact import remember_all

    path = config_path(given)
    if not path.exists():
        raise Fault(
            f"no configuration at {path}; `{program()} init` makes one, `{program()} run` begins with an example, "
            "--config FILE or $RESTOCK_CONFIG names another"
        )
    settings = load(path, check_channels=check_channels)
    remember_all(settings)
    return settings


def find_watch(settings: Settings, name: str) -> Watch:
    """Give the watch of this name, or the only one that contains it; raises Fault with the nearest spelling."""
    wanted = name.casefold()
    exact = [watch for watch in settings.watches if watch.name.casefold() == wanted]
    found = exact or [watch for watch in settings.watches if wanted in watch.name.casefold()]
    if len(found) == 1:
        return found[0]
    names = [watch.name for watch in found or settings.watches]
    if found:
        raise Fault(f'"{name}" fits {len(found)} watches: {_quoted(names)}; write more of the name')
    near = get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f'did you mean "{near[0]}"?' if near else f"there are: {_quoted(names)}" if names else "there are none yet"
    raise Fault(f'no watch is called "{name}" in {settings.path}; {hint}')


def _quoted(names: list[str], most: int = 8) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(f'"{name}"' for name in names[:most]) + more
