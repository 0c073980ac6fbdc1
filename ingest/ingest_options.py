"""What an ingestion learns, and from which traces: what its caller chose, read before anything is opened."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from midthought.ingest.checks.check import CheckContext
from midthought.ingest.extraction.cues import CueRow, read_cues
from midthought.ingest.extraction.extractor import Extractor
from midthought.ingest.extraction.registry import DEFAULT_EXTRACTOR, EXTRACTORS
from midthought.memory.records.ids import Canonical, content_id


@dataclass(frozen=True, slots=True)
class IngestOptions:
    """The choices of one ingestion.

    Attributes:
        extractor: what is learnt.
        include_wrong: learn from attempts that are known to be wrong as well; what they give says so.
        context: what the checks need, and which of them are off.
        cues: cues of known entries beside those that ship.
    """

    extractor: Extractor
    include_wrong: bool = False
    context: CheckContext = field(default_factory=CheckContext)
    cues: tuple[CueRow, ...] = ()

    @property
    def digest(self) -> str:
        """The extractor's name, with a hash of all choices that differ from the defaults: another job for others."""
        others = self._others()
        is_default = others == IngestOptions(self.extractor)._others()
        return self.extractor.name if is_default else f"{self.extractor.name}:{content_id('o', others)}"

    def _others(self) -> list[Canonical]:
        cues = [[row.entry, row.cues, [one.pattern for one in row.evidence]] for row in self.cues]
        return [self.include_wrong, sorted(self.context.skipped), self.context.held_out.digest, cues]


def make_options(
    extractor: str = DEFAULT_EXTRACTOR,
    *,
    include_wrong: bool = False,
    skip_checks: Sequence[str] = (),
    cues: Path | None = None,
) -> IngestOptions:
    """Return the options that names and files say.

    Raises:
        BadSettings: there is no such extractor or check.
        BadInput: a file cannot be read.
    """
    rows = read_cues(cues) if cues else ()
    context = CheckContext(skipped=frozenset(skip_checks))
    return IngestOptions(EXTRACTORS.load(extractor), include_wrong, context, rows)
