"""General statements of a trace as concepts: formulas with their variables explained, laws, definitions, properties.

Rules ("if ... then ...") are the last: most of them describe the instance, and ingestion keeps each waiting until a
second question shows it, see `midthought.ingest.waiting_rules`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from midthought.ingest.extraction.extracted import ExtractedEntry, RefusedDraft
from midthought.ingest.extraction.formula_statements import FormulaStatement, find_formula
from midthought.ingest.extraction.formulas import normal_formula
from midthought.ingest.extraction.meanings import Clause, find_clauses
from midthought.ingest.extraction.rule_statements import as_rule, is_rule
from midthought.ingest.extraction.sentence_statements import SentenceStatement, find_sentence
from midthought.ingest.extraction.statement_conditions import names_asked
from midthought.ingest.extraction.statement_doubt import is_hedged, is_taken_back
from midthought.ingest.extraction.statement_names import strip_opening
from midthought.ingest.extraction.statement_units import StatementUnit, read_units
from midthought.ingest.lexicon import load_lexicon
from midthought.memory.records.entry import Concept, ConceptKind, Entry, Parameter
from midthought.memory.records.step import Step, StepKind
from midthought.memory.records.trajectory import Part, Span, Trajectory

EXTRACTOR = "statements-2"
MAX_STATEMENTS = 6
"""Per trace, the first ones."""
MAX_RULES = 3
_SILENT = frozenset({StepKind.RESTATEMENT, StepKind.TALK, StepKind.CHANGE, StepKind.CALL})
"""Steps that state nothing of their own: the question, a tool's words, what is taken back."""
_RUN = 7
_MAY_STATE = re.compile(
    r"\b(?:given|defined|calculated|computed|expressed|found|determined|described|obtained|written|represented|known|"
    r"approximated|estimated|equal|proportional|related|modell?ed|where|states?|says?|tells us|asserts?|holds|"
    r"guarantees?|"
    r"provides|requires?|implies|refers?|means?|describes?|[Uu]sing|[Aa]pply(?:ing)?|[Rr]ecall|formula|equation|"
    r"expression|"
    r"relation(?:ship)?|law|theorem|principle|rule|inequality|identity|(?:is|are)(?: simply| always)? (?:an?|the|"
    r"any|one))\b"
    r"|`|\(\) |\b(?:If|When|Whenever|[Ff]or (?:any|every|all|an?)) "
    r"|\b[A-Z]{2,}\b.{0,20} [a-z]+s\b"
)
MIN_SIDE = 5
"""Characters of one side of an equation that is the question's if it has it."""
_MARKED = re.compile(r"\$([^$]+)\$|\\\((.+?)\\\)")
_LABEL = re.compile(r"\b[A-Z]{2,4}\b")
_WORD = re.compile(r"[^\W\d_]{3,}")

Statement = FormulaStatement | SentenceStatement


def extract_statements(trajectory: Trajectory, steps: Sequence[Step]) -> list[ExtractedEntry[Concept] | RefusedDraft]:
    """Return the general statements of a trajectory, in reading order, each once with all places where it stands."""
    units = [(part, unit) for part in Part for unit in _units_of(trajectory, steps, part)]
    source = _read_source(trajectory.question, [unit.text for _, unit in units])
    drafts: dict[str, ExtractedEntry[Concept]] = {}
    for (part, unit), following in zip(units, [*(one.text for _, one in units[1:]), ""], strict=False):
        # Most sentences have none of the words that a statement needs.
        statement = _find_statement(unit.text, source) if _MAY_STATE.search(unit.text) else None
        if statement is None or is_hedged(unit.text) or is_taken_back(following):
            continue
        concept, span = _as_concept(statement), Span(part, unit.start, unit.end)
        earlier = drafts.get(statement_key(concept))
        drafts[statement_key(concept)] = (
            ExtractedEntry(earlier.entry, (*earlier.spans, span)) if earlier else ExtractedEntry(concept, (span,))
        )
    rules = [one for one in drafts.values() if is_rule(one.entry)]
    statements = [one for one in drafts.values() if not is_rule(one.entry)]
    return [*statements[:MAX_STATEMENTS], *rules[:MAX_RULES]]


def statement_key(concept: Concept) -> str:
    """Return what the same statement has in common in all traces: its formula in normal form, else its name."""
    formula = concept.implementation[0] if concept.implementation else ""
    return normal_formula(formula) if formula else " ".join(sorted(_WORD.findall(concept.name.lower())))


