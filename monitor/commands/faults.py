"""What a command tells when it cannot do what it was asked: one line a fault, and the exit code that fits."""

from __future__ import annotations

import traceback
from enum import IntEnum
from types import TracebackType


class Exit(IntEnum):
    """Exit codes, which scripts and supervisors rely on."""

    OK = 0
    CONFIGURATION = 2  # the command line or the configuration is wrong
    ALREADY_RUNNING = 3
    STORAGE = 4
    INTERNAL = 70
    INTERRUPTED = 130  # Ctrl-C in a command other than `run`, as shells count it


class Fault(Exception):
    """An expected fault: the text is one line for a person, with what to do about it."""

    def __init__(self, message: str, code: Exit = Exit.CONFIGURATION) -> None:
        super().__init__(message)
        self.code = code


def explain(error: BaseException) -> tuple[Exit, str]:
    """Give the exit code for whatever ended a command, and the words for stderr; a traceback only for a bug."""
    from monitor.problems import ConfigError
    from monitor.redact import clean
    from monitor.store_errors import AlreadyRunning, StoreError

    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    match error:
        case Fault():
            return error.code, str(error)
        case ConfigError():
            return Exit.CONFIGURATION, str(error)
        case AlreadyRunning():
            return Exit.ALREADY_RUNNING, clean(str(error))
        case StoreError():
            return Exit.STORAGE, clean(str(error))
    trace = "".join(traceback.format_exception(type(error), error, _below_the_table(error)))
    return Exit.INTERNAL, clean(f"{trace}internal error ({type(error).__name__}): a bug; please report the lines above")


def _below_the_table(error: BaseException) -> TracebackType | None:
    """Give the calls from the command on: the way through the command-line library says nothing."""
    calls = error.__traceback__
    while calls is not None:
        if calls.tb_frame.f_globals.get("__name__") == "monitor.commands.app" and calls.tb_next is not None:
            return calls.tb_next
        calls = calls.tb_next
    return error.__traceback__
