"""Nothing crosses: no call of the library, no route of the service answers with what belongs to another namespace."""

import inspect
import io
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from midthought.api.operations.jobs import ListRejections
from midthought.api.python.memory import Memory, core_of, open_memory
from midthought.memory.records.batch import Batch
from midthought.memory.records.dead_letter import DeadLetter
from midthought.memory.records.draft import DraftWrite
from midthought.memory.records.entry import Lesson, Procedure, Provenance
from midthought.memory.records.entry_json import entry_to_dict
from midthought.memory.records.job import Job, JobState
from midthought.memory.records.job_request import JobRequest
from midthought.memory.records.link import RecognisedLink
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.retention import KeepLimit, Protection, RetentionChange
from midthought.memory.records.run import EntryRole, RunEntry, RunRow
from midthought.memory.records.trajectory import Part, Span
from midthought.memory.records.utility import UtilityState
from midthought.reasoner.engines.scripted import make_demo_engine
from midthought.retrieval.abstention.judged import JudgedQuery
from midthought.retrieval.encoders.hashing import HashingEncoder

from .conftest import TRACE, harvest_echoes, service_over
from .test_openapi import described


@dataclass(frozen=True, slots=True)
class Owner:
    """A namespace and the word that only its content holds."""

    name: str
    canary: str

    @property
    def lesson(self) -> Lesson:
        """Known to this namespace alone."""
        return Lesson(f"The {self.canary} sings at dawn", f"Listen to the {self.canary}.", f"d-{self.canary}", ("t",))

    @property
    def drafts(self) -> tuple[Lesson, Lesson]:
        """What waits in this namespace alone."""
        wake = f"Wake the {self.canary}."
        return Lesson(f"The {self.canary} is ill", wake), Lesson(f"The {self.canary} sleeps", wake)

    @property
    def trace(self) -> dict[str, str]:
        """Teaches a procedure to this namespace alone."""
        thought = TRACE["thought"].replace("repeated letters", f"repeated {self.canary} letters")
        question = f"In how many ways can {self.canary} be arranged?"
        return TRACE | {"question": question, "thought": thought, "source": f"s-{self.canary}"}

    @property
    def lines(self) -> bytes:
        """The trace, and a record that cannot be read, as a file holds them."""
        return f'{json.dumps(self.trace)}\n{{"{self.canary}\n'.encode()


ALICE, BOB = Owner("alice", "canaryalbatross"), Owner("bob", "canarybudgerigar")
EACH_OWNER = pytest.mark.parametrize(("owner", "other"), [(ALICE, BOB), (BOB, ALICE)])
QUERY = f"{ALICE.canary} {BOB.canary} sings at dawn"


@dataclass(frozen=True, slots=True)
class Told:
    """Ids of what an owner has, for asking by id."""

    entry: str
    trajectory: str
    job: str


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both owners in one memory, each with a revised entry, a trace, a rejection, a run and receipts."""
    home = tmp_path_factory.mktemp("canary")
    with open_memory(home, encoder=HashingEncoder(), starter=False) as opened:
        for owner in (ALICE, BOB):
            fill(opened, owner)
    return home


@pytest.fixture
def memory(filled: Path, tmp_path: Path) -> Iterator[Memory]:
    """A copy of it, open, that never abstains for want of similarity."""
    home = shutil.copytree(filled, tmp_path / "memory")
    with open_memory(
        home, encoder=HashingEncoder(), starter=False, min_similarity=-1.0, engine=make_demo_engine()
    ) as opened:
        yield opened


def fill(memory: Memory, owner: Owner) -> None:
    """Everything a namespace can hold."""
    memory.add_entries([owner.lesson], source=f"s-{owner.canary}", namespace=owner.name)
    memory.revise(owner.lesson.id, revised(owner), namespace=owner.name)
    memory.ingest("-", stream=io.BytesIO(owner.lines), namespace=owner.name)
    memory.recall(f"{owner.canary} sings", namespace=owner.name)
    list(memory.reason(f"How many {owner.canary}?", engine=make_demo_engine(), namespace=owner.name))
    link_and_draft(memory, owner)


def link_and_draft(memory: Memory, owner: Owner) -> None:
    """A link from the trace to the lesson, and two drafts from it."""
    (job,), trace = memory.jobs(namespace=owner.name), told(memory, owner).trajectory
    link = RecognisedLink(revised(owner).id, trace, Span(Part.THOUGHT, 0, 9), 0.5, f"the {owner.canary}", "tests-1")
    drafts = tuple(DraftWrite(one, (Provenance(trace, f"s-{owner.canary}"),)) for one in owner.drafts)
    memory.store.writer.write(Namespace(owner.name), Batch(links=(link,), drafts=drafts, job=job))


def revised(owner: Owner) -> Lesson:
    """The second wording of an owner's lesson."""
    return replace(owner.lesson, suggestion=f"Record the {owner.canary}.")


