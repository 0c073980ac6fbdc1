"""Choose how much words count in the fusion of both searches, by cross-validation on development queries.

    make tune        (MIDTHOUGHT_DATA=... python benchmarks/quality/fusion_weight.py [--work DIR])

Looks at nDCG@10 of the whole query text for weights from 0 to 1, on the development half of the judged queries and on
questions and sub-goals of traces over what other traces taught; each of the two counts half. Of five folds each is
scored with the weight that is best on the other four: a mean far below that of one weight for all would say that the
choice is luck. The present weight stays unless the best one is better beyond noise: lower bound of the paired interval
above 0.

Writes ``fusion_weight.md``, and the constant `LEXICAL_WEIGHT` in ``retrieval/fusion/convex.py`` if another weight is
chosen: run ``tune.py`` after it, which fits the calibration to what is then found. The test half is not read.
"""

import argparse
import os
import re
import tempfile
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
from caching import CachingEncoder
from corpora import Corpus, open_judged, open_judged_examples
from measure import WORK
from metrics import Estimate, Scores, estimate, score_ranking
from report import describe_machine
from systems import WholeQuerySearch

from midthought.retrieval.fusion.convex import LEXICAL_WEIGHT, ConvexFusion

HERE = Path(__file__).resolve().parent
CODE = HERE.parents[1] / "retrieval" / "fusion" / "convex.py"
WEIGHTS = tuple(round(0.05 * step, 2) for step in range(21))
FOLDS = 5
_SEED = 14


def score_weights(corpus: Corpus, encoder: CachingEncoder) -> Scores:
    """Return nDCG@10 of every query with every weight, shape ``(queries, weights)``."""
    search = WholeQuerySearch(corpus.memory.store, encoder, where=corpus.where)
    fusions = [ConvexFusion(weight) for weight in WEIGHTS]
    return np.array(
        [
            [score_ranking(ids, query.right)["nDCG@10"] for ids in search.rank_by(query.text, fusions)]
            for query in corpus.queries
        ]
    )


def cross_validate(collections: list[Scores]) -> tuple[float, list[float]]:
    """Return the mean over collections of nDCG@10 with the weight chosen on the other folds, and those weights."""
    folds = [np.random.default_rng(_SEED).permutation(len(scores)) % FOLDS for scores in collections]
    values, chosen = [], []
    for fold in range(FOLDS):
        rest = [scores[fold != own] for scores, own in zip(collections, folds, strict=True)]
        best = best_weight(rest)
        chosen.append(WEIGHTS[best])
        values.append(
            np.mean([scores[fold == own, best].mean() for scores, own in zip(collections, folds, strict=True)])
        )
    return float(np.mean(values)), chosen


def best_weight(collections: list[Scores]) -> int:
    """Return the place in `WEIGHTS` of the weight with the best mean over collections; the lower one of equals."""
    return int(np.argmax(np.mean([scores.mean(axis=0) for scores in collections], axis=0)))


def gain_over(collections: list[Scores], best: int, present: int) -> Estimate:
    """Return the gain of one weight over another, every collection counting alike, with its interval."""
    size = sum(map(len, collections))
    shares = [size / len(collections) / len(scores) * (scores[:, best] - scores[:, present]) for scores in collections]
    return estimate(np.concatenate(shares))


def write_weight(code: str, weight: float) -> str:
    """Return the source of the fusion with another constant."""
    changed, count = re.subn(r"^LEXICAL_WEIGHT = .*$", f"LEXICAL_WEIGHT = {weight}", code, flags=re.MULTILINE)
    assert count == 1, "the constant is not where it was"
    return changed


def describe_choice(collections: dict[str, Scores], chosen: float) -> str:
    """Return the page."""
    scores = list(collections.values())
    validated, weights = cross_validate(scores)
    best = best_weight(scores)
    gain = gain_over(scores, best, WEIGHTS.index(LEXICAL_WEIGHT))
    lines = [
        "# The weight of words in fusion",
        "",
        f"Made by `benchmarks/quality/fusion_weight.py` (`make tune`); {describe_machine()}. nDCG@10 by weight:",
        "",
        f"| weight | {' | '.join(f'{name} ({len(some)})' for name, some in collections.items())} | mean |",
        "|---" * (len(collections) + 2) + "|",
    ]
    for place, weight in enumerate(WEIGHTS):
        values = [some[:, place].mean() for some in scores]
        lines.append(f"| {weight} | {' | '.join(f'{value:.3f}' for value in values)} | {np.mean(values):.3f} |")
    return "\n".join(
        [
            *lines,
            "",
            f"Five folds, each with the weight chosen on the others ({', '.join(map(str, weights))}): {validated:.3f}.",
            f"Best on all: {WEIGHTS[best]}; over the present {LEXICAL_WEIGHT} it gains {gain}. Chosen: {chosen}.",
            "",
        ]
    )


def choose_weight(collections: list[Scores]) -> float:
    """Return the best weight if it is better beyond noise, else the present one."""
    best, present = best_weight(collections), WEIGHTS.index(LEXICAL_WEIGHT)
    return WEIGHTS[best] if gain_over(collections, best, present).low > 0 else LEXICAL_WEIGHT


def main() -> None:
    """Choose, print the table and write both files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=WORK, help="where vectors are kept")
    given = parser.parse_args()
    if "MIDTHOUGHT_DATA" not in os.environ:
        print("MIDTHOUGHT_DATA is not set: without the traces the weight stays as it is")
        return
    data, encoder = Path(os.environ["MIDTHOUGHT_DATA"]), CachingEncoder(given.work)
    collections = {}
    with tempfile.TemporaryDirectory() as folder:
        opened: dict[str, AbstractContextManager[Corpus]] = {
            "judged fit": open_judged("fit", Path(folder), encoder),
            "examples fit": open_judged_examples("fit", data, given.work / "examples-fit", encoder),
        }
        for name, corpus in opened.items():
            with corpus as one:
                collections[name] = score_weights(one, encoder)
    encoder.save()
    chosen = choose_weight(list(collections.values()))
    page = describe_choice(collections, chosen)
    (HERE / "fusion_weight.md").write_text(page, encoding="utf-8")
    if chosen != LEXICAL_WEIGHT:
        CODE.write_text(write_weight(CODE.read_text("utf-8"), chosen), encoding="utf-8")
    print(page)


if __name__ == "__main__":
    main()
