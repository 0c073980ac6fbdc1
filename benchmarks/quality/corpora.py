"""The collections that recall is measured on, each a memory with queries and the ids of what is right for them.

* ``cranfield``: 1,400 abstracts of aerodynamics and 225 questions (judgements above 0 are right).
* ``xquad``: the English paragraphs of XQuAD and its questions; the paragraph that a question is about is right.
* ``traces``: what an ingestion of ``traces/sky_t1.jsonl.gz`` learnt. The query is the whole problem text of a trace; an
  entry is right if that question's trace taught it and another question's trace taught it as well, so the question
  itself could be left out. It held for entries of recognised techniques, whose wording was the same for all questions;
  since these are links, few questions share an entry, and the figures are those of the version that had them.
  ``traces+starter`` mixes the entries of the starter memory in. None of these is judged, and each that is returned
  counts as wrong, though many would help: it shows how often they displace what was learnt, not whether that is bad.
  The traces teach procedures only. ``problems fit`` and ``problems test`` are some of these problems over the same
  memory, with entries of both kinds that readers judged.
* ``judged fit``, ``judged test`` and ``judged held_out``: the judged queries over the starter memory that have a right
  entry. Of those with a right concept ``..., concepts alone`` searches concepts only, ``..., concepts among all``
  searches all entries; both count right concepts only.

Documents of the first two become lessons whose situation is the text.
"""

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from examples import ask_again, open_examples, read_marks
from judged import HALVES, read_problems, read_styles

import midthought
from midthought import Memory
from midthought.ingest.ingestion import Ingestion
from midthought.ingest.starter import read_starter
from midthought.memory.records.entry import EntryKind, Lesson, Provenance
from midthought.memory.records.filter import EVERYTHING, Filter
from midthought.memory.records.namespace import DEFAULT_NAMESPACE
from midthought.retrieval.encoders.base import Encoder


@dataclass(frozen=True, slots=True)
class Query:
    """A query, the ids that are right for it, and the group it is counted in; an empty group is none."""

    text: str
    right: frozenset[str]
    group: str = ""


@dataclass(frozen=True, slots=True)
class Corpus:
    """A memory that is open, and queries with at least one right id.

    Attributes:
        starter: whether the starter memory is searched too.
        where: what is searched.
    """

    memory: Memory
    queries: list[Query]
    starter: bool = False
    where: Filter = EVERYTHING


@contextmanager
def open_cranfield(data: Path, home: Path, encoder: Encoder) -> Iterator[Corpus]:
    """Open the abstracts of Cranfield."""
    texts = read_cranfield(data)
    right = defaultdict(set)
    for line in (data / "cranfield" / "cranqrel").read_text().splitlines():
        query, document, grade = line.split()[:3]
        if int(grade) > 0:
            right[int(query) - 1].add(int(document) - 1)
    found = re.findall(r"\.W\n(.*?)(?=\n\.I|\Z)", (data / "cranfield" / "cran.qry").read_text(), re.DOTALL)
    questions = [" ".join(one.split()) for one in found]
    with midthought.open(home, encoder=encoder, starter=False) as memory:
        ids = write_documents(memory, texts)
        yield Corpus(
            memory,
            [
                Query(one, frozenset(ids[place] for place in right[number]))
                for number, one in enumerate(questions)
                if right[number]
            ],
        )


@contextmanager
def open_xquad(data: Path, home: Path, encoder: Encoder) -> Iterator[Corpus]:
    """Open the paragraphs of XQuAD."""
    pairs = read_xquad(data)
    with midthought.open(home, encoder=encoder, starter=False) as memory:
        ids = write_documents(memory, [text for text, _ in pairs])
        yield Corpus(
            memory,
            [
                Query(question, frozenset({one}))
                for one, (_, questions) in zip(ids, pairs, strict=True)
                for question in questions
            ],
        )


@contextmanager
def open_traces(data: Path, home: Path, encoder: Encoder, *, starter: bool = False) -> Iterator[Corpus]:
    """Open what was learnt from the traces."""
    with midthought.open(home, encoder=encoder, starter=starter) as memory:
        memory.ingest(data / "traces" / "sky_t1.jsonl.gz")
        yield Corpus(memory, read_trace_queries(memory), starter=starter)


@contextmanager
def open_problems(half: str, data: Path, home: Path, encoder: Encoder) -> Iterator[Corpus]:
    """Open what was learnt from the traces with the starter memory, and the judged problems that have a right entry."""
    right = read_problems(half)
    with open_traces(data, home, encoder, starter=True) as corpus:
        digests = {hashlib.sha256(one.text.encode()).hexdigest(): one.text for one in corpus.queries}
        yield replace(corpus, queries=[Query(digests[name], ids) for name, ids in right.items() if ids])


