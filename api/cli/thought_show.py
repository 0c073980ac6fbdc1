"""A running thought as text: the model's words as they come, and every injected hint set apart."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

import click

from midthought.api.cli.printing import indent, shorten
from midthought.api.cli.sample_order import one_sample_at_a_time
from midthought.api.text_validation import printable
from midthought.memory.errors import EngineFailed
from midthought.reasoner.thought import events
from midthought.reasoner.thought.receipts import QuoteRecord, QuoteSource, Run
from midthought.reasoner.thought.selection.selector import Selector
from midthought.retrieval.explanation import describe_left_out


class Surface(Protocol):
    """Where a thought is shown."""

    def token(self, text: str) -> None:
        """Show words of the model, as they come."""
        ...

    def note(self, text: str) -> None:
        """Show a line of Midthought, not of the model."""
        ...

    def hint(self, title: str, text: str) -> None:
        """Show what was put into the thought, set apart."""
        ...


class PlainSurface:
    """For files and pipes: notes begin with ``#``, hint lines with ``|`` between two rules."""

    def token(self, text: str) -> None:
        """Write the words."""
        click.echo(printable(text), nl=False)

    def note(self, text: str) -> None:
        """Write a line of Midthought."""
        click.echo(f"# {printable(text)}")

    def hint(self, title: str, text: str) -> None:
        """Write the hint between rules."""
        click.echo(f"+--- {printable(title)}")
        click.echo(printable(indent(text, "| ")))
        click.echo("+--- end of hint")


class TerminalSurface:
    """For terminals: notes are dim, hints stand in a coloured panel."""

    def __init__(self) -> None:
        from rich.console import Console

        self._console = Console(highlight=False, markup=False)

    def token(self, text: str) -> None:
        """Print the words."""
        self._console.out(printable(text), end="")

    def note(self, text: str) -> None:
        """Print a dim line."""
        self._console.print(printable(text), style="dim")

    def hint(self, title: str, text: str) -> None:
        """Print the panel."""
        from rich.panel import Panel
        from rich.text import Text

        inside = Text.assemble((f"{printable(title)}\n", "yellow"), printable(text))
        self._console.print(Panel(inside, border_style="yellow"))


def choose_surface() -> Surface:
    """Return the surface for terminals if standard output is one, else the plain surface."""
    return TerminalSurface() if sys.stdout.isatty() else PlainSurface()


@dataclass(slots=True)
class _Shown:
    """What is on the surface already.

    Attributes:
        hints: of the start, by branch.
        passage: the last passage of evidence.
        quotes: of the sample that is shown.
        place: the branch and sample that are shown.
        asked: the thought wrote a query at its start.
    """

    hints: dict[int, events.HintInjected] = field(default_factory=dict)
    passage: int = -1
    quotes: list[QuoteRecord] = field(default_factory=list)
    place: tuple[int, int] | None = None
    asked: bool = False


def show_thought(thought: Iterable[events.ThinkEvent], surface: Surface) -> Run:
    """Show every event as it comes; return the run, which is the last."""
    shown, run = _Shown(), None
    for event in one_sample_at_a_time(thought):
        match event:
            case events.QueryToken():
                _open_query(event, surface, shown)
                surface.token(event.text)
            case events.QueryFormed():
                _open_query(event, surface, shown)
                _note(event, surface)
            case events.EntriesRecalled() | events.RecallAbstained() | events.RecallFailed():
                _open_recall(event, surface, shown)
                _note(event, surface)
            case events.BranchToken():
                _open_branch(event, surface, shown)
                surface.token(event.text)
            case events.EvidenceToken():
                _open_passage(event, surface, shown)
                surface.token(event.text)
            case events.QuoteChecked():
                shown.quotes.append(event.quote)
                surface.token(_quote_mark(event.quote, len(shown.quotes)))
            case events.HintInjected() if event.sample == events.BEFORE:
                shown.hints[event.branch] = event
            case events.HintInjected():
                _show_hint(event, surface)
            case events.SampleFinished():
                _note(event, surface)
                _note_quotes(surface, shown)
            case events.RunFinished():
                run = event.run
            case _:
                _note(event, surface)
    if run is None:
        raise EngineFailed("the thought ended without a run: its events are not complete")
    return run


def _open_query(event: events.QueryToken | events.QueryFormed, surface: Surface, shown: _Shown) -> None:
    """Announce the query of the start before its first word."""
    if event.sample == events.BEFORE and not shown.asked:
        surface.note("it looks for a simpler problem, and asks its memory:")
        shown.asked = True


