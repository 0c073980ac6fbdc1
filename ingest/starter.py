"""The starter memory: procedures and concepts of our own that a new namespace begins with."""

import importlib.resources
import json
from functools import lru_cache

from midthought.ingest.teaching import encode_fresh, teach
from midthought.memory.batch import Batch
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
    return teach(store, lambda: _plant(store, encoder, namespace))


def _plant(store: Store, encoder: Encoder, namespace: Namespace) -> int:
    operation_id = content_id("o", namespace.name, "starter")
    if store.get_operation(namespace, operation_id):
        return 0
    entries = {entry.id: (entry, (Provenance(None, f"starter:{name}"),)) for name, entry in read_starter()}
    writes, fresh = encode_fresh(store, encoder, namespace, entries)
    counts = Counts(drafted=len(entries), entries_stored=fresh, entries_merged=len(entries) - fresh)
    operation = Operation(operation_id, "starter", "starter", OperationState.FINISHED, len(entries), counts)
    store.write(namespace, Batch(entries=writes, operation=operation, encoder=encoder.identity))
    return fresh
