"""Chat messages and server responses."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from midthought.memory.records.trajectory import Outcome, Trajectory

ASK = {"role": "user", "content": "q"}
REPLY = {"role": "assistant", "reasoning_content": "t", "content": "a"}
EXPECTED = Trajectory(question="q", thought="t", answer="a")


@pytest.mark.parametrize(
    "reply",
    [
        REPLY,
        {"role": "assistant", "reasoning": " t\n", "content": "\n\na"},
        {"role": "assistant", "reasoning": "t", "reasoning_content": "t", "content": "a"},
        {"role": "assistant", "reasoning_content": None, "content": "<think>t</think>a"},
        {"role": "assistant", "reasoning": "t", "content": [{"type": "text", "text": "a"}]},
        {"role": "assistant", "content": ["<think>t", {"type": "output_text", "text": "</think>a"}]},
    ],
)
def test_where_a_thought_may_stand(good: Callable[..., Any], reply: dict[str, object]) -> None:
    """A thought stands in either reasoning field, or in the content between markers."""
    (trajectory,) = good({"messages": [ASK, reply]})
    assert (trajectory.question, trajectory.thought, trajectory.answer) == ("q", "t", "a")
    assert json.loads(trajectory.metadata).get("chat", {}).keys() <= {"message"}


def test_labels_and_metadata(good: Callable[..., Any]) -> None:
    """Labels are the record's; other fields of the record and of the message are kept."""
    reply = {**REPLY, "tool_calls": [1]}
    record = {"messages": [ASK, reply], "gold": "g", "outcome": "wrong", "finished": False, "model": "m", "id": 7}
    assert good(record) == [
        Trajectory(
            question="q",
            thought="t",
            answer="a",
            gold="g",
            outcome=Outcome.WRONG,
            finished=False,
            model="m",
            metadata='{"chat":{"message":{"tool_calls":[1]}},"id":7}',
        )
    ]


def test_a_trajectory_a_turn(good: Callable[..., Any]) -> None:
    """Every turn with a thought is a trajectory; every message is kept once; the verdict is on the last."""
    system, tool = {"role": "system", "content": "s"}, {"role": "tool", "content": {"any": "thing"}}
    plain, thanks = {"role": "assistant", "content": "no thought"}, {"role": "user", "content": "thanks"}
    again = {"role": "assistant", "reasoning": "t2", "content": "a2"}
    ask2 = {"role": "user", "content": "q2"}
    record = {"messages": [system, ASK, REPLY, tool, again, ask2, plain, REPLY, thanks], "correct": True, "gold": "g"}
    first, second, third = good(record)
    assert [t.question for t in (first, second, third)] == ["q", "q", "q2"]
    assert [t.thought for t in (first, second, third)] == ["t", "t2", "t"]
    assert [t.outcome.value for t in (first, second, third)] == ["unknown", "unknown", "correct"]
    assert [t.gold for t in (first, second, third)] == [None, None, "g"]
    assert [json.loads(t.metadata)["chat"] for t in (first, second, third)] == [
        {"turn": 1, "messages": [system]},
        {"turn": 2, "messages": [tool]},
        {"turn": 3, "messages": [plain], "messages_after": [thanks]},
    ]


def test_empty_thoughts_are_passed_over(good: Callable[..., Any], reason: Callable[..., str]) -> None:
    """A turn that thought nothing is an ordinary message, and a record of only such turns has no thought."""
    silent = {"role": "assistant", "content": "<think>\n\n</think>\n\na"}
    assert [t.thought for t in good({"messages": [ASK, silent, ASK, REPLY]})] == ["t"]
    assert "no thought" in reason({"messages": [ASK, silent]})
    assert "no thought" in reason({"messages": []})


def test_server_response(good: Callable[..., Any]) -> None:
    """A response with its question is read; running out of tokens is not finishing."""
    choice = {
        "index": 0,
        "finish_reason": "length",
        "message": {"role": "assistant", "reasoning": "t", "content": None},
    }
    for asked in ({"question": "q"}, {"messages": [ASK]}):
        (trajectory,) = good({**asked, "model": "m", "choices": [choice]})
        assert (trajectory.question, trajectory.thought, trajectory.finished) == ("q", "t", False)
        kept = {"choice": {"index": 0, "finish_reason": "length"}}
        assert json.loads(trajectory.metadata) == {"chat": {"message": kept}}


def test_several_choices(good: Callable[..., Any], reason: Callable[..., str]) -> None:
    """Each choice with a thought is a trajectory, one without is kept; one verdict on several is refused."""
    silent = {"message": {"role": "assistant", "content": "a"}}
    record = {"messages": [ASK, REPLY, ASK], "choices": [{"message": REPLY}, silent, {"message": REPLY}]}
    earlier, first, last = good({**record, "gold": "g"})
    assert [t.gold for t in (earlier, first, last)] == [None, "g", "g"]
    assert json.loads(last.metadata)["chat"]["choices_without_thought"] == [silent]
    assert "one verdict for 2 choices" in reason({**record, "correct": True})


def test_question_beside_a_user_message(good: Callable[..., Any]) -> None:
    """What the user said counts before a question field, which is then kept."""
    (trajectory,) = good({"question": "other", "messages": [ASK, REPLY]})
    assert (trajectory.question, trajectory.metadata) == ("q", '{"question":"other"}')


@pytest.mark.slow
def test_little_does_not_become_much(read: Callable[..., Any]) -> None:
    """A long question on many turns is refused before it fills the memory; many turns alone are quick."""
    asked, replies = {"role": "user", "content": "q" * 1_000_000}, [{"role": "assistant", "reasoning": "t"}]
    (bad,) = read(json.dumps({"messages": [asked, *replies * 100]}).encode(), limit=1 << 23)
    assert "its 100 turns repeat question and metadata" in bad.reason
    assert len(read(json.dumps({"messages": [ASK, *replies * 20_000]}).encode(), limit=1 << 23)) == 20_000


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"messages": "q"}, "field 'messages' is a string, expected a list"),
        ({"messages": ["q"]}, "message 1 is a string, expected an object"),
        ({"messages": [{"content": "q"}]}, "message 1 has null as 'role', expected a string"),
        ({"messages": [{"role": "user", "content": 5}, REPLY]}, "message 1 has a number as 'content'"),
        ({"messages": [ASK, {**REPLY, "reasoning": {}}]}, "message 2 has an object as 'reasoning'"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}, REPLY]},
            "message 1 has a part of type 'image_url', expected only text parts",
        ),
        ({"messages": [{"role": "user", "content": [{}]}, REPLY]}, "message 1 has a part without text"),
        ({"messages": [REPLY]}, "the question is empty"),
        ({"choices": [{"message": REPLY}]}, "the question is empty"),
        ({"choices": [REPLY], "question": "q"}, "message 1 is null, expected an object"),
        ({"choices": [3], "question": "q"}, "choice 1 is a number, expected an object"),
        ({"choices": [{"message": ASK}], "question": "q"}, "choice 1 has the role 'user', expected 'assistant'"),
    ],
)
def test_bad_conversations(reason: Callable[..., str], record: dict[str, object], expected: str) -> None:
    """What is wrong is said with the number of the message, and with the format."""
    found = reason(record)
    assert expected in found
    assert found.endswith("(read as format chat)")
