"""Runs the client programs of the folder `clients` in an environment with their packages; compares what they saw."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .wire_client import WORD

HERE = Path(__file__).resolve().parent
PROGRAMS = HERE / "clients"
OFFICIAL = ("openai_chat", "openai_tools", "openai_structured")
SECOND = ("openai_responses", "anthropic_messages")
FRAMEWORKS = ("langchain_chat", "litellm_chat")
PROGRAM_SECONDS = 900


def make_environment(folder: Path) -> Path:
    """Return the Python of a new environment with the packages of the programs, from where pip is told to look."""
    uv = str(Path(sys.executable).parent / "uv")
    links = [word for place in os.environ.get("PIP_FIND_LINKS", "").split() for word in ("--find-links", place)]
    python = folder / "bin" / "python"
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, folder], check=True)
    wanted = ["--requirement", PROGRAMS / "requirements.txt"]
    subprocess.run([uv, "pip", "install", "--quiet", "--python", python, *links, *wanted], check=True)
    return python


def run_program(python: Path, name: str, url: str) -> dict[str, Any]:
    """Return what a program saw of the server at a URL. It is told of it as every such program is: by variables."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    told = {"OPENAI_BASE_URL": f"{url}/v1", "OPENAI_API_BASE": f"{url}/v1", "ANTHROPIC_BASE_URL": url}
    keys = {"OPENAI_API_KEY": "sk-client", "ANTHROPIC_API_KEY": "sk-client", "NO_PROXY": "127.0.0.1"}
    command = [python, "-B", PROGRAMS / f"{name}.py"]
    done = subprocess.run(
        command, env=kept | told | keys, capture_output=True, text=True, timeout=PROGRAM_SECONDS, check=False
    )
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return seen


@contextmanager
def serve_llama(python: Path, model: Path, *template: Path) -> Iterator[str]:
    """Serve a GGUF file with llama.cpp's server meanwhile; the URL is given."""
    command = [python, "-B", HERE / "llama_server.py", model, *template]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout
            assert process.stdin
            url = process.stdout.readline().strip()
            assert url, "llama.cpp's server ended"
            yield url
            process.stdin.close()
        finally:
            process.kill()


def without_receipts(seen: Any) -> Any:
    """Return what was seen, without what the proxy adds, and without counts of tokens, which a hint changes."""
    if isinstance(seen, dict):
        left = {name: without_receipts(one) for name, one in seen.items() if name != "midthought"}
        return {name: None if "tokens" in name or name == "usage" else one for name, one in left.items()}
    return [without_receipts(one) for one in seen] if isinstance(seen, list) else seen


def without_hints(seen: Any) -> Any:
    """Return what was seen of the made-up model: of texts its words alone, and of streamed texts what they join to."""
    if isinstance(seen, dict):
        return {name: without_hints(one) for name, one in seen.items()}
    if isinstance(seen, list):
        return _join(seen)
    words = WORD.findall(seen) if isinstance(seen, str) else []
    return words or seen


def _join(seen: list[Any]) -> Any:
    if seen and all(isinstance(one, str) for one in seen):
        return without_hints("".join(seen))
    if not any(isinstance(one, dict) and one.get("object") == "chat.completion.chunk" for one in seen):
        return [without_hints(one) for one in seen]
    deltas = [choice.get("delta", {}) for one in seen for choice in one["choices"]]
    names = sorted({name for delta in deltas for name, one in delta.items() if isinstance(one, str)} - {"role"})
    texts = {name: without_hints("".join(delta.get(name) or "" for delta in deltas)) for name in names}
    calls = [call for delta in deltas for call in delta.get("tool_calls", ())]
    finishes = [choice["finish_reason"] for one in seen for choice in one["choices"] if choice.get("finish_reason")]
    return {"texts": texts, "calls": calls, "finishes": finishes}


def shape_of(seen: Any) -> Any:
    """Return the names and types of what was seen: of a list, the different shapes of its members."""
    if isinstance(seen, dict):
        # What stands in log-probabilities is of each token: some have no bytes.
        return {name: bool(one) if name == "logprobs" else shape_of(one) for name, one in sorted(seen.items())}
    if isinstance(seen, list):
        shapes = [shape_of(one) for one in seen]
        return [one for place, one in enumerate(shapes) if one not in shapes[:place]]
    return type(seen).__name__


def errors_of(seen: dict[str, Any]) -> dict[str, Any]:
    """Return the cases that ended in an error, with the errors."""
    return {name: one for name, one in seen.items() if isinstance(one, dict) and "error" in one}
