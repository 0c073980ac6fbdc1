"""The phrases of ``data/examples/phrases.toml``, compiled at their first use."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

from midthought.ingest.word_files import check_lists, read_folder

OPENING = (
    r"^[\s*_>#\"'(\u201c-]*(?:(?:so|and|but|now|well|then|oh|ah|okay|ok|alright|hmm|um|yes|also|again)\b[,.!]?\s+){0,3}"
)
"""What may stand before the first phrase of a sentence."""


@dataclass(frozen=True, slots=True)
class ExamplePhrases:
    """Every list as the file's comments say: patterns of phrases, or sets of single words."""

    small_talk: re.Pattern[str]
    doubt: re.Pattern[str]
    hesitation: re.Pattern[str]
    retraction: re.Pattern[str]
    detour: re.Pattern[str]
    guesses: re.Pattern[str]
    restated: re.Pattern[str]
    no_goal: re.Pattern[str]
    preparations: re.Pattern[str]
    instructions: re.Pattern[str]
    consent: re.Pattern[str]
    greetings: re.Pattern[str]
    failures: re.Pattern[str]
    verdicts: re.Pattern[str]
    refusals: re.Pattern[str]
    conclusions: re.Pattern[str]
    requests: re.Pattern[str]
    deictic: frozenset[str]
    generic: frozenset[str]
    vague: frozenset[str]
    operations: frozenset[str]
    finite_verbs: frozenset[str]
    modals: frozenset[str]
    unnamed_quantities: frozenset[str]
    open_objects: frozenset[str]
    bare_counts: frozenset[str]
    clause_openers: frozenset[str]
    relatives: frozenset[str]
    opening_acts: frozenset[str]
    function_words: frozenset[str]
    reads: frozenset[str]
    writes: frozenset[str]
    handoffs: frozenset[str]
    goal_verbs: frozenset[str]
    act_verbs: frozenset[str]
    parent_verbs: frozenset[str]


_AT_OPENING = frozenset(("small_talk", "detour", "restated", "no_goal", "preparations", "consent", "greetings"))


@cache
def load_example_phrases() -> ExamplePhrases:
    """Return the phrases; raises `ValueError` naming a list that is missing, unknown or malformed."""
    return read_example_phrases(read_folder("examples"))


def read_example_phrases(raw: Mapping[str, Any]) -> ExamplePhrases:
    """Return the lists as their types say; raises `ValueError` unless they are exactly its fields."""
    check_lists(raw, ExamplePhrases, what="the phrases")
    for name, value in raw.items():
        phrases = value.split() if isinstance(value, str) else value
        if not phrases or any(not isinstance(phrase, str) or phrase != phrase.lower() for phrase in phrases):
            raise ValueError(f"{name} must be a list of phrases in lower case")
    return ExamplePhrases(**{name: _compile(name, raw[name]) for name in raw})


def _compile(name: str, value: str | list[str]) -> Any:
    if isinstance(value, str):
        return frozenset(value.split())
    wordings = {wording for phrase in value for wording in _list_wordings(phrase)}
    opening = OPENING if name in _AT_OPENING else r"(?<![\w-])"
    return re.compile(rf"{opening}{_write_tree(wordings)}(?![\w-])", re.IGNORECASE)


def _write_tree(wordings: Iterable[str]) -> str:
    """Return a pattern of the wordings that reads each common beginning once: five times as fast as a list."""
    branches: dict[str, set[str]] = {}
    for wording in wordings:
        branches.setdefault(wording[:1], set()).add(wording[1:])
    ended = branches.pop("", None) is not None
    tails = [_write_letter(letter) + _write_tree(rest) for letter, rest in sorted(branches.items())]
    if not tails:
        return ""
    body = tails[0] if len(tails) == 1 and not ended else f"(?:{'|'.join(tails)})"
    return f"{body}?" if ended else body


def _write_letter(letter: str) -> str:
    return {" ": r",?\s+", "'": "['\u2019]"}.get(letter, re.escape(letter))


def _list_wordings(phrase: str) -> list[str]:
    """Return every choice of a phrase: ``a/b c`` is ``a c`` and ``b c``."""
    return [" ".join(words) for words in product(*(word.split("/") for word in phrase.split()))]


@cache
def common_words() -> frozenset[str]:
    """Return the words that two texts may share without speaking of the same."""
    return load_example_phrases().generic | load_example_phrases().function_words
