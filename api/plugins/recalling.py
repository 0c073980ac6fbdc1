"""What every plug-in does: recall in one namespace of a memory that is given, or opened by its directory or URL."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from midthought.memory.errors import MidthoughtError
from midthought.memory.records.entry import EntryKind
from midthought.retrieval.hits import Hit, RecallResult

if TYPE_CHECKING:
    from midthought.api.python.client import Client
    from midthought.api.python.memory import Memory


def open_place(place: "str | Path | Memory | Client", *, api_key: str = "") -> "Memory | Client":
    """Return the memory at a place: the one that is given, else the directory or the service at the URL, opened.

    Raises `StoreInUse` for a directory that is open elsewhere, in this process or in another.
    """
    if not isinstance(place, str | Path):
        return place
    if str(place).startswith(("http://", "https://")):
        from midthought.api.python.client import Client

        return Client(str(place), api_key=api_key)
    from midthought.api.python.memory import open_memory

    return open_memory(place)


@dataclass(frozen=True, slots=True)
class PluginRecall:
    """Recalls for a plug-in, always in one way; for the fields see `MemoryInterface.recall`."""

    memory: "Memory | Client"
    namespace: str = "default"
    k: int = 5
    kinds: Sequence[EntryKind | str] = ()
    domains: Sequence[str] = ()
    tags: Sequence[str] = ()
    max_tokens: int | None = None

    def ask(self, query: str, *, k: int | None = None) -> RecallResult:
        """Return what is recalled; `k` instead of the plug-in's own."""
        return self.memory.recall(
            query,
            k=self.k if k is None else k,
            kinds=self.kinds,
            domains=self.domains,
            tags=self.tags,
            max_tokens=self.max_tokens,
            namespace=self.namespace,
        )

    async def ask_later(self, query: str, *, k: int | None = None) -> RecallResult:
        """Return the same without holding up the event loop."""
        return await asyncio.to_thread(partial(self.ask, query, k=k))


def hit_metadata(hit: Hit, result: RecallResult) -> dict[str, Any]:
    """Return what a framework keeps beside the text of a hit, as plain JSON values."""
    return {
        "id": hit.id,
        "kind": hit.kind.value,
        "version": hit.version,
        "score": hit.score,
        "similarity": hit.similarity,
        "origin": hit.origin.value,
        "trust": hit.trust.value,
        "flags": list(hit.flags),
        "not_injected": hit.not_injected,
        "sources": list(dict.fromkeys(one.source for one in hit.provenance)),
        "domain": hit.entry.domain,
        "tags": list(hit.entry.tags),
        "request_id": result.request_id,
    }


def recall_metadata(result: RecallResult) -> dict[str, Any]:
    """Return what a framework keeps of a recall: its id, the entries it returned, and why it abstained if it did."""
    return {
        "request_id": result.request_id,
        "entries": [
            {"id": hit.id, "version": hit.version, "score": hit.score, "not_injected": hit.not_injected}
            for hit in result.hits
        ],
        "abstention": str(result.abstention) if result.abstention else "",
        "degraded": list(result.degraded),
        "examples_left_out": result.examples_left_out,
    }


def failure_metadata(error: MidthoughtError) -> dict[str, Any]:
    """Return the same of a recall that failed: the error is in `degraded`."""
    return {"request_id": "", "entries": [], "abstention": "", "degraded": [str(error)], "examples_left_out": 0}
