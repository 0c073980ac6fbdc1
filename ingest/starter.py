"""The starter memory: procedures and concepts of our own that every namespace sees, stored once."""

import hashlib
import importlib.resources
import json
import sys
from collections.abc import Sequence
from functools import lru_cache, partial
from importlib.resources.abc import Traversable

import numpy as np

from midthought.ingest.ingestion import Ingestion
from midthought.memory.maintenance.encode_missing import Encode, encode_missing
from midthought.memory.records.batch import Batch, EntryWrite
from midthought.memory.records.encoder_identity import EncoderIdentity
from midthought.memory.records.entry import Entry, Provenance
from midthought.memory.records.entry_json import entry_from_dict
from midthought.memory.records.ids import content_id
from midthought.memory.records.job import Counts, Job, JobState
from midthought.memory.records.keys import entry_keys
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


def starter_keys() -> list[str]:
    """Return the texts of all keys of all starter entries, in their order."""
    return [text for texts in _key_texts().values() for text in texts]


def _key_texts() -> dict[str, tuple[str, ...]]:
    """Return the texts of the keys of every starter entry by its id."""
    return _read_keys(read_starter())[0]


@lru_cache(maxsize=1)
def _read_keys(rows: tuple[tuple[str, Entry], ...]) -> tuple[dict[str, tuple[str, ...]], str]:
    """Return the texts of the keys by id, and a SHA-256 over all of them; another starter memory has others."""
    texts = {entry.id: tuple(key.text for key in entry_keys(entry)) for _, entry in rows}
    return texts, hashlib.sha256("\0".join(text for found in texts.values() for text in found).encode()).hexdigest()


def plant_starter(store: Store, encoder: Encoder) -> int:
    """Store the starter memory, once for all namespaces; return how many entries were new.

    A store that has this one is left alone. An earlier one is replaced: what is the same in both stays as it is, and
    keys of it that were not encoded, as that version had fewer, are encoded.
    """
    job_id = content_id("o", "starter", starter_digest(), _keys_digest())
    # The job's id has the digests of all starter files and keys, so one look-up tells whether this version is planted.
    if store.reader.get_job(STARTER_NAMESPACE, job_id):
        return 0
    return Ingestion(store, encoder, STARTER_NAMESPACE).write(partial(_plant, job_id=job_id))


def _plant(ingestion: Ingestion, job_id: str) -> int:
    store, encoder = ingestion.store, ingestion.encoder
    entries = read_starter()
    known = {one.id: one.entry for one in store.reader.list_entries(STARTER_NAMESPACE, limit=sys.maxsize)}
    encode = _make_encode(encoder)
    encode_missing(store, encoder.identity, encode, namespaces=[STARTER_NAMESPACE])
    texts = _key_texts()
    fresh = [entry_id for entry_id, (_, entry) in zip(texts, entries, strict=True) if known.get(entry_id) != entry]
    ends = np.cumsum([len(texts[entry_id]) for entry_id in fresh])
    rows = encode([text for entry_id in fresh for text in texts[entry_id]])
    vectors = dict(zip(fresh, np.split(rows, ends[:-1]), strict=True)) if fresh else {}
    writes = tuple(
        EntryWrite(entry, (Provenance(None, f"starter:{name}"),), vectors.get(entry_id))
        for entry_id, (name, entry) in zip(texts, entries, strict=True)
    )
    counts = Counts(drafted=len(entries), entries_stored=len(fresh), entries_merged=len(entries) - len(fresh))
    job = Job(job_id, "starter", "starter", JobState.FINISHED, len(entries), counts)
    return len(store.writer.plant(Batch(entries=writes, job=job, encoder=encoder.identity)).entries)


def _make_encode(encoder: Encoder) -> Encode:
    """Return what encodes keys: by the vectors that ship, if this encoder made them and they have all the texts."""
    shipped = shipped_vectors(encoder.identity)
    if shipped is None:
        return encoder.encode_documents
    rows = {text: row for row, text in enumerate(starter_keys())}

    def encode(texts: Sequence[str]) -> Vectors:
        if all(text in rows for text in texts):
            return shipped[[rows[text] for text in texts]]
        return encoder.encode_documents(texts)

    return encode


def shipped_vectors(encoder: EncoderIdentity) -> Vectors | None:
    """Return the vectors of this encoder that ship with the starter memory, one row per key, or None.

    The file holds half-precision numbers, which change a cosine by some 1e-4 and halve what is downloaded.
    """
    file = importlib.resources.files("midthought") / "starter" / "vectors" / vectors_name(encoder)
    if not file.is_file():
        return None
    with file.open("rb") as stream:
        # A pickled array would run code of the author of the file.
        vectors = np.load(stream, allow_pickle=False).astype(np.float32)
    unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def vectors_name(encoder: EncoderIdentity) -> str:
    """Return the name of the file with the vectors of this encoder and these keys, in the order of `starter_keys`."""
    return f"{encoder.digest[:16]}-{_keys_digest()[:16]}.npy"


def _keys_digest() -> str:
    return _read_keys(read_starter())[1]


def _files() -> list[Traversable]:
    root = importlib.resources.files("midthought") / "starter"
    return [file for name in _FOLDERS for file in sorted((root / name).iterdir(), key=lambda one: one.name)]
