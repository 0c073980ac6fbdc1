"""The Python of docs/plugins.md, block by block, with a model server that says one thing."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else it asks the network when it is imported

from ....chat_server import serve_chat
from ....docs.doc_blocks import read_blocks

ANSWER = "[[ ## answer ## ]]\n30\n\n[[ ## completed ## ]]"
"""What every model says here; in DSPy's form."""
OPENED = 'open("my-memory")'


@pytest.mark.parametrize("way", ["embedded", "http"])
def test_the_python_of_the_page_runs(
    root: Path,
    tmp_path: Path,
    service_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    way: str,
) -> None:
    """Each block with the names of those before it, on a directory or a service; what the sections print is there."""
    import dspy
    import litellm

    dspy.configure_cache(enable_disk_cache=False, enable_memory_cache=False)  # each model is asked anew
    monkeypatch.chdir(tmp_path)
    blocks = [one for one in read_blocks(root) if (one.page, one.language) == ("docs/plugins.md", "python")]
    names: dict[str, Any] = {}
    with serve_chat() as server:
        message = {"role": "assistant", "content": ANSWER}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        answer = {"id": "c-1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
        server.body = json.dumps(
            answer | {"usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}
        ).encode()
        for name in ("OPENAI_BASE_URL", "OPENAI_API_BASE"):
            monkeypatch.setenv(name, server.url)
        monkeypatch.setenv("OPENAI_API_KEY", "none")
        try:
            for block in blocks:
                text = block.text.replace(OPENED, f'Client("{service_url}")') if way == "http" else block.text
                exec(compile(text, block.place, "exec"), names)
        finally:
            litellm.callbacks = []
            names["memory"].close()
        asked = [json.dumps(body["messages"]) for body in server.bodies]
    printed = capsys.readouterr().out
    assert len(asked) == 3
    assert all("recalled hint" in one or "For problems like this" in one for one in asked)
    for words in ("[recalled hint]", "She likes pizza with olives", "Now solve: How do I", "\n30\n", "'id': 'p-"):
        assert words in printed
