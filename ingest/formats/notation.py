"""How a run with tools is written as the text of a thought.

Paragraphs stand for what was said, as it was said. A call of a tool, what it returned and what the user said further
open with a label, and a blank line ends them: blank lines inside them are left out.
"""

import json
import re
from collections.abc import Mapping

CALL = "Action: "
RETURNED = "Observation: "
ASKED = "User: "

_BLANK_LINES = re.compile(r"\n(?:[^\S\n]*\n)++")
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def write_call(name: str, arguments: object) -> str:
    """Return the paragraph of a call.

    ``Action: name({"path": "a.py"})``; a text of several lines stands below it, after its name and a colon, as it is.
    `arguments` is an object, its JSON, or any text.
    """
    values = _read_arguments(arguments)
    if values is None:
        return _paragraph(CALL, f"{name} {arguments}".strip() if str(arguments or "").strip() else f"{name}()")
    blocks = {key: value for key, value in values.items() if isinstance(value, str) and "\n" in value.strip()}
    short = {key: value for key, value in values.items() if key not in blocks}
    lines = [f"{name}({json.dumps(short, ensure_ascii=False) if short else ''})"]
    lines += [f"{key}:\n{value.strip(chr(10))}" for key, value in blocks.items()]
    return _paragraph(CALL, "\n".join(lines))


def write_command(command: str) -> str:
    """Return the paragraph of a call that is text, such as a command of a shell."""
    return _paragraph(CALL, command)


def write_returned(text: str) -> str:
    """Return the paragraph of what a tool returned, without colours of a terminal."""
    return _paragraph(RETURNED, _ESCAPES.sub("", text).strip() or "(nothing)")


def write_asked(text: str) -> str:
    """Return the paragraph of what the user said in the middle of a run."""
    return _paragraph(ASKED, text)


def _paragraph(label: str, text: str) -> str:
    return label + _BLANK_LINES.sub("\n", text.replace("\r\n", "\n").strip())


def _read_arguments(arguments: object) -> Mapping[str, object] | None:
    """Return the arguments by name, or None if they have no names."""
    if isinstance(arguments, dict):
        return arguments
    if isinstance(arguments, str):
        try:
            value = json.loads(arguments)
        except (ValueError, RecursionError):
            return None
        return value if isinstance(value, dict) else None
    return {} if arguments is None else None
