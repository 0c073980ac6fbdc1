"""Request logs become trajectories if they are asked for by name, and what nobody judged teaches nothing."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from midthought.ingest.formats.format import Format
from midthought.ingest.ingest_options import make_options
from midthought.ingest.verdicts.judge import judge
from midthought.ingest.verdicts.policy import UnjudgedPolicy, VerdictPolicy
from midthought.memory.records.no_yield import NoYield
from midthought.memory.records.trajectory import Outcome, Trajectory

ASKED = "How many litres are in tank 7 when it is half full?"
THOUGHT = "The tank holds 120 litres, and half of 120 is 60."
SAID = "Tank 7 holds 60 litres when it is half full."
REQUEST: dict[str, Any] = {"model": "asked-model", "messages": [{"role": "user", "content": ASKED}]}
MESSAGE = {"role": "assistant", "reasoning_content": THOUGHT, "content": SAID}
RESPONSE: dict[str, Any] = {
    "model": "served-model",
    "choices": [{"index": 0, "finish_reason": "stop", "message": MESSAGE}],
    "usage": {"prompt_tokens": 12},
}
Good = Callable[..., list[Trajectory]]
Reason = Callable[..., str]

SHAPES: dict[str, dict[str, Any]] = {
    "gateway": {"request": REQUEST, "response": RESPONSE},
    "texts": {"request": json.dumps(REQUEST), "response": json.dumps(RESPONSE)},
    "batch": {
        "custom_id": "1",
        "body": REQUEST,
        "response": {"status_code": 200, "request_id": "r", "body": RESPONSE},
        "error": None,
    },
    "bodies": {"request": {"body": REQUEST, "path": "/v1"}, "response": {"body": RESPONSE, "status": 200}},
    "messages": {"messages": REQUEST["messages"], "response": RESPONSE, "model": "served-model"},
    "anthropic": {
        "request": REQUEST,
        "response": {
            "model": "served-model",
            "role": "assistant",
            "content": [{"type": "thinking", "thinking": THOUGHT}, {"type": "text", "text": SAID}],
            "stop_reason": "end_turn",
        },
    },
    "completions": {
        "request": {"prompt": ASKED},
        "response": {
            "model": "served-model",
            "choices": [{"text": f"<think>{THOUGHT}</think>{SAID}", "finish_reason": "stop"}],
        },
    },
}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_usual_shapes_give_the_same_attempt(good: Good, shape: str) -> None:
    """Gateways, batches and logs of texts say the same in other places."""
    (read,) = good(SHAPES[shape], Format.REQUEST_LOG)
    assert (read.question, read.thought, read.answer) == (ASKED, THOUGHT, SAID)
    assert (read.model, read.outcome, read.finished) == ("served-model", Outcome.UNKNOWN, True)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_log_is_not_read_unless_it_is_named(reason: Reason, shape: str) -> None:
    """No field tells a log: without its name it is refused, whatever its shape."""
    assert reason(SHAPES[shape], Format.AUTO)


def test_what_nobody_judged_teaches_nothing_unless_it_is_accepted(good: Good) -> None:
    """The verdict policy is that of any trace."""
    (read,) = good(SHAPES["gateway"], Format.REQUEST_LOG)
    policy = make_options().verdicts
    assert policy.find_unfit(judge(read, policy)) is NoYield.UNJUDGED
    accepting = VerdictPolicy(UnjudgedPolicy.ACCEPT)
    assert accepting.find_unfit(judge(read, accepting)) is None


@pytest.mark.parametrize(
    ("feedback", "outcome"),
    [
        ({"feedback": {"score": 1}}, Outcome.CORRECT),
        ({"feedback": {"rating": False}}, Outcome.WRONG),
        ({"user_feedback": "thumbs-down"}, Outcome.WRONG),
        ({"thumbs": -1}, Outcome.WRONG),
        ({"rating": 1}, Outcome.UNKNOWN),
        ({"rating": "good"}, Outcome.CORRECT),
        ({"feedback": {"comment": "well done"}}, Outcome.UNKNOWN),
        ({"feedback": "up", "correct": False}, Outcome.WRONG),
        ({"score": 0.4}, Outcome.UNKNOWN),
    ],
)
def test_feedback_is_a_verdict_where_it_is_clear(good: Good, feedback: dict[str, Any], outcome: Outcome) -> None:
    """Thumbs count, stars do not, and a label of the record goes before both."""
    (read,) = good({**SHAPES["gateway"], **feedback}, Format.REQUEST_LOG)
    assert read.outcome is outcome


def test_only_what_the_request_answered_is_an_attempt(good: Good) -> None:
    """Earlier turns of the assistant had requests of their own, even if the log shows their thoughts."""
    earlier = [
        {"role": "user", "content": "And tank 6?"},
        {"role": "assistant", "content": "<think>It holds 80.</think>Tank 6 holds 80."},
    ]
    request = {"messages": [*earlier, {"role": "user", "content": ASKED}]}
    (read,) = good({"request": request, "response": RESPONSE}, Format.REQUEST_LOG)
    assert (read.question, read.thought) == (ASKED, THOUGHT)
    assert "Tank 6 holds 80." in read.metadata


def test_every_choice_is_an_attempt_and_needs_a_verdict_of_its_own(good: Good, reason: Reason) -> None:
    """Two choices are two trajectories, and one verdict for both is refused."""
    other = {"index": 1, "finish_reason": "length", "message": {**MESSAGE, "reasoning_content": "I halve it"}}
    log = {"request": REQUEST, "response": {**RESPONSE, "choices": [*RESPONSE["choices"], other]}}
    first, second = good(log, Format.REQUEST_LOG)
    assert (first.finished, second.finished) == (True, False)
    assert "one verdict for 2 choices" in reason({**log, "correct": True}, Format.REQUEST_LOG)


def test_an_attempt_that_calls_a_tool_is_unfinished(good: Good) -> None:
    """The model goes on in the next request, so this one is no attempt to learn from."""
    choice = {**RESPONSE["choices"][0], "finish_reason": "tool_calls"}
    (read,) = good({"request": REQUEST, "response": {"choices": [choice]}, "correct": True}, Format.REQUEST_LOG)
    assert not read.finished


@pytest.mark.parametrize(
    ("log", "told"),
    [
        ({"request": REQUEST, "response": {"status_code": 429, "body": {}}}, "status 429"),
        ({"request": REQUEST, "response": {"error": {"message": "overloaded"}}}, "overloaded"),
        ({"request": REQUEST, "response": RESPONSE, "error": "cut off"}, "cut off"),
        ({"request": REQUEST}, "the response is missing"),
        ({"response": RESPONSE}, "the request is missing"),
        ({"request": {"messages": []}, "response": RESPONSE}, "no messages"),
        ({"request": REQUEST, "response": {"choices": []}}, "no choices"),
        ({"request": REQUEST, "response": {"choices": [{"message": {"role": "assistant", "content": "60"}}]}}, "bare"),
        ({"request": "not json", "response": RESPONSE}, "not JSON"),
        ({"request": [1], "response": RESPONSE}, "no object"),
    ],
)
def test_what_cannot_be_an_attempt_is_refused_with_its_reason(reason: Reason, log: dict[str, Any], told: str) -> None:
    """A request that failed, and a record that is no log, say what is wrong."""
    assert told in reason(log, Format.REQUEST_LOG)


def test_the_keys_of_who_asked_are_not_kept(good: Good) -> None:
    """Headers are left out, wherever the log has them."""
    headers = {"Authorization": "Bearer secret-of-the-caller"}
    log = {
        "headers": headers,
        "request": {**REQUEST, "headers": headers, "api_key": "secret-of-the-caller"},
        "response": {"headers": headers, "body": RESPONSE},
    }
    (read,) = good(log, Format.REQUEST_LOG)
    assert "secret-of-the-caller" not in read.metadata
    assert "prompt_tokens" in read.metadata
