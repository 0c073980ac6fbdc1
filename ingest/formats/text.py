"""Plain-text documents: a question, the thought between markers and the answer, or a run as ReAct agents write it."""

from midthought.ingest.formats.fields import Fields
from midthought.ingest.formats.format import Format
from midthought.ingest.formats.marked import parse_output
from midthought.ingest.formats.markers import split_thought
from midthought.ingest.formats.react import is_react_text, parse_react
from midthought.memory.records.trajectory import Trajectory


def parse_text(document: str) -> tuple[Trajectory, ...]:
    """Return the trajectory of a document. Raises `BadInput`.

    Without markers, lines that begin with Thought, Action and Observation tell the thought.
    """
    text = document.replace("\r\n", "\n")
    if split_thought(text) is None and is_react_text(text):
        return parse_react({"text": text})
    return (parse_output(Fields({"text": text}, Format.TEXT)),)
