"""The explorer in headless Chromium, as a person uses it: by mouse, by keyboard, in the dark, with a key."""

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest

from midthought.api.python.client import Client
from midthought.api.python.memory import open_memory
from midthought.api.receipts import run_rows
from midthought.memory.records.namespace import Namespace
from midthought.reasoner.engines.scripted import make_demo_engine
from midthought.retrieval.encoders.hashing import HashingEncoder

from ..conftest import PROCEDURE, TRACE
from ..test_service import Service, serving
from .conftest import fill, store_long_thought
from .test_thoughts import RUN
from .webdriver import BROWSER, DRIVER, Browser, browsing

pytestmark = pytest.mark.heavy
AXE = "axe-core@4.14.1"
"""Deque's checker of web pages for people with disabilities, from the npm registry."""
PAGES = ("", "?q=sharpen+a+pencil+with+a+knife", "?q=Zyzzyva", "/entries", "/concepts", "/trajectories", "/runs",
         "/receipts", "/jobs", "/calibration", "/utility", "/nothing")  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A memory with something on every page, closed."""
    place = tmp_path_factory.mktemp("browsed") / "memory"
    with open_memory(place, encoder=HashingEncoder(), starter=False, engine=make_demo_engine()) as memory:
        fill(memory)
        memory.store.writer.record_run(Namespace("default"), *run_rows(RUN))
        store_long_thought(memory)
    return place


@pytest.fixture(scope="module")
def service(home: Path) -> Iterator[Service]:
    """The service over it, on this machine, without keys, with an engine that recites."""
    with serving(home, encoder="hashing", starter="false", engine="scripted") as running:
        yield running


@pytest.fixture
def browser() -> Iterator[Browser]:
    """A browser; at the end it has complained of nothing: no error, no warning, nothing that the policy stopped."""
    if not shutil.which(DRIVER):
        pytest.skip(f"needs {BROWSER} and {DRIVER}: apt-get install chromium chromium-driver")
    with browsing() as opened:
        yield opened
        assert opened.complaints() == []


def wait_for(what: Callable[[], object], *, seconds: float = 60) -> None:
    """Wait until something is so; fails if it never is."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.1)


def focused(browser: Browser) -> str:
    """What has the focus: the text, or the id."""
    return str(browser.run("const one = document.activeElement; return one.id || one.textContent.trim()"))


def test_from_a_search_to_the_passage_that_an_entry_was_learnt_from(service: Service, browser: Browser) -> None:
    """Search, open a hit, follow its provenance: the passage is in view, marked, and has the focus."""
    browser.open(service.url)
    assert browser.url == f"{service.url}/explore/"
    browser.follow("default")
    browser.write("#q", "In how many ways can letters be arranged?")
    browser.click("main form button")
    assert "threshold" in browser.text("section[aria-labelledby=decision]")
    browser.click("article summary")
    assert "Parts of the ranking" in browser.text("article details")
    browser.open(f"{service.url}/explore/default/entries?kind=example")
    browser.click("tbody a")
    marked = browser.text("section[aria-labelledby=provenance] mark")
    browser.click("section[aria-labelledby=provenance] article a")
    assert "#passage" in browser.url
    assert marked in browser.text("#passage")
    top = browser.run("return document.getElementById('passage').getBoundingClientRect().top")
    assert 0 <= top < browser.run("return innerHeight")


def test_a_run_is_watched_from_the_list(service: Service, browser: Browser) -> None:
    """Its hint, its quotes and what was open are seen in other colours than the text around them."""
    browser.open(f"{service.url}/explore/default/runs?limit=100")
    browser.follow(RUN.question)
    ground = "return getComputedStyle(document.querySelector(arguments[0])).backgroundColor"
    marks = [f"mark.{kind}" for kind in ("hint", "quote", "unsupported", "open-1", "open-3")]
    colours = [browser.run(ground, one) for one in [".text", *marks]]
    assert len(set(colours)) == len(colours)
    browser.follow("Step before")
    assert "Step 1 of 2" in browser.text("section[aria-labelledby=zoom]")
    browser.click("section[aria-labelledby=thought] .where")
    assert PROCEDURE.key in browser.text("h1")


