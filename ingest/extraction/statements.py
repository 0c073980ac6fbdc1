"""General statements that a trace makes in plain words while it works."""

import re

from midthought.ingest.extraction.garble import is_plain, points_elsewhere

SHARED = 0.34  # a statement that shares more of its long words with the question restates it
_SENTENCE = re.compile(r"(?:(?<=[.!?:] )|(?<=\n)|\A)[A-Z][^.!?\n]{30,200}\.(?=\s|\Z)")
_LEAD = re.compile(r"^(?:(?:I (?:know|recall|remember)|We know|Recall|Remember|Note|In general)(?: that)?,? )+")
_GENERAL = re.compile(
    r"^(?:in (?:an?|any) |for (?:an?|any|every|all) |if (?:an?|all|any) |when (?:an?|you|we|all) |an? \w+|any "
    r"|every |opposite |the (?:sum|product|area|volume|number|probability|derivative|angle|slope|median|mean|domain"
    r"|inverse|roots?|magnitude|general|hypotenuse|remainder|solution|discriminant|vertex|period) (?:of|is|for|to)\b)",
    re.IGNORECASE,
)
_PARTICULAR = re.compile(
    r"\b(?:I|we|you|can|could|need|want|given|now|problem|final|answer|would|should|original|its)\b|(?<!')\b[b-hj-z]\b"
    r"|\b(?:the|that|which) (?:first|second|third|list|rectangle|path|segment|polynomial|expression|equation)\b"
)


def find_statement(passage: str, question: str) -> str:
    """Return the first sentence of a passage that states something in general, or an empty text."""
    asked = long_words(question)
    for match in _SENTENCE.finditer(passage):
        sentence = _LEAD.sub("", match[0])
        if _GENERAL.match(sentence) and is_plain(sentence) and is_own(sentence, asked):
            return sentence[0].upper() + sentence[1:]
    return ""


def is_own(sentence: str, asked: frozenset[str]) -> bool:
    """Say whether a sentence stands alone and says more than the question did."""
    words = long_words(sentence)
    return (
        not points_elsewhere(sentence)
        and _PARTICULAR.search(sentence) is None
        and len(words) > 1
        and len(words & asked) <= SHARED * len(words)
    )


def long_words(text: str) -> frozenset[str]:
    """Return the words of five letters and more, in lower case."""
    return frozenset(re.findall(r"[a-z]{5,}", text.lower()))
