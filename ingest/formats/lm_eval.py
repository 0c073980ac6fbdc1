"""Samples of lm-evaluation-harness: the lines of its ``samples_*.jsonl``."""

from collections.abc import Mapping
from dataclasses import replace

from midthought.ingest.formats.assembly import assemble, assemble_solution
from midthought.ingest.formats.fields import Fields
from midthought.ingest.formats.format import Format
from midthought.ingest.formats.labels import Labels, read_gold, read_verdict, take_public_labels
from midthought.ingest.formats.marked import QUESTION_FIELDS
from midthought.ingest.formats.markers import split_thought
from midthought.ingest.formats.solution import GOLD_FIELDS
from midthought.memory.records.trajectory import Outcome, Trajectory

_DOC_QUESTIONS = (*QUESTION_FIELDS, "text")
_HASHES = ("doc_hash", "prompt_hash", "target_hash")


def is_lm_eval(record: dict[str, object]) -> bool:
    """Return whether a record has a document and the responses to it."""
    return isinstance(record.get("doc"), dict) and any(
        isinstance(record.get(name), list) for name in ("resps", "filtered_resps")
    )


def parse_lm_eval(record: dict[str, object]) -> tuple[Trajectory, ...]:
    """Return a trajectory for each response of a sample. Raises `BadInput`.

    The verdict is the first metric that is 0 or 1; of several responses it says nothing. Samples that choose among
    given answers have probabilities in place of texts, and teach nothing.
    """
    fields = Fields(record, Format.LM_EVAL)
    responses = _read_texts(fields.take_any("resps")) or _read_texts(fields.take_any("filtered_resps"))
    if not responses:
        raise fields.bad("no thought: the sample has no text as response, only the probabilities of given answers")
    doc = fields.take("doc", dict) or {}
    question = _find_question(doc, fields.take_any("arguments"))
    labels = _take_labels(fields, doc)
    if len(responses) > 1:
        labels = replace(labels, outcome=Outcome.UNKNOWN)
    for name in (*_HASHES, "filtered_resps"):
        fields.take_any(name)
    return tuple(_assemble(fields, question, response, labels=labels) for response in responses)


def _assemble(fields: Fields, question: str, response: str, *, labels: Labels) -> Trajectory:
    marked = split_thought(response)
    if marked is not None and marked.thought:
        return assemble(fields, question, marked=marked, labels=labels, found={})
    solution = marked.answer if marked else response
    return assemble_solution(fields, question, solution=solution, labels=labels)


def _take_labels(fields: Fields, doc: Mapping[str, object]) -> Labels:
    metrics = fields.take_if("metrics", list) or []
    names = [name for name in metrics if isinstance(name, str)] or ["exact_match", "acc"]
    verdicts = [read_verdict(fields.take_any(name)) for name in names if name in fields]
    labels = take_public_labels(fields, gold=("target",))
    if labels.gold is None:
        labels = replace(labels, gold=next(filter(None, (read_gold(doc.get(name)) for name in GOLD_FIELDS)), None))
    return replace(labels, outcome=next((one for one in verdicts if one is not Outcome.UNKNOWN), labels.outcome))


def _find_question(doc: Mapping[str, object], arguments: object) -> str:
    """Return the question of the document, or else the prompt, which may show examples before it."""
    for name in _DOC_QUESTIONS:
        text = doc.get(name)
        if isinstance(text, str) and text.strip():
            return text
    # A list of (prompt, options), or since version 0.4.9 an object {"gen_args_0": {"arg_0": prompt, ...}}.
    first = next(iter(arguments.values()), None) if isinstance(arguments, dict) else arguments
    while isinstance(first, list | dict) and first:
        first = next(iter(first.values())) if isinstance(first, dict) else first[0]
    return first if isinstance(first, str) else ""


def _read_texts(value: object) -> list[str]:
    """Return the texts of nested lists; lists with numbers in them are probabilities."""
    if isinstance(value, str):
        return [value] if value.strip() else []
    if not isinstance(value, list) or any(isinstance(item, bool | int | float) for item in value):
        return []
    if len(value) == 2 and all(isinstance(item, str) for item in value) and value[1] in ("True", "False"):
        return []
    return [text for item in value for text in _read_texts(item)]
