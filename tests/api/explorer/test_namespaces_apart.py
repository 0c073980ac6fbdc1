"""No page of a namespace shows what belongs to another one, by links or by ids that somebody knows."""

import io
import json
from dataclasses import replace

import pytest

from midthought.memory.records.entry import Lesson
from midthought.reasoner.engines.scripted import make_demo_engine

from ..conftest import TRACE
from .conftest import Pages
from .test_untrusted_text import pages_below

CANARY = "canaryalbatross"


@pytest.fixture
def ids(pages: Pages) -> dict[str, str]:
    """What alice has, by the name of its page."""
    lesson = Lesson(f"The {CANARY} sings at dawn", f"Listen to the {CANARY}.")
    trace = TRACE | {name: f"{TRACE[name]} {CANARY}" for name in ("question", "thought", "answer", "source")}
    alice = {"namespace": "alice"}
    pages.memory.add_entries([lesson], source=CANARY, **alice)
    pages.memory.revise(lesson.id, replace(lesson, suggestion=f"Record the {CANARY}."), **alice)
    pages.memory.ingest("-", stream=io.BytesIO(f'{json.dumps(trace)}\n{{"{CANARY}\n'.encode()), **alice)
    pages.memory.recall(CANARY, **alice)
    list(pages.memory.reason(f"How many {CANARY}?", engine=make_demo_engine(), **alice))
    ((trajectory_id, _),) = pages.memory.list_trajectories(**alice)
    return {
        "entries": lesson.id,
        "trajectories": trajectory_id,
        "runs": pages.memory.runs(**alice)[0].id,
        "jobs": pages.memory.jobs(**alice)[0].id,
    }


@pytest.mark.slow
def test_nothing_crosses(pages: Pages, ids: dict[str, str]) -> None:
    """All pages of bob that links lead to, and the pages of alice's ids under bob's name."""
    pages.memory.create_namespace("bob")
    assert CANARY in "".join(page.text for _, page in pages_below(pages.client, "/explore/alice"))
    for path, page in pages_below(pages.client, "/explore/bob"):
        assert CANARY not in page.text, path
        assert not [one for one in page.find_all("a") if "alice" in one.attributes["href"]]
    for name, item_id in ids.items():
        answer = pages.client.get(f"/explore/bob/{name}/{item_id}")
        assert (answer.status_code, CANARY in answer.text) == (404, False)
    assert pages.client.get(f"/explore/bob/jobs/{ids['jobs']}/progress").status_code == 404
    ((own, _),) = pages.memory.list_trajectories()[:1]
    marked = pages.client.get(f"/explore/default/trajectories/{own}?entry={ids['entries']}")
    assert (marked.status_code, CANARY in marked.text) == (404, False)
