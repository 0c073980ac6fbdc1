"""Dead letters: what a job could not make anything of, with the cause and what the model said."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """What failed for good in one trajectory, until a retry cures it.

    Attributes:
        job_id: the job in which it failed.
        trajectory_id: of what; forgetting that deletes the letter.
        stage: which part of the work failed, as ``subquestions`` or ``subroutine``.
        key: the subquestion that it failed for; empty if the stage has none.
        cause: what was wrong, one sentence.
        raw: the last output of the model; empty if it gave none.
        attempts: how many times it was asked.
    """

    job_id: str
    trajectory_id: str
    stage: str
    key: str
    cause: str
    raw: str
    attempts: int
