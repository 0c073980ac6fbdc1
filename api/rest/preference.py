"""The header ``Prefer`` (RFC 7240) of a request that begins a job: whether the job is waited for."""

import re
from dataclasses import dataclass

MAX_SECONDS = 60
"""The longest wait: a longer one is cut to it."""
HELP = "`wait=10`: wait so many seconds for the job's end"
ENDED = "The job, which ended while it was waited for."
_WAIT = re.compile(r"wait\s*=\s*(\d{1,9})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Preference:
    """The answer may come before the job has ended: after `seconds` at the latest.

    Attributes:
        applied: what is answered in ``Preference-Applied``.
    """

    seconds: int
    applied: str


def read_preference(header: str) -> Preference | None:
    """Return what ``Prefer`` asks for; None if it asks for nothing that is known here, as RFC 7240 has it.

    >>> read_preference("respond-async, wait=5")
    Preference(seconds=5, applied='respond-async, wait=5')
    """
    told = [one.partition(";")[0].strip() for one in header.split(",")]
    waits = [int(found[1]) for one in told if (found := _WAIT.fullmatch(one))]
    is_async = any(one.lower() == "respond-async" for one in told)
    if not (waits or is_async):
        return None
    seconds = min(waits[0], MAX_SECONDS) if waits else 0
    applied = (["respond-async"] if is_async else []) + ([f"wait={seconds}"] if waits else [])
    return Preference(seconds, ", ".join(applied))
