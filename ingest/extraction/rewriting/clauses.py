"""Sentences of a trace as what to do: an imperative clause, or a general statement, with the particulars abstracted."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from midthought.ingest.extraction.rewriting.formulas import say_formula
from midthought.ingest.extraction.rewriting.mathematics import MATH, inner
from midthought.ingest.extraction.rewriting.phrases import abstract
from midthought.ingest.extraction.rewriting.verbs import VERBS, WEAK, imperative

_OPENING = re.compile(
    r"^(?:(?:so|now|first|firstly|second|secondly|third|next|then|finally|therefore|thus|hence|okay|ok|alright|well|hmm|wait"
    r"|also|and|but|again|actually|here|similarly|alternatively|from here|from this|in this case|to start|to begin|step)\b"
    r"[,:]?\s+)+",
    re.IGNORECASE,
)
_ASKED = re.compile(
    r"^(?:(?:i|we)(?:'ll| will)? (?:(?:just |also |first |now |still |only )?(?:need|have|want|must|should|can|could|will|might)"
    r"(?: now| also| just| first)?(?: to)?)|let's|let us|let me(?: try to| just)?|i'll|we'll|one (?:can|should)|it is (?:useful|helpful) to)\s+",
    re.IGNORECASE,
)
_PURPOSE = re.compile(
    r"^(?P<purpose>to [a-z]+ [^,]{3,80}),\s*(?:(?:i|we) (?:(?:can|need to|should|will|must|could|have to|first need to))|let's|let me)\s+"
    r"(?P<deed>[a-z].*)$",
    re.IGNORECASE,
)
_STATEMENT = re.compile(
    r"\b(?:states? that|is (?:given by|defined as|equal to the|the (?:sum|product|ratio|number|difference|square|average|same)"
    r"|found by|obtained by|calculated (?:by|as))|must (?:be|divide|have|equal)|if and only if|whenever|for any|every|always|never"
    r"|formula for|the rule|the property|in general|perpendicular|parallel|because)\b",
    re.IGNORECASE,
)
_BAD_OPENING = re.compile(
    r"^(?:this|that|it|these|those|they|he|she|which|there|here|where|so|or|not|yes|no|thus|hence|therefore|both|also|my|i|we|you)\b",
    re.IGNORECASE,
)
_GIVING = re.compile(
    r",?\s*(?:we (?:get|have|obtain|find)|gives?(?: us)?|yields?|results? in|leads? to|it follows|we can see|i get|is)\b[^a-z]*$"
)


@dataclass(frozen=True, slots=True)
class Clause:
    """What to do, without capital or full stop; `statement` ones say what holds instead."""

    text: str
    statement: bool = False


def read_clause(sentence: str, glossary: Mapping[str, str]) -> Clause | None:
    """Return what a sentence says to do, or generally states, or None where it is neither."""
    plain = abstract(sentence, glossary).rstrip(".:;, ")
    plain = _OPENING.sub("", plain)
    purpose = _PURPOSE.match(plain)
    if purpose and (deed := imperative(purpose["deed"])):
        return _checked(Clause(f"{purpose['purpose'][0].lower()}{purpose['purpose'][1:]}, {deed}"))
    asked = _ASKED.match(plain)
    rest = plain[asked.end() :] if asked else plain
    deed = imperative(rest)
    if deed:
        return _checked(Clause(_GIVING.sub("", deed)))
    if not asked and _STATEMENT.search(plain) and not _BAD_OPENING.match(plain):
        return _checked(Clause(plain[0].lower() + plain[1:] if plain[:2] != "I " else plain, statement=True))
    return None


def read_formulas(text: str, glossary: Mapping[str, str]) -> list[Clause]:
    """Return every formula of a text that can be said in words, as a statement."""
    said = (say_formula(inner(match), glossary) for match in MATH.finditer(text))
    return [Clause(words, statement=True) for words in said if words]


_STAND_INS = re.compile(
    r"\bthe (?:unknown|given number|expression|equation|function value|power|fraction|relation|given percentage)\b"
)
_GARBLED = re.compile(
    r"\b(?:the|a|an|of|by|to|in|with|for|and|or|is|are|as|from|into|at|on)$|\b(?:the the|of of|to to|is is|the of|the and|the is|of and|a the|an the"
    r"|by and|to and|and and|, ,|the to|is the unknown|the given number (?:is|and)|where the|let)\b|[\\{}$^_=|#]|\(\s*\)|\b[a-zA-Z]\b(?<![aAI])",
)
_POINTING = re.compile(
    r"\b(?:this|these|those|above|below|earlier|previous(?:ly)?|former|latter|following|it|they|them|he|she|his|her|him|i|we|you|my|us|our"
    r"|here|there|again|first equation|second equation|now|so far|step by step|original problem|the problem)\b",
    re.IGNORECASE,
)


def _checked(clause: Clause) -> Clause | None:
    text = re.sub(r"\s*\((?:[^()]*)\)", "", clause.text).strip(" ,;:")
    text = (
        re.sub(r",? (?:so|which (?:is|means|gives)|since|because|but|and (?:then )?(?:so|i|we|see))\b.*$", "", text)
        if _POINTING.search(text)
        else text
    )
    words = text.split()
    stand_ins = len(_STAND_INS.findall(text))
    if (
        len(words) < 4
        or len(words) > 32
        or _GARBLED.search(text)
        or _POINTING.search(text)
        or stand_ins > 1 + len(words) // 10
    ):
        return None
    if not clause.statement and words[0] in WEAK and len(words) < 7:
        return None
    return Clause(text, clause.statement)


def is_deed(text: str) -> bool:
    """Say whether a clause begins with a verb of doing."""
    return text.split()[0] in VERBS
