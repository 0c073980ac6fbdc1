"""Anthropic's client: whole, streamed, with tools, a count of tokens, and errors."""

from typing import Any

from anthropic import Anthropic
from seen import note, tell

client = Anthropic(max_retries=0)
MESSAGES: Any = [{"role": "user", "content": "canary-anth How do I sharpen a pencil with a knife?"}]
ASK: Any = {"model": "ok?words=1", "max_tokens": 64, "messages": MESSAGES, "extra_body": {"temperature": 0}}
PLACE = {"type": "object", "properties": {"place": {"type": "string", "maxLength": 12}}, "required": ["place"]}
TOOLS: Any = [{"name": "weather", "description": "of a place", "input_schema": PLACE}]


def streamed() -> Any:
    """The events, and the message that they make."""
    with client.messages.stream(**ASK) as stream:
        return [[one.type for one in stream], stream.get_final_message()]


note("whole", lambda: client.messages.create(**ASK, system="Be short."))
note("streamed", streamed)
note("raw stream", lambda: list(client.messages.create(**ASK, stream=True)))
note("tools", lambda: client.messages.create(**ASK, tools=TOOLS, tool_choice={"type": "any"}))
note("count", lambda: client.messages.count_tokens(model="ok?words=1", messages=MESSAGES))
note("wrong", lambda: client.messages.create(**ASK | {"extra_body": {"temperature": "hot"}}))
tell()
