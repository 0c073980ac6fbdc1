"""Entries by what they are found by, for pages that know only their ids."""

from collections.abc import Iterable
from itertools import islice

from midthought.api.explorer.visit import Visit
from midthought.api.operations.entries import GetEntry, GetHistory
from midthought.memory.errors import BadInput, NotFound
from midthought.memory.records.entry import EntryVersion, readable_key

MAX_NAMES = 30
"""Entries that are looked up for one page, 7 ms each; others are shown by their ids."""


def entry_names(visit: Visit, ids: Iterable[str]) -> dict[str, str]:
    """Return the key of each entry that is still there, by id."""
    found = {}
    for entry_id in islice(dict.fromkeys(ids), MAX_NAMES):
        try:
            found[entry_id] = readable_key(visit.send(GetEntry(entry_id=entry_id)).entry)
        except (NotFound, BadInput):  # forgotten, or a trajectory: some runs put whole traces in
            continue
    return found


def wording_then(visit: Visit, entry_id: str, version: int) -> EntryVersion | None:
    """Return the wording that an entry had in a version; None if the entry is forgotten."""
    try:
        history = visit.send(GetHistory(entry_id=entry_id))
    except (NotFound, BadInput):
        return None
    return next((one for one in history if one.version == version), None)
