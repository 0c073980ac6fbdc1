"""The vLLM plugin, driven by hand through both of vLLM's interfaces, and through vLLM's own loaders."""

from __future__ import annotations

import importlib.util
import json
import logging
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from midthought.reasoner.spans.decoding import Decoding, SpanCoder
from midthought.reasoner.spans.served_spans import LIMITS, SpanServer, check_arguments
from midthought.reasoner.spans.span_arguments import SPAN_ARGUMENT, read_request
from midthought.reasoner.spans.vllm_processor import BatchRows, SlotRows
from midthought.reasoner.spans.vocabulary import _BYTE_OF

from ..lazy import torch

WIDTH = 300
"""Wider than the 257 tokens of the tokeniser, as padded models are."""
END = 256
TOKEN = {_BYTE_OF[letter]: place for place, letter in enumerate(sorted(_BYTE_OF))}
"""The token of every byte."""
TEXTS = ("The cat sat on the mat.", "A dog is not a cat; it barks.")


class Direction(Enum):
    """What vLLM calls the ways a row moves."""

    UNIDIRECTIONAL = 1
    SWAP = 2


@dataclass
class Asked:
    """A request as a server knows it."""

    prompt: list[int]
    params: Any
    written: list[int] = field(default_factory=list)
    begun: Decoding | None = None


def spell(text: str) -> list[int]:
    """The tokens of a text."""
    return [TOKEN[byte] for byte in text.encode()]


def ask(prompt: str, argument: object = None, **more: Any) -> Asked:
    """A request with a prompt in bytes; with an argument it asks for spans."""
    extra = None if argument is None else {SPAN_ARGUMENT: argument}
    given = {"structured_outputs": None, "allowed_token_ids": None, "all_stop_token_ids": {END}, **more}
    return Asked(spell(prompt), SimpleNamespace(extra_args=extra, **given))


def spans(*texts: str, **more: Any) -> str:
    """The argument that asks for spans of some texts."""
    return json.dumps({"segments": list(texts), "rules": {"whole_words": False}, **more})


def may_come(scores: torch.Tensor) -> set[int]:
    """The tokens whose score is finite."""
    return set(torch.isfinite(scores).nonzero().flatten().tolist())


@pytest.fixture(scope="session")
def server(tiny_model: Path) -> SpanServer:
    """Serves the model over bytes."""
    return SpanServer(str(tiny_model), width=WIDTH)


@pytest.fixture(scope="session")
def coder(tiny_model: Path) -> SpanCoder:
    """The reference: follows one request alone."""
    from transformers import AutoTokenizer

    return SpanCoder(AutoTokenizer.from_pretrained(tiny_model))


def wanted(coder: SpanCoder, asked: Asked, written: Sequence[int]) -> set[int]:
    """The tokens that may come, found from the beginning; all for a request without spans."""
    if asked.params.extra_args is None:
        return set(range(WIDTH))
    if asked.begun is None:
        request = read_request(asked.params.extra_args[SPAN_ARGUMENT])
        asked.begun = coder.begin(asked.prompt, request, branching=True)
    state = asked.begun.push_all(written)
    allowed = state.allowed()
    return set(range(WIDTH)) - set(state.banned()) if allowed is None else set(allowed)


def some_request(dice: Random) -> Asked:
    """One of three requests does not ask for spans; some prompts end in the opening mark."""
    text = dice.choice(TEXTS)
    prompt = f"{text} Quote: " + dice.choice(["", "<quote>"])
    return ask(prompt, dice.choice([None, spans(text), spans(text, quote_thought=True)]))


def next_token(dice: Random, allowed: set[int], asked: Asked) -> int:
    """A token that may come; outside spans often one that leads into the next."""
    if len(allowed) < 100:
        return dice.choice(sorted(allowed))
    opening = spell("<quote>")
    begun = max(n for n in range(len(opening)) if n == 0 or opening[:n] == asked.written[-n:])
    return dice.choice([opening[begun], opening[begun], *spell("c ")])


