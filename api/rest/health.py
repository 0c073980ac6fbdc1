"""Whether the service lives, and whether it is ready."""

from collections.abc import Callable
from dataclasses import dataclass, field

from fastapi import Request
from starlette.exceptions import HTTPException

import midthought
from midthought.api.backup_schedule import BackupSchedule
from midthought.api.rest.routers import make_router
from midthought.api.rest.state import Library

router = make_router()


@dataclass(frozen=True, slots=True)
class Health:
    """The status and the version of the service, what it was judged by, and its last good backup on a schedule."""

    status: str
    version: str
    encoder: str = ""
    backup: str = ""
    checks: dict[str, str] = field(default_factory=dict)


def _do_nothing() -> None:
    """Tell nobody."""


@dataclass(slots=True)
class Readiness:
    """Whether requests are answered as they should be, or why not. Each field is set by one thread.

    Attributes:
        ready: the store is open, indexes have caught up, the encoder is loaded.
        stage: what is done before that.
        error: why it will never be.
        draining: the service ends.
        on_ready: called once it is ready, in the thread that made it so.
    """

    ready: bool = False
    stage: str = "the encoder is still loading"
    error: str = ""
    draining: bool = False
    on_ready: Callable[[], None] = _do_nothing

    def mark_ready(self) -> None:
        """Say that all is loaded."""
        self.ready = True
        self.on_ready()

    @property
    def why_not(self) -> str:
        """Why it is not ready; empty if it is."""
        if self.draining:
            return "the service is ending: it finishes what it has begun"
        return "" if self.ready else self.error or self.stage


@router.get("/health/live", tags=["health"])
async def live() -> Health:
    """Answer as soon as the process listens."""
    return Health("live", midthought.__version__)


@router.get("/health/ready", tags=["health"])
async def ready(request: Request, memory: Library) -> Health:
    """Answer 200 once the store is open, indexes have caught up and the encoder is loaded; else 503, with the reason.

    While the service ends it is 503 again, from the first moment on.
    """
    readiness: Readiness = request.app.state.readiness
    if readiness.why_not:
        raise HTTPException(503, readiness.why_not, {"Retry-After": "1"})
    backups: BackupSchedule | None = request.app.state.backups
    told = backups.state.describe() if backups is not None else ""
    indexes = "caught up" if memory.store.searches else "do not answer"
    checks = {"store": "open", "encoder": "loaded", "indexes": indexes}
    return Health("ready", midthought.__version__, memory.encoder.identity.name, told, checks)
