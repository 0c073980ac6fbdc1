"""Streams of the four shapes of answers, folded, and read by the clients that programs use."""

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midthought.api.proxy.folding import fold, fold_bytes
from midthought.api.proxy.folds.base import Kept
from midthought.api.proxy.proxy_kind import ProxyKind

SHAPES = (ProxyKind.CHAT, ProxyKind.COMPLETIONS, ProxyKind.RESPONSES, ProxyKind.MESSAGES)

CHAT_TOP = {"id": "c1", "object": "chat.completion.chunk", "created": 7, "model": "m", "system_fingerprint": "f"}
USAGE = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}


def chat(delta: dict[str, Any], index: int = 0, **fields: Any) -> dict[str, Any]:
    """One chunk of a chat with one choice."""
    choice = {"index": index, "delta": delta, "finish_reason": None, "logprobs": None}
    return {**CHAT_TOP, "choices": [choice | fields]}


def call(index: int, arguments: str, **fields: Any) -> dict[str, Any]:
    """A delta with a piece of one call."""
    return {"tool_calls": [{"index": index, "function": {"arguments": arguments} | fields.pop("named", {})} | fields]}


CHAT = [
    chat({"role": "assistant", "content": ""}),
    chat(
        {"reasoning": "I add"},
        logprobs={"content": [{"token": "I", "logprob": -1.0, "bytes": [73], "top_logprobs": []}]},
    ),
    chat(
        {"reasoning": " them."},
        logprobs={"content": [{"token": ".", "logprob": -2.0, "bytes": None, "top_logprobs": []}]},
    ),
    chat({"content": "42"}),
    chat({"role": "assistant", "content": "forty"}, index=1),
    chat(call(0, "", id="call-a", type="function", named={"name": "add"})),
    chat(call(1, '{"c"', id="call-b", type="function", named={"name": "sub"})),
    chat(call(0, '{"a": 1')),
    chat(call(1, ": 2}")),
    chat(call(0, ', "b": 2}')),
    chat({"content": "-two"}, index=1, finish_reason="length"),
    chat({}, finish_reason="tool_calls", stop_reason=151_645),
    {**CHAT_TOP, "choices": [], "usage": USAGE, "x_vendor": {"cost": 1}},
]


def test_chat() -> None:
    """A chat with two choices, a thought, two interleaved calls and log-probs is the object of an unstreamed answer."""
    folded = fold(ProxyKind.CHAT, CHAT)
    assert (folded.is_finished, folded.skipped, folded.kept, folded.error) == (True, 0, Kept.WHOLE, None)
    first, second = folded.answer["choices"]  # type: ignore[misc]
    assert first["message"] == {
        "role": "assistant",
        "content": "42",
        "reasoning": "I add them.",
        "tool_calls": [
            {"id": "call-a", "type": "function", "function": {"name": "add", "arguments": '{"a": 1, "b": 2}'}},
            {"id": "call-b", "type": "function", "function": {"name": "sub", "arguments": '{"c": 2}'}},
        ],
    }
    assert (first["finish_reason"], first["stop_reason"]) == ("tool_calls", 151_645)
    assert [one["token"] for one in first["logprobs"]["content"]] == ["I", "."]
    assert (second["message"]["content"], second["finish_reason"]) == ("forty-two", "length")
    top = {name: value for name, value in folded.answer.items() if name != "choices"}
    assert top == {**CHAT_TOP, "object": "chat.completion", "usage": USAGE, "x_vendor": {"cost": 1}}


def test_openai_reads_chats_and_completions() -> None:
    """The types of the `openai` client take the folded objects, and lose nothing of them."""
    types = pytest.importorskip("openai.types")
    chats = pytest.importorskip("openai.types.chat")
    answer = fold(ProxyKind.CHAT, CHAT).answer
    read = chats.ChatCompletion.model_validate(answer)
    assert read.choices[0].message.tool_calls[0].function.arguments == '{"a": 1, "b": 2}'
    assert read.model_dump(exclude_unset=True) == answer
    answer = fold(ProxyKind.COMPLETIONS, COMPLETION).answer
    assert types.Completion.model_validate(answer).model_dump(exclude_unset=True) == answer