def told(memory: Memory, owner: Owner) -> Told:
    """What an owner's listings name."""
    ((trajectory, _),) = memory.list_trajectories(namespace=owner.name)
    job = next(one for one in memory.jobs(namespace=owner.name) if one.state is JobState.FINISHED)
    return Told(revised(owner).id, trajectory, job.id)


def run_of(memory: Memory, owner: Owner) -> str:
    """The id of an owner's run."""
    return memory.store.reader.list_runs(Namespace(owner.name))[-1].id


def retire(memory: Memory, owner: Owner) -> str:
    """Let runs of an owner retire its lesson; return the lesson's id."""
    entry_id = revised(owner).id
    for number in range(20):  # 14 decide
        is_withheld = number % 2 == 1
        role = EntryRole.WITHHELD if is_withheld else EntryRole.INJECTED
        outcome, uses = "correct" if is_withheld else "wrong", (RunEntry(entry_id, 2, role),)
        run = RunRow(f"run-{owner.canary}-{number}", f"A {owner.canary}?", outcome, 1, 1.0, "{}")
        run = replace(run, withheld=is_withheld, holdout=0.5, entries=uses)
        memory.store.writer.record_run(Namespace(owner.name), run)
    (found,) = (one for one in memory.utility(namespace=owner.name) if one.entry_id == entry_id)
    assert found.state is UtilityState.RETIRED
    return entry_id


Call = Callable[[Memory, Owner, Path], object]


def stopped_job(memory: Memory, owner: Owner) -> str:
    """The id of a job of an owner that was cancelled, with a dead letter; what it is to read is a missing file."""
    namespace, job_id = Namespace(owner.name), f"o-{owner.name}"
    job = Job(job_id, "ingest", f"{owner.canary}.jsonl", JobState.CANCELLED)
    memory.store.writer.put_job(namespace, job)
    letter = DeadLetter(job_id, "t-1", "subroutine", owner.canary, owner.canary, owner.canary, 1)
    memory.store.writer.write(namespace, Batch(job=job, dead_letters=(letter,)))
    told = {"source": f"/nowhere/{owner.canary}", "format": "auto", "map": "", "strict": False, "learning": {}}
    memory.store.writer.put_request(namespace, JobRequest(job_id, owner.canary, "", json.dumps(told)))
    return job_id


def reported_job(memory: Memory, owner: Owner) -> str:
    """The id of a finished import of an owner, with what it did."""
    job = Job(f"o-report-{owner.name}", "import", f"/nowhere/{owner.canary}", JobState.FINISHED)
    memory.store.writer.put_job(Namespace(owner.name), job)
    did = {"imported": {"format": "mem0", "tables": [], "job": job.id}}
    request = JobRequest(job.id, "", "", json.dumps({"task": "import", "report": did}))
    memory.store.writer.put_request(Namespace(owner.name), request)
    return job.id


