"""A query reasoner behind an OpenAI-compatible chat endpoint: ``POST {base}/chat/completions``."""

import importlib.resources
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from midthought.memory.errors import BadSettings
from midthought.retrieval.json_endpoint import EndpointAccess, JsonEndpoint

if TYPE_CHECKING:
    import httpx

_THINKING = re.compile(r"<think>.*?(</think>|\Z)", re.DOTALL)
_MARKS = "*#-> \t"
"""What models put around a label, or before a line."""


@dataclass(frozen=True, slots=True)
class ReasoningPrompt:
    """What a chat model is asked about a query, see ``data/prompts/query_reasoning.toml``."""

    instructions: str
    labels: tuple[str, ...]
    max_tokens: int


@lru_cache(maxsize=1)
def load_prompt() -> ReasoningPrompt:
    """Return the prompt that ships; raises `TypeError` for other keys than its fields."""
    file = importlib.resources.files("midthought") / "prompts" / "query_reasoning.toml"
    read = tomllib.loads(file.read_text("utf-8"))
    return ReasoningPrompt(**{**read, "labels": tuple(read["labels"])})


class ChatQueryReasoner:
    """Asks a chat model for the problem in general words, what would help, and a draft of the answer.

    Args:
        url: base URL of the server, as ``http://localhost:8000``.
        model: its name there.
        key: sent as a bearer token; empty for none.
        timeout: seconds that the server may take to connect, and between two parts of its answer.

    Raises:
        BadSettings: there is no model, or the URL or the key cannot be used.
    """

    def __init__(self, url: str, model: str, *, key: str = "", timeout: float = 10.0) -> None:
        if not model:
            raise BadSettings("a query reasoner needs the setting 'query_reasoner_model'")
        if not (key.isascii() and key.isprintable()):
            raise BadSettings("setting 'query_reasoner_key': a key must be printable ASCII text")
        access = EndpointAccess(url, key, timeout, retries=0)
        self._server = JsonEndpoint(
            access, "/chat/completions", setting="query_reasoner_url", whose="the query reasoner", model=model
        )
        self._model = model

    def __call__(self, query: str, /) -> Sequence[str]:
        """Return the lines of the answer without their labels. Raises `Unreachable`; the key is in no message."""
        prompt = load_prompt()
        body: dict[str, Any] = {
            "model": self._model,
            "messages": [
                {"role": "system", "content": prompt.instructions},
                {"role": "user", "content": query.encode("utf-8", "replace").decode()},
            ],
            "max_tokens": prompt.max_tokens,
            "temperature": 0,
        }
        answer = self._server.post(body)
        if not answer.is_success:
            raise self._server.failure(f"status {answer.status_code}")
        return read_lines(self._content(answer), prompt.labels)

    def _content(self, answer: "httpx.Response") -> str:
        try:
            content = answer.json()["choices"][0]["message"]["content"]
        except (ValueError, LookupError, TypeError, RecursionError) as error:
            raise self._server.failure(f"{type(error).__name__} in its answer") from error
        if not isinstance(content, str):
            raise self._server.failure("its answer holds no text")
        return content


def read_lines(content: str, labels: Sequence[str]) -> list[str]:
    """Return the lines of an answer that are not blank, without labels, and without what the model thought aloud."""
    label = re.compile(rf"(?:{'|'.join(map(re.escape, labels))})[{re.escape(_MARKS)}]*:[{re.escape(_MARKS)}]*", re.I)
    lines = (line.strip(_MARKS) for line in _THINKING.sub("", content).splitlines())
    return [text for text in (label.sub("", line, count=1) if label.match(line) else line for line in lines) if text]
