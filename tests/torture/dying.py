"""The service with a bullet in it: `python -m tests.torture.dying POINT FILE run --config ...`

At the named point of the next send after FILE appears, the process kills itself with SIGKILL and leaves FILE removed.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

POINTS = ("before sending is stored", "before connect", "before settling", "after settling")


def _shoot(armed: Path) -> None:
    if armed.exists():
        armed.unlink()
        os.kill(os.getpid(), signal.SIGKILL)


def _wrap(owner: Any, name: str, before: Callable[[], None] | None, after: Callable[[], None] | None) -> None:
    real = getattr(owner, name)

    async def wrapped(*args: Any, **kwargs: Any) -> Any:
        if before:
            before()
        result = await real(*args, **kwargs)
        if after:
            after()
        return result

    setattr(owner, name, wrapped)


def load(point: str, armed: Path) -> None:
    """Put the bullet in."""
    from monitor.ledger import Ledger
    from notifiers.channel import AppriseChannel

    def shoot() -> None:
        _shoot(armed)

    if point == "before sending is stored":
        _wrap(Ledger, "sending", shoot, None)
    elif point == "before connect":
        send = AppriseChannel.send

        def shot(self: AppriseChannel, message: Any) -> Any:
            shoot()
            return send(self, message)

        AppriseChannel.send = shot  # type: ignore[method-assign]
    elif point == "before settling":
        _wrap(Ledger, "mark", shoot, None)
    elif point == "after settling":
        _wrap(Ledger, "mark", None, shoot)
    else:
        raise ValueError(point)


if __name__ == "__main__":
    load(sys.argv[1], Path(sys.argv[2]))
    sys.argv = [sys.argv[0], *sys.argv[3:]]
    from monitor import main

    sys.exit(main())
