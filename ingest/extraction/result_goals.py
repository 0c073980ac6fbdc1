"""Keys from results: of a sentence that states a value, "the area of the triangle is 12", what the value is of."""

import re
from functools import lru_cache

from midthought.ingest.extraction.example_phrases import load_example_phrases
from midthought.ingest.extraction.goal_text import clean_goal, strip_numbering
from midthought.ingest.extraction.goal_wording import count_named, is_act
from midthought.ingest.extraction.goals import find_goal_fault, strip_maths
from midthought.ingest.extraction.passage_symbols import find_symbols
from midthought.ingest.extraction.step_worth import COMPUTES, is_chain, refers

MAX_NOUN = 16  # words of a quantity
_MATHS = r"\\\((?:(?!\\\))[^\n]){1,80}\\\)|\$[^$\n]{1,80}\$"
_SAYS = (
    r"(?:we (?:can )?(?:get|have|find|obtain|see|conclude|know)(?: that)?,?\s+"
    r"|(?:it follows|this means|which means|this gives us|this shows|this implies) that\s+)?"
)
_LEAD = re.compile(
    r"[\s*_-]*(?:(?:so|thus|therefore|hence|then|now|finally|consequently|in total|altogether|in conclusion|and)\b,?"
    rf"\s+){{0,3}}{_SAYS}(?:(?:since|because|for|when|if|with|given|as|from|after|by|using|out of)\b"
    rf"(?:{_MATHS}|[^.:;\n$\\]){{1,200}}?, )?",
    re.IGNORECASE,
)
_CONCLUDES = re.compile(
    r"[\s*_-]*(?:so|thus|therefore|hence|finally|consequently|in total|altogether|in conclusion|we (?:get|find|obtain)"
    r"|it follows|this means|which means|this gives)\b",
    re.IGNORECASE,
)
_VALUE = (
    r"(?:(?:therefore|thus|then|also|simply|exactly|approximately|about|roughly|indeed|now|equal to|given by"
    r"|calculated as|calculated as follows|found to be|computed as)\s*:?\s*){0,3}:?\s*\**\s*"
    r"(?P<value>\\\[|\\\(|\$|\\boxed|[-\u2212]?\d|[A-Za-z]{1,3}\s?=\s?[-\d\\(])"
)
_IS = re.compile(
    r"(?:\s+(?:is|are|equals?|becomes?|must be|comes to|will be|would be|simplifies to|amounts to)(?![A-Za-z])"
    rf"|\s*:|\s*(?==)|\s*(?=\u2248))\s*{_VALUE}",
    re.IGNORECASE,
)
_THE = re.compile(r"[Tt]he \S|[A-Z][a-z]+'s \S")
_CLAUSE_START = re.compile(r"(?:, |: |\b(?:so|that|and|then|hence|thus|therefore),? )(?=the )")
_COUNT = re.compile(
    r"there (?:are|is|will be|must be)\s+(?:(?:exactly|only|a total of|in total|therefore|thus|just)\s+){0,2}"
    r"(?P<value>\\\(\s*(?:\\boxed\{)?[^\n]{1,60}?\\\)|\$[^$\n]{1,60}\$|\d[\d,]*)\s+"
    rf"(?P<noun>(?:{_MATHS}|[^.:;,?!\n$\\=\u2248]){{1,200}})[.,:;]?\s*$",
    re.IGNORECASE,
)
_BREAKS = re.compile(r"[.:;?!\n=\u2248]|\\\[")
NEAR = 40  # characters of a value in which a digit stands
_THE_LAST = re.compile(r"\b(?:the|this|that|an?) (?:given |original )?(\w+)$", re.IGNORECASE)
_DIGIT = re.compile(r"\d")
_WORD_OF_TIME = re.compile(r",? (?:therefore|thus|then|also|in total|altogether|now|indeed|respectively)$")


