"""General sentences: what a law states, a definition, a relation, what a tool does, as drafts of concepts."""

import builtins
import keyword
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache

from midthought.ingest.extraction.formulas import is_identity
from midthought.ingest.extraction.rule_statements import find_rule
from midthought.ingest.extraction.statement_conditions import (
    is_dependent,
    is_general_condition,
    split_condition,
    with_condition,
)
from midthought.ingest.extraction.statement_names import clean_name, is_name
from midthought.ingest.lexicon import load_lexicon

MIN_WORDS = 7
MAX_CHARACTERS = 420
_PARTICULAR = re.compile(
    r"\?|!|\b(?:not sure|would be|it would|in (?:this|our) (?:case|problem|question|example|scenario)|"
    r"not (?:relevant|applicable)|"
    r"the (?:given|question|problem|user|passage|statement|options?|answer|assertion))\b",
    re.IGNORECASE,
)
_REFERS_BACK = re.compile(r"^(?:it|they|that|which|such|its|their|both|each)\b", re.IGNORECASE)
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|\[[^\]]*\d|\d{2,}|\d\.\d")
_LABELLED = re.compile(r"=|(?<![\w'(])(?:[B-HJ-Zb-hj-z]|[A-Za-z]\d)(?![\w')])|\w\(\d|(?<=[a-z,] )A\b")
"""A letter or label of the trace: "angle O", "from B to C". In brackets, "the voltage (V)", it names nothing."""
_NO_ACTION = frozenset(
    {"is", "was", "has", "does", "ensures", "becomes", "continues", "means", "contains", "remains", "starts", "stays"}
)
_EXPLAINED = re.compile(r"\b(?:where|for (?:any|all|every))\b")
_MARKED = re.compile(r"[$`\\*:;()]")
_FILLER = re.compile(
    r"\b(is|are) (?:simply|just|basically|always|essentially) (?=an?\b|the\b|equal\b|given\b|defined\b)"
)
_POSSESSIVE = re.compile(r"\bthe ([a-z]{3,})['\u2019]s\b")
_TICKED = re.compile(r"`([^`]*)`")


@dataclass(frozen=True, slots=True)
class SentenceStatement:
    """A sentence that holds in general.

    Attributes:
        name: what it is about.
        sentence: as the trace has it, without what ties it to what came before.
        is_routine: whether it says what a tool does.
        is_rule: whether it is a rule, which is served once two questions have shown it; its name is its condition.
    """

    name: str
    sentence: str
    is_routine: bool = False
    is_rule: bool = False


def find_sentence(
    sentence: str, *, is_particular: Callable[[str], bool], asked: frozenset[str] = frozenset()
) -> SentenceStatement | None:
    """Return what a sentence states in general: a law, a definition, a relation or what a tool does.

    One complete sentence, without doubt and without words that tie it to its problem.
    """
    if not sentence.endswith(".") or len(sentence.split()) < MIN_WORDS or len(sentence) > MAX_CHARACTERS:
        return None
    condition, rest = split_condition(sentence)
    if (
        _is_vague(sentence)
        or any(thing in asked for thing in _POSSESSIVE.findall(sentence))
        or not is_general_condition(condition, asked)
    ):
        return None
    for find in (_find_law, _find_definition, _find_relation, _find_tool):
        found = find(rest)
        if found is None or is_particular(found.sentence):
            continue
        if find is _find_relation and not condition and _needs_system(found.name, rest):
            continue
        return replace(found, sentence=_FILLER.sub(r"\1 ", with_condition(condition, found.sentence)))
    return _find_rule(sentence, asked) if condition and not is_particular(sentence) else None


def _find_rule(sentence: str, asked: frozenset[str]) -> SentenceStatement | None:
    rule = find_rule(sentence, asked=asked)
    if rule is None or any(pattern.search(sentence) for pattern in (_LABELLED, _QUOTED, _MARKED)):
        return None
    condition, whole = rule
    return None if _is_particular(whole) else SentenceStatement(condition, whole, is_rule=True)


