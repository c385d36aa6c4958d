"""Options of the suite: how hard to try, and from which seed."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes says more about the machine than about us.
settings.register_profile("ours", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ours")

QUICK_SEED = 20261125  # the ordinary suite tries the same things every day; `make torture` tries new ones


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("torture", "fault trials")
    group.addoption("--torture", action="store_true", help="run the long tier of the fault trials too (make torture)")
    group.addoption("--seed", type=int, default=None, help="seed of every random choice in the fault trials")


def pytest_configure(config: pytest.Config) -> None:
    if config.option.seed is None:
        config.option.seed = random.SystemRandom().randrange(10**9) if config.option.torture else QUICK_SEED


def pytest_report_header(config: pytest.Config) -> str:
    return f"fault trials: {'long' if config.option.torture else 'quick'} tier, --seed {config.option.seed}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[Any]) -> None:
    """Leave out what takes minutes, unless it was asked for; it is not run, not skipped."""
    if config.option.torture:
        return
    left_out = [item for item in items if item.get_closest_marker("torture")]
    if left_out:
        items[:] = [item for item in items if item not in set(left_out)]
        config.hook.pytest_deselected(items=left_out)
