"""A trace as a row of steps: each a sentence that says what to do or what holds, with its place."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from midthought.ingest.extraction.rewriting.clauses import Clause, read_clause, read_formulas
from midthought.ingest.extraction.rewriting.terms import count_terms
from midthought.memory.trajectory import Part, Span

_SENTENCE = re.compile(
    r"[^\s](?:\\\[.*?\\\]|\\\(.*?\\\)|\$\$.*?\$\$|(?<=\d)[.](?=\d)|[^.!?:\n]|[.](?=\w))*[.!?:]?",
    re.DOTALL,
)
_HEADING = re.compile(
    r"^(?:[-*•#\s]*)(?:step\s+)?(?:\(?\d{1,2}[.):]\s+)?\*\*(?P<title>[^*\n]{3,120})\*\*", re.IGNORECASE
)
_MARKS = re.compile(r"^(?:[-*•#>\s]|\d{1,2}[.)]\s)+")
GOAL_VERBS = frozenset(
    "find compute calculate determine evaluate derive count solve simplify express factor factorize construct convert estimate"
    " check verify prove minimize maximize rationalize expand identify choose list test compare transform represent".split()
)


@dataclass(frozen=True, slots=True)
class Step:
    """One clause of a trace and the span it was read from; `terms` counts its telling words."""

    clause: Clause
    span: Span
    terms: int

    @property
    def is_goal(self) -> bool:
        """Whether the clause states something to find rather than a way to find it."""
        return not self.clause.statement and self.clause.text.split()[0] in GOAL_VERBS


def read_steps(part: Part, text: str, glossary: Mapping[str, str]) -> Iterator[Step]:
    """Yield the steps of a text in order."""
    for match in _SENTENCE.finditer(text):
        raw = match.group()
        if len(raw) < 12:
            continue
        span = Span(part, match.start(), match.end())
        heading = _HEADING.match(raw)
        sentence = heading["title"] if heading else _MARKS.sub("", raw)
        clause = read_clause(sentence, glossary)
        if clause:
            yield Step(clause, span, count_terms(clause.text))
        for formula in read_formulas(raw, glossary):
            yield Step(formula, span, count_terms(formula.text) + 1)
