"""Misspelt words of a query, corrected to how the memory spells them."""

import re
from collections.abc import Callable

_WORD = re.compile(r"[^\W\d_]+")
_MIN_LETTERS = 4
_SHORT = 5

Spell = Callable[[str, int], str | None]
"""(lower-case word, maximum edits) -> how the memory spells it, or None."""


def correct_spelling(text: str, *, is_known: Callable[[str], bool], spell: Spell) -> str:
    """Return the text with each unknown word replaced by the nearest word of the memory, if one is near enough.

    Words of 4 or 5 letters may differ by one edit, longer ones by two; the first letter must be the same, because
    people rarely miss it. `is_known` tells words that are spelt right though the memory does not have them: without
    it names and words of other fields would be bent into words of the memory.
    """

    def replaced(match: re.Match[str]) -> str:
        word = match.group().lower()
        if len(word) < _MIN_LETTERS or is_known(word):
            return match.group()
        found = spell(word, 1 if len(word) <= _SHORT else 2)
        return found if found and found[0] == word[0] else match.group()

    return _WORD.sub(replaced, text)


def find_corrections(written: str, spelt: str) -> tuple[tuple[str, str], ...]:
    """Return (word, its correction) for the words that `correct_spelling` changed; empty for texts that differ else."""
    if _WORD.sub("", written) != _WORD.sub("", spelt):
        return ()
    pairs = zip(_WORD.findall(written), _WORD.findall(spelt), strict=False)
    changed = tuple(dict.fromkeys((one, other) for one, other in pairs if one.lower() != other))
    return changed if all(one[0].lower() == other[0] for one, other in changed) else ()
