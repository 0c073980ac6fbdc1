"""The starter memory: procedures and concepts of our own that a new namespace begins with."""

import importlib.resources
import json
from functools import lru_cache

from midthought.memory.batch import Batch, EntryWrite
from midthought.memory.entry import Entry, Provenance
from midthought.memory.entry_json import entry_from_dict
from midthought.memory.ids import content_id
from midthought.memory.namespace import Namespace
from midthought.memory.operation import Counts, Operation, OperationState
from midthought.memory.store import Store
from midthought.retrieval.encoders.base import Encoder


@lru_cache(maxsize=1)
def read_starter() -> tuple[tuple[str, Entry], ...]:
    """Return (file, entry) for every starter entry, in file order."""
    root = importlib.resources.files("midthought") / "starter"
    found = []
    for folder in ("procedures", "concepts"):
        for file in sorted((root / folder).iterdir(), key=lambda f: f.name):
            lines = file.read_text(encoding="utf-8").splitlines()
            found += [
                (file.name.removesuffix(".jsonl"), entry_from_dict(json.loads(line), place=f"{file.name}:{number}"))
                for number, line in enumerate(lines, start=1)
            ]
    return tuple(found)


def plant_starter(store: Store, encoder: Encoder, namespace: Namespace) -> int:
    """Store the starter memory in a namespace, once; return how many entries were new.

    A namespace that got it before is left alone, so that what its owner forgot stays forgotten.
    """
    operation_id = content_id("o", namespace.name, "starter")
    if store.get_operation(namespace, operation_id):
        return 0
    entries = read_starter()
    known = store.known_entries(namespace, [entry.id for _, entry in entries])
    fresh = [(name, entry) for name, entry in entries if entry.id not in known]
    vectors = encoder.encode_documents([entry.key for _, entry in fresh])
    writes = tuple(
        EntryWrite(entry, (Provenance(None, f"starter:{name}"),), vector)
        for (name, entry), vector in zip(fresh, vectors, strict=True)
    )
    counts = Counts(drafted=len(entries), entries_stored=len(fresh), entries_merged=len(entries) - len(fresh))
    operation = Operation(operation_id, "starter", "starter", OperationState.FINISHED, len(entries), counts)
    store.write(namespace, Batch(entries=writes, operation=operation))
    return len(fresh)
