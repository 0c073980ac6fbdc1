"""The starter memory: procedures and concepts of our own that every namespace sees, stored once."""

import hashlib
import importlib.resources
import json
from functools import lru_cache, partial
from importlib.resources.abc import Traversable

import numpy as np

from midthought.ingest.ingestion import Ingestion
from midthought.memory.records.batch import Batch, EntryWrite
from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.memory.records.entry import Entry, Provenance
from midthought.memory.records.entry_json import entry_from_dict
from midthought.memory.records.ids import content_id
from midthought.memory.records.job import Counts, Job, JobState
from midthought.memory.records.namespace import STARTER_NAMESPACE
from midthought.memory.store import Store
from midthought.retrieval.encoders.base import Encoder, Vectors

_FOLDERS = ("procedures", "concepts")


@lru_cache(maxsize=1)
def read_starter() -> tuple[tuple[str, Entry], ...]:
    """Return (file, entry) for every starter entry, in file order."""
    found = []
    for file in _files():
        lines = file.read_text(encoding="utf-8").splitlines()
        found += [
            (file.name.removesuffix(".jsonl"), entry_from_dict(json.loads(line), place=f"{file.name}:{number}"))
            for number, line in enumerate(lines, start=1)
        ]
    return tuple(found)


@lru_cache(maxsize=1)
def starter_digest() -> str:
    """Return a SHA-256 over all starter files: another one is another starter memory."""
    digest = hashlib.sha256()
    for file in _files():
        digest.update(file.read_bytes())
    return digest.hexdigest()


def plant_starter(store: Store, encoder: Encoder) -> int:
    """Store the starter memory, once for all namespaces; return how many entries were new.

    A store that has this one is left alone. An earlier one is replaced: what both have stays as it is.
    """
    job_id = content_id("o", "starter", starter_digest())
    # The job's id has the digest of all starter files, so one look-up tells whether this version is planted.
    if store.reader.get_job(STARTER_NAMESPACE, job_id):
        return 0
    return Ingestion(store, encoder, STARTER_NAMESPACE).write(partial(_plant, job_id=job_id))


def _plant(ingestion: Ingestion, job_id: str) -> int:
    store, encoder = ingestion.store, ingestion.encoder
    entries = read_starter()
    known = store.reader.known_entries(STARTER_NAMESPACE, [entry.id for _, entry in entries])
    shipped = shipped_vectors(encoder.identity)
    vectors = _encode(encoder, known) if shipped is None else list(shipped)
    writes = tuple(
        EntryWrite(entry, (Provenance(None, f"starter:{name}"),), vector)
        for (name, entry), vector in zip(entries, vectors, strict=True)
    )
    fresh = len(entries) - len(known)
    counts = Counts(drafted=len(entries), entries_stored=fresh, entries_merged=len(known))
    job = Job(job_id, "starter", "starter", JobState.FINISHED, len(entries), counts)
    return len(store.writer.plant(Batch(entries=writes, job=job, encoder=encoder.identity)).entries)


def _encode(encoder: Encoder, known: set[str]) -> list[Vectors | None]:
    """Return a vector for every starter entry that is not stored yet."""
    fresh = [entry for _, entry in read_starter() if entry.id not in known]
    rows = dict(zip((entry.id for entry in fresh), encoder.encode_documents([one.key for one in fresh]), strict=True))
    return [rows.get(entry.id) for _, entry in read_starter()]


def shipped_vectors(encoder: EncoderIdentity) -> Vectors | None:
    """Return the vectors of this encoder that ship with the starter memory, one row an entry, or None."""
    file = importlib.resources.files("midthought") / "starter" / "vectors" / vectors_name(encoder)
    if not file.is_file():
        return None
    with file.open("rb") as stream:
        # A pickled array would run code of whoever wrote the file.
        vectors: Vectors = np.load(stream, allow_pickle=False)
    return vectors


def vectors_name(encoder: EncoderIdentity) -> str:
    """Return the name of the file with the vectors of this encoder and these keys, in the order of the entries."""
    keys = hashlib.sha256("\0".join(entry.key for _, entry in read_starter()).encode())
    return f"{encoder.digest[:16]}-{keys.hexdigest()[:16]}.npy"


def _files() -> list[Traversable]:
    root = importlib.resources.files("midthought") / "starter"
    return [file for name in _FOLDERS for file in sorted((root / name).iterdir(), key=lambda one: one.name)]
