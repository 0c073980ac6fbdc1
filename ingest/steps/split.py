"""Split a trajectory into its steps."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from midthought.ingest.steps.drafts import DraftStep
from midthought.ingest.steps.goals import goal_of_step
from midthought.ingest.steps.joints import WHOLE_REPLY, group_units
from midthought.ingest.steps.kinds import kinds_of_steps
from midthought.ingest.steps.labels import Role
from midthought.ingest.steps.layout import depths_of
from midthought.ingest.steps.phrases import plain
from midthought.ingest.steps.replies import concludes_request
from midthought.ingest.steps.units import PartText, cut_units
from midthought.memory.records.step import Step, StepKind
from midthought.memory.records.trajectory import Part, Span, Trajectory


def split_steps(trajectory: Trajectory) -> tuple[Step, ...]:
    """Return the steps of thought and answer, in reading order; an empty part has none. Takes linear time."""
    drafts = _read_part(trajectory.thought)
    thought = tuple(_steps_of(Part.THOUGHT, trajectory.thought, drafts, answer=trajectory.answer))
    answer = tuple(_steps_of(Part.ANSWER, trajectory.answer, _read_part(trajectory.answer), answer=None))
    if answer and _is_dialogue(drafts) and (_talks(drafts) or _is_message(trajectory.answer, answer)):
        answer = (_join_closing(trajectory, drafts, answer),)
    elif len(answer) == 1 and answer[0].kind is StepKind.TALK:
        answer = (replace(answer[0], kind=StepKind.RESULT),)  # nobody is talked to: 'BYE' is the answer
    return (*thought, *answer)


def _is_dialogue(drafts: Sequence[DraftStep]) -> bool:
    """Whether a thought calls tools or talks with a user."""
    return any(not draft.roles.isdisjoint((Role.CALL, Role.USER)) for draft in drafts)


def _is_message(text: str, steps: tuple[Step, ...]) -> bool:
    """Whether an answer is one message: it is short, and no section of it holds others."""
    return len(text) <= WHOLE_REPLY and not any(step.depth for step in steps)


def _talks(drafts: Sequence[DraftStep]) -> bool:
    """Whether a user takes part: what the agent says last is one message, however long it is."""
    return any(Role.USER in draft.roles for draft in drafts)


def _join_closing(trajectory: Trajectory, drafts: Sequence[DraftStep], steps: tuple[Step, ...]) -> Step:
    """Return the last message of an agent as one step."""
    kind = StepKind.RESULT
    if all(step.kind is StepKind.TALK for step in steps):
        kind = StepKind.TALK
    elif _talks(drafts):
        kind = _kind_of_closing(trajectory, drafts)
    return Step(Span(Part.ANSWER, steps[0].span.start, steps[-1].span.end), kind)


def _kind_of_closing(trajectory: Trajectory, drafts: Sequence[DraftStep]) -> StepKind:
    """Return a result if the last message says what was done or refused, and nothing was done after it was said."""
    text = PartText(trajectory.answer, plain(trajectory.answer))
    message = cut_units(text)
    if _is_overtaken(trajectory, drafts):
        return StepKind.TALK
    return StepKind.RESULT if concludes_request(text, message) else StepKind.TALK


def _is_overtaken(trajectory: Trajectory, drafts: Sequence[DraftStep]) -> bool:
    """Whether the last message was said before, and a tool was called after that: it offers what was done since."""
    said = trajectory.thought.rfind(trajectory.answer.strip())
    return said >= 0 and any(Role.CALL in draft.roles and draft.start > said for draft in drafts)


def _read_part(original: str) -> Sequence[DraftStep]:
    text = PartText(original, plain(original))
    return group_units(text, cut_units(text))


def _steps_of(part: Part, original: str, drafts: Sequence[DraftStep], *, answer: str | None) -> Iterator[Step]:
    if original and not drafts:  # blanks and rules alone
        yield Step(Span(part, 0, len(original)), StepKind.TALK)
    starts = [0, *(draft.start for draft in drafts[1:]), len(original)]
    kinds = kinds_of_steps(drafts, answer=answer)
    depths = depths_of(drafts)
    for place, draft in enumerate(drafts):
        span = Span(part, starts[place], starts[place + 1])
        goal = "" if kinds[place] is StepKind.TALK else goal_of_step(draft)
        yield Step(span, kinds[place], goal, depths[place])
