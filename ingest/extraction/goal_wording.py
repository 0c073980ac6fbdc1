"""The wording of step goals: as imperatives, whole, and with a formula if they name nothing by themselves."""

import re
from collections.abc import Sequence
from functools import lru_cache

from midthought.ingest.extraction.example_phrases import common_words, load_example_phrases
from midthought.ingest.extraction.function_goals import is_function_goal
from midthought.ingest.extraction.goal_text import CHARACTERS, clean_goal
from midthought.ingest.extraction.goals import strip_maths
from midthought.ingest.extraction.units import TextUnit

MANY_CHARACTERS = 9  # of a formula that is more than a symbol
MIN_FORMULA, MAX_FORMULA = 4, 90  # characters of a formula that can name an object
_FORMULA = re.compile(
    r"\\\[\s*([^\[\]]{3,200}?)\s*\\\]|\$\$\s*([^$]{3,200}?)\s*\$\$|\\\(\s*((?:(?!\\\))[^\n]){5,120})\\\)|\$([^$\n]{5,120})\$|`(?!\s)([^`\n]{8,90})(?<!\s)`"
    r"|^(?:\s*[-*]\s+)?(?!\s*\d{1,2}[.)]\s)([\w ^*/+()\[\].-]{1,40}=[^\n=\\$`;,]{1,60}(?:=[^\n=\\$`;,]{1,60}){0,8})$",
    re.MULTILINE,
)
"""A formula of a passage: displayed, in a sentence, in code, or a line of its own."""
_ON_BOTH_SIDES = re.compile(r"\bboth sides\b|\bequations?\b|\binequalit|^solv", re.IGNORECASE)
_EQUALITY = re.compile(r"\s*(?:=|\u2248|[<>\u2264\u2265]|\\(?:approx|equiv|leq?|geq?)\b)\s*")
_RELATES = re.compile(r"[=<>(\u2264\u2265\u2248]|\\(?:n?eq?|leq?|geq?|mid|equiv|in|subseteq?|to)\b")
_OPERATES = re.compile(
    r"[-+*/^\u00d7\u00f7]|\\(?:frac|dfrac|tfrac|sqrt|times|cdot|div|binom|sum|prod|int|log|ln|sin|cos|tan|bmod|mod|pmod|gcd|min|max|lim)\b"
)
_LONE = re.compile(
    r"\\?[A-Za-z]\w{0,3}(?:_\{?\w{1,12}\}?)?(?:\([\w,]{1,5}\))?|(?:\\text\{[^{}]*\}[_\w{}]*|[A-Za-z_ ]{2,40})"
)
_NUMBER = re.compile(r"\d{2,}")
_PARTNERS = {")": "(", "}": "{"}
_CALL = re.compile(r"\w\(\d+\)")
_EQUATION = re.compile(r"\S\s*[=\u2264\u2265<>]\s*\S")
_SEVERAL = re.compile(r"\b(?:each|both|every|terms|parts)\b", re.IGNORECASE)
_VARIABLE = re.compile(r"(?<![A-Za-z\\])[A-Za-z](?![A-Za-z])")
_SYMBOL = re.compile(r"(?:\\\(|\$)\s*([A-Za-z])\s*(?:\\\)|\$)|(?<=for )([a-z])$")
_WORD = re.compile(r"[A-Za-z\u00c0-\u024f][\w\u00c0-\u024f'\u2019-]{2,}")


def complete_goal(goal: str, text: str) -> str:
    """Return the goal of a step as an imperative, with the rest of its clause if it was cut off."""
    at = text.find(goal)
    if at < 0 or not goal:
        return clean_goal(_as_imperative(goal, "")) if goal else ""
    said = re.search(r"([A-Za-z]+)\s+$", text[max(0, at - 40) : at])
    rest = text[at + len(goal) : at + len(goal) + CHARACTERS]
    is_open = goal.count("(") > goal.count(")") or goal.count("[") > goal.count("]") or goal.count("`") % 2 == 1
    if is_open or re.match(r"\s+(?:by|into|from|to|with|using|which|who|if|when|whether)\b", rest):
        goal += re.split(r"[:;\n]|[.,](?:\s|$)|\b(?:because|since|so|and then|but)\b", rest, maxsplit=1)[0]
    return clean_goal(_as_imperative(goal, said[1].lower() if said else ""))


def is_act(goal: str) -> bool:
    """Whether a goal begins with a verb of deriving, or its gerund."""
    return _begins_with(goal, load_example_phrases().goal_verbs | load_example_phrases().act_verbs)


def _begins_with(goal: str, verbs: frozenset[str]) -> bool:
    """Whether the first word of a goal is one of some verbs, or the gerund of one."""
    word = goal.partition(" ")[0].lower()
    if not word.endswith("ing"):
        return word in verbs
    stem = word.removesuffix("ing")
    return any(verb in verbs for verb in (stem, f"{stem}e", stem[:-1]))


def _as_imperative(goal: str, verb: str) -> str:
    """Return a goal with the verb that its sentence has before it: "the mass of the body" is to be found."""
    if not re.match(r"(?:the|an?|how|what|which)\b", goal, re.IGNORECASE):
        return goal
    return f"{verb if verb in load_example_phrases().goal_verbs else 'find'} {goal[0].lower()}{goal[1:]}"


