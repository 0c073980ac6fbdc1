"""General sentences: what a law states, a definition, what a function or a tool does, as drafts of concepts."""

import builtins
import keyword
import re
from collections.abc import Callable
from dataclasses import dataclass

from midthought.ingest.extraction.statement_names import clean_name, is_name, strip_opening

_THEORY = (
    r"(?:law|theorem|principle|rule|lemma|inequality|identity|formula|equation|criterion|axiom|postulate|doctrine|"
    r"hypothesis|"
    r"property|test|method|theory|algorithm|effect|paradox|convention|standard)s?"
)
_LAW = re.compile(
    rf"^(?P<name>(?:[Tt]he\s+)?[^.,;:=$?]{{0,60}}?\b{_THEORY}\b(?:\s+(?:of|for|in|on)\s+[^.,;:=$?]{{3,50}}?)?)"
    r"(?:,\s+which)?\s+(?:states?|says?|tells us|asserts?|holds?|guarantees?|provides?|requires?|"
    r"implies)\s+(?:that\s+)?(?P<body>.{15,400})$"
)
_WHICH_STATES = re.compile(
    rf"\b(?P<name>(?:the\s+(?:[\w'\u2019-]+\s+){{0,4}}|(?:[A-Z][\w'\u2019-]+\s+){{1,3}}){_THEORY}(?:\s+(?:of|"
    rf"for)\s+(?:[\w'\u2019-]+\s*){{1,4}})?),?\s+which\s+(?:states|says)\s+(?:that\s+)?"
    r"(?P<body>.{15,300})$"
)
_DEFINITION = re.compile(
    r"^(?P<name>(?:An?\s+|The\s+)?[A-Z\w][^.,;:=$?()]{1,60}?(?:\s*\([^()]{1,20}\))?)\s+(?:(?:is|"
    r"are)\s+(?:commonly\s+|usually\s+|generally\s+)?(?:defined|known|described)\s+as"
    r"|refers?\s+to|means?\s+(?!that\b)|describes?|(?:is|are)\s+(?=(?:an?|the|any|"
    r"one)\s+(?:[\w-]+\s+){0,3}(?:process|ability|tendency|study|amount|number|ratio|"
    r"measure|rate|set|type|kind|form|method|technique|property|quantity|product|sum|difference|change|time|"
    r"energy|force|work|point|line|"
    r"angle|substance|compound|molecule|cell|organism|organ|tissue|gene|protein|enzyme|disease|condition|right|"
    r"duty|contract|agreement|"
    r"doctrine|rule|statement|function|operation|structure|system|device|unit|region|area|distance|polygon|"
    r"triangle|quadrilateral|"
    r"graph|matrix|vector|sequence|series|integer|reaction|element|price|cost|market|good|asset|loan|tax|"
    r"principle|phenomenon|"
    r"part|layer|group|relationship|term|concept|mechanism|theory|model|movement|transfer|maximum|minimum|average|"
    r"probability|"
    r"fraction|percentage|proportion|reactant|one)s?\s+(?:of|that|which|in|whose|where|with|by|for|between|to|"
    r"used|at|from|per|when)\b))"
    r"(?P<body>.{10,300})$"
)
_TOOL = re.compile(
    r"^(?:The\s+)?(?P<name>(?:`[^`]{2,40}`|[a-z_][\w.]*\(\)|[A-Z]{2,}(?:\s[A-Z]{2,})?)(?:\s+(?:\w+\s+)?(?:method|"
    r"function|operator|command|clause|keyword|statement|flag|"
    r"option|tool|endpoint|module|library|class|decorator|attribute|property|parameter|expression|hook|header|"
    r"loop|comprehension|built-in))?"
    r"(?:\s+(?:in|of)\s+[A-Z]\w+)?)\s+(?P<verb>\w+s)\s+(?P<body>.{15,300})$"
)
_HEDGED = re.compile(
    r"\?|!|\b(?:maybe|perhaps|might|probably|i think|not sure|i guess|if i|wait|hmm|seems?|would be|it would|"
    r"likely|assum\w*|"
    r"suppos\w*|"
    r"in this case|in our case|in this (?:problem|question|example|scenario)|here|the (?:given|question|problem|"
    r"input|output|user|passage|"
    r"statement|options?|answer|assertion|string|list|code)|this|these|above|below|we|our|us|i|my|you|your|he|she|"
    r"his|her|"
    r"therefore|thus|so|option|correct|incorrect|because|currently|now|next|then|finally|not (?:relevant|"
    r"applicable))\b",
    re.IGNORECASE,
)
_REFERS_BACK = re.compile(r"^(?:it|they|that|which|such|its|their|both|each)\b", re.IGNORECASE)
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|\[[^\]]*\d|\d{2,}|\d\.\d")