TEXT_TOP = {"id": "t1", "object": "text_completion", "created": 7, "model": "m"}


def text(piece: str, number: int, **fields: Any) -> dict[str, Any]:
    """One chunk of a completion: one token."""
    chances = {"tokens": [piece], "token_logprobs": [-0.5], "top_logprobs": [{piece: -0.5}], "text_offset": [number]}
    choice = {"index": 0, "text": piece, "logprobs": chances, "token_ids": [number], "finish_reason": None}
    return {**TEXT_TOP, "choices": [choice | fields], "usage": USAGE | {"completion_tokens": number}}


COMPLETION = [
    text("Two", 1, prompt_token_ids=[5, 6]),
    text(" and", 2),
    text(" two", 3, finish_reason="stop", stop_reason=None),
]


def test_completion() -> None:
    """The text, log-probs and ids of a completion are joined; the ids of its prompt are said once."""
    answer = fold(ProxyKind.COMPLETIONS, COMPLETION).answer
    assert answer["usage"] == USAGE | {"completion_tokens": 3}
    assert answer["choices"] == [
        {
            "index": 0,
            "text": "Two and two",
            "token_ids": [1, 2, 3],
            "prompt_token_ids": [5, 6],
            "finish_reason": "stop",
            "stop_reason": None,
            "logprobs": {
                "tokens": ["Two", " and", " two"],
                "token_logprobs": [-0.5] * 3,
                "top_logprobs": [{"Two": -0.5}, {" and": -0.5}, {" two": -0.5}],
                "text_offset": [1, 2, 3],
            },
        }
    ]


MESSAGE = {"id": "m1", "type": "message", "role": "assistant", "model": "m", "content": [], "stop_reason": None,
           "stop_sequence": None, "usage": {"input_tokens": 9, "output_tokens": 1}}  # fmt: skip


