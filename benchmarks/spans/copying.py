"""Real model, real text: quotes of SmolLM2 under constraint, and the quotes it writes freely to the same prompts.

    MIDTHOUGHT_DATA=... python benchmarks/spans/copying.py [--paragraphs 300] [--traces 100] [--keep FILE] [--write]

Takes the better part of an hour on 2 cores. `--keep` writes every quote as a line of JSON; interrupted and run again
with the same file, it goes on where it stopped.

Prompts are questions of XQuAD with their paragraph (240 paragraphs; 300 prompts take some twice, with another
question) and the first `TRACE_TOKENS` tokens of Sky-T1 traces, whose problem is the question. Each prompt ends in an
opening mark behind a lead-in, so every answer begins with a quote. The model is SmolLM2-135M-Instruct in float32,
`BATCH` prompts at once in transformers' ``generate``, at temperature 0.6 with the same seed for every way of writing; a
quote has at most `MAX_TOKENS` tokens.

A quote is *verbatim* if its characters stand in the segment, compared by Python's own ``in``; its *sources are right*
if they are all the places where it stands, found by trying every place. A quote that never closes counts as it stands.
"""

import argparse
import copy
import gzip
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from hardware import describe_hardware
from transformers import AutoModelForCausalLM, AutoTokenizer, DynamicCache, StoppingCriteria

from midthought.reasoner.control_marks import disarm_marks
from midthought.reasoner.engines.smollm2 import MODEL_NAME, convert_smollm2
from midthought.reasoner.quoting import pose_question, span_request
from midthought.reasoner.spans.decoding import SpanCoder
from midthought.reasoner.spans.delimiters import Delimiters
from midthought.reasoner.spans.logits_processor import SpanLogitsProcessor
from midthought.reasoner.spans.quote_stream import verify_quotes
from midthought.reasoner.spans.request import Matching
from midthought.reasoner.spans.rules import SpanRules
from midthought.reasoner.spans.segments import Segment
from midthought.reasoner.spans.span_settings import SpanMode, SpanSettings
from midthought.reasoner.spans.vocabulary import Vocabulary

HERE = Path(__file__).parent
TRACE_TOKENS = 1000
MAX_TOKENS = 48
BATCH = 10


@dataclass(frozen=True, slots=True)
class Prompt:
    """A question and the text to quote from."""

    question: str
    context: Segment
    group: str


@dataclass(frozen=True, slots=True)
class Written:
    """One quote, and how it was judged."""

    group: str
    way: str
    number: int
    context: str
    quote: str
    closed: bool
    verbatim: bool
    sources_right: bool
    verdict: str
    seconds: float


def xquad_prompts(data: Path, count: int) -> list[Prompt]:
    """Return `count` questions with their paragraphs: every paragraph once, before any comes twice."""
    articles = json.loads((data / "xquad" / "xquad.en.json").read_text())["data"]
    paragraphs = [part for article in articles for part in article["paragraphs"]]
    rounds = ((part, number) for number in range(10) for part in paragraphs if number < len(part["qas"]))
    chosen = [next(rounds) for _ in range(count)]
    return [Prompt(part["qas"][n]["question"], Segment("paragraph", part["context"]), "XQuAD") for part, n in chosen]


def trace_prompts(data: Path, count: int, writer: "Writer") -> list[Prompt]:
    """Return `count` problems, each with the beginning of a trace about it; drawn with seed 7."""
    with gzip.open(data / "traces" / "sky_t1.jsonl.gz", "rt", encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    drawn = random.Random(7).sample(records, count)
    return [Prompt(one["question"], Segment("trace", _beginning(one["trace"], writer)), "Sky-T1") for one in drawn]


def _beginning(trace: str, writer: "Writer") -> str:
    text = trace.replace("<|begin_of_thought|>", "").strip()[: TRACE_TOKENS * 4]
    while writer.count_tokens(text) > TRACE_TOKENS:
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


class AllClosed(StoppingCriteria):
    """Ends a batch when every row has written its closing mark."""

    def __init__(self, vocabulary: Vocabulary, mark: str, prompt: int) -> None:
        self._vocabulary, self._mark, self._prompt = vocabulary, mark.encode(), prompt

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor, **_: object) -> torch.Tensor:
        """Say of every row whether all are done."""
        rows = input_ids[:, self._prompt :].tolist()
        done = all(self._mark in self._vocabulary.join(row) for row in rows)
        return torch.full((len(rows),), done)


