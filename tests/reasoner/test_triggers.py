"""The triggers: when each fires, and what a recall in the middle of a thought may and may not do."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midthought.memory.errors import BadSettings, EngineFailed, NotFound, Unreachable
from midthought.reasoner.engines.base import Token, TokenStream
from midthought.reasoner.engines.capabilities import Capabilities, Continuation
from midthought.reasoner.engines.scripted import ScriptedEngine, ScriptedReply, prompt_contains, prompt_ends
from midthought.reasoner.spans.span_settings import SpanMode, SpanSettings
from midthought.reasoner.thought.events import (
    BranchToken,
    HintInjected,
    QueryFormed,
    RecallAbstained,
    RecallFailed,
    SampleFinished,
    ThinkEvent,
)
from midthought.reasoner.thought.in_thought import InThoughtRecall, last_run
from midthought.reasoner.thought.recall_texts import load_recall_texts
from midthought.reasoner.thought.receipts import FinishReason, Receipt, ReceiptKind
from midthought.reasoner.thought.think_settings import ThinkSettings
from midthought.reasoner.thought.thought_prompts import ThoughtPrompts
from midthought.reasoner.thought.triggers.boundary import load_cues
from midthought.reasoner.thought.triggers.trigger import Trigger, read_triggers
from midthought.reasoner.thought.triggers.trigger_settings import TriggerSettings
from midthought.reasoner.thought.triggers.watcher import ThoughtWatch
from midthought.retrieval.explanation import Decision, Measure, RecallExplanation
from midthought.retrieval.hits import RecallResult

if TYPE_CHECKING:
    from tests.reasoner.conftest import HandMadeRecall

_QUESTION = "What is 17 * 23?"
_TEXTS = load_recall_texts()
_LATER = prompt_ends(_TEXTS.opening)
_WATCHING = [one for one in Trigger if one.watches]


def words(text: str) -> list[Token]:
    """The text as tokens of one word each, as the scripted engine writes it."""
    return list(ScriptedEngine([ScriptedReply(lambda _: True, (text,))]).generate("x", max_tokens=10_000))


def firings(trigger: Trigger, tokens: Sequence[Token], *, again: bool = True, **parameters: Any) -> list[int]:
    """The numbers of the tokens behind which a trigger fires; it begins anew behind each, as after a recall."""
    watch = ThoughtWatch([trigger], TriggerSettings(**parameters), ["</think>"])
    found = []
    for number, token in enumerate(tokens):
        if watch.read(token):
            found.append(number)
            watch.restart()
    return found


@pytest.mark.parametrize(("every", "tokens", "expected"), [(3, 10, [2, 5, 8]), (1, 2, [0, 1]), (11, 10, [])])
def test_every_counts_from_the_last_recall(every: int, tokens: int, expected: list[int]) -> None:
    """It fires behind every Nth token."""
    assert firings(Trigger.EVERY, [Token("a")] * tokens, every_tokens=every) == expected


@pytest.mark.parametrize(
    "cue", ["Wait,", "Alternatively, I", "HOLD ON. That", "Hmm... no", "\u7b49\u7b49\uff0c\u4e0d\u5bf9"]
)
def test_boundary_fires_at_a_sentence_that_opens_with_a_cue(cue: str) -> None:
    """A cue that opens a sentence is a joint, in any case."""
    tokens = words(f"It is 5. {cue} that is not right.")
    assert len(firings(Trigger.BOUNDARY, tokens, boundary_tokens=1)) == 1


@pytest.mark.parametrize("text", ["I wait, and then go on.", "It is 5. Waiting is no cue.", "Some other sentence. Go."])
def test_boundary_passes_over_other_words(text: str) -> None:
    """A cue inside a sentence, or as the beginning of a longer word, is no joint."""
    assert firings(Trigger.BOUNDARY, words(text), boundary_tokens=1) == []


def test_boundary_fires_at_the_end_of_a_paragraph_once_enough_was_written() -> None:
    """The first of three paragraphs ends too early; then each recall begins the count anew."""
    tokens = words("a b c\n\nd e f\n\ng h i\n\nj")
    ends = [number for number, token in enumerate(tokens) if token.text.startswith("\n\n")]
    assert firings(Trigger.BOUNDARY, tokens, boundary_tokens=5) == ends[1:2]
    assert firings(Trigger.BOUNDARY, tokens, boundary_tokens=3) == ends


def test_boundary_knows_an_empty_line_in_two_tokens() -> None:
    """The two line breaks may come one after the other."""
    assert firings(Trigger.BOUNDARY, [Token("a\n"), Token("\nb"), Token(" c")], boundary_tokens=1) == [1]


def test_cues_are_distinct_and_in_lower_case() -> None:
    """Each cue of the file is there once, as it is compared."""
    cues = load_cues()
    assert len(set(cues)) == len(cues) > 20
    assert [cue for cue in cues if cue != cue.lower().strip()] == []


def test_tag_reads_the_question_between_its_marks() -> None:
    """The query is what stands between the marks, however the marks are divided into tokens."""
    text = "I ask: <recall>How do I\n count? </recall> now"
    for size in (1, 2, 7, 100):
        watch = ThoughtWatch([Trigger.TAG], TriggerSettings(), ["</think>"])
        tokens = [Token(text[start : start + size]) for start in range(0, len(text), size)]
        (found,) = filter(None, map(watch.read, tokens))
        assert found.query == "How do I count?"


@pytest.mark.parametrize(
    "text", ["<recall></recall> x", "a question?</recall> x", "<recall>... </recall> x", "<recall>How"]
)
def test_tag_without_a_question_is_passed_over(text: str) -> None:
    """No word between the marks, no opening mark, or no closing one."""
    assert firings(Trigger.TAG, words(text)) == []


def test_uncertainty_compares_the_mean_of_a_full_window() -> None:
    """Mean entropy above the bound over the window; a lone spike, and tokens without entropy, do not fire."""
    parameters = {"uncertainty_window": 3, "uncertainty_bound": 1.0}
    calm, unsure = Token("a", entropy=0.1), Token("b", entropy=1.5)
    assert firings(Trigger.UNCERTAINTY, [calm, unsure, calm, Token("c"), calm], **parameters) == []
    assert firings(Trigger.UNCERTAINTY, [calm, unsure, unsure, unsure, unsure], **parameters) == [2]
    assert firings(Trigger.UNCERTAINTY, [unsure] * 6, **parameters) == [2, 5]
    assert firings(Trigger.UNCERTAINTY, [Token("b", entropy=1.0)] * 9, **parameters) == []


def test_repetition_fires_at_the_third_copy() -> None:
    """Words that are written for the third time, and one word that does not end."""
    loop = words("I think that the sum is five. " * 3 + "end")
    assert firings(Trigger.REPETITION, loop, repetition_words=7, repetition_times=3) == [21]
    assert len(firings(Trigger.REPETITION, words("no " * 40), repetition_words=4)) == 3


def test_repetition_does_not_count_overlapping_copies() -> None:
    """Five equal words are one run of four and a bit, not two runs."""
    assert firings(Trigger.REPETITION, words("no no no no no yes go on"), repetition_words=4, repetition_times=2) == []


@given(
    text=st.lists(st.sampled_from(["wait,", "a", ".", "\n\n", "no", "<recall>", "how?", "</recall>"]), max_size=60),
    trigger=st.sampled_from(_WATCHING),
)
def test_no_trigger_fires_in_an_answer(text: list[str], trigger: Trigger) -> None:
    """Behind the end of the thought nothing interrupts, whatever is written."""
    watch = ThoughtWatch(
        [trigger], TriggerSettings(boundary_tokens=1, every_tokens=1, repetition_words=1), ["</think>"]
    )
    assert watch.read(Token("done</think>", entropy=99.0)) is None
    assert [one for word in text if (one := watch.read(Token(f" {word}", entropy=99.0)))] == []
    assert watch.end() is None


@pytest.mark.parametrize("names", [(), ("start", "start"), ("never", "start"), ("later",), "start"])
def test_impossible_triggers_are_errors(names: Any) -> None:
    """None, one twice, `never` with others, an unknown one, and a text in place of a tuple."""
    with pytest.raises(ValueError, match="triggers must be"):
        ThinkSettings(triggers=names)


@pytest.mark.parametrize(
    "change",
    [
        {"boundary_tokens": 0},
        {"repetition_times": 1},
        {"uncertainty_bound": 0.0},
        {"uncertainty_bound": float("nan")},
        {"tag_open": " "},
        {"tag_close": "<recall>"},
    ],
)
def test_impossible_parameters_are_errors(change: dict[str, Any]) -> None:
    """Counts below 1, a repetition that is none, a bound that always or never holds, marks that are not two."""
    with pytest.raises(ValueError, match="must be"):
        replace(TriggerSettings(), **change)


# --- whole thoughts ---


_THOUGHT = " one two three four five six"
_QUERY = " How do I multiply? And more."


def think(
    engine: ScriptedEngine,
    recall: "Callable[..., RecallResult]",
    trigger: str = "every",
    parameters: dict[str, Any] | None = None,
    **changes: Any,
) -> list[ThinkEvent]:
    settings = ThinkSettings(
        triggers=tuple(trigger.split(",")),
        triggering=TriggerSettings(**{"every_tokens": 3, **(parameters or {})}),
        **{"samples": 1, "temperature": 0.0, **changes},
    )
    return list(InThoughtRecall(engine, recall, settings=settings).think(_QUESTION))


def engine(thought: str = _THOUGHT, *later: ScriptedReply) -> ScriptedEngine:
    """Writes a query where it is asked for one, and else the thought; `later` replies come first."""
    return ScriptedEngine([*later, ScriptedReply(_LATER, (_QUERY,)), ScriptedReply(lambda _: True, (thought,))])


def receipts(events: list[ThinkEvent], kind: ReceiptKind) -> list[Receipt]:
    return [one for one in last_run(events).receipts if one.kind is kind]


def hint_of(recall: "HandMadeRecall", number: int) -> str:
    return ThoughtPrompts().frame_hint(recall.entries[number].entry)


def test_a_later_recall_puts_its_hint_behind_its_query(recall: "HandMadeRecall") -> None:
    """The stream is closed, the model writes its query, and it goes on behind query and hint."""
    made = engine()
    events = think(made, recall, recalls=1, max_tokens=7)
    opened = made.open_thought(_QUESTION)
    asked = f"{opened} one two three\n{_TEXTS.opening}"
    assert made.prompts == [opened, asked, f"{asked} How do I multiply?{hint_of(recall, 0)}"]
    assert recall.queries == [("How do I multiply?", 3)]
    (finished,) = [one for one in events if isinstance(one, SampleFinished)]
    assert finished.text == made.prompts[2].removeprefix(opened) + " one two three four"
    assert (finished.tokens, finished.finish, finished.recalls) == (7, FinishReason.LENGTH, 1)


def test_receipts_of_a_later_recall_say_where_and_why(recall: "HandMadeRecall") -> None:
    """Trigger, branch, sample, tokens, and the characters of the thought before the hint; the event says the same."""
    made = engine()
    events = think(made, recall, recalls=1)
    (injection,) = receipts(events, ReceiptKind.INJECTION)
    (asked,) = receipts(events, ReceiptKind.RECALL)
    (event,) = [one for one in events if isinstance(one, HintInjected)]
    assert (injection.trigger, injection.branch, injection.sample) == ("every", 0, 0)
    assert (asked.trigger, asked.branch, asked.sample, asked.tokens) == ("every", 0, 0, 5)
    text = made.prompts[-1].removeprefix(made.open_thought(_QUESTION))
    assert text[injection.position :] == event.text == hint_of(recall, 0)
    assert (event.position, event.trigger, event.sample) == (injection.position, "every", 0)


def test_turns_of_a_later_recall_add_up(recall: "HandMadeRecall") -> None:
    """Each call of the engine has its turn, and all tokens are counted once."""
    run = last_run(think(engine(), recall, recalls=2, max_tokens=8))
    assert [(turn.name, turn.tokens) for turn in run.turns] == [
        ("branch 0 sample 0", 3),
        ("branch 0 sample 0 query 1", 5),
        ("branch 0 sample 0 leg 2", 3),
        ("branch 0 sample 0 query 2", 5),
        ("branch 0 sample 0 leg 3", 2),
    ]
    assert run.tokens == 18
    assert run.samples[0].tokens == 8


def test_nothing_is_put_in_twice(recall: "HandMadeRecall") -> None:
    """What a branch has seen is excluded, the hint of its start included; with nothing left recall abstains."""
    opening = ScriptedReply(prompt_ends(ThoughtPrompts().opening), (_QUERY,))
    events = think(engine(_THOUGHT, opening), recall, "start,every", recalls=9, max_tokens=60, procedures=1)
    ids = [one.id for one in recall.entries]
    assert recall.excluded == [(), (ids[0],), (ids[0], ids[1]), *[tuple(ids)] * (len(recall.excluded) - 3)]
    assert [one.entries[0].entry_id for one in receipts(events, ReceiptKind.INJECTION)] == ids


def test_a_function_that_does_not_exclude_puts_nothing_in_twice(recall: "HandMadeRecall") -> None:
    """Seen entries are dropped here as well."""

    def forgetful(query: str, *, k: int, exclude: Sequence[str] = (), explain: bool = False) -> RecallResult:
        return recall(query, k=k)

    events = think(engine(), forgetful, recalls=9, max_tokens=60)
    used = [one.entries[0].entry_id for one in receipts(events, ReceiptKind.INJECTION)]
    assert used == [one.id for one in recall.entries]


@pytest.mark.parametrize("recalls", [0, 1, 2])
def test_recalls_are_bounded(silent_recall: "HandMadeRecall", recalls: int) -> None:
    """Recalls that find nothing count too."""
    think(engine(_THOUGHT * 5), silent_recall, recalls=recalls, max_tokens=60)
    assert len(silent_recall.queries) == recalls


def test_hints_fit_their_budget(recall: "HandMadeRecall") -> None:
    """With room for one hint and a half, one is put in; the receipt of the next says what is left."""
    made = engine()
    size = made.count_tokens(hint_of(recall, 0))
    events = think(made, recall, recalls=9, hint_tokens=size * 3 // 2, max_tokens=60)
    assert sum(one.tokens for one in receipts(events, ReceiptKind.INJECTION)) == size
    assert f"fits the {size * 3 // 2 - size} tokens" in receipts(events, ReceiptKind.RECALL)[-1].abstention


def test_the_hint_of_the_start_counts(recall: "HandMadeRecall") -> None:
    """Where it has used the budget up, there is no later recall, and it is not left out itself."""
    opening = ScriptedReply(prompt_ends(ThoughtPrompts().opening), (_QUERY,))
    events = think(engine(_THOUGHT, opening), recall, "start,every", hint_tokens=3, procedures=1)
    assert [one.trigger for one in last_run(events).receipts] == ["start", "start"]


def test_an_abstention_leaves_no_trace_in_the_thought(silent_recall: "HandMadeRecall") -> None:
    """The thought goes on from where it was closed, without the query."""
    made = engine()
    events = think(made, silent_recall, recalls=1, max_tokens=5)
    opened = made.open_thought(_QUESTION)
    assert made.prompts[-1] == f"{opened} one two three"
    assert "".join(one.text for one in events if isinstance(one, BranchToken)) == " one two three one two"
    assert any(isinstance(one, RecallAbstained) and one.trigger == "every" for one in events)


def test_a_later_recall_needs_a_margin(recall: "HandMadeRecall") -> None:
    """What recall decides by must be above its threshold by the margin; a larger value is enough."""

    def decided(query: str, *, k: int, exclude: Sequence[str] = (), explain: bool = False) -> RecallResult:
        assert explain
        decision = Decision(Measure.PROBABILITY, 0.55, 0.5, ())
        explained = RecallExplanation(1, "e", "convex", "", (), (), (), (), decision)
        return replace(recall(query, k=k, exclude=exclude), explanation=explained)

    for margin, expected in ((0.04, 1), (0.06, 0)):
        events = think(engine(), decided, recalls=1, later_margin=margin)
        assert len(receipts(events, ReceiptKind.INJECTION)) == expected
    assert receipts(events, ReceiptKind.RECALL)[0].abstention.endswith("probability of 0.550 is below 0.560")


@pytest.mark.parametrize(
    "error",
    [
        Unreachable("gone"),
        NotFound("no namespace"),
        OSError("disk"),
        RuntimeError("index broken"),
        EngineFailed("broke"),
    ],
)
def test_a_memory_that_fails_in_mid_thought_does_not_lose_it(error: Exception) -> None:
    """The thought is whole, receipt, event and run say why; nothing is raised."""

    def failing(query: str, **_: Any) -> RecallResult:
        raise error

    events = think(engine(), failing, recalls=1)
    run = last_run(events)
    assert run.text == _THOUGHT[: len(" one two three")] + _THOUGHT
    assert next(one for one in events if isinstance(one, RecallFailed)).reason == run.degraded[0]
    assert run.receipts[0].abstention == run.degraded[0] == f"recall failed: {type(error).__name__}: {error}"


def test_a_memory_that_fails_at_the_start_does_not_lose_the_thought() -> None:
    """It is the thought without a memory, and says so, whatever a function that recalls raises."""

    def failing(error: Exception) -> "Callable[..., RecallResult]":
        def fail(query: str, **_: Any) -> RecallResult:
            raise error

        return fail

    for error in (Unreachable("gone"), RuntimeError("index broken")):
        made = engine()
        run = last_run(think(made, failing(error), "start"))
        assert (run.text, run.degraded) == (_THOUGHT, (f"recall failed: {type(error).__name__}: {error}",))
        assert made.prompts[-1] == made.open_thought(_QUESTION)


@pytest.mark.parametrize("error", [NotFound("no namespace"), BadSettings("no such way"), EngineFailed("it broke")])
def test_a_mistake_of_the_caller_is_an_error_at_the_start(error: Exception) -> None:
    """A namespace that does not exist and impossible settings are raised before there is a thought, and so is an engine
    that fails.
    """

    def failing(query: str, **_: Any) -> RecallResult:
        raise error

    with pytest.raises(type(error), match=str(error)):
        think(engine(), failing, "start")


@pytest.mark.parametrize("trigger", ["start", "every"])
def test_what_is_no_result_is_a_failure_of_the_memory(trigger: str) -> None:
    """A function that returns something else does not lose the thought; the run says what it returned."""

    def forgetful(query: str, **_: Any) -> Any:
        return None

    run = last_run(think(engine(), forgetful, trigger, recalls=1))
    assert run.text.endswith(_THOUGHT)
    assert run.degraded == (
        "recall failed: TypeError: a function that recalls must return a RecallResult, got NoneType",
    )


@pytest.mark.parametrize("breaks", [_LATER, prompt_contains("[end of hint]")])
def test_an_engine_error_is_never_an_answer(recall: "HandMadeRecall", breaks: Callable[[str], bool]) -> None:
    """Whether the query or what follows the hint fails: no run is made."""

    class Breaking(ScriptedEngine):
        def generate(self, prompt: str, **rest: Any) -> TokenStream:
            yield from super().generate(prompt, **{**rest, "max_tokens": 2 if breaks(prompt) else rest["max_tokens"]})
            if breaks(prompt):
                raise EngineFailed("the server died")

    made = Breaking([ScriptedReply(_LATER, (" How",)), ScriptedReply(lambda _: True, (r" \boxed{1} two three four",))])
    settings = ThinkSettings(triggers=("every",), triggering=TriggerSettings(every_tokens=3), samples=1, temperature=0)
    seen: list[ThinkEvent] = []
    with pytest.raises(EngineFailed, match="died"):
        seen.extend(InThoughtRecall(made, recall, settings=settings).think(_QUESTION))
    assert not any(isinstance(event, SampleFinished) for event in seen)


def test_closing_in_mid_recall_stops_the_model(recall: "HandMadeRecall") -> None:
    """Whoever stops listening after any event leaves no stream open."""
    open_streams: list[str] = []

    class Watched(ScriptedEngine):
        def generate(self, prompt: str, **rest: Any) -> TokenStream:
            open_streams.append(prompt)
            try:
                yield from super().generate(prompt, **rest)
            finally:
                open_streams.remove(prompt)

    settings = ThinkSettings(triggers=("every",), triggering=TriggerSettings(every_tokens=3), samples=1)
    for stops_at in range(1, 40):
        made = Watched(engine()._replies)
        events = InThoughtRecall(made, recall, settings=settings).think(_QUESTION)
        for _ in range(stops_at):
            next(events, None)
        events.close()
        assert open_streams == []


# --- stop ---

_INTERIM = prompt_ends(_TEXTS.interim)
_CLOSED = "I am done.\n</think>\nThe answer is \\boxed{391}"


def stopping(
    recall: "Callable[..., RecallResult]", thought: str = _CLOSED, **changes: Any
) -> tuple[ScriptedEngine, list[ThinkEvent]]:
    made = ScriptedEngine(
        [
            ScriptedReply(_INTERIM, (" It is 390.\nAnd so on.",)),
            ScriptedReply(prompt_ends("</think>"), ("\nThe answer is \\boxed{391}",)),
            ScriptedReply(prompt_contains("[end of hint]"), (" with the hint.\n</think>\nIt is \\boxed{400}",)),
            ScriptedReply(lambda _: True, (thought,)),
        ]
    )
    return made, think(made, recall, "stop", **changes)


def test_stop_recalls_for_question_and_interim_answer(recall: "HandMadeRecall") -> None:
    """Before the thought is closed, the model says its answer, which is searched with the question."""
    made, events = stopping(recall, recalls=1)
    assert recall.queries == [(f"{_QUESTION}\nIt is 390.", 3)]
    opened = made.open_thought(_QUESTION)
    # The line break before the closing mark is the model's.
    asked = f"{opened}I am done.\n\n{_TEXTS.interim}"
    assert made.prompts == [opened, asked, f"{asked} It is 390.{hint_of(recall, 0)}"]
    assert last_run(events).answer == "400"


def test_stop_without_a_hit_closes_the_thought_as_the_model_did(silent_recall: "HandMadeRecall") -> None:
    """The closing mark is written again, the answer follows, and nothing tells of the recall."""
    made, events = stopping(silent_recall)
    run = last_run(events)
    assert run.text == _CLOSED
    assert run.answer == "391"
    assert made.prompts[-1] == made.open_thought(_QUESTION) + "I am done.\n</think>"
    assert len(silent_recall.queries) == 1


def test_stop_is_bounded(recall: "HandMadeRecall") -> None:
    """A thought that is closed again and again is let go after the recalls it has."""
    _, events = stopping(recall, recalls=2)
    assert len(receipts(events, ReceiptKind.INJECTION)) == 2
    run = last_run(events)
    assert run.text.count("</think>") == 1
    assert run.answer == "400"


def test_stop_fires_where_a_model_ends_without_closing(
    recall: "HandMadeRecall", silent_recall: "HandMadeRecall"
) -> None:
    """Small models never close their thought: it is the end of the text that counts; without a hit it stays the end."""
    _, events = stopping(recall, "I am done.", recalls=1)
    assert last_run(events).answer == "400"
    _, events = stopping(silent_recall, "I am done.")
    assert last_run(events).text == "I am done."


def test_stop_does_not_fire_at_the_limit(recall: "HandMadeRecall") -> None:
    """A thought that was cut off was not about to end."""
    _, events = stopping(recall, max_tokens=2)
    assert recall.queries == []
    assert last_run(events).samples[0].finish is FinishReason.LENGTH


# --- tag ---


def test_tag_is_explained_and_answered(recall: "HandMadeRecall") -> None:
    """The question tells the marks and the number of recalls; the hint follows the closing mark."""
    made = engine(" I ask <recall>How do I add?</recall> and go on")
    events = think(made, recall, "tag", recalls=1, max_tokens=30)
    assert "<recall>a general question" in made.prompts[0]
    assert "1 times at most" in made.prompts[0]
    assert recall.queries == [("How do I add?", 3)]
    assert made.prompts[1].endswith(f"</recall>{hint_of(recall, 0)}")
    assert QueryFormed("How do I add?", 0, False, "tag", 0, 0) in events


def test_tag_is_told_that_nothing_was_found(silent_recall: "HandMadeRecall") -> None:
    """A question of the model gets an answer, which is none of the model's own words."""
    made = engine(" <recall>How do I add?</recall> and on")
    events = think(made, silent_recall, "tag", recalls=1, max_tokens=30)
    assert _TEXTS.nothing in made.prompts[1]
    assert _TEXTS.nothing in last_run(events).text
    assert not any(_TEXTS.nothing in one.text for one in events if isinstance(one, BranchToken))