def session_of(memory: Memory, owner: Owner) -> str:
    """The id of a session of an owner, about the question that its lesson answers."""
    return memory.open_session(f"{owner.canary} sings at dawn", namespace=owner.name).id


def removed_by(memory: Memory, owner: Owner) -> str:
    """The id of a job of retention of an owner, which tells what it would remove."""
    none = KeepLimit(max_count=0)
    rules = RetentionChange(none, none, none, protect=Protection.NOTHING)
    memory.set_namespace(owner.name, retention=rules)
    job = memory.apply_retention(dry_run=True, namespace=owner.name)
    return memory.wait_job(job.id, timeout=60, namespace=owner.name).id


CALLS: dict[str, Call] = {
    "add_entries": lambda m, o, _: m.add_entries([o.lesson, Procedure("How?", "So.")], namespace=o.name),
    "calibrate": lambda m, o, _: m.calibrate(
        [JudgedQuery(f"{o.canary} sings at dawn", (revised(o).id,)), JudgedQuery("zebras on the moon")] * 20,
        namespace=o.name,
    ),
    "clear_calibration": lambda m, o, _: m.clear_calibration(namespace=o.name),
    "accept_drafts": lambda m, o, _: (
        m.accept_drafts([one.id for one in o.drafts], namespace=o.name),
        m.list_entries(namespace=o.name),
    ),
    "edit_draft": lambda m, o, _: m.edit_draft(
        o.drafts[0].id, replace(o.drafts[0], suggestion=f"Feed the {o.canary}."), namespace=o.name
    ),
    "list_drafts": lambda m, o, _: m.list_drafts(namespace=o.name),
    "reject_drafts": lambda m, o, _: m.reject_drafts([o.drafts[0].id], namespace=o.name),
    "links": lambda m, o, _: m.links(told(m, o).entry, namespace=o.name),
    "get_steps": lambda m, o, _: m.get_steps(told(m, o).trajectory, namespace=o.name),
    "export": lambda m, o, p: (m.export(p / "x.jsonl", vectors=True, namespace=o.name), (p / "x.jsonl").read_text()),
    "forget": lambda m, o, _: (m.forget(told(m, o).trajectory, namespace=o.name), m.list_entries(namespace=o.name)),
    "create_namespace": lambda m, o, _: m.create_namespace(o.name),
    "get_namespace": lambda m, o, _: m.get_namespace(o.name),
    "patch": lambda m, o, _: m.patch(o.lesson.id, {"suggestion": f"Hum with the {o.canary}."}, namespace=o.name),
    "recall_batch": lambda m, o, _: [
        one.hits for one in m.recall_batch([QUERY, f"{o.canary} sings"], k=50, namespace=o.name)
    ],
    "forget_namespace": lambda m, o, _: m.forget_namespace(o.name),
    "set_namespace": lambda m, o, _: m.set_namespace(o.name, starter=True),
    "get": lambda m, o, _: m.get(told(m, o).entry, namespace=o.name),
    "get_job": lambda m, o, _: m.get_job(told(m, o).job, namespace=o.name),
    "get_run": lambda m, o, _: m.get_run(run_of(m, o), namespace=o.name),
    "get_trajectory": lambda m, o, _: m.get_trajectory(told(m, o).trajectory, namespace=o.name),
    "history": lambda m, o, _: m.history(o.lesson.id, namespace=o.name),
    "import_": lambda m, o, p: (
        m.export(p / "y", namespace=o.name),
        m.forget_namespace(o.name),
        m.import_(p / "y", namespace=o.name),
        m.list_entries(namespace=o.name),
        m.list_trajectories(namespace=o.name),
    ),
    "harvest": lambda m, o, folder: (
        harvest_echoes(m, folder, question=f"{o.canary} sings at dawn", namespace=o.name),
        m.list_trajectories(namespace=o.name),  # what it was asked, hints included
    ),
    "ingest": lambda m, o, _: m.ingest("-", stream=io.BytesIO(o.lines), namespace=o.name),
    "ingest_trajectories": lambda m, o, _: m.ingest_trajectories(
        [one for _, one in m.list_trajectories(namespace=o.name)], namespace=o.name
    ),
    "list_entries": lambda m, o, _: m.list_entries(namespace=o.name),
    "list_trajectories": lambda m, o, _: m.list_trajectories(namespace=o.name),
    "concepts": lambda m, o, _: m.concepts(namespace=o.name),
    "jobs": lambda m, o, _: m.jobs(namespace=o.name),
    "reason": lambda m, o, _: list(m.reason(f"How many {o.canary}?", engine=make_demo_engine(), namespace=o.name)),
    "recall": lambda m, o, _: [
        m.recall(f"{o.canary} sings at dawn", k=50, namespace=o.name, **narrowed)  # type: ignore[arg-type]  # each a value of its own type
        for narrowed in (
            {},
            {"tags": ["t"]},
            {"outcomes": ["correct"]},
            {"since": "2000-01-01"},
            {"as_of": m.history(o.lesson.id, namespace=o.name)[0].created_at},
        )
    ],
    "job_report": lambda m, o, _: m.job_report(reported_job(m, o), namespace=o.name),
    "rejections": lambda m, o, _: m.rejections(told(m, o).job, namespace=o.name),
    "dead_letters": lambda m, o, _: m.dead_letters(stopped_job(m, o), namespace=o.name),
    "wait_job": lambda m, o, _: m.wait_job(stopped_job(m, o), namespace=o.name),
    "cancel_job": lambda m, o, _: m.cancel_job(stopped_job(m, o), namespace=o.name),
    "retry_job": lambda m, o, _: m.retry_job(stopped_job(m, o), namespace=o.name),
    "repair": lambda m, o, _: m.repair(namespace=o.name),
    "revise": lambda m, o, _: m.revise(
        o.lesson.id, replace(o.lesson, suggestion=f"Hum with the {o.canary}."), namespace=o.name
    ),
    "stats": lambda m, o, _: m.stats(namespace=o.name),
    "runs": lambda m, o, _: m.runs(namespace=o.name),
    "compare_runs": lambda m, o, _: m.compare_runs("in-thought", "withheld", namespace=o.name),
    "forget_run": lambda m, o, _: (m.forget_run(run_of(m, o), namespace=o.name), m.runs(namespace=o.name)),
    "feedback": lambda m, o, _: (
        m.feedback(run_of(m, o), "wrong", note=o.canary, namespace=o.name),
        m.runs(namespace=o.name),
    ),
    "open_session": lambda m, o, _: m.open_session(f"{o.canary} sings", namespace=o.name),
    "step_session": lambda m, o, _: m.step_session(session_of(m, o), "", position=0, namespace=o.name),
    "close_session": lambda m, o, _: m.close_session(session_of(m, o), namespace=o.name),
    "traffic": lambda m, o, _: m.traffic(namespace=o.name),
    "apply_retention": lambda m, o, _: m.retention_report(removed_by(m, o), namespace=o.name),
    "retention_report": lambda m, o, _: m.retention_report(removed_by(m, o), namespace=o.name),
    "utility": lambda m, o, _: m.utility(namespace=o.name),
    "verify": lambda m, o, _: m.verify(revised(o).id, namespace=o.name),
    "restore_entry": lambda m, o, _: m.restore_entry(retire(m, o), namespace=o.name),
    "receipts": lambda m, o, _: m.receipts(namespace=o.name),
    "duplicates": lambda m, o, _: m.duplicates(namespace=o.name),
    "send": lambda m, o, _: m.send(ListRejections(job_id=told(m, o).job), namespace=o.name),
}
"""Every method that works in one namespace, called as its owner would."""

