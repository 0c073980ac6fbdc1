"""The part of YAML that skill files begin with: ``name: value`` lines between ``---``, quoted or folded or plain."""

import json
import re

from midthought.memory.errors import BadInput

_FIELD = re.compile(r"([A-Za-z_][\w-]*):(?:[ \t]+(.*))?$")
_BLOCK = re.compile(r"[|>][+-]?$")


def split_front_matter(text: str) -> tuple[dict[str, str], str]:
    """Return the top-level text fields and the body below them; nested fields and lists are left out.

    Raises `BadInput` if the text does not begin with ``---``, or the second ``---`` is missing.
    """
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    if lines[0].rstrip() != "---":
        raise BadInput("it must begin with front matter: a line '---', then name and description, then '---'")
    try:
        end = next(number for number, line in enumerate(lines[1:], start=1) if line.rstrip() in {"---", "..."})
    except StopIteration:
        raise BadInput("the front matter does not end: a second line '---' is missing") from None
    return _fields(lines[1:end]), "\n".join(lines[end + 1 :]).strip()


def _fields(lines: list[str]) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    name = ""
    for number, line in enumerate(lines, start=2):
        match = _FIELD.match(line)
        if match:
            name = match[1]
            if name in found:
                raise BadInput(f"line {number}: the field {name!r} stands twice")
            found[name] = [(match[2] or "").strip()]
        elif line.strip() and not line.lstrip().startswith("#"):
            if not name or not line.startswith((" ", "\t", "-")):
                raise BadInput(f"line {number}: expected 'name: value', got {line.strip()[:40]!r}")
            found[name].append(line)
        elif name and not line.strip():
            found[name].append("")
    return {name: _value(first, rest) for name, (first, *rest) in found.items()}


def _value(first: str, rest: list[str]) -> str:
    """Return one field's text: plain and quoted ones fold their lines, a ``|`` block keeps them."""
    lines = [line.strip() for line in rest]
    if _BLOCK.match(first):
        return ("\n" if first[0] == "|" else " ").join(lines).strip()
    text = " ".join(part for part in [first, *lines] if part)
    if len(text) > 1 and text[0] == text[-1] == "'":
        return text[1:-1].replace("''", "'")
    if len(text) > 1 and text[0] == text[-1] == '"':
        try:
            return str(json.loads(text))
        except ValueError:
            return text[1:-1]
    return re.sub(r"\s+#.*$", "", text)
