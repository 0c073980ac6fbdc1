"""The loop of docs/sessions.md, between a raw model server and a service, beside `reason` with the same model."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn

import midthought
from midthought import Procedure
from midthought.api import Settings, create_app
from midthought.reasoner import HintInjected, ScriptedEngine, ScriptedReply, ThinkSettings, prompt_contains
from midthought.retrieval import HashingEncoder

from ..running_server import run_uvicorn
from ..stream_server import Streamed, event, serve_streams
from .doc_blocks import read_blocks

_QUESTION = "How many ways are there to arrange the letters of LEVEL?"
_FIRST, _SECOND = "How do I count arrangements with repeats?", "How do I check a count on a small case?"
_ENTRIES = (
    Procedure(_FIRST, "Divide the factorial of all by the factorials of each repeat."),
    Procedure(_SECOND, "List all cases of a smaller word by hand."),
)


def make_engine() -> ScriptedEngine:
    """It asks twice, and then answers; each text depends on what was put in before."""
    last, first = (prompt_contains(one.subroutine) for one in reversed(_ENTRIES))
    return ScriptedEngine(
        [
            ScriptedReply(last, (" it is 30.\n</think>\n\nFinal answer: 30",)),
            ScriptedReply(first, (f" 30 it seems.\n\n<recall>{_SECOND}</recall> lost words",)),
            ScriptedReply(lambda _: True, (f"I count the letters.\n\n<recall>{_FIRST}</recall> and more",)),
        ]
    )


@contextmanager
def raw_server() -> Iterator[str]:
    """The engine behind ``/v1/completions``, a word per event."""
    engine = make_engine()

    def respond(_: str, body: dict[str, Any]) -> Streamed:
        words = engine.generate(body["prompt"], max_tokens=body["max_tokens"])
        chunks = (event({"choices": [{"text": token.text}]}) for token in words)
        return Streamed(chunks=iter([*chunks, b"data: [DONE]\n\n"]))

    with serve_streams(respond) as server:
        yield server.url


@contextmanager
def service(memory: midthought.Memory) -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(create_app(memory, Settings()), port=0, log_level="warning"))
    with run_uvicorn(server) as url:
        yield url


@pytest.mark.slow
def test_the_loop_of_the_page_injects_what_reason_injects(root: Path, tmp_path: Path) -> None:
    """The same texts of the same entries behind the same characters, and the sessions are closed."""
    (text,) = [one.text for one in read_blocks(root) if (one.page, one.language) == ("docs/sessions.md", "python")]
    code = [line for line in text.splitlines() if line.strip()]
    assert len(code) <= 45
    with midthought.open(tmp_path / "m", encoder=HashingEncoder(), starter=False) as memory:
        memory.add_entries(_ENTRIES)
        settings = ThinkSettings(triggers=("tag",), samples=1, procedures=1, temperature=0.0, later_margin=0.0)
        events = list(memory.reason(_QUESTION, engine=make_engine(), settings=settings))
        hints = [one for one in events if isinstance(one, HintInjected)]
        with service(memory) as ours, raw_server() as raw:
            names: dict[str, Any] = {}
            told = text.replace("http://localhost:8377", ours).replace("http://localhost:8000", raw)
            exec(compile(told, "docs/sessions.md", "exec"), names)
            thought, injected = names["think"](_QUESTION, triggers=["tag"], later_margin=0.0)
            names["MEMORY"].close()
        assert len(memory._core.sessions) == 0
        kinds = [one.kind for one in memory.receipts() if one.run_id is None]
    assert [one.entry_id for one in hints] == [one.id for one in _ENTRIES]
    of_reason = [(one.text, one.position, one.entry_id, one.trigger) for one in hints]
    assert [(one.text, one.position, one.entries[0].entry_id, one.trigger) for one in injected] == of_reason
    assert thought == events[-1].run.text  # type: ignore[union-attr]  # the last event is `RunFinished`
    assert sorted(kinds) == ["injection", "injection", "recall", "recall"]
