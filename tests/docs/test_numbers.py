"""The numbers that the pages promise are those of the code."""

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

NUMBERS: list[tuple[str, str, Any, str, str]] = [
    ("midthought.memory.indexes.vectors.choose", "EXACT_UP_TO", 20_000, "scale.md", "| up to 20,000 | `exact` |"),
    ("midthought.memory.indexes.vectors.choose", "EXACT_UP_TO", 20_000, "store.md", "up to 20,000 entries"),
    ("midthought.ingest.dedup.join", "NEAREST", 5, "merging.md", "compared with the five nearest"),
    ("midthought.ingest.dedup.novelty", "NEIGHBOURS", 5, "merging.md", "to the five nearest keys"),
    ("midthought.ingest.dedup.join", "RECORDED_SIMILARITY", 0.85, "merging.md", "cosine of at least 0.85"),
    ("midthought.ingest.dedup.rules", "KEY_SIMILARITY", 0.75, "merging.md", "cosine of the keys is at least 0.75"),
    ("midthought.ingest.dedup.rules", "BODY_SIMILARITY", 0.60, "merging.md", "that of the bodies at least 0.60"),
    ("midthought.ingest.extraction.step_examples", "MAX_STEPS", 3, "extraction.md", "at most three steps of a trace"),
    ("midthought.ingest.extraction.recognition", "MAX_LINKS", 6, "extraction.md", "at most six links of a trace"),
    ("midthought.ingest.checks.held_out", "RUN", 13, "extraction.md", "runs of 13 words"),
    ("midthought.ingest.stream.reader", "MAX_LINE_BYTES", 32 << 20, "trajectories.md", "longer than 32 MiB"),
    ("midthought.retrieval.passages", "MAX_WHOLE", 800, "rest.md", "A query of up to 800 characters is one part"),
    (
        "midthought.retrieval.nearness",
        "AVERAGED",
        5,
        "rest.md",
        "towards the mean of the five nearest (if there are five)",
    ),
    ("midthought.retrieval.rerank.timed", "RERANKED", 20, "settings.md", "reorders the first 20 hits"),
    ("midthought.retrieval.arrangement.prior", "_HALF", 20, "settings.md", "half of it for 20 traces"),
    ("midthought.retrieval.arrangement.expansion", "MIN_HITS", 3, "settings.md", "of three or more hits"),
    ("midthought.api.rest.upload", "MAX_LIST", 32 << 20, "rest.md", "A list of up to 32 MiB"),
    ("midthought.api.rest.reason", "HEARTBEAT", 15, "reason.md", "If nothing happens for 15 seconds"),
    ("midthought.api.rest.trajectories", "MAX_REJECTIONS", 1000, "rest.md", "the first 1,000 rejections"),
]


@pytest.mark.parametrize(("module", "name", "value", "page", "words"), NUMBERS)
def test_a_page_tells_the_number_of_the_code(
    root: Path, module: str, name: str, value: object, page: str, words: str
) -> None:
    """A number that changes in one of the two places changes in the other."""
    assert getattr(import_module(module), name) == value
    assert words in " ".join((root / "docs" / page).read_text().split())


def test_the_published_settings_of_a_thought() -> None:
    """The paper's (m, n, k): samples, samples that are kept, and procedures, of up to 16,384 tokens."""
    settings = import_module("midthought.reasoner.thought.think_settings")
    shown = [
        (one.samples, one.keep, one.procedures, one.max_tokens) for one in settings.__dict__.values() if is_of(one)
    ]
    assert shown == [(8, 4, 3, 16_384), (30, 8, 10, 16_384)]


def is_of(value: object) -> bool:
    """Whether a value of the module is a group of settings."""
    return type(value).__name__ == "ThinkSettings"
