"""Running the checks: which drafts may be stored, and why the others may not."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from textwrap import shorten

from midthought.ingest.checks.check import Check, CheckContext, Draft, DraftFault
from midthought.ingest.checks.registry import CHECKS
from midthought.ingest.extraction.extracted import RefusedDraft
from midthought.ingest.secrets import mask_text
from midthought.memory.records.job import RefusedExample, refusing_check
from midthought.memory.records.trajectory import Trajectory

MAX_EXAMPLES = 3
"""Refused drafts that are shown for each check."""
EXAMPLE_LENGTH = 120
"""Characters of a draft's key in an example."""
FOUND_LENGTH = 80
"""Characters of what was found in it."""


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
            kept_apart = draft if fault.quarantine else None
            refused.append(RefusedDraft(draft.entry.key, fault.reason, fault.found, kept_apart))
    return tuple(kept), tuple(refused)


def keep_examples(
    known: Sequence[RefusedExample], refused: Iterable[tuple[str, RefusedDraft]]
) -> tuple[RefusedExample, ...]:
    """Return `known`, with the first of `refused` until each check has `MAX_EXAMPLES`.

    `refused` has the id of the trajectory with each draft. Secrets are masked, also if an ingestion keeps them.
    """
    examples = list(known)
    shown = Counter(one.check for one in examples)
    for trajectory_id, draft in refused:
        check = refusing_check(draft.reason)
        if shown[check] < MAX_EXAMPLES:
            shown[check] += 1
            examples.append(RefusedExample(check, trajectory_id, _describe(draft)))
    return tuple(examples)


def _describe(draft: RefusedDraft) -> str:
    """Return the key of a draft, and in brackets what was found in it, each cut at a word."""
    key, found = (mask_text(text, Counter()) for text in (draft.key, draft.found))
    shown = shorten(key, EXAMPLE_LENGTH, placeholder=" ...")
    return f"{shown} [{shorten(found, FOUND_LENGTH, placeholder=' ...')}]" if found.strip() else shown


def _first_fault(
    draft: Draft, trajectory: Trajectory, context: CheckContext, checks: Mapping[str, Check]
) -> DraftFault | None:
    for name, check in checks.items():
        fault = check(draft, trajectory, context)
        if fault is not None:
            return replace(fault, reason=f"{name}: {fault.reason}")
    return None


@cache
def _load_checks(skipped: frozenset[str]) -> Mapping[str, Check]:
    for name in skipped:
        CHECKS.check(name)
    return {name: CHECKS.load(name) for name in CHECKS if name not in skipped}