OF_THE_WHOLE = {
    *("list_keys", "get_key", "create_key", "rotate_key", "revoke_key"),
    *(
        "backup",
        "check_integrity",
        "close",
        "compact",
        "encoder",
        "generations",
        "namespaces",
        "reindex",
        "upkeep_report",
        "warm_up",
    ),
}
"""What belongs to no namespace, and answers with no content of any."""


def test_no_method_is_left_out() -> None:
    """A method added to the library needs a case here."""
    public = {name for name, _ in inspect.getmembers(Memory) if not name.startswith("_")}
    assert public == set(CALLS) | OF_THE_WHOLE
    taking = {
        name for name in public - OF_THE_WHOLE if "namespace" in inspect.signature(getattr(Memory, name)).parameters
    }
    assert taking == set(CALLS)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(CALLS))
@EACH_OWNER
def test_a_call_answers_with_its_own_only(
    memory: Memory, tmp_path: Path, name: str, owner: Owner, other: Owner
) -> None:
    """Nor does it change what the other has."""
    before = dump(memory, other)
    answer = repr(CALLS[name](memory, owner, tmp_path))
    assert other.canary not in answer
    assert dump(memory, other) == before
    memory.check_integrity()


def dump(memory: Memory, owner: Owner) -> str:
    """Everything an owner can list."""
    lists = (memory.list_entries, memory.list_trajectories, memory.list_drafts, memory.jobs, memory.stats)
    return repr([one(namespace=owner.name) for one in lists])


