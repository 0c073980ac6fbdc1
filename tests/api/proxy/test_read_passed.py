"""What passed as trajectories: every shape of answer, what is cut out of it, and why nothing is made of one."""

import gzip
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midthought.api.proxy.proxy_kind import ProxyKind
from midthought.api.proxy.traffic.cut_hints import cut_hints
from midthought.api.proxy.traffic.read_passed import (
    ASKS_TOOL,
    BROKEN,
    CUT_OFF,
    ENCODED,
    FAILED,
    NO_QUESTION,
    NO_THOUGHT,
    TOO_LONG,
    read_passed,
)
from midthought.ingest.checks.recalled_hints import recalled_hints
from midthought.memory.records.entry import Procedure
from midthought.memory.records.trajectory import Outcome, Trajectory
from midthought.reasoner.thought.thought_prompts import ThoughtPrompts

from .passing import ALICE, PassedThought, passed, shown

THOUGHT = "I count the letters. There are five of them.\n\nThen I divide."
HINT = ThoughtPrompts().frame_hint(
    Procedure(
        "How do I count arrangements?", "For problems like this I should divide by the repeated ones' factorials."
    )
)


def only(one: PassedThought) -> Trajectory:
    """The one trajectory of an answer."""
    found = read_passed(one)
    assert not isinstance(found, str), found
    (trajectory,) = found
    return trajectory


def whole(kind: ProxyKind, answer: dict[str, Any], **fields: Any) -> PassedThought:
    """An unstreamed answer."""
    return PassedThought(ALICE, kind, "How many?", (json.dumps(answer).encode(),), model="m", **fields)


def chat(message: dict[str, Any], finish: str = "stop") -> dict[str, Any]:
    """A chat with one choice."""
    choice = {"index": 0, "message": {"role": "assistant"} | message, "finish_reason": finish}
    return {"id": "c", "object": "chat.completion", "model": "m", "choices": [choice]}


ANSWERS = {
    "chat": (ProxyKind.CHAT, chat({"content": "12", "reasoning": THOUGHT})),
    "chat, other field": (ProxyKind.CHAT, chat({"content": "12", "reasoning_content": THOUGHT})),
    "chat, marks": (ProxyKind.CHAT, chat({"content": f"<think>\n{THOUGHT}\n</think>\n\n12"})),
    "completion": (
        ProxyKind.COMPLETIONS,
        {"object": "text_completion", "choices": [{"text": f"{THOUGHT}\n</think>\n\n12", "finish_reason": "stop"}]},
    ),
    "message": (
        ProxyKind.MESSAGES,
        {
            "type": "message",
            "role": "assistant",
            "content": [{"type": "thinking", "thinking": THOUGHT, "signature": "s"}, {"type": "text", "text": "12"}],
            "stop_reason": "end_turn",
        },
    ),
    "response": (
        ProxyKind.RESPONSES,
        {
            "object": "response",
            "status": "completed",
            "output": [
                {"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": THOUGHT}]},
                {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "12"}]},
            ],
        },
    ),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_every_shape_gives_the_same_attempt(name: str) -> None:
    """Question, thought, answer and model, without a verdict, whichever API the client spoke."""
    kind, answer = ANSWERS[name]
    found = only(whole(kind, answer))
    assert (found.question, found.thought, found.answer) == ("How many?", THOUGHT, "12")
    assert (found.model, found.outcome, found.finished, found.source) == ("m", Outcome.UNKNOWN, True, "traffic")


def test_streams_run_and_tokens_are_told() -> None:
    """The metadata name the run and what it cost; an expected answer is the gold answer."""
    found = only(passed("How many?", THOUGHT, run_id="run-1", expected="12"))
    assert (found.thought, found.gold) == (THOUGHT, "12")
    assert json.loads(found.metadata) == {"midthought": {"run": "run-1", "tokens": {"read": 5, "written": 7}}}


def test_a_solution_without_a_thought_is_an_attempt() -> None:
    """A model that writes its way out in the answer is learnt from as any solution is; a bare result is not."""
    solution = "First I count the letters, which are five. Then I divide by the repeated ones: 60."
    assert only(whole(ProxyKind.CHAT, chat({"content": solution}))).answer == solution
    assert read_passed(whole(ProxyKind.CHAT, chat({"content": "42"}))) == NO_THOUGHT


def test_hints_are_cut_out() -> None:
    """The thought is that of the model alone; ids and words of the hint are told, its text is not."""
    text = f"I look first.{HINT} {THOUGHT}"
    found = only(passed("How many?", text, shown=shown([("p-1", HINT, 13)])))
    assert found.thought == f"I look first. {THOUGHT}"
    told = recalled_hints(found)
    assert told.entries == ("p-1",)
    assert told.words.find_overlap(HINT.replace(" ", "\n"))
    assert "factorials" not in found.metadata


