"""Every command with its options and help. What a command needs is imported when it is the one that was asked for."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from monitor import __version__
from monitor.commands.signals import listen_early

app = typer.Typer(
    name="restock",
    help="Watches shops and rings your phone when what you wish for can be ordered.",
    epilog="Begin with `restock demo`, then `restock init`. Every command takes --config FILE.",
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class Language(StrEnum):
    """Languages of messages."""

    EN = "en"
    JA = "ja"


class Level(StrEnum):
    """How much is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        metavar="FILE",
        envvar="RESTOCK_CONFIG",
        help="The configuration; without it config.toml in this folder.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
LogLevel = Annotated[
    Level | None,
    typer.Option("--log-level", help="Log from this level up; without it info into a pipe, warning on a terminal."),
]


@app.callback()
def entry(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", "-V", help="Print the version.")] = False,
) -> None:
    if version:
        typer.echo(f"restock {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command()
def run(config: Config = None, log_level: LogLevel = None) -> int:
    """Watch, until Ctrl-C. The first time, without a config.toml, begins with the example and its demo shop."""
    listen_early()
    from monitor.commands.run import run as work

    return work(config, log_level)


@app.command()
def check(
    target: Annotated[str, typer.Argument(metavar="URL|NAME", help="A page, or a watch of the configuration.")],
    page: Annotated[
        Path | None, typer.Option("--page", metavar="FILE", help="Read this saved page instead of looking.")
    ] = None,
    save: Annotated[
        Path | None,
        typer.Option("--save", metavar="DIR", help="Keep the page in this folder, for a report; personal parts go."),
    ] = None,
    config: Config = None,
    as_json: Json = False,
) -> int:
    """Look once and show what is seen, and why. JSON: an object for a URL, a list for a NAME."""
    from monitor.commands.check import check as work

    return work(target, config, page, as_json, save)


@app.command()
def add(
    url: Annotated[str, typer.Argument(metavar="URL", help="The product's page.")],
    name: Annotated[str | None, typer.Option("--name", help="What to call it; without it the page's title.")] = None,
    max_price: Annotated[str | None, typer.Option("--max-price", help='Ceiling, such as 52000 or "USD 499".')] = None,
    interval: Annotated[str | None, typer.Option("--interval", help='Between two looks, such as "15s".')] = None,
    channel: Annotated[list[str] | None, typer.Option("--channel", help="Tell this one; may be repeated.")] = None,
    anyway: Annotated[bool, typer.Option("--anyway", help="Even if there is no product there now.")] = False,
    config: Config = None,
) -> int:
    """Look at a page and add a watch for it to the configuration; comments and all other lines stay."""
    from monitor.commands.add import add as work

    return work(url, config, name, max_price, interval, tuple(channel or ()), anyway)


@app.command("list")
def list_(config: Config = None, as_json: Json = False) -> int:
    """Show every listing and what is believed of it."""
    from monitor.commands.memory import list_watches as work

    return work(config, as_json)


@app.command()
def history(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A watch.")],
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many, newest first.")] = 50,
    config: Config = None,
    as_json: Json = False,
) -> int:
    """Show what happened to a watch, newest first."""
    from monitor.commands.memory import history as work

    return work(name, config, limit, as_json)


@app.command()
def validate(config: Config = None, as_json: Json = False) -> int:
    """Show every mistake in the configuration at once, or how often each shop can be looked at."""
    from monitor.commands.validate import validate as work

    return work(config, as_json)


@app.command()
def test(
    channel: Annotated[str | None, typer.Argument(metavar="CHANNEL", help="A channel of the configuration.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every channel.")] = False,
    config: Config = None,
    as_json: Json = False,
) -> int:
    """Send a real test message and show what the channel said to it."""
    from monitor.commands.testing import test_channels as work

    return work(channel, everything, config, as_json)


@app.command()
def init(
    force: Annotated[bool, typer.Option("--force", help="Replace a config.toml; the old one is kept.")] = False,
    language: Annotated[Language | None, typer.Option("--language", help="Of messages and comments.")] = None,
    server: Annotated[str, typer.Option("--server", metavar="HOST", help="An ntfy server.")] = "ntfy.sh",
    config: Config = None,
) -> int:
    """Write a config.toml with a private ntfy topic, and show its QR code for the phone."""
    from monitor.commands.init import init as work

    return work(config, force, language, server)


@app.command()
def demo(
    language: Annotated[Language | None, typer.Option("--language", help="Of shop and messages.")] = None,
    once: Annotated[bool, typer.Option("--once", help="Stop after the first alert.")] = False,
    log_level: LogLevel = None,
) -> int:
    """Show a real alert within seconds, from a shop inside this computer. Keeps nothing."""
    listen_early()
    from monitor.commands.demo import demo as work

    return work(language, once, log_level)


@app.command()
def export(
    config: Config = None,
    as_json: Annotated[bool, typer.Option("--json", help="What it does anyway.")] = True,
) -> int:
    """Print all transitions and deliveries as JSON."""
    from monitor.commands.memory import export as work

    return work(config)


Name = Annotated[str, typer.Argument(metavar="NAME", help="A watch, by its exact name.")]
For = Annotated[str, typer.Argument(metavar="FOR", help='How long, such as "30m" or "8h".')]


@app.command()
def mute(
    words: Annotated[
        list[str], typer.Argument(metavar="[NAME] FOR", help='A watch by its exact name, and how long, such as "8h".')
    ],
    everything: Annotated[bool, typer.Option("--all", help="Every watch; then without a name.")] = False,
    config: Config = None,
) -> int:
    """Hold the news of a watch, or with --all of every watch, back for so long; it comes then, as one message."""
    from monitor.commands.service import mute as work

    return work(words, everything, config)


@app.command()
def unmute(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="A watch, by its exact name.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every mute and snooze there is.")] = False,
    config: Config = None,
) -> int:
    """End the mute and the snooze of a watch now; what they held back comes at once."""
    from monitor.commands.service import unmute as work

    return work(name, everything, config)


@app.command()
def snooze(name: Name, length: For, config: Config = None) -> int:
    """Hear no more of what is in stock now; after so long, once more if it still is. A new restock rings."""
    from monitor.commands.service import snooze as work

    return work(name, length, config)


@app.command()
def reload(
    yes: Annotated[bool, typer.Option("--yes", help="Even if it ends most watches.")] = False, config: Config = None
) -> int:
    """Put the configuration in force now, in the running service, and show what changed or what is wrong."""
    from monitor.commands.service import reload as work

    return work(yes, config)


@app.command()
def status(config: Config = None, as_json: Json = False) -> int:
    """Show how the running service is doing. Exit code 0 even when none runs."""
    from monitor.commands.status import status as work

    return work(config, as_json)