# --- what an engine can do ---


class Limited(ScriptedEngine):
    """Cannot be continued."""

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(continuation=Continuation.HINT_FIRST)


def test_without_continuing_the_hint_stands_in_the_question(recall: "HandMadeRecall") -> None:
    """Run and receipts say so; the query is the question, and nothing is written before the thought."""
    made = Limited([ScriptedReply(lambda _: True, (_THOUGHT,))])
    events = think(made, recall, "start", samples=2)
    run = last_run(events)
    assert run.arm == "hint-first"
    assert [(one.trigger, one.position) for one in run.receipts] == [("hint-first", 0)] * 3
    assert recall.queries == [(_QUESTION, 2)]
    framed = ThoughtPrompts().frame_entry(recall.entries[0].entry)
    assert made.prompts[0] == made.open_thought(f"{_QUESTION}\n\n{framed}")


@pytest.mark.parametrize("trigger", [one for one in _WATCHING if one is not Trigger.UNCERTAINTY])
def test_without_continuing_later_triggers_are_refused(recall: "HandMadeRecall", trigger: Trigger) -> None:
    """Better said before the thought than never fired."""
    with pytest.raises(BadSettings, match=f"trigger {trigger.value} needs"):
        InThoughtRecall(Limited([]), recall, settings=ThinkSettings(triggers=(trigger,)))


