"""What a memory recalled for an attempt, as the metadata of its trajectory tells it: none of it is taught back.

The metadata holds ids, and hashes of the runs of words of the hints: a hint's text is gone when its entry is forgotten.
"""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from midthought.ingest.checks.held_out import NO_HELD_OUT, RUN, HeldOut, hold_out
from midthought.ingest.formats.json_line import parse_object
from midthought.memory.errors import BadInput
from midthought.memory.records.trajectory import Trajectory

FIELD = "midthought"
"""The field of the metadata that is written by a memory, and not by the owner of the record."""
_RECALLED = "recalled"


@dataclass(frozen=True, slots=True)
class RecalledHints:
    """The hints that the model of a trajectory was shown.

    Attributes:
        entries: ids of the entries, as they were then.
        words: hashes of the runs of words of the hints.
    """

    entries: tuple[str, ...] = ()
    words: HeldOut = NO_HELD_OUT


NOTHING_RECALLED = RecalledHints()


def describe_recalled(entry_ids: Iterable[str], texts: Sequence[str]) -> dict[str, object]:
    """Return what the metadata of a trajectory says of its hints, from which `recalled_hints` reads them."""
    runs = {str(length): b64encode(hashes.tobytes()).decode() for length, hashes in hold_out(texts).runs.items()}
    return {_RECALLED: {"entries": list(dict.fromkeys(entry_ids)), "words": runs}}


def recalled_hints(trajectory: Trajectory) -> RecalledHints:
    """Return the hints that the model of a trajectory was shown; none if its metadata does not tell."""
    return _read(trajectory.metadata) if f'"{_RECALLED}"' in trajectory.metadata else NOTHING_RECALLED


@lru_cache(maxsize=64)
def _read(metadata: str) -> RecalledHints:
    try:
        told = parse_object(metadata).get(FIELD)
        recalled = told.get(_RECALLED) if isinstance(told, dict) else None
        if not isinstance(recalled, dict):
            return NOTHING_RECALLED
        entries, words = recalled.get("entries"), recalled.get("words")
        ids = tuple(one for one in entries if isinstance(one, str)) if isinstance(entries, list) else ()
        return RecalledHints(ids, _read_words(words) if isinstance(words, dict) else NO_HELD_OUT)
    except (BadInput, ValueError, TypeError, binascii.Error):  # another program wrote it
        return NOTHING_RECALLED


def _read_words(words: Mapping[str, str]) -> HeldOut:
    runs = {int(length): np.frombuffer(b64decode(text), np.uint64) for length, text in words.items()}
    return HeldOut({length: np.unique(runs[length]) for length in runs if 1 <= length <= RUN and runs[length].size})
