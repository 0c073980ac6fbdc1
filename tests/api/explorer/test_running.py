"""A thought is watched while it runs, by who may read its namespace, until it becomes a run."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from fastapi.testclient import TestClient

from midthought.api.keyring import ApiKey, Keyring
from midthought.api.live.live_thought import LiveThought
from midthought.api.live.live_thoughts import LiveThoughts
from midthought.api.python.memory import Memory, open_memory
from midthought.api.rest.app import create_app
from midthought.api.settings import Settings
from midthought.api.text_validation import printable
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.run import RunRow
from midthought.reasoner.thought.events import (
    BranchToken,
    EntriesRecalled,
    HintInjected,
    QueryToken,
    RecallAbstained,
    ThoughtOpened,
)
from midthought.retrieval.encoders.hashing import HashingEncoder
from midthought.retrieval.hits import Abstention, AbstentionReason

from ..conftest import PROCEDURE
from ..thinking import REASON, HeldEngine, letting_go, thinking_app
from .parsed_page import Element, parse_page
from .test_untrusted_text import TRIES, check_page

ALICE, DEFAULT = Namespace("alice"), Namespace("default")
SECRET = "the albatross sings"
QUESTION = "How many anagrams has LEVEL?"
THOUGHT = "I divide by what repeats, then I check.\n</think>\nIt is 30."
ENGINE = HeldEngine(THOUGHT, "check")
KEYS = Keyring((ApiKey("alices-key", ("alice",)), ApiKey("bobs-key", ("bob", "default"))))


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory, lay_store: Callable[[Path], Path]) -> Iterator[Memory]:
    """A memory of one entry that never abstains for want of similarity, and of alice's."""
    home = lay_store(tmp_path_factory.mktemp("watched") / "memory")
    with open_memory(home, encoder=HashingEncoder(), starter=False, min_similarity=-1.0, engine=ENGINE) as opened:
        opened.add_entries([PROCEDURE])
        opened.create_namespace("alice")
        yield opened


@pytest.fixture(scope="module")
def client(memory: Memory) -> Iterator[TestClient]:
    """The service over it."""
    with TestClient(thinking_app(memory), base_url="http://127.0.0.1") as opened:
        yield opened


def live_of(client: TestClient) -> LiveThoughts:
    """What of a service can be watched."""
    live: LiveThoughts = client.app.state.thoughts.live  # type: ignore[attr-defined]  # a FastAPI
    return live


def show(client: TestClient, path: str, status: int = 200) -> Element:
    """A page below the default namespace."""
    answer = client.get(f"/explore/default{path}")
    assert answer.status_code == status, answer.text[:500]
    return parse_page(answer.text)


def news(client: TestClient, thought: LiveThought, after: int = 0) -> Any:
    """What the script of the page is told."""
    return client.get(f"/explore/{thought.namespace}/running/{thought.id}/news?after={after}").json()


def words_of(page: Element, part: str) -> str:
    """The text of a continuation on a page, without what stands around hints."""
    return "".join(one.text for one in page.find(id=part).find_all("span", **{"class": "words"}))


@pytest.mark.parametrize("streams", [False, True])
def test_a_thought_is_watched_until_its_run_is_there(memory: Memory, client: TestClient, streams: bool) -> None:
    """Listed with its state; its words so far, its query and its hint are shown; then the way to the very run."""
    ENGINE.hold()
    question = f"{QUESTION} {streams}"
    with ThreadPoolExecutor(1) as threads, letting_go(ENGINE):
        asked = threads.submit(client.post, REASON, json={"question": question, "stream": streams, "branches": 1})
        assert ENGINE.reached.wait(60)
        listed = show(client, "/runs").section("running")
        link = listed.find("a")
        assert (link.text, "thinking" in listed.text) == (question, True)
        path = link.attributes["href"].removeprefix("/explore/default")
        page = show(client, path)
        assert page.find(id="state").text == "thinking"
        assert words_of(page, "part-0-0") == " I divide by what repeats, then I".lstrip()
        before = page.find(id="part").text
        assert "How do I count arrangements?" in before
        hint = page.find(id="part-0").find("mark")
        assert PROCEDURE.subroutine in hint.text
        assert hint.find("a").attributes["href"] == f"/explore/default/entries/{PROCEDURE.id}"
        (thought,) = live_of(client).list(DEFAULT)
        place = page.find(id="parts").attributes
        assert place["data-watch"] == f"/explore/default/running/{thought.id}/news"
        told = client.get(f"{place['data-watch']}?after={place['data-after']}").json()
        assert (told["more"], told["state"], told["parts"]) == (True, "thinking", [])
        ENGINE.go.set()
        assert asked.result(60).status_code == 200
    (run, *_) = memory.runs(limit=1)
    told = news(client, thought)
    assert (told["more"], [one["href"] for one in told["runs"]]) == (False, [f"/explore/default/runs/{run.id}"])
    ended = show(client, path)
    assert ended.find("main").find_all("a")[0].attributes["href"] == f"/explore/default/runs/{run.id}"
    assert show(client, "/runs").find_all(id="running") == []
    assert live_of(client).list(DEFAULT) == []


