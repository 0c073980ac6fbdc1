"""The end of a service, for requests that go on when the time they had is over."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

RETRY_SECONDS = 5
"""What `Retry-After` says while a service ends: the next one loads its encoder first."""


class Ending:
    """Tells requests that they must end now. Requests of any event loop may wait for it."""

    def __init__(self) -> None:
        self.is_over = False
        self._waiting: set[asyncio.Future[None]] = set()

    def cut(self) -> None:
        """Tell all; called on their event loop."""
        self.is_over = True
        for one in self._waiting:
            if not one.done():
                one.set_result(None)

    async def wait(self) -> None:
        """Return when the time is over."""
        if self.is_over:
            return
        told: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(told)
        try:
            await told
        finally:
            self._waiting.discard(told)


async def wait_for_first(*works: Coroutine[Any, Any, object]) -> None:
    """Return when one of several has ended; the others are cancelled. Errors of them are not raised."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task
