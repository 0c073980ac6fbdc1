"""Ingestion with a language model: what it words is stored with the rest, and no call is made twice."""

import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from midthought.api.python.memory import Memory, estimate_cost, open_memory
from midthought.api.sources import Learning, Traces
from midthought.ingest.decomposition.decompose import EXTRACTOR
from midthought.ingest.decomposition.estimate import Estimate
from midthought.ingest.decomposition.model_calls import Budget
from midthought.ingest.decomposition.options import DecompositionOptions
from midthought.ingest.formats.own import write_trajectory
from midthought.ingest.language_model import Answer, CompletionRequest, LanguageModel
from midthought.ingest.progress import ignore_progress
from midthought.memory.errors import Unreachable
from midthought.memory.records.job import JobState
from midthought.memory.records.namespace import DEFAULT_NAMESPACE
from midthought.memory.records.trajectory import Outcome, Trajectory
from midthought.retrieval.encoders.hashing import HashingEncoder

from .playback import Saying, make_player, own_references

REFERENCES = [(trace, row) for trace, row in own_references() if trace.outcome is Outcome.CORRECT]
TRACE, ROW = REFERENCES[0]
LIST = "### Subquestions\n1. How do I count rows in which two people sit together?"


class Counting:
    """A model that counts what it is asked, and ends the process's work at one call if told to."""

    def __init__(self, model: LanguageModel, *, fail_at: int | None = None) -> None:
        self._model = model
        self._fail_at = fail_at
        self.calls = 0
        self.name, self.context_tokens, self.can_constrain = model.name, model.context_tokens, model.can_constrain
        self.count_tokens = model.count_tokens

    def complete(self, requests: Sequence[CompletionRequest]) -> Iterator[tuple[int, Answer]]:
        """Pass answers on."""
        for answer in self._model.complete(requests):
            if self.calls == self._fail_at:
                raise KeyboardInterrupt
            self.calls += 1
            yield answer


def opened(folder: Path, model: LanguageModel, **options: Any) -> Memory:
    """A memory that learns with a model."""
    decomposition = DecompositionOptions(model, **options)
    return open_memory(folder, encoder=HashingEncoder(), starter=False, decomposition=decomposition)


def lines(*traces: Trajectory) -> io.BytesIO:
    """Traces as a stream."""
    return io.BytesIO("".join(write_trajectory(one) for one in traces).encode())


def ingest(memory: Memory, *traces: Trajectory, **options: Any) -> Any:
    """Learn from traces."""
    return memory.ingest("-", stream=lines(*traces), **options)


def estimate(memory: Memory, *traces: Trajectory, **choices: Any) -> Estimate:
    """What learning from traces would cost."""
    given = Traces("-", "auto", False, ignore_progress, lines(*traces), Learning(**choices))
    return estimate_cost(memory, given, "default")


def procedures(memory: Memory) -> list[Any]:
    """What the model worded, as it is stored."""
    return [one for one in memory.list_entries() if getattr(one.entry, "extractor", "") == EXTRACTOR]


@pytest.mark.slow
def test_every_reference_procedure_is_stored_and_found_by_its_question(tmp_path: Path) -> None:
    """Played back whole: each is stored with its passages, and first among all entries for its own subquestion."""
    with opened(tmp_path / "m", make_player(REFERENCES)) as memory:
        job = ingest(memory, *(trace for trace, _ in REFERENCES))
        wanted = {one["subquestion"]: trace for trace, row in REFERENCES for one in row["procedures"]}
        stored = {one.entry.key: one for one in procedures(memory)}
        assert stored.keys() == wanted.keys()
        for subquestion, trace in wanted.items():
            assert {place.trajectory_id for place in stored[subquestion].provenance} == {trace.id}
            first = memory.recall(subquestion, k=1, min_score=0).hits[0]
            assert first.entry.key == subquestion
        assert job.counts.calls == len(wanted) + len(REFERENCES)
        assert (job.counts.dead_letters, job.state) == (0, JobState.FINISHED)
        job.counts.check()


def test_what_gives_nothing_is_a_dead_letter_and_the_rest_is_stored(tmp_path: Path) -> None:
    """The trajectory and its other entries are there; the letter has the cause and what the model said."""
    with opened(tmp_path / "m", Saying("no", "no", "never")) as memory:
        job = ingest(memory, TRACE)
        assert (job.counts.stored, job.counts.taught, job.counts.dead_letters) == (1, 1, 1)
        assert (job.counts.calls, job.counts.tokens_in, job.counts.tokens_out) == (3, 30, 15)
        (letter,) = memory.store.reader.list_dead_letters(DEFAULT_NAMESPACE, job.id)
        assert (letter.stage, letter.cause, letter.raw) == ("subquestions", "a section is missing", "never")
        job.counts.check()


def test_an_interrupted_ingestion_repeats_no_call(tmp_path: Path) -> None:
    """Stopped in the middle of its calls, then continued: each call was made once, with the counts of one run."""
    traces = [trace for trace, _ in REFERENCES[:4]]
    with opened(tmp_path / "whole", make_player(REFERENCES)) as memory:
        whole = ingest(memory, *traces)
        expected = {one.entry.id for one in memory.list_entries()}
    path = tmp_path / "m"
    first = Counting(make_player(REFERENCES), fail_at=7)
    with opened(path, first) as memory, pytest.raises(KeyboardInterrupt):
        ingest(memory, *traces)
    second = Counting(make_player(REFERENCES))
    with opened(path, second) as memory:
        job = ingest(memory, *traces)
        assert {one.entry.id for one in memory.list_entries()} == expected
    assert first.calls + second.calls == whole.counts.calls
    assert replace(job.counts, examples=()) == replace(whole.counts, examples=())


