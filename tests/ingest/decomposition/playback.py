"""Reference decompositions, played back by an engine that recites: what a model that decomposes perfectly would say."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from midthought.ingest.language_model import Answer, Completion, CompletionRequest, Finish
from midthought.ingest.stream.reader import read_trajectories
from midthought.ingest.stream.records import ReadRecord
from midthought.memory.records.kept_completion import KeptCompletion
from midthought.memory.records.trajectory import Part, Span, Trajectory
from midthought.reasoner.engines.scripted import ScriptedEngine, ScriptedReply

DATA = Path(__file__).parents[3] / "data"


def own_references() -> list[tuple[Trajectory, dict[str, Any]]]:
    """The project's own trajectories, each with its decomposition."""
    lines = (DATA / "decompositions" / "own.jsonl").read_text(encoding="utf-8").splitlines()
    rows = {row["trajectory_id"]: row for row in map(json.loads, lines)}
    read = (record for path in sorted((DATA / "trajectories").glob("*.jsonl")) for record in read_trajectories(path))
    found = {one.trajectory.id: one.trajectory for one in read if isinstance(one, ReadRecord)}
    return [(found[trajectory_id], row) for trajectory_id, row in rows.items()]


def list_of(row: dict[str, Any]) -> str:
    """The subquestions as the form wants them."""
    lines = [f"{number}. {one['subquestion']}" for number, one in enumerate(row["procedures"], start=1)]
    return "\n".join(["### Subquestions", *lines])


def quotes_of(trajectory: Trajectory, procedure: dict[str, Any]) -> list[str]:
    """The passages that a procedure rests on."""
    return [trajectory.text(Span(Part(one["part"]), one["start"], one["end"])) for one in procedure["spans"]]


def subroutine_of(trajectory: Trajectory, procedure: dict[str, Any]) -> str:
    """A subroutine as the form wants it."""
    quotes = "\n\n".join("> " + " ".join(quote.split()) for quote in quotes_of(trajectory, procedure))
    parts = [procedure["applicability"] or "Any.", "### Hint", procedure["subroutine"], "### Passages", quotes]
    return "\n".join(["### Applicable Problems", *parts])


def replies_of(trajectory: Trajectory, row: dict[str, Any]) -> list[ScriptedReply]:
    """What is said to each prompt about a trajectory."""
    asked = f"<problem>\n{trajectory.question}"

    def accepts(tail: str) -> Any:
        return lambda prompt: asked in prompt and tail in prompt

    subroutines = [
        ScriptedReply(accepts(f"<subquestion>\n{one['subquestion']}\n"), (subroutine_of(trajectory, one),))
        for one in row["procedures"]
    ]
    return [*subroutines, ScriptedReply(accepts("### Subquestions"), (list_of(row),))]


def make_player(references: Sequence[tuple[Trajectory, dict[str, Any]]]) -> ScriptedEngine:
    """An engine that says the reference decompositions."""
    return ScriptedEngine([reply for trajectory, row in references for reply in replies_of(trajectory, row)])


class Notebook:
    """Keeps answers in a dict."""

    def __init__(self) -> None:
        self.kept: dict[str, KeptCompletion] = {}

    def find(self, digests: Sequence[str]) -> dict[str, KeptCompletion]:
        """Those that are kept."""
        return {digest: self.kept[digest] for digest in digests if digest in self.kept}

    def keep(self, answer: KeptCompletion) -> None:
        """Keep one."""
        self.kept[answer.digest] = answer

    def drop(self, digests: Sequence[str]) -> None:
        """Forget those."""
        for digest in digests:
            self.kept.pop(digest, None)


class Saying:
    """A model that says prepared answers in turn, whatever it is asked, and notes the requests.

    Attributes:
        context_tokens, can_constrain: as a test sets them.
    """

    def __init__(self, *answers: Answer | str, can_constrain: bool = False, context_tokens: int | None = None) -> None:
        self._answers = list(answers)
        self.can_constrain = can_constrain
        self.context_tokens = context_tokens
        self.requests: list[CompletionRequest] = []

    @property
    def name(self) -> str:
        """A name."""
        return "saying"

    def count_tokens(self, text: str) -> int:
        """Words."""
        return len(text.split())

    def complete(self, requests: Sequence[CompletionRequest]) -> Any:
        """Say the next answer to each request."""
        for place, request in enumerate(requests):
            self.requests.append(request)
            said = self._answers.pop(0)
            yield place, Completion(said, Finish.STOP, 10, 5, 4) if isinstance(said, str) else said