def test_a_thought_without_a_run_does_not_lead_to_an_earlier_one(memory: Memory, client: TestClient) -> None:
    """A run of its question that began before it is another's; one that began with it may be its own."""
    question = "How do I hear a kettle?"
    with live_of(client).running(DEFAULT, question) as thought:
        pass
    record = memory.store.writer.record_run
    record(DEFAULT, RunRow("run-before", question, "unknown", 1, 30.0, "{}"))
    record(DEFAULT, RunRow("run-of-another", "How do I hear a drum?", "unknown", 1, 0.0, "{}"))
    assert "No run of it is kept" in show(client, f"/running/{thought.id}").find("main").text
    assert news(client, thought)["runs"] == []
    for number in range(2):
        record(DEFAULT, RunRow(f"run-{number}", question, "unknown", 1, 0.0, "{}"))
    page = show(client, f"/running/{thought.id}").find("main")
    assert "Its run is one of these" in page.text
    assert [one["href"][-5:] for one in news(client, thought)["runs"]] == ["run-0", "run-1"]


def fill(thought: LiveThought, text: str, memory: Memory) -> None:
    """Everything that a thought may tell, with a text that somebody else wrote."""
    hits = tuple(memory.recall("pencil").hits)
    thought.hear(ThoughtOpened(text, text, text, text))
    thought.hear(QueryToken(text))
    thought.hear(EntriesRecalled(text, hits, 0.1))
    thought.hear(HintInjected(0, PROCEDURE.id, 1, text, text, 3))
    thought.hear(BranchToken(0, 0, text))
    thought.hear(HintInjected(0, text, 1, text, text, 3, text, 0, 9))
    thought.hear(RecallAbstained(text, Abstention(AbstentionReason.NOTHING_CLOSE, text), 0.1, text, 0, 0))


@pytest.mark.sampled
@pytest.mark.parametrize("text", TRIES)
def test_no_text_of_a_thought_makes_anything_of_its_page(memory: Memory, client: TestClient, text: str) -> None:
    """Nor of the list; what the script gets has no character that steers a display."""
    with live_of(client).running(DEFAULT, text) as thought:
        fill(thought, text, memory)
        for path in ("/runs", f"/running/{thought.id}"):
            page = show(client, path)
            check_page(page)
            assert " ".join(printable(text).split()) in " ".join(page.text.split())
        told = news(client, thought)
        assert told == news(client, thought)
        shown = [one["text"] for part in told["parts"] for one in part["pieces"]]
        assert printable(text) in shown
        assert [one for one in shown if one != printable(one)] == []


def test_a_late_watcher_is_told_what_is_left_out(client: TestClient) -> None:
    """In the text, at its place, with the number of characters."""
    with live_of(client).running(DEFAULT, QUESTION) as thought:
        for number in range(9_000):
            thought.hear(BranchToken(0, 0, f" word{number}"))
        page = show(client, f"/running/{thought.id}")
        (part,) = thought.news().parts
        assert f"{part.cut:,} characters are left out here" in page.find("span", **{"class": "cut"}).text
        shown = words_of(page, "part-0-0")
        assert shown.startswith(" word0 word1 ")
        assert shown.endswith(" word8999")
        assert len(shown) + part.cut == part.length


def test_who_waits_when_it_ends_gets_its_last_words(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though nothing of it is kept behind the end; and an answer is not given before there is news."""
    live, is_held = live_of(client), Event()

    def find(namespace: Namespace, thought_id: str) -> LiveThought | None:
        found = LiveThoughts.find(live, namespace, thought_id)
        is_held.set()
        return found

    monkeypatch.setattr(live, "find", find)
    with ThreadPoolExecutor(1) as threads:
        with live.running(DEFAULT, QUESTION) as thought:
            waiting = threads.submit(client.get, f"/explore/default/running/{thought.id}/news?wait=1")
            assert is_held.wait(60)
            thought.hear(BranchToken(0, 0, "the last words"))
        told = waiting.result(60).json()
    assert (told["more"], told["state"], told["runs"]) == (False, "ended", [])
    assert [piece["text"] for part in told["parts"] for piece in part["pieces"]] == ["the last words"]
    assert news(client, thought)["parts"] == []


@pytest.mark.parametrize("path", ["/running/w-1", "/running/w-1/news", "/running/w-ffffffffffff-000011112222"])
def test_a_thought_that_never_was_is_not_found(client: TestClient, path: str) -> None:
    """As an entry that never was."""
    assert client.get(f"/explore/default{path}").status_code == 404


def test_after_must_be_a_number(client: TestClient) -> None:
    """Status 400 in place of an answer to something else."""
    with live_of(client).running(DEFAULT, QUESTION) as thought:
        for after in ("x", "-1", "1e3"):
            answer = client.get(f"/explore/default/running/{thought.id}/news?after={after}")
            assert answer.status_code == 400


def test_only_who_may_read_the_namespace_sees_what_runs_in_it(memory: Memory) -> None:
    """For others it is like a namespace that is missing; an id of alice's under another name is like none."""
    app = create_app(memory, Settings(api_keys=KEYS))
    with TestClient(app, base_url="http://127.0.0.1") as client, live_of(client).running(ALICE, SECRET) as thought:
        thought.hear(BranchToken(0, 0, SECRET))

        def ask(key: str, path: str) -> tuple[int, bool, str]:
            answer = client.get(f"/explore/{path}", headers={"Authorization": f"Bearer {key}"})
            return answer.status_code, SECRET in answer.text, re.sub(r"q-[0-9a-f]{16}", "", answer.text)

        for page in ("runs", f"running/{thought.id}", f"running/{thought.id}/news"):
            assert ask("alices-key", f"alice/{page}")[:2] == (200, True)
            closed, missing = ask("bobs-key", f"alice/{page}"), ask("bobs-key", f"nobody/{page}")
            assert closed[:2] == (404, False)
            assert closed[2].replace("alice", "nobody") == missing[2]
            assert ask("bobs-key", f"default/{page}")[:2] == (200, False)
        assert client.get(f"/explore/alice/running/{thought.id}/news", follow_redirects=False).status_code == 303
