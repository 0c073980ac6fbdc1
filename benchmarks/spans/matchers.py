"""What knowing the next token of a span costs: ours, the published rescan, llguidance, and three structures that lost.

    MIDTHOUGHT_DATA=... python benchmarks/spans/matchers.py [--lengths 1000 8000 32000 128000] [--write]

The context is real: XQuAD's paragraphs, then Sky-T1 traces, in SmolLM2's tokens. Its vocabulary of 49,152 is filled up
to 150,000 with byte strings that no text has, so that masks have 150,000 entries.

* *build*: everything from the tokens (ours exact, the structures) or the text (ours text, llguidance) of the context to
  the first allowed set; the best of several, in processor time.
* *extension*: one token more at the end; a structure that cannot grow is built anew, and shown with its build.
* *allowed*, *advance*, *token* (both): over spans of 30 tokens copied from random places, wall time, p50 / p99. For
  llguidance *allowed* is filling its bit mask, which it has instead of a set; *mask* is what ours needs on top, to turn
  the set into scores of a torch row.
* *32 rows*: one step of 32 spans over the same context, from allowed sets to a masked tensor of 32 x 150,000.
* *memory*: bytes a context token: tracemalloc for Python objects; for llguidance the growth of a child process.

All are measured in one process, one after the other at each length. The whole step is that of the transformers engine:
what `mask_scores` and `Decoding.push` add to a decoding step of SmolLM2-135M at 8,000 tokens of context, 2 threads.
"""

import gc
import gzip
import json
import os
import random
import time
import tracemalloc
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import llguidance
import llguidance.numpy
import numpy as np
import torch
from hardware import describe_hardware
from page import Page
from structures import (
    OccurrenceLists,
    Rescan,
    SuffixArray,
    TextbookAutomaton,
    compiled_automaton,
    guide,
    guide_tokenizer,
)
from transformers import AutoTokenizer

from midthought.reasoner.engines.smollm2 import convert_smollm2
from midthought.reasoner.spans.automaton import SuffixAutomaton
from midthought.reasoner.spans.decoding import SpanCoder
from midthought.reasoner.spans.logits_processor import mask_scores
from midthought.reasoner.spans.matcher import SpanMatcher
from midthought.reasoner.spans.request import Matching, SpanRequest
from midthought.reasoner.spans.rules import SpanRules
from midthought.reasoner.spans.runs import Run, count_characters
from midthought.reasoner.spans.segments import Segment
from midthought.reasoner.spans.span_state import SpanState
from midthought.reasoner.spans.text_matcher import TextMatcher
from midthought.reasoner.spans.token_matcher import TokenMatcher
from midthought.reasoner.spans.vocabulary import Vocabulary, read_vocabulary

WORDS = 150_000
SPAN = 30
SPANS = 100
ROWS = 32
_RULES = SpanRules()


@dataclass(frozen=True, slots=True)
class Material:
    """The context and the vocabulary it is in."""

    tokens: list[int]
    vocabulary: Vocabulary
    guide: Any

    def text(self, length: int) -> str:
        """The first `length` tokens as text, less a character that is cut at their end."""
        return self.vocabulary.join(self.tokens[:length]).decode(errors="ignore")


def read_material(data: Path) -> Material:
    """Return 128,000 tokens of real text and the filled-up vocabulary."""
    tokenizer = AutoTokenizer.from_pretrained(convert_smollm2())
    articles = json.loads((data / "xquad" / "xquad.en.json").read_text())["data"]
    texts = [part["context"] + "\n" for article in articles for part in article["paragraphs"]]
    with gzip.open(data / "traces" / "sky_t1.jsonl.gz", "rt", encoding="utf-8") as lines:
        texts += [json.loads(next(lines))["trace"] for _ in range(60)]
    tokens = [token for text in texts for token in tokenizer(text).input_ids][:128_000]
    real = read_vocabulary(tokenizer)
    unused = (b"\xff" + str(number).encode() for number in range(WORDS))
    vocabulary = Vocabulary([*real.pieces, *unused][:WORDS], special=real.special)
    encode: Callable[[str], list[int]] = lambda text: tokenizer(text).input_ids  # noqa: E731
    return Material(tokens, vocabulary, guide_tokenizer(vocabulary.pieces, sorted(real.special), encode))


