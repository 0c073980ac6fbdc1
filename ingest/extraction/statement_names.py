"""The name of a statement: the noun phrase that it is about."""

import re
from functools import cache

from midthought.ingest.checks.deictic_key import find_deixis
from midthought.ingest.lexicon import load_lexicon
from midthought.ingest.steps.phrases import load_words
from midthought.memory.indexes.word_analysis import function_words

MAX_WORDS = 12
_OPENING = re.compile(
    r"^(?:(?:so|thus|therefore|hence|now|next|first|firstly|second|secondly|then|also|finally|again|however|and|"
    r"but|recall(?:ing)?(?: that)?|note(?: that)?|remember(?:ing)?(?: that)?|(?:i|we) (?:know|recall|remember|"
    r"note|see)(?: that)?|"
    r"let me (?:recall|remember)(?: that)?|let's recall(?: that)?|as we know|in general|generally|by definition|"
    r"in physics|"
    r"in (?:mathematics|chemistry|statistics|economics|law|medicine|biology)|step \w+|okay|"
    r"ok|alright|"
    r"well|hmm|specifically|similarly|where|that|which|for (?:example|instance)|according to \w+(?=,))\b[,:]?\s*)++",
    re.IGNORECASE,
)
_MARKS = re.compile(r"^(?:[-*\u2022#>]+\s*|\(?\d{1,2}[.)]\s+|\(?[a-z][.)]\s+|\*\*[^*]{1,60}\*\*\s*:?\s*)++")
_PRONOUN = re.compile(
    r"\b(?:i|we|you|he|she|it|they|us|our|my|your|his|her|their|its|this|these|those|here|there|let|given|above|"
    r"below|"
    r"such|question|problem|option|options|answer|example|step)\b",
    re.IGNORECASE,
)
_NO_NAME = re.compile(
    r"^\w+ing (?:\w+ )?(?:with|from|by)\b|"
    r"^(?:something|plugging|substituting|inserting|putting|using|setting|same|other|another|only|any|all|every|"
    r"most|some|both)\b|^\w+ing (?:the|an?|up|both|all|of|in|"
    r"into|for|this|with|back|to|at|on|from)\b|"
    r"^(?:for|in|on|at|by|from|if|when|with|to|as|of|can|plug|use|take|put|"
    r"get|since|while|after|before|both|each|"
    r"(?:first|second|third|last|original|new|other|resulting|final|same|remaining|two|three|corresponding|"
    r"desired|required|"
    r"following|current|total number) (?:equation|term|expression|one|number|value|part|condition|function|side|"
    r"inequality|line)s?)\b"
    r"|,|\b(?:triangle|segment|line|angle|circle|point|quadrilateral|square|rectangle|side|function|graph|"
    r"vertex) [A-Z]{1,4}\b"
    r"|\b(?:that|which|indicates?|shows?|tells?|gives?|says?|states?)\b|\b(?:is|are|was|were|can|will|has|have|"
    r"does|do|must|should|would|could|may|might)\b",
    re.IGNORECASE,
)
_GENERIC = frozenset(
    {
        "first",
        "second",
        "third",
        "fourth",
        "other",
        "basic",
        "main",
        "differential",
        "quadratic",
        "linear",
        "expression",
        "general",
        "form",
        "relation",
        "relationship",
        "same",
        "simple",
        "total",
        "final",
        "initial",
    }
)
_IMPERATIVES = frozenset(
    {"multiply", "divide", "substitute", "integrate", "differentiate", "combine", "compare", "note", "write"}
)
_NOUNS = frozenset(
    {
        "test",
        "estimate",
        "square",
        "count",
        "list",
        "group",
        "label",
        "set",
        "split",
        "sketch",
        "check",
        "change",
        "measure",
    }
)
_OBJECT = re.compile(
    r"^(?:for|in) (?P<object>(?:an?|any|the) [^,=]{3,40}?)(?: with [^,]{1,60}| of (?:side|radius|mass|"
    r"length)[^,]{1,30})?, (?P<name>the [^,]{3,80})$",
    re.IGNORECASE,
)
_SYMBOLS = re.compile(
    r"\s*(?:\$[^$]*\$|\\\(.*?\\\)|\([^()]{1,12}\)|`[^`]*`|(?<![\w'])[A-Za-z\u0391-\u03c9]\*?(?![\w'-])(?<![aA]))"
)


_EQUATION_FOR = re.compile(r"^(?:formula|equation|expression) (?:for|of) (?:the |an? )?", re.IGNORECASE)


def strip_opening(sentence: str) -> str:
    """Return a sentence without list marks and the words that tie it to what came before, with a capital."""
    rest = _MARKS.sub("", sentence.strip())
    rest = _OPENING.sub("", rest).strip().strip("*_").strip()
    return rest[:1].upper() + rest[1:]


def clean_name(text: str) -> str:
    """Return a noun phrase as a name: without article, symbols and marks; in lower case but for names of people."""
    if about := _OBJECT.match(strip_opening(text)):
        text = f"{about['name']} of {about['object']}"
    name = _SYMBOLS.sub(" ", strip_opening(text).replace("**", "").replace("*", ""))
    name = re.sub(r"\(\s*\)", " ", name)
    name = re.sub(r"\s+([,.'\u2019])", r"\1", " ".join(name.split())).strip(" ,:;.-")
    name = re.sub(r"(?:\s+(?:again|and|or|of|to|by|with|for|in|the|a))+$", "", name)
    bare = _EQUATION_FOR.sub("", re.sub(r"^(?:the|a|an|one)\s+", "", name, flags=re.IGNORECASE))
    if bare != name:
        return bare  # its first word did not open the sentence: a capital belongs to it
    name = _EQUATION_FOR.sub("", name)
    first = name.split(" ")[0] if name else ""
    proper = (
        "'" in first
        or "\u2019" in first
        or sum(map(str.isupper, first)) > 1
        or re.search(r"\b(?:law|theorem|equation|number|formula)\b", name[:40])
    )
    return name if proper and len(name.split()) <= 5 else name[:1].lower() + name[1:]


@cache
def _verbs() -> frozenset[str]:
    """Return the verbs of instructions that are no nouns: a phrase that begins with one is no name."""
    return frozenset({*load_words().finding, *load_words().acting, *_IMPERATIVES} - _NOUNS)


def is_name(name: str) -> bool:
    """Whether a phrase names something by itself: a few words, at least one of which says something, and no pronoun."""
    words = re.findall(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*", name)
    if not 1 <= len(words) <= MAX_WORDS or re.search(r"[=\d\\$<>{}|?!]", name):
        return False
    if _PRONOUN.search(name) or _NO_NAME.search(name) or find_deixis(name) is not None:
        return False
    if words[0].lower() in _verbs():
        return False
    lexicon = load_lexicon()
    ordinary = function_words() | lexicon.empty_words | lexicon.generic_words | lexicon.law_nouns | _GENERIC
    return any(len(word) > 2 and word.lower() not in ordinary for word in words)
