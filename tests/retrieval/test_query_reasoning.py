"""What a reasoner writes is searched beside the query, and never instead of it."""

import logging
import threading
import time
from collections.abc import Iterator, Sequence

import pytest

from midthought.memory.records.entry import Procedure
from midthought.memory.store import Store
from midthought.retrieval.hits import RecallResult
from midthought.retrieval.query_reasoning.base import QueryReasoner
from midthought.retrieval.query_reasoning.reasoned_ranking import join_rankings
from midthought.retrieval.query_reasoning.timed import MAX_CHARACTERS, MAX_TEXTS, TimedReasoner, clean_texts
from midthought.retrieval.recall import QUERY_REASONING_FAILED, Recaller
from midthought.retrieval.recall_limits import NO_LIMITS, RecallLimits
from midthought.retrieval.recall_settings import RecallSettings

from .test_recall_limits import ENCODER, OWNER, QUERY, procedure, write

NEVER = 1e6
RABBITS = Procedure("Which rabbits breed in pairs under a hedge?", "All of them.")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Entries about apples, others, and one of them that shares no word with the query."""
    with Store(tmp_path_factory.mktemp("reasoned"), encoder=ENCODER.identity) as opened:
        others = (Procedure(f"When does train{number} leave town?", "At noon.") for number in range(10))
        write(opened, *(procedure(number) for number in range(3)), *others, RABBITS)
        yield opened


def recall(
    store: Store,
    reasoner: QueryReasoner,
    *,
    timeout: float = NEVER,
    limits: RecallLimits = NO_LIMITS,
    min_similarity: float = -1.0,
) -> RecallResult:
    """Recall five hits with a reasoner."""
    settings = RecallSettings(min_similarity=min_similarity, reasoner=TimedReasoner(reasoner, timeout=timeout))
    return Recaller(store, ENCODER, settings=settings).recall(OWNER, QUERY, k=5, limits=limits)


def test_texts_of_a_reasoner_find_what_the_query_does_not(store: Store) -> None:
    """An entry that the reasoner's text words exactly comes beside those of the query, whose best stays first."""
    plain = Recaller(store, ENCODER, settings=RecallSettings(min_similarity=-1.0)).recall(OWNER, QUERY, k=5)
    asked: list[str] = []

    def reason(query: str) -> Sequence[str]:
        asked.append(query)
        return ["I need " + RABBITS.subquestion, " "]

    found = recall(store, reason)
    assert asked == [QUERY]
    assert RABBITS not in {hit.entry for hit in plain}
    assert RABBITS in {hit.entry for hit in found}
    assert found[0].id == plain[0].id
    assert found.degraded == ()
    assert found.usage.texts == plain.usage.texts + 1


def test_only_the_query_decides_whether_to_answer(store: Store) -> None:
    """A text that fits an entry exactly does not make recall answer where the query has nothing close."""
    assert not recall(store, lambda _: [RABBITS.subquestion], min_similarity=0.999)


def test_a_reasoner_without_texts_changes_nothing(store: Store) -> None:
    """With no texts the hits and scores are those of the query alone, and nothing is degraded."""
    plain = Recaller(store, ENCODER, settings=RecallSettings(min_similarity=-1.0)).recall(OWNER, QUERY, k=5)
    assert recall(store, lambda _: []).hits == plain.hits
    assert recall(store, lambda _: []).degraded == ()


def fail(_: str) -> Sequence[str]:
    """A reasoner whose server is down."""
    raise OSError("the server is down")


@pytest.mark.parametrize("reasoner", [fail, lambda _: "one text", lambda _: [1, 2]])
def test_a_reasoner_that_fails_degrades_the_recall(
    store: Store, reasoner: QueryReasoner, caplog: pytest.LogCaptureFixture
) -> None:
    """An error, and an answer that is no list of texts, cost the recall its reasoning only; the log says why."""
    plain = Recaller(store, ENCODER, settings=RecallSettings(min_similarity=-1.0)).recall(OWNER, QUERY, k=5)
    with caplog.at_level(logging.WARNING):
        found = recall(store, reasoner)
    assert found.hits == plain.hits
    assert found.degraded == (QUERY_REASONING_FAILED,)
    assert "query reasoning failed" in caplog.text


@pytest.mark.parametrize(("timeout", "limits"), [(0.05, NO_LIMITS), (NEVER, RecallLimits(deadline_ms=50))])
def test_a_reasoner_that_is_late_degrades_the_recall(store: Store, timeout: float, limits: RecallLimits) -> None:
    """After the timeout, or at the deadline if that is earlier, the query is recalled without it."""
    go = threading.Event()

    def wait(_: str) -> Sequence[str]:
        go.wait()
        return [RABBITS.subquestion]

    found = recall(store, wait, timeout=timeout, limits=limits)
    go.set()
    assert QUERY_REASONING_FAILED in found.degraded
    assert len(found) == 5


def test_calls_that_hang_do_not_pile_up() -> None:
    """With sixteen calls that hang the next is not made; once they end, calls are made again."""
    go = threading.Event()
    asked: list[str] = []

    def wait(query: str) -> Sequence[str]:
        asked.append(query)
        go.wait()
        return ["text"]

    reasoner = TimedReasoner(wait, timeout=NEVER)
    begun = [reasoner.reason("q", deadline=time.perf_counter() + 0.02) for _ in range(17)]
    assert begun == [None] * 17
    assert len(asked) <= 16
    go.set()
    while (texts := reasoner.reason("q", deadline=None)) is None:
        pass
    assert texts == ("text",)


def test_texts_are_distinct_short_and_few() -> None:
    """Blank and repeated texts are left out, long ones cut, and the first four taken."""
    assert clean_texts(["a ", "a", "", " \n", "b"]) == ("a", "b")
    assert clean_texts(iter(["half \ud83d", "b"])) == ("half ?", "b")  # type: ignore[arg-type]  # what a function yields
    assert clean_texts(["x" * 5000]) == ("x" * MAX_CHARACTERS,)
    assert clean_texts(["x" * MAX_CHARACTERS, "x" * (MAX_CHARACTERS - 1)]) == ("x" * 800, "x" * 799)
    assert len(clean_texts([str(number) for number in range(50)])) == MAX_TEXTS


def test_scores_are_added_by_weight() -> None:
    """An item of one ranking gains nothing by the other, and the sum is ordered."""
    joined = join_rankings([(1, 1.0), (2, 0.5)], [(3, 1.0), (2, 0.8)], weight=0.25)
    assert [(item, round(score, 6)) for item, score in joined] == [(1, 0.75), (2, 0.575), (3, 0.25)]


def test_a_timeout_is_above_zero() -> None:
    """A timeout of 0 is refused."""
    with pytest.raises(ValueError, match="timeout must be above 0, got 0"):
        TimedReasoner(fail, timeout=0)
