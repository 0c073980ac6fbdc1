"""Harvest on an opened memory: its model attempts tasks, and what was learnt is recalled from the second round on."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from midthought.api.operations.recall import MAX_QUESTION, Recall
from midthought.api.operations.request import MemoryCore
from midthought.api.sources import IngestDefaults, Learning
from midthought.ingest.decomposition.options import DecompositionOptions
from midthought.ingest.progress import IsStopped, OnProgress, ignore_progress, never
from midthought.memory.errors import BadInput, BadSettings, NotFound
from midthought.memory.records.namespace import Namespace

if TYPE_CHECKING:
    from midthought.ingest.harvest.asking import HarvestOptions
    from midthought.ingest.harvest.rounds import HarvestReport, HintSource
    from midthought.ingest.ingest_options import IngestOptions
    from midthought.memory.records.entry import Entry

MAX_ROUNDS = 100
HINTS = 2
"""Entries that are put before a task at most."""
DEFAULT_TEMPERATURE = 0.6
DEFAULT_TOKENS = 16_384
"""Tokens of an attempt: reasoning models think for several thousand."""


class NoModel(BadSettings):
    """What a caller of a service asks for needs a language model, and the service has none."""


@dataclass(frozen=True, slots=True)
class HarvestRequest:
    """What a caller wants harvested; see `Memory.harvest`."""

    tasks: str | Path
    samples: int = 4
    rounds: int = 1
    recall: bool = True
    checker: str | Callable[[str, str], bool | None] = ""
    temperature: float = DEFAULT_TEMPERATURE
    max_tokens: int = DEFAULT_TOKENS
    learning: Learning = Learning()  # noqa: RUF009  # frozen
    on_progress: OnProgress = ignore_progress
    is_stopped: IsStopped = never

    def __post_init__(self) -> None:
        from midthought.ingest.harvest.attempts import MAX_SAMPLES

        bounds = (("samples", self.samples, MAX_SAMPLES), ("rounds", self.rounds, MAX_ROUNDS))
        for name, value, limit in bounds:
            if not 1 <= value <= limit:
                raise BadInput(f"{name} must be 1..{limit}, got {value}")
        if self.max_tokens < 1:
            raise BadInput(f"max_tokens must be >= 1, got {self.max_tokens}")
        if not 0 <= self.temperature <= 2:
            raise BadInput(f"temperature must be 0..2, got {self.temperature}")


def run_harvest(
    core: MemoryCore,
    defaults: IngestDefaults,
    wanted: HarvestRequest,
    *,
    options: "IngestOptions",
    namespace: Namespace,
) -> "HarvestReport":
    """Return what a harvest gave; see `harvest` for what is promised. Raises `BadSettings` without a model."""
    from midthought.ingest.harvest.checkers import open_tasks
    from midthought.ingest.harvest.harvest import harvest
    from midthought.ingest.ingestion import Ingestion
    from midthought.ingest.verdicts.mathematics import MathComparison

    if defaults.decomposition is None:
        raise NoModel("no language model is configured: give the settings 'model' and 'model_url'")
    with MathComparison() as mathematics:
        return harvest(
            Ingestion(core.store, core.current, namespace),
            open_tasks(wanted.tasks, wanted.checker, mathematics),
            options=_make_options(defaults.decomposition, wanted),
            learning=options,
            hints=_hint_source(core, namespace) if wanted.recall and wanted.rounds > 1 else None,
            on_progress=wanted.on_progress,
            is_stopped=wanted.is_stopped,
        )


def _make_options(asked: DecompositionOptions, wanted: HarvestRequest) -> "HarvestOptions":
    from midthought.ingest.harvest.asking import HarvestOptions
    from midthought.ingest.harvest.prompts import load_harvest_prompts
    from midthought.ingest.language_model import Sampling

    sampling = Sampling(temperature=wanted.temperature, max_tokens=wanted.max_tokens)
    prompts = load_harvest_prompts()
    return HarvestOptions(asked.model, prompts, wanted.samples, wanted.rounds, sampling, asked.budget)


def _hint_source(core: MemoryCore, namespace: Namespace) -> "HintSource":
    from midthought.ingest.harvest.rounds import HintSource

    def find(question: str) -> tuple[str, ...]:
        # No receipt: the attempt records its hints. Worked examples of the question itself are never recalled for it.
        found = Recall(query=question[:MAX_QUESTION], k=HINTS).search(core, namespace)
        return tuple(hit.id for hit in found.hits)

    def read(entry_id: str) -> "Entry | None":
        try:
            versions = core.store.reader.history(namespace, entry_id)
        except NotFound:
            return None
        # Exactly the wording that was recalled: another one would be another request.
        return next((one.entry for one in versions if one.entry.id == entry_id), None)

    return HintSource(find, read)