_NO_ACTION = frozenset(
    {"is", "was", "has", "does", "ensures", "becomes", "continues", "means", "contains", "remains", "starts", "stays"}
)
_TICKED = re.compile(r"`([^`]*)`")


def _is_variable(code: str) -> bool:
    """Whether a piece of code is a name that Python does not have."""
    return any(
        not (
            hasattr(builtins, word)
            or keyword.iskeyword(word)
            or hasattr(str, word)
            or hasattr(list, word)
            or hasattr(dict, word)
        )
        for word in re.findall(r"[A-Za-z_]\w*", code)
    )


@dataclass(frozen=True, slots=True)
class SentenceStatement:
    """A sentence that holds in general: its name, and the sentence."""

    name: str
    sentence: str
    is_routine: bool = False


def find_sentence(unit: str, *, is_particular: Callable[[str], bool]) -> SentenceStatement | None:
    """Return what a unit states in general: a law, a definition or what a tool does. One sentence, without doubt."""
    sentence = strip_opening(unit)
    if not sentence.endswith(".") or len(sentence.split()) < 7 or len(sentence) > 420:
        return None
    for find in (_find_law, _find_definition, _find_tool):
        found = find(sentence)
        if found is not None and not is_particular(found.sentence):
            return found
    return None


def _find_law(sentence: str) -> SentenceStatement | None:
    for found in (_LAW.match(sentence), _WHICH_STATES.search(sentence)):
        if found is None or _HEDGED.search(found["body"]) or _REFERS_BACK.match(found["body"]):
            continue
        name = clean_name(found["name"])
        if is_name(name) and len(name.split()) > 1:
            inner = f"{found['name'][:1].upper()}{found['name'][1:]} states that {found['body']}"
            return SentenceStatement(name, sentence if found.re is _LAW else inner)
    return None


def _find_definition(sentence: str) -> SentenceStatement | None:
    match = _DEFINITION.match(sentence)
    if match is None or _HEDGED.search(sentence):
        return None
    name = clean_name(match["name"])
    if "=" in sentence or not is_name(name) or _is_definite(match["name"], sentence) or _QUOTED.search(sentence):
        return None
    return SentenceStatement(name, sentence)


def _is_definite(name: str, sentence: str) -> bool:
    """Whether a name speaks of one thing of the trace, as "The car is the one that" does."""
    return name.startswith("The ") and not re.search(r"\bdefined as\b|\brefers? to\b", sentence)


def _find_tool(sentence: str) -> SentenceStatement | None:
    match = _TOOL.match(sentence)
    if match is None or _HEDGED.search(match["body"]) or _QUOTED.search(sentence):
        return None
    bare = match["name"].replace("`", "")
    if (
        match["verb"] in _NO_ACTION
        or re.search(r"\([^)]", bare)
        or any(_is_variable(one) for one in _TICKED.findall(match["body"]))
    ):
        return None
    if not re.search(r" |\(|\w\.\w", bare):
        return None  # a variable
    if not ("`" in match["name"] or "(" in match["name"]) and len(match["name"].split()) < 2:
        return None
    return SentenceStatement(bare, sentence, is_routine=True)