def _is_vague(sentence: str) -> bool:
    return not load_lexicon().vague_words.isdisjoint(re.findall(r"[a-z-]+", sentence.lower()))


def _needs_system(name: str, sentence: str) -> bool:
    """Whether a relation holds for one thing: "the target is the sum of", or for one kind of system."""
    return is_dependent(name) or (len(name.split()) == 1 and sentence.startswith("The "))


def _find_law(sentence: str) -> SentenceStatement | None:
    for pattern in _law_patterns():
        found = pattern.search(sentence)
        if found is None or _is_particular(found["body"]) or _REFERS_BACK.match(found["body"]):
            continue
        if "=" in found["body"] and not (is_identity(found["body"]) or _EXPLAINED.search(found["body"])):
            continue
        name = clean_name(found["name"])
        if is_name(name) and len(name.split()) > 1:
            opening = f"{found['name'][:1].upper()}{found['name'][1:]}"
            return SentenceStatement(
                name,
                sentence
                if found.start() == 0 and ", which" not in sentence[: found.start("body")]
                else f"{opening} states that {found['body']}",
            )
    return None


def _find_definition(sentence: str) -> SentenceStatement | None:
    match = _definition_pattern().match(sentence) or _KIND.match(sentence)
    if match is None or _LABELLED.search(sentence) or _is_particular(sentence) or _QUOTED.search(sentence):
        return None
    # "The car is the one that" speaks of one thing of the trace.
    definite = match["name"].startswith("The ") and not re.search(r"\bdefined as\b|\brefers? to\b", sentence)
    name = clean_name(match["name"])
    if definite or _REFERS_BACK.match(match["body"].strip()) or re.match(r"\s*one of\b", match["body"]):
        return None
    return SentenceStatement(name, sentence) if is_name(name) else None


_KIND = re.compile(
    r"^(?P<name>An?\s+[^.,;:=$?()]{2,50}?)\s+is\s+(?P<body>an?\s+(?:[\w'\u2019-]+\s+){1,4}?"
    r"(?:that|which|whose|in which|for which|with|of|used)\b[^\d]{10,250})$"
)
""" "A tort is a civil wrong that": what has an article may be of any kind."""


def _find_relation(sentence: str) -> SentenceStatement | None:
    """Find how a quantity follows from others, said in words: "is equal to the mole fraction multiplied by"."""
    match = _RELATION.match(sentence)
    if match is None or _LABELLED.search(sentence) or _is_particular(sentence) or _QUOTED.search(sentence):
        return None
    said = set(re.findall(r"[a-z]+", f"{match['verb']} {match['body']}".lower()))
    name = clean_name(match["name"])
    if ", which" in match["body"] or _ORDINAL.search(match["body"]):
        return None
    if not (said & load_lexicon().operation_words and is_name(name)) or _REFERS_BACK.match(match["body"]):
        return None
    return SentenceStatement(name, sentence) if not _COUNTED.search(match["name"]) else None


_ORDINAL = re.compile(r"\b(?:third|fourth|fifth|sixth|seventh|nth|\(n)\b(?! (?:power|root))")
_COUNTED = re.compile(r"\b(?:its|their|total)\b|^(?:The )?number\b")
"""Names of what is counted in one problem, or of what belongs to it."""
_RELATION = re.compile(
    r"^(?P<name>(?:The\s+)?[A-Z]?[a-z][^.,;:=$?()]{2,80}?)\s+(?P<verb>(?:is|are)\s+(?:always\s+|simply\s+|"
    r"directly\s+|also\s+)?"
    r"(?:given by|equal to|calculated (?:as|by)|(?:inversely\s+|directly\s+)?proportional to|"
    r"(?=the (?:\w+ )?(?:product|sum|ratio|difference|quotient|average|number|root) (?:of|between)\b)))\s*"
    r"(?P<body>[^.;:?]{12,260}\.)$"
)


