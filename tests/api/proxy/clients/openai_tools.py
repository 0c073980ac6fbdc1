"""Tools with the official client: called whole and streamed, answered, and never called."""

from typing import Any

from openai import OpenAI
from seen import note, tell

client = OpenAI(max_retries=0)
PLACE = {"type": "object", "properties": {"place": {"type": "string", "maxLength": 12}}, "required": ["place"]}
TOOLS: Any = [{"type": "function", "function": {"name": "weather", "description": "of a place", "parameters": PLACE}}]
MESSAGES: Any = [{"role": "user", "content": "canary-tool How do I sharpen a pencil with a knife in Oslo?"}]
FUNCTION: Any = {"type": "function", "function": {"name": "weather"}}
ASK: Any = {"model": "ok?words=1", "tools": TOOLS, "temperature": 0, "max_tokens": 64}


def loop() -> Any:
    """Call, answer the call, ask again."""
    first = client.chat.completions.create(**ASK, messages=MESSAGES, tool_choice="required")
    (call, *_) = first.choices[0].message.tool_calls or []
    told = {"role": "tool", "tool_call_id": call.id, "content": '{"sky": "clear"}'}
    asked = {"role": "assistant", "tool_calls": [call.model_dump()], "content": ""}
    return [first, client.chat.completions.create(**ASK, messages=[*MESSAGES, asked, told], tool_choice="none")]


def streamed() -> Any:
    """All chunks, and the calls that they are parts of."""
    with client.chat.completions.stream(**ASK, messages=MESSAGES, tool_choice="required") as stream:
        chunks = [one.chunk for one in stream if one.type == "chunk"]
        return [chunks, stream.get_final_completion()]


note("loop", loop)
note("streamed", streamed)
note("auto", lambda: client.chat.completions.create(**ASK, messages=MESSAGES))
note("one function", lambda: client.chat.completions.create(**ASK, messages=MESSAGES, tool_choice=FUNCTION))
note("not a tool", lambda: client.chat.completions.create(**ASK | {"tools": [{"type": "nothing"}]}, messages=MESSAGES))
tell()
