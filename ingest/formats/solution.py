"""Written-out solutions without a thought: GSM8K, MATH, NuminaMath and the like."""

from dataclasses import replace

from midthought.ingest.formats.assembly import assemble_solution, is_bare_result
from midthought.ingest.formats.fields import Fields
from midthought.ingest.formats.format import Format
from midthought.ingest.formats.labels import take_public_labels
from midthought.ingest.formats.marked import OUTPUT_FIELDS, QUESTION_FIELDS, take_question
from midthought.memory.records.trajectory import Trajectory

SOLUTION_FIELDS = ("solution", "answer")
GOLD_FIELDS = ("answer", "final_answer", "ground_truth", "target", "expected_answer")
_GSM8K_MARK = "####"


def is_solution(record: dict[str, object]) -> bool:
    """Return whether a record has a question, a solution that is more than a bare result, and no output of a model.

    Beside an output, the solution is what it is compared with.
    """
    if any(isinstance(record.get(name), str) for name in OUTPUT_FIELDS if name != "text"):
        return False
    solution = next((text for name in SOLUTION_FIELDS if isinstance(text := record.get(name), str)), "")
    asked = any(isinstance(record.get(name), str) for name in QUESTION_FIELDS)
    return asked and not is_bare_result(_split_result(solution)[0])


def parse_solution(record: dict[str, object]) -> tuple[Trajectory, ...]:
    """Return the trajectory, whose answer is the solution. Raises `BadInput`.

    The solution is in ``solution`` or ``answer``, or is a model's whole output. The known right answer is behind
    ``####`` at its end (GSM8K), or in another field.
    """
    fields = Fields(record, Format.SOLUTION)
    asked = fields.find(QUESTION_FIELDS)
    name = fields.find((*SOLUTION_FIELDS, *OUTPUT_FIELDS))
    if name is None:
        raise fields.bad(f"the solution is missing: expected a field {' or '.join(SOLUTION_FIELDS)}")
    if asked is None:
        raise fields.bad(f"the question is missing: expected a field {' or '.join(QUESTION_FIELDS)}")
    question, solution = take_question(fields), fields.take_text(name)
    result = _split_result(solution)[1]
    # In GSM8K the field of the solution has the result too; elsewhere it has a field of its own.
    labels = take_public_labels(fields, gold=() if result else GOLD_FIELDS, verdict=("is_correct",))
    if result and labels.gold is None:
        labels = replace(labels, gold=result)
    return (assemble_solution(fields, question, solution=solution, labels=labels),)


def _split_result(solution: str) -> tuple[str, str]:
    """Return what stands before and behind GSM8K's mark on the last line; without it, nothing stands behind."""
    before, mark, result = solution.rpartition(_GSM8K_MARK)
    return (before, result.strip()) if mark and "\n" not in result.strip() else (solution, "")
