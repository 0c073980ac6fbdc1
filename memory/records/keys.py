"""The keys of an entry: the texts that are embedded, and by any of which a search finds the entry."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from midthought.memory.errors import BadInput
from midthought.memory.records.entry import Concept, Entry, Procedure, WorkedExample


class KeyField(StrEnum):
    """What a key is made of. An entry has at most one key per field, so at most as many keys as there are fields."""

    MAIN = "main"
    """`Entry.key`: a procedure's subquestion; a concept's name, description and cues; a lesson's situation;
    a worked example's goal."""
    APPLICABILITY = "applicability"
    """When a procedure applies."""
    NAME = "name"
    """A concept's name with its tags: short queries are nearer to it than to the whole description."""
    EXAMPLE = "example"
    """The small instance that is worked out: a query that has numbers is nearer to it than to a general key."""
    QUESTION = "question"
    """The question that a step of a worked example comes from."""
    PASSAGE = "passage"
    """What a worked example says: a query in the middle of a thought is nearer to it than to a goal."""
    ASKED_1 = "asked-1"
    ASKED_2 = "asked-2"
    ASKED_3 = "asked-3"
    ASKED_4 = "asked-4"
    ASKED_5 = "asked-5"
    ASKED_6 = "asked-6"
    ASKED_7 = "asked-7"
    ASKED_8 = "asked-8"
    ASKED_9 = "asked-9"
    ASKED_10 = "asked-10"
    ASKED_11 = "asked-11"
    ASKED_12 = "asked-12"
    ASKED_13 = "asked-13"
    ASKED_14 = "asked-14"
    ASKED_15 = "asked-15"
    ASKED_16 = "asked-16"
    ASKED_17 = "asked-17"
    ASKED_18 = "asked-18"
    ASKED_19 = "asked-19"
    ASKED_20 = "asked-20"
    """Other wordings of the need, `asked_as` in its order: a query in the words of another field is near to no other
    key."""


WORDING_FIELDS = tuple(field for field in KeyField if field.value.startswith("asked-"))
MAX_WORDINGS = len(WORDING_FIELDS)
"""Wordings in `asked_as`: each costs a vector per entry and a search per recall."""
EXTRA_FIELDS = tuple(field for field in KeyField if field is not KeyField.MAIN)
"""All but the main one, which every entry has."""


@dataclass(frozen=True, slots=True)
class SearchKey:
    """One key of an entry."""

    field: KeyField
    text: str


def entry_keys(entry: Entry) -> tuple[SearchKey, ...]:
    """Return the keys of an entry, the main one first; an entry's vectors are always in this order.

    A blank text is no key, and neither is the text of another key of the entry. Raises `BadInput` for more wordings in
    `asked_as` than there are fields for.
    """
    check_wordings(entry)
    keys = {entry.key: KeyField.MAIN}
    for field, text in _extra_texts(entry):
        if text.strip():
            keys.setdefault(text, field)
    return tuple(SearchKey(field, text) for text, field in keys.items())


def check_wordings(entry: Entry, *, place: str = "") -> None:
    """Raise `BadInput`, naming the place, if an entry has more wordings in `asked_as` than there are fields for."""
    if len(entry.asked_as) > MAX_WORDINGS:
        raise BadInput(f"asked_as holds up to {MAX_WORDINGS} wordings, got {len(entry.asked_as)}", place=place)


def _extra_texts(entry: Entry) -> Iterator[tuple[KeyField, str]]:
    if isinstance(entry, Procedure):
        yield KeyField.APPLICABILITY, entry.applicability
    if isinstance(entry, Concept):
        yield KeyField.NAME, ", ".join([entry.name, *entry.tags])
    if isinstance(entry, (Procedure, Concept)) and entry.check:
        yield KeyField.EXAMPLE, entry.check.example
    if isinstance(entry, WorkedExample):
        yield KeyField.QUESTION, entry.question
        yield KeyField.PASSAGE, entry.passage
    yield from zip(WORDING_FIELDS, entry.asked_as, strict=False)
