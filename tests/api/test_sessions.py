"""Sessions: recall in a thought that another program lets its model write."""

import asyncio
from collections.abc import Callable
from threading import Thread
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from midthought import AsyncClient, BadInput, Client, Memory, Procedure, SessionGone, TooManySessions
from midthought.api.session_table import SessionLimits, SessionTable
from midthought.memory.errors import StoreDamaged
from midthought.memory.records.entry import ExampleSize, WorkedExample
from midthought.memory.records.namespace import Namespace
from midthought.reasoner import SessionAction, SessionAnswer

from .conftest import service_over

KEY = "How do I count arrangements with repeats?"
ENTRY = Procedure(KEY, "Divide the factorials.")
OTHER = Procedure("How do I check a count on a small case?", "List them by hand.")
ROOT = "/v1/namespaces/default/sessions"


class Clock:
    """A time that passes when it is told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def opened(library: Any, **options: Any) -> Callable[..., SessionAnswer]:
    """A function that sends pieces to a new session, and keeps the position."""
    session = library.open_session(options.pop("question", KEY), **options)
    length = 0

    def send(text: str, *, ended: bool = False) -> SessionAnswer:
        nonlocal length
        answer: SessionAnswer = library.step_session(session.id, text, position=length, ended=ended)
        length = answer.position + len(answer.text) if answer.action is SessionAction.INJECT else length + len(text)
        return answer

    return send


@pytest.fixture
def limited(memory: Memory) -> Clock:
    """The memory has few sessions, by a clock that is told."""
    clock = Clock()
    core = memory._core
    object.__setattr__(core, "sessions", SessionTable(SessionLimits(4, 3, 10.0, 25.0), clock=clock))
    return clock


def test_the_start_recalls_for_the_question(library: Memory | Client) -> None:
    """Before the first word, with a hint in its frame; later words bring nothing."""
    library.add_entries([ENTRY])
    send = opened(library)
    answer = send("Let me")
    assert (answer.action, answer.position, answer.trigger, answer.query) == ("inject", 0, "start", KEY)
    assert [one.entry_id for one in answer.entries] == [ENTRY.id]
    assert ENTRY.subroutine in answer.text
    assert send("Let me think.\n\nNow.", ended=True) == SessionAnswer(SessionAction.NONE)


def test_examples_of_the_question_are_counted(library: Memory | Client) -> None:
    """Beside a hint: a worked example of the same problem with other numbers is left out."""
    asked = "In how many ways can 12 boxes be stacked on 3 shelves?"
    solved = WorkedExample(asked, "Choose a shelf for each.", ExampleSize.WHOLE)
    way = Procedure("In how many ways can boxes be stacked on shelves?", "Choose a shelf for each box.")
    library.add_entries([way, solved])
    answer = opened(library, question=asked.replace("12", "40"))("")
    assert [one.entry_id for one in answer.entries] == [way.id]
    assert answer.examples_left_out == 1


def test_a_hint_cuts_the_piece_behind_the_words_that_caused_it(library: Memory | Client) -> None:
    """What stands behind the marks is dropped, and recall happens for what stands between them."""
    library.add_entries([ENTRY])
    send = opened(library, question="What?", triggers=["tag"], later_margin=0.0)
    asked = f"So. <recall>{KEY}</recall>"
    answer = send(asked + " and what I make up")
    assert (answer.action, answer.position, answer.query) == ("inject", len(asked), KEY)


def test_marks_in_two_pieces_are_one_question(library: Memory | Client) -> None:
    """A piece may end anywhere."""
    library.add_entries([ENTRY])
    send = opened(library, question="What?", triggers=["tag"], later_margin=0.0)
    assert send("<rec").action is SessionAction.NONE
    assert send(f"all>{KEY}</rec").action is SessionAction.NONE
    assert send("all>").position == len(f"<recall>{KEY}</recall>")


def test_a_question_that_nothing_answers_is_told_so(library: Memory | Client) -> None:
    """By a text without entries."""
    send = opened(library, question="What?", triggers=["tag"])
    answer = send("<recall>Zebras on the moon?</recall>")
    assert (answer.action, answer.entries) == (SessionAction.INJECT, ())
    assert answer.reason


def test_the_query_has_the_last_paragraph(library: Memory | Client) -> None:
    """No model completes a sentence: the question and the paragraph are searched for."""
    send = opened(library, question="What?", triggers=["stop"])
    assert send("First part.\n\nSecond part.").query == ""
    answer = send(" The end.", ended=True)
    assert (answer.trigger, answer.query) == ("stop", "What?\nSecond part. The end.")


def test_words_count_for_triggers(library: Memory | Client) -> None:
    """`every` fires behind the third word of a piece, whatever follows."""
    library.add_entries([ENTRY])
    send = opened(library, triggers=["every"], every_tokens=3, later_margin=0.0)
    assert send("one two three four").position == len("one two three")


def test_no_entry_twice_and_no_more_recalls_than_allowed(library: Memory | Client) -> None:
    """The second recall finds the other entry, a third does not happen."""
    library.add_entries([ENTRY, OTHER])
    question = f"{ENTRY.key} {OTHER.key}"
    send = opened(library, question=question, triggers=["every"], every_tokens=1, recalls=2, later_margin=0.0)
    answers = [send(" word") for _ in range(3)]
    assert {one.entry_id for answer in answers[:2] for one in answer.entries} <= {ENTRY.id, OTHER.id}
    assert len([one for answer in answers for one in answer.entries]) == len(
        {one.entry_id for answer in answers for one in answer.entries}
    )
    assert answers[2] == SessionAnswer(SessionAction.NONE)


def test_a_hint_is_no_part_of_what_is_asked_next(library: Memory | Client) -> None:
    """The query is made of what the model wrote, in front of the hint and behind it."""
    library.add_entries([ENTRY, OTHER])
    send = opened(library, triggers=["start", "every"], every_tokens=2, recalls=1, later_margin=0.0)
    assert send("").action is SessionAction.INJECT
    assert send(" I count").query == f"{KEY}\nI count"


def test_a_hint_beyond_the_budget_is_left_out(library: Memory | Client) -> None:
    """And the answer says so."""
    library.add_entries([ENTRY])
    send = opened(library, triggers=["every"], every_tokens=1, hint_tokens=5, later_margin=0.0)
    answer = send("word")
    assert answer.action is SessionAction.NONE
    assert "5 tokens" in answer.reason


def test_nothing_is_put_in_behind_the_thought(library: Memory | Client) -> None:
    """An answer is never interrupted."""
    library.add_entries([ENTRY])
    send = opened(library, triggers=["every"], every_tokens=2, thought_end="</t>", later_margin=0.0)
    assert send("done</t> the answer is four").trigger == ""


def test_a_step_sent_twice_is_harmless(library: Memory | Client) -> None:
    """The same answer, one receipt; another piece at a wrong place is refused, and the right one is still taken."""
    library.add_entries([ENTRY])
    session = library.open_session(KEY)
    first = library.step_session(session.id, "", position=0)
    assert library.step_session(session.id, "", position=0) == first
    assert sorted(one.kind for one in library.receipts()) == ["injection", "recall"]
    with pytest.raises(BadInput, match=f"position must be {len(first.text)}"):
        library.step_session(session.id, "on", position=3)
    assert library.step_session(session.id, "on", position=len(first.text)).action is SessionAction.NONE


def test_steps_sent_at_once_have_one_answer(memory: Memory) -> None:
    """Two threads send the same piece: one recall."""
    memory.add_entries([ENTRY])
    session, answers = memory.open_session(KEY), list[SessionAnswer]()
    threads = [Thread(target=lambda: answers.append(memory.step_session(session.id, "", position=0))) for _ in "1234"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == len(threads)
    assert len(set(answers)) == 1
    assert [one.kind for one in memory.receipts()].count("recall") == 1


def test_a_memory_that_fails_lets_the_thought_go_on(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer is flagged, and the next piece is taken."""

    def fail(*_: object, **__: object) -> None:
        raise StoreDamaged("torn")

    memory.add_entries([ENTRY])
    send = opened(memory)
    monkeypatch.setattr("midthought.retrieval.recall.Recaller.recall", fail)
    answer = send("So")
    assert answer.action is SessionAction.NONE
    assert "torn" in answer.degraded[0]
    assert send(" on").degraded == ()


