"""What the variables of a trace stand for, where it says so: "where d is the distance", "the complex number z"."""

import re
from collections.abc import Mapping

_SYMBOL = r"\\?[A-Za-z]+(?:_\{?[\w\\]+\}?)?"
_OPEN, _CLOSE = r"(?:\\\(|\$)\s*", r"\s*(?:\\\)|\$)"
_NOUN = r"(?:the |a |an )?(?P<noun>[a-z]+(?:[ -][a-z]+){0,4}?)"
_IS = re.compile(
    rf"{_OPEN}(?P<symbol>{_SYMBOL}){_CLOSE}\s+(?:is|be|represents?|denotes?|stands for|as)\s+{_NOUN}(?=[,.;:)\n]| of | in | and | for | that | when | at |$)"
)
_FORMULA = re.compile(r"[=:]")
_BEFORE = re.compile(
    rf"\b(?:the|a|an|each|real|complex|positive) (?P<noun>[a-z]+(?: [a-z]+)?) {_OPEN}(?P<symbol>{_SYMBOL}){_CLOSE}"
)
_NO_NAMES = frozenset(
    "given there equal not known even odd positive negative same following then also at in to be it zero unknown divisible"
    " less greater just such some any only value values expression equation where that is constant term correct integer"
    " real number numbers solution root roots true false undefined defined found either coprime prime answer form".split()
)


def read_glossary(text: str) -> Mapping[str, str]:
    """Return symbol -> noun for every symbol a text names once and never otherwise."""
    found: dict[str, set[str]] = {}
    for pattern in (_IS, _BEFORE):
        for match in pattern.finditer(text):
            noun = match["noun"]
            if not _NO_NAMES & set(noun.split()) and len(noun) > 3:
                found.setdefault(match["symbol"], set()).add(noun)
    return {symbol: min(nouns, key=lambda n: (len(n), n)) for symbol, nouns in found.items() if len(nouns) <= 2}
