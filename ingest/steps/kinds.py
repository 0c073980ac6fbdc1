"""What a step does, by its units and by what its sentences open with."""

from collections import Counter

from midthought.ingest.steps.headings import kind_of_title
from midthought.ingest.steps.joints import DraftStep
from midthought.ingest.steps.labels import Role
from midthought.ingest.steps.openers import Opener
from midthought.ingest.steps.units import UnitKind
from midthought.memory.records.step import StepKind

PASSING = 400  # characters that a step of plan, restatement or talk has at most, if it also says more

_BY_OPENER = {
    Opener.CHANGE: StepKind.CHANGE,
    Opener.CHECK: StepKind.CHECK,
    Opener.RESULT: StepKind.RESULT,
}
_PASSING = {Opener.RESTATEMENT: StepKind.RESTATEMENT, Opener.PLAN: StepKind.PLAN, Opener.TALK: StepKind.TALK}


def kind_of_step(text: str, draft: DraftStep, *, is_last: bool) -> StepKind:
    """Return the kind of a step."""
    if draft.has_role(Role.CALL):
        return StepKind.CALL
    if draft.has_role(Role.CELL) or draft.has_kind(UnitKind.FENCE):
        return StepKind.CODE
    heading = draft.units[0].heading
    if heading and (kind := kind_of_title(heading.title)):
        return StepKind(kind)
    if draft.has_role(Role.ANSWER) or ("\\boxed" in text[draft.start : draft.end] and is_last):
        return StepKind.RESULT
    if draft.has_role(Role.USER):
        return _kind_of_turn(draft)
    return _kind_of_prose(draft)


def _kind_of_turn(draft: DraftStep) -> StepKind:
    return StepKind.RESTATEMENT


def _kind_of_prose(draft: DraftStep) -> StepKind:
    kinds = [opening.kind for opening in draft.openings if opening is not None]
    first = next((kind for kind in kinds if kind not in (None, Opener.TALK, Opener.PLAN)), kinds[0] if kinds else None)
    if first in _BY_OPENER:
        return _BY_OPENER[first]
    counts = Counter(kinds)
    for opener, kind in _PASSING.items():
        if counts[opener] * 2 >= len(kinds) > 0 and not draft.has_result and draft.end - draft.start <= PASSING:
            return kind
    return StepKind.WORK