def test_uncertainty_needs_log_probs(recall: "HandMadeRecall") -> None:
    """An engine without them is refused when the thought is made; one with them is asked for them."""
    with pytest.raises(BadSettings, match="gives no log-probs"):
        InThoughtRecall(engine(), recall, settings=ThinkSettings(triggers=("uncertainty",)))

    class Unsure(ScriptedEngine):
        capabilities = Capabilities(log_probs=True)  # type: ignore[assignment]  # a property of the base

        def generate(self, prompt: str, *, log_probs: bool = False, **rest: Any) -> TokenStream:  # type: ignore[override]
            assert log_probs or _LATER(prompt)
            for token in super().generate(prompt, **rest):
                yield replace(token, entropy=3.0 if log_probs else None)

    made = Unsure(engine()._replies)
    events = think(made, recall, "uncertainty", {"uncertainty_window": 2}, recalls=1)
    assert [one.trigger for one in receipts(events, ReceiptKind.INJECTION)] == ["uncertainty"]
    assert [one.entropy for one in events if isinstance(one, SampleFinished)] == [3.0]


def test_quotes_are_not_interrupted(recall: "HandMadeRecall") -> None:
    """A trigger that fires inside a quote waits for its end; places of later quotes count the hint."""
    made = engine(" a <quote>What is 17 * 23?</quote> b c d")
    spans = SpanSettings(SpanMode.VERIFY, lead_in="")
    events = think(made, recall, recalls=1, spans=spans, max_tokens=16)
    run = last_run(events)
    first, second = (one.quote for one in run.receipts if one.quote)
    assert (first.verdict, second.verdict) == ("exact", "exact")
    assert run.text[first.start : first.end] == run.text[second.start : second.end] == "What is 17 * 23?"
    (injection,) = receipts(events, ReceiptKind.INJECTION)
    assert first.end < injection.position < second.start