@pytest.mark.parametrize("options", [{"triggers": ["uncertainty"]}, {"tag_open": "x", "tag_close": "x"}])
def test_what_a_session_cannot_do_is_refused(library: Memory | Client, options: dict[str, Any]) -> None:
    """Log-probs are not in the text; two equal marks mark nothing."""
    with pytest.raises(BadInput):
        library.open_session("What?", **options)


def test_a_closed_one_is_gone_by_a_stable_code(memory: Memory) -> None:
    """404 and `session-gone`, for steps and for closing; also in another namespace."""
    memory.create_namespace("other")
    with TestClient(service_over(memory), base_url="http://127.0.0.1") as client:
        made = client.post(ROOT, json={"question": KEY})
        assert made.status_code == 201
        path, step = f"{ROOT}/{made.json()['id']}", {"text": "", "position": 0}
        elsewhere = client.post(path.replace("default", "other") + "/step", json=step)
        assert client.post(f"{path}/step", json=step).status_code == 200
        assert client.delete(path).json() == {"id": made.json()["id"]}
        for answer in (elsewhere, client.post(f"{path}/step", json=step), client.delete(path)):
            assert (answer.status_code, answer.json()["type"]) == (404, "urn:midthought:problem:session-gone")


def test_sessions_expire(memory: Memory, limited: Clock) -> None:
    """When they are not used, and when they are old."""
    idle, used = (memory.open_session("What?", triggers=["stop"]).id for _ in range(2))
    for position in range(2):
        limited.now += 9.0
        memory.step_session(used, ".", position=position)
    with pytest.raises(SessionGone, match="expired"):
        memory.step_session(idle, ".", position=0)
    limited.now += 8.0
    with pytest.raises(SessionGone, match="expired"):
        memory.step_session(used, ".", position=2)
    assert len(memory._core.sessions) == 0


