"""Whether the service lives, and whether it is ready."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException

import midthought
from midthought.api.backup_schedule import BackupSchedule
from midthought.api.rest.state import Library

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Health:
    """The status and the version of the service; when it made the last good backup, if it makes them by itself."""

    status: str
    version: str
    encoder: str = ""
    backup: str = ""


@dataclass(slots=True)
class Readiness:
    """Whether the encoder is loaded, or why it cannot be. Set once, by the thread that loads it."""

    ready: bool = False
    error: str = ""

    @property
    def why_not(self) -> str:
        """Why it is not ready; empty if it is."""
        return "" if self.ready else self.error or "the encoder is still loading"


@router.get("/health/live", tags=["health"])
async def live() -> Health:
    """Answer as soon as the process listens."""
    return Health("live", midthought.__version__)


@router.get("/health/ready", tags=["health"])
async def ready(request: Request, memory: Library) -> Health:
    """Answer 200 once the store is open and the encoder is loaded, 503 before."""
    readiness: Readiness = request.app.state.readiness
    if readiness.why_not:
        raise HTTPException(503, readiness.why_not)
    backups: BackupSchedule | None = request.app.state.backups
    told = backups.state.describe() if backups is not None else ""
    return Health("ready", midthought.__version__, memory.encoder.identity.name, told)
