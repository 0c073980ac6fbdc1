"""Questions a thought asks itself in general words, with the general sentences that answer them, kept as they stand."""

import re
from collections.abc import Iterator

from midthought.ingest.extraction.extracted import ExtractedProcedure
from midthought.ingest.extraction.rewriting.general_words import particular_words
from midthought.ingest.extraction.rewriting.terms import count_terms
from midthought.memory.entry import Procedure
from midthought.memory.trajectory import Part, Span, Trajectory

_SENTENCE = re.compile(r"[^\s*#][^.!?\n]*(?:\.(?=\w)[^.!?\n]*)*[.!?]?\"?")
_ASKING = re.compile(
    r"^(?:so |but |now,? |and |then,? |okay,? |hmm,? )*(?P<ask>(?:how|what|which|when|why|where)\b.+\?)$", re.IGNORECASE
)
_PARTICULAR = re.compile(
    r"[\d\\$=^_{}<>|\[\]`~+*/#×÷≤≥√π∑→✓∞]|(?<!['’])\b(?![AaI]\b)[A-Za-z]\b(?!['’])|(?<!['’])\b[A-Z]{2,}\b"
    r"|(?<=[\w,;:] )(?!(?:I|I'm|I've|I'd|I'll|Bayes|Venn|Euclid|Pythagoras|Pascal|Python)\b)[A-Z][a-z]+"
    r"|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|dozen|hundred|thousand)\b"
)
_POINTING = re.compile(
    r"\b(?:here|he|she|his|her|him|yes|okay|oh|hmm|wait|my answer|final answer|earlier|above|now|nice|so far|the problem says|the statement|double-check|let me|let's"
    r"|this case|in our)\b",
    re.IGNORECASE,
)
_LEANING = re.compile(
    r"^(?:it|it's|they|they're|that|that's|this|these|those|its|their|them|then|also|again|both|and|or|otherwise|but|still|not|exactly|same|another|neither"
    r"|either|i want|i need to know|i get|i have|i see|i know|restat)\b",
    re.IGNORECASE,
)
_CONNECTIVE = re.compile(
    r"^(?:(?:so|then|now|first|next|well|also|and|but|because of that|therefore|of course|obviously|in short|in general|finally)\b,?\s+)+",
    re.IGNORECASE,
)
_SMALL = frozenset(
    "what which when where how with from that this have does into than then them they there their would could should".split()
)
_COUNTED = re.compile(r"\b(?:two|three|four|five|six|seven|eight|nine|ten) (?=(?:[a-z]+ )?[a-z]+s\b)")
_COMMON = frozenset(
    """about again ago allowed always answer arranged ask asked asking assume available away become before begin being below best better bring came
    cannot choose come comes consecutive corner corners could describe determine did different directly do does doing done during each early either
    end ended ends enough ever example explain far fill follow following follows format found four gets getting give gives go goes going gone
    happen help her here herself him his hold however include included including inside instead instructions just keep kind knew know leave leaves
    left let lets like look made make many may might must my need needs never next nor not off often once only order other our out own part
    please possible provide provided put question read reach remain remains required rest result say says see sense shall she should show side
    since so some somebody someone something soon stand start still such sure take takes tell than thing things think this through till today
    together told too took total true try turn two under use used using very want was way we well went were what whatever when which while who
    whole whom whose why will wish within word would write written wrong yes yet you your three one ones he it its they their them there""".split()
)
_HEADING = re.compile(r"\*\*:?$")
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
        kept = list(_answer(sentences[number + 1 : number + 16], banned))
        if len(kept) >= 2 and sum(len(text.split()) for text, _ in kept) >= 22:
            spans = (
                Span(Part.THOUGHT, start, start + len(sentence)),
                *(Span(Part.THOUGHT, at, at + len(raw)) for raw, at in kept),
            )
            body = " ".join(_whole(raw) for raw, _ in kept)
            drafts.append(ExtractedProcedure(Procedure(question, body, extractor=extractor), spans))
    return drafts


def _particulars(question: str) -> frozenset[str]:
    """Return the words of a problem that are neither general nor terms: what it is about in particular."""
    return frozenset(word for word in particular_words(question) if len(word) > 2 and word not in _COMMON)


def _general_question(sentence: str, banned: frozenset[str]) -> str | None:
    match = _ASKING.match(sentence)
    if not match:
        return None
    asked = _COUNTED.sub("", match["ask"][0].upper() + match["ask"][1:])
    words = asked.split()
    leaning = re.search(
        r"\b(?:this|that|these|those|it(?! mean)|they|its|here|there|now|we|else|if i|wrong|first|the two)\b",
        asked,
        re.IGNORECASE,
    )
    method = re.match(
        r"(?:How (?:do|can|should|could|does|would) (?:I|one)|What (?:is (?:the|a)|does it mean|makes|happens)|Which|When does|Why does|Where)\b",
        asked,
    )
    if not 6 <= len(words) <= 30 or leaning or not method or _PARTICULAR.search(asked) or _mentions(asked, banned):
        return None
    return asked if count_terms(asked) >= 1 or len(words) >= 9 else None


def _answer(sentences: list[tuple[str, int]], banned: frozenset[str]) -> Iterator[tuple[str, int]]:
    for raw, at in sentences:
        if raw.endswith("?") or _HEADING.search(raw):
            return
        text = _COUNTED.sub("", _CONNECTIVE.sub("", raw))
        if len(text.split()) < 6 or _PARTICULAR.search(text[1:]) or _PARTICULAR.search(text):
            continue
        if not _POINTING.search(text) and not _mentions(text, banned) and not _LEANING.match(text):
            yield raw, at


def _mentions(text: str, banned: frozenset[str]) -> bool:
    words = set(re.findall(r"[a-z]+", text.lower()))
    return bool(words & banned or {word.rstrip("s") for word in words} & {word.rstrip("s") for word in banned})


def _whole(sentence: str) -> str:
    text = _COUNTED.sub("", _CONNECTIVE.sub("", sentence))
    text = text[0].upper() + text[1:]
    return text if text[-1] in ".!" else f"{text}."
