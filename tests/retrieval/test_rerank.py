"""A reranker orders the first hits anew until the deadline; what it does not judge in time keeps its rank."""

import os
import threading
import time
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

import pytest

from midthought.memory.errors import BadSettings
from midthought.memory.records.entry import Lesson, Origin, StoredEntry
from midthought.memory.store import Store
from midthought.retrieval.hits import Hit, RecallResult
from midthought.retrieval.recall import DEADLINE_PASSED, RERANK_FAILED, RERANK_TIMEOUT, Recaller
from midthought.retrieval.recall_limits import RecallLimits
from midthought.retrieval.recall_settings import RecallSettings
from midthought.retrieval.rerank.cross_encoder import CrossEncoderReranker
from midthought.retrieval.rerank.timed import RERANKED, TimedReranker

from .test_recall_limits import ENCODER, OWNER, QUERY, procedure, write

HITS = tuple(
    Hit(StoredEntry(0, Lesson(f"situation {n}", "x"), 1, (), Origin.OWN), 1.0 - n / 100, None, None) for n in range(30)
)
NEVER = 1e9
needs_library = pytest.mark.skipif(find_spec("sentence_transformers") is None, reason="needs sentence-transformers")


class Backwards:
    """Prefers texts that sort last; waits before every batch after the first `free` ones until it is let go."""

    def __init__(self, *, free: int = 1000) -> None:
        self.free, self.batches = free, 0
        self.go = threading.Event()
        self.running = 0

    def score(self, query: str, texts: Sequence[str]) -> list[float]:
        """Score by the number in the text."""
        self.batches += 1
        self.running += 1
        assert self.running == 1, "two threads at a time"
        if self.batches > self.free:
            self.go.wait()
        self.running -= 1
        return [float(text.split()[1]) for text in texts]


def numbers(hits: Sequence[Hit]) -> list[int]:
    """Return the numbers of the situations, in order."""
    return [int(hit.text.split()[1]) for hit in hits]


def soon() -> float:
    """Return a deadline that passes while the test waits for it."""
    return time.perf_counter() + 0.05


def test_the_first_hits_are_ordered_anew() -> None:
    """Without a deadline the first 20 are ordered by the reranker, and the others stay behind them."""
    hits, in_time = TimedReranker(Backwards()).rerank("q", HITS, deadline=None)
    assert in_time
    assert numbers(hits) == [*range(RERANKED - 1, -1, -1), *range(RERANKED, 30)]
    assert [hit.rerank_score for hit in hits[:2]] == [19.0, 18.0]
    assert hits[-1].rerank_score is None


def test_what_is_late_keeps_its_rank() -> None:
    """At the deadline the judged batches are ordered among themselves, and all other hits stay as they were."""
    slow = Backwards(free=2)
    hits, in_time = TimedReranker(slow).rerank("q", HITS, deadline=time.perf_counter() + 1)
    slow.go.set()
    assert not in_time
    assert numbers(hits) == [7, 6, 5, 4, 3, 2, 1, 0, *range(8, 30)]


def test_an_abandoned_batch_is_the_last() -> None:
    """A recall that left does not let the reranker begin another batch, and the next waits for the one in hand."""
    slow = Backwards(free=0)
    timed = TimedReranker(slow)
    assert timed.rerank("q", HITS, deadline=soon()) == (HITS, False)
    assert timed.rerank("q", HITS, deadline=soon()) == (HITS, False)
    assert slow.batches == 1
    slow.go.set()
    hits, in_time = timed.rerank("q", HITS, deadline=None)
    assert in_time
    assert slow.batches == 1 + RERANKED // 4
    assert numbers(hits)[0] == RERANKED - 1


def test_no_time_is_no_call() -> None:
    """After the deadline, and without hits, the reranker is not asked."""
    reranker = Backwards()
    timed = TimedReranker(reranker)
    assert timed.rerank("q", HITS, deadline=time.perf_counter() - 1) == (HITS, False)
    assert timed.rerank("q", (), deadline=None) == ((), True)
    assert reranker.batches == 0


