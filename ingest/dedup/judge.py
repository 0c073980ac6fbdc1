"""One entry against those most like it: which of them it repeats, if any."""

from collections.abc import Iterable
from dataclasses import dataclass

from midthought.ingest.dedup.rules import BODY_SIMILARITY, KEY_SIMILARITY, find_refusal
from midthought.memory.records.entry import Entry
from midthought.memory.records.merge import Merge, Verdict
from midthought.retrieval.encoders.base import Encoder

RECORDED_SIMILARITY = 0.85
"""A refused pair is recorded where its keys are at least so alike: those are the pairs someone would ask about."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entry that may be the same, and the cosine of the two keys."""

    entry: Entry
    similarity: float


def judge(encoder: Encoder, entry: Entry, candidates: Iterable[Candidate]) -> Merge | None:
    """Return the merge into the most similar candidate that both gates pass.

    Else return the refusal of the most similar one, or None where no candidate is alike enough to be recorded.
    """
    refused: Merge | None = None
    for candidate in sorted(candidates, key=lambda one: (-one.similarity, one.entry.id)):
        if candidate.similarity < KEY_SIMILARITY:
            break
        reason = find_refusal(candidate.entry, entry) or _body_refusal(encoder, candidate.entry, entry)
        merge = _merge(candidate, entry, reason)
        if merge.verdict is Verdict.MERGED:
            return merge
        refused = refused or merge
    return refused if refused and refused.similarity >= RECORDED_SIMILARITY else None


def _merge(candidate: Candidate, entry: Entry, reason: str) -> Merge:
    verdict = Verdict.REFUSED if reason else Verdict.MERGED
    return Merge(
        candidate.entry.id,
        entry.id,
        None if reason else entry,
        min(1.0, candidate.similarity),
        verdict,
        reason or "both gates passed",
    )


def _body_refusal(encoder: Encoder, one: Entry, other: Entry) -> str:
    here, there = encoder.encode_documents([one.body, other.body])
    similarity = float(here @ there)
    return "" if similarity >= BODY_SIMILARITY else f"meaning: bodies {similarity:.2f}, needed {BODY_SIMILARITY:.2f}"
