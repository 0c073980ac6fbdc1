"""LiteLLM: what a model server gets with the callback, and what the caller is told."""

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else it asks the network when it is imported
import litellm

from midthought import Client
from midthought.api.plugins.litellm import PROMPT_ID, LiteLlmRecall

from ....chat_server import ChatServer, serve_chat
from .conftest import OWN, UNRELATED


@pytest.fixture
def server() -> Iterator[ChatServer]:
    """A model server that answers each chat."""
    with serve_chat() as state:
        message = {"role": "assistant", "content": "So be it."}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        answer = {"id": "c-1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
        state.body = json.dumps(answer | {"usage": usage}).encode()
        yield state


@pytest.fixture
def recall(place: Any) -> Iterator[LiteLlmRecall]:
    """The callback, set meanwhile."""
    callback = LiteLlmRecall(place, k=1)
    litellm.callbacks = [callback]
    yield callback
    litellm.callbacks = []


def call_of(server: ChatServer, text: Any, **more: Any) -> dict[str, Any]:
    """The arguments of a call."""
    messages = [{"role": "system", "content": "Be short."}, {"role": "user", "content": text}]
    return {"model": "openai/m", "messages": messages, "api_base": server.url, "api_key": "none"} | more


def asked(server: ChatServer) -> Any:
    """What the model was asked last."""
    return server.bodies[-1]["messages"][-1]["content"]


@pytest.mark.usefixtures("recall")
async def test_the_model_gets_the_hint(server: ChatServer) -> None:
    """Behind the last message of the user; the caller's messages stay, and the answer says what was recalled."""
    call = call_of(server, OWN.key)
    answer = await litellm.acompletion(**call)
    assert asked(server).startswith(f"{OWN.key}\n\n[recalled hint]\n")
    assert OWN.body in asked(server)
    assert "midthought" not in server.bodies[-1]
    assert call["messages"][-1]["content"] == OWN.key
    assert [one["id"] for one in answer._hidden_params["midthought"]["entries"]] == [OWN.id]


@pytest.mark.usefixtures("recall")
async def test_an_abstention_says_why(server: ChatServer) -> None:
    """The message goes as it is."""
    answer = await litellm.acompletion(**call_of(server, UNRELATED))
    assert asked(server) == UNRELATED
    assert answer._hidden_params["midthought"]["abstention"].startswith("nothing in the memory is close enough")


async def test_it_is_switched_off(server: ChatServer, recall: LiteLlmRecall) -> None:
    """For one call by its metadata, and for all."""
    await litellm.acompletion(**call_of(server, OWN.key), metadata={"midthought": "off"})
    assert asked(server) == OWN.key
    recall.enabled = False
    await litellm.acompletion(**call_of(server, OWN.key))
    assert asked(server) == OWN.key


@pytest.mark.usefixtures("recall")
async def test_a_synchronous_call_names_it(server: ChatServer) -> None:
    """By its prompt id; an asynchronous one that does so gets one hint."""
    litellm.completion(**call_of(server, OWN.key), prompt_id=PROMPT_ID)
    assert asked(server).count("[recalled hint]") == 1
    await litellm.acompletion(**call_of(server, OWN.key), prompt_id=PROMPT_ID)
    assert asked(server).count("[recalled hint]") == 1
    litellm.completion(**call_of(server, OWN.key))
    assert asked(server) == OWN.key


@pytest.mark.usefixtures("recall")
async def test_streams_and_routers_get_it(server: ChatServer) -> None:
    """A router calls its deployments as a program would."""
    call = call_of(server, OWN.key)
    params = {"model": "openai/m", "api_base": server.url, "api_key": "none"}
    router = litellm.Router(model_list=[{"model_name": "any", "litellm_params": params}])
    await router.acompletion(model="any", messages=call["messages"])
    assert asked(server).count("[recalled hint]") == 1


async def test_a_failure_of_the_memory_harms_nothing(server: ChatServer) -> None:
    """A service that is not there: the call goes on, and says so."""
    litellm.callbacks = [LiteLlmRecall(Client("http://127.0.0.1:9"))]
    try:
        answer = await litellm.acompletion(**call_of(server, OWN.key))
    finally:
        litellm.callbacks = []
    assert asked(server) == OWN.key
    assert "does not answer" in answer._hidden_params["midthought"]["degraded"][0]
