"""Question, reasoning and answer in fields of other names: s1K, OpenThoughts, and data sets with a rationale."""

from dataclasses import dataclass, replace

from midthought.ingest.formats.assembly import assemble
from midthought.ingest.formats.fields import Fields
from midthought.ingest.formats.format import Format
from midthought.ingest.formats.labels import read_verdict, take_public_labels
from midthought.ingest.formats.marked import QUESTION_FIELDS, take_question
from midthought.ingest.formats.markers import MarkedText, split_thought
from midthought.memory.records.trajectory import Outcome, Trajectory

_ANSWERS = ("answer", "response", "output", "completion", "content", "target", "deepseek_solution", "solution")
_GOLDS = ("ground_truth", "ground_truth_answer", "ground_truth_solution", "ground_truth_final_answer", "solution")


@dataclass(frozen=True, slots=True)
class _Attempt:
    """The fields of one attempt: its thought, its answer (the first that is there), its verdict, and its model."""

    thought: str
    answers: tuple[str, ...] = _ANSWERS
    verdict: str = ""
    model: str = ""


_ATTEMPTS = (
    _Attempt("thinking_trajectories", ("attempt",)),
    _Attempt("deepseek_thinking_trajectory", ("deepseek_attempt",), "deepseek_grade", "deepseek"),
    _Attempt("gemini_thinking_trajectory", ("gemini_attempt",), "gemini_grade", "gemini"),
    _Attempt("deepseek_reasoning", ("deepseek_solution",), model="deepseek"),
    _Attempt("reasoning_content"),
    _Attempt("reasoning"),
    _Attempt("rationale"),
    _Attempt("chain_of_thought"),
)


def is_reasoning(record: dict[str, object]) -> bool:
    """Return whether a record has a question, in a field or as a message, and a text of reasoning."""
    asked = any(isinstance(record.get(name), str) for name in QUESTION_FIELDS)
    return (asked or bool(_last_asked(record.get("messages")))) and any(
        _read_text(record.get(attempt.thought)).strip() for attempt in _ATTEMPTS
    )


def parse_reasoning(record: dict[str, object]) -> tuple[Trajectory, ...]:
    """Return one trajectory for each attempt that the record has: s1K-1.1 has two. Raises `BadInput`."""
    fields = Fields(record, Format.REASONING)
    question = take_question(fields) or _last_asked(fields.take_any("messages"))
    if not question:
        raise fields.bad(f"the question is missing: expected a field {' or '.join(QUESTION_FIELDS)}")
    found = [(attempt, _take_attempt(fields, attempt)) for attempt in _ATTEMPTS if attempt.thought in fields]
    told = [(attempt, *taken) for attempt, taken in found if taken[0].thought]
    if not told:
        raise fields.bad(f"no thought: expected a field {' or '.join(one.thought for one in _ATTEMPTS)}")
    labels = take_public_labels(fields, gold=_GOLDS, verdict=("is_correct",))
    return tuple(
        assemble(
            fields,
            question,
            marked=marked,
            labels=replace(
                labels,
                outcome=labels.outcome if outcome is None else outcome,
                model=labels.model or attempt.model,
            ),
            found={},
        )
        for attempt, marked, outcome in told
    )


def _last_asked(messages: object) -> str:
    """Return what the user asked last, if the messages end there and the answer is in fields."""
    last = messages[-1] if isinstance(messages, list) and messages else None
    asked = last.get("content") if isinstance(last, dict) and last.get("role") == "user" else ""
    return asked if isinstance(asked, str) else ""


def _take_attempt(fields: Fields, attempt: _Attempt) -> tuple[MarkedText, Outcome | None]:
    """Take thought, answer and verdict; markers inside either are left out."""
    thought = _read_text(fields.take_any(attempt.thought)).strip()
    name = fields.find(attempt.answers)
    answer = _read_text(fields.take_any(name)).strip() if name else ""
    marked = split_thought(thought) or MarkedText(thought)
    after = split_thought(answer)
    answer = after.answer if after else answer
    verdict = read_verdict(fields.take_any(attempt.verdict)) if attempt.verdict in fields else None
    return MarkedText(marked.thought, answer or marked.answer), verdict


def _read_text(value: object) -> str:
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return "\n\n".join(str(part) for part in value)
    return value if isinstance(value, str) else ""