class Batch:
    """A batch that changes as vLLM's first runner's does, and reports its changes the same way."""

    def __init__(self, dice: Random) -> None:
        self.rows: list[Asked | None] = []
        self.dice = dice
        self.waiting: list[Asked] = []

    def change(self) -> Any:
        """Take out, put in and move rows; None if nothing changed."""
        dice, removed, added, moved = self.dice, list[int](), list[Any](), list[Any]()
        for row, asked in enumerate(self.rows):
            if dice.random() < 0.08:
                removed.append(row)
                self.rows[row] = None
                if dice.random() < 0.5:
                    assert asked is not None
                    self.waiting.append(asked)  # preempted: comes back with what it has written
        coming = [some_request(dice) for _ in range(dice.choice([0, 0, 1, 2]))]
        if self.waiting and dice.random() < 0.5:
            coming.append(self.waiting.pop())
        for asked in coming:
            asked.written = list(asked.written)
            row = min(removed, default=len(self.rows))
            if row in removed:
                removed.remove(row)
                self.rows[row] = asked
            else:
                self.rows.append(asked)
            added.append((row, asked.params, asked.prompt, asked.written))
        for row in sorted(removed):  # close the gaps from the end
            while self.rows and self.rows[-1] is None:
                self.rows.pop()
            if row < len(self.rows):
                self.rows[row] = self.rows.pop()
                moved.append((len(self.rows), row, Direction.UNIDIRECTIONAL))
        if len(self.rows) > 1 and dice.random() < 0.3:
            first, second = dice.sample(range(len(self.rows)), 2)
            self.rows[first], self.rows[second] = self.rows[second], self.rows[first]
            moved.append((first, second, Direction.SWAP))
        if not (removed or added or moved):
            return None
        return SimpleNamespace(batch_size=len(self.rows), removed=removed, added=added, moved=moved)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_first_runner_follows_a_changing_batch(server: SpanServer, coder: SpanCoder, seed: int) -> None:
    """However rows come, go, move and come back, each is masked as if alone, and those without spans not at all."""
    dice = Random(seed)
    rows, batch = BatchRows(server), Batch(dice)
    for _ in range(80):
        rows.update(batch.change())
        logits = torch.randn(len(batch.rows), WIDTH)
        before = logits.clone()
        assert rows.apply(logits) is logits
        for row, asked in enumerate(batch.rows):
            assert asked is not None
            allowed = wanted(coder, asked, asked.written)
            assert may_come(logits[row]) == allowed
            assert torch.equal(logits[row][list(allowed)], before[row][list(allowed)])
            asked.written.append(next_token(dice, allowed, asked))


class Slots:
    """The tokens of every request, as vLLM's second runner keeps them."""

    def __init__(self, count: int) -> None:
        self.prompt_len = SimpleNamespace(np=np.zeros(count, dtype=np.int32))
        self.all_token_ids = SimpleNamespace(gpu=torch.zeros(count, 1024, dtype=torch.int32))

    def write(self, slot: int, asked: Asked) -> None:
        """Put a request's tokens in its slot; the rest of it keeps what was there."""
        self.prompt_len.np[slot] = len(asked.prompt)
        tokens = [*asked.prompt, *asked.written]
        self.all_token_ids.gpu[slot, : len(tokens)] = torch.tensor(tokens, dtype=torch.int32)


def make_step(rows: Sequence[tuple[int, int, int, int]]) -> Any:
    """A step of the second runner from its rows: slot, place, number among the proposed, token fed."""
    slots, places, proposed, fed = (torch.tensor(column) for column in zip(*rows, strict=True))
    each = torch.tensor(list(dict.fromkeys(slots.tolist())))
    return SimpleNamespace(
        expanded_idx_mapping=slots,
        idx_mapping=each,
        idx_mapping_np=each.numpy(),
        expanded_local_pos=proposed,
        input_ids=fed,
        pos=places,
    )


