"""Text with Thought, Action and Observation, as ReAct and LangChain agents write it."""

import re

from midthought.ingest.formats.assembly import assemble
from midthought.ingest.formats.fields import Fields
from midthought.ingest.formats.format import Format
from midthought.ingest.formats.labels import take_public_labels
from midthought.ingest.formats.marked import QUESTION_FIELDS
from midthought.ingest.formats.markers import MarkedText, split_thought
from midthought.ingest.formats.solution import GOLD_FIELDS
from midthought.memory.records.trajectory import Trajectory

TEXT_FIELDS = Format.REACT.telling_fields
_LABELS = [re.compile(rf"^\s*{word}(?: \d+)?:", re.MULTILINE) for word in ("Thought", "Action", "Observation")]
_QUESTION = re.compile(r"^\s*(?:Question|Task|Instruction|Claim):[ \t]*", re.MULTILINE)
_FIRST = re.compile(r"^\s*(?:Thought|Action)(?: \d+)?:", re.MULTILINE)
_FINISH = re.compile(r"^\s*Action(?: \d+)?: *(?i:finish|submit|answer)\[(.*)\]\s*$", re.MULTILINE)
_FINAL = re.compile(r"^\s*Final Answer: *", re.MULTILINE)


def is_react_text(text: str) -> bool:
    """Return whether a text has lines of all three labels."""
    return all(label.search(text) for label in _LABELS)


def is_react(record: dict[str, object]) -> bool:
    """Return whether a field has such a text, without the markers of a thought."""
    texts = (record.get(name) for name in TEXT_FIELDS)
    return any(isinstance(text, str) and is_react_text(text) and split_thought(text) is None for text in texts)


def parse_react(record: dict[str, object]) -> tuple[Trajectory, ...]:
    """Return the trajectory: the text from its first label is the thought.

    Without a question field, the question is what stands before it; the answer is what the text finishes with. Raises
    `BadInput`.
    """
    fields = Fields(record, Format.REACT)
    name = fields.find(TEXT_FIELDS)
    if name is None:
        raise fields.bad(f"the text is missing: expected a field {' or '.join(TEXT_FIELDS)}")
    before, thought = _cut(fields.take_text(name))
    if not thought:
        raise fields.bad(f"field {name!r} has no line that begins with 'Thought:' or 'Action:'")
    asked = fields.find(QUESTION_FIELDS)
    question = fields.take_text(asked) if asked else before
    labels = take_public_labels(fields, gold=GOLD_FIELDS, verdict=("reward", "is_correct", "success"))
    thought, answer = _take_answer(thought)
    marked = MarkedText(thought, answer, before if asked else "")
    return (assemble(fields, question, marked=marked, labels=labels, found={}),)


def _cut(text: str) -> tuple[str, str]:
    """Return the question that stands before the first label, and the text from there.

    A prompt may show examples before the question: the last question counts.
    """
    questions = list(_QUESTION.finditer(text))
    begin = questions[-1].end() if questions else 0
    first = _FIRST.search(text, begin)
    if first is None:
        return "", ""
    return text[begin : first.start()].strip(), text[first.start() :].strip()


def _take_answer(thought: str) -> tuple[str, str]:
    """Return the thought and the answer: behind "Final Answer:", or in the last call that finishes."""
    if final := _FINAL.search(thought):
        return thought[: final.start()].rstrip(), thought[final.end() :].strip()
    finished = _FINISH.findall(thought)
    return thought, finished[-1].strip() if finished else ""
