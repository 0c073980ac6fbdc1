"""How well a model decomposes traces, measured against reference decompositions.

Procedures are compared by meaning, each of the model's with at most one of the reference; what is counted beside that
(grounding, leaks, length, failures, cost) needs no reference.
"""

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from midthought.ingest.checks.check import CheckContext
from midthought.ingest.checks.check_drafts import check_drafts
from midthought.ingest.decomposition.decompose import NO_PASSAGE, Decomposed, decompose
from midthought.ingest.decomposition.model_calls import ModelCalls, Spent
from midthought.ingest.decomposition.prompts import DecompositionPrompts
from midthought.ingest.intervals import Interval, mean_interval
from midthought.ingest.steps.split import split_steps
from midthought.memory.errors import MissingExtra
from midthought.memory.records.entry import Procedure
from midthought.memory.records.trajectory import Span, Trajectory
from midthought.retrieval.encoders.base import Encoder

MATCH = 0.5
"""The cosine of all-MiniLM-L6-v2 from which two procedures, each as its subquestion and subroutine, count as one. At it
twelve references that somebody reworded agree with the originals by .96 (six to choose by) and .97 (the other six), two
different traces by .02 on average. By subquestions alone the reworded ones agreed by .38."""
WORDS = range(80, 261)
"""Words of a subroutine that is neither a slogan nor a retelling; the published ones have about 200."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A trajectory with its decomposition by hand: procedures with the passages that they rest on."""

    trajectory: Trajectory
    procedures: tuple[tuple[Procedure, tuple[Span, ...]], ...]


@dataclass(frozen=True, slots=True)
class Marks:
    """What one decomposition reaches; each from 0 to 1.

    Attributes:
        agreement: F1 of the model's procedures against those of the reference, matched one to one by `MATCH`.
        grounded: share of worded procedures that rest on a passage of the trace.
        placed: share of matched procedures whose passages overlap those of the reference.
        clean: share of grounded procedures that pass the checks: no particular of the problem, no answer.
        sized: share of grounded procedures with a number of words in `WORDS`.
        usable: share of the things asked for that came in a usable form in the end.
    """

    agreement: float
    grounded: float
    placed: float
    clean: float
    sized: float
    usable: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a model reaches on all references, and what that cost.

    Attributes:
        marks: the mean and interval of each of `Marks`, by its name.
        procedures: mean number of procedures per trajectory.
        spent: calls and tokens in all.
    """

    model: str
    trajectories: int
    marks: tuple[tuple[str, Interval], ...]
    procedures: float
    spent: Spent


def evaluate_model(
    references: Sequence[Reference],
    calls: ModelCalls,
    prompts: DecompositionPrompts,
    encoder: Encoder,
    *,
    on_done: Callable[[int], None] = lambda _: None,
) -> Evaluation:
    """Let a model decompose the trajectories of references, one by one, and mark what it makes.

    Raises `MissingExtra` without SciPy, and what `decompose` raises.
    """
    found: list[Decomposed] = []
    for number, reference in enumerate(references, start=1):
        trajectory = reference.trajectory
        found.append(decompose([(trajectory, split_steps(trajectory))], calls, prompts)[trajectory.id])
        on_done(number)
    marks = [mark(made, reference, encoder) for made, reference in zip(found, references, strict=True)]
    return summarise(calls.model.name, marks, found, calls.spent)


def mark(made: Decomposed, reference: Reference, encoder: Encoder) -> Marks:
    """Return the marks of one decomposition."""
    drafts = made.procedures
    pairs = match([one.entry for one in drafts], [one for one, _ in reference.procedures], encoder)
    placed = [_overlap(drafts[ours].spans, reference.procedures[theirs][1]) for ours, theirs in pairs]
    ungrounded = sum(one.reason == NO_PASSAGE for one in made.refused)
    kept, _ = check_drafts(drafts, reference.trajectory, CheckContext())
    asked = len(drafts) + ungrounded + len(made.failed)
    return Marks(
        agreement=2 * len(pairs) / (len(drafts) + len(reference.procedures)),
        grounded=_share(len(drafts), len(drafts) + ungrounded),
        placed=_share(sum(placed), len(placed)),
        clean=_share(len(kept), len(drafts)),
        sized=_share(sum(len(one.entry.subroutine.split()) in WORDS for one in drafts), len(drafts)),
        usable=_share(len(drafts) + ungrounded, asked),
    )


def match(ours: Sequence[Procedure], theirs: Sequence[Procedure], encoder: Encoder) -> list[tuple[int, int]]:
    """Return the pairs of the best assignment, one to one, that are at least as near as `MATCH`."""
    if not (ours and theirs):
        return []
    rows = encode_procedures([*ours, *theirs], encoder)
    return assign(rows[: len(ours)] @ rows[len(ours) :].T)


def encode_procedures(procedures: Sequence[Procedure], encoder: Encoder) -> NDArray[np.float32]:
    """Return one unit row per procedure, of its subquestion and subroutine."""
    return encoder.encode_documents([f"{one.subquestion} {one.subroutine}" for one in procedures])


def assign(cosines: NDArray[np.float32]) -> list[tuple[int, int]]:
    """Return the best assignment of rows to columns, one to one, without the pairs below `MATCH`."""
    if importlib.util.find_spec("scipy") is None:
        raise MissingExtra("scipy", extra="st", purpose="comparing decompositions")
    from scipy.optimize import linear_sum_assignment

    # Pairs below the line count nothing, so the assignment must not prefer two of them to one above.
    chosen = linear_sum_assignment(np.where(cosines >= MATCH, cosines, 0.0), maximize=True)
    return [(int(one), int(other)) for one, other in zip(*chosen, strict=True) if cosines[one, other] >= MATCH]


def summarise(model: str, marks: Sequence[Marks], found: Sequence[Decomposed], spent: Spent) -> Evaluation:
    """Return means and intervals over trajectories."""
    named = tuple((name, mean_interval([getattr(one, name) for one in marks])) for name in Marks.__dataclass_fields__)
    return Evaluation(model, len(marks), named, fmean(len(one.procedures) for one in found), spent)


def _overlap(ours: Sequence[Span], theirs: Sequence[Span]) -> bool:
    pairs = ((one, other) for one in ours for other in theirs if one.part is other.part)
    return any(one.start < other.end and other.start < one.end for one, other in pairs)


def _share(part: int, whole: int) -> float:
    """Return a share; of nothing, 0: a model that words nothing gets no mark."""
    return part / whole if whole else 0.0
