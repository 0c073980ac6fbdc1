"""Traffic as traces: each policy, what is bounded and counted, and what is never taught back."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from midthought.api.operations.request import MemoryCore
from midthought.api.proxy.traffic import traffic as traffic_module
from midthought.api.proxy.traffic.batches import BATCH, KNOWN
from midthought.api.proxy.traffic.passed_thought import PassedThought
from midthought.api.proxy.traffic.policies import TrafficPolicies, TrafficPolicy
from midthought.api.proxy.traffic.read_passed import BROKEN, CUT_OFF, TOO_LONG
from midthought.api.proxy.traffic.traffic import NO_RUN, NOT_STORED, SEVERAL, Traffic, TrafficSettings
from midthought.api.python.memory import Memory, open_memory
from midthought.ingest.verdicts.judge import verdict_source
from midthought.memory.errors import NotFound, StoreFull
from midthought.memory.records.entry import StoredEntry
from midthought.memory.records.job import Job, JobState
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.run import RunRow
from midthought.memory.records.trajectory import Trajectory
from midthought.memory.records.waiting_trace import EXPIRED, WaitingBounds
from midthought.reasoner.thought.thought_prompts import ThoughtPrompts
from midthought.retrieval.encoders.hashing import HashingEncoder

from .passing import ALICE, passed, shown

TRACES = Path(__file__).parents[3] / "data" / "trajectories" / "own.jsonl"
OWN = [json.loads(line) for line in TRACES.read_text(encoding="utf-8").splitlines()]
THOUGHT = "I count the letters. There are five of them.\n\nThen I divide by two, which gives the answer."


@dataclass
class Served:
    """A memory and its traffic, without the thread."""

    memory: Memory
    policy: TrafficPolicy
    bounds: WaitingBounds = field(default_factory=WaitingBounds)
    traffic: Traffic = field(init=False)

    def __post_init__(self) -> None:
        self.open()

    def open(self) -> None:
        """Open the traffic as a service does when it starts."""
        settings = TrafficSettings(TrafficPolicies((("alice", self.policy),)), self.bounds)
        self.traffic = Traffic(core_of(self.memory), settings)

    def take(self, *answers: PassedThought) -> None:
        """Let answers pass, and store them."""
        for one in answers:
            self.traffic.take(one)
        self.traffic.close()
        self.open()

    def run(self, name: str) -> str:
        """Record a run."""
        self.memory.store.writer.put_namespace(ALICE)
        self.memory.store.writer.record_run(ALICE, RunRow(name, "Why?", "unknown", 1, 0.1, "{}"))
        return name

    @property
    def trajectories(self) -> list[Trajectory]:
        """What was learnt from."""
        return [one for _, one in self.memory.store.reader.list_trajectories(ALICE)]

    @property
    def entries(self) -> list[StoredEntry]:
        """What was learnt."""
        return self.memory.store.reader.list_entries(ALICE, limit=10_000)

    @property
    def jobs(self) -> list[Job]:
        """The ingestions."""
        return self.memory.store.reader.list_jobs(ALICE)

    @property
    def left_out(self) -> dict[str, int]:
        """Why answers did not become traces."""
        return dict(self.memory.store.reader.traffic_state(ALICE).left_out)

    @property
    def waiting(self) -> tuple[int, int]:
        """How many traces wait, and how many are ready."""
        state = self.memory.store.reader.traffic_state(ALICE)
        return state.waiting, state.ready


def core_of(memory: Memory) -> MemoryCore:
    """What operations are carried out on."""
    return memory._core


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Opens a memory without the starter memory, and its traffic."""
    with open_memory(tmp_path / "home", encoder=HashingEncoder(), starter=False) as memory:
        yield lambda policy, **bounds: Served(memory, TrafficPolicy(policy), WaitingBounds(**bounds))


def attempt(number: int, run_id: str = "", *, expected: str = "", answer: str = "") -> PassedThought:
    """A right attempt at one of our own questions."""
    trace = OWN[number]
    return passed(trace["question"], trace["thought"], answer or trace["answer"], run_id=run_id, expected=expected)


