"""All text is untrusted: whatever stands in the memory or in an address is shown as text, and changes no page."""

import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from midthought.api.explorer.page import environment
from midthought.api.python.memory import Memory, open_memory
from midthought.api.receipts import run_rows
from midthought.api.text_validation import printable
from midthought.memory.records.entry import Concept, ConceptKind, Lesson, Parameter, Procedure, WorkedCheck
from midthought.memory.records.namespace import Namespace
from midthought.memory.records.run import EntryRole, OutcomeSource, RunEntry, RunOutcome, RunRow
from midthought.reasoner.engines.scripted import make_demo_engine
from midthought.reasoner.thought.receipts import ZoomRecord
from midthought.reasoner.zoom.zoom_step import OpenPart, ZoomStep
from midthought.retrieval.encoders.hashing import HashingEncoder

from ..conftest import TRACE, service_over
from .conftest import Pages
from .parsed_page import Element, parse_page
from .test_thoughts import RUN, USE

TRIES = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    '" autofocus onfocus="alert(1)',
    "</textarea><svg onload=alert(1)>",
    "</title><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "<svg><script href='data:,alert(1)'/>",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "{{ 7 * 7 }}{% for x in ().__class__.__base__.__subclasses__() %}{% endfor %}",
    "<!--><iframe srcdoc='<script>alert(1)</script>'>",
    "]]><a href=javascript:alert(1)>x</a>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "<base href=//evil.example><form action=//evil.example><button>",
    "<meta http-equiv=refresh content=0;url=//evil.example>",
    "<link rel=stylesheet href=//evil.example/x.css><style>*{display:none}</style>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "\u202eevil\u202c \u2066x\u2069 \x1b[2J",
    "\u00bc/script\u00be \uff1cscript\uff1e +ADw-script+AD4-",
)
TAGS = re.compile(
    "a|article|body|br|button|caption|circle|code|dd|del|details|div|dl|dt|fieldset|figcaption|figure|form|h[123]|head|"
    "header|html|input|ins|label|legend|li|line|link|main|mark|meta|nav|ol|option|p|progress|q|rect|script|section|"
    "select|span|strong|summary|svg|table|tbody|td|text|textarea|th|thead|title|tr|ul"
)
NAMES = re.compile(
    "action|aria-[a-z]+|autocomplete|charset|checked|class|colspan|content|cx|cy|defer|dir|for|height|hidden|href|id|"
    "data-(after|known|live|newest|order|piece|progress|running|watch)|"
    "lang|max|maxlength|method|min|name|placeholder|r|rel|required|role|rows|scope|selected|src|tabindex|"
    "text-anchor|title|type|value|viewbox|width|x[12]?|y[12]?|xmlns|fill(-opacity)?|font-(family|size)"
)


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory, lay_store: Callable[[Path], Path]) -> Iterator[Memory]:
    """Every try in every field that a caller or a model may write."""
    home = lay_store(tmp_path_factory.mktemp("attacked") / "memory")
    with open_memory(
        home, encoder=HashingEncoder(), starter=False, engine=make_demo_engine(), min_similarity=-1.0
    ) as opened:
        for number, text in enumerate(TRIES):
            attack(opened, text, number)
        yield opened


def attack(memory: Memory, text: str, number: int) -> None:
    """One try everywhere."""
    check = WorkedCheck(text, f"result = {text!r}", text)
    procedure = Procedure(f"{text} p", f"{text} does", text, (text,), text, (text,), check, text, (f"{text} asked",))
    parameter = Parameter(text, text, text)
    concept = Concept(
        text, ConceptKind.ROUTINE, text, text, text, (parameter,), (text,), (text,), (text,), (text,), text, (text,)
    )
    ids = memory.add_entries([procedure, concept, Lesson(text, text, text, (text,))], source=text).ids
    memory.revise(ids[0], replace(procedure, subroutine=f"{text} {text}"), source=text)
    trace = {name: f"{value} {text}" for name, value in TRACE.items()} | {"outcome": "correct"}
    more = {"model": text, "gold": text, text: text, "id": text}
    memory.ingest("-", stream=io.BytesIO(f"{json.dumps(trace | more)}\n{text}\n".encode()))
    run = RunRow(f"run-{number}", text, text, 1, 1.0, json.dumps({"text": text}), text, engine=text)
    uses = (RunEntry(text.replace("/", ""), 1, EntryRole.INJECTED),)
    said = (RunOutcome("correct", OutcomeSource.CALLER, text),)
    memory.store.writer.record_run(Namespace("default"), replace(run, entries=uses, outcomes=said))
    record_thought(memory, text)
    list(memory.reason(text))
    memory.recall(text)


def record_thought(memory: Memory, text: str) -> None:
    """A run whose every text is the try, the zoomed cache included."""
    hidden = replace(USE, entry_id=text, source=text)
    receipts = tuple(replace(one, query=text, trigger=text, entries=(hidden, USE)) for one in RUN.receipts)
    zoom = ZoomRecord(text * 9, (ZoomStep(9, 9.0, 0.5, 1, 1, (OpenPart(0, 5, 0.5), OpenPart(5, 9, 0.1))),))
    run = replace(RUN, question=text, query=text, text=text * 9, answer=text, receipts=receipts, zoom=zoom)
    run = replace(run, engine=text, configuration=((text, text),), degraded=(text,), arm=text)
    memory.store.writer.record_run(Namespace("default"), *run_rows(run))