_ASKS = re.compile(
    r"(?:(?:then|so|now|and),? )?what (?:is|are|was|were|will be|would be) (\S.+)$", re.IGNORECASE | re.DOTALL
)
_ASKS_HOW = re.compile(
    r"(?:how (?:many|much|long|far|fast|old|tall|large|high)|(?:for|at|in|to|on) (?:what|which)|which|what)\b",
    re.IGNORECASE,
)
_CONDITION = re.compile(
    rf"^((?:if|when|given|in|for)\b(?:{_MATHS}|[^.?!$\\]){{1,300}}?),\s+"
    r"(?:then |and )?(?=what|how|find|compute|determine|solve|which)",
    re.IGNORECASE,
)
_LAST_MARK = re.compile(r"[.?!~\s]*(\$|\\\))?[.?!\s]*$")
_DISPLAY = re.compile(r"\\\[(.+?)\\\]|\$\$(.+?)\$\$", re.DOTALL)
_DRAWING = re.compile(r"\[asy\].*?\[/asy\]", re.DOTALL)
_RELATION = re.compile(r"=|\\(?:leq?|geq?|equiv)\b|[<>]")
_NAMES_FRACTION = re.compile(r"=\s*\\[dt]?frac\s*\{?[a-z]\}?\s*\{?[a-z]\}?")
LONG_RELATION = 10  # characters of a relation that tells one problem from another
MAX_WORDS_BESIDE = 4  # words of a goal that seeks a formula: "Find the value of"
LONG_FORMULA = 12  # characters of a formula that names its object by itself
_SENTENCE = re.compile(
    r"(?<!Mr\.)(?<!Mrs\.)(?<!Ms\.)(?<!Dr\.)(?<!St\.)(?<=[.?!:])\s+(?=[A-Z])|(?<=[.?!]\$)\s+|(?<=[.?!]\\\))\s+|\n{2,}"
)


@lru_cache(maxsize=64)
def find_asked_goal(question: str) -> str:
    """Return the last thing that a question asks for, as a goal that names its object, or an empty text."""
    text = _DISPLAY.sub(_set_inline, _DRAWING.sub(" ", question))
    for sentence in reversed(_SENTENCE.split(text)):
        said = _LAST_MARK.sub(r"\1", strip_numbering(sentence).strip())
        condition = _CONDITION.match(said)
        goal = _word_question(said[condition.end() :] if condition else said)
        if goal and condition and not is_object_said(goal):
            goal = f"{goal} {condition[1][0].lower()}{condition[1][1:]}"  # "if 3x + 2 = 17"
        if goal and not is_object_said(goal) and _is_formula(goal):
            goal = _add_relations(goal, text)
        if goal and is_object_said(goal) and (checked := _check(goal)):
            return checked
    return ""


def _set_inline(match: re.Match[str]) -> str:
    """Return a displayed formula as one in a line."""
    return f" \\({' '.join((match[1] or match[2]).split()).rstrip('.,')}\\) "


def _word_question(text: str) -> str:
    """Return a question or an order, without its mark, as an order."""
    if found := _ASKS.match(text):
        return f"Find {found[1]}"
    if _ASKS_HOW.match(text):
        return f"Find {text[0].lower()}{text[1:]}"
    return text if is_act(text) else ""


def _is_formula(goal: str) -> bool:
    """Whether a goal seeks a formula, and nothing that words name."""
    return re.search(_MATHS, goal) is not None and len(strip_maths(goal).split()) <= MAX_WORDS_BESIDE


def _add_relations(goal: str, question: str) -> str:
    """Return a goal that seeks a formula with the relations that the question gives for it."""
    sought = {symbol for part in re.findall(_MATHS, goal) for symbol in find_symbols(part)}
    formulas = [
        part for part in re.findall(_MATHS, question.partition(goal.split()[-1])[0]) if len(part) >= LONG_RELATION
    ]
    given = [part for part in formulas if _RELATION.search(part) and _DIGIT.search(part)]
    given = [part for part in given if not _NAMES_FRACTION.search(part) and sought <= find_symbols(part).keys()]
    return f"{goal} from {' and '.join(dict.fromkeys(given[-2:]))}" if given else goal


