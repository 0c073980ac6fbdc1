"""Recalls that are answered together are answered as each would be alone, and all receipts are recorded."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from midthought.api.operations.recall import Recall
from midthought.api.operations.recall_batch import RecallBatch
from midthought.api.python.memory import Memory, core_of, open_memory
from midthought.api.recall_groups import RecallTask, answer_encoded, answer_recalls
from midthought.memory.records.entry import EntryKind, Lesson, Procedure
from midthought.memory.records.namespace import DEFAULT_NAMESPACE, Namespace
from midthought.retrieval.encoders.base import Vectors
from midthought.retrieval.encoders.hashing import HashingEncoder
from midthought.retrieval.hits import RecallResult, Usage
from midthought.retrieval.recall import DEADLINE_PASSED

OTHER = Namespace("other")
THINGS = ("pencils", "letters", "coins", "roads", "cards", "lamps", "ships", "fields")
LONG = " ".join(f"I have {n} lamps and weigh each of them with care." for n in range(40)) + " How do I sort lamps?"


class Refusing(HashingEncoder):
    """Encodes nothing that holds the word "refused"; notes how many queries came at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[int] = []

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Encode, unless a text is refused."""
        self.batches.append(len(texts))
        if any("refused" in text for text in texts):
            raise ValueError("refused")
        return super().encode_queries(texts)


@pytest.fixture
def encoder() -> Refusing:
    """The encoder of the memory."""
    return Refusing()


@pytest.fixture
def memory(tmp_path: Path, encoder: Refusing) -> Iterator[Memory]:
    """Two namespaces with entries of two kinds, and the starter memory."""
    with open_memory(tmp_path / "memory", encoder=encoder, starter=False, min_similarity=0.1) as opened:
        for owner in (DEFAULT_NAMESPACE, OTHER):
            steps = [Procedure(f"How do I sort {one} of {owner}?", f"Lay the {one} side by side.") for one in THINGS]
            advice = [Lesson(f"There are too many {one} of {owner}", f"Count the {one} twice.") for one in THINGS]
            opened.add_entries([*steps, *advice], namespace=owner)
        yield opened


RECALLS = (
    *(Recall(query=f"sort {one} by weight") for one in THINGS),
    Recall(query="How do I sort pencls?"),
    Recall(query=LONG, k=2),
    Recall(query="too many coins", kinds=(EntryKind.LESSON,), k=1, explain=True),
    Recall(query="zzz qqq vvv"),
    Recall(query="too many roads", domains=("none",)),
    Recall(query=" "),
    Recall(query="sort cards", max_tokens=12, k=7),
)


def told(result: RecallResult) -> RecallResult:
    """Return what does not differ from one call to the next."""
    return replace(result, request_id="", usage=Usage(texts=result.usage.texts), moment="")


def tasks_of(memory: Memory, recalls: Sequence[Recall]) -> list[RecallTask]:
    """Return recalls that ask two namespaces in turn."""
    owners = (DEFAULT_NAMESPACE, OTHER)
    return [RecallTask(core_of(memory), owners[n % 2], one, recorded=True) for n, one in enumerate(recalls)]


def test_a_group_is_answered_as_each_alone(memory: Memory, encoder: Refusing) -> None:
    """Queries of all kinds in one group: hits, scores, abstentions and explanations equal those of single calls."""
    tasks = tasks_of(memory, RECALLS)
    together = answer_recalls(tasks)
    assert max(encoder.batches) > len(RECALLS)  # a long or misspelt query is more than one text
    alone = [memory.send(task.recall, namespace=task.namespace) for task in tasks]
    assert [told(one) for one in together] == [told(one) for one in alone]
    assert sum(bool(one) for one in together) >= len(THINGS)
    assert sum(one.abstention is not None for one in together) >= 3


def test_threads_get_their_own_answers_and_receipts(memory: Memory) -> None:
    """Twelve threads recall at once: each gets what it would get alone, and every receipt is found by its id."""
    alone = {n: told(memory.send(one, namespace=DEFAULT_NAMESPACE)) for n, one in enumerate(RECALLS)}
    asked = [*range(len(RECALLS))] * 4
    with ThreadPoolExecutor(12) as threads:
        found = list(threads.map(lambda n: memory.send(RECALLS[n], namespace=DEFAULT_NAMESPACE), asked))
    assert [told(one) for one in found] == [alone[n] for n in asked]
    recorded = {one.id for one in memory.receipts(limit=1000)}
    assert len(recorded) == len(RECALLS) + len(found)
    assert {one.request_id for one in found} <= recorded


def test_an_error_is_its_recalls_alone(memory: Memory) -> None:
    """Of a group with a query that cannot be encoded, only that recall fails, and the others leave receipts."""
    queries = ["sort coins", "refused", "sort ships", "sort lamps"]
    tasks = [RecallTask(core_of(memory), DEFAULT_NAMESPACE, Recall(query=one), recorded=True) for one in queries]
    answers = answer_encoded(tasks)
    assert [isinstance(one, ValueError) for one in answers] == [False, True, False, False]
    with pytest.raises(ValueError, match="refused"):
        memory.recall("refused")
    assert sorted(one.query for one in memory.receipts()) == sorted(set(queries) - {"refused"})


def test_a_deadline_counts_from_when_a_caller_began_to_wait(memory: Memory) -> None:
    """Of two recalls of a group, the one that waited for longer than its deadline says so, however short its search."""
    recall = Recall(query="sort ships", deadline_ms=5000)
    waited = RecallTask(core_of(memory), DEFAULT_NAMESPACE, recall, recorded=True, asked=time.perf_counter() - 6)
    late, soon = answer_recalls([waited, replace(waited, asked=None)])
    assert (late.degraded, soon.degraded) == ((DEADLINE_PASSED,), ())


def test_receipts_of_a_group_are_one_commit(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch of recalls syncs the disk once for all of its receipts."""
    commits, sizes = memory.store.writer._commits, []
    commit = commits._commit
    monkeypatch.setattr(commits, "_commit", lambda group: (sizes.append(len(group)), commit(group)))
    answers = memory.send(RecallBatch(recalls=RECALLS), namespace=DEFAULT_NAMESPACE)
    assert sizes == [len(RECALLS)] == [len(answers)]