@pytest.fixture(scope="module")
def client(memory: Memory) -> Iterator[TestClient]:
    """The service over it."""
    with TestClient(service_over(memory), base_url="http://127.0.0.1") as opened:
        yield opened


def check_page(page: Element) -> None:
    """Nothing in a page but what its templates make, and no address but the explorer's own."""
    assert [one.tag for one in page.walk() if one.tag and not TAGS.fullmatch(one.tag)] == []
    assert {name for one in page.walk() for name in one.attributes if not NAMES.fullmatch(name)} == set()
    (script,) = page.find_all("script")
    assert (script.attributes["src"].startswith("/explore/_/assets/explorer.js?"), script.text) == (True, "")
    assert len(page.find_all("meta")) == 3
    addresses = [
        one.attributes.get(name)
        for one in page.walk()
        for name in ("href", "src", "action", "data-progress", "data-newest", "data-watch")
    ]
    assert [one for one in addresses if one and not re.match(r"/explore/|#", one)] == []
    assert len({one.attributes["id"] for one in page.walk() if "id" in one.attributes}) == len(
        [one for one in page.walk() if "id" in one.attributes]
    )


def pages_below(client: TestClient, start: str) -> Iterator[tuple[str, Element]]:
    """Yield every page below one that links lead to, each with its path."""
    waiting, seen = [start], set[str]()
    while waiting:
        path = waiting.pop()
        answer = client.get(path)
        assert answer.status_code in {200, 404}, (path, answer.text[:300])
        assert "text/html" in answer.headers["content-type"], path
        page = parse_page(answer.text)
        yield path, page
        links = {one.attributes["href"].partition("#")[0] for one in page.find_all("a")}
        links = {one for one in links if one.startswith(start)}
        waiting += sorted(links - seen)
        seen |= links


@pytest.mark.slow
def test_no_text_of_the_memory_makes_anything_of_a_page(client: TestClient) -> None:
    """Every page that can be reached by links has only the elements and attributes of its templates."""
    shown, kinds = "", set()
    for path, page in pages_below(client, "/explore/default"):
        check_page(page)
        shown += page.text
        kinds |= {path.split("?")[0].split("/")[3:4][0]} if path.count("/") > 2 else set()
    assert kinds >= {"entries", "concepts", "trajectories", "runs", "receipts", "jobs", "calibration", "utility"}
    for text in TRIES:
        assert " ".join(printable(text).split()) in shown, text


PLACES = (
    "/jobs/{}",
    "?q={}",
    "?q=x&domain={}",
    "?q=x&kind={}",
    "?k={}",
    "/entries/{}",
    "/entries?after={}",
    "/entries?kind={}",
    "/trajectories/{}",
    "/trajectories?after={}",
    "/runs/{}",
    "/runs?arm={}",
    "/runs?entry={}&outcome=wrong",
    "/runs?outcome={}",
    "/receipts?limit={}",
    "/concepts?from={}",
    "/{}",
)


@pytest.mark.sampled
@pytest.mark.parametrize("place", PLACES)
def test_no_text_of_an_address_makes_anything_of_a_page(pages: Pages, place: str) -> None:
    """In every parameter and part of a path; whatever the status, the answer is such a page."""
    for text in TRIES:
        answer = pages.client.get(f"/explore/default{place.format(quote(text, safe=''))}")
        assert answer.status_code in {200, 400, 404}, answer.text[:300]
        check_page(parse_page(answer.text))


def test_no_text_of_the_form_makes_anything_of_it(pages: Pages) -> None:
    """The page to go back to stands in a field of the form; a namespace in the path is refused by name."""
    for text in TRIES:
        for path in (f"/explore/_/sign-in?next={quote(text, safe='')}", f"/explore/{quote(text, safe='')}"):
            check_page(parse_page(pages.client.get(path).text))


def test_no_template_leaves_the_escaping_out(root: Path) -> None:
    """Each can be read; none marks a value as safe, and none has a script, a style or a handler in it."""
    files = sorted((root / "data" / "pages").glob("*.html"))
    assert len(files) > 15
    for file in files:
        environment().get_template(file.name)
        found = re.findall(r"\|\s*safe|autoescape|<style|\sstyle=|\son\w+=|<script(?! src)|https?://", file.read_text())
        assert found == [], file.name


def test_the_check_can_fail() -> None:
    """An element, an attribute or an address that no template makes is seen."""
    good = '<script src="/explore/_/assets/explorer.js?v=1"></script>' + '<meta name="a">' * 3
    check_page(parse_page(good))
    for bad in (
        "<iframe></iframe>",
        '<p onclick="x"></p>',
        '<p style="x"></p>',
        '<a href="//evil.example"></a>',
        '<a href="javascript:x"></a>',
    ):
        with pytest.raises(AssertionError):
            check_page(parse_page(good + bad))
