"""The operation that solves a question with the memory, by the model of the memory or its service."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Annotated, Any, ClassVar

from annotated_types import Ge, Gt, Le, MaxLen, MinLen

from midthought.api.operations.recall import MAX_BUDGET, MAX_DEADLINE, MAX_QUESTION
from midthought.api.operations.request import Request, Route
from midthought.api.operations.thought_json import RunJson
from midthought.api.recall_arguments import check_context, check_question
from midthought.memory.errors import BadInput
from midthought.memory.records.api_key import Scope
from midthought.reasoner.spans.segments import Segment
from midthought.reasoner.spans.span_settings import SpanMode
from midthought.reasoner.thought.arms import Arm
from midthought.reasoner.thought.receipts import Run
from midthought.reasoner.thought.selection.selector import Selector
from midthought.reasoner.thought.think_settings import ThinkSettings
from midthought.reasoner.thought.triggers.trigger import Trigger
from midthought.reasoner.thought.triggers.trigger_settings import TriggerSettings

MAX_SAMPLES = 10_000
"""As of the setting `branches`; a service has a smaller bound."""
Count = Annotated[int, Ge(1), Le(MAX_SAMPLES)]
Tokens = Annotated[int, Ge(1), Le(MAX_BUDGET)]
Share = Annotated[float, Ge(0), Le(1)]
Mark = Annotated[str, MinLen(1), MaxLen(100)]
_TRIGGERING = frozenset(one.name for one in fields(TriggerSettings))
_OTHER_NAMES = {"branches": "samples"}
"""What a field is called in `ThinkSettings`, if that is another name."""


@dataclass(frozen=True, slots=True)
class ContextText:
    """A text beside the question, which the thought may quote; `id` is its name in the sources of quotes."""

    text: str
    id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason(Request[Run]):
    """Think about a question with the memory. The answer is the run, or with `stream` the events that lead to it.

    What is left out, or null, is what the settings of the service say. The run and its receipts are recorded.
    """

    route: ClassVar = Route("POST", "/v1/namespaces/{namespace}/reason", Scope.WRITE, streams=True)
    result: ClassVar = RunJson
    example: ClassVar[dict[str, Any]] = {
        "question": "In how many ways can the letters of LEVEL be arranged?",
        "branches": 3,
        "max_tokens": 2000,
        "stream": True,
    }

    question: Annotated[str, MaxLen(MAX_QUESTION)]
    context: Annotated[tuple[str | ContextText, ...], MaxLen(1000)] = ()
    """texts that may be quoted, each a string or with an id of its own"""
    arm: Arm | None = None
    """how the memory is used: in the thought, before it, or not at all"""
    triggers: Annotated[tuple[Trigger, ...], MinLen(1), MaxLen(len(Trigger))] | None = None
    """when recall happens in the thought; `never` stands alone"""
    boundary_tokens: Tokens | None = None
    """the trigger `boundary` passes over joints before so many tokens"""
    every_tokens: Tokens | None = None
    """the trigger `every` fires after so many"""
    tag_open: Mark | None = None
    """the trigger `tag` finds the model's query between this"""
    tag_close: Mark | None = None
    """and this"""
    uncertainty_window: Tokens | None = None
    """the trigger `uncertainty` takes the mean entropy of so many tokens"""
    uncertainty_bound: Annotated[float, Gt(0), Le(100)] | None = None
    """it fires above this mean, in nats"""
    repetition_words: Count | None = None
    """the trigger `repetition` compares runs of so many words"""
    repetition_times: Annotated[int, Ge(2), Le(MAX_SAMPLES)] | None = None
    """it fires when one run is written for this time"""
    interim_tokens: Tokens | None = None
    """the trigger `stop` lets the model write so many tokens of its answer"""
    recalls: Annotated[int, Ge(0), Le(100)] | None = None
    """the largest number of recalls in the middle of each continuation"""
    hint_tokens: Annotated[int, Ge(0), Le(MAX_BUDGET)] | None = None
    """the largest number of tokens of all hints of one continuation"""
    max_hint_tokens: Tokens | None = None
    """the largest number of tokens of one hint: a longer entry is cut"""
    later_margin: Share | None = None
    """a recall in the middle of a thought must be this much above the threshold of abstention"""
    holdout: Share | None = None
    """the share of runs in which, by chance, nothing that was recalled is put into the thought"""
    branches: Count | None = None
    """continuations in all (m)"""
    procedures: Annotated[int, Ge(0), Le(MAX_SAMPLES)] | None = None
    """entries recalled, a branch each (k); 0 for as many as branches"""
    keep: Count | None = None
    """continuations chosen (n)"""
    selector: Selector | None = None
    """how the continuations are compared"""
    threshold: Share | None = None
    """with the selector `length`: entries whose continuations have this mean relative length, or less, are dropped"""
    query_tokens: Tokens | None = None
    """the longest query, in tokens"""
    max_tokens: Tokens | None = None
    """the longest continuation, in tokens"""
    temperature: Annotated[float, Ge(0), Le(100)] | None = None
    """of the continuations: 0 always takes the likeliest token"""
    query_temperature: Annotated[float, Ge(0), Le(100)] | None = None
    """of the query"""
    seed: int | None = None
    """the same seed, memory and model give the same thought"""
    spans: SpanMode | None = None
    """what happens to quotes: off, verify or constrain"""
    evidence: Annotated[int, Ge(0), Le(1000)] | None = None
    """passages to copy before thinking"""
    deadline_ms: Annotated[float, Gt(0), Le(MAX_DEADLINE)] | None = None
    """milliseconds after which the thought is stopped and answered with an error; never more than the service allows"""
    stream: bool = False
    """answer with server-sent events while the thought grows"""

    def __post_init__(self) -> None:
        check_question(self.question)
        check_context(self.segments())
        if self.deadline_ms is not None and not 0 < self.deadline_ms <= MAX_DEADLINE:
            raise BadInput(f"deadline_ms must be above 0 and <= {MAX_DEADLINE}, got {self.deadline_ms}")

    def segments(self) -> tuple[Segment, ...]:
        """Return the texts beside the question; one without an id is called by its place: ``context-1``."""
        texts = (ContextText(one) if isinstance(one, str) else one for one in self.context)
        return tuple(Segment(one.id or f"context-{place}", one.text) for place, one in enumerate(texts, start=1))

    def settings(self, opened: ThinkSettings) -> ThinkSettings:
        """Return how the thought is run: as `opened` says, and what the request changes. Raises `BadInput`."""
        given = {name: getattr(self, name) for name in think_fields()}
        told = {_OTHER_NAMES.get(name, name): value for name, value in given.items() if value is not None}
        if (mode := told.pop("spans", None)) is not None:
            told["spans"] = replace(opened.spans, mode=mode)
        changed = {name: told.pop(name) for name in _TRIGGERING if name in told}
        try:
            return replace(opened, triggering=replace(opened.triggering, **changed), **told)
        except ValueError as error:
            raise BadInput(str(error).replace("samples", "branches")) from None


