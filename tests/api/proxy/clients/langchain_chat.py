"""LangChain's chat model: invoked and streamed, sync and async, with tools and a schema."""

import asyncio
from typing import Any, Literal

from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from pydantic import BaseModel
from seen import note, plain, tell

QUESTION = "canary-lang How do I sharpen a pencil with a knife?"
model = ChatOpenAI(model="ok?words=1", temperature=0, max_completion_tokens=64, max_retries=0, stream_usage=True)


@tool
def weather(place: Literal["Oslo", "Rome"]) -> str:
    """Return the weather of a place."""
    return f"clear in {place}"


class Sky(BaseModel):
    """The answer."""

    colour: Literal["blue", "grey"]


def told(message: Any) -> Any:
    """Return what a message says, without its ids."""
    calls = [{"name": one["name"], "args": one["args"]} for one in getattr(message, "tool_calls", ())]
    about = {name: one for name, one in message.response_metadata.items() if name != "headers"}
    return {"content": message.content, "calls": calls, "usage": message.usage_metadata, "about": plain(about)}


def streamed(asked: Any) -> Any:
    """Return the sum of all chunks."""
    chunks = list(asked.stream(QUESTION))
    whole = chunks[0]
    for one in chunks[1:]:
        whole += one
    return told(whole)


async def streamed_async() -> Any:
    """The chunks."""
    return [one.content async for one in model.astream(QUESTION)]


tools = model.bind_tools([weather], tool_choice="any")
note("invoke", lambda: told(model.invoke(QUESTION)))
note("stream", lambda: streamed(model))
note("ainvoke", lambda: told(asyncio.run(model.ainvoke(QUESTION))))
note("astream", lambda: asyncio.run(streamed_async()))
note("tools", lambda: told(tools.invoke(QUESTION)))
note("tools streamed", lambda: streamed(tools))
note("schema", lambda: model.with_structured_output(Sky, method="json_schema").invoke(QUESTION))
note("batch", lambda: [told(one) for one in model.batch([QUESTION] * 3)])
note("wrong", lambda: told(model.bind(temperature="hot").invoke(QUESTION)))
tell()
