"""What becomes of a record between reading and learning: its secrets are masked, and it is given its verdict."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from midthought.ingest.ingest_options import IngestOptions
from midthought.ingest.secrets import mask_secrets
from midthought.ingest.stream.records import BadRecord, ReadRecord
from midthought.ingest.verdicts.agreement import Votes
from midthought.ingest.verdicts.judge import judge
from midthought.ingest.verdicts.mathematics import MathComparison


@dataclass(frozen=True, slots=True)
class Preparation:
    """How the records of one source are prepared.

    Attributes:
        options: say what is done.
        mathematics: compares answers with gold.
        votes: of all attempts of the source; None if agreement does not count.
    """

    options: IngestOptions
    mathematics: MathComparison
    votes: Votes | None = None

    def prepare(self, records: Iterable[ReadRecord | BadRecord]) -> Iterator[ReadRecord | BadRecord]:
        """Yield the records, each with its secrets masked and its verdict."""
        for record in records:
            yield self._judged(mask_record(record, self.options)) if isinstance(record, ReadRecord) else record

    def _judged(self, record: ReadRecord) -> ReadRecord:
        policy, trajectory = self.options.verdicts, record.trajectory
        judged = judge(trajectory, policy, mathematics=self.mathematics, votes=self.votes)
        return record if judged is trajectory else replace(record, trajectory=judged)


def mask_record(record: ReadRecord, options: IngestOptions) -> ReadRecord:
    """Return a record with its secrets masked and counted, if the options say so."""
    if not options.mask_secrets:
        return record
    trajectory, found = mask_secrets(record.trajectory)
    return replace(record, trajectory=trajectory, masked=tuple(sorted(found.items()))) if found else record