@contextmanager
def open_judged(
    half: str,
    home: Path,
    encoder: Encoder,
    *,
    right: EntryKind | None = None,
    where: Filter = EVERYTHING,
) -> Iterator[Corpus]:
    """Open the starter memory, with the judged queries of one half that have a right entry; of the kind `right`."""
    kinds = {entry.id: entry.kind for _, entry in read_starter()}
    with midthought.open(home, encoder=encoder) as memory:
        queries = [
            Query(one.text, frozenset(name for name in one.right if right in (None, kinds[name])), one.group)
            for one in read_styles(half)
        ]
        yield Corpus(memory, [one for one in queries if one.right], starter=True, where=where)


@contextmanager
def open_judged_examples(half: str, _: Path, home: Path, encoder: Encoder) -> Iterator[Corpus]:
    """Open what traces taught with the starter memory, and the questions and sub-goals of others that it helps with."""
    marks = read_marks(half)
    with open_examples(half, home, encoder) as memory:
        helping = {one for helps, _ in marks.values() for one in helps}
        known = memory.store.reader.known_entries(DEFAULT_NAMESPACE, helping)
        queries = [Query(one.text, marks[one.digest][0] & known, one.family) for one in ask_again(half)]
        yield Corpus(memory, [one for one in queries if one.right], starter=True)


def _judged(half: str, **options: Any) -> Callable[[Path, Path, Encoder], AbstractContextManager[Corpus]]:
    return lambda _, home, encoder: open_judged(half, home, encoder, **options)


_CONCEPT = EntryKind.CONCEPT
_ALONE = Filter(kinds=frozenset({_CONCEPT}))
CORPORA: dict[str, Callable[[Path, Path, Encoder], AbstractContextManager[Corpus]]] = {
    "cranfield": open_cranfield,
    "xquad": open_xquad,
    "traces": open_traces,
    "traces+starter": partial(open_traces, starter=True),
    "problems fit": partial(open_problems, "fit"),
    "problems test": partial(open_problems, "test"),
    "examples fit": partial(open_judged_examples, "fit"),
    "examples test": partial(open_judged_examples, "test"),
    **{f"judged {half}": _judged(half) for half in HALVES},
    **{f"judged {half}, concepts among all": _judged(half, right=_CONCEPT) for half in HALVES},
    **{f"judged {half}, concepts alone": _judged(half, right=_CONCEPT, where=_ALONE) for half in HALVES},
}
"""How each collection is opened: (data folder, empty folder, encoder) -> a context with the corpus."""


def read_cranfield(data: Path) -> list[str]:
    """Return title and abstract of the 1,400 documents, in order."""
    parts = re.split(r"^\.I \d+\n", (data / "cranfield" / "cran.all.1400").read_text(), flags=re.MULTILINE)[1:]
    texts = []
    for part in parts:
        title = re.search(r"\.T\n(.*?)\n\.A", part, re.DOTALL)
        words = re.search(r"\.W\n(.*)", part, re.DOTALL)
        texts.append(" ".join(f"{title[1] if title else ''}. {words[1] if words else ''}".split()))
    return texts


def read_xquad(data: Path) -> list[tuple[str, list[str]]]:
    """Return (paragraph, its questions), in order."""
    articles = json.loads((data / "xquad" / "xquad.en.json").read_text("utf-8"))["data"]
    return [
        (part["context"], [one["question"] for one in part["qas"]])
        for article in articles
        for part in article["paragraphs"]
    ]


def write_documents(memory: Memory, texts: list[str]) -> list[str]:
    """Store each text as a lesson; return the ids in order."""
    entries = [Lesson(situation=text, suggestion="") for text in texts]
    sourced = {entry.id: (entry, (Provenance(None, "collection"),)) for entry in entries}
    ingestion = Ingestion(memory.store, memory.encoder, DEFAULT_NAMESPACE)
    ingestion.retry(lambda attempt: attempt.write_entries(sourced))
    return [entry.id for entry in entries]


def read_trace_queries(memory: Memory) -> list[Query]:
    """Return every question that shares a taught entry with another question, in order of its text."""
    questions = {
        one: trajectory.question
        for one, trajectory in memory.store.reader.list_trajectories(DEFAULT_NAMESPACE, limit=10**6)
    }
    right: dict[str, set[str]] = defaultdict(set)
    for stored in memory.store.reader.list_entries(DEFAULT_NAMESPACE, limit=10**6):
        taught = {questions[place.trajectory_id] for place in stored.provenance if place.trajectory_id}
        if len(taught) > 1:
            for question in taught:
                right[question].add(stored.id)
    return [Query(text, frozenset(right[text])) for text in sorted(right)]
