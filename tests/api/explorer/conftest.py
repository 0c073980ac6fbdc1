"""The pages of a service over one filled memory."""

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from midthought.api.python.memory import Memory, open_memory
from midthought.memory.records.batch import Batch, TrajectoryWrite
from midthought.memory.records.entry import Concept, ConceptKind, Parameter, Procedure
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.run import EntryRole, RunEntry, RunRow
from midthought.memory.records.step import Step, StepKind
from midthought.memory.records.trajectory import Part, Span, Trajectory
from midthought.reasoner.engines.scripted import make_demo_engine
from midthought.retrieval.encoders.hashing import HashingEncoder

from ..conftest import PROCEDURE, TRACE, service_over
from .parsed_page import Element, parse_page

SHARPER = replace(PROCEDURE, subroutine="For problems like this I should cut slowly away from myself.")
ASKED = Procedure(
    "How do I count arrangements when some of the items repeat?", "Divide by the factorials of the repeats."
)
"""What the demo engine asks its memory."""
CONCEPT = Concept("split", ConceptKind.ROUTINE, "Split a list", parameters=(Parameter("items", "list", "what"),))


@dataclass(frozen=True, slots=True)
class Pages:
    """The service as a browser sees it."""

    client: TestClient
    memory: Memory

    def show(self, path: str, *, status: int = 200) -> Element:
        """The page at a path below the default namespace, parsed."""
        answer = self.client.get(f"/explore/default{path}")
        assert answer.status_code == status, answer.text[:500]
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        return parse_page(answer.text)


def fill(memory: Memory) -> None:
    """Something for every page: a revised entry, a concept, a trace, a rejected record, a recall, runs."""
    memory.add_entries([PROCEDURE, CONCEPT, ASKED])
    memory.revise(PROCEDURE.id, SHARPER)
    memory.ingest("-", stream=io.BytesIO(f"{json.dumps(TRACE)}\n{{broken\n".encode()))
    memory.recall("sharpen a pencil with a knife")
    list(memory.reason("How do I sharpen a pencil?"))
    for number in range(8):
        role = EntryRole.WITHHELD if number % 2 else EntryRole.INJECTED
        uses = (RunEntry(SHARPER.id, 2, role),)
        run = RunRow(f"run-{number}", f"Question {number}", "correct", 1, 1.0, "{}", holdout=0.5, entries=uses)
        memory.store.writer.record_run(Namespace("default"), replace(run, withheld=bool(number % 2)))


def store_long_thought(memory: Memory) -> tuple[str, Trajectory]:
    """Store a trajectory of more than a million characters, in steps of 25,000; return its id and itself."""
    thought = "".join(f"{number:07d} is even or odd? \U0001f600\n" for number in range(40_000))
    trajectory = Trajectory("A long question " * 20_000, thought, source="long")
    ends = [*range(25_000, len(thought), 25_000), len(thought)]
    steps = tuple(
        Step(Span(Part.THOUGHT, low, high), StepKind.WORK, f"goal {low}") for low, high in pairwise([0, *ends])
    )
    memory.store.writer.write(Namespace("default"), Batch(trajectories=(TrajectoryWrite(trajectory, "x", steps),)))
    return trajectory.id, trajectory


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory, lay_store: Callable[[Path], Path]) -> Iterator[Pages]:
    """A filled memory behind the service; nothing here changes it but receipts."""
    home = lay_store(tmp_path_factory.mktemp("explored") / "memory")
    with open_memory(home, encoder=HashingEncoder(), starter=False, engine=make_demo_engine()) as memory:
        fill(memory)
        with TestClient(service_over(memory), base_url="http://127.0.0.1") as client:
            yield Pages(client, memory)
