"""Asking a running service: one line there, one line back."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from typing import Any

from monitor import control_path

_LONGEST_ANSWER = 16 * 1024 * 1024
PATIENCE_S = 40.0


class NotRunning(Exception):
    """Nobody answers for this database."""


class NoAnswer(Exception):
    """Somebody has the socket, but there is no answer to be had; the text is one line with what to do."""


def ask(database: Path, request: dict[str, Any], *, patience: float = PATIENCE_S) -> dict[str, Any]:
    """Ask the service of a database and give its answer; seconds. Raises NotRunning and NoAnswer."""
    path = control_path.find(database)
    if path is None or not hasattr(socket, "AF_UNIX"):
        raise NotRunning
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(patience)
        try:
            if path.lstat().st_uid != os.geteuid() != 0:
                raise NoAnswer(f"the control socket {path} belongs to another user: ask as that user, or as root")
            line.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError):
            raise NotRunning from None
        except PermissionError:
            raise NoAnswer(f"the control socket {path} belongs to another user: ask as that user, or as root") from None
        except OSError as error:
            raise NoAnswer(f"the service cannot be reached at {path}: {error.strerror or error}") from None
        try:
            line.sendall(json.dumps(request).encode() + b"\n")
            return _answer(line)
        except TimeoutError:
            raise NoAnswer(f"the service did not answer within {patience:g} s; look at its log") from None
        except (OSError, ValueError):
            raise NoAnswer("the service broke off before it answered; look at its log, and try again") from None


def _answer(line: socket.socket) -> dict[str, Any]:
    got = bytearray()
    while not got.endswith(b"\n"):
        piece = line.recv(65536)
        if not piece or len(got) > _LONGEST_ANSWER:
            raise ValueError("no whole answer")
        got += piece
    answer = json.loads(got)
    if not isinstance(answer, dict):
        raise ValueError("no answer of ours")
    return answer
