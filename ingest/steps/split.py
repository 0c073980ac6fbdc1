"""Split a trajectory into its steps."""

from collections.abc import Iterator

from midthought.ingest.steps.goals import goal_of_step
from midthought.ingest.steps.joints import group_units
from midthought.ingest.steps.kinds import kinds_of_steps
from midthought.ingest.steps.layout import depths_of
from midthought.ingest.steps.phrases import plain
from midthought.ingest.steps.units import PartText, cut_units
from midthought.memory.records.step import Step, StepKind
from midthought.memory.records.trajectory import Part, Span, Trajectory


def split_steps(trajectory: Trajectory) -> tuple[Step, ...]:
    """Return the steps of thought and answer, in reading order; an empty part has none. Takes linear time."""
    thought = tuple(_split_part(Part.THOUGHT, trajectory.thought, answer=trajectory.answer))
    answer = tuple(_split_part(Part.ANSWER, trajectory.answer, answer=None))
    if len(answer) > 1 and any(step.kind is StepKind.CALL for step in thought) and not any(map(_is_below, answer)):
        answer = (_join_closing(answer),)
    return (*thought, *answer)


def _is_below(step: Step) -> bool:
    return step.depth > 0


def _join_closing(steps: tuple[Step, ...]) -> Step:
    """Return the last message of an agent as one step: it tells what came of the calls."""
    is_talk = all(step.kind is StepKind.TALK for step in steps)
    span = Span(Part.ANSWER, steps[0].span.start, steps[-1].span.end)
    return Step(span, StepKind.TALK if is_talk else StepKind.RESULT)


def _split_part(part: Part, original: str, *, answer: str | None) -> Iterator[Step]:
    text = PartText(original, plain(original))
    drafts = group_units(text, cut_units(text))
    if original and not drafts:  # blanks and rules alone
        yield Step(Span(part, 0, len(original)), StepKind.TALK)
    starts = [0, *(draft.start for draft in drafts[1:]), len(original)]
    kinds = kinds_of_steps(drafts, answer=answer)
    depths = depths_of(drafts)
    for place, draft in enumerate(drafts):
        span = Span(part, starts[place], starts[place + 1])
        yield Step(span, kinds[place], goal_of_step(draft), depths[place])