def _find_tool(sentence: str) -> SentenceStatement | None:
    match = _tool_pattern().match(sentence)
    if match is None or match["verb"] in _NO_ACTION or _is_particular(match["body"]) or _QUOTED.search(sentence):
        return None
    name = match["name"].replace("`", "")
    # Its arguments, and other names in code, are those of the question, unless Python has them.
    if re.search(r"\([^)]|=", name) or any(_is_variable(one) for one in _TICKED.findall(match["body"])):
        return None
    is_named = len(name.split()) > 1 or "(" in name or re.search(r"\w\.\w", name)
    return SentenceStatement(name, sentence, is_routine=True) if is_named else None


def _is_particular(text: str) -> bool:
    words = set(re.findall(r"[a-z]+", text.lower()))
    return bool(words & load_lexicon().particular_words) or _PARTICULAR.search(text) is not None


def _is_variable(code: str) -> bool:
    """Whether a piece of code has a name that Python does not have."""
    known = (builtins, str, list, dict, set)
    words = re.findall(r"[A-Za-z_]\w*", code)
    return any(not (keyword.iskeyword(word) or any(hasattr(one, word) for one in known)) for word in words)


def _any_of(words: Iterable[str]) -> str:
    return "|".join(sorted(words, key=lambda word: (-len(word), word)))


@cache
def _law_patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return the patterns of "Ohm's law states that" and of "..., by Ohm's law, which states that"."""
    theory = rf"(?:{_any_of(load_lexicon().law_nouns)})s?\b"
    return (
        re.compile(
            rf"^(?P<name>(?:[Tt]he\s+)?[^.,;:=$?]{{0,60}}?\b{theory}(?:\s+(?:of|for|in|on)\s+[^.,;:=$?]{{3,50}}?)?)"
            r"(?:,\s+which)?\s+(?:states?|says?|tells us|asserts?|holds\s+that|guarantees?|provides\s+that|"
            r"requires|implies)\s+"
            r"(?:that\s+)?(?P<body>.{15,400})$"
        ),
        re.compile(
            rf"\b(?P<name>(?:the\s+(?:[\w'\u2019-]+\s+){{0,4}}|(?:[A-Z][\w'\u2019-]+\s+){{1,3}}){theory}"
            r"(?:\s+(?:of|for)\s+(?:[\w'\u2019-]+\s*){1,4})?),?\s+which\s+(?:states|"
            r"says)\s+(?:that\s+)?(?P<body>.{15,300})$"
        ),
    )


@cache
def _definition_pattern() -> re.Pattern[str]:
    genus = rf"(?:an?|the|any)\s+(?:[\w-]+\s+){{0,3}}(?:{_any_of(load_lexicon().genus_nouns)})s?|one"
    after = "of|that|which|in|whose|where|with|by|for|between|to|used|at|from|per|when|without"
    return re.compile(
        r"^(?P<name>(?:An?\s+|The\s+)?[A-Z\w][^.,;:=$?()]{1,60}?(?:\s*\([^()]{1,20}\))?)\s+"
        r"(?:(?:is|are)\s+(?:commonly\s+|usually\s+|generally\s+)?(?:defined|known|described)\s+as"
        rf"|refers?\s+to|means?\s+(?!that\b)|describes?|(?:is|are)\s+(?=(?:{genus})\s+(?:{after})\b))"
        r"(?P<body>.{10,300})$"
    )


@cache
def _tool_pattern() -> re.Pattern[str]:
    nouns = _any_of(load_lexicon().tool_nouns)
    return re.compile(
        rf"^(?:The\s+)?(?P<name>(?:`[^`]{{2,40}}`|[a-z_][\w.]*\(\)|"
        rf"[A-Z]{{2,}}(?:\s[A-Z]{{2,}})?)(?:\s+(?:\w+\s+)?(?:{nouns}))?"
        r"(?:\s+(?:in|of)\s+[A-Z]\w+)?)\s+(?P<verb>\w+s)\s+(?P<body>.{15,300})$"
    )
