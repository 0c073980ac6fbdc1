"""Procedures from the questions a trace asks itself and answers at once in general words."""

import re
from bisect import bisect_left
from collections.abc import Iterator
from enum import StrEnum

from midthought.ingest.extraction.extracted import ExtractedEntry
from midthought.ingest.extraction.paragraphs import Page
from midthought.ingest.extraction.plain_language import WORDS, is_plain, opens_alone, points_elsewhere
from midthought.memory.records.entry import Procedure
from midthought.memory.records.trajectory import Span

MIN_SENTENCES = 1
MIN_WORDS = 18  # a shorter reply says too little to be reused
MIN_TEXT = WORDS.start + MIN_WORDS  # words of the shortest self-question and reply
MAX_WORDS = 180
REPLY_CHARACTERS = 4000  # of a paragraph that are looked at: 180 words of 22 characters
_ASKED = re.compile(
    r"(?:^|(?<=[.!?:;] )|(?<=\n))(?:(?:But|So|And|Now|Hmm|Okay|Next|First|Then|Alternatively|Before I compute)[,:]? )?"
    r"((?=[^.?!\n]{0,500}\?)(?:[Hh]ow (?:do|can|should|could) (?:I|one|we|you)\b|[Ww]hat is (?:an? |the )?(?:\w+ )?way"
    r"|(?:[Hh]ow|[Ww]h(?:at|en|ich|y))\b[^.?!\n]{0,300}\b(?:an?|any|several|arbitrary|every|all of)\b)"
    r"[^.?!\n]{8,170}\?)",
    re.MULTILINE,
)
_FOLLOWS_UP = re.compile(
    r"\b(?:then|now|instead|else)\?$|\bthe (?:true|other|remaining|same)\b|^what(?:'s| is) an? (?:\w+ ){0,2}\w+\?$",
    re.IGNORECASE,
)
"""Questions that lean on what went before, or only ask what a word means."""
_SENTENCE = re.compile(r"[^\s.!?](?:[^.!?\n]++|[.!?](?=\S))*+[.!?]?")
"""A sentence, or the rest of a line without an end: to try that again from its next letter takes quadratic time."""


class AskFault(StrEnum):
    """Why a self-question gives no draft."""

    PARTICULAR = "the question names particulars"
    LEANING = "the question leans on what went before"
    UNANSWERED = "no reply in general words follows"
    SHORT = "the general reply is too short"


def read_self_asks(pages: tuple[Page, ...], extractor: str) -> Iterator[ExtractedEntry[Procedure] | AskFault]:
    """Yield for every self-question its draft if a general reply follows in the same paragraph, else the fault."""
    for page in pages:
        for match in _ASKED.finditer(page.original):
            question = match[1][0].upper() + match[1][1:]
            fault = find_fault(question)
            if fault:
                yield fault
                continue
            end = page.ends[bisect_left(page.ends, match.end())]
            reply = read_reply(page.original[match.end() : min(end, match.end() + REPLY_CHARACTERS)])
            if is_enough(reply):
                yield word_self_ask(question, reply, Span(page.part, match.start(1), end), extractor)
            else:
                yield AskFault.SHORT if reply else AskFault.UNANSWERED


def find_fault(question: str) -> AskFault | None:
    """Return why a self-question is of no use in another problem, or None."""
    if not is_plain(question):
        return AskFault.PARTICULAR
    return AskFault.LEANING if points_elsewhere(question) or _FOLLOWS_UP.search(question) else None


def read_reply(text: str) -> list[str]:
    """Return the unbroken run of general sentences at the start of a text."""
    reply: list[str] = []
    for sentence in (match[0] for match in _SENTENCE.finditer(text)):
        if sentence[-1] not in ".!?":
            continue
        if not is_plain(sentence) or (not reply and not opens_alone(sentence)):
            break
        if sum(len(s.split()) for s in [*reply, sentence]) > MAX_WORDS:
            break
        reply.append(sentence)
    return reply


def is_enough(reply: list[str]) -> bool:
    """Whether a reply is long enough to be of use."""
    return len(reply) >= MIN_SENTENCES and sum(len(s.split()) for s in reply) >= MIN_WORDS


def word_self_ask(question: str, reply: list[str], span: Span, extractor: str) -> ExtractedEntry[Procedure]:
    """Word a self-question and its reply as a procedure."""
    procedure = Procedure(
        subquestion=question,
        subroutine=f"For problems like this I should reason as follows. {' '.join(reply)}",
        domain="general",
        tags=("self-ask",),
        extractor=extractor,
    )
    return ExtractedEntry(procedure, (span,))
