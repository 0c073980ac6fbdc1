"""What each part beyond the ranking gains or costs: recall with one part switched on, against recall as it is.

    MIDTHOUGHT_DATA=... python benchmarks/quality/parts.py [--only traces ...] [--work DIR]

On the fitting half of the judged queries and on the problem texts over what the traces taught; the test half is not
read. Abstention is off. Where only right concepts count, ``judged fit, concepts among all``, every right procedure that
is returned counts as wrong: it shows whether concepts are seen, not whether that is better. For the prior, the traces
of the query's own question are not counted. No model reasons about queries here: *query reasoning* is shown with
stand-ins for its texts, as a bound of what it may gain (a judged query that needs the same) and of what a wrong text
costs. The hint *prefer_domain* is as good as can be where it is that of the right entries.

Writes ``parts.md`` from the rows of the collections measured so far, kept in DIR.
"""

import argparse
import json
import os
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

from caching import CachingEncoder
from corpora import CORPORA, Corpus, open_judged
from measure import WORK
from metrics import DEPTH, Scores, estimate, score_rankings
from report import describe_machine
from systems import System, recall_with

from midthought.ingest.starter import read_starter
from midthought.memory.records.namespace import DEFAULT_NAMESPACE
from midthought.memory.records.trajectory import Outcome
from midthought.memory.store import Store
from midthought.retrieval.arrangement.arranger import WINDOW
from midthought.retrieval.arrangement.prior import add_prior
from midthought.retrieval.encoders.base import Encoder
from midthought.retrieval.query_reasoning.timed import TimedReasoner
from midthought.retrieval.recall import Recaller
from midthought.retrieval.recall_settings import RecallSettings

PAGE = Path(__file__).with_suffix(".md")
METRICS = ("nDCG@10", "hit@3")
BESIDE_TRACES = "judged fit, beside what the traces taught"
_AS_IT_IS = RecallSettings(min_similarity=-1.0)
_BASE = "as it is"
PARTS = {
    _BASE: _AS_IT_IS,
    **{f"kind_margin {one}": replace(_AS_IT_IS, kind_margin=one) for one in (0.25, 0.5, 1.0)},
    "copy_cosine 0.92": replace(_AS_IT_IS, copy_cosine=0.92),
    "expansion": replace(_AS_IT_IS, expansion=True),
}
PRIORS = (0.05, 0.1, 0.2, 0.3)
_SEED = 14


@contextmanager
def open_beside_traces(data: Path, home: Path, encoder: Encoder) -> Iterator[Corpus]:
    """Open the judged queries over a memory that learnt from the traces as well: those entries count as wrong."""
    with open_judged("fit", home, encoder) as corpus:
        corpus.memory.ingest(data / "traces" / "sky_t1.jsonl.gz")
        yield corpus


COLLECTIONS: dict[str, Callable[[Path, Path, Encoder], AbstractContextManager[Corpus]]] = {
    **{name: CORPORA[name] for name in ("judged fit", "judged fit, concepts among all", "traces")},
    BESIDE_TRACES: open_beside_traces,
}


def make_parts(corpus: Corpus, encoder: CachingEncoder) -> dict[str, System]:
    """Return recall with each part, by the name that the tables show."""
    store = corpus.memory.store
    parts = {name: recall_with(settings, store, encoder, where=corpus.where) for name, settings in PARTS.items()}
    taught = read_right_questions(corpus)
    if taught:
        recaller = Recaller(store, encoder, settings=_AS_IT_IS)
        for weight in PRIORS:
            parts[f"prior_weight {weight}"] = partial(rank_with_prior, recaller, taught, weight)
    for name, domains in make_domain_hints(corpus).items():
        parts[f"prefer_domain, {name}"] = partial(rank_with_domain, store, encoder, domains)
    for name, texts in make_stand_ins(corpus).items():
        reasoner = TimedReasoner(partial(_look_up, texts), timeout=60)
        parts[f"query reasoning, {name}"] = recall_with(replace(_AS_IT_IS, reasoner=reasoner), store, encoder)
    return parts


def make_stand_ins(corpus: Corpus) -> dict[str, dict[str, str]]:
    """Return a text per query in place of what a model would write: another query, drawn at random.

    One with a right entry in common words the same need in other words; one of another field is a model that is wrong.
    """
    if not corpus.starter:
        return {}
    dice = random.Random(_SEED)
    domains = read_domains()
    fields = {query.text: {domains[one] for one in query.right} for query in corpus.queries}
    texts = [(query.text, query.right) for query in corpus.queries]
    same = {text: [other for other, right in texts if other != text and right & own] for text, own in texts}
    wrong = {text: [other for other, _ in texts if not fields[other] & fields[text]] for text, _ in texts}
    return {
        name: {text: dice.choice(some) for text, some in chosen.items() if some}
        for name, chosen in (("the same need in other words", same), ("a text of another field", wrong))
    }