@pytest.mark.slow
def test_the_canaries_are_there_to_be_found(memory: Memory) -> None:
    """Asked for the other's word, an owner's recall finds its own entries; the other's finds the word."""
    for owner, other in ((ALICE, BOB), (BOB, ALICE)):
        assert owner.canary in repr(memory.recall(QUERY, namespace=owner.name).hits)
        assert other.canary not in repr(memory.recall(other.canary, k=50, namespace=owner.name).hits)


@pytest.mark.sampled
@pytest.mark.parametrize(
    "name",
    [
        *("get", "get_trajectory", "get_steps", "get_job", "get_run", "history", "links", "rejections"),
        *(
            "dead_letters",
            "wait_job",
            "cancel_job",
            "retry_job",
            "forget_run",
            "restore_entry",
            "verify",
            "retention_report",
            "close_session",
        ),
    ],
)
def test_an_id_of_another_is_not_there(memory: Memory, name: str) -> None:
    """Knowing an id opens nothing."""
    ids = told(memory, BOB)
    wanted = {
        "get": ids.entry,
        "history": ids.entry,
        "links": ids.entry,
        "get_trajectory": ids.trajectory,
        "get_steps": ids.trajectory,
        "get_run": run_of(memory, BOB),
        "forget_run": run_of(memory, BOB),
        "restore_entry": ids.entry,
        "verify": ids.entry,
        "retention_report": removed_by(memory, BOB),
        "close_session": session_of(memory, BOB),
    }.get(name, ids.job)
    try:
        answer = repr(getattr(memory, name)(wanted, namespace=ALICE.name))
    except Exception as error:  # noqa: BLE001  # whatever it says, it must not say what the other has
        answer = str(error)
    assert BOB.canary not in answer


def harvest_of(memory: Memory, owner: Owner) -> dict[str, object]:
    """A task of an owner, for a service that has a model."""
    upkeep = core_of(memory).jobs.upkeep
    upkeep.plan = replace(upkeep.plan, harvest=memory.harvest)
    return {"tasks": [{"question": owner.canary, "gold": owner.canary}]}


