"""Recalls of many requests are answered in groups, and each caller notices nothing of the others."""

import asyncio
import json
import logging
import time
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from threading import Event, Thread

import pytest
from fastapi import HTTPException

from midthought.api.operations.recall import Recall
from midthought.api.python.memory import Memory, core_of, open_memory
from midthought.api.recall_groups import RecallTask
from midthought.api.rest.recall_lanes import MAX_GROUP, RecallAnswer, RecallLanes
from midthought.api.rest.request_context import RequestNames, current_request, enter_request
from midthought.memory.records.entry import Lesson
from midthought.memory.records.namespace import DEFAULT_NAMESPACE, Namespace
from midthought.retrieval.encoders.base import Vectors
from midthought.retrieval.encoders.hashing import HashingEncoder

THINGS = ("pencils", "letters", "coins", "roads", "cards", "lamps", "ships", "fields")
_log = logging.getLogger("midthought.test")


class Panic(BaseException):
    """As libraries in Rust raise it: no `Exception`."""


class Slow(HashingEncoder):
    """Refuses texts with the word "refused", and breaks down at "panic".

    It says for which request it encodes, and waits until it may.
    """

    def __init__(self) -> None:
        super().__init__()
        self.may_encode, self.has_begun = Event(), Event()
        self.may_encode.set()
        self.seconds = 0.0
        self.batches: list[int] = []

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Encode, unless a text is refused."""
        self.has_begun.set()
        self.may_encode.wait(30)
        time.sleep(self.seconds)
        self.batches.append(len(texts))
        names = current_request()
        _log.info("encoded for %s", names and names.id)
        if any("refused" in text for text in texts):
            raise ValueError("refused")
        if any("panic" in text for text in texts):
            raise Panic("broken")
        if any("at its end" in text for text in texts):
            raise StopIteration("broken")
        return super().encode_queries(texts)


@pytest.fixture
def encoder() -> Slow:
    """The encoder of the memory."""
    return Slow()


@pytest.fixture
def memory(tmp_path: Path, encoder: Slow) -> Iterator[Memory]:
    """A memory with a lesson on each thing."""
    with open_memory(tmp_path / "memory", encoder=encoder, starter=False, min_similarity=0.1) as opened:
        opened.add_entries([Lesson(f"There are too many {one}", f"Count the {one} twice.") for one in THINGS])
        encoder.batches.clear()
        yield opened


@pytest.fixture
def lanes() -> Iterator[RecallLanes]:
    """The lanes of a service."""
    made = RecallLanes()
    yield made
    made.close()


async def ask(lanes: RecallLanes, memory: Memory, query: str, name: str = "") -> RecallAnswer:
    """Ask for a query, in a request of this name."""
    if name:
        enter_request(RequestNames(name))
    task = RecallTask(core_of(memory), DEFAULT_NAMESPACE, Recall(query=query), recorded=True)
    return await lanes.answer(task)


def ask_all(lanes: RecallLanes, memory: Memory, queries: Sequence[str]) -> list[RecallAnswer | BaseException]:
    """Ask for all at once, on one event loop."""

    async def gather() -> list[RecallAnswer | BaseException]:
        return await asyncio.gather(*(ask(lanes, memory, one) for one in queries), return_exceptions=True)

    return asyncio.run(gather())


def test_answers_are_those_of_single_recalls(lanes: RecallLanes, memory: Memory, encoder: Slow) -> None:
    """Forty recalls at once: hits and scores are those of the library, each has its receipt, few were encoded alone."""
    queries = [f"too many {THINGS[n % 8]}, {n} of them" for n in range(40)]
    answers = ask_all(lanes, memory, queries)
    batches = [*encoder.batches]
    for query, answer in zip(queries, answers, strict=True):
        assert isinstance(answer, RecallAnswer)
        alone = memory.recall(query)
        assert [(one.id, one.score) for one in answer.result.hits] == [(one.id, one.score) for one in alone.hits]
        assert json.loads(answer.written)["request_id"] == answer.result.request_id
    assert {one.result.request_id for one in answers if isinstance(one, RecallAnswer)} <= {
        one.id for one in memory.receipts(limit=1000)
    }
    assert sum(batches) == len(queries)
    assert max(batches) > 8


def test_usage_tells_how_long_queries_were_encoded(lanes: RecallLanes, memory: Memory, encoder: Slow) -> None:
    """The time of the encoder is in each answer, and stages follow each other without a gap, also within a group."""
    encoder.seconds = 0.02
    for answer in ask_all(lanes, memory, [f"too many {one}" for one in THINGS]):
        assert isinstance(answer, RecallAnswer)
        laps = answer.result.laps
        gaps = [after.started - before.started - before.seconds for before, after in pairwise(laps)]
        assert gaps == pytest.approx([0] * len(gaps), abs=1e-3)
        assert answer.result.usage.stages.encode == answer.result.usage.encode_ms >= 20
        assert json.loads(answer.written)["usage"]["encode_ms"] == pytest.approx(answer.result.usage.encode_ms)


def test_long_queries_are_few_in_a_group(lanes: RecallLanes, memory: Memory, encoder: Slow) -> None:
    """Eight queries of 30,000 characters wait: each is encoded in a group of its own, so nobody waits for all."""
    long = [f"{one} " * (30_000 // (len(one) + 1)) for one in THINGS]
    answers = ask_all(lanes, memory, long)
    assert [one.result.query for one in answers if isinstance(one, RecallAnswer)] == long
    assert max(encoder.batches) <= max(one.result.usage.texts for one in answers if isinstance(one, RecallAnswer))


def test_an_error_reaches_its_caller_alone(lanes: RecallLanes, memory: Memory) -> None:
    """A query that cannot be encoded is the error of its caller alone, and the others leave receipts."""
    queries = ["too many coins", "refused", "too many ships", "too many lamps"]
    answers = ask_all(lanes, memory, queries)
    assert [isinstance(one, ValueError) for one in answers] == [False, True, False, False]
    assert sorted(one.query for one in memory.receipts()) == sorted(set(queries) - {"refused"})


@pytest.mark.parametrize(("word", "name"), [("panic", "Panic"), ("at its end", "StopIteration")])
def test_nobody_waits_for_a_group_that_broke_down(lanes: RecallLanes, memory: Memory, word: str, name: str) -> None:
    """Even if the library that encodes breaks down, each caller has its answer, and the next one, too."""

    async def gather() -> list[RecallAnswer | BaseException]:
        asked = (ask(lanes, memory, query) for query in ("too many coins", word, "too many ships"))
        return await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), 30)

    first, broken, last = asyncio.run(gather())
    assert isinstance(first, RecallAnswer)
    assert isinstance(last, RecallAnswer)
    assert isinstance(broken, RuntimeError)  # an event loop that is given an error of no `Exception` may end
    assert f"{name}: broken" in str(broken)
    assert isinstance(ask_all(lanes, memory, ["too many coins"])[0], RecallAnswer)


def test_a_failed_commit_reaches_every_caller(
    lanes: RecallLanes, memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If receipts cannot be written, every caller is told so, and the next recall is answered."""

    def fail(*_: object) -> None:
        raise OSError("no space")

    with monkeypatch.context() as broken:
        broken.setattr(type(memory.store.writer), "record_receipts", fail)
        answers = ask_all(lanes, memory, ["too many coins", "too many ships"])
    assert [str(one) for one in answers] == ["no space"] * 2
    assert isinstance(ask_all(lanes, memory, ["too many coins"])[0], RecallAnswer)


