"""Small parts of Markdown that the generated pages are made of."""

import inspect
import re
from collections.abc import Iterable, Iterator, Sequence

_SECTION = re.compile(r"^(Attributes|Args|Raises|Yields):$")
_ITEM = re.compile(r"^    (\S[^:]*): (.*)$")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    r"""Return a table, or nothing if it has no rows; bars and line ends within a cell do not end it.

    >>> print(table(["a", "b"], [["`x`", "one | two"]]), end="")
    | a | b |
    |---|---|
    | `x` | one \| two |
    """
    lines = [f"| {' | '.join(_cell(one) for one in row)} |" for row in rows]
    return "\n".join([f"| {' | '.join(head)} |", "|" + "---|" * len(head), *lines]) + "\n" if lines else ""


def code(text: str) -> str:
    """Return a short text as code; nothing for an empty one."""
    return f"`{text}`" if text else ""


def _cell(text: str) -> str:
    parts = re.split(r"(`[^`]*`)", " ".join(text.split()))
    return "".join(part if part.startswith("`") else part.replace("|", r"\|") for part in parts)


def from_docstring(docstring: str | None) -> str:
    """Return a docstring as Markdown: paragraphs, lists of attributes, examples as blocks of code."""
    text = inspect.cleandoc(docstring or "").replace("``", "`")
    return "\n\n".join(_read_paragraph(part) for part in re.split(r"\n\s*\n", text) if part.strip()) + "\n"


def attributes_of(docstring: str | None) -> dict[str, str]:
    """Return what a docstring says of each attribute; several with a comma between them share their text."""
    text = inspect.cleandoc(docstring or "").replace("``", "`").partition("Attributes:\n")[2]
    items = dict(_items(text.split("\n\n")[0].splitlines()))
    return {name.strip(): said for names, said in items.items() for name in names.split(",")}


def _read_paragraph(text: str) -> str:
    head, *rest = text.splitlines()
    if _SECTION.match(head):
        return "\n".join([f"**{head}**", "", *(f"* `{name}`: {said}" for name, said in _items(rest))])
    return f"```python\n{text}\n```" if head.startswith(">>>") else text


def _items(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The items of a section: names, which may run over lines, and what is said of them."""
    joined: list[str] = []
    for line in lines:
        if joined and (re.match(r"^ {8}", line) or joined[-1].rstrip().endswith(",")):
            joined[-1] += f" {line.strip()}"
        else:
            joined.append(line)
    for line in joined:
        if found := _ITEM.match(line):
            yield found[1], found[2]
