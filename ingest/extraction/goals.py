"""Keys of step examples: what a trace says it reaches, in its words, if that can be understood without the trace."""

import re
from collections.abc import Sequence
from functools import cache, lru_cache

from midthought.ingest.extraction.example_phrases import load_example_phrases
from midthought.ingest.extraction.function_goals import FUNCTION, is_function_goal, word_function
from midthought.ingest.extraction.goal_text import CHARACTERS, WORDS, clean_goal, strip_numbering
from midthought.ingest.extraction.refusal_reasons import Fault, RefusalReason

LONG_WORD = 8  # letters of a word that names its object by itself: "determinant"
LONG_FORMULA = 12  # characters of a formula that names its object by itself
_WORD = re.compile(r"[A-Za-z\u00c0-\u024f][A-Za-z\u00c0-\u024f'\u2019-]*|\d+(?:\.\d+)?")
_ANAPHORA = frozenset(("it", "its", "they", "their", "them", "his", "her", "he", "she"))
_ORDER = r"(?:first|second|third|next|then|now|finally|also|and|again|similarly|likewise)"
_LEAD = rf"(?:(?:{_ORDER}|so|thus|therefore|here),?\s+){{0,3}}"
_MATHS = r"\$[^$\n]{1,60}\$|\\\([^\n]{1,60}?\\\)|`[^`\n]{1,60}`"
_GERUND = re.compile(
    r"^(?:calculating|finding|computing|determining|solving|converting|simplifying|deriving|evaluating|proving|counting"
    r"|bounding|applying)\b.+:\s*$",
    re.IGNORECASE,
)
_NO_NOUN = r"(?!(?:is|are|was|were|be|can|will|has|have|does|which|that|its|converges?|and then|so)\b)"
_PIECE = rf"(?:{_NO_NOUN}[A-Za-z][\w'\u2019-]*(?:\([^()\n]{{1,40}}\))?|\([^()\n]{{1,40}}\)|{_MATHS}|\d[\w./-]*)"
_NOUN = rf"(?:the|an?)\s+{_PIECE}(?:,?\s+{_PIECE}){{0,14}}?"
_GIVEN_BY = re.compile(
    rf"^(?:{_ORDER},?\s+)?(?:[^,.]{{0,80}}, )?({_NOUN}),?\s+(?:"
    r"(?:is|are|can be|may be|could be|will be)\s+(?:then |thus |therefore |also |simply )?"
    r"(?:given|determined|calculated|found|obtained|computed|expressed|defined|described|related|derived|estimated)\b"
    r"|(?:is|are|equals?)\s+(?:then |thus |therefore |also |simply |approximately )?(?:equal to\s+"
    r"|the (?:product|sum|ratio|difference|quotient|square root|integral|derivative|product)\b"
    r"|(?=[$\\(`]|\d|\S{1,24}\s?[=\u2248]))"
    r"|(?:is|are) (?:directly |inversely )?proportional to)",
    re.IGNORECASE,
)
_LAW = re.compile(
    r"\b(?:laws?|equations?|formulas?|theorem|principle|relations?|relationship|rule|identity)$", re.IGNORECASE
)
_LABEL = re.compile(r"^([A-Z][a-z-][A-Za-z '\u2019()-]{6,70}):\s+(?=\S)")
"""A label before what is computed: "Present value of the coupons: 60 / 1.08 = ..."."""
_STATES_LAW = re.compile(
    r"^((?:the )?(?:[A-Z][\w'\u2019-]+|(?:first|second|third|ideal|conservation)\b)(?: [\w'\u2019-]+){0,3}?"
    r" (?:laws?|equations?|formulas?|theorem|principle|relations?|rule|identity|criterion|lemma)"
    r"(?: (?:for|of|on) [\w -]{3,40}?)?),? (?:states|says|tells us|asserts|implies) that\b",
    re.IGNORECASE,
)
_NAMED = re.compile(
    rf"^(?!(?i:{_ORDER}|\w+ly|so|thus|hence|therefore|if|since|let|where|but|we|it|this|these|for|in|at|given|as|or)\b)"
    rf"([A-Z][A-Za-z]+(?: {_NO_NOUN}[A-Za-z(][\w()\u2080-\u2089'\u2019-]*){{1,8}})\s*=\s*"
    r"(?=[^\n]*\d)(?=[^\n]*[=\u2248*/+])"
)
"""A quantity that is named in words before what it equals: "Moles of VO = 2 g / 66.94 g/mol"."""
_IS_VALUE = re.compile(
    r",?\s+(?:(?:is|are|equals?)\s+(?:\w+\s+)?|(?:is|are) given as\s+)(?:[$\\(`\d]|\w{1,8}\s*=\s*\d)"
)
_COMPUTES = re.compile(r"[=\u2248\u00d7*+]|\d\s*[/-]\s*\d|\\(?:times|frac|cdot|sqrt|approx|sum|int)\b")
"""A value that is computed; one that is only given ("the speed of light is 3e8 m/s") is no goal."""
_THAT = re.compile(
    r"(?:^|\b(?:of|in|to|on|at|by|for|from|with|into|and|than|find|use|using|calculate|compute|solve|check|do|is)\s+)that\b",
    re.IGNORECASE,
)
_SUCH = re.compile(r"\bsuch (?!that\b|as\b)", re.IGNORECASE)
_CLAUSE = re.compile(
    r",\s+(?:which|where|who|when|as)\b|,?\s+(?:so that|because|since|so|and then|but)\b|;|\s\u2013\s|\s--\s"
)
_COMPUTING = re.compile(r"(?:compute|calculate|find|evaluate|determine)\b", re.IGNORECASE)
_CUT_OFF = re.compile(
    r"\b(?:is|are|was|be|by|the|an?|to|and|or|as|of|for|with|from|into|at|if|whether|either|when|where|which|gives?|yields?|follows|get|have|that|then"
    r"|should|must|can|could|will|would)$",
    re.IGNORECASE,
)
_SELF_ASK = re.compile(r"^((?:what|how|which|where|who|why|does|is|can)\b[^?\n]{8,160})\?\s*$", re.IGNORECASE)


