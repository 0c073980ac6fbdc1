"""What it costs to recall entries as text, and as ready keys and values: SmolLM2-135M, entries of the starter memory.

    python benchmarks/zoom/entries.py [--entries 4 16 32] [--write]

A request is a prefix, so many entries, and a question; *first token* is the time from its tokens to the scores of
the first token of an answer, the median of `ROUNDS`, both ways in turns. As text, the library's cache reads all of it.
Prepared, entries were read before: `PreparedEntries.open` and the question. *opened* is how many entries were open at
any of the `ANSWER` tokens after that, by the published rule (two are open at most), of those that stand there.
"""

import statistics
import time
from collections.abc import Iterator
from typing import Any

import torch
from traces import MODEL_NAME, Page, describe_hardware, load_model
from transformers import DynamicCache

from midthought.ingest.starter import read_starter
from midthought.memory.records.entry import StoredEntry
from midthought.reasoner.zoom.thoughts.boundaries.punctuation import Punctuation
from midthought.reasoner.zoom.thoughts.choosing import OPEN
from midthought.reasoner.zoom.thoughts.prepared_entries import PreparedEntries
from midthought.reasoner.zoom.thoughts.segmenters.paragraphs import Paragraphs
from midthought.reasoner.zoom.thoughts.voting_policy import Summarised, VotingPolicy

PREFIX = "<|im_start|>system\nThese are ways to solve problems.\n"
QUESTION = (
    "<|im_end|>\n<|im_start|>user\nIn how many ways can the letters of BANANA be arranged?<|im_end|>\n"
    "<|im_start|>assistant\nI look for a way to do it."
)
ROUNDS, ANSWER = 7, 40


@torch.inference_mode()
def read_text(model: Any, tokens: list[int]) -> None:
    """Read a request as text, as far as the first token of an answer."""
    model(torch.tensor([tokens]), past_key_values=DynamicCache(config=model.config), logits_to_keep=1)


@torch.inference_mode()
def read_question(model: Any, cache: Any, question: list[int]) -> int:
    """Read the question behind prepared entries; return the first token of an answer."""
    return int(model(torch.tensor([question]), past_key_values=cache, logits_to_keep=1).logits[0, -1].argmax())


@torch.inference_mode()
def count_opened(model: Any, cache: Any, question: list[int]) -> int:
    """Answer greedily; return how many entries were ever open."""
    token, opened = read_question(model, cache, question), set[int]()
    entries = sum(bool(one.entry) for one in cache.zoom_control.thoughts)
    for _ in range(ANSWER):
        token = int(model(torch.tensor([[token]]), past_key_values=cache).logits[0, -1].argmax())
        levels = cache.layers[0].visible_thoughts.levels[0, :entries]
        opened |= set((levels == OPEN).nonzero().flatten().tolist())
    return len(opened)


def measure(model: Any, tokenizer: Any, counts: list[int]) -> Iterator[str]:
    """Yield the rows of the table."""
    decode = lambda ids: str(tokenizer.decode(ids))  # noqa: E731
    question = tokenizer(QUESTION, add_special_tokens=False).input_ids
    starter = [entry for _, entry in read_starter()]
    for count in counts:
        stored = [StoredEntry(number, entry, 1, ()) for number, entry in enumerate(starter[:count])]
        prepared = PreparedEntries(model, tokenizer, PREFIX)
        began = time.perf_counter()
        read = prepared.prepare(stored)
        once = time.perf_counter() - began

        def open_cache(prepared: PreparedEntries = prepared) -> Any:
            policy = VotingPolicy(window=64, summarised=Summarised.NONE)
            return prepared.open(lambda length: Paragraphs(decode, first=length), Punctuation(decode), policy)

        text, ready = [], []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            read_text(model, [*prepared.ids, *question])
            text.append(time.perf_counter() - began)
            began = time.perf_counter()
            read_question(model, open_cache(), question)
            ready.append(time.perf_counter() - began)
        again = prepared.prepare(stored)
        slow, fast = statistics.median(text), statistics.median(ready)
        yield (
            f"| {count} | {read} | {once:.2f} s | {again} | {len(prepared.ids) + len(question)} | "
            f"{slow * 1000:.0f} ms | "
            f"{len(question)} | {fast * 1000:.0f} ms | {slow / fast:.1f} | "
            f"{count_opened(model, open_cache(), question)} of {count} | {prepared.stored_bytes / 1e6:.0f} MB |"
        )


def main() -> None:
    """Measure, print, and with --write keep the result."""
    page = Page(__doc__, __file__)
    page.parser.add_argument("--entries", type=int, nargs="+", default=[4, 16, 32])
    arguments = page.parser.parse_args()
    tokenizer, model = load_model()
    head = page.head(
        "Zoom: entries as text, and as ready keys and values",
        setting=f"{MODEL_NAME}, float32. Machine: {describe_hardware()}.",
    )
    columns = (
        "| entries | tokens prepared | once | tokens, prepared again | tokens read as text | first token | "
        "tokens read prepared | first token | times faster | opened | kept ready |"
    )
    page.show_table(head, columns, measure(model, tokenizer, arguments.entries), write=arguments.write)


if __name__ == "__main__":
    main()