def test_a_job_is_watched_while_it_runs(service: Service, browser: Browser, tmp_path: Path) -> None:
    """Its numbers grow on the page, which is not loaded again, until it says that the job has ended."""
    lines = [json.dumps(TRACE | {"question": f"{TRACE['question']} {number}?"}) for number in range(3000)]
    (tmp_path / "many.jsonl").write_text("\n".join(lines))
    with Client(service.url) as client:
        client.create_namespace("busy")
        sending = Thread(target=client.ingest, args=(tmp_path / "many.jsonl",), kwargs={"namespace": "busy"})
        sending.start()
        wait_for(lambda: client.jobs(namespace="busy"))
        browser.open(f"{service.url}/explore/busy/jobs")
        told = browser.text("td[data-live=progress]")
        wait_for(lambda: browser.text("td[data-live=progress]") != told)
        browser.click("tbody a")
        assert browser.text("[data-live=state]") in {"queued", "running"}
        browser.run("window.stays = true")
        read = lambda: int(browser.text("[data-live=read]").replace(",", ""))  # noqa: E731
        first = read()
        wait_for(lambda: read() > first)
        wait_for(lambda: "The job is finished" in browser.text("[role=status]"), seconds=300)
        sending.join()
        assert (read(), browser.text("[data-live=state]"), browser.run("return window.stays")) == (
            3000,
            "finished",
            True,
        )
        assert read() == client.jobs(namespace="busy")[0].counts.read


def test_a_new_run_is_told_of_on_the_list(service: Service, browser: Browser) -> None:
    """The list stays as it is, says so, and has it when it is loaded again."""
    browser.open(f"{service.url}/explore/default/runs?limit=100")
    before = browser.run("return document.querySelectorAll('tbody tr').length")
    with Client(service.url) as client:
        list(client.reason("How do I sharpen a second pencil?"))
    wait_for(lambda: "There is a new run" in browser.text("[role=status]"))
    browser.follow("Load the list again")
    wait_for(lambda: browser.run("return document.querySelectorAll('tbody tr').length") == before + 1)


def test_it_is_dark_where_the_system_is(service: Service, browser: Browser) -> None:
    """Light letters on a dark ground, and the other way round."""
    lightness = """
        const [ground, ink] = ["backgroundColor", "color"].map(name => getComputedStyle(document.body)[name]);
        return [ground, ink].map(one => one.match(/\\d+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0))"""
    for scheme in ("light", "dark"):
        browser.prefer(scheme)
        browser.open(f"{service.url}/explore/default")
        ground, ink = browser.run(lightness)
        assert (ground < ink) == (scheme == "dark")


