"""Procedures from a trace's own sentences: goals, how they were met, and what was stated in general."""

import re
from collections.abc import Iterator

from midthought.ingest.extraction.abstraction import abstract_math
from midthought.ingest.extraction.extracted import ExtractedProcedure
from midthought.ingest.extraction.garble import is_clean
from midthought.ingest.extraction.paragraphs import Page
from midthought.memory.entry import Procedure

FOLLOWING = 4  # paragraphs after a goal whose sentences may belong to its way
LEAST_WORDS = 22  # a shorter way says too little to be reused
LEAST_SENTENCES = 2
_VERBS = (
    "find|solve|compute|calculate|determine|simplify|evaluate|convert|express|maximi[sz]e|minimi[sz]e|rationali[sz]e|eliminate"
    "|combine|add|subtract|divide|multiply|factor|expand|prove|check|verify|count|compare|isolate|integrate|differentiate"
    "|rewrite|estimate|test"
)
_GOAL = re.compile(
    rf"\bTo ((?:{_VERBS})\b[^,.:;\n]{{4,160}}), (?:(?:we|I|you|let's|let us)\s+)?(?:(?:can|could|need to|should|will|have to|must|just)\s+)*"
    rf"([a-z][^.\n]{{8,260}}[.:])",
)
_SENTENCE = re.compile(r"[^\s.!?][^.!?\n]*[.!?:]?(?=\s|$)")
_LEAD = re.compile(
    r"^(?:[-\d.*#\s]+|(?:So|Now|First|Next|Then|Finally|Therefore|Thus|Also|Okay|Alright|Remember|Recall|I (?:know|recall|remember)"
    r"|We know|Note|Since then|In general)\b(?: that)?,?\s*)+"
)
_ACTION = re.compile(
    rf"^(?:(?:I|we|you)\s+(?:(?:can|could|need to|should|will|have to|must)\s+)+|let's\s+|let me\s+)?"
    rf"((?:{_VERBS}|use|apply|set|substitute|plug|write|take|move|draw|look|choose|list|start|identify|subtract|square|cancel|group)\b.*)",
    re.IGNORECASE,
)
_GENERAL = re.compile(
    r"^(?:In (?:an?|any) |For (?:an?|any|every|all) |If (?:an?|all) |When (?:an?|you|we) |An? |Any |Every |The (?:sum|product|area|volume"
    r"|number|probability|derivative|angle|slope|formula|distance|median|mean|domain|inverse|graph|roots?|law|magnitude|general"
    r"|standard|hypotenuse|remainder|determinant|solution|discriminant|vertex|quadratic formula) )"
)

_VAGUE = re.compile(  # a placeholder stands where the matter should be
    r"\b(?:the|an?) (?:unknown|expression|fraction|form|problem|assumed)\b|\b(?:solve|into|in|when|where) the equation\b"
    r"|find out|the (?:left|right) side\.|the (?:numerator|denominator)\.$"
)


def find_goals(pages: tuple[Page, ...], extractor: str) -> Iterator[ExtractedProcedure]:
    """Yield a draft for every goal sentence whose way is told in general words."""
    for page in pages:
        for match in _GOAL.finditer(page.original):
            draft = word_goal(page, match, extractor)
            if draft is not None:
                yield draft


def word_goal(page: Page, match: re.Match[str], extractor: str) -> ExtractedProcedure | None:
    """Word a goal sentence and the sentences after it; nothing where too little of them is general."""
    goal = abstract_math(match[1])
    question = f"How do I {goal}?"
    first = abstract_math(match[2]).rstrip(".:") + "."
    start = next(i for i, end in enumerate(page.ends) if end >= match.start())
    last = min(start + FOLLOWING, len(page.ends) - 1)
    way = [first if first else "", *follow_sentences(page.original[match.end() : page.ends[last]])]
    way = list(dict.fromkeys(s for s in way if is_clean(s) and not _VAGUE.search(s)))
    if _VAGUE.search(question) or not is_clean(question) or first not in way or not is_enough(way):
        return None
    return ExtractedProcedure(
        Procedure(
            subquestion=question,
            subroutine=f"For problems like this I should {first} {' '.join(way[1:5])}",
            applicability=f"Problems in which I have to {goal}.",
            domain="general",
            tags=("goal",),
            extractor=extractor,
        ),
        (page.bounds(start, last),),
    )


def is_enough(way: list[str]) -> bool:
    """Say whether the sentences of a way are enough to be of use."""
    return len(way) >= LEAST_SENTENCES and sum(len(s.split()) for s in way) >= LEAST_WORDS


def follow_sentences(text: str) -> Iterator[str]:
    """Yield the general sentences of a text: actions in the first person, and statements that hold for any problem."""
    for match in _SENTENCE.finditer(text):
        sentence = _LEAD.sub("", abstract_math(match[0])).rstrip(":.") + "."
        action = _ACTION.match(sentence)
        if action is not None:
            yield f"I {action[1][0].lower()}{action[1][1:]}"
        elif _GENERAL.match(sentence):
            yield sentence