class Writer:
    """SmolLM2 with its coder, writing the quotes of a batch of prompts in one way after the other."""

    def __init__(self) -> None:
        folder = convert_smollm2()
        self.tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="left")
        self.tokenizer.pad_token = self.tokenizer.eos_token
        self.model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
        self.coder = SpanCoder(self.tokenizer)

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens of a text."""
        return len(self.tokenizer(text).input_ids)

    def write(self, prompts: Sequence[Prompt], *, seed: int) -> dict[str, list[tuple[str, bool]]]:
        """Return by way the quote of every prompt, and whether it was closed."""
        texts = [self._open(prompt) for prompt in prompts]
        batch = self.tokenizer(texts, return_tensors="pt", padding=True, add_special_tokens=False)
        cache = DynamicCache(config=self.model.config)
        with torch.inference_mode():  # read once, continued in every way
            head = {name: value[:, :-1] for name, value in batch.items()}
            places = (head["attention_mask"].cumsum(-1) - 1).clamp(min=0)
            self.model(**head, position_ids=places, past_key_values=cache, logits_to_keep=1)
        return {way: self._continue(prompts, batch, cache, settings, seed) for way, settings in ways().items()}

    def _open(self, prompt: Prompt) -> str:
        settings = ways()["free"]
        asked = pose_question(prompt.question, [prompt.context], settings)
        messages = [{"role": "user", "content": disarm_marks(asked)}]
        opened = self.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        return str(opened) + "<think>\nThe words I rely on are <quote>"

    def _continue(
        self, prompts: Sequence[Prompt], batch: Any, cache: DynamicCache, settings: SpanSettings, seed: int
    ) -> list[tuple[str, bool]]:
        requests = [span_request([prompt.context], settings) for prompt in prompts]
        constrained = settings.mode is SpanMode.CONSTRAIN
        marks, length = settings.delimiters, batch["input_ids"].shape[1]
        torch.manual_seed(seed)
        rows = self.model.generate(
            **batch,
            past_key_values=copy.deepcopy(cache),
            max_new_tokens=MAX_TOKENS + 8,
            do_sample=True,
            temperature=0.6,
            top_p=0.95,
            top_k=0,
            pad_token_id=self.tokenizer.pad_token_id,
            logits_processor=[SpanLogitsProcessor(self.coder, requests)] if constrained else [],
            stopping_criteria=[AllClosed(self.coder.vocabulary, marks.close, length)],
        )
        written = [self.coder.vocabulary.join(row).decode(errors="replace") for row in rows[:, length:].tolist()]
        return [_first_quote(text, marks) for text in written]


def _first_quote(text: str, marks: Delimiters) -> tuple[str, bool]:
    quote, mark, _ = text.partition(marks.close)
    first, again, _ = quote.partition(marks.open)
    return first, bool(mark) and not again


def judge(quote: str, closed: bool, prompt: Prompt, way: str, number: int, seconds: float) -> Written:
    """Return a quote with what plain string search says of it, and what `verify_quotes` does."""
    text, marks = prompt.context.text, Delimiters()
    (found,) = verify_quotes(marks.open + quote + marks.close, [prompt.context]).quotes
    places = [place for place in range(len(text)) if found.text and text.startswith(found.text, place)]
    return Written(
        group=prompt.group,
        way=way,
        number=number,
        context=text,
        quote=quote,
        closed=closed,
        verbatim=bool(quote) and quote in text,
        sources_right=bool(places)
        and [(place, place + len(found.text)) for place in places] == [(one.start, one.end) for one in found.sources],
        verdict=found.verdict.value,
        seconds=seconds,
    )


def measure(writer: Writer, prompts: list[Prompt], keep: Path) -> list[Written]:
    """Write every prompt's quote in every way, batch by batch, those in the file already excepted."""
    done = [Written(**json.loads(line)) for line in keep.read_text().splitlines()] if keep.exists() else []
    with keep.open("a", encoding="utf-8") as lines:
        for start in range(len({one.number for one in done}), len(prompts), BATCH):
            some = prompts[start : start + BATCH]
            started = time.perf_counter()
            written = writer.write(some, seed=start)
            seconds = (time.perf_counter() - started) / len(some) / len(written)
            fresh = [
                judge(quote, closed, prompt, way, start + row, seconds)
                for way, quotes in written.items()
                for row, (prompt, (quote, closed)) in enumerate(zip(some, quotes, strict=True))
            ]
            lines.write("".join(json.dumps(asdict(one)) + "\n" for one in fresh))
            lines.flush()
            done += fresh
            print(f"{start + len(some)} of {len(prompts)} prompts", file=sys.stderr, flush=True)
    return done


def render(done: list[Written]) -> Iterator[str]:
    """Yield the lines of the table."""
    yield "| text | written | quotes | mean characters | verbatim | sources right | unclosed | not verbatim are |"
    yield "|---" * 8 + "|"
    for group, way in dict.fromkeys((one.group, one.way) for one in done):
        some = [one for one in done if (one.group, one.way) == (group, way)]
        verbatim, right = sum(one.verbatim for one in some), sum(one.sources_right for one in some)
        wrong = Counter(one.verdict for one in some if not one.verbatim)
        yield (
            f"| {group} | {way} | {len(some)} | {sum(len(one.quote) for one in some) / len(some):.0f} | {verbatim} "
            f"({verbatim / len(some):.1%}) | {right} | {sum(not one.closed for one in some)} | "
            f"{', '.join(f'{count} {verdict}' for verdict, count in sorted(wrong.items())) or '-'} |"
        )


def main() -> None:
    """Measure, print, and with --write keep the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--paragraphs", type=int, default=300)
    parser.add_argument("--traces", type=int, default=100)
    parser.add_argument("--keep", type=Path, help="JSON lines of every quote; an own temporary file if not given")
    parser.add_argument("--write", action="store_true", help="write copying.md beside this script")
    arguments = parser.parse_args()
    data, writer = Path(os.environ["MIDTHOUGHT_DATA"]), Writer()
    prompts = xquad_prompts(data, arguments.paragraphs) + trace_prompts(data, arguments.traces, writer)
    with tempfile.TemporaryDirectory() as folder:
        done = measure(writer, prompts, arguments.keep or Path(folder) / "quotes.jsonl")
    free = [one for one in done if one.way == "free"]
    errors = sum(not one.verbatim for one in free)
    lines = [
        "# Copying: under constraint and freely",
        "",
        "Made by `benchmarks/spans/copying.py`; its docstring says what is compared with what.",
        "",
        f"{MODEL_NAME}, quotes of at most {MAX_TOKENS} tokens. Machine: {describe_hardware()}.",
        "",
        *render(done),
        "",
        f"Error rate of free quoting: {errors} of {len(free)} ({errors / max(1, len(free)):.1%}) are not verbatim.",
        "",
    ]
    print("\n".join(lines))
    if arguments.write:
        (HERE / "copying.md").write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
