"""A problem document as the description of the service has it."""

from pydantic import BaseModel


class ProblemPlace(BaseModel):
    """One error in a request: its place and the reason."""

    place: str
    reason: str


class ProblemModel(BaseModel):
    """A problem document (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    place: str | None = None
    errors: list[ProblemPlace] | None = None
    request_id: str | None = None
