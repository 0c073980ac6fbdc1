"""What every endpoint works with: the memory, the settings, and the places for ingestions."""

from threading import BoundedSemaphore
from typing import Annotated

from fastapi import Depends, Request

from midthought.api.python.memory import Memory
from midthought.ingest.stream.limits import Limits

INGESTIONS = 4
"""Uploads that are learnt from at one time: more would take the threads that recall needs."""


async def _memory(request: Request) -> Memory:
    memory: Memory = request.app.state.memory
    return memory


async def _ingestions(request: Request) -> BoundedSemaphore:
    places: BoundedSemaphore = request.app.state.ingestions
    return places


async def _limits(request: Request) -> Limits:
    limits: Limits = request.app.state.settings.upload_limits
    return limits


Library = Annotated[Memory, Depends(_memory)]
Ingestions = Annotated[BoundedSemaphore, Depends(_ingestions)]
UploadLimits = Annotated[Limits, Depends(_limits)]
