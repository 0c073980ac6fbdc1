"""Real model, real text: quotes of SmolLM2 under constraint, and the quotes it writes freely to the same prompts.

    MIDTHOUGHT_DATA=... python benchmarks/spans/copying.py [--paragraphs 300] [--traces 100] [--write]

Prompts are questions of XQuAD with their paragraph (240 paragraphs; 300 prompts take some twice, with another
question) and the first `TRACE_TOKENS` tokens of Sky-T1 traces, whose problem is the question. Each prompt ends in an
opening mark behind a lead-in, so every answer begins with a quote. The model is SmolLM2-135M-Instruct in float32, at
temperature 0.6, one seed a prompt, the same for every way of writing; a quote has at most `MAX_TOKENS` tokens.

A quote is *verbatim* if its characters stand in the segment, compared by Python's own ``in``; its *sources are right*
if each has exactly its characters, and all places where ``str.find`` finds it are among them (with `Matching.EXACT`,
which knows tokens and not characters: if there is one at least). A free quote that never closes counts as it stands.
"""

import gzip
import json
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from midthought.reasoner.engines.transformers import TransformersEngine
from midthought.reasoner.quoting import asked_segments, pose_question, span_request
from midthought.reasoner.spans.quote_stream import verify_quotes
from midthought.reasoner.spans.quotes import Verdict
from midthought.reasoner.spans.request import Matching, SpanRequest
from midthought.reasoner.spans.rules import SpanRules
from midthought.reasoner.spans.segments import Segment
from midthought.reasoner.spans.span_settings import SpanMode, SpanSettings

HERE = Path(__file__).parent
TRACE_TOKENS = 1500
MAX_TOKENS = 64
_BREAKS = "</quote>"


@dataclass(frozen=True, slots=True)
class Prompt:
    """A question and the text to quote from."""

    question: str
    context: Segment
    group: str


@dataclass(slots=True)
class Tally:
    """What one way of writing gave, over one group of prompts."""

    quotes: int = 0
    characters: int = 0
    verbatim: int = 0
    normalised: int = 0
    altered: int = 0
    invented: int = 0
    sources_right: int = 0
    unclosed: int = 0
    seconds: float = 0.0


def xquad_prompts(data: Path, count: int) -> list[Prompt]:
    """Return `count` questions with their paragraphs: every paragraph once, before any comes twice."""
    articles = json.loads((data / "xquad" / "xquad.en.json").read_text())["data"]
    paragraphs = [part for article in articles for part in article["paragraphs"]]
    rounds = ((part, number) for number in range(10) for part in paragraphs if number < len(part["qas"]))
    chosen = [next(rounds) for _ in range(count)]
    return [Prompt(part["qas"][n]["question"], Segment("paragraph", part["context"]), "XQuAD") for part, n in chosen]


def trace_prompts(data: Path, count: int, engine: TransformersEngine) -> list[Prompt]:
    """Return `count` problems, each with the beginning of a trace about it; drawn with seed 7."""
    with gzip.open(data / "traces" / "sky_t1.jsonl.gz", "rt", encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    drawn = random.Random(7).sample(records, count)
    return [Prompt(one["question"], Segment("trace", _beginning(one["trace"], engine)), "Sky-T1") for one in drawn]


def _beginning(trace: str, engine: TransformersEngine) -> str:
    text = trace.replace("<|begin_of_thought|>", "").strip()[: TRACE_TOKENS * 4]
    while engine.count_tokens(text) > TRACE_TOKENS:
        text = text[: len(text) * 9 // 10]
    return text.strip()


def ways() -> dict[str, SpanSettings]:
    """Return the ways of writing, by name."""
    rules = SpanRules(max_tokens=MAX_TOKENS)
    return {
        "constrained, text": SpanSettings(mode=SpanMode.CONSTRAIN, rules=rules),
        "constrained, exact": SpanSettings(mode=SpanMode.CONSTRAIN, rules=rules, matching=Matching.EXACT),
        "free": SpanSettings(mode=SpanMode.VERIFY, rules=rules),
    }


def write_quote(engine: TransformersEngine, prompt: Prompt, settings: SpanSettings, seed: int) -> tuple[str, bool]:
    """Return the quote the model writes, and whether it closed it."""
    asked = engine.open_thought(pose_question(prompt.question, [prompt.context], settings))
    request: SpanRequest | None = None
    if settings.mode is SpanMode.CONSTRAIN:
        request = span_request(asked_segments(prompt.question, [prompt.context])[1:], settings)
    text = asked + settings.first_mark.lstrip().capitalize()
    tokens = engine.generate(text, max_tokens=MAX_TOKENS + 8, temperature=0.6, seed=seed, spans=request)
    written = ""
    for token in tokens:
        written += token.text
        if settings.delimiters.close in written:
            tokens.close()
    quote, mark, _ = written.partition(settings.delimiters.close)
    return quote, bool(mark)


def judge(quote: str, closed: bool, prompt: Prompt, tally: Tally) -> None:
    """Count one quote."""
    text = prompt.context.text
    tally.quotes += 1
    tally.characters += len(quote)
    tally.unclosed += not closed
    tally.verbatim += bool(quote) and quote in text
    marks = ways()["free"].delimiters
    (found,) = verify_quotes(marks.open + quote + marks.close, [prompt.context]).quotes
    tally.normalised += found.verdict is Verdict.NORMALISED
    tally.altered += found.verdict is Verdict.ALTERED
    tally.invented += found.verdict is Verdict.INVENTED
    places = {(one.start, one.end) for one in found.sources}
    tally.sources_right += bool(places) and all(text[low:high] == quote for low, high in places)


def measure(engine: TransformersEngine, prompts: list[Prompt]) -> dict[tuple[str, str], Tally]:
    """Write every prompt's quote in every way, and count."""
    tallies: dict[tuple[str, str], Tally] = {}
    for number, prompt in enumerate(prompts):
        for way, settings in ways().items():
            tally = tallies.setdefault((prompt.group, way), Tally())
            started = time.perf_counter()
            quote, closed = write_quote(engine, prompt, settings, seed=number)
            tally.seconds += time.perf_counter() - started
            judge(quote, closed, prompt, tally)
        if number % 10 == 9:
            print(f"{number + 1} of {len(prompts)} prompts", file=sys.stderr, flush=True)
    return tallies


def render(tallies: dict[tuple[str, str], Tally]) -> Iterator[str]:
    """Yield the lines of the table."""
    yield "| text | quotes written | number | mean characters | verbatim | sources right | not verbatim | of these "
    yield "|---" * 8 + "|"
    for (group, way), one in tallies.items():
        wrong = one.quotes - one.verbatim
        kinds = f"{one.normalised} normalised, {one.altered} altered, {one.invented} invented"
        yield (
            f"| {group} | {way} | {one.quotes} | {one.characters / one.quotes:.0f} | {one.verbatim} "
            f"({one.verbatim / one.quotes:.1%}) | {one.sources_right} | {wrong / one.quotes:.1%} | {kinds} |"
        )