@lru_cache(maxsize=2048)
def find_goal_fault(goal: str) -> Fault:
    """Return why a text is no key, as a short phrase, or an empty text."""
    phrases, words = load_example_phrases(), _WORD.findall(goal.lower())
    if not WORDS.start <= len(words) < WORDS.stop or len(goal) > CHARACTERS:
        return RefusalReason.KEY_SIZE
    if (
        goal.count("$") % 2
        or goal.count("\\(") != goal.count("\\)")
        or goal.count("(") < goal.count(")")
        or goal.count("{") != goal.count("}")
        or goal.count("`") % 2
        or _CUT_OFF.search(goal)
    ):
        return RefusalReason.KEY_CUT
    if phrases.no_goal.search(goal) or phrases.doubt.search(goal) or phrases.small_talk.search(goal):
        return RefusalReason.KEY_WITHOUT_GOAL
    if phrases.guesses.search(goal):
        return RefusalReason.PICKED
    if _points_outside(words) or _SUCH.search(goal) or (_THAT.search(goal) and not is_function_goal(goal)):
        return RefusalReason.KEY_OUTSIDE
    if not goal.startswith("The ") and is_statement(goal):
        return RefusalReason.KEY_WITHOUT_GOAL
    return "" if names_object(goal) else RefusalReason.KEY_GENERIC


def is_statement(goal: str) -> bool:
    """Whether a goal is a sentence with its verb: "Find the maximum would occur at L", "The sum is at most 5"."""
    if not goal.startswith(("The ", "Find the ", "Find a", "Prove the ", "Show the ")):
        return False
    words = [word.lower() for word in strip_maths(goal).split()]
    relatives = load_example_phrases().relatives
    stop = next((place for place, word in enumerate(words) if word.strip(",") in relatives), len(words))
    return bool(load_example_phrases().finite_verbs.intersection(words[2:stop]))


def names_object(goal: str) -> bool:
    """Whether a goal has two words, or a word and a formula, that say what it is about. Names always count."""
    plain = strip_maths(goal)
    words = {w for w in _WORD.findall(plain.lower()) if w not in load_example_phrases().generic and _is_word(w)}
    words |= {w.lower() for w in _WORD.findall(plain.partition(" ")[2]) if w[0].isupper() and _is_word(w)}
    formulas = re.findall(r"\$[^$]{3,}\$|\\\(.{3,}?\\\)|`[^`]{3,}`|\w+\([\w, ]+\)|\w+ ?= ?\w+", goal)
    told = len(words) + len(formulas) + sum(len(formula) > LONG_FORMULA for formula in formulas)
    belongs = bool(words) and re.search(r"\bof (?:the|an?) \w{3,}", plain) is not None
    telling = any(len(word) >= LONG_WORD for word in words)
    return len(words) >= 2 or telling or belongs or (bool(formulas) and told >= 2)


def _is_word(word: str) -> bool:
    return len(word) > 2 and not word[0].isdigit()


def strip_maths(goal: str) -> str:
    """Return a goal without its formulas."""
    return re.sub(r"\$[^$]*\$|\\\(.*?\\\)|`[^`]*`|\\[A-Za-z]+", " ", goal)


def _points_outside(words: list[str]) -> bool:
    """Whether a word refers to what the key does not say; "it" may refer to a noun before it."""
    deictic = load_example_phrases().deictic
    for place, word in enumerate(words):
        if word not in deictic or (word == "that" and not _points(words, place)) or _is_resolved(words, place):
            continue
        named = [
            w for w in words[:place] if w not in load_example_phrases().generic and w not in deictic and len(w) > 2
        ]
        if word not in _ANAPHORA or len(named) < 2:
            return True
    return False


