"""A compacted thought is what the model reads; what it quotes is searched in the whole one."""

import io
from dataclasses import replace
from pathlib import Path

import pytest

from midthought.api.opening import make_decomposition
from midthought.api.python.memory import open_memory
from midthought.api.settings import Settings
from midthought.ingest.compaction.options import CompactionOptions
from midthought.ingest.decomposition.batch import compact_traces
from midthought.ingest.decomposition.decompose import EXTRACTOR
from midthought.ingest.decomposition.estimate import SUBQUESTIONS_PER_TRAJECTORY, estimate_cost
from midthought.ingest.decomposition.options import DecompositionOptions
from midthought.ingest.formats.own import write_trajectory
from midthought.ingest.progress import IngestStopped
from midthought.ingest.steps.split import split_steps
from midthought.memory.records.trajectory import Outcome, Trajectory
from midthought.retrieval.encoders.hashing import HashingEncoder

from .playback import Saying

KEPT = "To count the rows, I treat the two friends as one block, so that five things are arranged."
LOST = "Nothing in the question hints at seats with numbers, which would have changed the whole matter."
THOUGHT = f"{LOST}\n\n{LOST.replace('seats', 'chairs')}\n\n{LOST.replace('seats', 'places')}\n\n{KEPT}\n\n"
TRACE = Trajectory("How many rows are there?", THOUGHT, "There are 240 rows.", outcome=Outcome.CORRECT)
LIST = "### Subquestions\n1. How do I count rows in which two people sit together?"
SUBROUTINE = (
    "### Applicable Problems\nSome things must stand together.\n### Hint\nTreat the people as one block, count the "
    f"orders of all blocks, then the orders inside the block.\n### Passages\n- {KEPT}"
)


class Blocks:
    """A scorer to which the answer rests on the word ``block``."""

    name = "blocks"

    def nll(self, prefix: str, continuation: str) -> float:
        """One nat more without the word."""
        return 1.0 + ("block" not in prefix)


def options(model: Saying, budget: int = 20) -> DecompositionOptions:
    """Decompose with compaction."""
    return DecompositionOptions(model, compaction=CompactionOptions(Blocks(), budget))


def test_the_model_reads_the_kept_steps_and_its_quotes_are_found_in_the_whole(tmp_path: Path) -> None:
    """The stored procedure rests on characters of the trajectory as it is stored, which is whole."""
    model = Saying(LIST, SUBROUTINE)
    with open_memory(tmp_path / "m", encoder=HashingEncoder(), starter=False, decomposition=options(model)) as memory:
        job = memory.ingest("-", stream=io.BytesIO(write_trajectory(TRACE).encode()))
        assert (job.counts.calls, job.counts.dead_letters) == (2, 0)
        (stored,) = [one for one in memory.list_entries() if getattr(one.entry, "extractor", "") == EXTRACTOR]
    asked = [message.text for request in model.requests for message in request.messages if message.role == "user"]
    assert all(KEPT in text and LOST not in text for text in asked)
    (place,) = stored.provenance
    assert place.trajectory_id == TRACE.id
    assert place.span is not None
    assert TRACE.text(place.span) == KEPT


def test_without_compaction_the_model_reads_all() -> None:
    """It is off unless it is asked for."""
    assert compact_traces([(TRACE, split_steps(TRACE))], DecompositionOptions(Saying())) == {}
    assert make_decomposition(Settings(model="some")).compaction is None  # type: ignore[union-attr]


def test_the_setting_gives_the_budget_and_the_local_scorer() -> None:
    """No weights are loaded for it."""
    made = make_decomposition(Settings(model="some", compact_tokens=4000))
    assert made is not None
    assert made.compaction is not None
    assert made.compaction.choices == ["transformers:SmolLM2-135M-Instruct", 4000]


def test_another_budget_is_another_job() -> None:
    """Entries depend on what the model read, so the choices of the job tell budgets apart, and no compaction."""
    found = [options(Saying()).choices, options(Saying(), 21).choices, DecompositionOptions(Saying()).choices]
    assert len({str(one) for one in found}) == 3


def test_the_estimate_counts_the_shortened_thought() -> None:
    """A dry run reads about as many tokens as the real one, without asking the scorer."""
    whole, short = (estimate_cost([TRACE], one) for one in (DecompositionOptions(Saying()), options(Saying())))
    saved = whole.spent.tokens_in - short.spent.tokens_in
    calls = 1 + round(SUBQUESTIONS_PER_TRAJECTORY)
    assert saved == pytest.approx(calls * (len(THOUGHT.split()) - 20), abs=2 * calls)


def test_compaction_can_be_stopped_between_two_traces() -> None:
    """A long trace takes minutes: a cancelled job does not start the next one."""
    traces = [(one, split_steps(one)) for one in (TRACE, replace(TRACE, answer="240 rows."))]
    asked = iter([False, True])
    with pytest.raises(IngestStopped):
        compact_traces(traces, options(Saying()), is_stopped=lambda: next(asked))


def test_a_budget_of_nothing_is_refused() -> None:
    """When the options are made, not in the middle of a job."""
    with pytest.raises(ValueError, match="budget_tokens must be >= 1, got 0"):
        CompactionOptions(Blocks(), 0)
