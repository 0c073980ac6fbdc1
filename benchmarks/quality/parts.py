"""What each part beyond the ranking gains or costs: recall with one part switched on, against recall as it is.

    MIDTHOUGHT_DATA=... python benchmarks/quality/parts.py [--only traces ...] [--parts prior ...] [--work DIR]

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
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from caching import CachingEncoder
from corpora import CORPORA, Corpus, open_judged
from measure import WORK
from metrics import DEPTH, estimate, score_rankings
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
METRICS = ("nDCG@10", "hit@3", "recall@5")
Row = dict[str, Any]
"""Collection, part, and the values of each metric per query."""
BESIDE_TRACES = "judged fit, beside what the traces taught"
_AS_IT_IS = RecallSettings(min_similarity=-1.0)
_BASE = "as it is"
PARTS = {
    _BASE: _AS_IT_IS,
    **{f"kind_margin {one}": replace(_AS_IT_IS, kind_margin=one) for one in (0.25, 0.5, 1.0)},
    "copy_cosine 0.92": replace(_AS_IT_IS, copy_cosine=0.92),
}
PRIORS = (0.05, 0.1, 0.2, 0.3)
EXPANDED = 5
_DECIDED = """
## What was decided

Every part is off by default: each costs at least the reading of 50 entries, or one more search, and none gains clearly
everywhere. The weights were chosen on these queries, so the gains are those of development data.

* `kind_margin` 0.25 shows more right concepts among the first three and costs nothing that can be seen. Wider margins
  show still more, and take the place of right procedures.
* `copy_cosine`: there are hardly any near copies among the hits, so it changes nothing. Maximal marginal relevance
  lost nDCG@10 at every weight.
* `prior_weight` gains over what traces taught, where entries that are often right are more often right again. Beside
  entries that no trace taught it loses about a third of that. No run has an outcome that says whether an entry helped,
  so utility is not part of it.
* `prefer_domain` gains about three times what a wrong domain costs.
* `expansion` of five hits finds more of the right entries, above all concepts; hit@3 cannot change.
* Query reasoning gains with a text that is right and costs with one that is wrong; which of them a model writes is not
  measured.
"""
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
    parts["expansion of five hits"] = partial(rank_with_expansion, store, encoder, parts[_BASE])
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


def rank_with_expansion(store: Store, encoder: CachingEncoder, base: System, text: str) -> list[str]:
    """Return the ids of five hits with expansion, and then of those that follow without it."""
    recaller = Recaller(store, encoder, settings=replace(_AS_IT_IS, expansion=True))
    first = [hit.id for hit in recaller.recall(DEFAULT_NAMESPACE, text, k=EXPANDED).hits]
    return [*first, *(one for one in base(text) if one not in first)][:DEPTH]


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


def measure_corpus(name: str, corpus: Corpus, encoder: CachingEncoder, wanted: Collection[str]) -> list[Row]:
    """Return one row per part whose name begins with one of `wanted`; with none wanted, of every part."""
    rows: list[Row] = []
    right = [query.right for query in corpus.queries]
    for part, rank in make_parts(corpus, encoder).items():
        if not wanted or part.startswith(tuple(wanted)):
            scores = score_rankings([rank(query.text) for query in corpus.queries], right)
            rows.append({"collection": name, "part": part, **{one: scores[one].tolist() for one in METRICS}})
            print(f"  {name}: {part}", file=sys.stderr, flush=True)
            encoder.save()
    return rows


def keep_rows(file: Path, fresh: Sequence[Row]) -> list[Row]:
    """Write the rows of a file with these in place of those of the same part and collection, and return them."""
    rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.is_file() else []
    kept = {(row["collection"], row["part"]): row for row in (*rows, *fresh)}
    file.write_text("".join(json.dumps(row) + "\n" for row in kept.values()), encoding="utf-8")
    return list(kept.values())


def write_page(rows: Sequence[Row]) -> None:
    """Write `PAGE`: a table per collection, each part against recall as it is."""
    lines = [
        "# Parts beyond the ranking, each switched on",
        "",
        f"Made by `benchmarks/quality/parts.py`; its docstring says what is measured. {describe_machine()}. Brackets",
        "are 95 % intervals of 2,000 bootstrap draws over queries; those of gains are paired.",
    ]
    for name in COLLECTIONS:
        some = {row["part"]: row for row in rows if row["collection"] == name}
        if _BASE in some:
            lines += ["", f"## {name}, {len(some[_BASE][METRICS[0]])} queries", ""]
            lines += [
                f"| part | {' | '.join(f'{one} | gain' for one in METRICS)} |",
                "|---" * (1 + 2 * len(METRICS)) + "|",
            ]
            lines += [_describe_row(row, some[_BASE]) for row in some.values()]
    PAGE.write_text("\n".join(lines) + "\n" + _DECIDED, encoding="utf-8")


def _describe_row(row: Row, base: Row) -> str:
    cells = [row["part"]]
    for metric in METRICS:
        scores = np.array(row[metric])
        gain = estimate(scores - np.array(base[metric]))
        cells += [str(estimate(scores)), f"{gain.mean:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}]"]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Measure the collections that are asked for, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=list(COLLECTIONS), default=list(COLLECTIONS), metavar="NAME")
    parser.add_argument("--parts", nargs="+", default=(), metavar="NAME", help="how the names of the parts begin")
    parser.add_argument("--work", type=Path, default=WORK, help="where vectors and rows are kept")
    given = parser.parse_args()
    data = Path(os.environ.get("MIDTHOUGHT_DATA", "."))
    rows: list[Row] = []
    for name in given.only:
        encoder = CachingEncoder(given.work)
        with (
            tempfile.TemporaryDirectory() as folder,
            COLLECTIONS[name](data, Path(folder) / "memory", encoder) as corpus,
        ):
            rows = keep_rows(given.work / "parts.jsonl", measure_corpus(name, corpus, encoder, given.parts))
    write_page(rows)
    print(PAGE.read_text("utf-8"))


if __name__ == "__main__":
    main()
