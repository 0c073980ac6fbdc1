"""The rules by which two entries are the same: they mean the same, and no literal differs.

The literals are cheap to compare and come first. Meaning is the cosine of keys, known from the search, and of bodies.
"""

from collections.abc import Callable

from midthought.ingest.dedup.differing_words import find_difference, find_unmatched, is_reordered
from midthought.ingest.dedup.literals import find_disagreement, find_field_disagreement
from midthought.ingest.dedup.swapped_arguments import find_swap
from midthought.memory.records.entry import Concept, Entry, Procedure

KEY_SIMILARITY = 0.75
"""Minimum cosine of two keys; below it, entries are not compared. The minimum of the paraphrases tuned on is 0.76."""

BODY_SIMILARITY = 0.60
"""Minimum cosine of two bodies. One paraphrase tuned on is below it (0.59), 98 in 100 are above 0.67."""

WORDS, MEANING = "words", "meaning"
"""How a refusal begins that is for the wording alone, and not for a literal that differs."""

EntryTexts = tuple[str, ...]


def find_refusal(one: Entry, other: Entry) -> str:
    """Return why two entries may not merge by their literals, or an empty text if they may."""
    if one.kind is not other.kind:
        return f"kind: {one.kind} against {other.kind}"
    here, there = _fields(one), _fields(other)
    if any(bool(mine) != bool(yours) for mine, yours in zip(here, there, strict=True)):
        return "one says where it applies or where it fails, the other does not"
    if _interface(one) != _interface(other):
        return "concepts of another kind, or with other parameters"
    return _whole_refusal("\n".join(here), "\n".join(there)) or _field_refusal(here, there)


def is_of_wording(reason: str) -> bool:
    """Whether a refusal is for the wording alone: words without a counterpart, or bodies that are less alike."""
    return reason.startswith((f"{WORDS}: ", f"{MEANING}: "))


def _whole_refusal(one: str, other: str) -> str:
    found = find_disagreement(one, other)
    if found:
        return found
    unmatched = find_unmatched(one, other)
    return f"{WORDS}: {unmatched}" if unmatched else ""


def _field_refusal(here: EntryTexts, there: EntryTexts) -> str:
    for place, (mine, yours) in enumerate(zip(here, there, strict=True)):
        found = _text_refusal(mine, yours) if mine != yours else ""
        if found:
            return found
        rest_equal = here[:place] + here[place + 1 :] == there[:place] + there[place + 1 :]
        if rest_equal and is_reordered(mine, yours):
            return "order: the same words in another order"
    return ""


def _text_refusal(one: str, other: str) -> str:
    checks: tuple[Callable[[str, str], str], ...] = (find_field_disagreement, _copy_refusal, _role_refusal)
    return next((found for check in checks if (found := check(one, other))), "")


def _copy_refusal(one: str, other: str) -> str:
    found = find_difference(one, other)
    return f"near copy: {found}" if found else ""


def _role_refusal(one: str, other: str) -> str:
    swap = find_swap(one, other)
    return f"roles: {swap[0]} and {swap[1]} may have exchanged places" if swap else ""


def _fields(entry: Entry) -> EntryTexts:
    """Return the texts that are compared with each other: key, body, and where it applies or fails."""
    match entry:
        case Procedure():
            return entry.key, entry.body, "\n".join([entry.applicability, *entry.pitfalls]).strip()
        case Concept():
            return entry.name, entry.body, "\n".join([*entry.cues, *entry.pitfalls]).strip()
        case _:
            return entry.key, entry.body


def _interface(entry: Entry) -> tuple[object, ...]:
    if not isinstance(entry, Concept):
        return ()
    named = tuple((one.name, one.typing) for one in entry.parameters)
    return entry.concept_kind, entry.routine_subtype, entry.output_typing, named