def test_a_budget_stops_the_job_and_more_of_it_goes_on(tmp_path: Path) -> None:
    """The job is interrupted with the reason, nothing of the batch is stored; with more budget it ends."""
    path = tmp_path / "m"
    with opened(path, make_player(REFERENCES), budget=Budget(tokens=50)) as memory:
        with pytest.raises(Exception, match=r"the budget of 50 tokens is spent"):
            ingest(memory, TRACE)
        (job,) = memory.jobs()
        assert job.state is JobState.INTERRUPTED
        assert memory.list_trajectories() == []
    with opened(path, make_player(REFERENCES)) as memory:
        assert ingest(memory, TRACE).id == job.id
        assert len(procedures(memory)) == len(ROW["procedures"])


def test_only_the_first_right_attempt_is_decomposed_unless_all_are_wanted(tmp_path: Path) -> None:
    """Of one batch and of an earlier ingestion; wrong attempts never are."""
    again = replace(TRACE, source="second")
    wrong = replace(TRACE, source="third", outcome=Outcome.WRONG)
    counting = Counting(make_player(REFERENCES))
    with opened(tmp_path / "m", counting) as memory:
        ingest(memory, wrong, TRACE, again)
        once = 1 + len(ROW["procedures"])
        assert counting.calls == once
        assert {place.trajectory_id for one in procedures(memory) for place in one.provenance} == {TRACE.id}
        ingest(memory, replace(TRACE, source="fourth"))
        assert counting.calls == once
        ingest(memory, replace(TRACE, source="fifth"), all_attempts=True)
        assert {place.trajectory_id for one in procedures(memory) for place in one.provenance} >= {TRACE.id}


def test_the_model_can_be_left_out(tmp_path: Path) -> None:
    """Without it the same trace gives its worked examples alone, and no call is made."""
    counting = Counting(make_player(REFERENCES))
    with opened(tmp_path / "m", counting) as memory:
        job = ingest(memory, TRACE, decompose=False)
        assert (counting.calls, job.counts.calls, procedures(memory)) == (0, 0, [])
        assert job.counts.taught == 1


def test_a_server_that_is_not_there_fails_the_job_and_loses_nothing(tmp_path: Path) -> None:
    """After several lost requests in a row the job ends; ingested again with a model that answers, all is there."""
    gone = Saying(*[Unreachable("no answer")] * 5)
    traces = [trace for trace, _ in REFERENCES[:5]]
    with opened(tmp_path / "m", gone) as memory, pytest.raises(Unreachable):
        ingest(memory, *traces)
    with opened(tmp_path / "m", make_player(REFERENCES)) as memory:
        (job,) = memory.jobs()
        assert (job.state, job.error) == (JobState.FAILED, "Unreachable: no answer")
        ingest(memory, *traces)
        assert len(procedures(memory)) == sum(len(row["procedures"]) for _, row in REFERENCES[:5])


def test_a_dry_run_asks_and_stores_nothing(tmp_path: Path) -> None:
    """Calls, tokens and price of what would be decomposed: right first attempts that are not stored."""
    counting = Counting(make_player(REFERENCES))
    with opened(tmp_path / "m", counting, budget=Budget(price_in=1e6)) as memory:
        traces = [TRACE, replace(TRACE, source="second"), REFERENCES[1][0]]
        once = estimate(memory, *traces)
        assert (once.trajectories, once.spent.calls) == (2, 22)
        assert once.spent.tokens_in > once.spent.tokens_cached > 0
        assert (once.price, once.price_with_cache) == (
            once.spent.tokens_in,
            once.spent.tokens_in - once.spent.tokens_cached,
        )
        every = estimate(memory, *traces, all_attempts=True)
        assert every.trajectories == 3
        assert (counting.calls, memory.jobs(), memory.list_trajectories()) == (0, [], [])
    with open_memory(tmp_path / "m", encoder=HashingEncoder()) as memory:
        read = estimate(memory, TRACE)
    assert (read.priced, read.read, read.trajectories) == (False, 1, 0)


def test_secrets_are_masked_before_the_model_sees_them(tmp_path: Path) -> None:
    """What is sent to a server is what would be stored."""
    key = "sk-proj-" + "a1B2c3D4" * 6
    secret = Trajectory("How do I log in?", f"The key {key} opens it. So I use it.", "Done.", outcome=Outcome.CORRECT)
    model = Saying("no", "no", "no")
    with opened(tmp_path / "m", model) as memory:
        ingest(memory, secret)
    assert len(model.requests) == 3
    assert key not in json.dumps([message.text for one in model.requests for message in one.messages])


def test_a_dry_run_reads_folders(tmp_path: Path) -> None:
    """As an ingestion does: the files of a folder are one source."""
    folder = tmp_path / "traces"
    folder.mkdir()
    for number, (trace, _) in enumerate(REFERENCES[:2]):
        (folder / f"{number}.jsonl").write_text(write_trajectory(trace), encoding="utf-8")
    with opened(tmp_path / "m", make_player(REFERENCES)) as memory:
        given = Traces(str(folder), "auto", False, ignore_progress, None)
        assert estimate_cost(memory, given, "default").trajectories == 2
