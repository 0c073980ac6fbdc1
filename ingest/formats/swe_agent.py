"""Runs of SWE-agent: its ``.traj`` files, and the data set of such runs whose turns are roles and texts."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from midthought.ingest.formats.assembly import assemble
from midthought.ingest.formats.fields import Fields
from midthought.ingest.formats.format import Format
from midthought.ingest.formats.json_line import name_kind
from midthought.ingest.formats.labels import take_public_labels
from midthought.ingest.formats.markers import MarkedText
from midthought.ingest.formats.notation import write_command, write_returned
from midthought.ingest.formats.run_events import text_of_content
from midthought.memory.records.trajectory import Trajectory

PATCH_FIELDS = ("generated_patch", "model_patch", "git_patch")


def is_swe_agent(record: dict[str, object]) -> bool:
    """Return whether ``trajectory`` is a list of steps with an action, or of turns of an ``ai``."""
    steps = record.get("trajectory")
    return isinstance(steps, list) and any(
        isinstance(step, dict) and ({"action", "observation"} <= step.keys() or ("text" in step and "role" in step))
        for step in steps
    )


def parse_swe_agent(record: dict[str, object]) -> tuple[Trajectory, ...]:
    """Return the trajectory of a run: its question is the issue as it was shown, its answer the patch.

    Raises `BadInput`.
    """
    fields = Fields(record, Format.SWE_AGENT)
    steps = _take_steps(fields)
    history = fields.take_if("history", list) or []
    info = fields.take_if("info", dict) or {}
    if any("text" in step for step in steps):
        question, thought = _read_texts(steps)
    else:
        question, thought = _find_issue(history, steps), "\n\n".join(filter(None, map(_write_step, steps)))
    name = fields.find(PATCH_FIELDS)
    patch = text_of_content(info.get("submission") or (fields.take_any(name) if name else None))
    labels = take_public_labels(fields, verdict=("resolved", "target"), model=("model_name",))
    status = text_of_content(info.get("exit_status") or fields.take_any("exit_status"))
    if labels.finished is None:
        labels = replace(labels, finished=not status or status.startswith("submitted"))
    # The prompts and the history repeat the steps: neither is kept.
    kept = {key: value for key, value in info.items() if key != "submission"}
    found: dict[str, object] = {"info": kept} if kept else {}
    if status and not kept:
        found["exit_status"] = status
    question = question or fields.take_if("problem_statement", str) or ""
    return (assemble(fields, question, marked=MarkedText(thought, patch.strip()), labels=labels, found=found),)


def _take_steps(fields: Fields) -> list[Mapping[str, object]]:
    steps = fields.take("trajectory", list) or []
    for number, step in enumerate(steps, start=1):
        if not isinstance(step, dict):
            raise fields.bad(f"step {number} is {name_kind(step)}, expected an object")
    return [step for step in steps if isinstance(step, dict)]


def _write_step(step: Mapping[str, object]) -> str:
    """Return what was thought, done and seen in one step."""
    action, thought = text_of_content(step.get("action")).strip(), text_of_content(step.get("thought")).strip()
    # A thought that could not be parsed is the whole response, its action included.
    thought = thought or ("" if action else text_of_content(step.get("response")).strip())
    seen = text_of_content(step.get("observation"))
    paragraphs = [thought, write_command(action) if action else "", write_returned(seen) if action or seen else ""]
    return "\n\n".join(filter(None, paragraphs))


def _find_issue(history: Sequence[object], steps: Sequence[Mapping[str, object]]) -> str:
    """Return the first message of the user that is not of the demonstration."""
    prompts = next((one for step in steps if isinstance(one := step.get("query") or step.get("messages"), list)), [])
    for message in [*history, *prompts]:
        if isinstance(message, dict) and message.get("role") == "user" and not message.get("is_demo"):
            return text_of_content(message.get("content")).strip()
    return ""


def _read_texts(steps: Sequence[Mapping[str, object]]) -> tuple[str, str]:
    """Return the first text of the user, and the others as what was said and what was seen."""
    turns = [(step.get("role"), text_of_content(step.get("text")).strip()) for step in steps]
    turns = [(role, text) for role, text in turns if role != "system" and text]
    question = turns.pop(0)[1] if turns and turns[0][0] == "user" else ""
    return question, "\n\n".join(write_returned(text) if role == "user" else text for role, text in turns)