def test_trigger_names_are_read() -> None:
    """Names become members, whose text is the name."""
    assert read_triggers(("start", "stop")) == (Trigger.START, Trigger.STOP)
    assert dict(ThinkSettings(triggers=("start", "stop")).named_values())["triggers"] == "start,stop"


_PIECES = st.sampled_from(
    [" a", " b.", "\n\n", " Wait,", " <recall>How?</recall>", "</think>", " <quote>a", "</quote>", " c"]
)


@given(
    thought=st.lists(_PIECES, max_size=30),
    names=st.sets(
        st.sampled_from([one for one in Trigger if one not in (Trigger.NEVER, Trigger.UNCERTAINTY)]), min_size=1
    ),
    recalls=st.integers(0, 3),
    hint_tokens=st.integers(0, 80),
    max_tokens=st.integers(1, 40),
    parallel=st.integers(1, 3),
    holdout=st.sampled_from([0.0, 1.0]),
)
def test_what_holds_for_all_triggers(
    thought: list[str],
    names: set[Trigger],
    recalls: int,
    hint_tokens: int,
    max_tokens: int,
    parallel: int,
    holdout: float,
) -> None:
    """Recalls, hints and tokens are bounded, no entry comes twice, and the text is the events, queries and hints."""
    from tests.reasoner.conftest import HandMadeRecall, make_entry

    recall = HandMadeRecall([make_entry(number) for number in range(4)])
    made = ScriptedEngine(
        [ScriptedReply(prompt_ends(":"), (" How? And",)), ScriptedReply(lambda _: True, ("".join(thought), " a b"))],
        parallel=parallel,
    )
    settings = ThinkSettings(
        triggers=tuple(sorted(names)),
        triggering=TriggerSettings(boundary_tokens=2, every_tokens=4, repetition_words=1, repetition_times=2),
        samples=2,
        recalls=recalls,
        hint_tokens=hint_tokens,
        max_tokens=max_tokens,
        holdout=holdout,
        spans=SpanSettings(SpanMode.VERIFY, lead_in=""),
    )
    events = list(InThoughtRecall(made, recall, settings=settings).think(_QUESTION))
    run = last_run(events)
    for sample in run.samples:
        mine = [one for one in run.receipts if (one.branch, one.sample) == (sample.branch, sample.sample)]
        used = [one.entries[0].entry_id for one in mine if one.kind is not ReceiptKind.RECALL and one.trigger]
        start = [
            one
            for one in run.receipts
            if one.kind is ReceiptKind.INJECTION and (one.branch, one.sample) == (sample.branch, -1)
        ]
        later = sum(one.tokens for one in mine if one.kind is ReceiptKind.INJECTION)
        queries = {one.position for one in mine if one.kind is ReceiptKind.INJECTION}
        assert len(used) <= recalls
        assert len(queries) == sum(one.kind is ReceiptKind.INJECTION for one in mine)
        assert len(set(used)) == len(used)
        assert not {sample.entry_id} & set(used) - {""}
        assert not later or later + sum(one.tokens for one in start) <= hint_tokens
        assert sample.tokens <= max_tokens
    assert bool(run.withheld) is (holdout == 1.0)
    assert not run.withheld or all(one.kind is not ReceiptKind.INJECTION for one in run.receipts)
    for finished in events:
        if isinstance(finished, SampleFinished):
            own = [
                one.text
                for one in events
                if isinstance(one, BranchToken) and (one.branch, one.sample) == (finished.branch, finished.sample)
            ]
            rest = finished.text
            for piece in own:
                before, found, rest = rest.partition(piece)
                assert found == piece
                assert not before or "hint]" in before or not piece.strip()


