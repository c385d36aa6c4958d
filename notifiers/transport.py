"""Apprise 2, held by one target: parse once, one plug-in instance per send, one outcome.

Importing this module costs 0.2 s and the first target 0.3 s more, so `notifiers.channel` does it late, in a thread.
Facts about Apprise here were seen in release 2.2.0.
"""

from __future__ import annotations

import copy
import sys
import time
from typing import Any
from urllib.parse import quote

import apprise
from apprise import plugins

from notifiers import eavesdrop, manners, verdict
from notifiers.message import Message, Outcome, Result, Urgency

# Apprise gives a service 4 s to answer, which a slow one exceeds although it accepts, and would then be told again and
# again. Just under the hard deadline that the outbox puts around every send.
_PATIENCE_S = 14.0
_MAIL = frozenset({"mailto", "mailtos"})
_TYPES = {
    Urgency.URGENT: apprise.NotifyType.WARNING,
    Urgency.NORMAL: apprise.NotifyType.INFO,
    Urgency.QUIET: apprise.NotifyType.INFO,
}


class UnknownTarget(Exception):
    """Apprise makes nothing, or several things, of the URL; the text names no part of it."""


class Target:
    """One Apprise URL, parsed.

    Raises UnknownTarget when Apprise refuses the URL or sees more than one recipient in it.
    """

    def __init__(self, url: str) -> None:
        self._secrets = verdict.secret_parts(url)
        # Redirects stay off here as well as in the URL: a 302 to a login page would count as accepted.
        self._asset = apprise.AppriseAsset(
            app_id="Restock",
            secure_logging=True,
            image_url_mask=None,
            interpret_emojis=False,
            interpret_escapes=False,
            http_redirects=False,
        )
        with eavesdrop.listening() as lines:
            parse: Any = plugins.url_to_dict
            parts = parse(url, secure_logging=True)
        if not parts:
            raise UnknownTarget("not a URL that Apprise knows")
        self._parts: dict[str, Any] = parts
        # An urgent channel is the user's word about certificates only where channel_url() let it through: nowhere.
        self._parts.update(redirect=False, retry=0, verify=True, optional=False)
        self.scheme = str(parts["schema"]).lower()
        if self.scheme in ("ntfy", "ntfys"):
            _keep_links_whole()
        plugin, said = self._plugin({})
        if plugin is None:
            raise UnknownTarget(verdict.scrub(said, self._secrets) or "Apprise refuses the URL")
        if len(plugin) != 1:
            raise UnknownTarget(f"holds {len(plugin)} recipients; write one channel for each")
        self.max_chars = manners.max_chars(self.scheme, int(plugin.body_maxlen))
        del lines

    def post(self, message: Message, *, urgent: bool) -> Outcome:
        """Send once, blocking; seconds in the outcome. Never raises for a fault of the network or the service."""
        began = time.monotonic()
        urgency = manners.loudness(message, urgent=urgent)
        manner = manners.manner(self.scheme, self._parts, message, urgency)
        read_timeout = float("inf")
        with eavesdrop.listening() as lines:
            plugin, said = self._plugin(manner.params)
            if plugin is None:
                return Outcome(Result.REFUSED, verdict.scrub(said, self._secrets) or "Apprise refuses the URL")
            read_timeout = float(plugin.socket_read_timeout)
            title, body = self._words(message, plugin, manner)
            try:
                accepted = plugin.notify(
                    title=title,
                    body=body,
                    notify_type=_TYPES[urgency],
                    body_format=apprise.NotifyFormat.TEXT,
                    overflow=apprise.OverflowMode.UPSTREAM,
                )
            except Exception as error:
                # A plug-in is somebody else's code; the error's text may hold the URL, its kind does not.
                detail = f"the plug-in failed with {type(error).__name__}"
                return Outcome(Result.REFUSED, detail, time.monotonic() - began)
        elapsed = time.monotonic() - began
        if accepted:
            return Outcome(Result.ACCEPTED, "", elapsed)
        return verdict.judge(lines, elapsed, read_timeout, self._secrets)

    def _plugin(self, params: dict[str, Any] | Any) -> tuple[Any, str]:
        """Make a fresh instance, or None with what Apprise said."""
        parts = copy.deepcopy(self._parts)
        parts.update(params)
        with eavesdrop.listening() as lines:
            plugin = apprise.Apprise.instantiate(parts, asset=self._asset)
        if plugin is None:
            return None, next((text for _, text in lines), "")
        plugin.request_rate_per_sec = 0  # pacing is ours; most plug-ins would sleep 5.5 s
        plugin.body_max_line_count = 0  # desktop pop-ups would lose all lines but a few
        given = self._parts.get("qsd") or {}
        if "rto" not in given:
            plugin.socket_read_timeout = _PATIENCE_S
        # Mail takes its connect time-out for every step of the talk; for others a dead address must not cost so much.
        plugin.socket_connect_timeout = (
            _PATIENCE_S if self.scheme in _MAIL else min(float(plugin.socket_connect_timeout), _PATIENCE_S)
        )
        return plugin, ""

    def _words(self, message: Message, plugin: Any, manner: manners.Manner) -> tuple[str, str]:
        title = manners.one_line(message.title)
        body = message.body
        if message.link and not manner.carries_link and message.link not in body:
            body = f"{body}\n{message.link}"
        longest = int(plugin.title_maxlen)
        if 0 < longest < len(title):
            title, body = title[: longest - 1] + "…", f"{title}\n{body}"
        return manners.inert(self.scheme, title), manners.inert(self.scheme, body or title)


def _keep_links_whole() -> None:
    """Stop the ntfy plug-in from quoting a click target a second time.

    It quotes whatever it is given, percent signs too, so "%E5%95%86" would arrive as "%25E5…" and open a wrong page.
    The links given to it are ASCII already.
    """
    plugin: Any = plugins.N_MGR["ntfy"]
    module: Any = sys.modules[plugin.__module__]
    module.quote = _quote_once


def _quote_once(text: str, safe: str = "/") -> str:
    return quote(text, safe="%!$'()*+,;[]@" + safe)
