"""Rewritten traces: read from a file, or made by a language model, three forms of each trace as T3 has them."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from midthought.api.evaluation.evaluation_prompts import REWRITE_FORMS, EvaluationPrompts
from midthought.api.evaluation.trace_corpus import KnownTrace
from midthought.ingest.formats.json_line import check_strings, decode_text, parse_object
from midthought.ingest.language_model import Completion, CompletionRequest, Finish, LanguageModel, Sampling
from midthought.memory.errors import BadInput
from midthought.memory.records.ids import content_id
from midthought.memory.records.trajectory import Outcome, Trajectory
from midthought.reasoner.thought.arms import TraceText

MAX_TOKENS = 2000
"""Of one rewritten form; the prompts ask for less."""
_BATCH = 64


@dataclass(frozen=True, slots=True)
class TraceRewrite:
    """One form of a rewritten trace.

    Attributes:
        question: of the trace: the text is not given to a task of that question.
        form: one of `REWRITE_FORMS`, or whatever the file's maker calls it.
        trajectory_id: of the trace, if it is stored.
    """

    question: str
    text: str
    form: str = ""
    trajectory_id: str = ""

    def as_known_trace(self) -> KnownTrace:
        """Return it as what can be found: by the question together with the text, as T3 retrieves."""
        named = content_id("rewrite", self.question, self.form, self.text)
        return KnownTrace(
            TraceText(named, self.text, source=self.trajectory_id), self.question, f"{self.question}\n{self.text}"
        )


def read_rewrites(path: Path) -> list[TraceRewrite]:
    """Return the rewrites of a file of JSON Lines with `question` and `text`, and perhaps `form` and `trajectory_id`.

    Raises `BadInput` that names the first line that is none.
    """
    try:
        lines = decode_text(path.read_bytes(), first_line=1).split("\n")
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror}", place=str(path)) from error
    return [_read(line, f"{path}:{number}") for number, line in enumerate(lines, start=1) if line.strip()]


def make_rewrites(
    path: Path,
    trajectories: Iterable[tuple[str, Trajectory]],
    model: LanguageModel,
    prompts: EvaluationPrompts,
    *,
    on_done: Callable[[int, int], None] = lambda _done, _total: None,
) -> int:
    """Add to a file what it lacks of the forms of right, finished trajectories; return how many were not made.

    Each is written as soon as it is there, so that making them can be stopped and gone on with. One that the model
    could not finish is left out, and is asked for again the next time.
    """
    made = {(one.trajectory_id, one.form) for one in read_rewrites(path)} if path.exists() else set()
    waiting = [
        (trajectory_id, trajectory, form)
        for trajectory_id, trajectory in trajectories
        if trajectory.outcome is Outcome.CORRECT and trajectory.finished
        for form in REWRITE_FORMS
        if (trajectory_id, form) not in made
    ]
    failed = 0
    for begin in range(0, len(waiting), _BATCH):
        batch = waiting[begin : begin + _BATCH]
        failed += _make_batch(path, batch, model, prompts)
        on_done(begin + len(batch), len(waiting))
    return failed


def _make_batch(
    path: Path, batch: Sequence[tuple[str, Trajectory, str]], model: LanguageModel, prompts: EvaluationPrompts
) -> int:
    sampling = Sampling(max_tokens=MAX_TOKENS, temperature=0.0)
    requests = [CompletionRequest(prompts.ask_rewrite(form, one), sampling=sampling) for _, one, form in batch]
    written = 0
    for place, answer in model.complete(requests):
        if not isinstance(answer, Completion) or answer.finish is not Finish.STOP or not answer.text.strip():
            continue
        trajectory_id, trajectory, form = batch[place]
        fields = {"trajectory_id": trajectory_id, "question": trajectory.question, "form": form}
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(fields | {"text": answer.text.strip()}, ensure_ascii=False) + "\n")
        written += 1
    return len(batch) - written


def _read(line: str, place: str) -> TraceRewrite:
    try:
        record = parse_object(line)
        check_strings(record)
    except BadInput as error:
        raise BadInput(error.reason, place=place) from None
    found = {name: value for name in TraceRewrite.__slots__ if isinstance(value := record.get(name, ""), str)}
    if len(found) < len(TraceRewrite.__slots__):
        raise BadInput(f"expected texts in {', '.join(TraceRewrite.__slots__)}", place=place)
    if missing := [name for name in ("question", "text") if not found[name].strip()]:
        raise BadInput(f"is no rewritten trace: it lacks {' and '.join(missing)}", place=place)
    return TraceRewrite(**found)
