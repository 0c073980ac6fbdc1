"""OpenAI's second interface with the official client: whole, streamed, with instructions and tools."""

from typing import Any

from openai import OpenAI
from seen import note, tell

client = OpenAI(max_retries=0)
TEXT = "canary-resp How do I sharpen a pencil with a knife?"
ASK: Any = {"model": "ok?words=1", "temperature": 0, "max_output_tokens": 64}
PLACE = {"type": "object", "properties": {"place": {"type": "string", "maxLength": 12}}, "required": ["place"]}
TOOLS: Any = [
    {"type": "function", "name": "weather", "description": "of a place", "parameters": PLACE, "strict": False}
]


note("whole", lambda: client.responses.create(**ASK, input=TEXT, instructions="Be short."))
note("messages", lambda: client.responses.create(**ASK, input=[{"role": "user", "content": TEXT}]))
note("streamed", lambda: list(client.responses.create(**ASK, input=TEXT, stream=True)))
note("tools", lambda: client.responses.create(**ASK, input=TEXT, tools=TOOLS, tool_choice="required"))
note("not there", lambda: client.responses.retrieve("resp_none"))
note("wrong", lambda: client.responses.create(**ASK | {"temperature": "hot"}, input=TEXT))
tell()