def is_same_statement(one: Entry, other: Entry) -> bool:
    """Whether two entries are the same statement from different traces: the same formula, and a name that shares words.

    Statements without a formula are told by their words and meaning, as other entries are.
    """
    if not (isinstance(one, Concept) and isinstance(other, Concept)):
        return False
    if not (one.extractor == other.extractor == EXTRACTOR and one.implementation and other.implementation):
        return False
    names = [set(_WORD.findall(concept.name.lower())) for concept in (one, other)]
    return statement_key(one) == statement_key(other) and bool(names[0] & names[1])


def _units_of(trajectory: Trajectory, steps: Sequence[Step], part: Part) -> list[StatementUnit]:
    text = trajectory.thought if part is Part.THOUGHT else trajectory.answer
    spans = [step.span for step in steps if step.span.part is part and step.kind not in _SILENT]
    return [unit for start, end in _join_spans(spans) for unit in read_units(text, start, end)]


def _join_spans(spans: Sequence[Span]) -> Iterator[tuple[int, int]]:
    """Yield stretches of neighbouring steps: a formula may stand in one step and its explanation in the next."""
    start = end = -1
    for span in spans:
        if span.start != end:
            if end > start:
                yield start, end
            start = span.start
        end = span.end
    if end > start:
        yield start, end


@dataclass(frozen=True, slots=True)
class _StatementSource:
    """What the statements of one trace are read against.

    Attributes:
        asked: the words of the question, in lower case.
        runs: its runs of seven words: a sentence with one of them is the problem's, not general.
        labels: its labels, such as AB.
        clauses: all clauses of the trace that say what symbols are.
        formulas: the question in the normal form of formulas.
    """

    asked: frozenset[str]
    runs: frozenset[tuple[str, ...]]
    labels: frozenset[str]
    clauses: tuple[Clause, ...]
    formulas: str

    def is_particular(self, sentence: str) -> bool:
        """Whether a sentence has words of the question in a row, one of its labels, or a side of its formulas."""
        if not self.labels.isdisjoint(_LABEL.findall(sentence)) or not self.runs.isdisjoint(_word_runs(sentence)):
            return True
        sides = [side for pair in _MARKED.findall(sentence) for side in normal_formula("".join(pair)).split("=")]
        return any(len(side) > MIN_SIDE and "(" in side and side in self.formulas for side in sides)


def _read_source(question: str, texts: Sequence[str]) -> _StatementSource:
    labels = frozenset(_LABEL.findall(question)) - load_lexicon().general_names
    asked = frozenset(_WORD.findall(question.lower()))
    return _StatementSource(
        asked, frozenset(_word_runs(question)), labels, find_clauses(texts), normal_formula(question)
    )


def _word_runs(text: str) -> Iterator[tuple[str, ...]]:
    words = _WORD.findall(text.lower())
    return (tuple(words[place : place + _RUN]) for place in range(len(words) - _RUN + 1))


def _find_statement(text: str, source: _StatementSource) -> Statement | None:
    text = strip_opening(text).replace("**", "")
    formula = find_formula(text, clauses=source.clauses, is_particular=source.is_particular, asked=source.asked)
    statement = formula or find_sentence(text, is_particular=source.is_particular, asked=source.asked)
    return None if statement is None or names_asked(statement.name, source.asked) else statement


def _as_concept(statement: Statement) -> Concept:
    if isinstance(statement, SentenceStatement) and statement.is_rule:
        return as_rule(statement.name, statement.sentence, extractor=EXTRACTOR)
    if isinstance(statement, SentenceStatement):
        kind = ConceptKind.ROUTINE if statement.is_routine else ConceptKind.STRUCTURE
        return Concept(statement.name, kind, statement.sentence, cues=(statement.name,), extractor=EXTRACTOR)
    parameters = tuple(Parameter(symbol, description=meaning) for symbol, meaning in statement.meanings)
    cues = tuple(dict.fromkeys([statement.name, *(meaning for _, meaning in statement.meanings)]))
    return Concept(
        statement.name,
        ConceptKind.STRUCTURE,
        statement.sentence,
        parameters=parameters,
        cues=cues,
        implementation=(statement.formula,),
        extractor=EXTRACTOR,
    )
