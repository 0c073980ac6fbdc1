"""Recalls of one caller, or of many requests, are answered together: one batch of queries, one commit of receipts.

Each is searched for itself, as it would be alone, and its error is its caller's alone.
"""

import time
from collections.abc import Sequence
from contextlib import suppress
from contextvars import Context, copy_context
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from midthought.api.receipts import recall_row
from midthought.api.unmatched import describe_unmatched
from midthought.memory.database.read_only import describe_read_only
from midthought.memory.interrupts import run_apart
from midthought.memory.records.namespace import Namespace
from midthought.retrieval.hits import RecallResult, count_usage
from midthought.retrieval.stages import Lap, Stage, StageClock

if TYPE_CHECKING:
    from midthought.api.operations.recall import Recall
    from midthought.api.operations.request import MemoryCore
    from midthought.retrieval.encoders.base import Encoder

MAX_TASKS = 32
"""Recalls of one group: the first of them waits for the last."""


@dataclass(frozen=True, slots=True)
class RecallTask:
    """One recall that waits for its answer.

    Attributes:
        recorded: a receipt is asked for.
        asked: when its caller began to wait, by `time.perf_counter`; None if its deadline counts from its search on.
        context: of its caller: what is logged while it is searched names the request that it belongs to.
    """

    memory: "MemoryCore"
    namespace: Namespace
    recall: "Recall"
    recorded: bool
    asked: float | None = None
    context: Context = field(default_factory=copy_context, compare=False, repr=False)


Answer = RecallResult | BaseException


def answer_recall(task: RecallTask) -> RecallResult:
    """Return the answer to one recall."""
    task = replace(task, asked=time.perf_counter())
    return task.memory.watch.recalls(
        [(task.recall, task.namespace)],
        lambda: [_take(one) for one in run_apart(partial(answer_encoded, [task]))],
    )[0]


def answer_recalls(tasks: Sequence[RecallTask]) -> list[RecallResult]:
    """Return the answers to the recalls of one caller, in their order."""
    if not tasks:
        return []
    parts = (tasks[start : start + MAX_TASKS] for start in range(0, len(tasks), MAX_TASKS))
    return tasks[0].memory.watch.recalls(
        [(one.recall, one.namespace) for one in tasks],
        lambda: [_take(one) for part in parts for one in run_apart(partial(_answer, part))],
    )


def _take(answer: Answer) -> RecallResult:
    """Return an answer, or raise it."""
    if isinstance(answer, BaseException):
        raise answer
    return answer


def as_exception(error: BaseException) -> Exception:
    """Return an error that can be handed to another thread, or to an event loop, which some would end or not take."""
    if isinstance(error, Exception) and not isinstance(error, StopIteration):
        return error
    broken = RuntimeError(f"a recall broke down: {type(error).__name__}: {error}")
    broken.__cause__ = error
    return broken


def _answer(tasks: Sequence[RecallTask]) -> list[Answer]:
    return answer_encoded(tasks, encode_together(tasks))


def encode_together(tasks: Sequence[RecallTask]) -> Lap:
    """Encode the queries of a group, and return when; each recall then finds its own in the cache of the encoder."""
    memory = tasks[0].memory
    clock = StageClock()
    clock.enter(Stage.ENCODE)

    def encode(encoder: "Encoder") -> None:
        recallers = [(task, task.recall.recaller(memory, encoder)) for task in tasks]
        texts = [text for task, one in recallers for text in one.read_texts(task.namespace, task.recall.query)]
        encoder.encode_queries(texts)

    # The recall whose query cannot be encoded finds that out again, alone. A library in Rust that breaks down raises no
    # `Exception`: others wait for this thread all the same.
    with suppress(BaseException):
        memory.current.use_for_queries(encode)
    return clock.stop()[0]


def answer_encoded(tasks: Sequence[RecallTask], encoded: Lap | None = None) -> list[Answer]:
    """Return the answer to each, or its error, in their order; their receipts are one commit.

    `encoded` is the time in which their queries were encoded together; None if each encodes its own.
    """
    return _record(tasks, [task.context.run(_search, task, encoded) for task in tasks])


def _search(task: RecallTask, encoded: Lap | None) -> Answer:
    try:
        result = task.recall.search_alone(task.memory, task.namespace, asked=task.asked)
        unmatched = describe_unmatched(task.memory.store.reader, task.namespace, task.recall)
    except BaseException as error:  # noqa: BLE001  # any error is handed to the caller whose recall it is
        return as_exception(error)
    if encoded and result.laps:
        result = _began(result, encoded)
    return replace(result, degraded=(*result.degraded, *unmatched)) if unmatched else result


def _began(result: RecallResult, encoded: Lap) -> RecallResult:
    """Return the result of a recall that was encoded with others, and then waited while others were searched."""
    end = encoded.started + encoded.seconds
    laps = (encoded, Lap(Stage.WAIT, end, result.laps[0].started - end), *result.laps)
    usage = count_usage(laps, texts=result.usage.texts, hit_tokens=result.usage.hit_tokens)
    return replace(result, laps=laps, usage=usage)


def _record(tasks: Sequence[RecallTask], answers: list[Answer]) -> list[Answer]:
    """Record receipts in one commit, and return the answers; the error of a receipt in place of its answer.

    A recall is useful without its receipt: that nothing can be written is reported, not raised.
    """
    memory = tasks[0].memory
    found = [(n, one) for n, one in enumerate(answers) if tasks[n].recorded and isinstance(one, RecallResult)]
    if not (memory.receipts and found):
        return answers
    told = dict(enumerate(answers))
    if memory.store.read_only:
        reason = f"no receipt: {describe_read_only(memory.store.path)}"
        told |= {n: replace(one, degraded=(*one.degraded, reason)) for n, one in found}
    else:
        rows = [(tasks[n].namespace, recall_row(one, tasks[n].recall.replayed(memory, one))) for n, one in found]
        errors = memory.store.writer.record_receipts(rows)
        told |= {n: error for (n, _), error in zip(found, errors, strict=True) if error is not None}
    return list(told.values())
