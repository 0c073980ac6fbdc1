"""Whether the service lives, whether it is ready, and what a namespace holds."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException

import midthought
from midthought.api.rest.access import Owner
from midthought.api.rest.models import HealthModel, StatsModel
from midthought.api.rest.state import Library
from midthought.api.wire import Record, stats_to_dict

router = APIRouter()


@dataclass(slots=True)
class Readiness:
    """Set once, by the thread that loads the encoder."""

    ready: bool = False
    error: str = ""


@router.get("/health/live", response_model=HealthModel, tags=["health"])
async def live() -> Record:
    """Answer as soon as the process listens."""
    return {"status": "live", "version": midthought.__version__}


@router.get("/health/ready", response_model=HealthModel, tags=["health"])
async def ready(request: Request, memory: Library) -> Record:
    """Answer 200 once the store is open and the encoder is loaded, 503 before."""
    readiness: Readiness = request.app.state.readiness
    if not readiness.ready:
        raise HTTPException(503, readiness.error or "the encoder is still loading")
    return {"status": "ready", "version": midthought.__version__, "encoder": memory.encoder.identity.name}


@router.get("/v1/namespaces/{namespace}/stats", response_model=StatsModel, tags=["health"])
def stats(owner: Owner, memory: Library) -> Record:
    """Count what a namespace holds."""
    return stats_to_dict(memory.stats(namespace=owner))
