"""The small faults that are put into the code, one at a time, and where one fits."""

import ast
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDERS = ("memory", "ingest", "retrieval", "reasoner", "api")
COMPARISONS: dict[type[ast.cmpop], tuple[str, str, str]] = {
    ast.Lt: ("<", "<=", "boundary"),
    ast.LtE: ("<=", "<", "boundary"),
    ast.Gt: (">", ">=", "boundary"),
    ast.GtE: (">=", ">", "boundary"),
    ast.Eq: ("==", "!=", "comparison"),
    ast.NotEq: ("!=", "==", "comparison"),
    ast.In: ("in", "not in", "comparison"),
    ast.NotIn: ("not in", "in", "comparison"),
    ast.Is: ("is", "is not", "comparison"),
    ast.IsNot: ("is not", "is", "comparison"),
}
OPERATORS: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "//"),
    ast.FloorDiv: ("//", "*"),
}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one place: in a file, the characters from `start` to `end` become `after`."""

    file: str
    line: int
    kind: str
    start: int
    end: int
    before: str
    after: str

    def apply(self, text: str) -> str:
        """Return the text of the file with the change made."""
        assert text[self.start : self.end] == self.before
        return text[: self.start] + self.after + text[self.end :]


class _Places(ast.NodeVisitor):
    """Collects the mutants of one file; types, docstrings and decorators are left alone."""

    def __init__(self, file: str, text: str) -> None:
        self.file, self.text = file, text
        self.found: list[Mutant] = []
        self._lines = [0]
        for line in text.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))

    def _at(self, line: int, byte: int) -> int:
        text = self.text[self._lines[line - 1] : self._lines[line]]
        return self._lines[line - 1] + len(text.encode()[:byte].decode())

    def _start(self, node: ast.expr) -> int:
        return self._at(node.lineno, node.col_offset)

    def _end(self, node: ast.expr) -> int:
        return self._at(node.end_lineno or 0, node.end_col_offset or 0)

    def _add(self, node: ast.expr, kind: str, start: int, end: int, after: str) -> None:
        before = self.text[start:end]
        if before != after:
            self.found.append(Mutant(self.file, node.lineno, kind, start, end, before, after))

    def _between(self, left: ast.expr, right: ast.expr, kind: str, word: str, after: str) -> None:
        """Change an operator that stands between two operands; brackets and comments may stand there too."""
        begin = self._end(left)
        place = self.text.find(word, begin, self._start(right))
        if place >= 0:
            self._add(left, kind, place, place + len(word), after)

    def visit_Compare(self, node: ast.Compare) -> None:  # as ast calls it
        for left, operator, right in zip([node.left, *node.comparators], node.ops, node.comparators, strict=False):
            word, after, kind = COMPARISONS[type(operator)]
            self._between(left, right, kind, word, after)
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        word, after = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        self._between(node.values[0], node.values[1], "logic", word, after)
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        texts = [one for one in (node.left, node.right) if isinstance(one, ast.JoinedStr | ast.Constant)]
        if type(node.op) in OPERATORS and not any(isinstance(getattr(one, "value", ""), str) for one in texts):
            self._between(node.left, node.right, "arithmetic", *OPERATORS[type(node.op)])
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.Not):
            start = self._start(node)  # the operand may stand in brackets, which stay
            self._add(node, "negation", start, start + len("not "), "")
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        start, end = self._start(node), self._end(node)
        if isinstance(node.value, bool):
            self._add(node, "constant", start, end, str(not node.value))
        elif isinstance(node.value, int):
            self._add(node, "constant", start, end, str(node.value + 1))

    def visit_Return(self, node: ast.Return) -> None:
        if node.value is not None and not isinstance(node.value, ast.Constant):
            self._add(node.value, "return", self._start(node.value), self._end(node.value), "None")
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        for default in [*node.args.defaults, *(one for one in node.args.kw_defaults if one is not None)]:
            self.visit(default)
        for statement in node.body:
            self.visit(statement)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for statement in node.body:
            self.visit(statement)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_If(self, node: ast.If) -> None:
        if ast.unparse(node.test) != "TYPE_CHECKING":
            self.generic_visit(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Messages and SQL: places inside them are not told by Python 3.11."""

    def visit_Assert(self, node: ast.Assert) -> None:
        """What cannot happen."""


def find_mutants(root: Path, folder: str) -> list[Mutant]:
    """Return every mutant of a folder, in order."""
    found: list[Mutant] = []
    for path in sorted((root / folder).rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        places = _Places(str(path.relative_to(root)), text)
        places.visit(ast.parse(text))
        found += places.found
    return found


def draw_mutants(root: Path, *, seed: int, count: int) -> Iterator[Mutant]:
    """Yield `count` mutants, from the folders in turn; in each a kind is drawn, then a place of that kind."""
    dice = random.Random(seed)
    places = {folder: find_mutants(root, folder) for folder in FOLDERS}
    for number in range(count):
        mutants = places[FOLDERS[number % len(FOLDERS)]]
        kind = dice.choice(sorted({one.kind for one in mutants}))
        yield dice.choice([one for one in mutants if one.kind == kind])