def test_a_cancelled_caller_costs_the_others_nothing(lanes: RecallLanes, memory: Memory, encoder: Slow) -> None:
    """A caller that leaves while its group is encoded: the others of the group are answered."""

    async def leave() -> list[RecallAnswer]:
        encoder.may_encode.clear()
        asked = [asyncio.ensure_future(ask(lanes, memory, f"too many {one}")) for one in THINGS]
        await asyncio.sleep(0.01)
        asked[3].cancel()
        await asyncio.sleep(0)
        encoder.may_encode.set()
        return await asyncio.gather(*(one for n, one in enumerate(asked) if n != 3))

    assert all(answer.result.hits for answer in asyncio.run(leave()))


def test_each_is_searched_under_its_own_name(
    lanes: RecallLanes, memory: Memory, encoder: Slow, caplog: pytest.LogCaptureFixture
) -> None:
    """What is done for a group belongs to no request; what is done for one recall belongs to its own."""

    async def both() -> list[RecallAnswer | BaseException]:
        encoder.may_encode.clear()
        asked = [
            asyncio.create_task(ask(lanes, memory, query, name))
            for name, query in (("q-first", "refused one"), ("q-second", "refused two"), ("q-third", "many coins"))
        ]
        await asyncio.sleep(0.01)
        encoder.may_encode.set()
        return await asyncio.gather(*asked, return_exceptions=True)

    with caplog.at_level(logging.INFO, _log.name):
        asyncio.run(both())
    told = [one.getMessage().rpartition(" ")[2] for one in caplog.records if one.name == _log.name]
    assert told[0] == "None"
    assert {"q-first", "q-second"} <= set(told)  # those whose batch failed are encoded again, each alone