def block(index: int, block: dict[str, Any], *deltas: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The events of one block of a message."""
    yield {"type": "content_block_start", "index": index, "content_block": block}
    yield from ({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas)
    yield {"type": "content_block_stop", "index": index}


MESSAGES = [
    {"type": "message_start", "message": MESSAGE},
    {"type": "ping"},
    *block(
        0,
        {"type": "thinking", "thinking": "", "signature": ""},
        {"type": "thinking_delta", "thinking": "Two"},
        {"type": "thinking_delta", "thinking": " and two."},
        {"type": "signature_delta", "signature": "sig"},
    ),
    *block(1, {"type": "text", "text": ""}, {"type": "text_delta", "text": "Fo"}, {"type": "text_delta", "text": "ur"}),
    *block(
        2,
        {"type": "tool_use", "id": "t", "name": "add", "input": {}},
        {"type": "input_json_delta", "partial_json": ""},
        {"type": "input_json_delta", "partial_json": '{"a": '},
        {"type": "input_json_delta", "partial_json": "2}"},
    ),
    {
        "type": "message_delta",
        "delta": {"stop_reason": "tool_use", "stop_sequence": None},
        "usage": {"output_tokens": 5},
    },
    {"type": "message_stop"},
]


def test_messages() -> None:
    """A message with a thought, text and a call is what Anthropic's client makes of the same events."""
    folded = fold(ProxyKind.MESSAGES, MESSAGES)
    assert (folded.is_finished, folded.skipped) == (True, 0)
    assert folded.answer["content"] == [
        {"type": "thinking", "thinking": "Two and two.", "signature": "sig"},
        {"type": "text", "text": "Four"},
        {"type": "tool_use", "id": "t", "name": "add", "input": {"a": 2}},
    ]
    assert (folded.answer["stop_reason"], folded.answer["usage"]) == (
        "tool_use",
        {"input_tokens": 9, "output_tokens": 5},
    )
    types = pytest.importorskip("anthropic.types")
    assert types.Message.model_validate(folded.answer).model_dump(exclude_unset=True) == folded.answer


RESPONSE = {"id": "r1", "object": "response", "created_at": 7.0, "model": "m", "output": [], "status": "in_progress",
            "parallel_tool_calls": True, "tool_choice": "auto", "tools": []}  # fmt: skip


def item(index: int, item: dict[str, Any], *events: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The events of one item of a response, without the last, which says it whole."""
    yield {"type": "response.output_item.added", "output_index": index, "item": item}
    yield from ({"output_index": index, "item_id": item["id"]} | event for event in events)


def grown(kind: str, delta: str, **where: int) -> dict[str, Any]:
    """One event with a piece of a text."""
    return {"type": f"response.{kind}.delta", "delta": delta} | where


SUMMARY = {"type": "summary_text", "text": ""}
RESPONSES = [
    {"type": "response.created", "response": RESPONSE},
    {"type": "response.in_progress", "response": RESPONSE},
    *item(
        0,
        {"type": "reasoning", "id": "i0", "summary": []},
        grown("reasoning_text", "Two", content_index=0),
        grown("reasoning_text", " and two", content_index=0),
        {"type": "response.reasoning_summary_part.added", "summary_index": 0, "part": SUMMARY},
        grown("reasoning_summary_text", "A sum", summary_index=0),
    ),
    *item(
        1,
        {"type": "message", "id": "i1", "role": "assistant", "status": "in_progress", "content": []},
        {"type": "response.content_part.added", "content_index": 0,
         "part": {"type": "output_text", "text": "", "annotations": [], "logprobs": []}},
        grown("output_text", "Fo", content_index=0),
        grown("output_text", "ur", content_index=0),
        {"type": "response.output_text.done", "content_index": 0, "text": "Four"},
    ),
    *item(
        2,
        {"type": "function_call", "id": "i2", "call_id": "c", "name": "add", "arguments": ""},
        grown("function_call_arguments", '{"a":'),
        grown("function_call_arguments", "2}"),
    ),
]  # fmt: skip
OUTPUT = [
    {
        "type": "reasoning",
        "id": "i0",
        "summary": [{"type": "summary_text", "text": "A sum"}],
        "content": [{"type": "reasoning_text", "text": "Two and two"}],
    },
    {
        "type": "message",
        "id": "i1",
        "role": "assistant",
        "status": "in_progress",
        "content": [{"type": "output_text", "text": "Four", "annotations": [], "logprobs": []}],
    },
    {"type": "function_call", "id": "i2", "call_id": "c", "name": "add", "arguments": '{"a":2}'},
]


def test_responses() -> None:
    """Items grow by their events; the response that ends the stream counts if it has an output, else the items do."""
    open_ended = fold(ProxyKind.RESPONSES, RESPONSES)
    assert (open_ended.is_finished, open_ended.skipped) == (False, 0)
    assert open_ended.answer == RESPONSE | {"output": OUTPUT}
    end = {"type": "response.completed", "response": RESPONSE | {"status": "completed", "usage": {"total_tokens": 3}}}
    ended = fold(ProxyKind.RESPONSES, [*RESPONSES, end])
    assert ended.is_finished
    assert ended.answer == RESPONSE | {"status": "completed", "usage": {"total_tokens": 3}, "output": OUTPUT}
    said = end["response"] | {"output": OUTPUT[1:2]}  # type: ignore[operator]
    assert fold(ProxyKind.RESPONSES, [*RESPONSES, {**end, "response": said}]).answer == said
    types = pytest.importorskip("openai.types.responses")
    assert types.Response.model_validate(open_ended.answer).model_dump(exclude_unset=True) == open_ended.answer


STREAMS = {
    ProxyKind.CHAT: CHAT,
    ProxyKind.COMPLETIONS: COMPLETION,
    ProxyKind.MESSAGES: MESSAGES,
    ProxyKind.RESPONSES: RESPONSES,
}


def as_bytes(parts: list[dict[str, Any]], end: str = "\n") -> bytes:
    """A stream of server-sent events."""
    events = (f"event: x{end}data: {json.dumps(part, ensure_ascii=False)}{end}{end}" for part in parts)
    return f": hello{end}{end}{''.join(events)}data: [DONE]{end}{end}".encode()


@pytest.mark.parametrize("shape", SHAPES)
@given(cuts=st.lists(st.integers(0, 4000), max_size=30), end=st.sampled_from(["\n", "\r\n"]))
def test_bytes_may_be_cut_anywhere(shape: ProxyKind, cuts: list[int], end: str) -> None:
    """Wherever the bytes of a stream are cut, in a character or in a line end, the answer is the same."""
    parts = [json.loads(json.dumps(part).replace("Four", "Vier ÷ 四")) for part in STREAMS[shape]]
    body = as_bytes(parts, end)
    places = [0, *sorted(cuts), len(body)]
    pieces = [body[start:stop] for start, stop in pairwise(places)]
    assert fold_bytes(shape, pieces) == fold(shape, parts)


@given(text=st.text(alphabet=st.characters(codec="utf-8")), data=st.data())
def test_texts_may_be_cut_anywhere(text: str, data: st.DataObject) -> None:
    """However a thought, a text and the arguments of a call are cut into deltas, they are joined to the same."""
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=5)))
    places = [0, *cuts, len(text)]
    pieces = [text[start:stop] for start, stop in pairwise(places)]
    many = [chat({"reasoning_content": one} | call(0, one)) for one in pieces]
    whole = [chat({"reasoning_content": text} | call(0, text))]
    assert fold(ProxyKind.CHAT, many) == fold(ProxyKind.CHAT, whole)


def test_half_a_character() -> None:
    """Two deltas that hold the halves of one character, as some servers escape them, make the character."""
    halves = [chat(json.loads(f'{{"content": "{half}"}}')) for half in (r"\ud83d", r"\ude00")]
    assert fold(ProxyKind.CHAT, halves).answer["choices"][0]["message"]["content"] == "😀"  # type: ignore[index]
    assert fold(ProxyKind.CHAT, halves[:1]).answer["choices"][0]["message"]["content"] == "\ufffd"  # type: ignore[index]


NAMES = [
    "choices",
    "index",
    "delta",
    "message",
    "content",
    "reasoning",
    "tool_calls",
    "type",
    "response",
    "item",
    "error",
]
NAMES += [
    "output",
    "output_index",
    "part",
    "content_index",
    "usage",
    "text",
    "logprobs",
    "content_block",
    "partial_json",
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=12,
)


def spoil(value: Any, data: st.DataObject) -> Any:
    """The same value with anything in place of one of its parts."""
    if not value or not isinstance(value, dict | list) or data.draw(st.integers(0, 5)) == 0:
        return data.draw(JSON)
    if isinstance(value, list):
        return [spoil(value[0], data), *value[1:]]
    name = data.draw(st.sampled_from(sorted(value)))
    return value | {name: spoil(value[name], data)}


@pytest.mark.parametrize("shape", SHAPES)
@given(data=st.data(), max_size=st.integers(0, 5000))
def test_anything_is_folded(shape: ProxyKind, data: st.DataObject, max_size: int) -> None:
    """Whatever stands between the parts of an answer, nothing is raised, and the whole can be written as JSON."""
    parts = list(STREAMS[shape])
    for junk in data.draw(st.lists(JSON, max_size=4)):
        parts.insert(data.draw(st.integers(0, len(parts))), junk)  # type: ignore[arg-type]
    assert json.dumps(fold(shape, parts).answer)
    changed = data.draw(st.sampled_from(STREAMS[shape])) | {
        data.draw(st.sampled_from(["choices", "delta", "index"])): 1
    }
    assert fold(shape, [*STREAMS[shape], changed]).answer


@pytest.mark.parametrize(
    ("shape", "bad"),
    [
        (ProxyKind.CHAT, [None, 7, {}, {"choices": 3}, {"choices": [{"index": -1}]}, chat({"content": {"a": 1}})]),
        (ProxyKind.COMPLETIONS, ["x", {"choices": [None]}, {"choices": [{"index": 10**9, "text": "x"}]}]),
        (ProxyKind.MESSAGES, [[], {"type": "what"}, {"type": "content_block_delta", "index": 77, "delta": {}}]),
        (
            ProxyKind.RESPONSES,
            [{"no": "type"}, grown("output_text", "x", output_index=9), {"type": "response.created"}],
        ),
    ],
)
def test_bad_parts_are_counted(shape: ProxyKind, bad: list[Any]) -> None:
    """Each part that cannot be used is counted, and changes nothing."""
    good = fold(shape, STREAMS[shape])
    middle = len(STREAMS[shape]) // 2
    mixed = fold(shape, [*STREAMS[shape][:middle], *bad, *STREAMS[shape][middle:]])
    assert (mixed.answer, mixed.skipped) == (good.answer, len(bad))


def test_events_that_are_no_json_are_counted() -> None:
    """A line that is no JSON, and one nested beyond measure, are counted."""
    body = as_bytes(CHAT).replace(b"data: [DONE]", b"data: {half\n\ndata: " + b"[" * 100_000 + b"\n\ndata: [DONE]")
    folded = fold_bytes(ProxyKind.CHAT, [body])
    assert (folded.skipped, folded.answer) == (2, fold(ProxyKind.CHAT, CHAT).answer)


def test_input_that_is_no_json_is_counted() -> None:
    """A call whose input is cut off has an empty input, as the type wants an object."""
    events = [event for event in MESSAGES if (event.get("delta") or {}).get("partial_json") != "2}"]
    folded = fold(ProxyKind.MESSAGES, events)
    assert (folded.skipped, folded.answer["content"][2]["input"]) == (1, {})  # type: ignore[index]


@pytest.mark.parametrize("shape", SHAPES)
def test_unstreamed(shape: ProxyKind) -> None:
    """The one object with which a server answers that does not stream is itself, also with line ends in it."""
    whole = fold(shape, STREAMS[shape]).answer
    assert fold_bytes(shape, [json.dumps(whole, indent=1).encode()]).answer == whole
    assert fold(shape, [whole]).answer == whole


def test_errors_are_kept() -> None:
    """What a server says when it gives up is in the answer, with what came before, and nothing says it is finished."""
    error = {"message": "engine died", "type": "internal"}
    told = fold(ProxyKind.CHAT, [*CHAT[:4], {"error": error}])
    assert (told.error, told.is_finished, told.skipped) == (error, False, 0)
    failed = {"type": "response.failed", "response": RESPONSE | {"status": "failed", "error": error}}
    assert fold(ProxyKind.RESPONSES, [*RESPONSES, failed]).error == error
    assert fold(ProxyKind.MESSAGES, [*MESSAGES[:5], {"type": "error", "error": error}]).error == error


def test_a_call_of_ten_megabytes() -> None:
    """A call of 10 MB is kept whole."""
    piece = "x" * 10_000
    parts = [chat(call(0, '{"a": "', id="c", named={"name": "f"})), *[chat(call(0, piece))] * 1000, chat(call(0, '"}'))]
    folded = fold(ProxyKind.CHAT, parts)
    arguments = folded.answer["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"]  # type: ignore[index]
    assert (folded.kept, len(json.loads(arguments)["a"])) == (Kept.WHOLE, 10_000_000)


@pytest.mark.parametrize("shape", SHAPES)
def test_limit(shape: ProxyKind) -> None:
    """Beyond the limit only the thought and the text are kept, then why the answer ended; each is said."""
    whole = [fold(shape, STREAMS[shape], max_size=size) for size in range(1, 6000, 40)]
    kept = [one.kept for one in whole]
    assert kept == sorted(kept, key=tuple(reversed(Kept)).index)
    assert set(kept) == set(Kept)
    assert whole[-1].answer == fold(shape, STREAMS[shape]).answer
    ends = {one.is_finished for one in whole}
    assert ends == {shape is not ProxyKind.RESPONSES}
    seen = next(one for one in whole if one.kept is Kept.VISIBLE)
    assert "Four" in json.dumps(seen.answer) or shape in (ProxyKind.CHAT, ProxyKind.COMPLETIONS)
