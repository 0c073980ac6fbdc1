"""The harvest: a model attempts tasks that have a checker, and what its attempts teach is learnt."""

from dataclasses import dataclass
from typing import ClassVar

from midthought.api.harvesting import HarvestRequest, run_harvest
from midthought.api.ingest_choices import make_ingest_options
from midthought.api.opening import check_path
from midthought.api.operations.as_job import AsJob
from midthought.api.operations.job_reports import JobReport
from midthought.api.operations.request import MemoryCore
from midthought.api.operations.upkeep import told
from midthought.api.operations.upkeep_jobs import HarvestTask, StartHarvest
from midthought.ingest.harvest.checkers import GYM
from midthought.ingest.harvest.rounds import HarvestReport
from midthought.ingest.harvest.tasks import read_tasks
from midthought.ingest.progress import IsStopped, OnProgress
from midthought.ingest.verdicts.policy import WrongPolicy
from midthought.memory.errors import BadInput
from midthought.memory.records.namespace import Namespace


@dataclass(frozen=True, slots=True, kw_only=True)
class Harvest(AsJob[HarvestReport]):
    """Let the model of the memory attempt tasks, and learn from its attempts."""

    makes_namespace: ClassVar = True

    wanted: HarvestRequest

    @property
    def on_progress(self) -> OnProgress:
        """Told how far it is."""
        return self.wanted.on_progress

    @property
    def is_stopped(self) -> IsStopped:
        """Asked whether it is to stop."""
        return self.wanted.is_stopped

    def run(self, memory: MemoryCore, namespace: Namespace) -> HarvestReport:
        """Ask the model, judge, learn."""
        options = make_ingest_options(memory.learning, self.wanted.learning)
        return run_harvest(memory, memory.learning, self.wanted, options=options, namespace=namespace)

    def start(self) -> StartHarvest:
        """Return what starts the job, with the tasks in it. Raises `BadInput` for a checker, which is code."""
        wanted, learning = self.wanted, self.wanted.learning
        if wanted.checker:
            raise BadInput("a service runs no checker of its callers: leave it out, or harvest where the memory is")
        generated = str(wanted.tasks) if str(wanted.tasks).startswith(GYM) else ""
        found = () if generated else read_tasks(check_path(wanted.tasks, place="tasks"), needs_gold=True)
        return StartHarvest(
            tasks=tuple(HarvestTask(one.question, one.gold or "") for one in found),
            generated=generated,
            samples=wanted.samples,
            rounds=wanted.rounds,
            recall=wanted.recall,
            temperature=wanted.temperature,
            max_tokens=wanted.max_tokens,
            wrong=WrongPolicy(learning.wrong),
            skip_checks=tuple(learning.skip_checks),
            mask_secrets=learning.mask_secrets,
            decompose=learning.decompose,
            all_attempts=learning.all_attempts,
        )

    def read(self, report: JobReport) -> HarvestReport:
        """Return what the rounds gave."""
        return told(report.harvest)