def test_namespaces_take_turns(lanes: RecallLanes, memory: Memory, encoder: Slow) -> None:
    """Sixty recalls of one namespace wait, then one of another comes: that one is in the next group."""
    order: list[str] = []

    async def asked(name: str, query: str) -> None:
        task = RecallTask(core_of(memory), Namespace(name), Recall(query=query), recorded=False)
        await lanes.answer(task)
        order.append(name)

    async def crowd() -> None:
        encoder.may_encode.clear()
        waiting = [asyncio.create_task(asked("busy", f"too many coins, {n}")) for n in range(60)]
        await asyncio.sleep(0.01)
        waiting.append(asyncio.create_task(asked("calm", "too many coins")))
        await asyncio.sleep(0.01)
        encoder.may_encode.set()
        await asyncio.gather(*waiting)

    asyncio.run(crowd())
    assert order.index("calm") <= 2 * MAX_GROUP
    assert len(order) == 61


def test_two_event_loops_share_the_lanes(lanes: RecallLanes, memory: Memory) -> None:
    """Callers of two event loops are each answered on their own."""
    found: dict[int, list[RecallAnswer | BaseException]] = {}
    queries = [f"too many {one}" for one in THINGS]
    threads = [Thread(target=lambda n=n: found.update({n: ask_all(lanes, memory, queries)})) for n in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(30)
    assert [len(found[n]) for n in range(2)] == [8, 8]
    assert all(isinstance(one, RecallAnswer) and one.result.hits for n in range(2) for one in found[n])


def test_who_waits_when_a_service_ends_is_told(lanes: RecallLanes, memory: Memory, encoder: Slow) -> None:
    """What is being answered goes on, and all that wait behind it are refused with 503 and when to ask again."""

    async def end() -> list[RecallAnswer | BaseException]:
        encoder.may_encode.clear()
        encoder.has_begun.clear()
        asked = [asyncio.create_task(ask(lanes, memory, "too many coins"))]
        while not encoder.has_begun.is_set():
            await asyncio.sleep(0.001)
        asked += [asyncio.create_task(ask(lanes, memory, f"too many {one}")) for one in THINGS]
        while lanes.waiting < len(THINGS):
            await asyncio.sleep(0.001)
        lanes.stop()
        encoder.may_encode.set()
        return await asyncio.gather(*asked, return_exceptions=True)

    first, *others = asyncio.run(end())
    assert isinstance(first, RecallAnswer)
    told = [(one.status_code, one.headers) for one in others if isinstance(one, HTTPException)]
    assert told == [(503, {"Retry-After": "5"})] * len(THINGS)


def test_closed_lanes_open_again(lanes: RecallLanes, memory: Memory) -> None:
    """A service that starts once more, after it had ended, answers as before."""
    for _ in range(3):
        assert isinstance(ask_all(lanes, memory, ["too many coins"])[0], RecallAnswer)
        lanes.close()


def test_a_namespace_that_ended_has_no_hits(lanes: RecallLanes, memory: Memory) -> None:
    """A recall waits while its namespace is forgotten: nothing of it is found, and the namespace is not made again."""
    task = RecallTask(core_of(memory), Namespace("gone"), Recall(query="too many coins"), recorded=True)
    answer = asyncio.run(lanes.answer(task))
    assert answer.result.abstention is not None
    assert not answer.result.hits
    assert [one.name for one in memory.namespaces()] == [DEFAULT_NAMESPACE.name]