class Asking(ScriptedEngine):
    """A model that asks by a tool between two words, as hosted models do between two thoughts."""

    queries = ("How do I add?", "How do I multiply?", "How do I divide?")

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(continuation=Continuation.RECALL_TOOL, parallel=4)

    def generate(self, prompt: str, *, on_recall: Callable[[str], str] | None = None, **rest: Any) -> TokenStream:  # type: ignore[override]  # the rest is passed on
        self.told: list[str] = []
        for token in super().generate(prompt, **rest):
            if on_recall and len(self.told) < len(self.queries):
                self.told.append(on_recall(self.queries[len(self.told)]))
            yield token


def test_a_tool_is_answered_and_recorded(recall: "HandMadeRecall") -> None:
    """Each question of the model is a recall with its receipt, bounded as others; nothing seen comes twice."""
    made = Asking([ScriptedReply(lambda _: True, (_THOUGHT,))])
    run = last_run(think(made, recall, "start", samples=2, procedures=1, recalls=2, temperature=0.6))
    assert run.arm == "in-thought"
    assert run.text == _THOUGHT
    frames = [ThoughtPrompts().frame_entry(one.entry) for one in recall.entries]
    assert made.told == [frames[0], frames[1], _TEXTS.nothing]
    kinds = [(one.kind, one.trigger, one.sample) for one in run.receipts]
    assert kinds == [
        (kind, "tag", s) for s in (0, 1) for _ in (0, 1) for kind in (ReceiptKind.RECALL, ReceiptKind.INJECTION)
    ]
    assert [query for query, _ in recall.queries] == ["How do I add?", "How do I multiply?"] * 2


