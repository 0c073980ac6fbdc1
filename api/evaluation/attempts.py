"""One run of an arm on a task: the thought, its answer, the verdict on it, and what it cost."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from threading import Lock

from midthought.api.evaluation.arms import EvaluationArm
from midthought.api.evaluation.attempt_row import AttemptRow
from midthought.api.evaluation.evaluation_prompts import EvaluationPrompts
from midthought.ingest.harvest.attempts import Verdict
from midthought.ingest.harvest.tasks import Checker, Task
from midthought.ingest.verdicts.final_answer import last_line, marked_answer
from midthought.memory.errors import EngineFailed
from midthought.reasoner.engines.base import Engine
from midthought.reasoner.engines.thinking_formats import ThinkingFormat
from midthought.reasoner.thought.arms import FindsTraces
from midthought.reasoner.thought.in_thought import FindsEntries, InThoughtRecall, last_run
from midthought.reasoner.thought.receipts import FinishReason, ReceiptKind, Run

_VERDICTS = {True: Verdict.RIGHT, False: Verdict.WRONG, None: Verdict.UNDECIDED}


@dataclass(frozen=True, slots=True)
class AttemptMaker:
    """Runs arms on tasks; threads may share it.

    Attributes:
        engine: the model that thinks.
        recall_for: returns what finds entries for a task.
        traces_for: returns what finds parts of traces for a task; None for an arm that reads none.
        checker: judges answers.
        seed: of the whole evaluation. The seed of a run comes from it, the task and the repeat, and is the same in
            every arm: what two arms have in common is drawn alike.
        judging: held while the checker judges: it may be one process, or a module that knows no threads.
    """

    engine: Engine
    recall_for: Callable[[Task], FindsEntries]
    traces_for: Callable[[EvaluationArm, Task], FindsTraces | None]
    checker: Checker
    prompts: EvaluationPrompts
    seed: int
    judging: Lock = field(default_factory=Lock)

    def attempt(self, arm: EvaluationArm, task: Task, *, repeat: int) -> AttemptRow:
        """Return the row of one run; one that engine or memory cannot finish is a failure, no wrong answer."""
        settings = replace(arm.settings, seed=derive_seed(self.seed, task, repeat))
        traces = self.traces_for(arm, task)
        recalling = InThoughtRecall(self.engine, self.recall_for(task), settings=settings, traces=traces)
        try:
            run = last_run(recalling.think(self.prompts.ask(task.question)))
        except EngineFailed as error:
            return _write_failure(str(error), arm, task, repeat=repeat)
        if run.degraded:  # the thought went on without its memory: that says nothing of the arm
            return _write_failure("; ".join(run.degraded), arm, task, repeat=repeat)
        answer = read_answer(run, self.engine.thinking)
        with self.judging:
            verdict = judge_answer(answer, task, self.checker)
        return _write_row(run, arm, task, repeat=repeat, verdict=verdict, answer=answer)


def derive_seed(seed: int, task: Task, repeat: int) -> int:
    """Return the seed of one run of a task, the same in every arm."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{task.question.strip()}/{repeat}".encode()).digest()[:4])


def read_answer(run: Run, thinking: ThinkingFormat) -> str:
    """Return the answer that a run gives; empty if it gives none.

    That is what is marked or announced after the thought, as the model marks its thoughts; without an end of the
    thought, in all of it; else the last line, if the model ended by itself.
    """
    divided = thinking.divide(run.text)
    said = divided.answer if divided.closed else run.text
    found = marked_answer(said) or run.answer
    chosen = next(one for one in run.samples if one.rank == 1)
    return peel_answer(found or (last_line(said) if chosen.finish is FinishReason.DONE else ""))


def peel_answer(answer: str) -> str:
    r"""Return an answer without marks inside it: small models announce twice, or box what they announce.

    >>> peel_answer("The final answer is: False")
    'False'
    """
    while (inner := marked_answer(answer)) and len(inner) < len(answer):
        answer = inner
    return answer


def judge_answer(answer: str, task: Task, checker: Checker) -> Verdict:
    """Return the verdict on an answer. A checker is asked only if there is one."""
    if not answer:
        return Verdict.UNANSWERED
    return _VERDICTS[checker.check(task, f"<answer>{answer}</answer>")]


def _write_failure(error: str, arm: EvaluationArm, task: Task, *, repeat: int) -> AttemptRow:
    return AttemptRow(arm=arm.name, arm_id=arm.id, task=task.number, repeat=repeat, verdict=Verdict.FAILED, error=error)


def _write_row(run: Run, arm: EvaluationArm, task: Task, *, repeat: int, verdict: Verdict, answer: str) -> AttemptRow:
    recalls = [one for one in run.receipts if one.kind is ReceiptKind.RECALL]
    injections = sum(one.kind is ReceiptKind.INJECTION for one in run.receipts)
    used = (use.entry_id for receipt in recalls for use in receipt.entries)
    return AttemptRow(
        arm=arm.name,
        arm_id=arm.id,
        task=task.number,
        repeat=repeat,
        verdict=verdict,
        answer=answer,
        tokens=run.tokens,
        prompt_tokens=sum(turn.prompt_tokens for turn in run.turns),
        # What the first call finds in a cache was read by another run: an arm must not gain by coming later.
        cached_tokens=sum(turn.cached_tokens for turn in run.turns[1:]),
        seconds=run.seconds,
        recalls=len(recalls),
        abstentions=sum(bool(one.abstention) for one in recalls),
        injections=injections,
        entries=tuple(dict.fromkeys(used)),
    )
