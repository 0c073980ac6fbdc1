"""Running the checks: which drafts may be stored, and why the others may not."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from midthought.ingest.checks.check import Check, CheckContext, Draft, DraftFault
from midthought.ingest.checks.registry import CHECKS
from midthought.ingest.extraction.extracted import RefusedDraft
from midthought.memory.records.trajectory import Trajectory

EXAMPLE_LENGTH = 200
"""Characters of an example in a report."""


def check_drafts(
    drafts: Iterable[Draft], trajectory: Trajectory, context: CheckContext
) -> tuple[tuple[Draft, ...], tuple[RefusedDraft, ...]]:
    """Return the drafts that pass every check that is on, and the others with the first reason found.

    The reason is ``check: phrase``, so that reasons are counted by check: ``numbers: a number of the question``.

    Raises:
        BadSettings: `context.skipped` names a check that does not exist.
    """
    checks = _load_checks(context.skipped)
    kept: list[Draft] = []
    refused: list[RefusedDraft] = []
    for draft in drafts:
        fault = _first_fault(draft, trajectory, context, checks)
        if fault is None:
            kept.append(draft)
        else:
            refused.append(RefusedDraft(draft.entry.key, fault.reason, fault.found))
    return tuple(kept), tuple(refused)


def count_refusals(refused: Iterable[RefusedDraft]) -> Counter[str]:
    """Return how many drafts each check refused, by the name of the check."""
    return Counter(draft.reason.partition(":")[0] for draft in refused)


def keep_examples(known: Mapping[str, str], refused: Sequence[RefusedDraft]) -> dict[str, str]:
    """Return `known`, with an example for each reason that had none: the key of a draft, and what was found in it."""
    examples = dict(known)
    for draft in refused:
        if draft.reason not in examples:
            shown = f"{draft.key} [{draft.found}]" if draft.found else draft.key
            examples[draft.reason] = shown[:EXAMPLE_LENGTH]
    return examples


def _first_fault(
    draft: Draft, trajectory: Trajectory, context: CheckContext, checks: Mapping[str, Check]
) -> DraftFault | None:
    for name, check in checks.items():
        fault = check(draft, trajectory, context)
        if fault is not None:
            return DraftFault(f"{name}: {fault.reason}", fault.found)
    return None


@cache
def _load_checks(skipped: frozenset[str]) -> Mapping[str, Check]:
    for name in skipped:
        CHECKS.check(name)
    return {name: CHECKS.load(name) for name in CHECKS if name not in skipped}
