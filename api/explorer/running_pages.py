"""The pages of thoughts that run now: their text as it grows, and what the memory does in it, until they have ended."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from midthought.api.explorer.page import HEADERS, Page, beginning
from midthought.api.explorer.paths import page_path
from midthought.api.explorer.visit import Visit, visit_of
from midthought.api.live.live_pieces import LivePiece, NamedEntry
from midthought.api.live.live_thought import LiveState, LiveThought, PartNews
from midthought.api.live.live_thoughts import LiveThoughts
from midthought.api.live.thought_ids import read_thought_id
from midthought.api.operations.runs import GetRun
from midthought.api.text_validation import printable
from midthought.memory.errors import NotFound
from midthought.memory.records.ids import ID_LENGTH
from midthought.reasoner.thought.events import BEFORE

_RUN_ID = re.compile(f"run-[0-9a-f]{{{ID_LENGTH}}}")
_MIN_WAIT, _MAX_WAIT = 0.6, 2.0
"""Seconds: words are sent together, and a watcher who has gone is not held for long."""
_LOOK = 0.1
_EARLIER = timedelta(seconds=0.25)
"""A run may seem to have begun so much before its thought: its length is measured by another clock."""
_LATER_SECONDS = 600.0
"""And so much later: the model is loaded first."""


@dataclass(frozen=True, slots=True)
class LiveLink:
    """A link to an entry, or to a run."""

    href: str
    text: str


@dataclass(frozen=True, slots=True)
class PieceView:
    """One piece of a continuation as the page shows it; see `LivePiece`."""

    number: int
    kind: str
    label: str
    text: str
    links: tuple[LiveLink, ...]


@dataclass(frozen=True, slots=True)
class PartView:
    """One continuation as the page shows it.

    Attributes:
        id: of its section.
        order: sections stand in this order.
        cut, first: so many characters are left out before the piece of this number; see `PartNews`.
    """

    id: str
    order: int
    heading: str
    state: str
    cut: int
    first: int
    pieces: tuple[PieceView, ...]


def running_thoughts(visit: Visit) -> Sequence[LiveThought]:
    """Return the thoughts of the namespace that run now, the newest first."""
    return _live(visit).list(visit.namespace)


def show_running(visit: Visit) -> Page:
    """Show a thought that runs; of one that has ended, the way to its run."""
    thought = _find(visit)
    if thought is None or thought.has_ended:
        runs = _own_run(visit, thought) if thought else _runs_left(visit)
        return Page("ended.html", {"runs": runs})
    news = thought.news()
    shown = {"thought": thought, "change": news.change, "state": news.state, "left_out": news.left_out}
    return Page("running.html", {**shown, "parts": [_view_part(visit, one) for one in news.parts]})


async def send_news(request: Request) -> Response:
    """Answer the script of the page: what came since it last asked, and whether there is more to come.

    With `wait=1` the answer comes when there is something new. Until then the request holds the thought: whoever
    waits when it ends gets its last words.
    """
    visit = await asyncio.to_thread(visit_of, request)
    thought, after = await asyncio.to_thread(_find, visit), visit.number("after", 0)
    if thought is not None and visit.number("wait", 0, high=1):
        await _wait_for_news(thought, after)
    content = await asyncio.to_thread(_write_news, visit, thought, after)
    return JSONResponse(content, headers=HEADERS)


async def _wait_for_news(thought: LiveThought, after: int) -> None:
    clock = asyncio.get_running_loop().time
    begun = clock()
    while not thought.has_ended and clock() < begun + _MAX_WAIT:
        if thought.change > after and clock() > begun + _MIN_WAIT:
            return
        await asyncio.sleep(_LOOK)


def _write_news(visit: Visit, thought: LiveThought | None, after: int) -> dict[str, object]:
    if thought is None:
        runs = _runs_left(visit)
        return {"more": False, "state": LiveState.ENDED, "parts": [], "runs": list(map(asdict, runs))}
    has_ended = thought.has_ended  # first: what came before it is in the news
    news = thought.news(after)
    return {
        "more": not has_ended,
        "change": news.change,
        "state": news.state,
        "engine": printable(thought.engine),
        "left_out": news.left_out,
        "parts": [_write_part(_view_part(visit, one)) for one in news.parts],
        "runs": list(map(asdict, _own_run(visit, thought))),
    }


def _own_run(visit: Visit, thought: LiveThought) -> list[LiveLink]:
    return [_run_link(visit, thought.run_id, thought.question)] if thought.run_id else []


def _write_part(part: PartView) -> dict[str, object]:
    pieces = [
        {
            "number": one.number,
            "kind": one.kind,
            "label": one.label,
            "text": printable(one.text),
            "links": list(map(asdict, one.links)),
        }
        for one in part.pieces
    ]
    names = ("id", "order", "heading", "state", "cut", "first")
    return {**{name: getattr(part, name) for name in names}, "pieces": pieces}


def _view_part(visit: Visit, news: PartNews) -> PartView:
    place = [str(one) for one in (news.branch, news.sample) if one != BEFORE]
    order = (news.branch + 1) * 100_000 + news.sample + 1
    pieces = tuple(_view_piece(visit, one) for one in news.pieces)
    name = "-".join(["part", *place])
    state = news.state if news.sample != BEFORE else ""  # the whole thought has it
    return PartView(name, order, _heading(news), state, news.cut, news.first, pieces)


def _heading(news: PartNews) -> str:
    if news.branch == BEFORE:
        return "Before the thought"
    if news.sample == BEFORE:
        return f"Branch {news.branch + 1}, before its text"
    return f"Branch {news.branch + 1}, sample {news.sample + 1}"


def _view_piece(visit: Visit, piece: LivePiece) -> PieceView:
    links = tuple(LiveLink(_address(visit, one), _told_entry(one)) for one in piece.entries)
    return PieceView(piece.number, piece.kind.value, piece.label, piece.text, links)


def _address(visit: Visit, entry: NamedEntry) -> str:
    return page_path(visit.namespace.name, "trajectories" if entry.id.startswith("t-") else "entries", entry.id)


def _told_entry(entry: NamedEntry) -> str:
    name = printable(beginning(entry.name, 120) or entry.id)
    return f"{name} (version {entry.version})" if entry.version else name


def _live(visit: Visit) -> LiveThoughts:
    found: LiveThoughts = visit.request.app.state.thoughts.live
    return found


def _find(visit: Visit) -> LiveThought | None:
    visit.memory.store.reader.get_namespace(visit.namespace)
    return _live(visit).find(visit.namespace, visit.part("thought_id"))


def _runs_left(visit: Visit) -> list[LiveLink]:
    """Return the runs that a thought may have left, seldom several. Raises `NotFound` for what is no thought."""
    thought_id = visit.part("thought_id")
    if _RUN_ID.fullmatch(thought_id):  # it passed through the proxy
        return _run_of_proxy(visit, thought_id)
    if (mark := read_thought_id(thought_id)) is None:
        raise NotFound(f"no thought {thought_id[:80]!r} runs in namespace {visit.namespace}")
    reader, since = visit.memory.store.reader, mark.begun - _EARLIER
    found = reader.find_begun_runs(visit.namespace, mark.question, since, _LATER_SECONDS)
    return [_run_link(visit, run_id, question) for run_id, question in found]


def _run_of_proxy(visit: Visit, run_id: str) -> list[LiveLink]:
    try:
        row = visit.send(GetRun(run_id=run_id))
    except NotFound:  # runs of the proxy are recorded a moment later
        return []
    return [_run_link(visit, run_id, row.question)]


def _run_link(visit: Visit, run_id: str, question: str) -> LiveLink:
    return LiveLink(page_path(visit.namespace.name, "runs", run_id), printable(beginning(question)) or run_id)