def step_rows(slot: int, asked: Asked, drafts: Sequence[int]) -> Iterator[tuple[int, int, int, int]]:
    """The rows of one request in a step: one, and one for every token proposed."""
    tokens = [*asked.prompt, *asked.written]
    for number, token in enumerate([tokens[-1], *drafts]):
        yield slot, len(tokens) - 1 + number, number, token


@pytest.mark.sampled
@pytest.mark.parametrize("seed", range(5))
def test_second_runner_follows_its_slots(server: SpanServer, coder: SpanCoder, seed: int) -> None:
    """Whatever slots are scheduled, taken over and proposed for, each row is masked as if its request were alone."""
    dice, slots, asked = Random(seed), Slots(6), dict[int, Asked]()
    rows = SlotRows(server, slots)
    for _ in range(60):
        for slot in range(6):
            if dice.random() < 0.1 or slot not in asked:
                old = asked.get(slot)
                asked[slot] = old if old and dice.random() < 0.3 else some_request(dice)  # 3 of 10 come back
                assert rows.add(slot, asked[slot].params) is (asked[slot].params.extra_args is not None)
            slots.write(slot, asked[slot])
        chosen = dice.sample(range(6), dice.randint(1, 6))
        drafts = {slot: proposals(dice, coder, asked[slot]) for slot in chosen}
        step = make_step([row for slot in chosen for row in step_rows(slot, asked[slot], drafts[slot])])
        logits = torch.randn(len(step.pos), WIDTH)
        assert rows.apply(logits, step) is logits
        places = iter(logits)
        for slot in chosen:
            for count in range(len(drafts[slot]) + 1):
                allowed = wanted(coder, asked[slot], [*asked[slot].written, *drafts[slot][:count]])
                assert may_come(next(places)) == allowed
            allowed = wanted(coder, asked[slot], asked[slot].written)
            asked[slot].written.append(next_token(dice, allowed, asked[slot]))


def proposals(dice: Random, coder: SpanCoder, asked: Asked) -> list[int]:
    """Up to two tokens that may come, as speculative decoding proposes them."""
    drafts = list[int]()
    for _ in range(dice.randint(0, 2)):
        drafts.append(next_token(dice, wanted(coder, asked, [*asked.written, *drafts]), asked))
    return drafts


def test_a_proposed_token_that_may_not_come_does_no_harm(server: SpanServer, coder: SpanCoder) -> None:
    """Rows behind a wrong proposal are masked somehow; the request goes on as if it had not been made."""
    asked = ask(f"{TEXTS[0]} <quote>", spans(TEXTS[0]))
    slots = Slots(1)
    rows = SlotRows(server, slots)
    rows.add(0, asked.params)
    for written in ([], spell("T"), spell("Th")):
        asked.written = written
        slots.write(0, asked)
        logits = torch.zeros(3, WIDTH)
        rows.apply(logits, make_step(list(step_rows(0, asked, [*spell("Z"), END]))))
        assert may_come(logits[0]) == wanted(coder, asked, written)


def test_an_unfinished_prompt_is_left_alone(server: SpanServer) -> None:
    """The second runner also shows rows in the middle of a prompt, whose tokens it throws away."""
    asked = ask(f"{TEXTS[0]} <quote>", spans(TEXTS[0]))
    slots = Slots(1)
    slots.write(0, asked)
    rows = SlotRows(server, slots)
    rows.add(0, asked.params)
    logits = torch.zeros(1, WIDTH)
    rows.apply(logits, make_step([(0, 5, 0, asked.prompt[5])]))
    assert may_come(logits[0]) == set(range(WIDTH))


def test_batches_without_spans_are_not_touched(server: SpanServer) -> None:
    """Where no row asks for spans the scores are returned as they are, not written to at all."""
    plain, slots = ask("Hello"), Slots(1)
    first, second = BatchRows(server), SlotRows(server, slots)
    first.update(SimpleNamespace(removed=[], added=[(0, plain.params, plain.prompt, [])], moved=[]))
    assert not second.add(0, plain.params)
    logits = torch.randn(1, WIDTH)
    assert first.apply(logits) is logits
    assert second.apply(logits, SimpleNamespace(idx_mapping_np=np.array([0]))) is logits
    assert logits._version == 0


