"""What is remembered, and where it lies: DuckDB is the truth, FAISS and BM25 are derived from it."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from midthought.memory.errors import (
        BadInput,
        BadSettings,
        EncoderMismatch,
        EngineFailed,
        IndexUnavailable,
        MidthoughtError,
        MissingExtra,
        NotFound,
        StoreDamaged,
        StoreError,
        StoreFull,
        StoreInUse,
        StoreTooNew,
        TooLarge,
        Unreachable,
        WrongProcess,
    )
    from midthought.memory.indexes.home_kinds import INDEX_HOMES, HomeKind
    from midthought.memory.indexes.milvus.address import MilvusAddress
    from midthought.memory.indexes.vectors.base import VectorIndex
    from midthought.memory.indexes.vectors.kinds import INDEX_KINDS, IndexKind
    from midthought.memory.maintenance.backup import Backup, check_backup, restore_backup, write_backup
    from midthought.memory.maintenance.compact import compact_store
    from midthought.memory.maintenance.reindex import reindex_store
    from midthought.memory.maintenance.repair import find_faults, repair_namespace
    from midthought.memory.records.batch import Batch, EntryWrite, TrajectoryWrite, Written
    from midthought.memory.records.dead_letter import DeadLetter
    from midthought.memory.records.draft import Draft, DraftState
    from midthought.memory.records.encoder_identity import EncoderIdentity
    from midthought.memory.records.entry import (
        Concept,
        ConceptKind,
        Entry,
        EntryKind,
        EntryVersion,
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
    from midthought.memory.records.entry_json import entry_from_dict, entry_to_dict, stored_from_dict, stored_to_dict
    from midthought.memory.records.faults import Fault, FaultKind
    from midthought.memory.records.filter import EVERYTHING, Filter
    from midthought.memory.records.generation import Generation, GenerationState
    from midthought.memory.records.ids import content_id
    from midthought.memory.records.job import Counts, Job, JobState, Rejection
    from midthought.memory.records.kept_completion import KeptCompletion
    from midthought.memory.records.link import LinkCounts, RecognisedLink, Sightings
    from midthought.memory.records.merge import Merge
    from midthought.memory.records.namespace import DEFAULT_NAMESPACE, Namespace, NamespaceRecord
    from midthought.memory.records.retention import KeepLimit, Protection, RetentionChange, RetentionRules
    from midthought.memory.records.retention_report import RemovedRows, RetentionReport
    from midthought.memory.records.run import EntryRole, OutcomeSource, ReceiptRow, RunEntry, RunOutcome, RunRow
    from midthought.memory.records.run_comparison import ArmTotals, RunComparison
    from midthought.memory.records.step import Step, StepKind
    from midthought.memory.records.store_stats import StoreStats
    from midthought.memory.records.trajectory import Outcome, Part, Span, Trajectory
    from midthought.memory.records.utility import EntryUtility, UtilityState
    from midthought.memory.registry import Choice, Registry
    from midthought.memory.store import Store
else:
    from midthought.memory.lazy_exports import lazy_exports

    __getattr__, __dir__ = lazy_exports(__name__)

__all__ = [
    "DEFAULT_NAMESPACE",
    "EVERYTHING",
    "INDEX_HOMES",
    "INDEX_KINDS",
    "ArmTotals",
    "Backup",
    "BadInput",
    "BadSettings",
    "Batch",
    "Choice",
    "Concept",
    "ConceptKind",
    "Counts",
    "DeadLetter",
    "Draft",
    "DraftState",
    "EncoderIdentity",
    "EncoderMismatch",
    "EngineFailed",
    "Entry",
    "EntryKind",
    "EntryRole",
    "EntryUtility",
    "EntryVersion",
    "EntryWrite",
    "ExampleSize",
    "Fault",
    "FaultKind",
    "Filter",
    "Generation",
    "GenerationState",
    "HomeKind",
    "IndexKind",
    "IndexUnavailable",
    "Job",
    "JobState",
    "KeepLimit",
    "KeptCompletion",
    "Lesson",
    "LinkCounts",
    "Merge",
    "MidthoughtError",
    "MilvusAddress",
    "MissingExtra",
    "Namespace",
    "NamespaceRecord",
    "NotFound",
    "Origin",
    "Outcome",
    "OutcomeSource",
    "Parameter",
    "Part",
    "Procedure",
    "Protection",
    "Provenance",
    "ReceiptRow",
    "RecognisedLink",
    "Registry",
    "Rejection",
    "RemovedRows",
    "RetentionChange",
    "RetentionReport",
    "RetentionRules",
    "RunComparison",
    "RunEntry",
    "RunOutcome",
    "RunRow",
    "Sightings",
    "Span",
    "Step",
    "StepKind",
    "Store",
    "StoreDamaged",
    "StoreError",
    "StoreFull",
    "StoreInUse",
    "StoreStats",
    "StoreTooNew",
    "StoredEntry",
    "TooLarge",
    "Trajectory",
    "TrajectoryWrite",
    "Unreachable",
    "UtilityState",
    "VectorIndex",
    "WorkedCheck",
    "WorkedExample",
    "Written",
    "WrongProcess",
    "check_backup",
    "compact_store",
    "content_id",
    "entry_from_dict",
    "entry_to_dict",
    "find_faults",
    "reindex_store",
    "repair_namespace",
    "restore_backup",
    "stored_from_dict",
    "stored_to_dict",
    "write_backup",
]
