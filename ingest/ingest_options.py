"""What an ingestion learns, and from which traces: what its caller chose, read before anything is opened."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from midthought.ingest.checks.check import CheckContext
from midthought.ingest.checks.held_out import NO_HELD_OUT, read_held_out
from midthought.ingest.checks.registry import CHECKS
from midthought.ingest.concepts.options import ConceptOptions
from midthought.ingest.decomposition.options import DecompositionOptions
from midthought.ingest.extraction.cues import CueRow, read_cues
from midthought.ingest.extraction.extractor import Extractor
from midthought.ingest.extraction.registry import DEFAULT_EXTRACTOR, EXTRACTORS
from midthought.ingest.verdicts.policy import UnjudgedPolicy, VerdictPolicy, WrongPolicy
from midthought.memory.errors import BadInput, BadSettings
from midthought.memory.records.ids import Canonical, content_id


@dataclass(frozen=True, slots=True)
class IngestOptions:
    """The choices of one ingestion.

    Attributes:
        extractor: what is learnt.
        verdicts: what becomes of traces that nobody judged, and of wrong ones.
        context: what the checks need, and which of them are off.
        cues: cues of known entries beside those that ship.
        mask_secrets: replace keys, passwords and card numbers before anything is stored.
        draft: what is learnt waits until a person accepts it.
        min_novelty: the smallest distance to what is known of an entry that is admitted, see `Novelty`; 0 admits all.
        decomposition: how a language model splits traces; None if no model is asked.
        concepts: how that model abstracts concepts and lessons; None if it is not asked for them.
    """

    extractor: Extractor
    verdicts: VerdictPolicy = field(default_factory=VerdictPolicy)
    context: CheckContext = field(default_factory=CheckContext)
    cues: tuple[CueRow, ...] = ()
    mask_secrets: bool = True
    draft: bool = False
    min_novelty: float = 0.0
    decomposition: DecompositionOptions | None = None
    concepts: ConceptOptions | None = None

    def __post_init__(self) -> None:
        if self.concepts is not None and self.decomposition is None:
            raise BadSettings(
                "concepts are learnt with a language model: give the settings 'model' and 'model_url', "
                "and leave the model on"
            )

    @property
    def passes(self) -> int:
        """How often the records of a source are gone through."""
        return self.concepts.passes if self.concepts else 1

    @property
    def digest(self) -> str:
        """The extractor's name, with a hash of all choices that differ from the defaults: another job for others."""
        others = self._others()
        is_default = others == IngestOptions(self.extractor)._others()
        return self.extractor.name if is_default else f"{self.extractor.name}:{content_id('o', others)}"

    def _others(self) -> list[Canonical]:
        cues = [[row.entry, row.cues, [one.pattern for one in row.evidence]] for row in self.cues]
        verdicts = [self.verdicts.unjudged.value, self.verdicts.wrong.value]
        checks = [sorted(self.context.skipped), self.context.held_out.digest]
        return [
            verdicts,
            checks,
            cues,
            self.mask_secrets,
            self.draft,
            *([self.min_novelty] if self.min_novelty else []),
            *([self.decomposition.choices] if self.decomposition else []),
            *([self.concepts.choices] if self.concepts else []),
        ]


def make_options(
    extractor: str = DEFAULT_EXTRACTOR,
    *,
    unjudged: UnjudgedPolicy = UnjudgedPolicy.SKIP,
    wrong: WrongPolicy = WrongPolicy.SKIP,
    skip_checks: Sequence[str] = (),
    held_out: Path | None = None,
    cues: Path | None = None,
    mask_secrets: bool = True,
    draft: bool = False,
    min_novelty: float = 0.0,
    decomposition: DecompositionOptions | None = None,
    concepts: ConceptOptions | None = None,
) -> IngestOptions:
    """Return the options that names and files say; see `IngestOptions`, `read_held_out` and `read_cues`.

    Raises:
        BadSettings: there is no such extractor, or concepts are wanted and there is no model.
        BadInput: there is no such check, or a file cannot be read.
    """
    rows = read_cues(cues) if cues else ()
    for name in skip_checks:
        if name not in CHECKS:  # an argument of whoever ingests, and no setting
            raise BadInput(f"unknown check {name[:80]!r}: choose one of {', '.join(CHECKS)}")
    texts = read_held_out(held_out) if held_out else NO_HELD_OUT
    context = CheckContext(skipped=frozenset(skip_checks), held_out=texts)
    verdicts = VerdictPolicy(unjudged, wrong)
    loaded = EXTRACTORS.load(extractor)
    return IngestOptions(loaded, verdicts, context, rows, mask_secrets, draft, min_novelty, decomposition, concepts)