def begin(server: SpanServer, asked: Asked) -> BatchRows:
    """A batch of one request."""
    rows = BatchRows(server)
    rows.update(SimpleNamespace(removed=[], added=[(0, asked.params, asked.prompt, asked.written)], moved=[]))
    return rows


def mask(rows: BatchRows, scores: torch.Tensor | None = None) -> set[int]:
    """What may come in the batch's only row."""
    logits = torch.zeros(1, WIDTH) if scores is None else scores.clone()
    rows.apply(logits)
    return may_come(logits[0])


def test_hidden_tokens_end_the_answer(server: SpanServer) -> None:
    """Where the runner hides what was written (-1), the sequence cannot be followed: only the end may come."""
    asked = ask(f"{TEXTS[0]} <quote>", spans(TEXTS[0]))
    rows = begin(server, asked)
    assert spell("T")[0] in mask(rows)
    asked.written.append(-1)
    assert mask(rows) == {END}
    asked.written[:] = [-1, *spell("c")]
    assert mask(rows) == {END}


def test_tokens_shown_in_time_are_followed(server: SpanServer) -> None:
    """A placeholder that is filled in before the scores are masked does no harm."""
    asked = ask(f"{TEXTS[0]} <quote>", spans(TEXTS[0]))
    rows = begin(server, asked)
    mask(rows)
    asked.written.append(-1)
    rows.update(None)
    asked.written[:] = spell("T")
    assert mask(rows) == set(spell("h<"))


def test_tokens_taken_back_are_followed(server: SpanServer) -> None:
    """A runner may take tokens back: what is left counts."""
    asked = ask(f"{TEXTS[0]} <quote>", spans(TEXTS[0]))
    rows = begin(server, asked)
    asked.written.extend(spell("The"))
    assert mask(rows) == set(spell(" <"))
    del asked.written[1:]
    assert mask(rows) == set(spell("h<"))


def test_a_forced_token_breaks_the_quote_off(server: SpanServer) -> None:
    """A token that was forced against the mask ends the quote; the next one is constrained again."""
    asked = ask(f"{TEXTS[0]} <quote>", spans(TEXTS[0]))
    rows = begin(server, asked)
    asked.written.extend(spell("TheZ"))
    assert len(mask(rows)) > WIDTH - 5
    asked.written.extend(spell(" <quote>m"))
    assert mask(rows) == set(spell("a<"))


def test_something_may_always_come(server: SpanServer) -> None:
    """Where everything a span allows is forbidden by something else, the span's rule counts."""
    asked = ask(f"{TEXTS[0]} <quote>", spans(TEXTS[0]), logit_bias=None)
    rows = begin(server, asked)
    asked.written.extend(spell("Th"))
    assert mask(rows, torch.full((1, WIDTH), float("-inf"))) == set(spell("e<"))


def test_a_segment_beside_the_prompt_can_be_quoted(server: SpanServer, caplog: pytest.LogCaptureFixture) -> None:
    """A segment that does not stand in the prompt is quotable all the same; the server's log says so."""
    rows = begin(server, ask("Nothing here. <quote>", spans(TEXTS[0], TEXTS[1], matching="exact")))
    assert mask(rows) == set(spell(TEXTS[0])) | set(spell(TEXTS[1]))
    assert "does not stand in its prompt" in caplog.text


def test_tokens_beyond_the_tokeniser_are_followed(server: SpanServer) -> None:
    """Ids of a padded vocabulary, in the prompt or written, stand for nothing and break nothing."""
    asked = ask(f"{TEXTS[0]} <quote>", spans(TEXTS[0]))
    asked.prompt.insert(0, WIDTH - 1)
    rows = begin(server, asked)
    assert mask(rows) == set(spell(TEXTS[0]))
    asked.written.extend(spell("The</quote>"))
    asked.written.append(WIDTH - 2)
    assert len(mask(rows)) > WIDTH - 5


