"""What a task may know: recall and traces without the task itself, and without what knows it if that is withheld."""

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path

from midthought.api.evaluation.arms import EvaluationArm, find_obstacle
from midthought.api.evaluation.evaluation_prompts import EvaluationPrompts
from midthought.api.evaluation.known_texts import read_stored_trajectories
from midthought.api.evaluation.leaks import LeakReport
from midthought.api.evaluation.rewrites import read_rewrites
from midthought.api.evaluation.trace_corpus import KnownTrace, TraceCorpus, chunk_traces
from midthought.api.python.memory import Memory
from midthought.ingest.harvest.tasks import Task
from midthought.memory.errors import BadInput, BadSettings
from midthought.memory.records.namespace import Namespace
from midthought.reasoner.engines.base import Engine
from midthought.reasoner.thought.arms import Arm, FindsTraces
from midthought.reasoner.thought.in_thought import FindsEntries
from midthought.retrieval.hits import RecallResult

MAX_EXCLUDED = 1000
"""Entries that a recall can leave out by id."""


class ArmTexts:
    """The texts that stand before a thought, read and encoded when an arm first needs them.

    Args:
        memory: its encoder finds the nearest.
        rewrites: a file of rewritten traces; None for none.
        leaks: what knows which task.
    """

    def __init__(self, memory: Memory, owner: Namespace, *, rewrites: Path | None, leaks: LeakReport) -> None:
        self._memory = memory
        self._owner = owner
        self._rewrites = rewrites
        self._leaks = leaks

    def fit(self, arms: Sequence[EvaluationArm], engine: Engine) -> tuple[list[EvaluationArm], list[tuple[str, str]]]:
        """Return the arms that can be run, and (name, why not) of the others. Raises `BadSettings` if none can."""
        skipped, fit = [], []
        for arm in arms:
            corpus = self._corpus(arm.settings.arm)
            if reason := self._find_lack(arm.settings.arm, corpus) or find_obstacle(arm, engine):
                skipped.append((arm.name, reason))
            else:
                fit.append(EvaluationArm(arm.name, arm.settings, corpus.digest if corpus else ""))
        if not fit:
            raise BadSettings("no arm can be run: " + "; ".join(f"{name}: {reason}" for name, reason in skipped))
        return fit, skipped

    def find_for(self, arm: EvaluationArm, task: Task) -> FindsTraces | None:
        """Return what finds the texts of an arm for a task; None if it reads none."""
        corpus = self._corpus(arm.settings.arm)
        withheld = known_ids(self._leaks, task)
        return corpus.for_task(task, query=task.question, withheld=withheld) if corpus else None

    def _corpus(self, arm: Arm) -> TraceCorpus | None:
        if arm is Arm.TRACE_CHUNK:
            return self._chunks
        return self._rewritten if arm is Arm.REWRITTEN_TRACE else None

    def _find_lack(self, arm: Arm, corpus: TraceCorpus | None) -> str:
        if not arm.reads_traces or corpus is not None:
            return ""
        if arm is Arm.TRACE_CHUNK:
            return "no trajectory with a thought is stored, or only wrong ones"
        return "no rewritten traces: give --rewrites FILE, and --make-rewrites to let a model write it"

    @cached_property
    def _chunks(self) -> TraceCorpus | None:
        return self._encode(list(chunk_traces(read_stored_trajectories(self._memory.store.reader, self._owner))))

    @cached_property
    def _rewritten(self) -> TraceCorpus | None:
        found = read_rewrites(self._rewrites) if self._rewrites else []
        return self._encode([one.as_known_trace() for one in found])

    def _encode(self, traces: list[KnownTrace]) -> TraceCorpus | None:
        return TraceCorpus(traces, self._memory.encoder) if traces else None


def known_ids(leaks: LeakReport, task: Task) -> frozenset[str]:
    """Return the ids of what is withheld from a task."""
    return leaks.by_task.get(task.number, frozenset()) if leaks.excluded else frozenset()


def make_recall_for(
    memory: Memory, owner: Namespace, prompts: EvaluationPrompts, leaks: LeakReport
) -> Callable[[Task], FindsEntries]:
    """Return what makes the recall of a task. Worked examples of the question itself are never recalled for it."""

    def for_task(task: Task) -> FindsEntries:
        known = known_ids(leaks, task)
        if len(known) > MAX_EXCLUDED:
            raise BadInput(f"{len(known)} stored texts know task {task.number + 1}; {MAX_EXCLUDED} can be withheld")

        def find(query: str, *, k: int, exclude: Sequence[str] = (), explain: bool = False) -> RecallResult:
            return memory.recall(
                prompts.without_frame(query, task.question),
                k=k,
                exclude=sorted(known.union(exclude)),
                exclude_question=task.question if leaks.excluded else "",
                for_question=task.question,
                explain=explain,
                namespace=owner,
            )

        return find

    return for_task