def test_a_keyboard_is_enough(service: Service, browser: Browser) -> None:
    """The first stop leads to the content; a search is written, sent and its first hit opened without a mouse."""
    browser.open(f"{service.url}/explore/default")
    browser.press("\ue004")
    assert focused(browser) == "Skip to the content"
    assert browser.run("return document.activeElement.getBoundingClientRect().left") >= 0
    browser.press("\ue007")
    assert focused(browser) == "main"
    browser.press("\ue004")
    assert focused(browser) == "q"
    for letter in "pencil knife":
        browser.press(letter)
    seen = []
    while focused(browser) != "Search" or not seen:
        browser.press("\ue004")
        seen.append(focused(browser))
        outline = browser.run("return getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", seen
        assert len(seen) < 20, seen
    browser.press("\ue007")
    wait_for(lambda: "q=pencil+knife" in browser.url)
    browser.run("document.querySelector('article a').focus()")
    browser.press("\ue007")
    wait_for(lambda: "/entries/" in browser.url)


def test_without_scripts_all_but_the_progress_works(service: Service, browser: Browser) -> None:
    """A search is answered, and the pages lead on."""
    browser.emulate("Emulation.setScriptExecutionDisabled", value=True)
    browser.open(f"{service.url}/explore/default")
    browser.write("#q", PROCEDURE.key)
    browser.click("main form button")
    browser.click("article a")
    assert PROCEDURE.key in browser.text("h1")


TRESPASS = """
    const said = [];
    const place = document.querySelector("p");
    for (const enter of [
        () => place.setAttribute("onclick", "window.hit = 1"),
        () => { place.innerHTML = "<img src=x onerror='window.hit = 1'>"; },
    ]) {
        try { enter(); } catch (error) { said.push(error.name); }
    }
    place.click();
    const style = document.createElement("style");
    style.textContent = "body { display: none }";
    document.head.append(style);
    return said;
"""
"""What a page might be made to do: a handler, HTML of text, a style."""


def test_nothing_is_fetched_from_elsewhere_and_scripts_of_others_do_not_run(service: Service, browser: Browser) -> None:
    """All that the page loaded is the service's own; the policy stops what a page might be made to do."""
    browser.open(f"{service.url}/explore/default")
    loaded = browser.run("return performance.getEntriesByType('resource').map(one => one.name)")
    assert loaded
    assert [one for one in loaded if not one.startswith(f"{service.url}/explore/_/assets/")] == []
    assert browser.complaints() == []
    refused = browser.run(TRESPASS)
    assert refused == ["TypeError", "TypeError"]
    assert browser.run("return [window.hit, getComputedStyle(document.body).display]") == [None, "block"]
    assert len(browser.complaints()) >= 3


def test_a_long_thought_is_read_in_parts(service: Service, browser: Browser) -> None:
    """A million characters: each page has a part, and a link to the next."""
    browser.open(f"{service.url}/explore/default/trajectories")
    browser.follow("A long question")
    sizes = []
    for _ in range(3):
        sizes.append(browser.run("return document.body.textContent.length"))
        browser.follow("Next part")
    assert max(sizes) < 150_000  # of the thought 20,000, of the question, which is folded, at most 100,000
    assert "Characters 60,000" in browser.text(".parts")


def test_a_person_signs_in_and_out(home: Path, tmp_path: Path, browser: Browser) -> None:
    """The key opens its namespace; no script sees it, the API does not take it, and after signing out it is gone."""
    kept = shutil.copytree(home, tmp_path / "kept")
    with serving(Path(kept), encoder="hashing", starter="false", api_keys="s3cret=default,other=bob") as running:
        browser.open(f"{running.url}/explore/default/runs")
        browser.write("#key", "wrong")
        browser.click("main form button")
        assert "no key" in browser.text("[role=alert]")
        assert [one for one in browser.complaints() if "403" not in one] == []
        browser.write("#key", "s3cret")
        browser.click("main form button")
        wait_for(lambda: browser.url == f"{running.url}/explore/default/runs")
        assert browser.run("return document.cookie") == ""
        answer = "fetch('/v1/namespaces').then(one => arguments[0](one.status))"
        assert browser.run_async(answer) == 401
        assert [one for one in browser.complaints() if "401" not in one] == []
        browser.click("header button")
        wait_for(lambda: browser.url.startswith(f"{running.url}/explore/_/sign-in"))
        browser.open(f"{running.url}/explore/default")
        assert browser.url.startswith(f"{running.url}/explore/_/sign-in")


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The source of the checker."""
    if not shutil.which("npm"):
        pytest.skip("needs npm, which fetches the checker")
    folder = tmp_path_factory.mktemp("axe")
    subprocess.run(["npm", "install", "--silent", "--no-save", "--ignore-scripts", AXE], cwd=folder, check=True)
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text()


CHECK = "const done = arguments[0]; axe.run(document, {resultTypes: ['violations']}).then(found => done(found))"


def violations(browser: Browser, axe: str) -> list[str]:
    """What the checker finds on the page, one line each."""
    browser.run("document.querySelectorAll('details').forEach(one => { one.open = true })")
    browser.run(f"{axe}; window.axe = axe")
    found = browser.run_async(CHECK)
    assert len(found["passes"]) + len(found["inapplicable"]) > 50
    return [f"{one['impact']} {one['id']}: {one['nodes'][0]['html'][:200]}" for one in found["violations"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_checker_of_accessibility_finds_nothing(service: Service, browser: Browser, axe: str, scheme: str) -> None:
    """No violation of any impact on any page, folded parts opened, in light and dark."""
    browser.prefer(scheme)
    paths = list(PAGES)
    for name in ("entries", "trajectories", "runs", "jobs"):
        browser.open(f"{service.url}/explore/default/{name}")
        paths.append(
            str(browser.run("return document.querySelector('tbody a').getAttribute('href')")).removeprefix(
                "/explore/default"
            )
        )
    browser.open(f"{service.url}/explore/default/runs")
    browser.follow(RUN.question)
    paths.append(browser.url.removeprefix(f"{service.url}/explore/default"))
    found = {}
    for path in paths:
        browser.open(f"{service.url}/explore/default{path}")
        found[path] = violations(browser, axe)
    browser.open(f"{service.url}/explore/")
    found["home"] = violations(browser, axe)
    assert {path: lines for path, lines in found.items() if lines} == {}
    browser.complaints()  # the address that does not exist is told as an error of the network


def test_the_checker_can_find_something(service: Service, browser: Browser, axe: str) -> None:
    """A field without a label is a violation."""
    browser.open(f"{service.url}/explore/default")
    browser.run("document.querySelector('label[for=q]').remove()")
    assert any(one.startswith("critical label") for one in violations(browser, axe))
