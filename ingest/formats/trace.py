"""Evaluation logs: a question, the whole trace as the model wrote it, and the verdict."""

from midthought.ingest.formats.assembly import assemble
from midthought.ingest.formats.fields import Fields
from midthought.ingest.formats.format import Format
from midthought.ingest.formats.labels import take_labels
from midthought.ingest.formats.markers import MarkedText, split_thought
from midthought.memory.records.trajectory import Trajectory


def parse_trace(record: dict[str, object]) -> tuple[Trajectory, ...]:
    """Return the trajectory; a trace without markers is all thought. Raises `BadInput`."""
    fields = Fields(record, Format.TRACE)
    question, trace, labels = fields.take_text("question"), fields.take_text("trace"), take_labels(fields)
    marked = split_thought(trace) or MarkedText(trace.strip())
    return (assemble(fields, question, marked=marked, labels=labels, found={}),)