ROUTES: dict[str, Callable[[Memory, Owner], dict[str, object]]] = {
    "GET /entries": lambda m, o: {},
    "GET /entries/{entry_id}": lambda m, o: {"entry_id": revised(o).id},
    "GET /entries/{entry_id}/history": lambda m, o: {"entry_id": o.lesson.id},
    "GET /entries/{entry_id}/links": lambda m, o: {"entry_id": revised(o).id},
    "GET /drafts": lambda m, o: {},
    "POST /drafts/accept": lambda m, o: {"json": {"ids": [one.id for one in o.drafts]}},
    "POST /drafts/reject": lambda m, o: {"json": {"ids": [o.drafts[0].id]}},
    "PUT /drafts/{draft_id}": lambda m, o: {
        "draft_id": o.drafts[0].id,
        "json": {"entry": entry_to_dict(replace(o.drafts[0], suggestion=f"Feed the {o.canary}."))},
    },
    "PUT /entries/{entry_id}": lambda m, o: {
        "entry_id": o.lesson.id,
        "json": {"entry": entry_to_dict(replace(o.lesson, suggestion=f"Follow the {o.canary}."))},
    },
    "POST /entries": lambda m, o: {"json": {"entries": [entry_to_dict(o.lesson)]}},
    "DELETE /entries/{entry_id}": lambda m, o: {"entry_id": revised(o).id},
    "DELETE /calibration": lambda m, o: {},
    "POST /calibration": lambda m, o: {
        "json": {
            "queries": [
                {"query": f"{o.canary} sings at dawn", "right": [revised(o).id]},
                {"query": "zebras on the moon", "right": []},
            ]
            * 20
        }
    },
    "POST /recall": lambda m, o: {"json": {"query": f"{o.canary} sings at dawn", "k": 50}},
    "POST /recall:batch": lambda m, o: {"json": {"recalls": [{"query": f"{o.canary} sings at dawn", "k": 50}]}},
    "PATCH /entries/{entry_id}": lambda m, o: {
        "entry_id": o.lesson.id,
        "json": {"changes": {"suggestion": f"Follow the {o.canary}."}},
    },
    "POST /reason": lambda m, o: {"json": {"question": f"{o.canary} sings at dawn", "stream": True}},
    "POST /trajectories": lambda m, o: {"content": o.lines},
    "GET /trajectories": lambda m, o: {},
    "GET /trajectories/{trajectory_id}": lambda m, o: {"trajectory_id": told(m, o).trajectory},
    "GET /trajectories/{trajectory_id}/steps": lambda m, o: {"trajectory_id": told(m, o).trajectory},
    "DELETE /trajectories/{trajectory_id}": lambda m, o: {"trajectory_id": told(m, o).trajectory},
    "GET /concepts": lambda m, o: {},
    "GET /jobs": lambda m, o: {},
    "GET /jobs/{job_id}": lambda m, o: {"job_id": told(m, o).job},
    "GET /jobs/{job_id}/report": lambda m, o: {"job_id": reported_job(m, o)},
    "GET /jobs/{job_id}/rejections": lambda m, o: {"job_id": told(m, o).job},
    "GET /jobs/{job_id}/wait": lambda m, o: {"job_id": stopped_job(m, o)},
    "GET /jobs/{job_id}/dead-letters": lambda m, o: {"job_id": stopped_job(m, o)},
    "POST /jobs/{job_id}/cancel": lambda m, o: {"job_id": stopped_job(m, o)},
    "POST /jobs/{job_id}/retry": lambda m, o: {"job_id": stopped_job(m, o)},
    "GET /operations": lambda m, o: {},
    "GET /operations/{job_id}": lambda m, o: {"job_id": told(m, o).job},
    "GET /operations/{job_id}/rejections": lambda m, o: {"job_id": told(m, o).job},
    "GET /runs": lambda m, o: {},
    "GET /runs/{run_id}": lambda m, o: {"run_id": run_of(m, o)},
    "POST /runs/compare": lambda m, o: {"json": {"first_arm": "in-thought", "second_arm": "withheld"}},
    "DELETE /runs/{run_id}": lambda m, o: {"run_id": run_of(m, o)},
    "POST /feedback": lambda m, o: {"json": {"run_id": run_of(m, o), "outcome": "wrong", "note": o.canary}},
    "GET /traffic": lambda m, o: {},
    "POST /retention": lambda m, o: {"json": {"dry_run": True, "retention": {"runs": {"max_count": 0}}}},
    "GET /retention/{job_id}": lambda m, o: {"job_id": removed_by(m, o)},
    "GET /utility": lambda m, o: {},
    "POST /sessions": lambda m, o: {"json": {"question": f"{o.canary} sings at dawn"}},
    "POST /sessions/{session_id}/step": lambda m, o: {
        "session_id": session_of(m, o),
        "json": {"text": "", "position": 0},
    },
    "DELETE /sessions/{session_id}": lambda m, o: {"session_id": session_of(m, o)},
    "POST /entries/{entry_id}/verify": lambda m, o: {"entry_id": revised(o).id},
    "POST /entries/{entry_id}/restore": lambda m, o: {"entry_id": retire(m, o)},
    "GET /receipts": lambda m, o: {},
    "GET /duplicates": lambda m, o: {},
    "POST /repair": lambda m, o: {},
    "GET /stats": lambda m, o: {},
    "GET /export": lambda m, o: {"params": {"vectors": True}},
    "POST /import": lambda m, o: {"content": f"---\nname: {o.canary}\ndescription: x\n---\nSing."},
    "POST /harvest": lambda m, o: {"json": harvest_of(m, o)},
    "GET /jobs/{job_id}/events": lambda m, o: {"job_id": told(m, o).job},
    "GET ": lambda m, o: {},
    "PUT ": lambda m, o: {"json": {"starter": True}},
    "PATCH ": lambda m, o: {"json": {"starter": True}},
    "DELETE ": lambda m, o: {"params": {"confirm": o.name}},
}
"""Every route of a namespace: the parts of its path, and what is sent."""

