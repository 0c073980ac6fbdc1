"""Recalled entries in the KV cache of a thought, outside its text."""

from dataclasses import dataclass

from midthought.memory.records.entry import StoredEntry
from midthought.memory.records.inert_text import make_inert


@dataclass(frozen=True, slots=True)
class RecalledEntries:
    """Entries for one continuation; an engine that takes entries reads them at their place in the prompt.

    Attributes:
        entries: in the order in which they stand.
        place: characters of the prompt before them; there is text before and after them.
    """

    entries: tuple[StoredEntry, ...]
    place: int

    def insert_into(self, prompt: str) -> str:
        """Return the prompt with the entries as text at their place; places in the record of a run count in it."""
        written = "".join(part for entry in self.entries for part in write_entry(entry))
        return prompt[: self.place] + written + prompt[self.place :]


def write_entry(stored: StoredEntry) -> tuple[str, str]:
    """Return the subquestion and the subroutine as a model reads them, one behind the other.

    Nothing in them passes for a mark of a chat or a thought.
    """
    key, body = (make_inert(text).strip() for text in (stored.entry.key, stored.entry.body))
    return f"{key}\n", f"{body}\n\n"
