"""Where the work that a step belongs to ends: the run of steps that go on with it."""

from collections.abc import Sequence

from midthought.memory.records.step import Step, StepKind

_GOES_ON = frozenset({StepKind.WORK, StepKind.CODE, StepKind.RESULT})
_PAUSES = frozenset({StepKind.PLAN, StepKind.RESTATEMENT})
"""Steps in between: what is done next, or what is given, is often said in the middle of one computation."""


def end_of_run(steps: Sequence[Step], number: int) -> int | None:
    """Return where the work of a step ends, or None in a conversation with tools, whose replies show what was done.

    A run goes on up to a step that does something else (a check, a change), or to one that is less deep: the next
    section after a lemma and its proof.
    """
    opener = steps[number]
    if any(step.kind is StepKind.CALL for step in steps):
        return None
    end = opener.span.end
    for step in steps[number + 1 :]:
        if step.depth < opener.depth or step.span.part is not opener.span.part:
            break
        if step.kind in _GOES_ON:
            end = step.span.end
        elif step.kind not in _PAUSES:
            break
    return end
