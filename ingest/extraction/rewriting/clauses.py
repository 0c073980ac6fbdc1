"""Sentences of a trace as what to do: an imperative clause, or a general statement, with the particulars abstracted."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from midthought.ingest.extraction.rewriting.formulas import say_formula
from midthought.ingest.extraction.rewriting.general_words import particular_words
from midthought.ingest.extraction.rewriting.mathematics import MATH, inner
from midthought.ingest.extraction.rewriting.phrases import abstract
from midthought.ingest.extraction.rewriting.terms import count_terms
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
    purpose: str = ""


def read_clause(sentence: str, glossary: Mapping[str, str]) -> Clause | None:
    """Return what a sentence says to do, or generally states, or None where it is neither."""
    plain = abstract(sentence, glossary).rstrip(".:;, ")
    plain = _OPENING.sub("", plain)
    purpose = _PURPOSE.match(plain)
    if purpose and (deed := imperative(purpose["deed"])):
        return _checked(Clause(deed, purpose=f"{purpose['purpose'][0].lower()}{purpose['purpose'][1:]}"))
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
    r"\b(?:unknowns?|given (?:number|percentage|amount)|expressions?|function values?|powers?|fraction|relation|factorial)\b"
)
_TYPED = re.compile(
    r"\b(?:equation|inequality|congruence|integral|sum|product|limit|matrix|quadratic expression|cubic expression|trigonometric expression"
    r"|expression with radicals|logarithm|binomial coefficient|complex number|absolute value equation)\b"
)
_GARBLED = re.compile(
    r"\b(?:the|a|an|of|by|to|in|with|for|and|or|is|are|as|from|into|at|on|if|that|where|which|whose|when|than|like|be|each|its|has|have|not)$"
    r"|\b(?:the the|of of|to to|is is|the of|the and|the is|of and|a the|an the|by and|to and|and and|the to|in and|for and|of by|of is"
    r"|where the (?:and|is)|and is|of to|of in|at and|of from|with and|is and|are and|let|say|got|get|me|gives?|yields?|seems?|okay|so)\b"
    r"|\b(?:that equation|property that|the using|the and the|satisfies the$|way to$|\w+ the first$|is first|in the form$|the equal to|of circle|using$|without$|equation equals?|how to$|that angle)\b|[\\{}$^_=|#<>/~@✓✅❌→°×·≤≥√π∞*+\"]|\(\s*\)|\d|\b[b-zB-HJ-Z]\b|\w-(?:\s|$)|\s-\w|,\s*,|'(?!s\b)|\b[A-Z]{2,}\b",
)
_POINTING = re.compile(
    r"\b(?:this|these|those|above|below|earlier|previous(?:ly)?|former|latter|following|it|its|they|them|their|he|she|his|her|him|i|we|you|my|us|our"
    r"|here|there|again|now|so far|step by step|problem|question|answer|options?|such"
    r"|mistake|wrong|correct|approach|thing|something|everything|maybe|perhaps|probably|actually|just|really|next|case \w|scenario)\b",
    re.IGNORECASE,
)
_SOFTENED: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), new)
    for pattern, new in (
        (
            r"\b(?:this|these|those) (?=(?!(?:is|are|in|into|to|for|from|with|by|as|at|on|up|out|together|back|means?|gives?|all|values? (?:are|is))\b)[a-z]+)",
            "the ",
        ),
        (
            r"\bthe (?:first|second|third|fourth|other|original|given|new|resulting|last|next|same) (equation|inequality|condition)\b",
            r"the \1",
        ),
        (r"\b(add|subtract) (?:the given number|[-\d.,]+) (to|from) both sides", r"\1 a constant \2 both sides"),
        (
            r"\b(multiply|divide) (both sides|the equation|everything|each term|through) by (?:-?[\d.,]+|the given number|the fraction|the expression)(?=$|[ ,])",
            r"\1 \2 by a suitable factor",
        ),
        (r",? and (?:express|write|give|put) it (?:in|as)\b.*$", ""),
        (r"\bplug (?:in )?(?:the )?values\b", "plug in the known values"),
        (r"\bplug (?:the )?equation back into\b", "substitute back into"),
        (r"\bsubstitute the equation (?:back )?into\b", "substitute back into"),
        (r"\bplug the equation into\b", "substitute into"),
        (r"\bboth equation and the equation\b", "both equations"),
        (r"\bsolve for the (?:\w+ )?expression\b", "solve for the unknown"),
    )
)
_FINITE = re.compile(
    r"\b(?:is|are|was|were|would|will|can|cannot|could|should|must|leads?|becomes?|does|do|has|had|means|implies|equals|goes|comes|works?)\b"
)
_SUBORDINATE = re.compile(r"\b(?:that|which|where|if|whose|when|who|what|how|whether|because|until|while)\b")
_MOST_WORDS = 24


def _checked(clause: Clause) -> Clause | None:
    text = re.sub(r"\s*\((?:[^()]*)\)", "", clause.text).strip(" ,;:")
    for pattern, new in _SOFTENED:
        text = pattern.sub(new, text)
    text = _cut_tail(text)
    words = text.split()
    if not 3 <= len(words) <= _MOST_WORDS or _GARBLED.search(text) or _POINTING.search(text):
        return None
    if particular_words(text):
        return None
    stand_ins = len(_STAND_INS.findall(text.replace("solve for the unknown", "")))
    if stand_ins > (0 if clause.statement else 1) or (stand_ins and len(words) < 5):
        return None
    typed = _TYPED.findall(text)
    if len(typed) > 2 or len(typed) != len(set(typed)):
        return None
    checked = _check_statement(text) if clause.statement else _check_deed(text)
    purpose = (
        clause.purpose
        if clause.purpose and not _POINTING.search(clause.purpose) and not _GARBLED.search(clause.purpose)
        else ""
    )
    return Clause(checked, clause.statement, "" if _STAND_INS.search(purpose) else purpose) if checked else None


def _cut_tail(text: str) -> str:
    """Drop what a sentence adds after its deed: reasons that point back, results, asides."""
    return re.sub(
        r"(?:,|;)? (?:so|which (?:is|means|gives|are|was)|since|because|but|and (?:then )?(?:so|i|we|see)|as (?:it|this|we)|giving|getting"
        r"|if (?:possible|necessary|needed)|to (?:see|get a sense|make (?:it|things)))\b.*$|,? (?:we|i) (?:get|have|obtain|find|can|need).*$",
        "",
        text,
    ).strip(" ,;:")


def _check_deed(text: str) -> str | None:
    finite, subordinate = _FINITE.search(text), _SUBORDINATE.search(text)
    if finite and (subordinate is None or finite.start() < subordinate.start()):
        return None
    verb = text.split()[0]
    return None if verb in WEAK and count_terms(text) < 2 else text


def _check_statement(text: str) -> str | None:
    general = re.search(
        r"\b(?:states? that|if and only if|whenever|in general|is (?:always|never)|is (?:equal to )?(?:the|half|twice|one)|are (?:the|always|never))\b",
        text,
    )
    opening = re.match(
        r"(?:since|because|as|if|for|from|with|depending|using|when|given|note|assume|therefore|only|sum|total|number)\b",
        text,
    )
    return text if general and not opening and not _TYPED.search(text) and "," not in text else None