def test_a_tool_is_not_offered_without_recall(recall: "HandMadeRecall") -> None:
    """With `never` and in arms without recall in the thought, the model has none."""
    for changes in ({"trigger": "never"}, {"trigger": "start", "arm": "length-scaling"}):
        made = Asking([ScriptedReply(lambda _: True, (_THOUGHT,))])
        think(made, recall, **changes)  # type: ignore[arg-type]  # a trigger and an arm
        assert (made.told, recall.queries) == ([], [])


def test_a_memory_that_fails_answers_the_tool_with_nothing() -> None:
    """The thought goes on, and the run says why."""

    def failing(query: str, **_: Any) -> RecallResult:
        raise Unreachable("gone")

    made = Asking([ScriptedReply(lambda _: True, (_THOUGHT,))])
    run = last_run(think(made, failing, "tag"))
    assert made.told == [_TEXTS.nothing] * 3
    assert run.degraded == ("recall failed: Unreachable: gone",) * 2


def test_by_a_tool_other_triggers_are_refused(recall: "HandMadeRecall") -> None:
    """The model asks when it likes; nothing can be put in elsewhere."""
    with pytest.raises(BadSettings, match="trigger stop needs"):
        InThoughtRecall(Asking([]), recall, settings=ThinkSettings(triggers=("tag", "stop")))


def test_the_texts_that_ship_have_no_blank_unfilled() -> None:
    """What a model reads shows no braces, and the query's opening ends where the model continues."""
    made = engine()
    list(InThoughtRecall(made, lambda *_, **__: None, settings=ThinkSettings(triggers=("tag",))).think(_QUESTION))  # type: ignore[arg-type,return-value]  # never asked
    assert not set("{}") & set(made.prompts[0])
    assert _TEXTS.opening == _TEXTS.opening.strip()
