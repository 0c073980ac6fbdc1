"""A question with several attempts in one record, each with its own verdict: OpenR1, and outputs of samplers."""

from collections.abc import Sequence
from dataclasses import replace

from midthought.ingest.formats.assembly import assemble, assemble_solution, is_bare_result
from midthought.ingest.formats.conversation import MAX_REPEATED
from midthought.ingest.formats.fields import Fields
from midthought.ingest.formats.format import Format
from midthought.ingest.formats.labels import Labels, read_verdict, take_public_labels
from midthought.ingest.formats.marked import QUESTION_FIELDS, take_question
from midthought.ingest.formats.markers import split_thought
from midthought.ingest.formats.solution import GOLD_FIELDS
from midthought.memory.errors import BadInput
from midthought.memory.records.trajectory import Outcome, Trajectory

ATTEMPT_FIELDS = Format.ATTEMPTS.telling_fields
VERDICT_LISTS = (
    "correctness_math_verify",
    "correctness_llama",
    "correctness",
    "correct",
    "is_correct",
    "score",
    "scores",
)
_COMPLETE = "is_reasoning_complete"
_REASONS = "finish_reasons"


def is_attempts(record: dict[str, object]) -> bool:
    """Return whether a record has a question and a list of texts."""
    asked = any(isinstance(record.get(name), str) for name in QUESTION_FIELDS)
    return asked and any(_is_texts(record.get(name)) for name in ATTEMPT_FIELDS)


def parse_attempts(record: dict[str, object]) -> tuple[Trajectory, ...]:
    """Return a trajectory for each attempt, with its own verdict. Raises `BadInput`.

    The verdict of an attempt stands at its place in the first list of verdicts that says something of it. One verdict
    for several attempts is refused: it cannot be told which of them it is about.
    """
    fields = Fields(record, Format.ATTEMPTS)
    asked, name = fields.find(QUESTION_FIELDS), fields.find(ATTEMPT_FIELDS)
    if asked is None or name is None:
        expected = ATTEMPT_FIELDS if asked else QUESTION_FIELDS
        raise fields.bad(f"a field is missing: expected {' or '.join(expected)}")
    question, attempts = take_question(fields), fields.take(name, list) or []
    if not _is_texts(attempts):
        raise fields.bad(f"field {name!r} is not a list of texts")
    verdicts = _take_lists(fields, VERDICT_LISTS, len(attempts))
    (complete,), (reasons,) = (
        _take_lists(fields, (_COMPLETE,), len(attempts)),
        _take_lists(fields, (_REASONS,), len(attempts)),
    )
    labels = take_public_labels(fields, gold=GOLD_FIELDS)
    _drop_repeated(fields, attempts)
    if labels.outcome is not Outcome.UNKNOWN and len(attempts) > 1:
        raise fields.bad(f"one verdict for {len(attempts)} attempts: expected a list with one for each")
    made = [
        _assemble(
            fields,
            question,
            str(attempt),
            labels=replace(
                labels,
                outcome=_first_verdict(verdicts, place, labels.outcome),
                finished=_is_finished(complete[place], reasons[place], labels.finished),
            ),
            place=place if len(attempts) > 1 else None,
        )
        for place, attempt in enumerate(attempts)
        if str(attempt).strip()
    ]
    good = tuple(one for one in made if isinstance(one, Trajectory))
    if sum(len(one.question) + len(one.metadata) for one in good) > MAX_REPEATED:
        raise fields.bad(f"its {len(good)} attempts repeat question and metadata to over {MAX_REPEATED:,} characters")
    if not good:
        raise next((one for one in made if isinstance(one, BadInput)), fields.bad("all attempts are empty"))
    return good


def _drop_repeated(fields: Fields, attempts: Sequence[object]) -> None:
    """Drop a conversation that only repeats one of the attempts: each of them would have it in its metadata."""
    messages = fields.take_any("messages")
    last = messages[-1] if isinstance(messages, list) and messages else None
    if messages is not None and not (isinstance(last, dict) and last.get("content") in attempts):
        fields.put_back("messages", messages)


def _assemble(
    fields: Fields, question: str, attempt: str, *, labels: Labels, place: int | None
) -> Trajectory | BadInput:
    """Return the trajectory of one attempt; an attempt that is a bare result loses none of the others."""
    marked = split_thought(attempt)
    found = {} if place is None else {"attempt_number": place + 1}
    try:
        if marked is not None and (marked.thought or is_bare_result(marked.answer)):
            return assemble(fields, question, marked=marked, labels=labels, found=found)
        solution = marked.answer if marked else attempt
        return assemble_solution(fields, question, solution=solution, labels=labels, found=found)
    except BadInput as error:
        return error


def _take_lists(fields: Fields, names: Sequence[str], length: int) -> list[list[object]]:
    """Take the lists of one value for each attempt; a missing one is a list of nothing."""
    lists: list[list[object]] = []
    for name in names:
        value = fields.take_if(name, list)
        if value is not None and len(value) != length:
            raise fields.bad(f"field {name!r} has {len(value)} values for {length} attempts")
        lists.append(value if value is not None else [None] * length)
    return lists


def _first_verdict(verdicts: Sequence[Sequence[object]], place: int, otherwise: Outcome) -> Outcome:
    told = (read_verdict(listed[place]) for listed in verdicts)
    return next((verdict for verdict in told if verdict is not Outcome.UNKNOWN), otherwise)


def _is_finished(complete: object, reason: object, otherwise: bool | None) -> bool | None:
    if reason == "length" or complete is False:
        return False
    return True if complete is True else otherwise


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, str) for item in value)
