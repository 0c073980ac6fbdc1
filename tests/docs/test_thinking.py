"""The Python of docs/reason.md, against a service that recites."""

import re
import threading
from pathlib import Path

import pytest
import uvicorn

import midthought
from midthought.api import Settings, create_app
from midthought.api.operations.thought_json import KINDS, event_schemas
from midthought.reasoner.engines.scripted import make_demo_engine
from midthought.retrieval import HashingEncoder

from .doc_blocks import read_blocks


@pytest.mark.slow
def test_the_python_of_the_page_thinks(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Both clients show the answer, and both runs are recorded."""
    (text,) = [one.text for one in read_blocks(root) if (one.page, one.language) == ("docs/reason.md", "python")]
    opened = midthought.open(tmp_path / "m", encoder=HashingEncoder(), starter=False, engine=make_demo_engine)
    with opened as memory:
        server = uvicorn.Server(uvicorn.Config(create_app(memory, Settings()), port=0, log_level="warning"))
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            while not server.started:
                thread.join(0.01)
            port = server.servers[0].sockets[0].getsockname()[1]
            exec(compile(text.replace("localhost:8377", f"127.0.0.1:{port}"), "docs/reason.md", "exec"), {})
        finally:
            server.should_exit = True
            thread.join()
        ids = [one.id for one in memory.runs()]
    printed = capsys.readouterr().out
    assert len(ids) == 2
    assert sum(one in printed for one in ids) == 1  # the awaited one prints its answer alone
    assert printed.endswith("42\n")


def test_every_type_of_event_stands_in_the_table(root: Path) -> None:
    """Below the name that it is sent under."""
    page = (root / "docs" / "reason.md").read_text()
    table = page.partition("| event | `type` of the data | says |\n|---|---|---|\n")[2].partition("\n\n")[0]
    rows = [row.strip("| ").split(" | ")[:2] for row in table.splitlines()]
    told = {(kind.strip("`"), name) for kind, types in rows for name in re.findall(r"`(\w+)`", types)}
    schemas, _ = event_schemas("")
    assert told == {(one["x-event"], one["properties"]["type"]["const"]) for one in schemas}
    assert {kind for kind, _ in told} - {"thought"} == set(KINDS.values())
