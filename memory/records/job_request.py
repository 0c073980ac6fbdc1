"""How a job was asked for: what it needs to be run again, and the key that finds it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class JobRequest:
    """What a job is to do.

    Attributes:
        key: the idempotency key that its caller gave; empty for none.
        digest: of what is to be read and of the choices: the same key with another one is an error.
        content: the source and the choices, as JSON.
        upload: the file of `Uploads` with what is to be read; empty if that lies elsewhere, or was not kept.
        waits: the job was accepted and has not ended: it is run without being asked for again.
    """

    job_id: str
    key: str
    digest: str
    content: str
    upload: str = ""
    waits: bool = False