def think_fields() -> tuple[str, ...]:
    """Return the fields of the request that change a `ThinkSettings`."""
    others = {"question", "context", "deadline_ms", "stream"}
    return tuple(one.name for one in fields(Reason) if one.name not in others)


def make_reason(
    question: str, *, settings: ThinkSettings | None, context: Sequence[Segment], stream: bool = True
) -> Reason:
    """Return the request for a thought at a service; without `settings`, the service's own decide.

    Raises `BadInput` for settings and texts that a service does not take from a caller, such as prompts.
    """
    for segment in context:
        if segment != Segment(segment.id, segment.text):
            raise BadInput("a service takes texts with an id and nothing else", place=f"context {segment.id}")
    texts = tuple(ContextText(one.text, one.id) for one in context)
    request = Reason(question=question, context=texts, stream=stream)
    if settings is None:
        return request
    given: dict[str, Any] = {"spans": settings.spans.mode}
    for name in set(think_fields()) - given.keys():
        given[name] = getattr(settings.triggering if name in _TRIGGERING else settings, _OTHER_NAMES.get(name, name))
    request = replace(request, **given)
    sent = dict(request.settings(ThinkSettings()).named_values())
    kept = [name for name, value in settings.named_values() if sent[name] != value]
    if kept:
        raise BadInput(f"a service decides about {', '.join(kept)}: leave them at their defaults, or give an engine")
    return request
