"""General statements of a trace as concepts: formulas with their variables explained, laws, definitions, properties.

Rules ("whenever ... then ...") are not taken: most of them describe the instance, and only a second question would
tell which do not.
"""

import re
from collections.abc import Callable, Iterator, Sequence

from midthought.ingest.extraction.extracted import ExtractedEntry, RefusedDraft
from midthought.ingest.extraction.formula_statements import FormulaStatement, find_formula
from midthought.ingest.extraction.formulas import normal_formula
from midthought.ingest.extraction.sentence_statements import SentenceStatement, find_sentence
from midthought.ingest.extraction.statement_names import strip_opening
from midthought.ingest.extraction.statement_units import StatementUnit, read_units
from midthought.ingest.lexicon import load_lexicon
from midthought.memory.records.entry import Concept, ConceptKind, Entry, Parameter
from midthought.memory.records.step import Step, StepKind
from midthought.memory.records.trajectory import Part, Span, Trajectory

EXTRACTOR = "statements-1"
MAX_STATEMENTS = 6
"""Per trace, the first ones."""
_SILENT = frozenset({StepKind.RESTATEMENT, StepKind.TALK, StepKind.CHANGE, StepKind.CALL})
"""Steps that state nothing of their own: the question, a tool's words, what is taken back."""
_LABEL = re.compile(r"\b[A-Z]{2,4}\b")
_WORD = re.compile(r"[^\W\d_]{3,}")

Statement = FormulaStatement | SentenceStatement


def extract_statements(trajectory: Trajectory, steps: Sequence[Step]) -> list[ExtractedEntry[Concept] | RefusedDraft]:
    """Return the general statements of a trajectory, in reading order, each once with all places where it stands."""
    units = {part: _units_of(trajectory, steps, part) for part in Part}
    texts = [unit.text for part in Part for unit in units[part]]
    is_particular, asked = _particular_test(trajectory.question), frozenset(_WORD.findall(trajectory.question.lower()))
    drafts: dict[str, ExtractedEntry[Concept]] = {}
    for part in Part:
        for unit in units[part]:
            statement = _find_statement(unit.text, texts, is_particular, asked=asked)
            if statement is None:
                continue
            if _names_instance(statement.name, asked):
                continue
            concept, span = _as_concept(statement), Span(part, unit.start, unit.end)
            earlier = drafts.get(statement_key(concept))
            drafts[statement_key(concept)] = (
                ExtractedEntry(earlier.entry, (*earlier.spans, span)) if earlier else ExtractedEntry(concept, (span,))
            )
    found: list[ExtractedEntry[Concept] | RefusedDraft] = [*drafts.values()]
    return found[:MAX_STATEMENTS]


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


def _find_statement(
    text: str, texts: Sequence[str], is_particular: Callable[[str], bool], *, asked: frozenset[str]
) -> Statement | None:
    text = strip_opening(text).replace("**", "")
    return find_formula(text, texts, is_particular=is_particular, asked=asked) or find_sentence(
        text, is_particular=is_particular
    )


def _particular_test(question: str) -> Callable[[str], bool]:
    """Return the test whether a sentence copies the question: seven words in a row, or a label such as AB."""
    words = [word.lower() for word in _WORD.findall(question)]
    runs = {tuple(words[place : place + 7]) for place in range(len(words) - 6)}
    labels = set(_LABEL.findall(question)) - load_lexicon().general_names

    def is_particular(sentence: str) -> bool:
        said = [word.lower() for word in _WORD.findall(sentence)]
        if labels.intersection(_LABEL.findall(sentence)):
            return True
        return any(tuple(said[place : place + 7]) in runs for place in range(len(said) - 6))

    return is_particular


def _names_instance(name: str, asked: frozenset[str]) -> bool:
    """Whether a name speaks of a thing of the question: "the kinetic energy of the proton"."""
    things = re.findall(r"(?<=\b[Tt]he )([a-z]{3,})(?=$| (?:of|in|on|at|for|is)\b)", name)
    return any(thing in asked or f"{thing}s" in asked for thing in things)


def _as_concept(statement: Statement) -> Concept:
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
