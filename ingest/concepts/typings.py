"""Typings of concepts: ``Name := annotation`` defines a type, anything else names or spells one out.

Annotations are read as Python annotations; a typing in plain words is one opaque type.
"""

import ast
import builtins
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

_DEFINITION = re.compile(r"\s*(?P<name>[^\W\d]\w*)\s*:=(?P<annotation>.*)", re.DOTALL)
_ANNOTATION = re.compile(r"""(?:\s*(?:[^\W\d][\w.]*|"[^"\\\n]*"|'[^'\\\n]*'|-?\d+(?!\w)|\.\.\.|[\[\],|]))++\s*""")
"""What an annotation is made of; nothing else is given to Python's parser."""
_ALLOWED = (
    ast.Name,
    ast.Attribute,
    ast.Subscript,
    ast.Tuple,
    ast.List,
    ast.Constant,
    ast.UnaryOp,
    ast.USub,
    ast.BinOp,
    ast.BitOr,
    ast.Load,
)
_MAX_LENGTH = 400
"""Characters of an annotation that is parsed: deep nesting would exhaust the parser."""
_CALLABLE = "Callable"
CallableParts = tuple[tuple[str, ...] | None, str]
"""The argument types of a Callable, None for any, and its result."""


@dataclass(frozen=True, slots=True)
class Typing:
    """A typing as it is compared.

    Attributes:
        name: of the type that is defined; empty if none is.
        annotation: in normal form: one spelling for all blanks; in small letters if it is plain words.
    """

    name: str
    annotation: str

    @property
    def type_name(self) -> str:
        """The name by which the type is meant: that which is defined, else the annotation if it is a mere name."""
        return self.name or (self.annotation if self.annotation.isidentifier() else "")


def parse_typing(text: str) -> Typing:
    """Return a typing in normal form; every text is one.

    >>> parse_typing("Scorer := Callable[[Grid],float]")
    Typing(name='Scorer', annotation='Callable[[Grid], float]')
    """
    found = _DEFINITION.fullmatch(text)
    if found is None:
        return Typing("", normal_annotation(text))
    return Typing(found["name"], normal_annotation(found["annotation"]))


def normal_annotation(text: str) -> str:
    """Return one spelling of an annotation."""
    tree = _parse(text)
    return " ".join(text.casefold().split()) if tree is None else ast.unparse(tree)


@dataclass(frozen=True, slots=True)
class TypeDefinitions:
    """The types that some typings define.

    Attributes:
        known: annotation by name.
        ambiguous: names that two typings define differently: no type is meant by them.
        expanded: what `expand` has returned: each typing is compared with all others, and parsing it takes 0.3 ms.
    """

    known: Mapping[str, str]
    ambiguous: tuple[str, ...]
    expanded: dict[Typing, str] = field(default_factory=dict, repr=False, compare=False)

    def expand(self, typing: Typing) -> str:
        """Return the annotation of a typing with all names of defined types replaced by what they stand for."""
        if typing not in self.expanded:
            open_names = {typing.name} if typing.annotation else set()
            self.expanded[typing] = self._expand(typing.annotation or typing.name, open_names)
        return self.expanded[typing]

    def is_callable(self, typing: Typing) -> bool:
        """Whether a typing is that of a function."""
        return callable_parts(self.expand(typing)) is not None

    def _expand(self, annotation: str, open_names: set[str]) -> str:
        tree = _parse(annotation)
        if tree is None:
            return annotation
        return ast.unparse(_Expansion(self, open_names).visit(tree))


class _Expansion(ast.NodeTransformer):
    """Replaces the names of defined types; a type that is defined by itself stays as it is."""

    def __init__(self, definitions: TypeDefinitions, open_names: set[str]) -> None:
        self._definitions = definitions
        self._open = open_names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Return what a name stands for."""
        meant = self._definitions.known.get(node.id)
        tree = _parse(meant) if meant and node.id not in self._open else None
        return node if tree is None else _Expansion(self._definitions, {*self._open, node.id}).visit(tree)


def define_types(typings: Iterable[Typing]) -> TypeDefinitions:
    """Return the definitions among some typings."""
    meant: defaultdict[str, set[str]] = defaultdict(set)
    for one in typings:
        if one.name and one.annotation:
            meant[one.name].add(one.annotation)
    known = {name: min(found) for name, found in meant.items() if len(found) == 1}
    return TypeDefinitions(known, tuple(sorted(meant.keys() - known.keys())))


def callable_parts(annotation: str) -> CallableParts | None:
    """Return the argument types of a Callable, None for any, and its result; None if it is no Callable."""
    tree = _parse(annotation)
    if isinstance(tree, ast.Name | ast.Attribute) and _last_name(tree) == _CALLABLE:
        return None, ""
    if not (isinstance(tree, ast.Subscript) and _last_name(tree.value) == _CALLABLE):
        return None
    inside = tree.slice
    if not (isinstance(inside, ast.Tuple) and len(inside.elts) == 2):
        return None
    arguments, result = inside.elts
    taken = tuple(map(ast.unparse, arguments.elts)) if isinstance(arguments, ast.List) else None
    return taken, ast.unparse(result)


def is_specific(annotation: str) -> bool:
    """Whether an annotation says more than Python's own types: two values of type ``int`` need not go together."""
    tree = _parse(annotation)
    if tree is None:
        return bool(annotation)
    names = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)]
    return any(not hasattr(builtins, name) for name in names)


def _last_name(tree: ast.expr) -> str:
    return tree.attr if isinstance(tree, ast.Attribute) else getattr(tree, "id", "")


def _parse(text: str) -> ast.expr | None:
    """Return the tree of an annotation; None for plain words."""
    if len(text) > _MAX_LENGTH or not _ANNOTATION.fullmatch(text):
        return None
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError:
        return None
    return tree if all(isinstance(node, _ALLOWED) for node in ast.walk(tree)) else None
