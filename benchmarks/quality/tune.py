"""Fit the calibration that ships, on the development half of the judged queries.

    make tune        (python benchmarks/quality/tune.py [--error-rate 0.06] [--work DIR])

Writes ``data/calibration/<encoder>.json``. A query counts as useful if one of its first three hits is right, as useless
if the memory has nothing for it, as the drawn ones of ``without_answer.py`` (needs ``MIDTHOUGHT_DATA``); a query whose
right entry came later is left out. With worked examples a query is useless if nothing that a reader judged helps. The
names of concepts are queries too: keywords, to which no order of words speaks. The other two sets of queries are not
read.
"""

import argparse
import json
import os
import tempfile
from dataclasses import replace
from pathlib import Path

from caching import CachingEncoder
from examples import JudgedExample, open_examples, read_examples
from judged import read_queries
from measure import WORK
from without_answer import draw_queries

import midthought
from midthought.ingest.starter import read_starter
from midthought.memory.records.entry import Concept
from midthought.memory.records.namespace import DEFAULT_NAMESPACE
from midthought.memory.store import Store
from midthought.retrieval.abstention.calibration import fit_calibration
from midthought.retrieval.abstention.judged import JudgedQuery, JudgedSignals, read_judged
from midthought.retrieval.abstention.shipped import calibration_name
from midthought.retrieval.encoders.base import Encoder
from midthought.retrieval.encoders.minilm import MiniLMEncoder
from midthought.retrieval.recall import Recaller
from midthought.retrieval.recall_settings import RecallSettings

ERROR_RATE = 0.06
"""On the test half the starter memory then has .054, held out .052, and what traces taught .062; of what is found .876
and .964 are answered. With .05 they have .044, .044 and .053, and .861 and .958 are answered."""
FOLDER = Path(__file__).resolve().parents[2] / "data" / "calibration"


def read_cases(data: Path, folder: Path) -> list[JudgedSignals]:
    """Return what recall sees of the development queries in three memories.

    The starter memory as it ships, with some twenty keys per entry; the same entries without their wordings, as most
    users' have two or three; and beside the starter memory what traces taught, with questions and sub-goals of others.
    """
    encoder = CachingEncoder(folder)
    useless = draw_queries("fit", data)
    judged = [JudgedQuery(one.text, tuple(one.right)) for one in [*read_queries("fit"), *useless]]
    names = [JudgedQuery(entry.name, (entry.id,)) for _, entry in read_starter() if isinstance(entry, Concept)]
    cases = []
    with tempfile.TemporaryDirectory() as home, midthought.open(home, encoder=encoder) as memory:
        memory.store.writer.put_namespace(DEFAULT_NAMESPACE)
        cases.append(_read(memory.store, encoder, [*judged, *names]))
    encoder.save()
    with tempfile.TemporaryDirectory() as home, midthought.open(home, encoder=encoder, starter=False) as memory:
        memory.add_entries([replace(entry, asked_as=()) for _, entry in read_starter()])
        cases.append(_read(memory.store, encoder, [*judged, *names]))
    encoder.save()
    with open_examples("fit", folder / "examples-fit", encoder) as memory:
        cases.append(_read(memory.store, encoder, [one for one in judged if not one.right]))
        cases.append(_sort_examples(read_examples("fit", memory, encoder)))
    encoder.save()
    return cases


def _sort_examples(judged: list[JudgedExample]) -> JudgedSignals:
    useful = tuple(one.signals for one in judged if one.helped)
    useless = tuple(one.signals for one in judged if one.useless and one.helped is False)
    return JudgedSignals(useful, useless, len(judged) - len(useful) - len(useless))


def _read(store: Store, encoder: Encoder, queries: list[JudgedQuery]) -> JudgedSignals:
    recaller = Recaller(store, encoder, settings=RecallSettings(min_similarity=-1.0))
    return read_judged(store, recaller, DEFAULT_NAMESPACE, queries)


def main() -> None:
    """Fit, and write the file."""
    parser = argparse.ArgumentParser(description="Fit the calibration that ships.")
    parser.add_argument("--error-rate", type=float, default=ERROR_RATE)
    parser.add_argument("--work", type=Path, default=WORK, help="where vectors and the memory of examples are kept")
    given = parser.parse_args()
    cases = read_cases(Path(os.environ["MIDTHOUGHT_DATA"]), given.work)
    useful, useless = [one for some in cases for one in some.useful], [one for some in cases for one in some.useless]
    fitted = fit_calibration(useful, useless, error_rate=given.error_rate)
    file = FOLDER / calibration_name(MiniLMEncoder().identity)
    file.write_text(json.dumps(fitted.to_dict(), indent=1) + "\n", encoding="utf-8")
    print(f"{file.name}: {len(useful)} useful, {len(useless)} useless; threshold {fitted.threshold:.3f}")


if __name__ == "__main__":
    main()