class Ours:
    """A matcher with the interface of the structures."""

    def __init__(self, kind: type[SpanMatcher], material: Material, length: int) -> None:
        self._matcher = kind(material.vocabulary, _RULES)
        tokens = material.tokens[:length]
        if kind is TokenMatcher:
            run = Run("context", tokens, range(length + 1))
        else:
            text = material.vocabulary.join(tokens)
            run = Run("context", text, count_characters(text, [1] * len(text)))
        self._matcher.add([run])

    def begin(self) -> SpanState:
        """An open span."""
        return self._matcher.start()

    def allowed(self, state: SpanState) -> Collection[int]:
        """The tokens that may come next."""
        return state.allowed

    def advance(self, state: SpanState, token: int) -> SpanState:
        """One token more."""
        return state.advance(token)


@dataclass(slots=True)
class Times:
    """Microseconds of single calls."""

    allowed: list[float] = field(default_factory=list)
    advance: list[float] = field(default_factory=list)
    mask: list[float] = field(default_factory=list)


def builders(material: Material) -> dict[str, Callable[[int], Any]]:
    """Return what builds each structure for a length."""
    tokens = material.tokens
    return {
        "ours, exact": lambda length: Ours(TokenMatcher, material, length),
        "ours, text": lambda length: Ours(TextMatcher, material, length),
        "rescan": lambda length: Rescan(tokens[:length]),
        "occurrence lists": lambda length: OccurrenceLists(tokens[:length]),
        "suffix array": lambda length: SuffixArray(tokens[:length]),
        "textbook automaton": lambda length: TextbookAutomaton(tokens[:length]),
    }


def clock(call: Callable[[], Any], repeats: int) -> tuple[float, Any]:
    """Return the least processor time of several calls, in milliseconds, and what the last one returned."""
    best, result = float("inf"), None
    for _ in range(repeats):
        del result
        gc.collect()
        started = time.process_time()
        result = call()
        best = min(best, time.process_time() - started)
    return best * 1000, result


def build(call: Callable[[], Any], repeats: int) -> tuple[float, Any]:
    """Clock building and the first allowed set."""

    def once() -> Any:
        made = call()
        made.allowed(made.begin())
        return made

    return clock(once, repeats)


def walk(structure: Any, material: Material, length: int, spans: int) -> Times:
    """Copy spans from random places and clock every call."""
    times, dice, scores = Times(), random.Random(3), torch.zeros(WORDS)
    for _ in range(spans):
        place = dice.randrange(length - SPAN)
        state = structure.begin()
        for token in material.tokens[place : place + SPAN]:
            first = time.perf_counter_ns()
            allowed = structure.allowed(state)
            second = time.perf_counter_ns()
            masked = scores.new_full(scores.shape, float("-inf"))
            kept = torch.tensor(list(allowed), dtype=torch.long)
            masked[kept] = scores[kept]
            third = time.perf_counter_ns()
            times.allowed.append((second - first) / 1000)
            times.mask.append((third - second) / 1000)
            if token not in allowed:
                break  # a token that cannot begin a span, or one of a character that is cut
            first = time.perf_counter_ns()
            state = structure.advance(state, token)
            times.advance.append((time.perf_counter_ns() - first) / 1000)
    return times


