"""Rules: "if a quadrilateral is cyclic, its opposite angles add up to a straight angle".

Most sentences of this form describe the problem at hand, in words that could be general. Which ones are general only
a second question tells, so ingestion keeps a rule waiting until then: see `midthought.ingest.waiting_rules`.
"""

import re

from midthought.ingest.extraction.statement_conditions import is_general_condition, names_asked, split_condition
from midthought.memory.records.entry import Concept, ConceptKind, Entry

RULE = "rule"
"""The subtype of a concept that is a rule."""
_OPENS = re.compile(r"^(?:If|When|Whenever)\s+|^(?=(?:For|In) (?:any|every|all|an?)\s)")
_MIN_WORDS = 4
"""Words that a condition and what follows from it have each."""


def find_rule(sentence: str, *, asked: frozenset[str]) -> tuple[str, str] | None:
    """Return the condition of a rule and its sentence, opening with "If" or "For", if both are general."""
    condition, rest = split_condition(sentence)
    opens = _OPENS.match(condition)
    if opens is None or not sentence.endswith(".") or min(len(condition.split()), len(rest.split())) < _MIN_WORDS:
        return None
    if not is_general_condition(condition, asked) or names_asked(rest, asked):
        return None
    rest = re.sub(r"^then\s+", "", rest, flags=re.IGNORECASE)
    condition = condition[opens.end() :]
    opening = f"If {condition}" if opens[0] else condition
    return condition, f"{opening}, {rest[:1].lower()}{rest[1:]}"


def is_rule(entry: Entry) -> bool:
    """Whether an entry is a rule that a trace states."""
    return isinstance(entry, Concept) and entry.routine_subtype == RULE


def as_rule(condition: str, sentence: str, *, extractor: str) -> Concept:
    """Return the concept of a rule; its id depends on nothing but its words."""
    return Concept(
        f"{condition[:1].lower()}{condition[1:]}",
        ConceptKind.STRUCTURE,
        sentence,
        routine_subtype=RULE,
        cues=(condition,),
        extractor=extractor,
    )