@given(data=st.data())
def test_cutting_gives_back_the_thought(data: st.DataObject) -> None:
    """Wherever hints stand, and whichever blanks they got on the way, the words that are left are the model's."""
    words = [f"word{number}" for number in range(data.draw(st.integers(1, 12)))]
    hints = [HINT, HINT.replace("count", "order")][: data.draw(st.integers(1, 2))]
    places = sorted(data.draw(st.lists(st.integers(0, len(words)), min_size=len(hints), max_size=len(hints))))
    thought, told = list(words), []
    for place, hint in reversed(list(zip(places, hints, strict=True))):
        blank = data.draw(st.sampled_from([" ", "\n", "  ", "\r\n", "\t"]))
        thought.insert(place, hint.replace(" ", blank).strip())
        told.append(("p-1", hint, len(" ".join(words[:place]))))
    assert cut_hints(" ".join(thought), shown(told)).split() == words


def test_a_hint_in_the_middle_of_a_word_is_cut_out() -> None:
    """A trigger may fire there: the word is whole again."""
    assert cut_hints(f"I coun{HINT}t the letters.\n\nThen", shown([("p-1", HINT, 6)])) == "I count the letters.\n\nThen"


def test_of_two_places_the_nearest_is_cut() -> None:
    """A hint that the model repeats by itself stays where the model wrote it: the checks see it there."""
    thought = f"One.{HINT} Two.{HINT} Three."
    assert cut_hints(thought, shown([("p-1", HINT, len(f"One.{HINT} Two."))])) == f"One.{HINT} Two. Three."


def test_a_hint_before_the_thought_is_told_but_not_cut() -> None:
    """It stands in the request; the model may still say it again."""
    found = only(passed("How many?", THOUGHT, shown=shown([("p-1", HINT, None)])))
    assert (found.thought, recalled_hints(found).entries) == (THOUGHT, ("p-1",))


def test_hints_of_earlier_turns_are_told() -> None:
    """A conversation that repeats them: their words are known, in whichever part of the request they stand."""
    turns = [{"role": "assistant", "content": [{"type": "text", "text": f"I think.{HINT} So it is."}]}]
    found = only(passed("How many?", THOUGHT, request={"messages": turns, "tools": [{"description": "none"}]}))
    assert recalled_hints(found).words.find_overlap(HINT)
    assert recalled_hints(only(passed("How many?", THOUGHT, request={"messages": []}))).words.find_overlap(HINT) == ""


def test_secrets_are_masked_before_anything_is_kept() -> None:
    """As an ingestion does."""
    found = only(passed("How many?", f"{THOUGHT} The key is sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCD."))
    assert "abcdefghij" not in found.thought
    assert "[masked" in found.thought


CALL = {"id": "c", "type": "function", "function": {"name": "add", "arguments": "{}"}}


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (passed("Why?", THOUGHT, finish="length"), CUT_OFF),
        (passed("Why?", THOUGHT, finish="content_filter"), CUT_OFF),
        (passed("Why?", THOUGHT, finish=None), BROKEN),
        (passed("Why?", THOUGHT, is_complete=False), BROKEN),
        (passed("Why?", THOUGHT, status=500), FAILED),
        (passed("Why?", THOUGHT, is_whole=False, body=()), TOO_LONG),
        (passed("Why?", THOUGHT, encoding="br"), ENCODED),
        (passed("Why?", THOUGHT, encoding="gzip"), ENCODED),
        (passed(" ", THOUGHT), NO_QUESTION),
        (whole(ProxyKind.CHAT, chat({"reasoning": THOUGHT, "tool_calls": [CALL]}, "tool_calls")), ASKS_TOOL),
        (whole(ProxyKind.CHAT, {"error": {"message": "no"}}), FAILED),
        (whole(ProxyKind.MESSAGES, ANSWERS["message"][1] | {"stop_reason": "max_tokens"}), CUT_OFF),
        (whole(ProxyKind.MESSAGES, ANSWERS["message"][1] | {"stop_reason": "tool_use"}), ASKS_TOOL),
        (whole(ProxyKind.RESPONSES, ANSWERS["response"][1] | {"status": "incomplete"}), CUT_OFF),
        (whole(ProxyKind.RESPONSES, {"status": "completed", "output": [{"type": "function_call"}]}), ASKS_TOOL),
        (replace(passed("Why?", THOUGHT), body=(b"no answer at all",)), BROKEN),
    ],
)
def test_what_is_no_whole_attempt_is_left_out_with_its_reason(one: PassedThought, reason: str) -> None:
    """Cut off, broken, failed or unfinished answers teach nothing, and are told apart."""
    assert read_passed(one) == reason


def test_a_packed_body_is_unpacked() -> None:
    """An upstream may answer in gzip, which is passed on as it is."""
    plain = passed("Why?", THOUGHT)
    packed = replace(plain, body=(gzip.compress(plain.body[0]),), encoding="gzip")
    assert read_passed(packed) == read_passed(plain)


def test_several_choices_are_several_attempts() -> None:
    """Each with the same question."""
    answer = chat({"content": "12", "reasoning": THOUGHT})
    answer["choices"].append(
        answer["choices"][0]
        | {"index": 1, "message": {"role": "assistant", "content": "13", "reasoning": "I guess it."}}
    )
    found = read_passed(whole(ProxyKind.CHAT, answer))
    assert not isinstance(found, str)
    assert [one.answer for one in found] == ["12", "13"]
