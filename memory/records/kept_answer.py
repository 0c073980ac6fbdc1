"""The answer of a service to a request with an idempotency key."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """What was answered.

    Attributes:
        key: as the caller gave it.
        digest: of what was asked: the same key with another one is an error.
        headers: as JSON.
    """

    key: str
    digest: str
    status: int
    headers: str
    body: str
