"""Questions a thought asks itself in general words, with the general sentences that answer them, kept as they stand."""

import re
from collections.abc import Iterator

from midthought.ingest.extraction.extracted import ExtractedProcedure
from midthought.ingest.extraction.rewriting.general_words import particular_words
from midthought.ingest.extraction.rewriting.terms import count_terms
from midthought.memory.entry import Procedure
from midthought.memory.trajectory import Part, Span, Trajectory

_SENTENCE = re.compile(r"[^\s*#][^.!?:\n]*(?:[.:](?=\w)[^.!?:\n]*)*[.!?:]?")
_ASKING = re.compile(r"^(?:so |but |now,? |and |then,? |okay,? |hmm,? )*(?P<ask>(?:how|what|which|when|why|where)\b.+\?)$", re.IGNORECASE)
_PARTICULAR = re.compile(
    r"[\d\\$=^_{}<>|\[\]\"`~+*/#×÷≤≥√π∑→✓∞]|(?<!['’])\b(?![AaI]\b)[A-Za-z]\b(?!['’])|(?<!['’])\b[A-Z]{2,}\b|(?<=\w )(?!(?:I|I'm|I've|I'd|I'll|Bayes|Venn|Euclid|Pythagoras|Pascal|Python)\b)[A-Z][a-z]+"
    r"|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|dozen|hundred|thousand)\b"
)
_POINTING = re.compile(
    r"\b(?:here|this|that's|these|those|he|she|his|her|him|yes|no|okay|oh|hmm|wait|my answer|the answer|final answer|already|earlier|above|now|nice|good|great|so far"
    r"|the problem says|double-check|let me|let's)\b",
    re.IGNORECASE,
)
_LEANING = re.compile(r"^(?:it|they|that|its|their|them|then|also|again|both|and|or|otherwise|but|still|not|exactly|same|another|neither|either)\b", re.IGNORECASE)
_CONNECTIVE = re.compile(r"^(?:(?:so|then|now|first|next|well|also|and|but|because of that|therefore|of course|obviously|in short|in general|finally)\b,?\s+)+", re.IGNORECASE)
_SMALL = frozenset("what which when where how with from that this have does into than then them they there their would could should".split())
_WORD = re.compile(r"[a-z]{4,}")
MOST_WORDS = 220


def read_self_questions(trajectory: Trajectory, *, extractor: str) -> list[ExtractedProcedure]:
    """Return one draft a general self-question whose answer says how, in reading order."""
    banned = _particulars(trajectory.question)
    sentences = [(m.group().strip(), m.start()) for m in _SENTENCE.finditer(trajectory.thought)]
    drafts = []
    for number, (sentence, start) in enumerate(sentences):
        question = _general_question(sentence, banned)
        if not question:
            continue
        kept = list(_answer(sentences[number + 1 : number + 14], banned))
        if len(kept) >= 2 and sum(len(text.split()) for text, _ in kept) >= 22:
            spans = (Span(Part.THOUGHT, start, start + len(sentence)), *(Span(Part.THOUGHT, at, at + len(raw)) for raw, at in kept))
            body = " ".join(_whole(raw) for raw, _ in kept)
            drafts.append(ExtractedProcedure(Procedure(question, body, extractor=extractor), spans))
    return drafts


def _particulars(question: str) -> frozenset[str]:
    """Return the words of a problem that are neither general nor terms: what it is about in particular."""
    return frozenset(word for word in particular_words(question) if len(word) > 2)


def _general_question(sentence: str, banned: frozenset[str]) -> str | None:
    match = _ASKING.match(sentence)
    if not match:
        return None
    asked = match["ask"][0].upper() + match["ask"][1:]
    words = asked.split()
    leaning = re.search(r"\b(?:this|that|these|those|it|they|them|its|here|there|now|we|else|if i|wrong|first|the two)\b", asked, re.IGNORECASE)
    method = re.match(r"(?:How (?:do|can|should|could|does|would) (?:I|one)|What (?:is the|does it mean|changes|makes)|Which|When|Why)\b", asked)
    if not 7 <= len(words) <= 30 or leaning or not method or _PARTICULAR.search(asked) or _mentions(asked, banned):
        return None
    return asked if count_terms(asked) >= 1 else None


def _answer(sentences: list[tuple[str, int]], banned: frozenset[str]) -> Iterator[tuple[str, int]]:
    for raw, at in sentences:
        if raw.endswith("?"):
            return
        text = _CONNECTIVE.sub("", raw)
        if raw.endswith(":") or len(text.split()) < 6 or _PARTICULAR.search(text[1:]) or _PARTICULAR.search(text):
            continue
        if not _POINTING.search(text) and not _mentions(text, banned) and not _LEANING.match(text):
            yield raw, at


def _mentions(text: str, banned: frozenset[str]) -> bool:
    words = set(re.findall(r"[a-z]+", text.lower()))
    return bool(words & banned or {word.rstrip("s") for word in words} & {word.rstrip("s") for word in banned})


def _whole(sentence: str) -> str:
    text = _CONNECTIVE.sub("", sentence)
    text = text[0].upper() + text[1:]
    return text if text[-1] in ".!" else f"{text}."
