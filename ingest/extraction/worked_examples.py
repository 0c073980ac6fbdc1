"""Worked examples of a trace: its whole solution, and its best steps, both in its own words."""

import re
from collections.abc import Sequence

from midthought.ingest.extraction.asked import Asked, read_asked
from midthought.ingest.extraction.compaction import compact, drop_orphans, join_units, merge_spans
from midthought.ingest.extraction.example_phrases import load_example_phrases
from midthought.ingest.extraction.extracted import ExtractedEntry, RefusedDraft
from midthought.ingest.extraction.outcomes import (
    find_arrival,
    find_letter,
    find_result,
    is_bare_letter,
    is_final_heading,
    last_boxed,
    misses_option,
    states,
)
from midthought.ingest.extraction.refusal_reasons import RefusalReason
from midthought.ingest.extraction.step_examples import find_step_passages
from midthought.ingest.extraction.tool_passages import compact_calls, find_call_passages
from midthought.ingest.extraction.tool_quotes import join_tool_units
from midthought.ingest.extraction.trace_page import TracePage, read_trace_page
from midthought.ingest.extraction.units import TextUnit
from midthought.ingest.normal_form import normalise
from midthought.memory.records.entry import ExampleSize, WorkedExample
from midthought.memory.records.step import Step
from midthought.memory.records.trajectory import Trajectory

EXTRACTOR = "examples-2"
OPENING, THOUGHT_OPENING = 3, 8  # units at the beginning of a solution or thought that may repeat the question
MIN_WORDS = 8  # of a whole solution; less is only its result
SHORT_RESULT = 8  # words of an answer that is a result and no talk
LONG_THOUGHT = 150  # words of a thought after which what follows the first firm result is left out
_NUMBER_OF_WORDS = re.compile(r"\S+")

Draft = ExtractedEntry[WorkedExample] | RefusedDraft


def extract_whole(trajectory: Trajectory, steps: Sequence[Step]) -> Draft:
    """Return the question with the compacted solution, or the reason why there is none."""
    asked = read_asked(trajectory.question)
    page = read_trace_page(trajectory, steps)
    units = compact_calls(page) if page.calls else _compact_solution(page, trajectory, asked)
    text = join_tool_units(units, page.text) if page.calls else join_units(units, page.text)
    if count_words(text) < MIN_WORDS or not units:
        return RefusedDraft(asked.text, RefusalReason.NO_SOLUTION)
    option = asked.options.get(find_letter(trajectory), "")
    if load_example_phrases().guesses.search(text) or (option and misses_option(text, option)):
        return RefusedDraft(asked.text, RefusalReason.PICKED)
    example = WorkedExample(
        goal=asked.text,
        passage=text,
        size=ExampleSize.WHOLE,
        result=_find_result(trajectory, asked, page=page, last=units[-1]),
        outcome=trajectory.outcome,
        extractor=EXTRACTOR,
    )
    return ExtractedEntry(example, merge_spans(units, page.text))


def extract_step_examples(trajectory: Trajectory, steps: Sequence[Step]) -> list[Draft]:
    """Return the best steps of a trace with the passages that reach them, and the drafts that were refused."""
    asked = read_asked(trajectory.question)
    page = read_trace_page(trajectory, steps)
    found = find_call_passages(page) if page.calls else find_step_passages(page, asked)
    drafts: list[Draft] = []
    for passage in found:
        if isinstance(passage, RefusedDraft):
            drafts.append(passage)
            continue
        example = WorkedExample(
            goal=passage.goal,
            passage=passage.text,
            size=ExampleSize.STEP,
            question=asked.text,
            result=passage.units[-1].text,
            outcome=trajectory.outcome,
            extractor=EXTRACTOR,
        )
        drafts.append(ExtractedEntry(example, merge_spans(passage.units, page.text)))
    return drafts


def _find_result(trajectory: Trajectory, asked: Asked, *, page: TracePage, last: TextUnit) -> str:
    """Return the final result; of a conversation, whose answer may be a farewell, what was concluded last."""
    result = find_result(trajectory, asked.options)
    return last.text if not result or (page.calls and count_words(result) > SHORT_RESULT) else result


def count_words(text: str) -> int:
    """Return the number of words."""
    return sum(1 for _ in _NUMBER_OF_WORDS.finditer(text))


def _compact_solution(page: TracePage, trajectory: Trajectory, asked: Asked) -> tuple[TextUnit, ...]:
    units = list(page.units)
    result = find_result(trajectory, asked.options)
    arrival: int | None = None
    if not page.written and count_words(page.text) > LONG_THOUGHT:
        arrival = find_arrival(units, result)
        units = units[: arrival + 1] if arrival is not None else units
    kinds = {place: page.kind_at(place) for place in range(len(units))}
    opening = OPENING if page.written else THOUGHT_OPENING
    kept = compact(units, question=asked.text, opening=opening, kinds=kinds, written=page.written)
    if arrival is not None and units[-1] not in kept:
        kept = (*kept, units[-1])
    return drop_orphans(_end_in_result([unit for unit in kept if not is_final_heading(unit)], result))


def _end_in_result(units: Sequence[TextUnit], result: str) -> list[TextUnit]:
    """Leave out letters of options, which say nothing without the options, and what follows the last result."""
    body = [unit for unit in units if not is_bare_letter(unit)]
    marked = max((place for place, unit in enumerate(body) if last_boxed(unit.text)), default=-1)
    if result and marked >= 0 and normalise(result) in normalise(body[marked].text):
        body = body[: marked + 1]  # what follows the marked result checks it
    while body and not states(body[-1]):
        body.pop()
    if len(body) > 1 and _is_bare_box(body[-1]) and result and normalise(result) in normalise(body[-2].text):
        body.pop()
    return body


def _is_bare_box(unit: TextUnit) -> bool:
    """Whether a unit is only the marked result."""
    return re.fullmatch(r"[\s$\\\[\](*_]*\\boxed\{.{0,80}\}[\s$\\\]).*_]*", unit.text) is not None
