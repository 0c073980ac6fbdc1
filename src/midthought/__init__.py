"""Midthought: a memory for reasoning models.

>>> import midthought
>>> with midthought.open("~/.midthought") as memory:  # doctest: +SKIP
...     memory.ingest("traces.jsonl.gz")
...     result = memory.recall("how do I count arrangements when some items repeat?")

The names in `__all__`, here and in each of the five folders, are what Midthought promises. All other names are internal.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from midthought.api.python.async_client import AsyncClient
    from midthought.api.python.client import Client
    from midthought.api.python.memory import Memory, open_memory, open_memory as open
    from midthought.api.settings import Settings
    from midthought.memory.errors import (
        BadInput,
        BadSettings,
        EncoderMismatch,
        EngineFailed,
        IndexUnavailable,
        MidthoughtError,
        MissingExtra,
        NotAllowed,
        NotFound,
        Overloaded,
        SessionGone,
        StoreDamaged,
        StoreError,
        StoreFull,
        StoreInUse,
        StoreTooNew,
        TooLarge,
        TooManySessions,
        Unreachable,
        WrongProcess,
    )
    from midthought.memory.indexes.milvus.address import MilvusAddress
    from midthought.memory.records.entry import (
        Concept,
        ConceptKind,
        Entry,
        EntryKind,
        ExampleSize,
        Lesson,
        Origin,
        Parameter,
        Procedure,
        Provenance,
        StoredEntry,
        WorkedCheck,
        WorkedExample,
    )
    from midthought.memory.records.filter import Filter
    from midthought.memory.records.job import Job, JobState
    from midthought.memory.records.trajectory import Outcome, Trajectory
    from midthought.retrieval.abstention.judged import JudgedQuery
    from midthought.retrieval.hits import Abstention, AbstentionReason, Hit, RecallResult
else:
    from midthought.memory.lazy_exports import lazy_exports

    __getattr__, __dir__ = lazy_exports(__name__)

__version__ = "0.1.0"
__all__ = [
    "Abstention",
    "AbstentionReason",
    "AsyncClient",
    "BadInput",
    "BadSettings",
    "Client",
    "Concept",
    "ConceptKind",
    "EncoderMismatch",
    "EngineFailed",
    "Entry",
    "EntryKind",
    "ExampleSize",
    "Filter",
    "Hit",
    "IndexUnavailable",
    "Job",
    "JobState",
    "JudgedQuery",
    "Lesson",
    "Memory",
    "MidthoughtError",
    "MilvusAddress",
    "MissingExtra",
    "NotAllowed",
    "NotFound",
    "Origin",
    "Outcome",
    "Overloaded",
    "Parameter",
    "Procedure",
    "Provenance",
    "RecallResult",
    "SessionGone",
    "Settings",
    "StoreDamaged",
    "StoreError",
    "StoreFull",
    "StoreInUse",
    "StoreTooNew",
    "StoredEntry",
    "TooLarge",
    "TooManySessions",
    "Trajectory",
    "Unreachable",
    "WorkedCheck",
    "WorkedExample",
    "WrongProcess",
    "__version__",
    "open",
    "open_memory",
]