def test_nothing_is_kept_without_opting_in(serve: Callable[..., Served]) -> None:
    """A namespace that no setting names keeps nothing, not even counts; the bytes of its answers are not held."""
    served = serve("unjudged")
    bob = Namespace("bob")
    assert served.traffic.capture(bob) is None
    served.take(replace(attempt(0), namespace=bob), passed("Why?", THOUGHT, is_complete=False, namespace=bob))
    with pytest.raises(NotFound):
        served.memory.store.reader.get_namespace(bob)
    assert not served.memory.store.reader.namespaces_with_traces()


def test_unjudged_traces_are_taken_at_once(serve: Callable[..., Served]) -> None:
    """As any trace without a verdict: stored, and nothing is learnt from it."""
    served = serve("unjudged")
    served.take(attempt(0), attempt(1))
    assert served.waiting == (0, 2)
    assert served.traffic.learn_now() == 1
    assert {one.outcome for one in served.trajectories} == {"unknown"}
    (job,) = served.jobs
    assert (job.state, job.counts.read, job.counts.stored, job.counts.taught) == (JobState.FINISHED, 2, 2, 0)
    assert served.waiting == (0, 0)


def test_feedback_decides(serve: Callable[..., Served]) -> None:
    """A trace waits until somebody says whether its run was right; who said it stands in the trajectory."""
    served = serve("feedback")
    for name in ("run-a", "run-b", "run-c"):
        served.run(name)
    served.take(attempt(0, "run-a"), attempt(1, "run-b"), attempt(2, "run-c"))
    assert served.traffic.learn_now() == 0
    assert served.waiting == (3, 0)
    served.memory.feedback("run-a", "correct", namespace=ALICE)
    served.memory.feedback("run-b", "wrong", source="checker", namespace=ALICE)
    assert served.traffic.learn_now() == 1
    assert {(one.outcome, verdict_source(one)) for one in served.trajectories} == {
        ("correct", "caller"),
        ("wrong", "checker"),
    }
    right = next(one for one in served.trajectories if one.outcome == "correct")
    assert served.entries
    assert {place.trajectory_id for one in served.entries for place in one.provenance} == {right.id}
    assert served.waiting == (1, 0)


def test_feedback_before_the_trace_is_stored_counts(serve: Callable[..., Served]) -> None:
    """The queue may be slower than a user."""
    served = serve("feedback")
    served.memory.feedback(served.run("run-a"), "correct", namespace=ALICE)
    served.take(attempt(0, "run-a"))
    assert served.traffic.learn_now() == 1
    assert [one.outcome for one in served.trajectories] == ["correct"]


def test_feedback_needs_a_run_and_one_choice(serve: Callable[..., Served]) -> None:
    """What nobody can judge is not kept for ever, but counted."""
    served = serve("feedback")
    body = json.loads(json.dumps({"object": "chat.completion", "choices": []}))
    for number in (0, 1):
        message = {"role": "assistant", "content": str(number), "reasoning": THOUGHT}
        body["choices"].append({"index": number, "message": message, "finish_reason": "stop"})
    several = replace(attempt(0, served.run("run-a")), body=(json.dumps(body).encode(),))
    served.take(attempt(0), several)
    assert (served.waiting, served.left_out) == ((0, 0), {NO_RUN: 1, SEVERAL: 1})


def test_an_expected_answer_judges(serve: Callable[..., Served]) -> None:
    """Compared as every gold answer is; who judged is said."""
    served = serve("checker")
    gold = OWN[0]["gold"]
    served.take(attempt(0, expected=gold), attempt(1, expected="certainly not", answer="Therefore the answer is 3."))
    served.traffic.learn_now()
    assert {(one.outcome, verdict_source(one)) for one in served.trajectories} == {
        ("correct", "gold"),
        ("wrong", "gold"),
    }
    assert served.entries