def _open_recall(
    event: events.EntriesRecalled | events.RecallAbstained | events.RecallFailed, surface: Surface, shown: _Shown
) -> None:
    """Say that no query was written, if a recall of the start searched for the question."""
    if event.sample == events.BEFORE and not shown.asked:
        surface.note("the memory is asked for the question itself")


def _open_branch(event: events.BranchToken, surface: Surface, shown: _Shown) -> None:
    """Show, before the first word of a sample, its branch and the hint that it was given."""
    if shown.place == (event.branch, event.sample):
        return
    shown.place = (event.branch, event.sample)
    surface.note("")
    surface.note(f"branch {event.branch + 1}, sample {event.sample + 1}")
    hint = shown.hints.get(event.branch)
    if hint and event.sample == 0:
        _show_hint(hint, surface)


def _show_hint(hint: events.HintInjected, surface: Surface) -> None:
    if hint.sample != events.BEFORE:
        surface.token("\n")
    title = f"hint from memory: {hint.entry_id} version {hint.version}, learnt from {hint.source}"
    surface.hint(title, hint.text.strip())


def _open_passage(event: events.EvidenceToken, surface: Surface, shown: _Shown) -> None:
    if event.number == shown.passage:
        return
    surface.token("\n" if shown.passage >= 0 else "")
    surface.note(f"evidence, passage {event.number + 1}, copied word for word:")
    shown.passage = event.number


def _quote_mark(quote: QuoteRecord, number: int) -> str:
    """Return the mark after a quote: its number, or that it has no source."""
    return f"[{number}]" if quote.supported else f"[{number}: UNSUPPORTED, {quote.verdict}]"


def _note_quotes(surface: Surface, shown: _Shown) -> None:
    """Show, below a sample, the source of each of its quotes, or the passage nearest to it."""
    for number, quote in enumerate(shown.quotes, start=1):
        if quote.supported:
            places = "; ".join(describe_source(source) for source in quote.sources[:_PLACES])
            more = len(quote.sources) - _PLACES
            surface.note(f"[{number}] {quote.verdict}: {places}" + (f"; and {more} more" if more > 0 else ""))
        elif quote.nearest:
            near = f"{describe_source(quote.nearest)}: {shorten(quote.nearest_text, 120)}"
            surface.note(f"[{number}] {quote.verdict}; nearest, {quote.similarity:.0%} alike, is {near}")
        else:
            surface.note(f"[{number}] {quote.verdict}; nothing is near it")
    shown.quotes.clear()


_PLACES = 3
_WHY = {
    Selector.LENGTH: "the shortest of the kept",
    Selector.MAJORITY: "the answer of most samples",
    Selector.BEST_BY_LENGTH: "the shortest",
    Selector.SELF_CERTAINTY: "the one that the model was surest of",
}


def describe_source(source: QuoteSource) -> str:
    """Return one place of a quote in words: segment and characters, the entry's version and what taught it."""
    entry = f", version {source.version}" if source.version else ""
    taught = f", learnt from {source.trajectory_id}" if source.trajectory_id else ""
    return f"{source.segment} {source.start}-{source.end}{entry}{taught}"


def _note(event: events.ThinkEvent, surface: Surface) -> None:
    match event:
        case events.ThoughtOpened():
            surface.note(f"{event.engine} thinks about: {shorten(event.question, 300)}")
            if event.fallback:
                surface.note(event.fallback)
        case events.QueryFormed():
            surface.token("\n")
            at = "" if event.sample == events.BEFORE else f"recall by the trigger {event.trigger}: "
            told = "it asked nothing, the question itself is searched for" if event.fell_back else "end of query"
            surface.note(at + told)
        case events.EntriesRecalled():
            surface.note(f"recalled {len(event.hits)} entries in {event.seconds * 1000:.0f} ms")
            if event.examples_left_out:
                surface.note(describe_left_out(event.examples_left_out))
        case events.RecallFailed():
            surface.note(f"{event.reason}; it thinks on without the memory")
        case events.HintWithheld():
            surface.note(f"held out by chance: {event.entry_id} version {event.version} is not put in")
        case events.EntriesPlaced():
            count = len(event.entry_ids)
            surface.note(f"{count} entries ({event.tokens} tokens) stand in the cache until attention opens them")
        case events.RecallAbstained():
            reason = ": ".join(part for part in (event.abstention.reason.value, event.abstention.detail) if part)
            surface.note(f"nothing recalled ({reason}); it thinks on without a hint")
        case events.SampleFinished():
            surface.token("\n")
            surface.note(f"{event.tokens} tokens, {'cut off' if event.finish == 'length' else 'done'}")
        case events.SamplesChosen():
            branch, sample = event.chosen[0]
            surface.note(f"chosen: branch {branch + 1}, sample {sample + 1} ({_WHY[Selector(event.selector)]})")
