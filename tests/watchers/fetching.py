"""A shop and a fetcher that may reach it and nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.shop import Shop
from watchers.fetch import Fetcher, FetchError
from watchers.model import Cause, Limits, Manners, Validators


@asynccontextmanager
async def fetching(shop: Shop, **limits: object) -> AsyncIterator[Fetcher]:
    """Open a fetcher for a shop; keywords are fields of Limits."""
    fetcher = Fetcher(Limits(**limits), exempt={("127.0.0.1", shop.port)})  # type: ignore[arg-type]
    try:
        yield fetcher
    finally:
        await fetcher.close()


async def refused(
    fetcher: Fetcher,
    url: str,
    cause: Cause,
    *,
    manners: Manners = Manners(),  # noqa: B008 - frozen
    validators: Validators | None = None,
) -> FetchError:
    """Fetch what must fail, check the cause and that the detail is one clean line, and return the error."""
    with pytest.raises(FetchError) as caught:
        await fetcher.get(url, manners=manners, validators=validators)
    error = caught.value
    assert error.cause is cause, error
    assert error.detail and "\n" not in error.detail
    assert error.__cause__ is None, "a chained cause would be printed as a traceback"
    return error