def test_there_is_a_bound_for_each_namespace_and_for_all(memory: Memory, limited: Clock) -> None:
    """One namespace leaves a place to the others; closing makes room."""
    memory.create_namespace("other")
    ids = [memory.open_session("What?").id for _ in range(3)]
    with pytest.raises(TooManySessions, match="in the namespace default"):
        memory.open_session("What?")
    memory.open_session("What?", namespace="other")
    with pytest.raises(TooManySessions, match="in this memory"):
        memory.open_session("What?", namespace="other")
    with TestClient(service_over(memory), base_url="http://127.0.0.1") as client:
        answer = client.post(ROOT, json={"question": KEY})
    assert (answer.status_code, answer.json()["type"]) == (429, "urn:midthought:problem:too-many-sessions")
    memory.close_session(ids[0])
    memory.open_session("What?")


def test_a_thousand_abandoned_sessions_leave_nothing(memory: Memory) -> None:
    """No session, no count and no row of the store, once they have expired."""
    clock = Clock()
    table = SessionTable(clock=clock)
    object.__setattr__(memory._core, "sessions", table)
    before = (memory.stats(), memory.receipts())
    for _ in range(1000):
        memory.open_session("What?")
    assert len(table) == 1000
    clock.now += table.limits.idle_seconds + 1
    assert len(table) == 0
    assert not table._counts
    assert (memory.stats(), memory.receipts()) == before


def test_a_forgotten_namespace_has_no_sessions(memory: Memory) -> None:
    """Nor has the next one of its name."""
    memory.create_namespace("brief")
    session = memory.open_session("What?", namespace="brief")
    memory.forget_namespace("brief")
    memory.create_namespace("brief")
    with pytest.raises(SessionGone):
        memory.step_session(session.id, "", position=0, namespace="brief")
    memory._core.sessions.close_namespace(Namespace("brief"))


def test_the_async_client_steps_alike(memory: Memory) -> None:
    """Awaited, with the same answer."""
    memory.add_entries([ENTRY])

    async def ask() -> SessionAnswer:
        transport = httpx.ASGITransport(service_over(memory))
        async with AsyncClient("http://127.0.0.1", transport=transport) as client:
            session = await client.open_session(KEY)
            answer = await client.step_session(session.id, "", position=0)
            await client.close_session(session.id)
            return answer

    assert asyncio.run(ask()) == opened(memory)("")
