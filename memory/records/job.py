"""A job as the store records it: written before it is accepted, resumable, with counts that always add up."""

import json
from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum

from midthought.memory.errors import StoreDamaged
from midthought.memory.records.job_progress import JobProgress
from midthought.memory.records.no_yield import NoYield


class JobState(StrEnum):
    """The state of a job. One that failed, was interrupted or cancelled resumes when it is retried, or when the same
    content is ingested again.
    """

    QUEUED = "queued"
    """Accepted, and waiting for its turn."""
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Rejection:
    """One record that was not stored: its place (``file:line``) and the reason."""

    place: str
    reason: str


@dataclass(frozen=True, slots=True)
class RefusedExample:
    """One refused draft, to show what its check refuses.

    Attributes:
        check: its name, as `refusing_check` tells it.
        trajectory_id: where the draft came from; forgetting that deletes the example.
        text: its key, and in brackets what was found in it; shortened, without secrets.
    """

    check: str
    trajectory_id: str
    text: str


EXTRACTOR = "extractor"
"""Stands for a check if the extractor itself refused a draft."""


def refusing_check(reason: str) -> str:
    """Return which check refuses for this reason: ``numbers`` for ``numbers: a number of the question``."""
    check, colon, _ = reason.partition(":")
    return check if colon else EXTRACTOR


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of every record read and of every entry drafted.

    ``read = stored + merged + rejected`` for records, ``stored = taught + linked_only + untaught`` for those stored,
    and ``drafted = entries_stored + entries_merged + entries_refused + entries_waiting`` for entries; `check` raises if
    one of them does not hold.

    Attributes:
        reasons: (reason, how many) of refused drafts, by reason; see `refused_by_check`.
        taught: stored records that gave at least one entry.
        linked_only: stored records that gave none, but in which a known entry was recognised.
        linked: passages in which a known entry was recognised, in all records.
        entries_waiting: drafts that wait for a person, see `Draft`; none of them is stored.
        untaught: (`NoYield`, how many) of stored records that gave neither an entry nor a link, by reason.
        masked: (kind, how many) of secrets that were masked in all records.
        learnt: (`label_of` the entry, how many) of `entries_stored`; empty in a job of an earlier version.
        examples: some refused drafts of each check.
        calls: answers of a language model that the job paid for, each counted when it is kept; one that was kept before
            costs nothing.
        tokens_in: of these calls; `tokens_cached` of them came from the model's prefix cache.
        tokens_out: of their answers.
        dead_letters: what the job could not make anything of, and no retry has cured.
    """

    read: int = 0
    stored: int = 0
    merged: int = 0
    rejected: int = 0
    taught: int = 0
    drafted: int = 0
    entries_stored: int = 0
    entries_merged: int = 0
    entries_refused: int = 0
    reasons: tuple[tuple[str, int], ...] = field(default=())
    untaught: tuple[tuple[str, int], ...] = field(default=())
    linked_only: int = 0
    linked: int = 0
    entries_waiting: int = 0
    learnt: tuple[tuple[str, int], ...] = field(default=())
    masked: tuple[tuple[str, int], ...] = field(default=())
    examples: tuple[RefusedExample, ...] = field(default=())
    calls: int = 0
    tokens_in: int = 0
    tokens_cached: int = 0
    tokens_out: int = 0
    dead_letters: int = 0

    def add_cost(self, *, calls: int, tokens_in: int, tokens_cached: int, tokens_out: int) -> "Counts":
        """Return the counts with what more calls of a language model cost."""
        return replace(
            self,
            calls=self.calls + calls,
            tokens_in=self.tokens_in + tokens_in,
            tokens_cached=self.tokens_cached + tokens_cached,
            tokens_out=self.tokens_out + tokens_out,
        )

    def with_cost_of(self, other: "Counts") -> "Counts":
        """Return the counts with the cost of `other` where that is more: what was paid is never paid back."""
        return replace(self, **{name: max(getattr(self, name), getattr(other, name)) for name in _COSTS})

    @property
    def refused_by_check(self) -> tuple[tuple[str, int], ...]:
        """(Check, how many) of refused drafts; together they are `entries_refused`."""
        by_check = Counter[str]()
        for reason, number in self.reasons:
            by_check[refusing_check(reason)] += number
        return tuple(sorted(by_check.items()))

    def check(self) -> None:
        """Raise `StoreDamaged` unless all sums add up."""
        if self.read != self.stored + self.merged + self.rejected:
            raise StoreDamaged(f"records do not add up: {self}")
        if self.stored != self.taught + self.linked_only + sum(number for _, number in self.untaught):
            raise StoreDamaged(f"what was stored does not add up: {self}")
        if self.linked < self.linked_only:
            raise StoreDamaged(f"more records have links than there are links: {self}")
        if self.drafted != self.entries_stored + self.entries_merged + self.entries_refused + self.entries_waiting:
            raise StoreDamaged(f"entries do not add up: {self}")
        if self.learnt and self.entries_stored != sum(number for _, number in self.learnt):
            raise StoreDamaged(f"kinds of entries do not add up: {self}")
        if self.entries_refused != sum(number for _, number in self.reasons):
            raise StoreDamaged(f"refusal reasons do not add up: {self}")
        by_check = dict(self.refused_by_check)
        for check, shown in Counter(one.check for one in self.examples).items():
            if shown > by_check.get(check, 0):
                raise StoreDamaged(f"more examples of check {check!r} than it refused: {self}")

    def to_json(self) -> str:
        """Return the counts as one JSON object."""
        record = {name: getattr(self, name) for name in self.__slots__ if name not in (*_BY_REASON, "examples")}
        grouped = {name: dict(getattr(self, name)) for name in _BY_REASON}
        examples = [asdict(one) for one in self.examples]
        return json.dumps({**record, **grouped, "examples": examples}, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "Counts":
        """Return what `to_json` wrote; what an earlier version wrote has no reasons of untaught records."""
        record = json.loads(text)
        # The reasons of these records were not counted then, but the sums must still add up.
        lost = record["stored"] - record["taught"]
        record.setdefault("untaught", {NoYield.UNRECORDED.value: lost} if lost > 0 else {})
        record.update({name: tuple(sorted(record.get(name, {}).items())) for name in _BY_REASON})
        record["examples"] = tuple(RefusedExample(**one) for one in record.get("examples", ()))
        return cls(**record)


_BY_REASON = ("reasons", "untaught", "learnt", "masked")
_COSTS = ("calls", "tokens_in", "tokens_cached", "tokens_out")


@dataclass(frozen=True, slots=True)
class Job:
    """One ingestion of one source.

    Attributes:
        id: content hash of the namespace, the kind, the source's content and the options.
        kind: ``ingest`` or ``starter``.
        source: the source's name, for people.
        position: number of records of the source that are done and committed; a resumed run starts after them.
        progress: of its last run, as of its last commit; None if it never ran. Written with `StoreWriter.begin_run`.
    """

    id: str
    kind: str
    source: str
    state: JobState = JobState.RUNNING
    position: int = 0
    counts: Counts = Counts()
    error: str | None = None
    progress: JobProgress | None = field(default=None, compare=False)
