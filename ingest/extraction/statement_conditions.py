"""The condition under which a statement holds: "For an ideal gas, ...", and names that need one."""

import re

from midthought.ingest.checks.deictic_key import find_deixis
from midthought.ingest.lexicon import load_lexicon

_CONDITION = re.compile(
    r"^(?P<condition>(?:For|In|At|Under|During|When|Whenever|If|Within|Near|Inside|Outside|Since|Because|Given|Assuming|As|Between|On|With|"
    r"Over|Along)\s[^,=$:;.\\]{3,90}),\s+(?P<rest>\S.*)$",
    re.DOTALL,
)
_TIED = re.compile(
    r"\d|\?|\b(?:this|that|these|those|it|its|it's|there|we|i|you|our|us|he|she|they|their|here|case|problem|question|"
    r"example|option|answer|given|now|above|below|let|same|some|since|because|assuming|as)\b|(?-i:\s[B-Zb-z](?=[\s,]|$))",
    re.IGNORECASE,
)
_DEFINITE = re.compile(r"\bthe (?:[a-z-]+ ){0,2}([a-z]{3,})(?=$| (?:of|in|on|at|for|is|are|from|to|between|by)\b)")
_WORD = re.compile(r"[a-z]+")


def split_condition(sentence: str) -> tuple[str, str]:
    """Return the condition that opens a sentence, without its comma, and the rest with a capital; ("", all) if none."""
    match = _CONDITION.match(sentence)
    if match is None:
        return "", sentence
    rest = match["rest"]
    return match["condition"], f"{rest[:1].upper()}{rest[1:]}"


def is_general_condition(condition: str, asked: frozenset[str]) -> bool:
    """Whether a condition may stand in a book: nothing in it points to one problem or to a thing of the question."""
    if not condition:
        return True
    return _TIED.search(condition) is None and find_deixis(condition) is None and not names_asked(condition, asked)


def names_asked(text: str, asked: frozenset[str]) -> bool:
    """Whether a text speaks of a thing of the question: "the kinetic energy of the ejected proton"."""
    return any(thing in asked or f"{thing}s" in asked for thing in _DEFINITE.findall(text))


def with_condition(condition: str, sentence: str) -> str:
    """Return a sentence that opens with its condition."""
    if not condition:
        return sentence
    keeps = re.match(r"(?:The|An?|Its|[A-Z][a-z]+ (?=(?:is|are|can)\b))", sentence) is None
    return f"{condition}, {sentence if keeps else sentence[:1].lower() + sentence[1:]}"


def is_dependent(name: str) -> bool:
    """Whether a name says a quantity and no system: its formula holds under a condition that it does not say."""
    lexicon = load_lexicon()
    words = set(_WORD.findall(name.lower())) - {"the", "of", "a", "an", "in", "and", "or", "to"}
    quantities = {word for word in words if not lexicon.dependent_quantities.isdisjoint((word, word.removesuffix("s")))}
    return bool(quantities) and words <= quantities | lexicon.plain_modifiers
