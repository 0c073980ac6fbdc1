"""Chat with the official client: sync and async, whole and streamed, with log-probabilities, and errors."""

import asyncio
from typing import Any

from openai import AsyncOpenAI, OpenAI
from seen import note, tell

client = OpenAI(max_retries=0)
MESSAGES: Any = [{"role": "user", "content": "canary-chat How do I sharpen a pencil with a knife?"}]
ASK: Any = {"model": "ok?words=1", "messages": MESSAGES, "temperature": 0, "max_tokens": 64}


def streamed() -> Any:
    """All chunks."""
    return list(client.chat.completions.create(**ASK, stream=True, stream_options={"include_usage": True}))


async def whole_async() -> Any:
    """One answer."""
    async with AsyncOpenAI(max_retries=0) as asked:
        return await asked.chat.completions.create(**ASK)


async def streamed_async() -> Any:
    """All chunks."""
    async with AsyncOpenAI(max_retries=0) as asked:
        return [one async for one in await asked.chat.completions.create(**ASK, stream=True)]


note("models", lambda: [one.id for one in client.models.list()])
note("whole", lambda: client.chat.completions.create(**ASK))
note("streamed", streamed)
note("async", lambda: asyncio.run(whole_async()))
note("async streamed", lambda: asyncio.run(streamed_async()))
note("log-probs", lambda: client.chat.completions.create(**ASK, logprobs=True, top_logprobs=2))
note(
    "completion",
    lambda: client.completions.create(model="ok?words=1", prompt="canary-chat once", max_tokens=8, temperature=0),
)
note("wrong type", lambda: client.chat.completions.create(**ASK | {"temperature": "hot"}))
note("no messages", lambda: client.chat.completions.create(**ASK | {"messages": []}))
note("embeddings", lambda: client.embeddings.create(model="ok?words=1", input="hello", encoding_format="float").model)
tell()