def make_domain_hints(corpus: Corpus) -> dict[str, dict[str, str]]:
    """Return a domain per query: the one of most of its right entries, and another, drawn at random."""
    if not corpus.starter:
        return {}
    dice = random.Random(_SEED)
    domains = read_domains()
    right = {
        query.text: Counter(sorted(domains[one] for one in query.right)).most_common(1)[0][0]
        for query in corpus.queries
    }
    every = sorted(set(domains.values()))
    wrong = {text: dice.choice([one for one in every if one != domain]) for text, domain in right.items()}
    return {"that of the right entries": right, "another one": wrong}


def rank_with_domain(store: Store, encoder: CachingEncoder, domains: Mapping[str, str], text: str) -> list[str]:
    """Return the ids with the hint of the query."""
    return recall_with(replace(_AS_IT_IS, prefer_domain=domains[text]), store, encoder)(text)


def read_domains() -> dict[str, str]:
    """Return the domain of every starter entry, by its id."""
    return {entry.id: entry.domain for _, entry in read_starter()}


def _look_up(texts: Mapping[str, str], query: str) -> list[str]:
    return [texts[query]] if query in texts else []


def read_right_questions(corpus: Corpus) -> dict[str, str]:
    """Return the question of every right trace, by the id of the trace."""
    traces = corpus.memory.store.reader.list_trajectories(DEFAULT_NAMESPACE, limit=10**6)
    return {one: trace.question for one, trace in traces if trace.outcome is Outcome.CORRECT}


def rank_with_prior(recaller: Recaller, taught: Mapping[str, str], weight: float, text: str) -> list[str]:
    """Return the ids by scores with the prior, in which the traces of the query itself do not count."""
    hits = recaller.recall(DEFAULT_NAMESPACE, text, k=WINDOW).hits
    counts = {}
    for hit in hits:
        traces = {
            place.trajectory_id for place in hit.provenance if taught.get(place.trajectory_id or "", text) != text
        }
        counts[hit.stored.seq] = len(traces)
    return [hit.id for hit in add_prior(hits, counts, weight=weight)[:DEPTH]]


def measure_corpus(name: str, corpus: Corpus, encoder: CachingEncoder) -> list[dict[str, Any]]:
    """Return one row per part, recall as it is first."""
    rows: list[dict[str, Any]] = []
    right = [query.right for query in corpus.queries]
    scores: dict[str, dict[str, Scores]] = {}
    for part, rank in make_parts(corpus, encoder).items():
        scores[part] = score_rankings([rank(query.text) for query in corpus.queries], right)
        gains = {metric: asdict(estimate(scores[part][metric] - scores[_BASE][metric])) for metric in METRICS}
        means = {metric: asdict(estimate(scores[part][metric])) for metric in METRICS}
        rows.append({"collection": name, "queries": len(right), "part": part, "mean": means, "gain": gains})
        print(f"  {name}: {part}", file=sys.stderr, flush=True)
        encoder.save()
    return rows


def _interval(value: dict[str, float], *, sign: str = "") -> str:
    return f"{value['mean']:{sign}.3f} [{value['low']:{sign}.3f}, {value['high']:{sign}.3f}]"


def write_page(rows: list[dict[str, Any]]) -> None:
    """Write `PAGE`: a table per collection."""
    lines = [
        "# Parts beyond the ranking, each switched on",
        "",
        f"Made by `benchmarks/quality/parts.py`; its docstring says what is measured. {describe_machine()}. Brackets",
        "are 95 % intervals of 2,000 bootstrap draws over queries; those of gains are paired.",
    ]
    for name in COLLECTIONS:
        some = [row for row in rows if row["collection"] == name]
        if some:
            lines += ["", f"## {name}, {some[0]['queries']} queries", "", "| part | nDCG@10 | gain | hit@3 | gain |"]
            lines += ["|---|---|---|---|---|"]
        for row in some:
            values = [(_interval(row["mean"][one]), _interval(row["gain"][one], sign="+")) for one in METRICS]
            lines.append(f"| {row['part']} | {' | '.join(' | '.join(pair) for pair in values)} |")
    PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    """Measure the collections that are asked for, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=list(COLLECTIONS), default=list(COLLECTIONS), metavar="NAME")
    parser.add_argument("--work", type=Path, default=WORK, help="where vectors and rows are kept")
    given = parser.parse_args()
    kept = given.work / "parts.jsonl"
    rows = [json.loads(line) for line in kept.read_text("utf-8").splitlines()] if kept.is_file() else []
    data = Path(os.environ.get("MIDTHOUGHT_DATA", "."))
    for name in given.only:
        encoder = CachingEncoder(given.work)
        with (
            tempfile.TemporaryDirectory() as folder,
            COLLECTIONS[name](data, Path(folder) / "memory", encoder) as corpus,
        ):
            fresh = measure_corpus(name, corpus, encoder)
        rows = [row for row in rows if row["collection"] != name] + fresh
        kept.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    write_page(rows)
    print(PAGE.read_text("utf-8"))


if __name__ == "__main__":
    main()