def test_agreement_judges_what_expects_nothing(serve: Callable[..., Served]) -> None:
    """Of three different attempts two agree: they are right, the third stays unjudged; a lone one waits on."""
    served = serve("checker")
    question = OWN[0]["question"]
    answers = [("one", "12"), ("two", "12"), ("three", "13")]
    attempts = [passed(question, f"{OWN[0]['thought']} So I say {name}.", answer) for name, answer in answers]
    served.take(*attempts[:2], attempt(1))
    assert served.traffic.learn_now() == 0
    served.take(attempts[2])
    assert served.traffic.learn_now() == 1
    judged = sorted((one.answer, one.outcome.value, str(verdict_source(one))) for one in served.trajectories)
    assert judged == [("12", "correct", "agreement")] * 2 + [("13", "unknown", "None")]
    assert served.waiting == (1, 0)


def test_what_never_agrees_is_taken_without_a_verdict(serve: Callable[..., Served]) -> None:
    """After the time for which a trace waits."""
    served = serve("checker", max_age=timedelta(0))
    served.take(attempt(0))
    served.traffic.learn_now()
    assert [one.outcome for one in served.trajectories] == ["unknown"]


def test_what_nobody_judges_is_dropped_and_counted(serve: Callable[..., Served]) -> None:
    """After the time for which a trace waits for feedback."""
    served = serve("feedback", max_age=timedelta(0))
    served.run("run-a")
    served.take(attempt(0, "run-a"))
    assert served.traffic.learn_now() == 0
    assert (served.waiting, served.left_out, served.trajectories) == ((0, 0), {EXPIRED: 1}, [])


def test_two_identical_requests_are_one_trajectory(serve: Callable[..., Served]) -> None:
    """In one batch, in a later one, and with other runs."""
    served = serve("unjudged")
    served.take(attempt(0, "run-1"), attempt(0, "run-2"))
    served.traffic.learn_now()
    served.take(attempt(0, "run-3"))
    served.traffic.learn_now()
    assert len(served.trajectories) == 1
    assert served.left_out == {KNOWN: 2}
    (job,) = served.jobs
    job.counts.check()


def test_many_answers_are_few_jobs(serve: Callable[..., Served]) -> None:
    """A hundred answers are one job, and more than a batch are two."""
    served = serve("unjudged")
    served.take(*(passed(f"What is {number}?", THOUGHT) for number in range(100)))
    assert served.traffic.learn_now() == 1
    served.take(*(passed(f"And what is {number}?", THOUGHT) for number in range(BATCH + 1)))
    assert served.traffic.learn_now() == 2
    assert len(served.jobs) == 3
    assert sum(job.counts.stored for job in served.jobs) == 100 + BATCH + 1


def test_cut_off_answers_are_not_learnt(serve: Callable[..., Served]) -> None:
    """Neither as right ones nor at all, also if their run is said to be right; they are counted."""
    served = serve("feedback")
    served.memory.feedback(served.run("run-a"), "correct", namespace=ALICE)
    trace = OWN[0]
    cut = passed(trace["question"], trace["thought"], "12", run_id="run-a", finish="length")
    gone = replace(attempt(0, "run-a"), is_complete=False)
    served.take(cut, gone)
    assert served.traffic.learn_now() == 0
    assert (served.trajectories, served.left_out) == ([], {CUT_OFF: 1, BROKEN: 1})


