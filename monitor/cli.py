"""The command line: from arguments to an exit code. Nothing heavy is imported before it is known to be needed."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from monitor import __version__


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and end the process with its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given in (["--version"], ["-V"]):
        sys.stdout.write(f"restock {__version__}\n")
        return
    sys.exit(run(given))


def run(arguments: list[str]) -> int:
    """Run one command; every fault becomes words on stderr and an exit code."""
    import typer

    from monitor.commands.app import app
    from monitor.commands.faults import Exit, explain

    # Typer carries its own copy of click in some versions: the base of its usage errors is found through one of them.
    usage_error: type[Exception] = typer.BadParameter.__mro__[2]
    try:
        code = app(args=arguments, prog_name="restock", standalone_mode=False)
        return int(code) if isinstance(code, int) else Exit.OK
    except (typer.Abort, KeyboardInterrupt):
        return Exit.INTERRUPTED
    except usage_error as error:
        command = getattr(getattr(error, "ctx", None), "command_path", "restock")
        words = " ".join(error.format_message().split())  # type: ignore[attr-defined]
        _complain(f"{words}{'' if words.endswith(('.', '?')) else '.'} See: {command} --help")
        return Exit.CONFIGURATION
    except Exception as error:
        code, words = explain(error)
        _complain(words)
        return code


def _complain(words: str) -> None:
    first, *more = words.splitlines() or ["failed"]
    head = "" if first.startswith(("restock:", "Traceback")) else "restock: "
    sys.stderr.write("\n".join([head + first, *more]) + "\n")
