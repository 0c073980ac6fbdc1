"""Split a trajectory into its steps."""

from collections.abc import Iterator

from midthought.ingest.steps.goals import goal_of_step
from midthought.ingest.steps.joints import DraftStep, group_units
from midthought.ingest.steps.kinds import kind_of_step
from midthought.ingest.steps.units import cut_units
from midthought.memory.records.step import Step, StepKind
from midthought.memory.records.trajectory import Part, Span, Trajectory


def split_steps(trajectory: Trajectory) -> tuple[Step, ...]:
    """Return the steps of thought and answer, in reading order; an empty part has none. Takes linear time."""
    return (*_split_part(Part.THOUGHT, trajectory.thought), *_split_part(Part.ANSWER, trajectory.answer))


def _split_part(part: Part, text: str) -> Iterator[Step]:
    drafts = group_units(text, cut_units(text))
    starts = [0] + [draft.start for draft in drafts[1:]] + [len(text)]
    depths = _depths(drafts)
    if text and not drafts:  # blanks and rules alone
        yield Step(Span(part, 0, len(text)), StepKind.TALK)
    for place, draft in enumerate(drafts):
        span = Span(part, starts[place], starts[place + 1])
        kind = kind_of_step(text, draft, is_last=place == len(drafts) - 1)
        yield Step(span, kind, goal_of_step(text, draft), next(depths))


def _depths(drafts: list[DraftStep]) -> Iterator[int]:
    """Yield how deep each step stands: below the headings before it that have a lower rank."""
    ranks: list[int] = []
    for draft in drafts:
        heading = draft.units[0].heading
        if heading:
            while ranks and ranks[-1] >= heading.rank:
                ranks.pop()
        yield len(ranks)
        if heading:
            ranks.append(heading.rank)