def test_an_error_of_the_reranker_is_raised() -> None:
    """What the reranker raises, and a wrong number of scores, reach the caller; the next recall works."""

    class Faulty(Backwards):
        def score(self, query: str, texts: Sequence[str]) -> list[float]:
            if query == "raise":
                raise BadSettings("no such model")
            return super().score(query, texts)[: None if query == "q" else 1]

    timed = TimedReranker(Faulty())
    with pytest.raises(BadSettings, match="no such model"):
        timed.rerank("raise", HITS, deadline=None)
    with pytest.raises(ValueError, match="1 scores for 4 texts"):
        timed.rerank("short", HITS, deadline=None)
    assert timed.rerank("q", HITS, deadline=None)[1]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_reranks() -> None:
    """A child that was forked while the parent's reranker was busy does not wait for the parent's thread."""
    slow = Backwards(free=0)
    timed = TimedReranker(slow)
    timed.rerank("q", HITS, deadline=soon())
    child = os.fork()
    if child == 0:
        slow.free, slow.running = 1000, 0
        os._exit(0 if timed.rerank("q", HITS, deadline=time.perf_counter() + 10)[1] else 1)
    slow.go.set()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_recall_reranks_before_it_packs(tmp_path: Path) -> None:
    """The best of 20 by the reranker is the only hit of k=1; a recall that is late says so."""

    class ByLength:
        def score(self, query: str, texts: Sequence[str]) -> list[float]:
            return [float(len(text)) for text in texts]

    def recall(reranker: TimedReranker | None, limits: RecallLimits) -> RecallResult:
        settings = RecallSettings(min_similarity=-1.0, reranker=reranker)
        return Recaller(store, ENCODER, settings=settings).recall(OWNER, QUERY, k=1, limits=limits)

    with Store(tmp_path, encoder=ENCODER.identity) as store:
        write(store, *(procedure(number, "Count. " * number) for number in range(12)))
        timed = TimedReranker(ByLength())
        assert [hit.entry for hit in recall(timed, RecallLimits())] == [procedure(11, "Count. " * 11)]
        plain = recall(None, RecallLimits())
        late = recall(timed, RecallLimits(deadline_ms=1e-6))
        assert late.degraded == (RERANK_TIMEOUT,)
        assert [hit.id for hit in late] == [hit.id for hit in plain]
        assert recall(None, RecallLimits(deadline_ms=1e-6)).degraded == (DEADLINE_PASSED,)
        assert recall(None, RecallLimits(deadline_ms=NEVER)).degraded == ()


@pytest.fixture(scope="module")
def twelve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store of twelve procedures, to be searched only."""
    with Store(tmp_path_factory.mktemp("twelve"), encoder=ENCODER.identity) as store:
        write(store, *(procedure(number) for number in range(12)))
        yield store


@pytest.mark.parametrize(
    ("scores", "told"),
    [
        ([float("nan"), 1.0, 2.0, 3.0], "the score nan"),
        ([0.0, float("-inf"), 2.0, 3.0], "the score -inf"),
        ([1.0, 2.0, 3.0], "3 scores for 4 texts"),
        ([1.0] * 5, "5 scores for 4 texts"),
        ([1.0, None, 2.0, 3.0], "no list of numbers"),
    ],
)
def test_scores_that_order_nothing_leave_the_hits_as_they_were(
    twelve: Store, caplog: pytest.LogCaptureFixture, scores: list[float], told: str
) -> None:
    """If the reranker gives NaN, infinity or another number of scores, hits keep their order and the answer says so."""

    class LastWrong:
        """Prefers later texts; what it gives for its second batch is `scores`."""

        batches = 0

        def score(self, query: str, texts: Sequence[str]) -> list[float]:
            self.batches += 1
            return [1.0, 2.0, 3.0, 4.0] if self.batches == 1 else scores

    plain = Recaller(twelve, ENCODER, settings=RecallSettings(min_similarity=-1.0)).recall(OWNER, QUERY, k=5)
    settings = RecallSettings(min_similarity=-1.0, reranker=TimedReranker(LastWrong()))
    answer = Recaller(twelve, ENCODER, settings=settings).recall(OWNER, QUERY, k=5)
    assert answer.degraded == (RERANK_FAILED,)
    assert [(hit.id, hit.score, hit.rerank_score) for hit in answer] == [(hit.id, hit.score, None) for hit in plain]
    assert told in caplog.text


@needs_library
def test_a_reranker_must_be_named_rightly(tmp_path: Path) -> None:
    """A path without a directory is refused when it is named, before anything is loaded."""
    for name in (str(tmp_path / "missing"), "", "a/b/c"):
        with pytest.raises(BadSettings, match="neither a directory nor the name of a hub model"):
            CrossEncoderReranker(name)


@pytest.mark.slow
@needs_library
def test_a_cross_encoder_reads_the_pairs(tmp_path: Path) -> None:
    """A cross-encoder of random weights gives the logits that transformers gives for the same pairs, one per text."""
    import torch
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

    from midthought.retrieval.encoders.minilm import packaged_minilm

    texts = ["Count them.", "Weigh all of them, one after the other."]
    tokenizer = AutoTokenizer.from_pretrained(packaged_minilm())
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32
    )
    for labels in (1, 2):
        folder = tmp_path / str(labels)
        config.num_labels = labels
        model = BertForSequenceClassification(config).eval()
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
    with pytest.raises(BadSettings, match="gives 2 scores per pair"):
        CrossEncoderReranker(folder).score("q", texts)
    reranker = CrossEncoderReranker(tmp_path / "1")
    model = BertForSequenceClassification.from_pretrained(tmp_path / "1").eval()
    inputs = tokenizer([QUERY] * 2, texts, padding=True, return_tensors="pt")
    with torch.no_grad():
        logits = model(**inputs).logits[:, 0]
    scores = reranker.score(QUERY, texts)
    assert len(scores) == 2
    assert (scores[0] > scores[1]) == (logits[0] > logits[1])
    assert scores == pytest.approx(torch.sigmoid(logits).tolist(), abs=1e-5)
    assert reranker.score(QUERY, []) == []
