"""Real model, real text: quotes of SmolLM2 under constraint, and the quotes it writes freely to the same prompts.

    MIDTHOUGHT_DATA=... python benchmarks/spans/copying.py [--paragraphs 300] [--traces 100] [--keep FILE] [--write]

Needs the extra `vllm`: all is written by a vLLM server with Midthought's plugin, `TOGETHER` requests in flight.
`--keep` writes every quote as a line of JSON; interrupted and run again with that file, it goes on where it stopped.

Prompts are questions of XQuAD with their paragraph (240 paragraphs; 300 prompts take some twice, with another
question) and the first `TRACE_TOKENS` tokens of Sky-T1 traces, whose problem is the question. Each prompt ends in an
opening mark behind the lead-in of `SpanSettings`, so every answer begins with a quote. The model is
SmolLM2-135M-Instruct in float32, greedy (a seed of its own for every request ends vLLM 0.32 on a CPU); a quote has at
most `MAX_TOKENS` tokens.

A quote is *verbatim* if its characters, outer white space apart, stand in the segment, by Python's own ``in``; its
*sources are right* if they are all the places where it stands, found by trying every place. A quote that never closes
counts as it stands.
"""

import gzip
import json
import os
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hardware import describe_hardware
from page import Page
from transformers import AutoTokenizer
from vllm_server import complete_all, serve_model

from midthought.memory.records.control_marks import disarm_marks
from midthought.reasoner.engines.smollm2 import MODEL_NAME, convert_smollm2
from midthought.reasoner.spans.delimiters import Delimiters
from midthought.reasoner.spans.quote_stream import verify_quotes
from midthought.reasoner.spans.request import Matching
from midthought.reasoner.spans.rules import SpanRules
from midthought.reasoner.spans.segments import Segment
from midthought.reasoner.spans.span_arguments import SPAN_ARGUMENT, write_request
from midthought.reasoner.spans.span_settings import SpanMode, SpanSettings
from midthought.reasoner.thought.quoting import pose_question, span_request

TRACE_TOKENS = 1000
MAX_TOKENS = 32
TOGETHER = 30


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


def xquad_prompts(data: Path, count: int) -> list[Prompt]:
    """Return `count` questions with their paragraphs: every paragraph once, before any comes twice."""
    articles = json.loads((data / "xquad" / "xquad.en.json").read_text())["data"]
    paragraphs = [part for article in articles for part in article["paragraphs"]]
    rounds = ((part, number) for number in range(10) for part in paragraphs if number < len(part["qas"]))
    chosen = [next(rounds) for _ in range(count)]
    return [Prompt(part["qas"][n]["question"], Segment("paragraph", part["context"]), "XQuAD") for part, n in chosen]


def trace_prompts(data: Path, count: int, tokenizer: Any) -> list[Prompt]:
    """Return `count` problems, each with the beginning of a trace about it; drawn with seed 7."""
    with gzip.open(data / "traces" / "sky_t1.jsonl.gz", "rt", encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    drawn = random.Random(7).sample(records, count)
    return [Prompt(one["question"], Segment("trace", _beginning(one["trace"], tokenizer)), "Sky-T1") for one in drawn]


def _beginning(trace: str, tokenizer: Any) -> str:
    text = trace.replace("<|begin_of_thought|>", "").strip()[: TRACE_TOKENS * 4]
    while len(tokenizer(text).input_ids) > TRACE_TOKENS:
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


def ask(prompt: Prompt, settings: SpanSettings, tokenizer: Any) -> dict[str, Any]:
    """Return the request of one prompt."""
    asked = disarm_marks(pose_question(prompt.question, [prompt.context], settings))
    opened = tokenizer.apply_chat_template(
        [{"role": "user", "content": asked}], tokenize=False, add_generation_prompt=True
    )
    lead_in = settings.first_mark.lstrip()
    body = {
        "model": "model",
        "prompt": opened + "<think>\n" + lead_in[:1].upper() + lead_in[1:],
        "max_tokens": MAX_TOKENS + 8,
        "temperature": 0,
        "stop": [settings.delimiters.close],
        "include_stop_str_in_output": True,
    }
    if settings.mode is SpanMode.CONSTRAIN:
        body["vllm_xargs"] = {SPAN_ARGUMENT: write_request(span_request([prompt.context], settings))}
    return body


def first_quote(text: str, marks: Delimiters) -> tuple[str, bool]:
    """Return the quote an answer begins with, and whether it was closed."""
    quote, mark, _ = text.partition(marks.close)
    first, again, _ = quote.partition(marks.open)
    return first, bool(mark) and not again


def judge(quote: str, closed: bool, prompt: Prompt, way: str, number: int) -> Written:
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
        verbatim=bool(found.text) and found.text in text,
        sources_right=bool(places)
        and [(place, place + len(found.text)) for place in places] == [(one.start, one.end) for one in found.sources],
        verdict=found.verdict.value,
    )


def measure(address: str, tokenizer: Any, prompts: list[Prompt], keep: Path) -> list[Written]:
    """Write every prompt's quote in every way, those in the file already excepted."""
    done = [Written(**json.loads(line)) for line in keep.read_text().splitlines()] if keep.exists() else []
    known = {(one.number, one.way) for one in done}
    left = [(number, way) for number in range(len(prompts)) for way in ways() if (number, way) not in known]
    with keep.open("a", encoding="utf-8") as lines:
        for start in range(0, len(left), TOGETHER):
            some = left[start : start + TOGETHER]
            answers = complete_all(address, [ask(prompts[n], ways()[way], tokenizer) for n, way in some])
            for (number, way), answer in zip(some, answers, strict=True):
                quote, closed = first_quote(answer.raise_for_status().json()["choices"][0]["text"], Delimiters())
                done.append(judge(quote, closed, prompts[number], way, number))
                lines.write(json.dumps(asdict(done[-1])) + "\n")
            lines.flush()
            print(f"{start + len(some)} of {len(left)} quotes", file=sys.stderr, flush=True)
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
    page = Page(__doc__, __file__)
    page.parser.add_argument("--paragraphs", type=int, default=300)
    page.parser.add_argument("--traces", type=int, default=100)
    page.parser.add_argument("--keep", type=Path, help="JSON lines of every quote; an own temporary file if not given")
    arguments = page.parser.parse_args()
    data, model = Path(os.environ["MIDTHOUGHT_DATA"]), convert_smollm2()
    tokenizer = AutoTokenizer.from_pretrained(model)
    prompts = xquad_prompts(data, arguments.paragraphs) + trace_prompts(data, arguments.traces, tokenizer)
    with (
        tempfile.TemporaryDirectory() as folder,
        serve_model(model, Path(folder), flags=["--max-model-len", "4096"]) as address,
    ):
        done = measure(address, tokenizer, prompts, arguments.keep or Path(folder) / "quotes.jsonl")
    free = [one for one in done if one.way == "free"]
    errors = sum(not one.verbatim for one in free)
    lines = [
        *page.head(
            "Copying: under constraint and freely",
            told="what is compared with what",
            setting=f"{MODEL_NAME} under vLLM, quotes of at most {MAX_TOKENS} tokens. Machine: {describe_hardware()}.",
        ),
        *render(done),
        "",
        f"Error rate of free quoting: {errors} of {len(free)} ({errors / max(1, len(free)):.1%}) are not verbatim.",
        "",
    ]
    page.show("\n".join(lines), write=arguments.write)


if __name__ == "__main__":
    main()
