"""No leak in any procedure of the real traces, by a check of its own that shares no code with the product's."""

import gzip
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from midthought.ingest.extraction.extracted import Extraction
from midthought.ingest.extraction.extractor import extract
from midthought.memory.records.trajectory import Outcome, Trajectory

DATA = os.environ.get("MIDTHOUGHT_DATA")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(DATA is None, reason="MIDTHOUGHT_DATA is unset: the real traces are not there"),
]
WORDS = "zero one two three four five six seven eight nine ten eleven twelve".split()  # noqa: SIM905


def read_right() -> Iterator[Trajectory]:
    with gzip.open(Path(str(DATA)) / "traces" / "sky_t1.jsonl.gz", "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            if row["correct"] and row["finished"]:
                thought, _, answer = row["trace"].partition("<|end_of_thought|>")
                yield Trajectory(row["question"], thought, answer, str(row["gold"]), Outcome.CORRECT)


@pytest.fixture(scope="module")
def extractions() -> list[tuple[Trajectory, Extraction]]:
    return [(trajectory, extract(trajectory)) for trajectory in read_right()]


def texts_of(extraction: Extraction) -> Iterator[tuple[str, str]]:
    for extracted in extraction.entries:
        p = extracted.entry
        yield p.subquestion, " ".join([p.subquestion, p.subroutine, p.applicability, *p.pitfalls])


def test_every_trace_teaches(extractions: list[tuple[Trajectory, Extraction]]) -> None:
    """Each of the 764 gives at least one procedure, three of four give three or more, and none more than twelve."""
    counts = [len(extraction.entries) for _, extraction in extractions]
    assert len(counts) == 764
    assert min(counts) >= 1
    assert sum(count >= 3 for count in counts) >= 0.75 * len(counts)
    assert max(counts) <= 12


def test_texts_keep_their_limits(extractions: list[tuple[Trajectory, Extraction]]) -> None:
    """Questions are single and short, subroutines stay within 250 words, spans point into the texts."""
    for trajectory, extraction in extractions:
        for extracted in extraction.entries:
            p = extracted.entry
            assert p.subquestion.count("?") == 1
            assert p.subquestion.endswith("?")
            assert len(p.subquestion.split()) <= 30
            assert len(p.subroutine.split()) <= 250
            assert p.applicability or "self-ask" in p.tags
            assert all(trajectory.text(span).strip() for span in extracted.spans)


def test_no_number_of_the_question(extractions: list[tuple[Trajectory, Extraction]]) -> None:
    """No number of the question stands in a text, and none of its small numbers as a word in a subquestion."""
    for trajectory, extraction in extractions:
        numbers = set(re.findall(r"\d+", trajectory.question))
        spoken = {WORDS[int(n)] for n in numbers if len(n) < 3 and 1 < int(n) < len(WORDS)}
        for subquestion, text in texts_of(extraction):
            assert not numbers & set(re.findall(r"\d+", text))
            assert not spoken & set(subquestion.lower().split())


def test_no_name_of_the_question(extractions: list[tuple[Trajectory, Extraction]]) -> None:
    """No word that the question capitalises in the middle of a sentence stands capitalised in a text."""
    for trajectory, extraction in extractions:
        names = set(re.findall(r"(?<=[a-z,] )[A-Z][a-z]{2,}", trajectory.question))
        for _, text in texts_of(extraction):
            assert not names & set(re.findall(r"(?<=[a-z,] )[A-Z][a-z]{2,}", text)), names
            assert not re.search(r"(?<![A-Za-z'])[B-HJ-Zb-hj-z](?![A-Za-z'])", text)


def test_no_final_answer(extractions: list[tuple[Trajectory, Extraction]]) -> None:
    """Neither gold nor any boxed value stands in a text, as digits, word, or small number said in words."""
    for trajectory, extraction in extractions:
        boxed = re.findall(r"\\boxed\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}", trajectory.thought + trajectory.answer)
        plain = {re.sub(r"\\text|\\mathrm|[^a-z0-9.]", "", value.lower()) for value in [str(trajectory.gold), *boxed]}
        banned = {v for v in plain if len(v) > 2 and v.isalpha()} | {
            WORDS[int(v)] for v in plain if v.isdigit() and len(v) < 3 and int(v) < len(WORDS) and v != "1"
        }
        for _, text in texts_of(extraction):
            words = set(re.findall(r"[a-z]+", text.lower()))
            assert not banned & words, (banned & words, text)
            assert not {v for v in plain if v.isdigit()} & set(re.findall(r"\d+", text))
