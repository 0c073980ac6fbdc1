"""Procedures in the words of a trace: one for its whole plan, and one for every sub-goal that it says how to reach."""

import re
from collections.abc import Iterable, Sequence

from midthought.ingest.extraction.extracted import ExtractedProcedure
from midthought.ingest.extraction.rewriting.glossary import read_glossary
from midthought.ingest.extraction.rewriting.requests import read_request
from midthought.ingest.extraction.rewriting.steps import Step, read_steps
from midthought.memory.entry import Procedure
from midthought.memory.trajectory import Part, Span, Trajectory

MOST_STEPS = 8
_WORD = re.compile(r"[a-z]+")
_GOAL_STAND_IN = re.compile(
    r"\b(?:the unknown|the expression|the given number|the equation|the fraction|the power|the function value|the relation)\b"
)


def rewrite(trajectory: Trajectory, *, extractor: str) -> list[ExtractedProcedure]:
    """Return the drafts of a trace, the plan first; nothing is checked for leaks here."""
    text = "\n".join([trajectory.question, trajectory.thought, trajectory.answer])
    glossary = read_glossary(text)
    answer = list(read_steps(Part.ANSWER, trajectory.answer, glossary))
    thought = list(read_steps(Part.THOUGHT, trajectory.thought, glossary))
    drafts = []
    request = read_request(trajectory.question, glossary)
    request = request or next((q for step in thought[:3] if (q := _goal_question(step))), None)
    plan = _best_plan(answer, thought, request or "")
    if request and plan:
        drafts.append(_draft(request, plan, extractor))
    return drafts + _goal_drafts(answer, extractor) + _goal_drafts(thought, extractor)


def _best_plan(answer: Sequence[Step], thought: Sequence[Step], question: str) -> list[Step]:
    """Return the telling steps of the written-out solution, or of the thought where that says too little."""
    chosen = _telling(answer, question)
    return chosen if len(chosen) >= 4 else _telling([*thought, *answer], question) or chosen


_SMALL_STEP = re.compile(
    r"\b(?:both sides|one side|(?:right|left)(?:-hand)? side|like terms|suitable factor|a constant|numerator|denominator|known values|right side|"
    r"each term|parentheses|substitute back|for the unknown|the equations?$|quadratic formula)\b"
)
"""Algebra that every solution has; a plan names at most two of these."""


def _telling(steps: Iterable[Step], question: str = "") -> list[Step]:
    chosen: list[Step] = []
    small = 0
    for step in steps:
        if step.terms < 1 or any(_alike(step, other) for other in chosen) or _restates(step, question):
            continue
        if _SMALL_STEP.search(step.clause.text):
            small += 1
            if small > 2:
                continue
        chosen.append(step)
    best = sorted(chosen, key=lambda step: -min(step.terms, 3) + (1 if _SMALL_STEP.search(step.clause.text) else 0))[
        :MOST_STEPS
    ]
    kept = [step for step in chosen if step in best]
    large = [step for step in kept if not _SMALL_STEP.search(step.clause.text)]
    return kept if len(large) >= 3 and sum(len(s.clause.text.split()) for s in kept) >= 24 else []


def _restates(step: Step, question: str) -> bool:
    asked = set(_WORD.findall(question)) - _SMALL
    return bool(asked) and len(_content(step) & asked) >= 0.75 * len(_content(step))


def _goal_drafts(steps: Sequence[Step], extractor: str) -> list[ExtractedProcedure]:
    drafts = []
    for number, step in enumerate(steps):
        question = _goal_question(step)
        if not question:
            continue
        way = _way_to(steps, number)
        if way:
            drafts.append(_draft(question, way, extractor, first=step.span))
    return drafts


def _goal_question(step: Step) -> str | None:
    text = step.clause.text
    if not step.is_goal or step.terms < 2 or _GOAL_STAND_IN.search(text) or len(text.split()) > 18 or "," in text:
        return None
    if re.search(
        r"\b(?:using|before|to satisfy|to make|to see|separately|together|where possible|for clarity)\b", text
    ) or text.startswith(("check", "verify", "list", "choose")):
        return None
    return f"How do I {text}?"


def _way_to(steps: Sequence[Step], goal: int) -> list[Step]:
    """Return what follows a goal until the next one that shares no word with it."""
    way: list[Step] = []
    for step in steps[goal + 1 :]:
        if step.span.start - steps[goal].span.end > 1500 or len(way) == MOST_STEPS:
            break
        if _alike(step, steps[goal]) or any(_alike(step, other) for other in way):
            continue
        if step.is_goal and step.terms >= 2 and _goal_question(step) and not _share(step, steps[goal]):
            break
        if step.terms >= 1:
            way.append(step)
    words = sum(len(step.clause.text.split()) for step in way)
    return way if len(way) >= 2 and words >= 18 else []


def _share(one: Step, other: Step) -> bool:
    return len(_content(one) & _content(other)) >= 2


def _alike(one: Step, other: Step) -> bool:
    a, b = _content(one), _content(other)
    return len(a & b) >= 0.7 * min(len(a), len(b))


_SMALL = frozenset("the a an of to in by for and or with is are as on at from both all that given find use".split())


def _content(step: Step) -> set[str]:
    return set(_WORD.findall(step.clause.text)) - _SMALL


def _draft(question: str, steps: Sequence[Step], extractor: str, *, first: Span | None = None) -> ExtractedProcedure:
    spans = [first, *(step.span for step in steps)] if first else [step.span for step in steps]
    return ExtractedProcedure(
        Procedure(subquestion=question, subroutine=_say([step for step in steps]), extractor=extractor),
        tuple(dict.fromkeys(spans)),
    )


def _say(steps: Sequence[Step]) -> str:
    sentences: list[str] = []
    deeds = 0
    for step in steps:
        text, purpose = step.clause.text, step.clause.purpose
        if step.clause.statement:
            sentences.append(f"{text[0].upper()}{text[1:]}.")
            continue
        deeds += 1
        opening = ("For problems like this I should first", "Then I should", "Next I should", "After that I should")[
            min(deeds - 1, 3)
        ]
        if purpose and deeds > 1:
            opening = f"{purpose[0].upper()}{purpose[1:]}, I should"
        sentences.append(f"{opening} {text}.")
    if steps[0].clause.statement:
        sentences[0] = f"For problems like this I should use that {sentences[0][0].lower()}{sentences[0][1:]}"
        sentences = [
            s.replace("For problems like this I should first", "Then I should") if n else s
            for n, s in enumerate(sentences)
        ]
    return " ".join(sentences)
