"""What a record says about an attempt in addition to its text: verdict, origin, whether it came to an end."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from midthought.ingest.formats.fields import Fields
from midthought.ingest.verdicts.final_answer import marked_answer
from midthought.memory.records.trajectory import Outcome

TRUTH_FIELDS = ("ground_truth", "expected_answer", "reference_answer", "gold_answer", "gt", "target")
"""Fields that others have for `gold`. ``answer`` is none of them: beside an output, it may be the model's own."""

MAX_GOLD = 100
"""Characters of a known right answer; what is longer, or has several lines, is a solution with the answer in it."""

VERDICT_FIELDS = ("resolved", "is_resolved", "reward", "score", "success", "is_correct", "passed")
"""Fields that others have for `correct`."""


@dataclass(frozen=True, slots=True)
class Labels:
    """The labels of one record; `finished` is None if it does not say."""

    gold: str | None = None
    outcome: Outcome = Outcome.UNKNOWN
    finished: bool | None = None
    source: str = ""
    model: str = ""


def take_labels(fields: Fields) -> Labels:
    """Take ``gold``, ``outcome`` or ``correct``, ``finished``, ``source`` and ``model``, all optional."""
    return Labels(
        gold=fields.take("gold", str),
        outcome=_take_outcome(fields),
        finished=fields.take("finished", bool),
        source=fields.take("source", str) or "",
        model=fields.take("model", str) or "",
    )


def take_known_labels(fields: Fields) -> Labels:
    """Take our own labels; where the record lacks one, a field that others have for it."""
    labels = take_labels(fields)
    if labels.gold is None:
        labels = replace(labels, gold=_take_gold(fields, TRUTH_FIELDS))
    if labels.outcome is Outcome.UNKNOWN:
        verdicts = ((name, read_verdict(fields.look(name))) for name in VERDICT_FIELDS)
        name, outcome = next((one for one in verdicts if one[1] is not Outcome.UNKNOWN), ("", Outcome.UNKNOWN))
        fields.take_any(name)
        labels = replace(labels, outcome=outcome)
    return labels


def _take_gold(fields: Fields, names: Sequence[str]) -> str | None:
    """Return the first known right answer; a field that has more than the answer is left for the metadata."""
    for name in names:
        value = fields.look(name)
        if gold := read_gold(value):
            if gold == write_gold(value):
                fields.take_any(name)
            return gold
    return None


def take_public_labels(
    fields: Fields, *, gold: Sequence[str] = (), verdict: Sequence[str] = (), model: Sequence[str] = ()
) -> Labels:
    """Take the labels of a record of somebody else's, whose fields may have other names and kinds.

    `gold`, `verdict` and `model` are names that are looked for in addition to our own, in this order.
    """
    verdict_field = fields.find(("outcome", "correct", *verdict))
    return Labels(
        gold=write_gold(fields.take_any("gold")) or _take_gold(fields, gold),
        outcome=read_verdict(fields.take_any(verdict_field)) if verdict_field else Outcome.UNKNOWN,
        finished=fields.take_if("finished", bool),
        source=fields.take_if("source", str) or "",
        model=next(filter(None, (fields.take_if(name, str) for name in ("model", *model))), ""),
    )


def read_verdict(value: object) -> Outcome:
    """Return what a verdict says: true or false, 1 or 0, a word such as "correct", "C" or "pass"; others are unknown.

    A share between 0 and 1 is no verdict: partly right is neither.
    """
    if isinstance(value, bool | int | float):
        return Outcome.CORRECT if value == 1 else Outcome.WRONG if value == 0 else Outcome.UNKNOWN
    word = value.strip().lower() if isinstance(value, str) else ""
    if word in ("correct", "c", "right", "yes", "true", "pass", "passed", "resolved", "success", "1", "1.0"):
        return Outcome.CORRECT
    if word in ("wrong", "incorrect", "i", "no", "false", "fail", "failed", "unresolved", "failure", "0", "0.0"):
        return Outcome.WRONG
    return Outcome.UNKNOWN


def read_feedback(value: object) -> Outcome:
    """Return what a user's feedback on an answer says: a verdict, a thumb up or down, 1 or -1; others are unknown."""
    if isinstance(value, int | float) and value == -1:
        return Outcome.WRONG
    word = value.strip().lower().replace("-", "_").replace(" ", "_") if isinstance(value, str) else ""
    if word in ("up", "thumbs_up", "thumb_up", "like", "liked", "good", "positive", "helpful", "\U0001f44d"):
        return Outcome.CORRECT
    if word in (
        "down",
        "thumbs_down",
        "thumb_down",
        "dislike",
        "disliked",
        "bad",
        "negative",
        "unhelpful",
        "\U0001f44e",
    ):
        return Outcome.WRONG
    return read_verdict(value)


def read_gold(value: object) -> str | None:
    """Return the known right answer in a value: all of it if it is short, the marked answer of a whole solution.

    A solution without a mark has none: compared with it, every right answer would be wrong.
    """
    text = write_gold(value)
    if text is None or (len(text) <= MAX_GOLD and "\n" not in text.strip()):
        return text
    return marked_answer(text)


def write_gold(value: object) -> str | None:
    """Return a known right answer as text: numbers as they are written, a list of one as its item."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if value is None or isinstance(value, str):
        return value or None
    return json.dumps(value, ensure_ascii=False)


def _take_outcome(fields: Fields) -> Outcome:
    # The two could contradict each other.
    if "outcome" in fields and "correct" in fields:
        raise fields.bad("fields 'outcome' and 'correct' are both there: expected one verdict")
    correct, outcome = fields.take("correct", bool), fields.take("outcome", str)
    if correct is not None:
        return Outcome.CORRECT if correct else Outcome.WRONG
    try:
        return Outcome(outcome or Outcome.UNKNOWN)
    except ValueError:
        expected = ", ".join(Outcome)
        raise fields.bad(f"field 'outcome' is {(outcome or '')[:40]!a}, expected one of {expected}") from None
