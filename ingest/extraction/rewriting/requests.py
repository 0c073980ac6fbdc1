"""The request of a problem as a general question: "Compute the sum of the roots of $g$." -> "How do I compute ...?"."""

import re
from collections.abc import Mapping

from midthought.ingest.extraction.rewriting.general_words import particular_words
from midthought.ingest.extraction.rewriting.phrases import abstract
from midthought.ingest.extraction.rewriting.terms import count_terms

_SENTENCE_END = re.compile(
    r"\s(?=(?:Enter|Express|Give|Write|Round|Please|Use) )|(?<=[.?!])(?<!\d\.)[\s$]+(?=[A-Z\\$])|\n\s*\n|Subproblem \d+:|Preamble:"
)
_IMPERATIVE = re.compile(
    r"(?:^|\b(?:then|and|please|must|to)\s+)(?P<verb>find|compute|determine|calculate|evaluate|simplify|solve|factor|expand|prove|count|construct"
    r"|convert|rewrite|express|estimate|decide|sort|obtain|design|order|arrange)\s+(?P<object>[^?]+?)[.?:]?$",
    re.IGNORECASE,
)
_WHAT = re.compile(
    r"\b(?:what|which)(?:'s| is| are| was| were) (?P<object>(?:the|an|a|your|its|in)\b[^?]+)\?", re.IGNORECASE
)
_HOW_MANY = re.compile(r"\bhow many (?P<object>[^?]+)\?", re.IGNORECASE)
_HOW_MUCH = re.compile(r"\b(?P<object>how (?:much|long|far|fast|old|often|likely)\b[^?]+)\?", re.IGNORECASE)
_FORMAT = re.compile(
    r"(?:,| \()?\s*(?:in terms of|to (?:\w+|\d) (?:decimal|significant)|rounded|as a common|in simplest|expressed as|written as|where it is|assuming"
    r"|give your|in (?:meters|radians|degrees|units|seconds|kg|square units|joules|centimeters|dollars)\b|\(in\b)[^?]*$",
    re.IGNORECASE,
)
_BAD = re.compile(
    r"\b(?:modulo$|at an equation|of triangle|of circle|for an? in?equality|that inequality|that equation|shaded|rectangle$|power as|a matrix and a matrix|given number, a given|m \+ n|he|she|they|it|its|his|her|him|their|them|this|these|those|you|we|there|will|did|does|would|the unknown|the expression|the given number"
    r"|an unknown|following|below|above|diagram|figure|shown|each of|the function value|a function value|such that$)\b|[\\{}$^_=|#]|\d",
    re.IGNORECASE,
)
_VERB_TRAIL = re.compile(r"^(?P<noun>.+?) (?:are|is|do|does|can|will|must|have|has|would|should|did)\b")


def read_request(question: str, glossary: Mapping[str, str]) -> str | None:
    """Return the general question a problem asks, or None where no self-contained wording was found."""
    text = question.split("[asy]")[0]
    for sentence in reversed(_SENTENCE_END.split(text)):
        asked = _ask(sentence.strip(), glossary)
        if asked:
            return asked
    return None


def _ask(sentence: str, glossary: Mapping[str, str]) -> str | None:
    plain = abstract(sentence, glossary, definite=False)
    for pattern, form in (
        (_WHAT, "find {}"),
        (_HOW_MANY, "find the number of {}"),
        (_HOW_MUCH, "find {}"),
        (_IMPERATIVE, "{verb} {}"),
    ):
        match = pattern.search(plain)
        if match:
            verb = (match.groupdict().get("verb") or "").lower()
            asked = form.format(_trim(match["object"]), verb=verb)
            return _checked(asked)
    return None


def _trim(request: str) -> str:
    """Cut what only says how to write the answer, and make "squares are divisible" a relative clause."""
    text = re.sub(
        r",? (?:where|given that|provided|assuming|so that|if the|knowing)\b.*$", "", _FORMAT.sub("", request)
    ).strip(" ,;:.")
    text = re.sub(r"\b(?:are|is) there\b ?", "", text)
    text = re.sub(
        r",? in (?:square |cubic )?(?:inches|meters|feet|units|degrees|radians|centimeters|volts|joules)\b,?", "", text
    )
    text = re.sub(
        r"^(?:different |distinct |ordered )?((?:[a-z-]+ ){1,4}?[a-z-]+s)(?P<rest>(?: [a-z ]+?)?) (?P<verb>satisfy|are|have|contain|lie|divide|leave)\b",
        r"\1\g<rest> that \g<verb>",
        text,
    )
    return re.sub(r"\bof (length|radius|side|area|volume|height|diameter)(?= and\b|,|$)", r"of given \1", text)


def _checked(asked: str) -> str | None:
    words = asked.split()
    if not 4 <= len(words) <= 26 or _BAD.search(asked) or count_terms(asked) < 2 or particular_words(asked):
        return None
    if re.search(
        r"\b(?:the|a|an|of|by|to|in|with|for|and|or|is|are|when|if|that|at|on)$|\ba [aeiou]|\b[b-zB-HJ-Z]\b", asked
    ):
        return None
    asked = re.sub(
        r"\bof (?!(?:a|an|the|all|each|any|given|one|some|several|two|both|its|possible|real|complex|positive|negative|non)\b)(?=(?:[a-z]+) ?(?:$|and\b|,))",
        "of the ",
        asked,
    )
    asked = re.sub(r"\b(number of \w+s) are\b", r"\1 that are", asked)
    return f"How do I {asked[0].lower()}{asked[1:]}?"