def test_what_was_recalled_is_never_taught_back(serve: Callable[..., Served]) -> None:
    """An entry that was put into thoughts is not more evidence of itself in two rounds, nor a new entry; other blanks
    on the way change nothing.
    """
    served = serve("feedback")
    served.memory.feedback(served.run("run-0"), "correct", namespace=ALICE)
    served.take(attempt(0, "run-0"))
    served.traffic.learn_now()
    known = served.entries
    assert known
    hints = [(one.id, ThoughtPrompts().frame_hint(one.entry), place) for place, one in enumerate(known)]
    blanks = (" ", "\n")
    for number, blank in enumerate(blanks, start=1):
        run_id = served.run(f"run-{number}")
        put = " ".join(text.replace(" ", blank) for _, text, _ in hints)
        thought = f"Attempt {number}. {put} I do as it says.\n\n{OWN[0]['thought']}"
        again = passed(OWN[0]["question"], thought, OWN[0]["answer"], run_id=run_id, shown=shown(hints))
        served.take(again)
        served.memory.feedback(run_id, "correct", namespace=ALICE)
        assert served.traffic.learn_now() == 1
    assert [(one.id, one.provenance) for one in served.entries] == [(one.id, one.provenance) for one in known]
    stored = [one for one in served.trajectories if one.thought.startswith("Attempt")]
    assert len(stored) == len(blanks)
    assert not any("recalled hint" in one.thought for one in stored)


def test_without_hints_the_same_traces_are_evidence(serve: Callable[..., Served]) -> None:
    """The counterpart of the test before: attempts that nobody helped gain sources for what they say."""
    served = serve("feedback")
    for number in range(2):
        run_id = served.run(f"run-{number}")
        served.memory.feedback(run_id, "correct", namespace=ALICE)
        thought = f"{OWN[0]['thought']}\n\nThat was attempt {number}."
        served.take(passed(OWN[0]["question"], thought, OWN[0]["answer"], run_id=run_id))
        served.traffic.learn_now()
    assert max(len({place.trajectory_id for place in one.provenance}) for one in served.entries) == 2


def test_a_forgotten_run_takes_its_trace_along(serve: Callable[..., Served]) -> None:
    """Before a batch, and while its batch is ingested."""
    served = serve("feedback")
    for name in ("run-a", "run-b"):
        served.run(name)
    served.take(attempt(0, "run-a"), attempt(1, "run-b"))
    served.memory.forget_run("run-a", namespace=ALICE)
    assert served.waiting == (1, 0)
    served.memory.feedback("run-b", "correct", namespace=ALICE)
    jobs = core_of(served.memory).jobs
    ingest = jobs.ingest

    def forget_meanwhile(*given: object) -> Job:
        job = ingest(*given)  # type: ignore[arg-type]
        assert served.trajectories
        served.memory.forget_run("run-b", namespace=ALICE)
        return job

    jobs.ingest = forget_meanwhile  # type: ignore[method-assign]
    served.traffic.learn_now()
    assert (served.trajectories, served.entries, served.waiting) == ([], [], (0, 0))


def test_a_forgotten_entry_takes_the_traces_that_were_shown_it_along(serve: Callable[..., Served]) -> None:
    """What waits names it, and may repeat its text."""
    served = serve("feedback")
    served.memory.feedback(served.run("run-0"), "correct", namespace=ALICE)
    served.take(attempt(0, "run-0"))
    served.traffic.learn_now()
    first = served.entries[0]
    served.take(
        replace(attempt(1, served.run("run-1")), shown=shown([(first.id, "A hint of six words or more.", None)]))
    )
    assert served.waiting == (1, 0)
    served.memory.forget(first.id, namespace=ALICE)
    assert served.waiting == (0, 0)


def test_a_forgotten_namespace_stays_empty(serve: Callable[..., Served]) -> None:
    """Also of what was taken before and is not stored yet; what passes afterwards begins anew."""
    served = serve("unjudged")
    served.take(attempt(0))
    served.traffic.take(attempt(1))
    served.memory.forget_namespace(ALICE)
    served.traffic.learn_now()
    with pytest.raises(NotFound):
        served.memory.store.reader.get_namespace(ALICE)
    served.take(attempt(2))
    served.traffic.learn_now()
    assert [one.question for one in served.trajectories] == [OWN[2]["question"]]