PREFIX = "/v1/namespaces/{namespace}"


@pytest.fixture
def client(memory: Memory) -> Iterator[TestClient]:
    """The service over the same memory."""
    with TestClient(service_over(memory), base_url="http://127.0.0.1") as opened:
        yield opened


def test_no_route_is_left_out() -> None:
    """A route added to the service needs a case here; only these are of none."""
    paths = described()["paths"]
    served = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
    known = {f"{method} {PREFIX}{path}" for method, path in (one.split(" ", 1) for one in ROUTES)}
    of_all = {"GET /v1/namespaces", "GET /v1/generations", "GET /v1/integrity"}
    of_all |= {f"{method} /v1/keys" for method in ("GET", "POST")} | {"POST /v1/keys/{key_id}/rotate"}
    of_all |= {f"{method} /v1/keys/{{key_id}}" for method in ("GET", "DELETE")}
    of_all |= {"POST /v1/reindex", "POST /v1/compact", "POST /v1/backups", "POST /v1/warm-up"}
    of_all |= {"GET /v1/jobs/{job_id}/report"}
    assert served == known | of_all | {"GET /health/live", "GET /health/ready", "GET /metrics"}


@pytest.mark.sampled
@pytest.mark.parametrize("route", sorted(ROUTES))
@EACH_OWNER
def test_a_route_answers_with_its_own_only(
    memory: Memory, client: TestClient, route: str, owner: Owner, other: Owner
) -> None:
    """With its owner's ids, and with the other's: nothing of the other is answered or changed."""
    method, path = route.split(" ", 1)
    sent = [ROUTES[route](memory, owner)]
    sent += [ROUTES[route](memory, other)] if "{" in path and method != "PUT" else []
    before = dump(memory, other)
    for number, one in enumerate(sent):
        parts = {name: str(value) for name, value in one.items() if name.endswith("_id")}
        rest = {name: value for name, value in one.items() if name not in parts}
        answer = client.request(method, (PREFIX + path).format(namespace=owner.name, **parts), **rest)  # type: ignore[arg-type]  # json, content or params
        assert answer.is_success if number == 0 else answer.status_code in {200, 400, 404}
        assert other.canary not in answer.text
    assert dump(memory, other) == before
