"""What can be wrong with a namespace."""

from dataclasses import dataclass
from enum import StrEnum


class FaultKind(StrEnum):
    """What can be wrong."""

    MISSING_VECTOR = "entries have no vector"
    UNENCODED_KEY = "keys have no vector yet, and their entries are found by the other keys"
    """Not wrong: a memory of an earlier version has them until they are encoded."""
    MISSING_KEY = "keys are not listed"
    STRAY_KEY = "keys are listed that no entry has"
    ORPHAN_VECTOR = "vectors have no entry"
    WRONG_GENERATION = "vectors are of an encoder without a generation"
    DOUBLE_VECTOR = "vectors are there twice"
    STRAY_SOURCE = "sources belong to no entry"
    STRAY_STEP = "steps belong to no trajectory"
    BAD_STEPS = "steps are of trajectories whose text they do not cover from its start to its end"
    STRAY_LINK = "recognised links belong to no entry or no trajectory"
    BAD_LINK = "recognised links reach past their text"
    STRAY_RUN_ENTRY = "entries of runs belong to no run"
    STRAY_OUTCOME = "outcomes belong to no run"
    STRAY_LETTER = "dead letters belong to no job"
    DOUBLE_NUMBER = "entries, of all namespaces, share a number with another"
    INDEX_FILE = "index files are missing, torn or not what was written"
    VECTORS_DIFFER = "rows of the vector index differ from what is stored"
    WORDS_DIFFER = "rows of BM25 differ from what is stored"
    TEXTS_DIFFER = "texts beside BM25 are not those that are stored"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: how many rows or files, and what was seen of them."""

    kind: FaultKind
    count: int
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.count} {self.kind.value}" + (f" ({self.detail})" if self.detail else "")