def test_a_full_queue_delays_nothing_and_is_counted(
    serve: Callable[..., Served], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Answers beyond it are left out; so are those whose bytes had no room."""
    monkeypatch.setattr(traffic_module, "_QUEUED", 2)
    served = serve("unjudged")
    for number in range(5):
        served.traffic.take(passed(f"What is {number}?", THOUGHT))
    served.traffic.learn_now()
    assert len(served.trajectories) == 2
    served.take(passed("And this?", THOUGHT))
    assert served.left_out == {TOO_LONG: 3}


def test_a_store_that_cannot_be_written_costs_traces_alone(
    serve: Callable[..., Served], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is lost is counted with the next commit."""
    served = serve("unjudged")
    with monkeypatch.context() as broken:
        writer = type(served.memory.store.writer)
        broken.setattr(writer, "add_traces", lambda *_, **__: (_ for _ in ()).throw(StoreFull("no disk")))
        served.traffic.take(attempt(0))
        served.traffic.learn_now()
    served.traffic.take(attempt(1))
    served.traffic.learn_now()
    assert (len(served.trajectories), served.left_out) == (1, {NOT_STORED: 1})


def test_a_batch_that_was_killed_is_repeated_as_it_was(
    serve: Callable[..., Served], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same job goes on; what became ready since is another batch."""
    served = serve("unjudged")
    served.take(attempt(0), attempt(1))
    jobs = core_of(served.memory).jobs
    with monkeypatch.context() as broken:
        broken.setattr(type(jobs), "ingest", lambda *_: (_ for _ in ()).throw(StoreFull("no disk")))
        with pytest.raises(StoreFull):
            served.traffic.learn_now()
    served.take(attempt(2))
    assert served.traffic.learn_now() == 2
    assert sorted(job.counts.read for job in served.jobs) == [1, 2]
    assert len(served.trajectories) == 3


def test_the_thread_learns_and_outlives_failures(serve: Callable[..., Served], monkeypatch: pytest.MonkeyPatch) -> None:
    """It stores what passes, learns after a pause, and goes on when a batch fails."""
    served = serve("unjudged")
    settings = TrafficSettings(TrafficPolicies((("alice", TrafficPolicy.UNJUDGED),)), pause=0.0)
    traffic, failed, done = Traffic(core_of(served.memory), settings), Event(), Event()
    learn = Traffic.learn_now

    def fail_once(self: Traffic) -> int:
        if not failed.is_set():
            failed.set()
            raise StoreFull("no disk")
        number = learn(self)
        if number:
            done.set()
        return number

    monkeypatch.setattr(Traffic, "learn_now", fail_once)
    traffic.start()
    try:
        traffic.take(attempt(0))
        assert done.wait(30)
    finally:
        traffic.close()
    assert failed.is_set()
    assert len(served.trajectories) == 1


def test_what_the_thread_is_storing_is_learnt_too(
    serve: Callable[..., Served], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever learns now learns of every answer taken before, though the thread has it in its hands."""
    served = serve("unjudged")
    in_hand, store_it = Event(), Event()
    writer = type(served.memory.store.writer)
    add_traces = writer.add_traces

    def add_slowly(*given: Any, **named: Any) -> Any:
        in_hand.set()
        assert store_it.wait(30)
        return add_traces(*given, **named)

    monkeypatch.setattr(writer, "add_traces", add_slowly)
    served.traffic.start()
    try:
        served.traffic.take(attempt(0))
        assert in_hand.wait(30)
        with ThreadPoolExecutor(1) as pool:
            learnt = pool.submit(served.traffic.learn_now)
            with pytest.raises(TimeoutError):
                learnt.result(0.1)
            store_it.set()
            assert learnt.result(30) == 1
    finally:
        store_it.set()
        served.traffic.close()


def test_captures_share_a_budget(serve: Callable[..., Served]) -> None:
    """An answer that finds no room is not whole; what was read gives its room back."""
    served = serve("unjudged")
    capture = served.traffic.capture(ALICE)
    assert capture is not None
    capture.add(b"x" * (33 << 20))
    assert (capture.is_whole, capture.body()) == (False, ())
    for _ in range(20):
        other = served.traffic.capture(ALICE)
        assert other is not None
        other.add(b"x" * (30 << 20))
        assert other.is_whole
        served.take(replace(attempt(0), body=other.body()))
