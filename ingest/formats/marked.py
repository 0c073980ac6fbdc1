"""Records whose thought stands between markers: evaluation logs and R1-style outputs."""

from dataclasses import replace

from midthought.ingest.formats.assembly import assemble, is_bare_result
from midthought.ingest.formats.fields import Fields
from midthought.ingest.formats.format import Format
from midthought.ingest.formats.labels import take_known_labels
from midthought.ingest.formats.markers import MarkedText, split_thought
from midthought.memory.records.trajectory import Trajectory

QUESTION_FIELDS = ("question", "prompt", "problem", "instruction", "query", "input")
OUTPUT_FIELDS = Format.R1.telling_fields


def take_question(fields: Fields) -> str:
    """Take the question, empty if there is none; an instruction has what it is about in ``input``."""
    asked = fields.find(QUESTION_FIELDS)
    question = fields.take_text(asked) if asked else ""
    about = fields.take_if("input", str) if asked == "instruction" else None
    return f"{question}\n\n{about}" if about and about.strip() else question


def parse_trace(record: dict[str, object]) -> tuple[Trajectory, ...]:
    """Return the trajectory; a trace without markers is all thought. Raises `BadInput`."""
    fields = Fields(record, Format.TRACE)
    question, trace, labels = fields.take_text("question"), fields.take_text("trace"), take_known_labels(fields)
    marked = split_thought(trace) or MarkedText(trace.strip())
    return (assemble(fields, question, marked=marked, labels=labels, found={}),)


def parse_r1(record: dict[str, object]) -> tuple[Trajectory, ...]:
    """Return the trajectory; without a question field, the question is what stands before the thought."""
    return (parse_output(Fields(record, Format.R1)),)


def parse_output(fields: Fields) -> Trajectory:
    """Return the trajectory of a whole output; its question is a field or stands before. Raises `BadInput`."""
    asked = take_question(fields)
    output = fields.find(OUTPUT_FIELDS)
    if output is None:
        raise fields.bad(f"the output is missing: expected a field {' or '.join(OUTPUT_FIELDS)}")
    text, labels = fields.take_text(output), take_known_labels(fields)
    marked = split_thought(text)
    if marked is None:
        advice = "" if is_bare_result(text) else ": a written-out solution is read by the format solution"
        raise fields.bad(f"no thought: field {output!r} holds neither <think> nor </think>{advice}")
    question = asked or marked.before
    if not asked:
        marked = replace(marked, before="")
    if not question:
        raise fields.bad(f"the question is missing: expected it before <think> in {output!r}")
    return assemble(fields, question, marked=marked, labels=labels, found={})
