"""Formulas said aloud: ``time = total distance / speed`` becomes "the time is the total distance divided by the speed"."""

import re
from collections.abc import Mapping

_TOKEN = re.compile(
    r"\\(?:d|t|c)?frac|\\sqrt|\\(?:text|mathrm|textbf|mathbf|operatorname)\s*\{[^{}]*\}|\\(?:times|cdot|left|right|quad|,|;|!)"
    r"|\\[a-zA-Z]+(?:_\{[^{}]*\}|_\w)?|[a-zA-Z]+(?:_\{[^{}]*\}|_\w)?|\d+(?:\.\d+)?|[-+*/^=(){}×÷−]|\s+|."
)
_SKIPPED = {"\\left", "\\right", "\\quad", "\\,", "\\;", "\\!"}
_MOST_WORDS = 26


class _Unsayable(Exception):
    """The formula holds something with no general name."""


def say_formula(latex: str, names: Mapping[str, str]) -> str | None:
    """Return a formula in words, or None where a part of it has no name.

    Only formulas whose every operand is a word (``\\text{speed}``) or a variable of `names` can be said; numbers other
    than the structural 1/2 and 2 cannot.
    """
    text = latex.strip().rstrip(".,;").replace("&", "")
    sides = [side for side in re.split(r"(?<![<>!\\])=", text) if side.strip()]
    if len(sides) < 2:
        return None
    try:
        left, right = _Sayer(sides[0], names).whole(), _Sayer(sides[1], names).whole()
    except _Unsayable:
        return None
    said = f"{left} is {right}"
    simple = left == right or " " not in right.removeprefix("the ").strip() and " " not in left.removeprefix("the ")
    return None if simple or len(said.split()) > _MOST_WORDS or not _operator(right) else said


def _operator(text: str) -> bool:
    return bool(re.search(r"\b(plus|minus|times|divided|square|squared|half|twice)\b", text))


class _Sayer:
    """Recursive descent over one side of a formula."""

    def __init__(self, text: str, names: Mapping[str, str]) -> None:
        self._tokens = [t for t in _TOKEN.findall(text) if t.strip() and t not in _SKIPPED]
        self._names = names
        self._at = 0

    def whole(self) -> str:
        said = self._sum()
        if self._at != len(self._tokens):
            raise _Unsayable
        return said

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self) -> str:
        token = self._peek()
        self._at += 1
        return token

    def _sum(self) -> str:
        if self._peek() in "-−+" and self._peek():
            raise _Unsayable
        said = self._product()
        while self._peek() in {"+", "-", "−"}:
            said += " plus " if self._take() == "+" else " minus "
            said += self._product()
        return said

    def _product(self) -> str:
        said = self._power()
        while (token := self._peek()) and token not in {"+", "-", "−", ")", "}", "="}:
            if token in {"\\times", "\\cdot", "*", "×"}:
                self._take()
                said = _times(said, self._power())
            elif token in {"/", "÷"}:
                self._take()
                said += " divided by " + self._power()
            else:
                said = _times(said, self._power())
        return said

    def _power(self) -> str:
        base = self._operand()
        if self._peek() == "^":
            self._take()
            exponent = self._group_text()
            if exponent not in {"2", "3"}:
                raise _Unsayable
            base = f"{base} {'squared' if exponent == '2' else 'cubed'}"
        return base

    def _group_text(self) -> str:
        token = self._take()
        if token != "{":
            return token
        token = self._take()
        if self._take() != "}":
            raise _Unsayable
        return token

    def _operand(self) -> str:
        token = self._take()
        if token in {"{", "("}:
            said = self._sum()
            if self._take() != {"{": "}", "(": ")"}[token]:
                raise _Unsayable
            return said
        if token.endswith("frac"):
            top, bottom = self._operand(), self._operand()
            return "half" if (top, bottom) == ("one", "two") else f"{top} divided by {bottom}"
        if token == "\\sqrt":
            return f"the square root of {self._operand()}"
        if token == "2":
            return "two"
        if token == "1":
            return "one"
        return self._named(token)

    def _named(self, token: str) -> str:
        words = re.fullmatch(r"\\(?:text|mathrm|textbf|mathbf|operatorname)\s*\{([^{}]*)\}", token)
        name = words[1].strip() if words else self._names.get(token, token if len(token) > 3 else "")
        if not re.fullmatch(r"[A-Za-z][a-z]{2,}(?:[ -][A-Za-z][a-z]+)*", name):
            raise _Unsayable
        name = name.lower()
        return name if name.startswith(("the ", "a ", "an ")) else f"the {name}"


def _times(left: str, right: str) -> str:
    if left == "two":
        return f"twice {right}"
    return f"half of {right}" if left == "half" else f"{left} times {right}"
