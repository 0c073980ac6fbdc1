"""The wording of step goals: as imperatives, whole, and with a formula if they name nothing by themselves."""

import re

from midthought.ingest.extraction.example_phrases import load_example_phrases
from midthought.ingest.extraction.goals import CHARACTERS, clean_goal, is_function_goal

CHAIN = 2  # equalities of a formula that computes
MIN_FORMULA, MAX_FORMULA = 4, 90  # characters of a formula that can name an object
_FORMULA = re.compile(
    r"\\\[\s*([^\[\]]{3,200}?)\s*\\\]|\$\$\s*([^$]{3,200}?)\s*\$\$|\\\(\s*((?:(?!\\\))[^\n]){8,120})\\\)|\$([^$\n]{8,120})\$|`(?!\s)([^`\n]{8,90})(?<!\s)`"
    r"|^(?:\s*[-*]\s+)?(?!\s*\d{1,2}[.)]\s)([\w ^*/+()\[\].-]{1,40}=[^\n=\\$`;,]{1,60})$",
    re.MULTILINE,
)
"""The first formula of a passage: displayed, in a sentence, in code, or a line of its own."""
_ON_EQUATIONS = ("solv", "rewrit", "sett", "set", "substitut", "rearrang", "isolat", "equat", "eliminat")
"""Beginnings of verbs that act on an equation, not on an expression."""


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
    verbs = load_example_phrases().goal_verbs | load_example_phrases().act_verbs
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


def name_by_formula(goal: str, passage: str) -> str:
    """Return a goal that names nothing ("Simplify the left side") with the first formula of its passage."""
    says_formula = re.search(r"\\\(.{6,}|\$[^$]{4,}|`[^`]{4,}|[=^]", goal) is not None
    if says_formula or is_function_goal(goal) or not is_act(goal):
        return goal
    acts = goal.partition(" ")[0].lower()
    found = _FORMULA.search(passage)
    formula = " ".join(next((part for part in found.groups() if part), "").split()) if found else ""
    is_equation = acts.startswith(_ON_EQUATIONS) and formula.count("=") < CHAIN
    formula = formula if is_equation else _left_side(formula)
    if not MIN_FORMULA < len(formula) < MAX_FORMULA or "\\begin" in formula or "\\boxed" in formula:
        return goal
    return f"{goal}: \\({formula}\\)" if "\\" in formula or "^" in formula else f"{goal}: {formula}"


def _left_side(formula: str) -> str:
    """Return what a formula computes: what stands before its first equality, if that says something."""
    for match in re.finditer(r"\s*(?:=|\u2248|\\approx\b)\s*", formula):
        left = formula[: match.start()]
        if left.count("{") == left.count("}") and left.count("(") == left.count(")"):
            return left if len(left) > MIN_FORMULA + 1 else formula
    return formula