def _points(words: list[str], place: int) -> bool:
    """Whether "that" stands before a noun: after a verb that takes an object."""
    verbs = load_example_phrases().goal_verbs | load_example_phrases().writes
    return place > 0 and words[place - 1] in verbs - {"show", "prove", "establish", "decide", "predict"}


def _is_resolved(words: list[str], place: int) -> bool:
    """Whether "this string" comes after "a string", or "the same" is compared with something."""
    after = words[place + 1][:5] if place + 1 < len(words) else ""
    if words[place] == "same" and place + 1 < len(words) and words[place + 1] == "as":
        return True
    return words[place] in ("this", "that", "these", "those") and any(word[:5] == after for word in words[:place])


_HEAD_ENDS = re.compile(r"\n|(?<=[\w)`'\"\]$])(?<!\s[A-Z])[.:!](?:\s|$)")


def derive_goal(sentence: str, after: Sequence[str] = ()) -> str:
    """Return what a sentence says it is to reach, or an empty text: "To find X, ...", "The X is given by ...".

    The sentences `after` it complete what a function does: "It then ...".
    """
    text = strip_numbering(sentence)
    if found := _said_to().match(text):
        return _clean_clause(found[1])
    if found := _SELF_ASK.match(text):
        return clean_goal(found[1])
    if _GERUND.match(text.split("\n")[0]):
        return clean_goal(text.split("\n")[0])
    head = _HEAD_ENDS.split(text, maxsplit=1)[0].strip()
    if found := FUNCTION.match(head):
        return word_function(found, after)
    if found := _intent().match(head):
        return _clean_clause(found[1])
    if (found := _LABEL.match(text)) and _COMPUTES.search(text, found.end(1)):
        return clean_goal(found[1])
    if found := _STATES_LAW.match(text):
        return clean_goal(f"use {found[1]}")
    if found := _NAMED.match(text):
        return clean_goal(f"find the {_in_sentence(found[1])}")
    found = _GIVEN_BY.match(text)
    if found and (not _IS_VALUE.match(text, found.end(1)) or _COMPUTES.search(text, found.end(1))):
        verb = "use" if _LAW.search(found[1]) else "find"
        return clean_goal(f"{verb} {found[1][0].lower()}{found[1][1:]}")
    return ""


@cache
def _intent() -> re.Pattern[str]:
    """Return the pattern of a sentence that says what is done now: "let us find ...", "we need to find ..."."""
    adverb = r"(?:also |first |then |now |next |just |only |directly |simply )?"
    will = r"(?:(?:need|want|have|are going|am going|wish|try|aim) to|can|must|should|will|could|shall)?"
    person = rf"(?:let['\u2019]s|let us|let me|(?:we|i|one|you)(?:['\u2019]ll)?\s*{adverb}{will})"
    verbs = "|".join(sorted(load_example_phrases().goal_verbs))
    return re.compile(rf"^{_LEAD}(?:{person}\s+{adverb})?((?:{verbs})\b\s+.+)$", re.IGNORECASE | re.DOTALL)


@cache
def _said_to() -> re.Pattern[str]:
    """Return the pattern of a sentence that begins with its aim: "To find ..., "."""
    verbs = "|".join(sorted(load_example_phrases().goal_verbs))
    return re.compile(rf"^{_LEAD}(?:in order )?to ((?:{verbs})\b\s+(?:{_MATHS}|[^,:])+)[,:]", re.IGNORECASE)


def _clean_clause(clause: str) -> str:
    goal = clean_goal(_CLAUSE.split(clause, maxsplit=1)[0])
    # "Compute P(A) = 1/2" says the result too.
    return (
        goal.split(" = ")[0].rstrip() if _COMPUTING.match(goal) and goal.count("$") + goal.count("\\(") == 0 else goal
    )


def _in_sentence(words: str) -> str:
    """Return words with a small first letter, unless they begin with a name or a formula such as KOH."""
    return words if re.match(r"[A-Z][A-Z0-9]|[A-Z]\b", words) else f"{words[0].lower()}{words[1:]}"


def gives_value(sentence: str) -> bool:
    """Whether a sentence says a value, not a formula: "The area is 1 sq mm = 0.01 sq cm"."""
    text = strip_numbering(sentence)
    found = _GIVEN_BY.match(text)
    return found is not None and _IS_VALUE.match(text, found.end(1)) is not None


def is_stated_goal(sentence: str) -> bool:
    """Whether a sentence says its goal by a formula: "The X is given by ..."."""
    return _GIVEN_BY.match(strip_numbering(sentence)) is not None
