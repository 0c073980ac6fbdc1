"""No general entry holds a number of its source, or a result on the way to its answer."""

from midthought.ingest.checks.check import CheckContext, Draft, DraftFault, is_general, joined_texts
from midthought.ingest.checks.numerals import STRUCTURAL, numerals_of, sums_of
from midthought.ingest.checks.particulars import read_particulars, shared_numbers
from midthought.memory.records.trajectory import Trajectory


def check_numbers(draft: Draft, trajectory: Trajectory, context: CheckContext) -> DraftFault | None:
    """Refuse a general entry with a number of its question, or with a result of its trace.

    0, 1, 2, exponents, indices and numbers of steps pass. A number that many problems share is refused only if it
    counts the same thing as in the question, or stands between the same signs.
    """
    if not is_general(draft.entry):
        return None
    source = read_particulars(trajectory)
    for numeral in numerals_of(joined_texts(draft.entry)):
        if numeral.value in STRUCTURAL:
            continue
        is_common = numeral.is_common or numeral.value in shared_numbers()
        asked = source.numerals.get(numeral.value, ())
        if asked and (not is_common or any(numeral.stands_like(other) for other in asked)):
            return DraftFault("a number of the question", numeral.text)
        # Results are many: a number of two digits is among them by chance.
        if numeral.value in source.results and not is_common and len(numeral.value) > 2:
            return DraftFault("a result of the trace", numeral.text)
    shared = sorted(sums_of(joined_texts(draft.entry)) & source.sums)
    return DraftFault("a computation of the trace", " ".join(shared[0])) if shared else None
