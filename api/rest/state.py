"""What every endpoint uses: the memory, the settings, and the semaphore for uploads."""

from threading import BoundedSemaphore
from typing import Annotated

from fastapi import Depends, Request

from midthought.api.python.memory import Memory
from midthought.api.rest.recall_lanes import RecallLanes
from midthought.ingest.stream.limits import Limits

INGESTIONS = 4
"""Maximum number of uploads processed at the same time: more would take the threads that recall needs."""


async def _memory(request: Request) -> Memory:
    memory: Memory = request.app.state.memory
    return memory


async def _ingestions(request: Request) -> BoundedSemaphore:
    places: BoundedSemaphore = request.app.state.ingestions
    return places


async def _limits(request: Request) -> Limits:
    limits: Limits = request.app.state.settings.upload_limits
    return limits


async def _max_batch(request: Request) -> int:
    limit: int = request.app.state.settings.max_batch
    return limit


async def _recalls(request: Request) -> RecallLanes:
    lanes: RecallLanes = request.app.state.recalls
    return lanes


Library = Annotated[Memory, Depends(_memory)]
Ingestions = Annotated[BoundedSemaphore, Depends(_ingestions)]
UploadLimits = Annotated[Limits, Depends(_limits)]
Recalls = Annotated[RecallLanes, Depends(_recalls)]
MaxBatch = Annotated[int, Depends(_max_batch)]