@lru_cache(maxsize=2048)
def count_named(goal: str) -> int:
    """Return how many words and formulas of a goal name its object; verbs and kinds of things name none."""
    phrases, plain = load_example_phrases(), strip_maths(goal)
    rest = plain.partition(" ")[2] if is_act(plain) else plain
    words = [word.lower() for word in _WORD.findall(rest) if word.lower() not in common_words()]
    kinds = [word for word in words if word in phrases.vague]
    formulas = [formula for formula in _formulas_in(goal) if _says_much(formula)]
    # Two kinds of things name one thing together: "the sum of the roots" does, "the roots" does not.
    return (
        len(words)
        - len(kinds)
        + len(kinds) // 2
        + len(formulas)
        + len(_NUMBER.findall(rest))
        + (_EQUATION.search(rest) is not None)
    )


def says_word(goal: str) -> bool:
    """Whether a goal is more than a formula."""
    return _WORD.search(strip_maths(goal)) is not None


def holds_formula(goal: str, passage: str) -> bool:
    """Whether a goal operates on a formula that stands in a passage: "Expand (2n - 1)^3"."""
    formulas = [formula for formula in _formulas_in(goal) if len(formula) > MANY_CHARACTERS]
    if not formulas or not _begins_with(goal, load_example_phrases().operations):
        return False
    text = "".join(passage.split())
    return any("".join(formula.split()) in text for formula in formulas)


def end_at_operand(goal: str, units: Sequence[TextUnit]) -> tuple[TextUnit, ...]:
    """Return a passage up to where the expression that its goal names is computed, if that is one expression."""
    expression = goal.partition(": ")[2].removeprefix("\\(").removesuffix("\\)")
    if acts_on_equation(goal) or not expression or _SEVERAL.search(goal):
        return tuple(units)
    spaceless = "".join(expression.split())
    for place, unit in enumerate(units):
        text = "".join(unit.text.split())
        if spaceless in text and _EQUALITY.match(text, text.index(spaceless) + len(spaceless)):
            return tuple(units[: place + 1])
    return tuple(units)


def _formulas_in(goal: str) -> list[str]:
    found = re.findall(r"\$([^$]+)\$|\\\((.+?)\\\)|`([^`]+)`|: ([^:]+)$", goal)
    return [part.strip() for parts in found for part in parts if part]


def _says_much(formula: str) -> bool:
    """Whether a formula is more than a symbol."""
    if len(formula) <= MIN_FORMULA:
        return _CALL.fullmatch(formula) is not None or (len(formula) > 2 and _OPERATES.search(formula) is not None)
    return len(formula) > MANY_CHARACTERS or (_OPERATES.search(formula) or _RELATES.search(formula)) is not None


def name_by_formula(goal: str, passage: str) -> str:
    """Return a goal that names nothing ("Simplify the left side") with the formula of its passage that it acts on."""
    operates = _begins_with(goal, load_example_phrases().operations) and " number of " not in goal
    if is_function_goal(goal) or count_named(goal) or not operates:
        return goal
    formula = find_operand(goal, passage)
    if not formula:
        return goal
    return f"{goal}: \\({formula}\\)" if "\\" in formula or "^" in formula else f"{goal}: {formula}"


def find_operand(goal: str, passage: str) -> str:
    """Return the first formula that a goal can act on: an equation, or an expression; or an empty text."""
    on_equation, symbols = acts_on_equation(goal), [a or b for a, b in _SYMBOL.findall(goal)]
    for found in _FORMULA.finditer(passage):
        formula = " ".join(next((part for part in found.groups() if part), "").split()).rstrip(".,; ")
        operand = _as_equation(formula) if on_equation else _as_expression(formula)
        if symbols and not any(symbol in operand for symbol in symbols):
            continue
        if MIN_FORMULA < len(operand) < MAX_FORMULA and not re.search(
            r"\\(?:begin|boxed|tag|quad)|&|,\s|^[\d.,\s]+\\times 10\^", operand
        ):
            return operand
    return ""


def acts_on_equation(goal: str) -> bool:
    """Whether a goal is something done with an equation, not with an expression."""
    return _ON_BOTH_SIDES.search(goal) is not None


def _as_equation(formula: str) -> str:
    """Return a formula if it is an equation that is not solved yet."""
    parts = _EQUALITY.split(formula)
    is_open = len(parts) == 2 and not any(_LONE.fullmatch(part) for part in parts[:1])
    return formula if is_open and all(parts) and _VARIABLE.search(formula) else ""


def _as_expression(formula: str) -> str:
    """Return what a formula computes: the first side that operates on something."""
    sides = _EQUALITY.split(formula)
    candidates = sides[:-1] if len(sides) > 1 else sides
    return next((s for s in candidates if is_balanced(s) and _OPERATES.search(s) and not _LONE.fullmatch(s)), "")


def is_balanced(text: str) -> bool:
    """Whether every bracket of a text is closed by its partner."""
    opened: list[str] = []
    for character in text:
        if character in _PARTNERS:
            if not opened or opened.pop() != _PARTNERS[character]:
                return False
        elif character in _PARTNERS.values():
            opened.append(character)
    return not opened
