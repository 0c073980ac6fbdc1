"""What a record says about an attempt in addition to its text: verdict, origin, whether it came to an end."""

from dataclasses import dataclass

from midthought.ingest.formats.fields import Fields
from midthought.memory.records.trajectory import Outcome


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
