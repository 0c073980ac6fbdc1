"""The Python of docs/rest.md: the service in the ASGI application of another, and a client with an event loop."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

import midthought
from midthought import Procedure
from midthought.retrieval import HashingEncoder

from .doc_blocks import read_blocks


@pytest.fixture
def names(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the blocks define, over a memory whose encoder needs no model."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    found: dict[str, Any] = {"encoder": HashingEncoder()}
    for block in read_blocks(root):
        if (block.page, block.language) == ("docs/rest.md", "python"):
            opened = 'midthought.open("my-memory")'
            text = block.text.replace(opened, 'midthought.open("my-memory", encoder=encoder, starter=False)')
            exec(compile(text, block.place, "exec"), found)
    return found


def test_the_mounted_service_answers(names: dict[str, Any]) -> None:
    """Below its path it becomes ready, recalls, and shows its documentation; the memory is closed at the end."""
    names["memory"].add_entries([Procedure("How do I count arrangements?", "Multiply the choices of each place.")])
    ready, shown, texts = asyncio.run(call(names))
    assert (ready, shown) == (200, 200)
    assert texts[0].startswith("How do I count arrangements?")
    midthought.open("my-memory", encoder=HashingEncoder(), starter=False).close()


async def call(names: dict[str, Any]) -> tuple[int, int, list[str]]:
    """Start the application and ask it by HTTP."""
    application, url = names["application"], "http://127.0.0.1/memory"
    transport = httpx.ASGITransport(application)
    async with names["lifespan"](application), httpx.AsyncClient(transport=transport) as http:
        while (ready := (await http.get(f"{url}/health/ready")).status_code) == 503:
            await asyncio.sleep(0.01)
        shown = (await http.get(f"{url}/docs")).status_code
        async with midthought.AsyncClient(url, transport=transport) as client:
            result = await client.recall("How do I count arrangements?", k=3)
        return ready, shown, [hit.text for hit in result]
