"""The measurement of recall's quality in `benchmarks/quality`: metrics, drawn queries, judged queries."""

import json
import math
import random
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from midthought.ingest.starter import read_starter
from midthought.retrieval.fusion.convex import LEXICAL_WEIGHT

STYLES = {"specific", "general", "misspelt", "jargon", "half_thought", "other_field"}
HALVES = ("fit", "test")


@pytest.fixture(scope="module")
def quality(root: Path) -> Iterator[Path]:
    """The folder of the scripts, which import each other by bare names."""
    folder = root / "benchmarks" / "quality"
    names = {file.stem for file in folder.glob("*.py")}
    sys.path.insert(0, str(folder))
    yield folder
    sys.path.remove(str(folder))
    for name in names:
        sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def metrics(quality: Path) -> ModuleType:
    """The metrics."""
    import metrics  # type: ignore[import-not-found]

    return metrics


def read_rows(quality: Path, name: str) -> list[dict[str, object]]:
    """The rows of one file of queries."""
    return [json.loads(line) for line in (quality / "queries" / name).read_text("utf-8").splitlines()]


def test_metrics_by_hand(metrics: ModuleType) -> None:
    """Two of three right ids at ranks 2 and 4 give the figures computed by hand."""
    scores = metrics.score_ranking(list("xaybzuvwqrc"), set("abc"))
    ideal = 1 + 1 / math.log2(3) + 1 / 2
    assert scores == pytest.approx(
        {
            "recall@5": 2 / 3,
            "recall@10": 2 / 3,
            "hit@1": 0.0,
            "hit@3": 1.0,
            "nDCG@10": (1 / math.log2(3) + 1 / math.log2(5)) / ideal,
            "MRR": 0.5,
        }
    )


def test_metrics_at_the_ends(metrics: ModuleType) -> None:
    """A perfect ranking scores 1 everywhere, an empty one 0."""
    assert set(metrics.score_ranking(["a", "b"], {"a", "b"}).values()) == {1.0}
    assert set(metrics.score_ranking([], {"a"}).values()) == {0.0}


def test_intervals(metrics: ModuleType) -> None:
    """An interval holds its mean, repeats exactly, and has no width if all differences are alike."""
    values = np.random.default_rng(1).normal(0.3, 1.0, size=200)
    one = metrics.estimate(values)
    assert one == metrics.estimate(values)
    assert one.low < one.mean < one.high
    # A mean of 200 normal values has standard error 1 / sqrt(200): the interval is about 3.92 of them wide.
    assert one.high - one.low == pytest.approx(3.92 * values.std() / math.sqrt(200), rel=0.15)
    same = metrics.estimate(np.full(50, 0.25))
    assert (same.mean, same.low, same.high) == (0.25, 0.25, 0.25)


def test_area_under_curve(metrics: ModuleType) -> None:
    """Pairs in order count one, equal ones half, reversed ones nothing."""
    assert metrics.area_under_curve([0.2, 0.6], [0.2, 0.1]) == pytest.approx(3.5 / 4)
    assert metrics.area_under_curve([0.5, 0.1], [0.5, 0.05]) == pytest.approx(2.5 / 4)


def test_reliability_bins(quality: Path) -> None:
    """A tenth's share weighs useful and useless queries alike as a whole, and counts every query once."""
    from reliability import bin_probabilities, draw_curve  # type: ignore[import-not-found]

    bins = bin_probabilities([0.85, 1.0], [0.81, 0.05, 0.02, 0.01])
    assert [one.count for one in bins] == [3, 2, 1]
    assert bins[1].seen == pytest.approx((1 / 4) / (1 / 4 + 1 / 8))
    assert draw_curve(bins, "title").count("<circle") == 3


def test_drawn_queries_repeat(quality: Path) -> None:
    """The same seed draws the same queries, another seed others, as many as asked for."""
    import without_answer  # type: ignore[import-not-found]

    texts = ["a short text of some words", "another text", "third"]
    for draw in (
        lambda dice: without_answer.draw_nonsense(dice, 20),
        lambda dice: without_answer.draw_salad(dice, 20, texts),
        lambda dice: without_answer.draw_code(dice, 20, ["a = 1\n\nb = 2\nc = 3\n" * 9]),
        lambda dice: without_answer.draw_long(dice, 20, [*texts, "fourth", *map(str, range(9))]),
    ):
        first = draw(random.Random("one"))
        assert first == draw(random.Random("one"))
        assert first != draw(random.Random("two"))
        assert len(first) == 20
        assert all(text.strip() for text in first)


def test_halves_of_drawn_queries_differ(quality: Path, data_folder: Path) -> None:
    """Both halves have 900 queries, and no text is in both."""
    from without_answer import COUNTS, draw_queries

    halves = [{one.text for one in draw_queries(half, data_folder)} for half in HALVES]
    assert not halves[0] & halves[1]
    assert all(len(draw_queries(half, data_folder)) == sum(COUNTS.values()) for half in HALVES)


@pytest.mark.parametrize("half", HALVES)
def test_judged_queries(quality: Path, half: str) -> None:
    """Every judged query has the fields that are read, and its right ids are entries of the starter memory."""
    known = {entry.id for _, entry in read_starter()}
    rows = read_rows(quality, f"{half}.jsonl")
    assert rows
    for row in rows:
        assert set(row) >= {"id", "style", "area", "query", "right"}
        assert row["style"] in STYLES
        assert str(row["query"]).strip()
        right = row["right"]
        assert isinstance(right, list)
        assert set(right) <= known, row["id"]


def test_no_query_twice(quality: Path) -> None:
    """No id and no text occurs twice over both halves and both lists of queries without an answer."""
    rows = [
        row for half in HALVES for name in (f"{half}.jsonl", f"none_{half}.jsonl") for row in read_rows(quality, name)
    ]
    for field in ("id", "query"):
        values = [row[field] for row in rows]
        assert len(values) == len(set(values)), field
    assert all(
        {"id", "group", "query"} <= set(row) for half in HALVES for row in read_rows(quality, f"none_{half}.jsonl")
    )


def test_fusion_weight_is_replaced(quality: Path, root: Path) -> None:
    """The weight that is written is the one constant, and nothing else of the file changes."""
    from fusion_weight import write_weight  # type: ignore[import-not-found]

    code = (root / "retrieval" / "fusion" / "convex.py").read_text("utf-8")
    assert write_weight(code, LEXICAL_WEIGHT) == code
    assert re.search(r"^LEXICAL_WEIGHT = 0\.45$", write_weight(code, 0.45), re.MULTILINE)
    assert len(write_weight(code, 0.45).splitlines()) == len(code.splitlines())


def test_best_weight(quality: Path) -> None:
    """Every collection counts alike, however many queries it has, and a gain within noise changes nothing."""
    from fusion_weight import WEIGHTS, best_weight, choose_weight

    flat = np.full((400, len(WEIGHTS)), 0.5)
    steep = np.full((10, len(WEIGHTS)), 0.5)
    steep[:, 8] = 0.9
    assert best_weight([flat, steep]) == 8
    assert choose_weight([flat, steep]) == WEIGHTS[8]
    noise = np.random.default_rng(3).normal(0.5, 0.3, size=(40, len(WEIGHTS)))
    assert choose_weight([noise[:20], noise[20:]]) == LEXICAL_WEIGHT
