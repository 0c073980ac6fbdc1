"""The events of an OpenHands run, as ``output.jsonl`` and saved conversations have them, of both versions."""

from collections.abc import Mapping, Sequence

from midthought.ingest.formats.assembly import assemble
from midthought.ingest.formats.fields import Fields
from midthought.ingest.formats.format import Format
from midthought.ingest.formats.labels import VERDICT_FIELDS, take_public_labels
from midthought.ingest.formats.markers import MarkedText
from midthought.ingest.formats.notation import write_call, write_returned
from midthought.ingest.formats.run_events import EventKind, RunEvent, text_of_content, write_run
from midthought.memory.records.trajectory import Trajectory

_SILENT = ("system", "recall", "change_agent_state", "agent_state_changed", "condensation", "null")
"""Events of the program, which the model neither says nor sees."""
_NOT_ARGUMENTS = ("thought", "blocking", "hidden", "confirmation_state", "security_risk", "is_input", "cwd", "timeout")


def is_openhands(record: dict[str, object]) -> bool:
    """Return whether ``history`` is a list of events, and not of messages."""
    return any("role" not in event and _is_event(event) for event in _flatten(record.get("history")))


def parse_openhands(record: dict[str, object]) -> tuple[Trajectory, ...]:
    """Return the trajectory of a run; without a last word of the agent, its answer is the patch. Raises `BadInput`."""
    fields = Fields(record, Format.OPENHANDS)
    history = _flatten(fields.take("history", list))
    result = fields.take_if("test_result", dict) or {}
    instruction = fields.take_if("instruction", str) or ""
    events = [event for item in history for event in _read_event(item)]
    run = write_run(events, question=instruction)
    if instruction:
        # The instruction is also the first message of the user.
        rest = [event for event in events if event.kind is not EventKind.ASKED or event.text != instruction.strip()]
        run = write_run(rest, question=instruction)
    answer = run.answer or text_of_content(result.get("git_patch")).strip()
    labels = take_public_labels(fields, verdict=VERDICT_FIELDS, model=("model_name",))
    found = {"test_result": {key: value for key, value in result.items() if key != "git_patch"}} if result else {}
    marked = MarkedText(run.thought, answer)
    return (assemble(fields, run.question, marked=marked, labels=labels, found=found),)


def _flatten(history: object) -> list[Mapping[str, object]]:
    """Return the events; older files have pairs of an action and its observation."""
    items = history if isinstance(history, list) else []
    flat = [event for item in items for event in (item if isinstance(item, list) else [item])]
    return [event for event in flat if isinstance(event, dict)]


def _is_event(event: Mapping[str, object]) -> bool:
    return any(isinstance(event.get(name), str) for name in ("action", "observation")) or "kind" in event


def _read_event(event: Mapping[str, object]) -> Sequence[RunEvent]:
    if isinstance(event.get("kind"), str):
        return _read_new(event, str(event["kind"]))
    if isinstance(event.get("observation"), str):
        if event["observation"] in _SILENT:
            return ()
        return (RunEvent(EventKind.RETURNED, write_returned(text_of_content(event.get("content")))),)
    action, args = event.get("action"), event.get("args")
    if not isinstance(action, str) or action in _SILENT:
        return ()
    arguments = args if isinstance(args, dict) else {}
    return _read_action(action, arguments, is_user=event.get("source") == "user")


def _read_action(action: str, arguments: Mapping[str, object], *, is_user: bool) -> Sequence[RunEvent]:
    thought = text_of_content(arguments.get("thought")).strip()
    if action == "message":
        text = text_of_content(arguments.get("content")).strip()
        return (RunEvent(EventKind.ASKED if is_user else EventKind.SAID, text),)
    if action in ("think", "finish"):
        said = thought or text_of_content(arguments.get("final_thought") or arguments.get("message")).strip()
        return (RunEvent(EventKind.SAID, said),) if said else ()
    told = {name: value for name, value in arguments.items() if name not in _NOT_ARGUMENTS and value not in (None, "")}
    call = RunEvent(EventKind.CALLED, write_call(action, told))
    return (RunEvent(EventKind.SAID, thought), call) if thought else (call,)


def _read_new(event: Mapping[str, object], kind: str) -> Sequence[RunEvent]:
    """Read an event of the second version, whose class is its ``kind``."""
    if kind == "MessageEvent":
        message = event.get("llm_message")
        told = message if isinstance(message, dict) else {}
        is_user = told.get("role", event.get("source")) == "user"
        text = text_of_content(told.get("content")).strip()
        return (RunEvent(EventKind.ASKED if is_user else EventKind.SAID, text),)
    if kind == "ActionEvent":
        thought = text_of_content(event.get("thought")).strip()
        action = event.get("action")
        told = {name: value for name, value in action.items() if name != "kind"} if isinstance(action, dict) else {}
        arguments = {name: value for name, value in told.items() if value not in (None, "")}
        said = (RunEvent(EventKind.SAID, thought),) if thought else ()
        return (*said, RunEvent(EventKind.CALLED, write_call(str(event.get("tool_name") or "tool"), arguments)))
    if kind in ("ObservationEvent", "AgentErrorEvent", "UserRejectObservation"):
        seen = event.get("observation")
        returned = seen.get("content", seen.get("output")) if isinstance(seen, dict) else seen or event.get("error")
        return (RunEvent(EventKind.RETURNED, write_returned(text_of_content(returned))),)
    return ()
