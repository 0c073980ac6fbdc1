"""LiteLLM's completion: whole and streamed, sync and async, with tools, and errors."""

import asyncio
import os
from typing import Any

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else it asks the network at import
import litellm
from seen import note, tell

litellm.drop_params = False
litellm.suppress_debug_info = True
ASK: Any = {
    "model": "openai/ok?words=1",
    "messages": [{"role": "user", "content": "canary-lite How do I sharpen a pencil with a knife?"}],
    "temperature": 0,
    "max_tokens": 64,
    "num_retries": 0,
    "max_retries": 0,
}
PLACE = {"type": "object", "properties": {"place": {"type": "string", "maxLength": 12}}, "required": ["place"]}
TOOLS: Any = [{"type": "function", "function": {"name": "weather", "description": "of a place", "parameters": PLACE}}]


async def streamed_async() -> Any:
    """The chunks."""
    return [one async for one in await litellm.acompletion(**ASK, stream=True)]


note("whole", lambda: litellm.completion(**ASK))
note("streamed", lambda: list(litellm.completion(**ASK, stream=True, stream_options={"include_usage": True})))
note("async", lambda: asyncio.run(litellm.acompletion(**ASK)))
note("async streamed", lambda: asyncio.run(streamed_async()))
note("tools", lambda: litellm.completion(**ASK, tools=TOOLS, tool_choice="required"))
note("wrong", lambda: litellm.completion(**ASK | {"temperature": "hot"}))
tell()
