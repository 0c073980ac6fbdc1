"""A key is read without its trace: it must name what it is about."""

import re

from midthought.ingest.checks.check import CheckContext, Draft, DraftFault
from midthought.ingest.lexicon import load_lexicon
from midthought.memory.indexes.word_analysis import function_words
from midthought.memory.records.entry import Concept, ExampleSize, WorkedExample
from midthought.memory.records.named_patterns import read_patterns
from midthought.memory.records.trajectory import Trajectory

FILE = "deictic.toml"
_PRONOUN = re.compile(r"\b(?:it|its|they|them|their|he|she|his|her|him)\b", re.IGNORECASE)
_EXPLETIVE = re.compile(
    r"\b(?:is|was|would) it (?:\w+ ){1,2}(?:to|that|if|for)\b|\bit (?:is|was) (?:\w+ ){1,2}(?:to|that|for)\b",
    re.IGNORECASE,
)
"""An "it" that stands for nothing: is it safe to ...?"""
_ANTECEDENT = re.compile(
    r"\b(?:an?|the|each|every|any|all|both|some|no|of|with|for|one|two|three|several)\s+\w{3,}|\w{3,}s\b|\bwhether\b|(?<=\s)(?-i:[A-Z])\w{2,}",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]{2,}")
_SYMBOLS = re.compile(r"[\d=+*/^<>\u2200-\u22ff\u0370-\u03ff$\\`()\[\]]")


def check_deictic_key(draft: Draft, trajectory: Trajectory, context: CheckContext) -> DraftFault | None:
    """Refuse a draft whose key points at something outside of it, or names nothing.

    The question of a whole solution is as somebody asked it, and a concept has its name: they are exempt from the
    rules on pronouns.
    """
    entry = draft.entry
    if isinstance(entry, WorkedExample) and entry.size is ExampleSize.WHOLE:
        return None
    return find_deixis(entry.name if isinstance(entry, Concept) else entry.key)


def find_deixis(key: str) -> DraftFault | None:
    """Return what makes a key unintelligible by itself, if anything does."""
    key = key.strip()
    for pattern in read_patterns(FILE):
        if found := pattern.expression.search(key):
            return DraftFault(pattern.name, found[0])
    pronoun = _PRONOUN.search(_EXPLETIVE.sub(" ", key))
    if pronoun and not _ANTECEDENT.search(key[: pronoun.start()]):
        return DraftFault("a pronoun for something unnamed", pronoun[0])
    if not _names_something(key):
        return DraftFault("names nothing", key)
    return None


def _names_something(key: str) -> bool:
    generic = load_lexicon().generic_words | function_words() | load_lexicon().empty_words
    words = [word.lower() for word in _WORD.findall(key)]
    return any(word not in generic for word in words) or bool(_SYMBOLS.search(key))
