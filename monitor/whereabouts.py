"""Who sits at this computer: the language its settings speak, its time zone, and how this command was called."""

from __future__ import annotations

import locale
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from monitor.values import zone_name

JAPAN = "Asia/Tokyo"
_LOCALTIME = Path("/etc/localtime")
_TIMEZONE = Path("/etc/timezone")


def language_here(env: Mapping[str, str] | None = None) -> str:
    """Give "ja" where the system speaks Japanese, or names no language and keeps Japanese time; else "en"."""
    env = os.environ if env is None else env
    named = next((env[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if env.get(name)), "")
    named = (named or locale.getlocale()[0] or "").lower()
    if named.partition(".")[0] in ("", "c", "posix"):
        return "ja" if _told_zone(env) == JAPAN else "en"
    return "ja" if named.startswith(("ja", "japanese")) else "en"


def zone_here(language: str, env: Mapping[str, str] | None = None) -> str:
    """Give the name of this computer's time zone; where it cannot be told, UTC, and for Japanese the zone of Japan."""
    zone = _told_zone(os.environ if env is None else env)
    if language == "ja" and zone in ("", "UTC"):
        return JAPAN
    return zone or "UTC"


def _told_zone(env: Mapping[str, str]) -> str:
    """Give the zone that $TZ or the system names, "" where neither does."""
    if env.get("TZ"):
        return _known(env["TZ"].removeprefix(":"))
    for told in (_from_link, _from_file):
        if zone := told():
            return zone
    return ""


def _from_link() -> str:
    try:
        return _known(str(_LOCALTIME.resolve()).rpartition("/zoneinfo/")[2]) if _LOCALTIME.is_symlink() else ""
    except OSError:
        return ""


def _from_file() -> str:
    try:
        return _known(_TIMEZONE.read_text("utf-8").strip())
    except (OSError, UnicodeDecodeError):
        return ""


def _known(zone: str) -> str:
    try:
        zone = zone_name(zone)
    except ValueError:
        return ""
    return "UTC" if zone in ("Etc/UTC", "Etc/UCT", "UCT", "Zulu", "Etc/Zulu", "Universal", "Etc/Universal") else zone


def program() -> str:
    """Give what to type for this command: "restock" where the shell finds it, else its path as it was called."""
    called = Path(sys.argv[0])
    if called.stem != "restock" or called.parent == Path():
        return "restock"
    found = shutil.which("restock")
    if found is not None and Path(found).absolute() == called.absolute():
        return "restock"
    try:
        return str(called.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(called)