def test_equal_requests_share_what_is_prepared(server: SpanServer) -> None:
    """Samples of one prompt build its index once."""
    one, other = ask(TEXTS[0], spans(TEXTS[0])), ask(TEXTS[0], spans(TEXTS[0]))
    first = server.begin(one.params, one.prompt)
    assert first is not None
    second = server.begin(other.params, other.prompt, beside=[first])
    third = server.begin(other.params, [*other.prompt, 32], beside=[first])
    assert second is not None
    assert third is not None
    assert second.begun is first.begun
    assert third.begun is not first.begun


def test_nothing_a_client_sends_raises(server: SpanServer) -> None:
    """Arguments that would have been refused earlier, and prompts without tokens, end the answer or are served."""
    assert mask(begin(server, ask("A", "no JSON"))) == {END}
    assert mask(begin(server, ask("A", 3))) == {END}
    assert mask(begin(server, ask("", spans("", "x")))) == set(range(WIDTH))
    assert mask(begin(server, ask("<quote>", spans()))) == set(spell("<"))
    without_end = ask("A", "no JSON", all_stop_token_ids=set())
    assert mask(begin(server, without_end)) == set(range(WIDTH))
    embedded = ask("", spans("x"))
    rows = BatchRows(server)
    rows.update(SimpleNamespace(removed=[], added=[(0, embedded.params, None, [])], moved=[]))
    assert len(mask(rows)) == WIDTH


def test_texts_far_longer_than_the_prompt_are_not_served(server: SpanServer) -> None:
    """Texts that cannot stand in the prompt, because they are many times as long, end the answer."""
    prompt = TEXTS[0] * 40 + "<quote>"
    assert set(spell("T")) <= mask(begin(server, ask(prompt, spans(TEXTS[0] * 40))))
    assert mask(begin(server, ask(prompt, spans("x" * 33 * len(prompt))))) == {END}


