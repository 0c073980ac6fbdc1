"""Turning one trace into entries: what its steps give, as far as the checks pass it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from midthought.ingest.checks.check import CheckContext
from midthought.ingest.checks.check_drafts import check_drafts
from midthought.ingest.extraction.extracted import ExtractedEntry, Extraction, RefusedDraft, count_kinds
from midthought.ingest.extraction.statements import extract_statements
from midthought.ingest.extraction.worked_examples import extract_step_examples, extract_whole
from midthought.ingest.verdicts.policy import VerdictPolicy
from midthought.memory.records.entry import Entry
from midthought.memory.records.no_yield import NoYield
from midthought.memory.records.step import Step
from midthought.memory.records.trajectory import Trajectory

Drafted = ExtractedEntry[Entry] | RefusedDraft
Draft = Callable[[Trajectory, Sequence[Step]], Iterator[Drafted]]
"""Words drafts from the steps of a trajectory; deterministic, as the ids of entries are hashes of their content."""


@dataclass(frozen=True, slots=True)
class Extractor:
    """One way of learning from a trajectory.

    Attributes:
        name: with its version. It is part of the ids of jobs; each entry carries the name of the part that worded it,
            so a change that words entries differently needs a new version.
        draft: what becomes entries.
        links: whether known entries are recognised in its steps.
    """

    name: str
    draft: Draft
    links: bool = False

    def extract(
        self,
        trajectory: Trajectory,
        steps: Sequence[Step],
        *,
        worded: Sequence[Drafted] = (),
        context: CheckContext = CheckContext(),  # noqa: B008  # frozen
        verdicts: VerdictPolicy = VerdictPolicy(),  # noqa: B008  # frozen
    ) -> Extraction:
        """Return the entries of a trajectory that pass the checks, or the reason why there are none.

        `worded` is what a language model drafted from it.

        Trajectories that are unfinished or not judged give none, and wrong ones only if `verdicts` says so.
        """
        unfit = verdicts.find_unfit(trajectory)
        if unfit is not None:
            return Extraction((), (), unfit)
        drafts = [*self.draft(trajectory, steps), *worded]
        entries = [one for one in drafts if isinstance(one, ExtractedEntry)]
        unworded = tuple(one for one in drafts if isinstance(one, RefusedDraft))
        kept, faulty = check_drafts(entries, trajectory, context)
        refused = (*unworded, *faulty)
        if kept:
            return Extraction(kept, refused)
        reason = NoYield.REFUSED if faulty else NoYield.NOTHING_REACHED
        return Extraction((), refused, reason, count_kinds(one.reason for one in refused))


def draft_examples(trajectory: Trajectory, steps: Sequence[Step]) -> Iterator[Drafted]:
    """Yield the whole solution and its best steps as worked examples."""
    yield extract_whole(trajectory, steps)
    yield from extract_step_examples(trajectory, steps)


def draft_statements(trajectory: Trajectory, steps: Sequence[Step]) -> Iterator[Drafted]:
    """Yield general statements as concepts."""
    yield from extract_statements(trajectory, steps)


def draft_parts(trajectory: Trajectory, steps: Sequence[Step]) -> Iterator[Drafted]:
    """Yield worked examples and statements."""
    yield from draft_examples(trajectory, steps)
    yield from draft_statements(trajectory, steps)


def draft_nothing(trajectory: Trajectory, steps: Sequence[Step]) -> Iterator[Drafted]:
    """Yield nothing: only links are wanted."""
    yield from ()