def is_object_said(goal: str) -> bool:
    """Whether a goal says in words what it is about, or by a formula that is more than a sum of two symbols."""
    longest = max((len(part) for part in re.findall(_MATHS, goal)), default=0)
    return count_named(strip_maths(goal)) > 0 or (longest >= LONG_FORMULA and count_named(goal) > 0)


@lru_cache(maxsize=4096)
def find_result_goal(sentence: str) -> str:
    """Return what a sentence states the value of, as a goal, or an empty text.

    What is only given ("the mode is 9") is no result: the sentence concludes, or computes.
    """
    text = strip_numbering(sentence)
    begin = _LEAD.match(text)
    at = begin.end() if begin else 0
    for start in dict.fromkeys((at, 0, *(found.end() for found in _CLAUSE_START.finditer(text)))):
        for found in _IS.finditer(text, start) if _THE.match(text, start) else ():
            noun = text[start : found.start()]
            if _is_result(text, found.start("value")) and (goal := _word_quantity(noun)):
                return goal
    counted = _COUNT.match(text, at) or _COUNT.match(text)
    return _word_count(counted["noun"]) if counted and _is_result(text, counted.start("value")) else ""


def _is_result(text: str, value: int) -> bool:
    """Whether a value at a place has a digit, and is concluded or computed."""
    rest = text[value:]
    return bool(
        _DIGIT.search(rest[:NEAR])
        and (_CONCLUDES.match(text) or is_chain(text) or COMPUTES.search(rest) or "\\boxed" in rest)
    )


def _word_quantity(noun: str) -> str:
    noun = _WORD_OF_TIME.sub("", " ".join(noun.split())).strip(" ,*_")
    if _is_unnamed(noun) or not _is_noun(noun):
        return ""
    return _check(f"Find {noun[0].lower() + noun[1:] if noun[:3].lower() == 'the' else noun}")


def _word_count(noun: str) -> str:
    noun = " ".join(noun.split()).strip(" ,*_")
    return (
        ""
        if set(noun.lower().split()) <= load_example_phrases().bare_counts or not _is_noun(noun, clauses=True)
        else _check(f"Find the number of {noun}")
    )


def _is_noun(noun: str, *, clauses: bool = False) -> bool:
    """Whether words are one whole noun phrase: a verb in them belongs to a clause of theirs, which has one."""
    if noun.count("$") % 2 or noun.count("\\(") != noun.count("\\)") or _BREAKS.search(strip_maths(noun)):
        return False
    words = [word.lower().strip(",") for word in strip_maths(noun).split()]
    phrases = load_example_phrases()
    relatives = phrases.relatives - {"and"}
    stop = next((place for place, word in enumerate(words) if word in relatives), len(words))
    if clauses and words[:1] and words[0] in relatives:
        return False
    verbs, clause = phrases.finite_verbs, words[stop + 1 :]
    open_clause = stop < len(words) and words[stop] in phrases.clause_openers and not any(map(_may_be_verb, clause))
    return len(words) <= MAX_NOUN and not open_clause and not (verbs | phrases.modals).intersection(words[:stop])


def _may_be_verb(word: str) -> bool:
    return (
        word in load_example_phrases().finite_verbs
        or word.endswith(("s", "ed"))
        or word in load_example_phrases().modals
        or word == "do"
    )


def _is_unnamed(noun: str) -> bool:
    """Whether words only point at a quantity: "the final answer"."""
    words = noun.lower().split()
    return words[0] == "the" and len(words) > 1 and words[1] in load_example_phrases().unnamed_quantities


def _is_open(goal: str) -> bool:
    """Whether a goal ends with what it leaves open: "the value that satisfies the equation"."""
    found = _THE_LAST.search(goal)
    return found is not None and found[1].lower() in load_example_phrases().open_objects


def _check(goal: str) -> str:
    goal = clean_goal(goal)
    return "" if find_goal_fault(goal) or refers(goal) or _is_open(goal) or count_named(goal) < 1 else goal
