"""A thought is watched in headless Chromium while it runs: with an engine that can be held, and with a real model."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import pytest

from midthought.api.python.client import Client
from midthought.api.python.memory import Memory, open_memory
from midthought.memory.records.entry import Lesson
from midthought.reasoner.engines.scripted import ScriptedReply
from midthought.reasoner.thought.think_settings import ThinkSettings
from midthought.reasoner.thought.triggers.trigger import Trigger
from midthought.retrieval.encoders.hashing import HashingEncoder

from ..conftest import PROCEDURE
from ..test_service import serving
from ..thinking import HeldEngine, letting_go, on_socket, thinking_app
from .test_browser import axe, browser, violations, wait_for
from .webdriver import Browser

__all__ = ["axe", "browser"]
pytestmark = pytest.mark.heavy
KETTLE = Lesson("How does a kettle sound?", "Listen when it sings.")
FIRST = f"I look at it from all sides. {'It is long. ' * 30}<recall>{KETTLE.situation}</recall> and so on"
SECOND = f" I listen, {'and listen, ' * 200}then I check.\n</think>\nIt is <b>30</b>."
THIRD = " <recall>Zyzzyva qwxv</recall> nothing"
PLACE = "return document.querySelector('#part-0-0 mark').getBoundingClientRect().top"
"""Where on the screen a passage is that is read."""
THINK = ThinkSettings(
    samples=1, triggers=(Trigger.START, Trigger.TAG), recalls=2, hint_tokens=400, later_margin=0.0, max_tokens=2000
)


@dataclass(frozen=True, slots=True)
class Watched:
    """A service whose thought waits before a word."""

    url: str
    engine: HeldEngine
    memory: Memory

    def ask(self, question: str, *, key: str = "") -> Thread:
        """Let it think, and return when it waits."""
        self.engine.hold()
        asking = Thread(target=self._think, args=(question, key))
        asking.start()
        assert self.engine.reached.wait(120)
        return asking

    def _think(self, question: str, key: str) -> None:
        with Client(self.url, api_key=key) as client:
            list(client.reason(question, settings=THINK))


@contextmanager
def watching(home: Path, **settings: float) -> Iterator[Watched]:
    """A memory of two entries behind a service on a socket; two at once have other settings, as they share an app."""
    replies = [
        ScriptedReply(lambda prompt: "Zyzzyva" in prompt, (SECOND,)),
        ScriptedReply(lambda prompt: KETTLE.suggestion in prompt, (THIRD,)),
    ]
    engine = HeldEngine(FIRST, "check", replies=replies)
    with open_memory(home, encoder=HashingEncoder(), starter=False, engine=engine) as memory:
        memory.add_entries([PROCEDURE, KETTLE])
        with on_socket(thinking_app(memory, **settings)) as url, letting_go(engine):
            yield Watched(url, engine, memory)


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """One without keys."""
    with watching(tmp_path_factory.mktemp("watched") / "memory") as running:
        yield running


def test_a_thought_is_watched_until_it_becomes_a_run(watched: Watched, browser: Browser) -> None:
    """From the list to its text, its hint and its abstention in place; it grows, is announced, ends, and is a run."""
    browser.open(f"{watched.url}/explore/default/runs")
    asking = watched.ask("How does <i>it</i> sound?")
    wait_for(lambda: "A thought has begun" in browser.text("[data-newest]"))
    browser.follow("Load the list again")
    browser.follow("How does <i>it</i> sound?")
    assert browser.text("#state") == "thinking"
    browser.run("window.stays = true")
    shown = browser.text("#part-0-0 .text")
    assert shown.startswith("I look at it from all sides.")
    assert shown.endswith("then I")
    order = [shown.index(one) for one in ("</recall>", KETTLE.suggestion, "Zyzzyva", "Nothing recalled", "I listen,")]
    assert order == sorted(order)
    before = browser.run(f"scrollTo(0, 300); {PLACE}")
    watched.engine.go.set()
    asking.join(300)
    wait_for(lambda: "The thought has ended" in browser.text("#announced"))
    assert browser.text("#part-0-0 .text").endswith("check.\n</think>\nIt is <b>30</b>.")
    assert (browser.run("return window.stays"), browser.text("#state")) == (True, "ended")
    assert abs(browser.run(PLACE) - before) < 2
    browser.click("#ended a")
    (run, *_) = watched.memory.runs(limit=1)
    assert browser.url == f"{watched.url}/explore/default/runs/{run.id}"
    assert "It is <b>30</b>." in browser.text("section[aria-labelledby=thought]")


def test_who_comes_late_or_has_no_script_sees_the_same(watched: Watched, browser: Browser) -> None:
    """The page is loaded again by its link, and leads to the run in the end."""
    asking = watched.ask("How does it sound without a script?")
    browser.emulate("Emulation.setScriptExecutionDisabled", value=True)
    browser.open(f"{watched.url}/explore/default/runs")
    browser.follow("How does it sound without")
    assert KETTLE.suggestion in browser.text("#part-0-0 mark")
    browser.follow("Look again")
    assert browser.text("#state") == "thinking"
    watched.engine.go.set()
    asking.join(300)
    browser.follow("Look again")
    browser.follow("How does it sound without")
    assert "It is <b>30</b>." in browser.text("section[aria-labelledby=thought]")


def test_a_key_that_ends_ends_the_watching(browser: Browser, tmp_path: Path) -> None:
    """The page says so, shows nothing more, and leads to the form."""
    with watching(tmp_path / "memory", drain_seconds=0.1) as watched:
        writer = watched.memory.create_key("a writer", namespaces=["default"], scope="write")
        reader = watched.memory.create_key("a reader", namespaces=["default"])
        asking = watched.ask("How does it sound to a reader?", key=writer.key)
        browser.open(f"{watched.url}/explore/default/runs")
        browser.write("#key", reader.key)
        browser.click("main form button")
        browser.follow("How does it sound to a reader?")
        watched.memory.revoke_key(reader.stored.id)
        wait_for(lambda: "no longer be read with your key" in browser.text("#announced"))
        watched.engine.go.set()
        asking.join(300)
        assert "It is <b>30</b>" not in browser.text("#parts")
        browser.open(browser.url)
        assert "/_/sign-in" in browser.url


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_checker_finds_nothing_while_it_runs_and_when_it_has_ended(
    watched: Watched, browser: Browser, axe: str, scheme: str
) -> None:
    """On the list, on the page of the thought in each state, and on the page that it leaves."""
    browser.prefer(scheme)
    asking = watched.ask(f"How does it sound in the {scheme}?")
    browser.open(f"{watched.url}/explore/default/runs")
    found = {"list": violations(browser, axe)}
    browser.follow(f"in the {scheme}?")
    found["running"] = violations(browser, axe)
    watched.engine.go.set()
    asking.join(300)
    wait_for(lambda: "The thought has ended" in browser.text("#announced"))
    found["ended"] = violations(browser, axe)
    browser.open(browser.url)
    found["gone"] = violations(browser, axe)
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_a_thought_of_a_real_model_is_watched(browser: Browser, tmp_path: Path) -> None:
    """SmolLM2 in a service of its own: its words come while it writes, and the run has what was seen."""
    kept = {"encoder": "hashing", "starter": "false", "engine": "transformers"}
    with serving(tmp_path / "memory", **kept) as running, Client(running.url) as client:
        settings = ThinkSettings(samples=1, max_tokens=150)
        events = client.reason("How do I cut a cake into eight pieces?", settings=settings)
        next(iter(events))
        thinking = Thread(target=lambda: list(events))
        thinking.start()
        browser.open(f"{running.url}/explore/default/runs")
        browser.follow("How do I cut a cake")
        lengths = set[int]()

        def has_ended() -> bool:
            lengths.add(browser.run("return document.getElementById('parts').textContent.length"))
            return not browser.run("return document.getElementById('ended').hidden")

        wait_for(has_ended, seconds=300)
        thinking.join(300)
        assert len(lengths) > 3
        seen = str(browser.run("return document.querySelector('#part-0-0 .text').textContent"))
        browser.click("#ended a")
        text = "return document.querySelector('section[aria-labelledby=thought] > .text').textContent"
        assert seen == browser.run(text)
