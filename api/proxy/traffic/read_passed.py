"""What passed through the proxy as trajectories without a verdict, or the reason why it gives none."""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from midthought.api.proxy.folding import fold_bytes
from midthought.api.proxy.folds.base import FoldedAnswer, Kept
from midthought.api.proxy.proxy_kind import ProxyKind
from midthought.api.proxy.traffic.cut_hints import cut_hints
from midthought.api.proxy.traffic.earlier_hints import find_earlier
from midthought.api.proxy.traffic.passed_thought import PassedThought
from midthought.ingest.checks.recalled_hints import FIELD, describe_recalled
from midthought.ingest.formats.assembly import is_bare_result
from midthought.ingest.formats.format import Format
from midthought.ingest.formats.json_line import canonical_json
from midthought.ingest.formats.registry import parse_record
from midthought.ingest.secrets import mask_secrets
from midthought.memory.errors import BadInput
from midthought.memory.records.storable_text import storable
from midthought.memory.records.trajectory import Trajectory

SOURCE = "traffic"
"""The source of these trajectories."""
BROKEN = "the answer did not come to its end: the client left, or the model server broke off"
FAILED = "the model server answered with an error"
CUT_OFF = "the answer was cut off by a limit, or given up"
ASKS_TOOL = "the answer asks for a tool: the attempt goes on"
NO_QUESTION = "the request has no text of a user"
NO_THOUGHT = "no thought, and no written-out answer"
TOO_LONG = "the answer is too long, or too many came at once"
ENCODED = "the answer is in an encoding that is not read"
_DONE = frozenset({"stop", "eos", "end_turn", "stop_sequence", "completed"})
"""What servers say of an answer that the model ended itself."""
_CALLS = frozenset({"tool_calls", "function_call", "tool_use", "pause_turn"})
_MAX_BYTES = 64 << 20
"""Of an answer that was unpacked."""


def read_passed(passed: PassedThought) -> list[Trajectory] | str:
    """Return the attempts of an answer, one for each choice, without a verdict; or why there is none.

    What the memory put into a thought is cut out of it, and secrets are masked.
    """
    if reason := _refuse(passed):
        return reason
    body = _unpack(passed.body, passed.encoding)
    if body is None:
        return ENCODED
    folded = fold_bytes(passed.kind, body)
    if folded.error:
        return FAILED
    if not folded.is_finished:
        return BROKEN
    if folded.kept is not Kept.WHOLE:
        return TOO_LONG
    reasons = _reasons(passed.kind, folded)
    if any(reason in _CALLS for reason in reasons):
        return ASKS_TOOL
    if not reasons or any(reason not in _DONE for reason in reasons):
        return CUT_OFF
    try:
        found = parse_record(_as_record(passed, folded), format=_FORMATS.get(passed.kind, Format.REQUEST_LOG))
    except BadInput:  # its text repeats what was said
        return NO_THOUGHT
    attempts = [_finish(one, passed, folded) for one in found]
    return NO_THOUGHT if any(not one.thought and is_bare_result(one.answer) for one in attempts) else attempts


def _refuse(passed: PassedThought) -> str:
    if passed.status >= 400:
        return FAILED
    if not passed.is_complete:
        return BROKEN
    if not passed.is_whole:
        return TOO_LONG
    return "" if passed.question.strip() else NO_QUESTION


def _unpack(body: Sequence[bytes], encoding: str) -> Iterable[bytes] | None:
    """Return the bytes of a body as they were before they were packed; None if it cannot be read."""
    if encoding.strip().lower() in ("", "identity"):
        return body
    if encoding.strip().lower() not in ("gzip", "x-gzip", "deflate"):
        return None
    unpacking = zlib.decompressobj(zlib.MAX_WBITS | 32)  # either header
    try:
        unpacked = unpacking.decompress(b"".join(body), _MAX_BYTES)
    except zlib.error:
        return None
    return None if unpacking.unconsumed_tail else [unpacked]


def _reasons(kind: ProxyKind, folded: FoldedAnswer) -> list[object]:
    """Return why each choice of an answer ended, as the server says."""
    answer = folded.answer
    if kind is ProxyKind.MESSAGES:
        return [answer.get("stop_reason")]
    if kind is ProxyKind.RESPONSES:
        output = answer.get("output")
        last = output[-1] if isinstance(output, list) and output else None
        calls = isinstance(last, Mapping) and str(last.get("type", "")).endswith("_call")
        return ["function_call" if calls else answer.get("status")]
    choices = answer.get("choices")
    return (
        [one.get("finish_reason") for one in choices if isinstance(one, Mapping)] if isinstance(choices, list) else []
    )


_FORMATS = {ProxyKind.RESPONSES: Format.RESPONSES}


def _as_record(passed: PassedThought, folded: FoldedAnswer) -> dict[str, object]:
    """Return the exchange as a record that the reader of its format takes. Earlier turns are left out.

    They were answered by requests that passed before, and what a system prompt says is not the user's to remember.
    """
    if passed.kind is ProxyKind.RESPONSES:
        return {"question": passed.question, "output": folded.answer.get("output")}
    return {"request": {"messages": [{"role": "user", "content": passed.question}]}, "response": folded.answer}


def _finish(found: Trajectory, passed: PassedThought, folded: FoldedAnswer) -> Trajectory:
    shown = (*passed.shown, *find_earlier(passed.request))
    ids = [entry_id for hint in shown for entry_id in hint.entry_ids]
    recalled = describe_recalled(ids, [hint.text for hint in shown]) if shown else {}
    told = {name: value for name, value in (("run", passed.run_id), ("tokens", _tokens(folded))) if value}
    model = folded.answer.get("model")
    trajectory = Trajectory(
        question=storable(passed.question),
        thought=storable(cut_hints(found.thought, passed.shown)),
        answer=storable(found.answer),
        gold=storable(passed.expected) or None,
        source=SOURCE,
        model=storable(passed.model or (model if isinstance(model, str) else "")),
        metadata=canonical_json({FIELD: {**told, **recalled}}),
    )
    return mask_secrets(replace(trajectory, finished=True))[0]


def _tokens(folded: FoldedAnswer) -> dict[str, int]:
    """Return how many tokens were read and written, as the server counts them."""
    usage = folded.answer.get("usage")
    given = usage if isinstance(usage, Mapping) else {}
    counted = {
        "read": given.get("prompt_tokens", given.get("input_tokens")),
        "written": given.get("completion_tokens", given.get("output_tokens")),
    }
    return {name: value for name, value in counted.items() if isinstance(value, int)}