def walk_guide(material: Material, matcher: Any, length: int, spans: int) -> Times:
    """The same with llguidance's bit masks."""
    times, dice = Times(), random.Random(3)
    bits = llguidance.numpy.allocate_token_bitmask(1, WORDS)
    for _ in range(spans):
        matcher.reset()
        place = dice.randrange(length - SPAN)
        for token in material.tokens[place : place + SPAN]:
            first = time.perf_counter_ns()
            llguidance.numpy.fill_next_token_bitmask(matcher, bits, 0)
            second = time.perf_counter_ns()
            if not (bits[0, token // 32] >> (token % 32)) & 1:
                break
            matcher.consume_token(token)
            times.allowed.append((second - first) / 1000)
            times.advance.append((time.perf_counter_ns() - second) / 1000)
    return times


def measure_rows(structure: Any, material: Material, length: int) -> str:
    """Return p50 / p99 of one step of 32 spans, in microseconds."""
    dice, scores, found = random.Random(5), torch.zeros(ROWS, WORDS), []
    places = [dice.randrange(length - SPAN) for _ in range(ROWS)]
    states = [structure.begin() for _ in places]
    for step in range(SPAN):
        started = time.perf_counter_ns()
        masked = scores.new_full(scores.shape, float("-inf"))
        for row, state in enumerate(states):
            kept = torch.tensor(list(structure.allowed(state)), dtype=torch.long)
            masked[row, kept] = scores[row, kept]
        found.append((time.perf_counter_ns() - started) / 1000)
        for row, place in enumerate(places):
            token = material.tokens[place + step]
            states[row] = (
                structure.advance(states[row], token) if token in structure.allowed(states[row]) else structure.begin()
            )
    return percentiles(found)


def percentiles(values: Sequence[float]) -> str:
    """Return p50 / p99."""
    if not values:
        return "-"
    p50, p99 = np.percentile(values, [50, 99])
    return f"{p50:.1f} / {p99:.1f}"


def memory_of(call: Callable[[], Any], length: int) -> str:
    """Return traced bytes a token, the first allowed set included."""
    gc.collect()
    tracemalloc.start()
    made = call()
    made.allowed(made.begin())
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return f"{size / length:.0f}"


def extension_of(structure: Any, material: Material) -> str:
    """Return microseconds a token that is appended to our automaton, one by one."""
    automaton = structure._matcher._layers[-1].automaton
    exact = isinstance(structure._matcher, TokenMatcher)
    some = material.tokens[5000:6000]
    started = time.perf_counter_ns()
    for token in some:
        automaton.append([token] if exact else list(material.vocabulary.pieces[token]))
    return f"{(time.perf_counter_ns() - started) / 1000 / len(some):.1f}"


def measure_length(material: Material, length: int) -> Iterator[str]:
    """Yield the rows of one length."""
    for name, make in builders(material).items():
        repeats = 15 if name == "ours, exact" else 5 if name == "ours, text" else 2
        milliseconds, structure = build(lambda make=make: make(length), repeats)
        spans = SPANS if name.startswith("ours") or length <= 8000 else SPANS // 10
        times = walk(structure, material, length, spans)
        tokens = [one + other for one, other in zip(times.allowed, times.advance, strict=False)]
        rows = measure_rows(structure, material, length) if name.startswith("ours") else "-"
        memory = memory_of(lambda make=make: make(length), length)
        extension = extension_of(structure, material) if name.startswith("ours") else "-"
        yield (
            f"| {length} | {name} | {milliseconds:.1f} | {extension} | {percentiles(times.allowed)} | "
            f"{percentiles(times.advance)} | {percentiles(tokens)} | {percentiles(times.mask)} | {rows} | {memory} |"
        )
        del structure
    yield measure_guide(material, length)


def measure_guide(material: Material, length: int) -> str:
    """Return the row of llguidance."""
    text = material.text(length)
    memory = growth_of(lambda: guide(material.guide, text)) / length
    milliseconds, matcher = clock(lambda: guide(material.guide, text), 2)
    times = walk_guide(material, matcher, length, SPANS // 5)
    tokens = [one + other for one, other in zip(times.allowed, times.advance, strict=False)]
    return (
        f"| {length} | llguidance | {milliseconds:.1f} | - | {percentiles(times.allowed)} | "
        f"{percentiles(times.advance)} | {percentiles(tokens)} | - | - | {memory:.0f} |"
    )


def growth_of(call: Callable[[], Any]) -> int:
    """Return the bytes a process grows by while it makes something and keeps it: a child, so that nothing is reused."""
    reading, writing = os.pipe()
    if child := os.fork():
        os.close(writing)
        with os.fdopen(reading) as answer:
            growth = int(answer.read())
        os.waitpid(child, 0)
        return growth
    gc.collect()
    before = _resident()
    kept = call()
    os.write(writing, str(_resident() - before if kept else 0).encode())
    os._exit(0)


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def measure_loops() -> Iterator[str]:
    """Yield the rows of contexts that loop: the structures' worst case."""
    contexts = {"one token, 32,000 times": [5] * 32_000, "a phrase of 40 tokens, 800 times": list(range(40)) * 800}
    vocabulary = Vocabulary([bytes([byte]) for byte in range(256)])
    for name, tokens in contexts.items():
        matcher = TokenMatcher(vocabulary, SpanRules(whole_words=False, whole_characters=False))
        milliseconds, _ = clock(lambda tokens=tokens, m=matcher: m.fork().add([Run("c", tokens, range(32_001))]), 3)
        matcher.add([Run("c", tokens, range(32_001))])
        lists, places = OccurrenceLists(tokens), None
        state, times = matcher.start(), Times()
        for token in tokens[:SPAN]:
            first = time.perf_counter_ns()
            state.allowed  # noqa: B018
            second = time.perf_counter_ns()
            state = state.advance(token)
            times.allowed.append((second - first) / 1000)
            places = lists.advance(places, token)
            third = time.perf_counter_ns()
            lists.allowed(places)
            times.mask.append((time.perf_counter_ns() - third) / 1000)
        yield f"| {name} | {milliseconds:.1f} | {percentiles(times.allowed)} | {percentiles(times.mask)} |"


def measure_compiled(material: Material) -> Iterator[str]:
    """Yield what building the automaton of the text's bytes would take, were it compiled."""
    compiled_automaton(np.zeros(8, dtype=np.int32))
    for length in (32_000, 128_000):
        text = material.vocabulary.join(material.tokens[:length])
        symbols = np.frombuffer(text, dtype=np.uint8).astype(np.int32)
        compiled, (states, _) = clock(lambda some=symbols: compiled_automaton(some), 3)
        ours, automaton = clock(lambda some=text: _automaton(some), 3)
        assert states == automaton.state_count, "the two automata differ"
        yield f"| {length} | {len(text)} | {ours:.0f} | {compiled:.0f} |"


def _automaton(text: bytes) -> SuffixAutomaton:
    automaton = SuffixAutomaton()
    automaton.append(text)
    return automaton


def measure_step(material: Material) -> Iterator[str]:
    """Yield the whole-step overhead at 8,000 tokens: what spans add against what a step takes."""
    from transformers import AutoModelForCausalLM, DynamicCache

    folder = convert_smollm2()
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    coder = SpanCoder(AutoTokenizer.from_pretrained(folder))
    tokens = material.tokens[:8000]
    segment = Segment("context", coder.vocabulary.join(tokens).decode())
    opening = coder._tokenizer("<quote>").input_ids
    steps = []
    with torch.inference_mode():
        cache = DynamicCache(config=model.config)
        for start in range(0, 8000, 500):
            model(torch.tensor([tokens[start : start + 500]]), past_key_values=cache, logits_to_keep=1)
        for token in tokens[:25]:
            started = time.perf_counter()
            scores = model(torch.tensor([[token]]), past_key_values=cache, logits_to_keep=1).logits[0, -1]
            steps.append((time.perf_counter() - started) * 1e6)
    step = float(np.median(steps[5:]))
    for matching in Matching:
        state = coder.begin([*tokens, *opening], SpanRequest((segment,), matching=matching))
        times, dice = [], random.Random(9)
        for _ in range(20):
            place, copied = dice.randrange(7900), state
            for token in tokens[place : place + SPAN]:
                started = time.perf_counter()
                mask_scores(scores, copied)
                if token not in (copied.allowed() or ()):
                    break
                copied = copied.push(token)
                times.append((time.perf_counter() - started) * 1e6)
        p50, p99 = np.percentile(times, [50, 99])
        yield f"| {matching} | {step / 1000:.1f} | {p50:.0f} / {p99:.0f} | {p50 / step:.2%} / {p99 / step:.2%} |"


def main() -> None:
    """Measure, print, and with --write keep the result."""
    page = Page(__doc__, __file__)
    page.parser.add_argument("--lengths", type=int, nargs="+", default=[1000, 8000, 32_000, 128_000])
    arguments = page.parser.parse_args()
    torch.set_num_threads(2)
    material = read_material(Path(os.environ["MIDTHOUGHT_DATA"]))
    # What a vocabulary is asked once is not a matter of the context.
    warm = Ours(TextMatcher, material, 100), Ours(TokenMatcher, material, 100)
    for one in warm:
        one.allowed(one.begin())
    lines = [
        *page.head(
            "Spans: what the next token costs",
            told="what each figure includes",
            setting=f"Machine: {describe_hardware()}. Times in microseconds (p50 / p99), builds in milliseconds.",
        ),
        "| tokens | structure | build, ms | extension | allowed | advance | token | mask | 32 rows | bytes a token |",
        "|---" * 10 + "|",
    ]
    for length in arguments.lengths:
        for row in measure_length(material, length):
            print(row, flush=True)
            lines.append(row)
    lines += ["", "A step of SmolLM2-135M at 8,000 tokens, and what a span adds to it:", ""]
    lines += [
        "| matching | step, ms | span adds, us | share of the step |",
        "|---|---|---|---|",
        *measure_step(material),
    ]
    lines += [
        "",
        "The automaton of text matching, which is over bytes, and the same compiled by numba (not in use):",
        "",
    ]
    lines += [
        "| tokens | bytes | build, ms | build compiled, ms |",
        "|---|---|---|---|",
        *measure_compiled(material),
    ]
    lines += ["", "Contexts that loop, 32,000 tokens:", ""]
    lines += [
        "| context | build, ms | allowed, ours | allowed, occurrence lists |",
        "|---|---|---|---|",
        *measure_loops(),
    ]
    page.show("\n".join([*lines, ""]), write=arguments.write)


if __name__ == "__main__":
    main()
