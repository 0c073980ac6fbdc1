"""Rounds of a conversation in which a request is looked into and refused."""

from collections.abc import Sequence

from midthought.ingest.extraction.example_phrases import load_example_phrases
from midthought.ingest.extraction.extracted import RefusedDraft
from midthought.ingest.extraction.refusal_reasons import RefusalReason
from midthought.ingest.extraction.step_passage import StepPassage
from midthought.ingest.extraction.tool_quotes import INTENT, join_tool_units, keep_of_turn
from midthought.ingest.extraction.trace_page import TracePage
from midthought.ingest.extraction.turns import Turn
from midthought.ingest.extraction.units import TextUnit
from midthought.ingest.steps.labels import Role

MAX_ROUND_WORDS = 320  # of the passage of all that is done for a request
MIN_UNITS = 2  # of a passage: the call, and what came of it


def draft_refusal(
    goal: str, turns: Sequence[Turn], places: tuple[int, int], *, page: TracePage
) -> StepPassage | RefusedDraft:
    """Return the passage of a request that is looked into and refused: up to the sentence that says so."""
    own = range(places[0] + 1, places[1])
    units = [unit for place in own if turns[place].role is not Role.USER for unit in keep_of_turn(turns, place, page)]
    calls = [turns[place] for place in own if turns[place].role is Role.CALL]
    refusals = load_example_phrases().refusals
    replies = [(turns[place].start, turns[place].end) for place in own if turns[place].role is Role.REPLY]
    refusing = [
        (start, end) for start, end in replies if start > calls[0].end and refusals.search(page.text[start:end])
    ]
    if not refusing:
        return RefusedDraft(goal, RefusalReason.UNCHANGED)
    # The rest of the reply says why, and what of the request is done after all.
    units = end_in_statement([unit for unit in units if unit.span.start < refusing[0][1]])
    joined = join_tool_units(units, page.text)
    looked = any(unit.span.start >= calls[0].start for unit in units[:-1])
    if not looked or len(units) <= MIN_UNITS or len(joined.split()) > MAX_ROUND_WORDS:
        return RefusedDraft(goal, RefusalReason.UNCHANGED)
    return StepPassage(f"Decide on a request to {goal[0].lower()}{goal[1:]}", tuple(units), joined, 2.0)


def end_in_statement(units: list[TextUnit]) -> list[TextUnit]:
    """Leave out questions, announcements and plans at the end."""
    while units and (units[-1].text.endswith("?") or units[-1].leads or INTENT.match(units[-1].text)):
        units.pop()
    return units
