"""In which of a namespace's vector indexes a key lies, and under which number.

The wordings of `asked_as` share one index: one per wording took four times as long to search in a small memory. Every
other field has a separate index.
"""

from collections.abc import Collection

import numpy as np

from midthought.memory.records.index_changes import Seqs
from midthought.memory.records.keys import WORDING_FIELDS, KeyField

WORDINGS = "asked"
"""The index of the wordings."""
_STRIDE = 64
"""Numbers per entry in it. More than there are fields: they can become more without a change of saved indexes."""
_SLOTS = {field: slot for slot, field in enumerate(WORDING_FIELDS)}


def index_name(field: KeyField) -> str:
    """Return the name of the index that has the keys of a field."""
    return WORDINGS if field in _SLOTS else field.value


def key_numbers(seqs: Seqs, fields: Collection[KeyField]) -> Seqs:
    """Return the numbers that the keys of entries have in the index of these fields, ascending for ascending `seqs`."""
    slots = sorted(_SLOTS[field] for field in fields if field in _SLOTS)
    numbers: Seqs = (seqs[:, None] * _STRIDE + np.array(slots, dtype=np.int64)).ravel() if slots else seqs
    return numbers


def fields_of(name: str) -> tuple[KeyField, ...]:
    """Return the fields whose keys an index has."""
    return WORDING_FIELDS if name == WORDINGS else (KeyField(name),)


def entry_numbers(name: str, numbers: Seqs) -> Seqs:
    """Return the numbers of the entries whose keys have these numbers in an index."""
    return numbers // _STRIDE if name == WORDINGS else numbers


def key_fields(name: str, numbers: Seqs) -> list[KeyField]:
    """Return the field of each of these numbers of an index."""
    fields = fields_of(name)
    return [fields[slot] for slot in (numbers % _STRIDE).tolist()] if name == WORDINGS else [*fields] * len(numbers)


def entries_with(field: KeyField, numbers: Seqs) -> Seqs:
    """Return the numbers of the entries whose key of a field is among these numbers of its index."""
    if field not in _SLOTS:
        return numbers
    entries: Seqs = numbers[numbers % _STRIDE == _SLOTS[field]] // _STRIDE
    return entries
