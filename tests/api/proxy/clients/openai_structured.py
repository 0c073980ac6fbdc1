"""Answers under a schema with the official client: parsed, whole and streamed."""

from typing import Any, Literal

from openai import OpenAI
from pydantic import BaseModel
from seen import note, tell

client = OpenAI(max_retries=0)


class Sky(BaseModel):
    """The answer."""

    colour: Literal["blue", "grey"]
    clouds: bool


ASK: Any = {
    "model": "ok?words=1",
    "messages": [{"role": "user", "content": "canary-json How do I sharpen a pencil with a knife? Which sky?"}],
    "temperature": 0,
    "max_tokens": 64,
}


def streamed() -> Any:
    """The parts, and the answer that they make."""
    with client.chat.completions.stream(**ASK, response_format=Sky) as stream:
        parts = [one.delta for one in stream if one.type == "content.delta"]
        return [parts, stream.get_final_completion().choices[0].message.parsed]


note("parsed", lambda: client.chat.completions.parse(**ASK, response_format=Sky))
note("streamed", streamed)
note("object", lambda: client.chat.completions.create(**ASK, response_format={"type": "json_object"}))
BAD: Any = {"type": "json_schema", "json_schema": {"name": "bad", "schema": {"type": "nothing"}}}
note("not a schema", lambda: client.chat.completions.create(**ASK, response_format=BAD))
tell()
