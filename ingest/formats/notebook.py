"""Jupyter notebooks: code, what it printed, and the errors on the way, as one thought."""

from collections.abc import Iterator, Mapping

from midthought.ingest.formats.assembly import assemble
from midthought.ingest.formats.fields import Fields
from midthought.ingest.formats.format import Format
from midthought.ingest.formats.json_line import name_kind
from midthought.ingest.formats.labels import take_public_labels
from midthought.ingest.formats.markers import MarkedText
from midthought.ingest.formats.notation import write_returned
from midthought.memory.records.trajectory import Trajectory

MAX_OUTPUT = 4000
"""Characters of the output of one cell that are kept: a table or a log says the same in its first lines."""

_FENCE = "```"


def parse_notebook(record: dict[str, object]) -> tuple[Trajectory, ...]:
    """Return the trajectory of a notebook.

    The question is the text before the first cell of code, or else the first text; the thought is what follows: texts
    as they are, code in fences, each output behind ``Observation:``. Text behind the last code is the answer. Raises
    `BadInput`.
    """
    fields = Fields(record, Format.NOTEBOOK)
    cells = _take_cells(fields)
    question, rest = _take_question(cells)
    if not question and "question" in fields:
        question = fields.take_text("question")
    if not question:
        raise fields.bad("the question is missing: expected a cell of text, which says what the notebook does")
    last = max((place for place, cell in enumerate(rest) if _is_code(cell)), default=None)
    if last is None:
        raise fields.bad("the notebook has no cell of code")
    thought = "\n\n".join(text for cell in rest[: last + 1] for text in _write_cell(cell))
    answer = "\n\n".join(text for cell in rest[last + 1 :] for text in _write_cell(cell))
    labels = take_public_labels(fields)
    for name in ("nbformat", "nbformat_minor"):
        fields.take_any(name)
    return (assemble(fields, question, marked=MarkedText(thought, answer), labels=labels, found={}),)


def _take_cells(fields: Fields) -> list[Mapping[str, object]]:
    cells = fields.take("cells", list) or []
    for number, cell in enumerate(cells, start=1):
        if not isinstance(cell, dict):
            raise fields.bad(f"cell {number} is {name_kind(cell)}, expected an object")
    return [cell for cell in cells if isinstance(cell, dict) and _join(cell.get("source")).strip()]


def _take_question(cells: list[Mapping[str, object]]) -> tuple[str, list[Mapping[str, object]]]:
    """Return the text before the first code, or else the first text, and the other cells."""
    first = next((place for place, cell in enumerate(cells) if _is_code(cell)), len(cells))
    if first == 0:
        first = next((place for place, cell in enumerate(cells) if not _is_code(cell)), len(cells))
        asked, rest = cells[first : first + 1], cells[:first] + cells[first + 1 :]
    else:
        asked, rest = cells[:first], cells[first:]
    return "\n\n".join(_join(cell.get("source")).strip() for cell in asked), rest


def _is_code(cell: Mapping[str, object]) -> bool:
    return cell.get("cell_type") == "code"


def _write_cell(cell: Mapping[str, object]) -> Iterator[str]:
    source = _join(cell.get("source")).strip("\n")
    if not _is_code(cell):
        yield source.strip()
        return
    fence = _FENCE if _FENCE not in source else "~~~~"
    yield f"{fence}python\n{source}\n{fence}"
    outputs = cell.get("outputs")
    told = [_read_output(output) for output in outputs] if isinstance(outputs, list) else []
    text = "\n".join(filter(None, told)).strip()
    if text:
        yield write_returned(text if len(text) <= MAX_OUTPUT else f"{text[:MAX_OUTPUT]}\n...")


def _read_output(output: object) -> str:
    """Return the text of an output; a picture has none, and HTML comes with the same as plain text."""
    if not isinstance(output, dict):
        return ""
    if output.get("output_type") == "error":
        trace = _join(output.get("traceback"), "\n").strip()
        return trace or f"{output.get('ename')}: {output.get('evalue')}"
    data = output.get("data")
    told = data.get("text/plain") if isinstance(data, dict) else output.get("text")
    return _join(told).strip("\n")


def _join(value: object, between: str = "") -> str:
    """Return a text that a notebook may write as a list of lines."""
    if isinstance(value, list):
        return between.join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""
