"""Agreement: what several attempts at one question say. Collected in a first pass over a source, as hashes."""

from collections import Counter
from hashlib import blake2b

from midthought.ingest.normal_form import normalise
from midthought.ingest.verdicts.compare import canonical_answer
from midthought.ingest.verdicts.final_answer import final_answer
from midthought.memory.records.trajectory import Trajectory

MIN_ATTEMPTS = 3


class Votes:
    """The answers to each question. Texts are not kept: an attempt takes about 100 bytes.

    The same record twice counts once; an unfinished attempt, or one without an answer, counts as an attempt that says
    something else than the others.
    """

    def __init__(self) -> None:
        self._answers: dict[int, dict[int, int]] = {}

    def add(self, trajectory: Trajectory) -> None:
        """Count one attempt."""
        answers = self._answers.setdefault(_hash(normalise(trajectory.question)), {})
        attempt = _hash(trajectory.id)
        answers[attempt] = _answer_hash(trajectory) or attempt

    def agree(self, trajectory: Trajectory) -> bool:
        """Return whether an attempt says what more than half of at least three attempts at its question say."""
        answers = self._answers.get(_hash(normalise(trajectory.question)), {})
        given = _answer_hash(trajectory)
        if given is None or len(answers) < MIN_ATTEMPTS:
            return False
        return 2 * Counter(answers.values())[given] > len(answers)


def _answer_hash(trajectory: Trajectory) -> int | None:
    answer = final_answer(trajectory) if trajectory.finished else None
    canonical = canonical_answer(answer, question=trajectory.question) if answer else ""
    return _hash(canonical) if canonical else None


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