def test_a_tokeniser_that_cannot_be_used_ends_answers(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Where no tokeniser can be loaded, requests for spans end at once and all others are left alone."""
    server = SpanServer(str(tmp_path / "nothing"), width=WIDTH)
    assert mask(begin(server, ask("A"))) == set(range(WIDTH))
    assert not caplog.records
    assert mask(begin(server, ask("A", spans("A")))) == {END}
    assert "spans cannot be served" in caplog.text


@pytest.mark.parametrize(
    ("argument", "more", "message"),
    [
        ("{", {}, "midthought_spans: is no JSON"),
        (spans(*map(str, range(1025))), {}, "midthought_spans.segments: must hold 1024 at most, got 1025"),
        (spans("x" * (LIMITS["characters"] + 1)), {}, "characters must be <= 1000000, got 1000001"),
        (
            spans("x", forbidden=[{"segment": "0", "start": 0, "end": 1}] * 1025),
            {},
            "midthought_spans.forbidden: must hold 1024 at most",
        ),
        (spans("x", delimiters={"open": "<" * 101, "close": ">"}), {}, "mark must be <= 100, got 101"),
        (spans("x", rules={"min_tokens": 33}), {}, "min_tokens must be <= 32, got 33"),
        (spans("x"), {"structured_outputs": object()}, "cannot stand beside structured_outputs"),
        (spans("x"), {"allowed_token_ids": [1]}, "cannot stand beside allowed_token_ids"),
    ],
)
def test_refused_arguments(argument: object, more: dict[str, Any], message: str) -> None:
    """What cannot be served is refused before it reaches the model; the message names it."""
    with pytest.raises(ValueError, match=r"midthought_spans") as caught:
        check_arguments(ask("x", argument, **more).params)
    assert message in str(caught.value)


def test_accepted_arguments() -> None:
    """Requests that ask for no spans, or for some that can be served, pass."""
    check_arguments(ask("x").params)
    check_arguments(ask("x", structured_outputs=object()).params)
    check_arguments(ask("x", spans("x")).params)


IMPORT = """
import sys, midthought.reasoner.spans.vllm_processor as plugin
print([name for name in ("torch", "transformers", "vllm") if name in sys.modules], hasattr(plugin, "Processor"))
"""


def test_import_is_light() -> None:
    """Importing the plugin's module loads neither vLLM nor torch, which vLLM's front end asks of it."""
    done = subprocess.run([sys.executable, "-c", IMPORT], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("[] False\n", 0), done.stderr


LOAD = """
import json, sys
from types import SimpleNamespace
import torch
from vllm import SamplingParams
from vllm.v1.sample import logits_processor as first
from vllm.v1.worker.gpu.sample.logits_processor import loader as second
before = set(sys.modules)
processor = next(one for one in first._load_logitsprocs_plugins() if one.__module__.startswith("midthought"))
assert not {"triton", "vllm.v1.worker.gpu.model_runner"} & (set(sys.modules) - before)
name = "midthought.reasoner.spans.vllm_processor:SpanProcessor"
assert processor in second._load_v2_logitsprocs_plugins()
assert first._load_logitsprocs_by_fqcns([name]) == second._load_v2_logitsprocs_by_fqcns([name]) == [processor]
assert issubclass(processor, (first.LogitsProcessor, second.LogitsProcessor))
model = SimpleNamespace(tokenizer=sys.argv[1], get_vocab_size=lambda: 300, tokenizer_revision=None,
                        trust_remote_code=False, logits_processors=None)
config = SimpleNamespace(model_config=model, scheduler_config=SimpleNamespace(async_scheduling=True))
one = processor(config, torch.device("cpu"), False)
one.validate_params(SamplingParams())
assert one.is_argmax_invariant() is False and not one.add_request(0, SamplingParams())
changes = first.BatchUpdateBuilder()
argument = '{"segments": ["two cats"], "rules": {"whole_words": false}}'
params = SamplingParams(extra_args={"midthought_spans": argument})
prompt = json.loads(sys.argv[2])
changes.added += [(0, SamplingParams(), prompt, []), (1, params, prompt, [])]
changes.moved.append((0, 1, first.MoveDirectionality.SWAP))
one.update_state(changes.get_and_reset(2))
kept = one.apply(torch.zeros(2, 300)).isfinite().sum(dim=1).tolist()
print(kept, processor.__name__, processor(config, None).add_request(0, params))
"""


@pytest.mark.heavy
def test_vllm_loads_one_class_for_both_runners(tiny_model: Path) -> None:
    """The loaders of both runners take the plugin, by entry point and by name; it works on vLLM's own records."""
    if importlib.util.find_spec("vllm") is None:  # importing it here would cost half a minute
        pytest.skip("vLLM is not installed")
    command = [sys.executable, "-c", LOAD, tiny_model, json.dumps(spell("two cats <quote>"))]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == f"[{len(set('two cats'))}, 300] SpanProcessor True"
    assert "under asynchronous scheduling vLLM hides the tokens" in done.stderr


def test_no_warning_without_need(caplog: pytest.LogCaptureFixture) -> None:
    """A server whose first runner shows the tokens, or that runs the second, logs nothing at its start."""
    from midthought.reasoner.spans.vllm_processor import _Processor

    model = SimpleNamespace(
        tokenizer="", get_vocab_size=lambda: 1, tokenizer_revision=None, trust_remote_code=False, logits_processors=[1]
    )
    config = SimpleNamespace(model_config=model, scheduler_config=SimpleNamespace(async_scheduling=True))
    with caplog.at_level(logging.WARNING):
        _Processor(config, torch.device("cpu"), False)
        model.logits_processors = None
        _Processor(config, Slots(1))
        config.scheduler_config.async_scheduling = False
        _Processor(config, torch.device("cpu"), False)
    assert not caplog.records
