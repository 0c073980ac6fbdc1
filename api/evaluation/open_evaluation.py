"""An evaluation on an opened memory: what a caller asks for, and the parts that it is made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from midthought.api.evaluation.arms import make_arms
from midthought.api.evaluation.attempts import AttemptMaker
from midthought.api.evaluation.evaluation_prompts import EvaluationPrompts, load_evaluation_prompts
from midthought.api.evaluation.known_texts import digest_memory, read_entries, read_stored_trajectories
from midthought.api.evaluation.leaks import find_leaks
from midthought.api.evaluation.reason_evaluation import OnRun, ReasonReport, report_rows, run_arms
from midthought.api.evaluation.rows_file import RowsFile
from midthought.api.evaluation.task_memory import ArmTexts, make_recall_for
from midthought.api.python.memory import Memory
from midthought.api.recall_arguments import as_namespace
from midthought.ingest.harvest.checkers import open_tasks
from midthought.ingest.harvest.tasks import TaskSet
from midthought.ingest.verdicts.mathematics import MathComparison
from midthought.memory.records.namespace import Namespace
from midthought.reasoner.engines.base import Engine
from midthought.reasoner.thought.think_settings import ThinkSettings


@dataclass(frozen=True, slots=True)
class EvaluationRequest:
    """What is evaluated.

    Attributes:
        tasks: a file of JSON Lines, or ``reasoning-gym:NAME[+NAME...][:SIZE[:SEED]]``.
        arms: by name; empty for all.
        rows: keeps a row per run, and is gone on with; None keeps nothing.
        repeats: runs of each task in each arm.
        exclude_leaks: withhold from a task what knows it.
        rewrites: a file of rewritten traces, for the arm ``rewritten-trace``; None for none.
        thinking: of all arms; what an arm is changes some of it.
        at_once: runs at a time; more than 1 pays with a server, and makes seconds longer.
        report_only: report the rows that there are, and run nothing.
        decode_constant: for the report alone.
        namespace: whose memory is used.
    """

    tasks: str
    thinking: ThinkSettings
    arms: Sequence[str] = ()
    rows: Path | None = None
    repeats: int = 1
    exclude_leaks: bool = False
    rewrites: Path | None = None
    at_once: int = 1
    report_only: bool = False
    decode_constant: float = 1.0
    namespace: str | Namespace = "default"


def evaluate_reason(
    memory: Memory, engine: Engine, asked: EvaluationRequest, *, on_run: OnRun = lambda _done, _total: None
) -> ReasonReport:
    """Run the arms on the tasks, and report. The memory should be opened without receipts: nothing else is stored.

    Raises:
        BadInput: the tasks, an arm, the rewrites or the rows cannot be used, or the rows are of another configuration.
        BadSettings: no arm can be run with these settings.
        NotFound: there is no such namespace.
    """
    owner, prompts = as_namespace(asked.namespace), load_evaluation_prompts()
    reader = memory.store.reader
    reader.get_namespace(owner)
    with MathComparison() as mathematics:
        tasks = open_tasks(asked.tasks, "", mathematics)
        leaks = find_leaks(
            tasks.tasks,
            read_entries(reader, owner),
            read_stored_trajectories(reader, owner),
            excluded=asked.exclude_leaks,
        )
        texts = ArmTexts(memory, owner, rewrites=asked.rewrites, leaks=leaks)
        arms, skipped = texts.fit(make_arms(asked.arms, asked.thinking), engine)
        rows = RowsFile(asked.rows, _configuration(memory, owner, engine, tasks, asked, prompts))
        recall_for = make_recall_for(memory, owner, prompts, leaks)
        maker = AttemptMaker(engine, recall_for, texts.find_for, tasks.checker, prompts, asked.thinking.seed)
        if not asked.report_only:
            run_arms(maker, tasks, arms, rows, repeats=asked.repeats, at_once=asked.at_once, on_run=on_run)
    return report_rows(
        rows,
        tasks,
        arms,
        engine=engine.name,
        repeats=asked.repeats,
        skipped=skipped,
        leaks=leaks,
        decode_constant=asked.decode_constant,
    )


def _configuration(
    memory: Memory,
    owner: Namespace,
    engine: Engine,
    tasks: TaskSet,
    asked: EvaluationRequest,
    prompts: EvaluationPrompts,
) -> dict[str, str | int | float | bool]:
    """Return what every row depends on, beside the settings of its arm."""
    return {
        "engine": engine.name,
        **dict(engine.settings),
        "exclude_leaks": asked.exclude_leaks,
        "memory": digest_memory(memory.store.reader, owner),
        "encoder": memory.encoder.identity.name,
        "namespace": str(owner),
        "prompts": prompts.digest,
        "seed": asked.thinking.seed,
        "tasks": tasks.digest,
    }
